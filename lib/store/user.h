/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Users (mailboxes), in STORE_DIRECTORY; their password hashes stand in STORE_CREDENTIALS
 * (credential.h). A user is named by address: local part, in lower case, and domain, normalized.
 */

#include "lib/base/arena.h"
#include "lib/store/protocol.h"
#include "lib/store/store.h"

#define USER_LOCAL_PART_MAX 64 /* RFC 5321 §4.5.3.1.1 */
#define USER_ADDRESS_MAX 318   /* local part, "@", domain */

struct user {
    struct text address; /* "local@domain" */
    struct text local_part, domain;
    struct text display_name; /* may be empty */
    int64_t quota_bytes;      /* 0: unlimited */
    bool inherits_quota;      /* quota_bytes is the default of the domain */
    bool enabled;
    bool domain_enabled;     /* of the domain; read only */
    unsigned protocols;      /* those of logins (protocol.h) */
    bool needs_app_password; /* the password of the user alone lets nobody in */
    int64_t created;
};

struct user_list {
    const struct user *items; /* sorted by domain, then local part */
    size_t count;
};

/*
 * user: local_part, domain, display_name, quota_bytes and inherits_quota are used. ERR_ABSENT: no
 * such domain. ERR_REFUSED: there are no mailboxes in it, or that is an alias.
 */
enum err user_add(struct store *store, const struct user *user, int64_t now);
enum err user_find(
    struct store *store, struct text address, struct arena *arena, struct user *user_r);
/* domain empty: all. */
enum err user_list(
    struct store *store, struct text domain, struct arena *arena, struct user_list *list_r);
/*
 * Those whose address fits a pattern: "*" stands for any bytes, "?" for one character, both for "@"
 * too; a pattern without "@" is one of local parts. What stands before the first of these, and a
 * domain that is written out, is found by an index, however many users there are. domain empty: of
 * all.
 */
enum err user_list_matching(struct store *store, struct text domain, struct text pattern,
    struct arena *arena, struct user_list *list_r);
/*
 * Writes display_name, quota_bytes, inherits_quota, enabled, protocols and needs_app_password of
 * the user with that address.
 */
enum err user_update(struct store *store, const struct user *user);
enum err user_delete(struct store *store, struct text address);
