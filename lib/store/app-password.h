/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * App passwords, in STORE_CREDENTIALS: passwords of a user's beside the one of the account, each
 * for one program or device, made by us (app-secret.h), and taken away one by one. Each may be
 * bound to protocols and networks and may end. Beyond what the user may, none of them goes. Labels
 * are the user's own words; of one user no two are the same.
 */

#include "lib/base/arena.h"
#include "lib/store/protocol.h"
#include "lib/store/store.h"

/* Of one user: each is looked at when the user logs in. */
#define APP_PASSWORDS_MAX 100
#define APP_PASSWORD_LABEL_MAX 100
#define APP_PASSWORD_NETWORKS_MAX 32

struct app_password {
    int64_t id;
    struct text address; /* of the user */
    struct text label;
    struct text hash; /* a secret: never logged or printed */
    unsigned protocols;
    struct text networks; /* "192.0.2.0/24 2001:db8::/32"; empty: from anywhere */
    int64_t expires;      /* 0: never */
    int64_t created;
    int64_t last_used; /* 0: never; by APP_PASSWORD_USE_STEP_SECONDS, not by the second */
};

struct app_password_list {
    const struct app_password *items; /* by the time when they were made */
    size_t count;
};

/* How old what is known of the last use must be before it is written anew. */
#define APP_PASSWORD_USE_STEP_SECONDS 600

/* All but id, created and last_used are used. ERR_EXISTS: the label. ERR_LIMIT: too many. */
enum err app_password_add(
    struct store *store, const struct app_password *password, int64_t now, int64_t *id_r);
/* Of one user. The hashes are among it: the arena is to be wiped. */
enum err app_password_list(struct store *store, struct text address, struct arena *arena,
    struct app_password_list *list_r);
/* Of that user, by number. ERR_ABSENT. */
enum err app_password_delete(struct store *store, struct text address, int64_t id);
/* All of a user. None is no failure. */
enum err app_password_delete_all(struct store *store, struct text address);
/* Notes a use; what was noted later stays. ERR_ABSENT: it was taken away meanwhile. */
enum err app_password_note_use(struct store *store, int64_t id, int64_t now);

/* What stands against a use, or APP_PASSWORD_FITS. */
enum app_password_use {
    APP_PASSWORD_FITS,
    APP_PASSWORD_EXPIRED,
    APP_PASSWORD_PROTOCOL,
    APP_PASSWORD_NETWORK
};

/* "expired", "protocol", "network"; "" for one that fits. */
const char *app_password_use_word(enum app_password_use use);
/*
 * Whether a login by that service, from that address (as text; empty: unknown, which lies in no
 * network), may use it now.
 */
enum app_password_use app_password_judge(
    const struct app_password *password, struct text service, struct text remote, int64_t now);
