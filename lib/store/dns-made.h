/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The DNS records that mailctl itself has put into a zone for a domain, in STORE_DIRECTORY: what
 * it may take out again. Domains and owners are normalized (dns/name.h) by the caller.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct dns_made {
    struct text owner, type, data; /* data: as struct zone_record has it */
};

struct dns_made_list {
    const struct dns_made *items; /* sorted by owner, type, data */
    size_t count;
};

/* Of a domain that does not exist: none. */
enum err dns_made_list(
    struct store *store, struct text domain, struct arena *arena, struct dns_made_list *list_r);
/* The records in place of those that were known. */
enum err dns_made_replace(
    struct store *store, struct text domain, const struct dns_made *records, size_t count);
