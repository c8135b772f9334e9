/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DKIM signatures (RFC 6376, 8301, 8463, 8616): found in a message and verified, or made.
 *
 * Verifying. When the header is complete, signatures_find() parses every DKIM-Signature field and
 * asks the message for the body hashes that they need. From then on signature_evaluate() may be
 * called any number of times; it asks the answer table for the key, and when the body has ended
 * it gives the result. The cryptographic check is made once and remembered.
 *
 * Signing. signer_new() when the header is complete, signer_format() for each key when the body
 * has ended. Everything lives in the message's arena; one thread at a time.
 */

#include "lib/dns/answers.h"
#include "lib/mailauth/key.h"
#include "lib/mailauth/message.h"
#include "lib/mailauth/result.h"

#define SIGNATURES_MAX 10 /* well-formed ones; further ones are not verified: result policy */
#define SIGNATURE_TAGS_MAX 64
#define SIGNATURE_FIELD_MAX ((size_t)16 * 1024)
#define SIGNATURE_SIGNED_FIELDS_MAX 1000 /* names in h= */
#define SIGNATURE_CLOCK_SLACK_S 300      /* of t= alone: x= has passed when it has passed */

struct signature;
struct signature_engine;

struct signatures {
    struct signature **items; /* in the order of the header, from the top */
    size_t count;
};

struct signature_rules {
    bool accept_short_body;                /* l= shorter than the body: pass instead of policy */
    unsigned rsa_bits_min;                 /* at least 1024; 0: 1024 */
    size_t signatures_max;                 /* 0: SIGNATURES_MAX */
    const struct signature_engine *engine; /* who computes; NULL: we do */
};

/* rules NULL: strict defaults. Never fails: a malformed field becomes a permerror signature. */
struct signatures signatures_find(
    struct message *message, const struct signature_rules *rules, struct arena *arena);

struct signature_verdict {
    enum auth_result result;
    const char *reason;    /* NULL or a short sentence: "body hash did not verify" */
    struct text domain;    /* d=, normalized (A-labels); empty where it could not be read */
    struct text selector;  /* s= */
    struct text identity;  /* i=, or "@" d= */
    struct text algorithm; /* a= as written, lower case */
    struct text b_head;    /* first 8 characters of b=, blanks removed (RFC 6008) */
    bool testing;          /* the key says t=y: what it signs counts as unsigned (§3.6.1) */
    unsigned key_bits;     /* 0 where no key was seen */
    bool is_partial;       /* has l=, and what that leaves out is not taken here */
};

/*
 * now: seconds since the epoch, for x= and t=. AUTH_WAITING where the key's answer is missing, or
 * the body has not ended (nothing is asked for then but the key). verdict_r is written in both
 * cases with what is known.
 */
enum auth_progress signature_evaluate(struct signature *signature, struct answers *answers,
    int64_t now, struct signature_verdict *verdict_r);
/* The next piece of the body, for an engine that is not ours; nothing is done where it is. */
void signatures_add_body(const struct signatures *signatures, struct text piece);
/* Frees what such an engine holds. */
void signatures_done(const struct signatures *signatures);

/*
 * Who hashes a message and holds the hashes against a signature: another library than ours. All
 * else stays ours, before it is asked (the field and the key record are well-formed, are of one
 * algorithm, and in force at this time) and behind a pass of it (From is signed as often as it
 * occurs, the key is long enough, nothing of the body is left out). So it can refuse what we would
 * take, and never takes what we refuse on those grounds.
 */
struct signature_field;
struct signature_check; /* one signature; the engine's own */
struct signature_engine {
    const char *name;
    /* When the header is complete. NULL: it refuses the message's header. index: of the field. */
    struct signature_check *(*start)(
        const struct message *message, size_t index, const struct signature_field *field);
    void (*add_body)(struct signature_check *check, struct text piece);
    /* Once, behind the body: pass, or another result with its reason. */
    enum auth_result (*finish)(
        struct signature_check *check, struct text key_record, const char **reason_r);
    void (*done)(struct signature_check **check);
};

/* --- signing --- */

struct signing_request {
    struct text domain;                  /* d=, an A-label name */
    struct text selector;                /* s= */
    struct text identity;                /* i=; empty: none */
    enum canon header_canon, body_canon; /* relaxed, relaxed unless asked otherwise */
    int64_t now;                         /* t=; 0: none */
    int64_t lifetime_s;                  /* x= t= + this; 0: none */
    /* Further field names to sign when present, beside the built-in list (design: From, Reply-To,
       Subject, Date, To, Cc, ... see standards); NULL-terminated or NULL. */
    const char *const *extra_fields;
    /* Names to sign once more than they occur; NULL: From, To, Cc, Subject, Reply-To. */
    const char *const *oversigned_fields;
    /* Exactly this h= instead of all the above, colon-separated; empty: not set. */
    struct text field_list;
};

/* Asks the message for the body hash: after the header, before the body. */
enum err signer_prepare(struct message *message, const struct signing_request *request);
/*
 * After the body: the value of a DKIM-Signature field, folded with CRLF and a blank, starting
 * with a blank, without the name and without CRLF at the end. ERR_CRYPTO; ERR_REFUSED where the
 * message has no From field or was truncated.
 */
enum err signer_format(const struct message *message, const struct signing_request *request,
    const struct private_key *key, struct arena *arena, struct text *value_r,
    struct failure *failure);
