/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who may send as whom, in STORE_DIRECTORY. As an address may send: its user; the users to whom its
 * alias leads, over other aliases too; where it is neither, the users of its domain's catch-all;
 * and those who were given the right (send-as.h). An extension ("+list") does not count, and a
 * domain that is an alias counts as the one that it stands for. Whoever is switched off may not
 * send; aliases that are over, or that only receive, give nobody a right, and forwards never do.
 * Addresses are in the form of the directory: local part in lower case, domain normalized.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* Aliases that lead to aliases: how far, and how many names in all. */
#define SENDER_DEPTH_MAX 10
#define SENDER_NAMES_MAX 1000

struct sender_list {
    const struct text *items;
    size_t count;
};

enum sender_right {
    SENDER_NONE,
    SENDER_ON_BEHALF, /* of the author, with a Sender field of the user's own */
    SENDER_FULL
};

/*
 * The users who may send as an address, or as "@domain"; the nearest first. Rights on behalf are
 * not among them. ERR_ABSENT: there are none. ERR_LIMIT: more than SENDER_NAMES_MAX.
 */
enum err sender_list(
    struct store *store, struct text address, struct arena *arena, struct sender_list *list_r);
/* ERR_ABSENT: there is no such user. */
enum err sender_find_right(struct store *store, struct text user, struct text address,
    struct arena *arena, enum sender_right *right_r);
/*
 * What a user may send as, for people: the user's own address, aliases, rights; at most max of
 * them, without rights on behalf. An alias that is a catch-all, and a right for all of a domain, is
 * "@domain".
 */
enum err sender_list_addresses(struct store *store, struct text user, size_t max,
    struct arena *arena, struct sender_list *list_r);
