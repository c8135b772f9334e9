/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A message as DMARC's aggregate reports count it (RFC 9990 §3.1.1), in STORE_SEEN. The milter
 * writes rows and forgets the old ones; who makes reports reads them. Functions run on the store's
 * thread, and fail as store.h says.
 *
 * Texts are what the elements of the report hold, ready for it: words of the RFC, domains
 * normalized, nothing that is not printable. None may be NULL.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct seen {
    int64_t at; /* seconds since the epoch */
    struct text queue_id;
    struct text source_ip;
    /* identifiers */
    struct text header_from;
    struct text envelope_from; /* empty for the null sender */
    struct text envelope_to;   /* empty where the recipients are of several domains */
    /* policy_published, with the defaults filled in; and where the report goes */
    struct text domain;                /* where the record stands */
    struct text organizational_domain; /* of header_from */
    struct text discovery_method;      /* "treewalk" */
    struct text p, sp, np;             /* "none", "quarantine", "reject" */
    struct text fo;
    struct text adkim, aspf; /* "r", "s" */
    struct text testing;     /* "y", "n" */
    struct text rua;
    /* policy_evaluated */
    struct text disposition;               /* "none", "pass", "quarantine", "reject" */
    struct text dkim_aligned, spf_aligned; /* "pass", "fail" */
    struct text reason, comment;           /* "local_policy" and so on; empty: none */
    /* auth_results */
    struct text spf_domain, spf_scope, spf_result, spf_human_result;
    /*
     * A line for each signature: domain, selector and result, parted by one blank each, and behind
     * a further one the human result where there is one. Each line ends in LF.
     */
    struct text dkim;
};

/* With all texts copied into the arena. */
struct seen seen_copy(const struct seen *seen, struct arena *arena);

enum err seen_put(struct store *store, const struct seen *seen);
/*
 * Deletes the oldest rows that are older than that, at most max of them, so that a long time is
 * spent in several pieces. *count_r: how many there were.
 */
enum err seen_expire(struct store *store, int64_t before, int64_t max, int64_t *count_r);
/* What rows and index take up. The file may be larger: room that was freed is used again. */
enum err seen_size(struct store *store, int64_t *bytes_r);
