/* SPDX-License-Identifier: MIT */

/* user add, user passwd: what sets a password. */

#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/user.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/password-input.h"
#include "mailctl/user-options.h"

/*
 * Puts what credentials/ holds for the address right: the new hash, or nothing. Without a
 * password, one that an earlier user of that name has left must not come to life again, nor must
 * that one's app passwords.
 */
static int write_credential(
    struct invocation *invocation, struct text address, struct text hash, bool is_new)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_CREDENTIALS, STORE_WRITE, &status);
    enum err err;

    if (store == NULL)
        return status;
    if (text_is_empty(hash))
        err = credential_delete(store, address);
    else
        err = credential_set(store, address, hash, clock_wall());
    if ((err == ERR_NONE || err == ERR_ABSENT) && is_new)
        err = app_password_delete_all(store, address);
    if (err != ERR_NONE && err != ERR_ABSENT)
        return directory_fail(invocation, store, EX_NOUSER);
    return EX_OK;
}

/* --- user add --- */

/*
 * The user is inserted, the credential written, and only then the user committed: whoever is
 * killed in between leaves a credential without a user, which serves nobody.
 */
static int add(struct invocation *invocation, const struct user *user, struct text hash)
{
    int status = EX_CONFIG;
    struct store *store = directory_begin(invocation, &status);
    enum err err;

    if (store == NULL)
        return status;
    err = user_add(store, user, clock_wall());
    if (directory_is_settled(invocation, err)) {
        store_roll_back(store);
        directory_say_settled(invocation, user->address);
        return EX_OK;
    }
    if (err == ERR_NONE)
        err = user_update(store, user);
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    if (!invocation->dry_run)
        status = write_credential(invocation, user->address, hash, true);
    else
        status = EX_OK;
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    status = directory_end(invocation, store);
    if (status == EX_OK)
        directory_say(invocation, user->address, "added", NULL);
    return status;
}

/* Before anybody is asked for a password: would it be of use? */
static int look_before(struct invocation *invocation, const struct user *user, bool *is_settled_r)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_WRITE, &status);
    struct user found;
    enum err err;

    if (store == NULL)
        return status;
    status = directory_need_domain(invocation, store, user->domain);
    if (status != EX_OK)
        return status;
    err = user_find(store, user->address, invocation->arena, &found);
    if (err != ERR_NONE && err != ERR_ABSENT)
        return directory_fail(invocation, store, EX_NOUSER);
    *is_settled_r = err == ERR_NONE && invocation_has(invocation, "if-missing");
    if (err == ERR_NONE && !*is_settled_r)
        return directory_exists(invocation, user->address);
    return EX_OK;
}

static int run_add(struct invocation *invocation)
{
    struct user user = {.enabled = true, .protocols = PROTOCOLS_ALL, .inherits_quota = true};
    struct text hash = TEXT("");
    bool is_settled = false;
    int status = user_options_address(invocation, &user);

    if (status == EX_OK)
        status = user_options_read(invocation, &user);
    if (status == EX_OK && invocation_has(invocation, "no-password") &&
        password_input_is_given(invocation))
        status = invocation_complain(
            invocation, EX_USAGE, "--no-password and a password: give one of them");
    if (status == EX_OK)
        status = look_before(invocation, &user, &is_settled);
    if (status != EX_OK)
        return status;
    if (is_settled) {
        directory_say_settled(invocation, user.address);
        return EX_OK;
    }
    if (!invocation_has(invocation, "no-password"))
        status = password_input_hash(invocation, &user, &hash);
    if (status == EX_OK)
        status = add(invocation, &user, hash);
    password_input_wipe(&hash);
    return status;
}

static const struct command_option add_options[] = {
    PASSWORD_INPUT_OPTIONS,
    {"no-password", NULL, "set none: the user gets mail and cannot log in"          },
    USER_OPTIONS,
    {"if-missing",  NULL, "be content where it is there already, and change nothing"},
    {NULL,          NULL, NULL                                                      },
};
static const char *const add_examples[] = {"mailctl user add alice@example.org --quota 2G",
    "mailctl user add bob@example.org --name 'Bob Bo' --password-file /root/bob.password", NULL};

const struct command command_user_add = {
    .noun = "user",
    .verb = "add",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = add_options,
    .help = "add a user: a mailbox and its login",
    .details = "Asks for the password, unless an option says where it is. The part before the\n"
               "\"@\" is kept in lower case.",
    .examples = add_examples,
    .run = run_add,
};

/* --- user passwd --- */

static int run_passwd(struct invocation *invocation)
{
    struct user user = {.enabled = true};
    struct text hash = TEXT("");
    struct store *directory = NULL;
    int status = user_options_find(invocation, STORE_READ, &directory, &user);

    if (status != EX_OK)
        return status;
    status = password_input_hash(invocation, &user, &hash);
    if (status == EX_OK && !invocation->dry_run)
        status = write_credential(invocation, user.address, hash, false);
    password_input_wipe(&hash);
    if (status != EX_OK)
        return status;
    directory_say(invocation, user.address, "changed", NULL);
    dovecot_cache_forget(invocation, user.address);
    return EX_OK;
}

static const struct command_option passwd_options[] = {
    PASSWORD_INPUT_OPTIONS,
    {NULL, NULL, NULL},
};
static const char *const passwd_examples[] = {"mailctl user passwd alice@example.org",
    "mailctl user passwd alice@example.org --password-stdin < password", NULL};

const struct command command_user_passwd = {
    .noun = "user",
    .verb = "passwd",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = passwd_options,
    .help = "set a user's password",
    .examples = passwd_examples,
    .run = run_passwd,
};
