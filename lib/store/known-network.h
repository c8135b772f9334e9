/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * From which networks an account was used with the right password, in STORE_GUARD: there its owner
 * is no stranger. Of each network there is the first time, the last one, and by what that was, so
 * that the owner can be told. Those that were not used for long are forgotten by who writes. The
 * thread of the store; errors as store.h says.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* Of one account; beyond, the one that was longest not used is forgotten. */
#define KNOWN_NETWORKS_MAX 200
/* How old what is known of the last use must be before it is written anew. */
#define KNOWN_NETWORK_STEP_SECONDS 600
/* A last use that lies so far ahead was written by a clock that was wrong. */
#define KNOWN_NETWORK_AHEAD_SECONDS 3600

struct known_network {
    struct text address;  /* of the user */
    struct text network;  /* "192.0.2.0/24" */
    int64_t first, last;  /* seconds since the epoch */
    struct text service;  /* of the last use; empty where it was not said */
    int64_t app_password; /* its number, of the last use; 0: the password of the account */
};

/*
 * Notes a use; first counts for a network alone that was not known yet. An earlier last does not
 * count, unless the one that is there lies too far ahead.
 */
enum err known_network_note(struct store *store, const struct known_network *network);
/* When it was used last. ERR_ABSENT: never, or it is forgotten. */
enum err known_network_last(
    struct store *store, struct text address, struct text network, int64_t *last_r);
struct known_network_list {
    const struct known_network *items;
    size_t count;
};

/* Those of one account, the one that was used last first. */
enum err known_network_list(struct store *store, struct text address, struct arena *arena,
    struct known_network_list *list_r);
/* Forgets what was used before that time alone, at most max of them. *count_r: how many. */
enum err known_network_expire(struct store *store, int64_t before, int64_t max, int64_t *count_r);
