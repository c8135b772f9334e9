/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Dovecot is told about a user: the mailbox's owner, place and quota. Pure functions; texts
 * live in the arena given.
 */

#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/store/user.h"

/* The same for all users; from the settings, at start and reload. */
struct account_rule {
    const char *home; /* "/var/vmail/%d/%n" */
    uid_t uid;
    gid_t gid;
};

struct account {
    struct text address;
    struct text home;
    uid_t uid;
    gid_t gid;
    int64_t quota_bytes; /* 0: unlimited */
};

/* Looks up the system user that owns mail. ERR_ABSENT, ERR_REFUSED (root), ERR_IO. */
enum err account_rule_init(
    const char *mail_user, const char *home, struct account_rule *rule_r, struct failure *failure);
/* ERR_REFUSED: the address would lead out of the home's place ("..", a slash). */
enum err account_of_user(const struct account_rule *rule, const struct user *user,
    struct arena *arena, struct account *account_r, struct failure *failure);

/* The name with "@realm" behind it where it has no "@" and there is a realm; else as it is. */
struct text account_complete(struct text name, struct text realm, struct arena *arena);
/*
 * The form in which the directory knows an address: ASCII letters in lower case, the domain in
 * its A-label form. False for what can be the address neither of a user nor of an alias: no "@",
 * an empty part, controls, too long. catch_all: the local part may be empty ("@example.org").
 */
bool account_address_fold(
    struct text address, bool catch_all, struct arena *arena, struct text *address_r);
