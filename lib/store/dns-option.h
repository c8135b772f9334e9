/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an administrator wants of a domain's DNS records, in STORE_DIRECTORY: names and values of
 * options as "mailctl dns" knows them, several values of one name in their order. What they mean
 * is the business of mailctl alone. Domains are normalized (dns/name.h) by the caller.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct dns_option {
    struct text name, value; /* a NUL stands behind each */
};

struct dns_option_list {
    const struct dns_option *items; /* sorted by name, values as they were given */
    size_t count;
};

/* Of a domain that does not exist: none. */
enum err dns_option_list(
    struct store *store, struct text domain, struct arena *arena, struct dns_option_list *list_r);
/* The values in place of those that the name had; none: forgotten. ERR_ABSENT: no such domain. */
enum err dns_option_set(struct store *store, struct text domain, struct text name,
    const struct text *values, size_t count);
