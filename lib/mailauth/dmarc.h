/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DMARC (RFC 9989): records, the tree walk, policy discovery and alignment, as pure functions of
 * the author domain, the results of SPF and DKIM and the answers known so far. All names of a
 * walk (at most 8) are asked for at once. Any thread; everything lives in the arena given.
 */

#include "lib/base/arena.h"
#include "lib/dns/answers.h"
#include "lib/mailauth/result.h"

#define DMARC_RECORD_MAX_BYTES 8192
#define DMARC_WALK_MAX 8 /* §4.10 */
#define DMARC_URIS_MAX 32

enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

/* "none", "quarantine", "reject". */
const char *dmarc_policy_word(enum dmarc_policy policy);

enum dmarc_psd {
    DMARC_PSD_UNKNOWN, /* psd=u, the default */
    DMARC_PSD_YES,
    DMARC_PSD_NO
};

struct dmarc_record {
    struct text raw;
    enum dmarc_policy p, sp, np; /* sp and np filled in by §4.7's defaults */
    bool has_p, has_sp, has_np;
    enum dmarc_psd psd;
    bool testing;             /* t=y */
    bool dkim_strict;         /* adkim=s */
    bool spf_strict;          /* aspf=s */
    struct text rua, ruf, fo; /* as written; empty where absent */
};

enum dmarc_parse {
    DMARC_PARSE_OK,
    DMARC_PARSE_NOT_DMARC, /* does not begin with the v tag: as if it were not there */
    DMARC_PARSE_UNUSABLE   /* begins right but policy is unusable and no valid rua (§4.10.1) */
};

/*
 * Syntax errors behind the v tag give way to defaults (§4.8), but a tag that stands twice spoils
 * the list (RFC 6376 §3.2). *record_r is untouched for DMARC_PARSE_NOT_DMARC alone: an unusable
 * record still has its place, and its psd tag its meaning, in a walk.
 */
enum dmarc_parse dmarc_record_parse(
    struct text text, struct arena *arena, struct dmarc_record *record_r);

/* One name of a walk and what was found there, for "mailctl dmarc" and tests. */
struct dmarc_step {
    struct text domain;                /* without _dmarc. */
    const struct dmarc_record *record; /* NULL: none, or several */
    bool unusable;                     /* the record's policy is unusable (§4.10.1) */
    bool several;                      /* more than one record: all dropped */
    bool temporary;                    /* the lookup failed */
    bool public_suffix;                /* psd=y; or one label, without psd=n */
};

struct dmarc_walk {
    struct dmarc_step steps[DMARC_WALK_MAX]; /* longest name first, to where the walk stopped */
    size_t count;
    struct text organizational_domain; /* the domain itself where nothing was found */
    bool temporary;                    /* a needed lookup failed */
};

/*
 * The tree walk from domain (normalized) (§4.10). All its names are noted at once; it waits only
 * for those before the one that stops it. *walk_r is written when it is done.
 *
 * One local guard, which §11.8 leaves to receivers: a record at a name of one label counts as a
 * public suffix's though it has no psd tag. By the letter such a record, published at a top-level
 * domain by mistake, would align everybody below with everybody else. Only psd=n makes a name of
 * one label an organizational domain.
 */
enum auth_progress dmarc_walk_from(
    struct text domain, struct answers *answers, struct arena *arena, struct dmarc_walk *walk_r);

/*
 * One authenticated identifier: the MAIL FROM domain of an SPF pass, or d= of a DKIM pass. Those
 * whose check ended in temperror are named too: if they would align, the message neither passes
 * nor fails. One that could not align changes nothing, or a forger could escape the owner's
 * policy by a signature of his own whose key does not answer.
 */
struct dmarc_identifier {
    struct text domain;
    bool is_spf;
    bool is_temporary; /* temperror, not pass */
};

struct dmarc_query {
    struct text author_domain; /* of the From field, normalized */
    const struct dmarc_identifier *identifiers;
    size_t identifier_count;
};

struct dmarc_verdict {
    enum auth_result result;     /* none, pass, fail, temperror, permerror */
    enum dmarc_policy policy;    /* what the owner asks for, after sp, np and t */
    enum dmarc_policy published; /* before t */
    const char *policy_tag;      /* the tag it stands in: "p", "sp" or "np"; NULL: no policy */
    struct text policy_domain;   /* where the record stands */
    struct text organizational_domain;
    const struct dmarc_record *record; /* NULL: none */
    bool spf_aligned, dkim_aligned;
    const char *problem; /* NULL or a short sentence */
};

/*
 * Permerror: the record that applies is unusable, and nothing is asked of anybody. Temperror: a
 * lookup that could have changed the result failed (§5.3.6).
 */
enum auth_progress dmarc_evaluate(const struct dmarc_query *query, struct answers *answers,
    struct arena *arena, struct dmarc_verdict *verdict_r);
/* Notes the names that an author domain will need, before SPF and DKIM are known. */
void dmarc_prefetch(struct text author_domain, struct answers *answers, struct arena *arena);

/* A DMARC engine: ours, or another one asked for a second opinion. */
struct dmarc_engine {
    const char *name;
    enum auth_progress (*evaluate)(const struct dmarc_query *query, struct answers *answers,
        struct arena *arena, struct dmarc_verdict *verdict_r);
};
extern const struct dmarc_engine dmarc_engine_own;
