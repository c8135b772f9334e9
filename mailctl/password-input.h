/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A password on its way in: from the terminal without echo, from standard input, or from a file;
 * never from the command line, which every user of the machine can read. What comes out is a
 * hash; the password is wiped before the call returns.
 */

#include "lib/store/user.h"
#include "mailctl/command.h"
#include "mailctl/invocation.h"

/* For the option tables of commands that take a password as it is. */
#define PASSWORD_INPUT_PLAIN_OPTIONS                                                               \
    {"password-stdin", NULL, "read the password from standard input, one line"},                   \
    {                                                                                              \
        "password-file", "FILE", "read it from the first line of a file that others cannot read"   \
    }
/* The same for commands that set a password of our own. */
#define PASSWORD_INPUT_OPTIONS                                                                     \
    {"password-stdin", NULL, "read the password from standard input, one line"},                   \
        {"password-file", "FILE",                                                                  \
            "read it from the first line of a file that others cannot read"},                      \
    {                                                                                              \
        "hash", "HASH",                                                                            \
            "take a hash as other servers have it, {SCHEME}...; - reads it from standard input"    \
    }

/* True where one of the options says where to take it from. */
bool password_input_is_given(const struct invocation *invocation);
/*
 * The hash to store for that user, by the options or by asking twice; a password is judged first
 * (password-judge.h), a hash tells nothing of its own. In the arena, to be wiped with
 * password_input_wipe(). On failure the complaint has been made and the exit status is returned.
 */
int password_input_hash(
    struct invocation *invocation, const struct user *user, struct text *hash_r);
/* The password itself, for what has to show it to others; in the same way. */
int password_input_plain(struct invocation *invocation, struct text *password_r);
/* One that exists, which is asked for once. */
int password_input_known(struct invocation *invocation, struct text *password_r);
void password_input_wipe(struct text *hash);
