/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The DNS records that a mail domain of ours needs: composed from what the directory and the
 * keys say, each with the sentence that tells an administrator what it is for. Plain values in
 * the arena given.
 */

#include "lib/base/error.h"
#include "lib/base/ip.h"
#include "lib/dns/zone.h"
#include "lib/mailauth/dmarc.h"
#include "lib/store/dkim-key.h"

#define DOMAIN_RECORDS_MX_PREFERENCE 10

struct domain_record {
    struct zone_record record;
    struct text purpose; /* one line */
};

struct domain_records {
    const struct domain_record *items;
    size_t count;
};

struct domain_records_request {
    struct text domain;         /* normalized */
    struct text host;           /* the mail host's name, normalized */
    const struct ip *addresses; /* of the host; none: no address records are made */
    size_t address_count;
    const struct dkim_key *keys;
    size_t key_count;
    enum dmarc_policy dmarc_policy;
    struct text srs_domain;    /* of rewritten senders, where it lies below; else empty */
    struct text dmarc_reports; /* an address for aggregate reports; empty: none */
};

struct domain_records domain_records_make(
    const struct domain_records_request *request, struct arena *arena);
