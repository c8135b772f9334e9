/* SPDX-License-Identifier: MIT */
#pragma once

/* What the command line says about a user, for user add and user set. */

#include "lib/store/user.h"
#include "mailctl/command.h"

#define USER_DISPLAY_NAME_MAX 256
#define USER_QUOTA_MAX ((int64_t)1 << 60)

/* For the option tables. */
#define USER_OPTIONS                                                                               \
    {"name", "NAME", "the name for display"},                                                      \
        {"quota", "SIZE", "how much mail the box holds: 500M, 2G; unlimited; or default"},         \
        {"protocols", "LIST", "imap, pop3, submission, sieve: logins by these; or all, or none"},  \
        {"require-app-passwords", NULL, "the password alone lets nobody in"},                      \
        {"permit-password", NULL, "the password lets in, which is the default"},                   \
        {"enable", NULL, "logins work and mail is sent"},                                          \
    {                                                                                              \
        "disable", NULL, "no logins and no sending; mail is still taken"                           \
    }

/* The first argument as address, local_part and domain. Complains; returns the exit status. */
int user_options_address(struct invocation *invocation, struct user *user);
/*
 * The user whom the first argument names, from the directory opened in that mode; the strings are
 * the invocation's. Where there is none it complains as above, and *store_r may be open or NULL.
 */
int user_options_find(struct invocation *invocation, enum store_mode mode, struct store **store_r,
    struct user *user_r);
/* Puts what the options say into the user and leaves the rest. Complains as above. */
int user_options_read(struct invocation *invocation, struct user *user);
/* --protocols, where it is given. */
int user_options_protocols(const struct invocation *invocation, unsigned *protocols);
/* True where any of them is given. */
bool user_options_are_given(const struct invocation *invocation);
