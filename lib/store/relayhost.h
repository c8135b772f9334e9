/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Hosts that take what a sender of ours sends elsewhere, in STORE_CREDENTIALS: many a provider lets
 * its customers send by its own servers alone, logged in. A sender is an address, or "@domain" for
 * all of a domain; whether the domain is one of ours is for the caller to see to. Where there is a
 * login, its password stands here as it is, since it has to be shown to that host: it is never
 * logged or listed, and a password that is replaced or deleted leaves no traces in the file.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

#define RELAYHOST_LOGIN_MAX 255
#define RELAYHOST_PASSWORD_MAX 1024

struct relayhost {
    struct text sender;
    struct text host;     /* "[smtp.provider.example]:587" */
    struct text login;    /* empty: none, and no password */
    struct text password; /* a secret; relayhost_find() alone reads it */
    int64_t changed;      /* seconds since the epoch */
};

struct relayhost_list {
    const struct relayhost *items; /* sorted by sender */
    size_t count;
};

/* Sets or replaces; all but changed is used. */
enum err relayhost_set(struct store *store, const struct relayhost *relayhost, int64_t now);
/* Of that very sender, with the password: the arena is to be wiped. ERR_ABSENT. */
enum err relayhost_find(
    struct store *store, struct text sender, struct arena *vault, struct relayhost *relayhost_r);
/* All, without their passwords. */
enum err relayhost_list(struct store *store, struct arena *arena, struct relayhost_list *list_r);
enum err relayhost_delete(struct store *store, struct text sender);
/* Of a sender, or of all senders in a domain, who are no more. None is no failure. */
enum err relayhost_forget(struct store *store, struct text sender);
enum err relayhost_forget_domain(struct store *store, struct text domain);
