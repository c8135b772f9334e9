/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Trusted forwarders, in STORE_DIRECTORY: who may hand on mail so that it fails DMARC, as mailing
 * lists, calendars, web forms and relays of our own do. Domains are normalized (dns/name.h),
 * networks in their canonical text (base/ip.h), by the caller.
 */

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/store/store.h"

enum forwarder_kind {
    FORWARDER_CLIENT, /* a network: the client that delivers */
    FORWARDER_SIGNER, /* a domain: of a DKIM signature that passes, or below it */
    FORWARDER_SENDER, /* a domain: of the envelope sender, where SPF passes, or below it */
    FORWARDER_SEALER  /* a domain: of an ARC seal, or below it */
};

/* "client", "signer", "sender", "sealer". */
const char *forwarder_kind_word(enum forwarder_kind kind);
bool forwarder_kind_parse(struct text word, enum forwarder_kind *kind_r);

struct trusted_forwarder {
    enum forwarder_kind kind;
    struct text value;
    int64_t created;
};

struct trusted_forwarder_list {
    const struct trusted_forwarder *items; /* sorted by kind, then value */
    size_t count;
};

/* kind and value are used. ERR_EXISTS. */
enum err trusted_forwarder_add(
    struct store *store, const struct trusted_forwarder *forwarder, int64_t now);
enum err trusted_forwarder_list(
    struct store *store, struct arena *arena, struct trusted_forwarder_list *list_r);
enum err trusted_forwarder_delete(struct store *store, enum forwarder_kind kind, struct text value);
/* A domain or one above it, of the kinds that are domains. ERR_ABSENT. */
enum err trusted_forwarder_match_domain(struct store *store, enum forwarder_kind kind,
    struct text domain, struct arena *arena, struct text *value_r);
/* The network that holds the client. ERR_ABSENT. */
enum err trusted_forwarder_match_client(
    struct store *store, const struct ip *client, struct arena *arena, struct text *value_r);
