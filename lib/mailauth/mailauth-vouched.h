/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a relay of our own has found out about a message, read from its Authentication-Results
 * field. Whether the field is the relay's own is for the caller to know. Pure; any thread.
 *
 * What is taken over:
 *   spf    any result, since the relay saw the client; a temperror where we cannot ask ourselves
 *   dkim   pass alone, for signatures that do not verify any more or are gone, as relays change
 *          messages. What our own rules refuse (a weak key, l=) stays refused, and a key that is
 *          being tested signs nothing (RFC 6376 §3.6.1), whoever has verified it.
 *   dmarc  pass alone, for the author whom we see, where our own evaluation fails. Mostly it does
 *          not come to that: DMARC is evaluated by us, with what passed above.
 */

#include "lib/mailauth/mailauth.h"

#define MAILAUTH_VOUCHED_SIGNATURES_MAX 20

struct mailauth_vouched_spf {
    bool is_there;
    enum auth_result result;
    struct text domain; /* normalized */
};

struct mailauth_vouched_signature {
    struct text domain;                        /* d=, normalized */
    struct text identity, algorithm, selector; /* empty where the relay does not say */
    struct text b_head;                        /* the beginning of b= (RFC 6008), or empty */
    struct text key_name; /* of its key's record; empty where that is unknown */
};

struct mailauth_vouched {
    struct text by;                        /* the authserv-id */
    struct mailauth_vouched_spf mail_from; /* of the sender */
    struct mailauth_vouched_spf helo;      /* of the HELO name, for the null sender */
    struct mailauth_vouched_signature signatures[MAILAUTH_VOUCHED_SIGNATURES_MAX];
    size_t signature_count;
    struct text author_domain; /* whose DMARC passed, normalized; empty: none */
};

/*
 * Adds what a field says; of two that say it, the first counts. False, and nothing is added, where
 * it is malformed.
 */
bool mailauth_vouched_add(
    struct mailauth_vouched *vouched, struct text field_value, struct arena *arena);

/* True, and *verdict is set, where there is a result for that sender. */
bool mailauth_vouched_spf(const struct mailauth_vouched *vouched, bool sender_is_null,
    struct arena *arena, struct spf_verdict *verdict);
/* Notes the key of each signature that the relay vouches for; AUTH_WAITING where one is missing. */
enum auth_progress mailauth_vouched_ask(
    const struct mailauth_vouched *vouched, struct answers *answers);
/*
 * The signatures as judged by us, count of them, with those that the relay vouches for: passed
 * where they are the same, else behind them. The array lives in arena.
 */
const struct signature_verdict *mailauth_vouched_signatures(const struct mailauth_vouched *vouched,
    const struct signature_verdict *own, size_t *count, struct answers *answers,
    struct arena *arena);
/* Turns a fail into a pass where the relay vouches for the author. */
void mailauth_vouched_dmarc(const struct mailauth_vouched *vouched, struct text author_domain,
    struct arena *arena, struct dmarc_verdict *verdict);
