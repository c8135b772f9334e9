/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the operator has said about mail that fails DMARC: whom it comes from (trusted forwarders),
 * whose name it bears (overrides), and whether that name is ours. Asked of the directory database
 * for each message that fails. What mailctl changes counts from the next message on. Any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/store/dmarc-override.h"
#include "milter/directory-pool.h"

/* Domains normalized. */
struct exceptions_request {
    struct ip client;
    struct text sender_domain;  /* of the envelope, where SPF passes; else empty */
    const struct text *signers; /* d= of the signatures that pass */
    size_t signer_count;
    /*
     * d= of ARC seals, from the newest back to one whose sealer saw DMARC pass for the author: all
     * of them must be trusted.
     */
    const struct text *sealers;
    size_t sealer_count;
    const struct text *authors; /* the domains in From, those that fail before the others */
    size_t author_count;
    size_t failed_count;
};

struct exceptions_verdict {
    struct text forwarder; /* "client 192.0.2.0/24"; empty: none that is trusted */
    bool has_override;
    enum dmarc_action override;
    struct text own_domain; /* the author domain that is ours, or below one of ours; or empty */
};

/* Anything but ERR_NONE: it cannot be told now. */
enum err exceptions_judge(struct directory_pool *directory,
    const struct exceptions_request *request, struct arena *arena,
    struct exceptions_verdict *verdict_r, struct failure *failure);
