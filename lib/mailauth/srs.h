/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SRS, the Sender Rewriting Scheme: an envelope sender of somebody else becomes an address of ours
 * that carries it, signed and dated, so that SPF of a forwarded message is about us and a bounce
 * finds its way home through us.
 *
 *     ann@example.org                       SRS0=HHHH=TT=example.org=ann@srs.example.net
 *     SRS0=HHHH=TT=example.org=ann@first    SRS1=HHHH=first==HHHH=TT=example.org=ann@srs...
 *
 * HHHH are four characters of an HMAC-SHA1 over what follows it but for the signs between, in lower
 * case; TT the day in base32, modulo 1024. There is no RFC: this is what libsrs2 and postsrsd read
 * and write, and they need not read ours, nor we theirs, but where a secret is carried over from
 * one to the other. What we write has '-' and '_' of base64url, since '+' parts an address from its
 * extension; both are read, in any case of letters, since relays and servers change it.
 *
 * Pure functions, any thread. Results live in the arena.
 */

#include <stdint.h>

#include "lib/base/arena.h"

#define SRS_LOCAL_PART_MAX ((size_t)64) /* RFC 5321 §4.5.3.1.1; with quotes */
#define SRS_DAYS_MAX 1023               /* what the day in an address can tell */

struct srs_rules {
    struct text domain;         /* of our addresses, normalized */
    const struct text *secrets; /* the first signs, all verify */
    size_t secret_count;        /* 0: nothing can be signed, nothing verifies */
    int64_t max_age_days;       /* at most SRS_DAYS_MAX */
};

enum srs_forward {
    SRS_REWRITTEN,
    SRS_NOT_NEEDED, /* the null sender, or an address of ours already */
    SRS_NO_ADDRESS, /* nothing that could be carried along */
    SRS_TOO_LONG,   /* the local part would pass SRS_LOCAL_PART_MAX */
    SRS_NO_SECRET   /* or the hash could not be made */
};

/* sender without <>, as it stands in the envelope: local part quoted or not, domain in any form. */
enum srs_forward srs_forward(const struct srs_rules *rules, struct text sender, int64_t now,
    struct arena *arena, struct text *rewritten_r);

enum srs_reverse {
    SRS_REVERSED,
    SRS_FOREIGN, /* no address of this form in our domain */
    SRS_FORGED,  /* none of the secrets has made it */
    SRS_EXPIRED
};

/* Who the address was made for: the sender, or the first forwarder of several. */
enum srs_reverse srs_reverse(const struct srs_rules *rules, struct text address, int64_t now,
    struct arena *arena, struct text *sender_r);

/* For logs: "forged". */
const char *srs_forward_word(enum srs_forward outcome);
const char *srs_reverse_word(enum srs_reverse outcome);
