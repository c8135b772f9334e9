/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Rights that an administrator gave, in STORE_DIRECTORY: a user may send as an address that is not
 * the user's own, or as every address of a domain. What follows from users and aliases does not
 * stand here; sender.h knows both.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

struct send_as {
    struct text user;    /* address */
    struct text address; /* "local@domain", or "@domain" for all of it; in any domain */
    bool on_behalf;      /* only with a Sender field that names the user (RFC 5322 §3.6.2) */
    int64_t created;
};

struct send_as_list {
    const struct send_as *items; /* sorted by user, then address */
    size_t count;
};

/* user, address and on_behalf are used. ERR_ABSENT: no such user. ERR_EXISTS. */
enum err send_as_add(struct store *store, const struct send_as *right, int64_t now);
/* user empty: of all. */
enum err send_as_list(
    struct store *store, struct text user, struct arena *arena, struct send_as_list *list_r);
enum err send_as_delete(struct store *store, struct text user, struct text address);
