/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Is a message forwarded, and what becomes of its sender then? Asked of the directory database at
 * the end of a message, when all recipients are known: it is forwarded where an address of ours
 * leads elsewhere, over aliases. Its sender is rewritten (SRS, lib/mailauth/srs.h) unless it is
 * one of ours, with the secrets of the database "srs", read afresh each time. What mailctl changes
 * counts from the next message on. Any thread.
 */

#include "lib/base/arena.h"
#include "lib/mailauth/srs.h"
#include "milter/directory-pool.h"

/*
 * Recipients of one message that are looked at. One that has more counts as forwarded, and so does
 * one that leads to more than ROUTE_ADDRESSES_MAX (lib/store/route.h).
 */
#define FORWARDING_RECIPIENTS_MAX 2000

struct forwarding_request {
    struct text sender;            /* without <>; empty: the null sender */
    const struct text *recipients; /* without <> */
    size_t recipient_count;
    bool has_more;    /* than are listed */
    bool is_resent;   /* by a program here: an address elsewhere is where it is forwarded to */
    struct text host; /* this one's name, which is ours like the domains of the directory */
    struct text postmaster; /* who gets mail for postmaster where nobody else does; or empty */
    struct srs_rules srs;   /* without secrets; domain empty: no sender is rewritten */
    int64_t now;
};

struct forwarding_verdict {
    bool is_forwarded;
    struct text recipient; /* of the message, the first that leads elsewhere; or empty */
    enum srs_forward rewriting;
    struct text sender; /* of SRS_REWRITTEN */
};

/* Anything but ERR_NONE: it cannot be told now. */
enum err forwarding_judge(struct directory_pool *directory, const char *state_directory,
    const struct forwarding_request *request, struct arena *arena,
    struct forwarding_verdict *verdict_r, struct failure *failure);
