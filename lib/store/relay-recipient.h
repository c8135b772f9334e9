/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who there is in a domain whose mail is passed on, in STORE_DIRECTORY: a list that a relay may
 * have, so that it refuses what the domain's own host would send back to somebody who never wrote.
 * A relay without a list takes mail for everybody. Addresses are in the form of the directory.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct relay_recipient {
    struct text address;
    int64_t created; /* seconds since the epoch */
};

struct relay_recipient_list {
    const struct relay_recipient *items; /* sorted by domain, then address */
    size_t count;
};

/* ERR_ABSENT: no such domain. ERR_REFUSED: it is no relay. ERR_EXISTS. */
enum err relay_recipient_add(struct store *store, struct text address, int64_t now);
/* domain empty: of all. */
enum err relay_recipient_list(struct store *store, struct text domain, struct arena *arena,
    struct relay_recipient_list *list_r);
enum err relay_recipient_delete(struct store *store, struct text address);
/* ERR_NONE where the domain has a list. ERR_ABSENT: it takes mail for everybody. */
enum err relay_recipient_find_any(struct store *store, struct text domain);
/* ERR_NONE where the address stands in a list, or its domain has none. ERR_ABSENT. */
enum err relay_recipient_accepts(struct store *store, struct text address);
