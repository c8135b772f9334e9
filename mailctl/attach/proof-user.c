/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/proof-user.h"

#include <sys/random.h>

#include "lib/base/base64.h"
#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "lib/service/control-client.h"
#include "lib/store/credential.h"
#include "lib/store/password.h"
#include "mailctl/attach/dovecot-cache.h"

#define CONTROL_TIMEOUT_MS ((int64_t)5 * 1000)

bool proof_user_is_one(const struct user *user)
{
    struct text digits = text_skip(user->local_part, sizeof PROOF_USER_PREFIX - 1);

    if (!text_starts_with(user->local_part, TEXT(PROOF_USER_PREFIX)) ||
        digits.len != (size_t)2 * PROOF_USER_RANDOM_BYTES ||
        !text_equals(user->display_name, TEXT(PROOF_USER_NAME)))
        return false;
    for (size_t i = 0; i < digits.len; i++)
        if (!text_is_digit(digits.data[i]) && (digits.data[i] < 'a' || digits.data[i] > 'f'))
            return false;
    return true;
}

/* --- made --- */

static enum err choose(
    struct arena *arena, struct text domain, struct proof_user *user, struct failure *failure)
{
    unsigned char name[PROOF_USER_RANDOM_BYTES], secret[PROOF_USER_PASSWORD_BYTES];
    struct text address = TEXT(PROOF_USER_PREFIX);

    if (getrandom(name, sizeof name, 0) != (ssize_t)sizeof name ||
        getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        return failure_set_errno(failure, ERR_IO, "getrandom");
    for (size_t i = 0; i < sizeof name; i++)
        address = arena_print(arena, "%.*s%02x", TEXT_ARGS(address), name[i]);
    user->address = arena_print(arena, "%.*s@%.*s", TEXT_ARGS(address), TEXT_ARGS(domain));
    base64_encode(secret, sizeof secret, user->password);
    memory_wipe(secret, sizeof secret);
    return ERR_NONE;
}

static enum err store_says(const struct store *store, enum err err, struct failure *failure)
{
    return err == ERR_NONE ? ERR_NONE : store_failure(store, failure);
}

static enum err add_user(
    const struct settings *settings, struct text address, struct failure *failure)
{
    size_t at = text_find_last(address, '@');
    const struct user user = {
        .local_part = text_head(address, at),
        .domain = text_skip(address, at + 1),
        .display_name = TEXT(PROOF_USER_NAME),
    };
    struct store *store = NULL;
    enum err err =
        store_open(settings->state_directory, STORE_DIRECTORY, STORE_WRITE, &store, failure);

    if (err == ERR_NONE)
        err = store_says(store, user_add(store, &user, clock_wall()), failure);
    store_close(&store);
    return err;
}

static enum err set_password(
    const struct settings *settings, const struct proof_user *user, struct failure *failure)
{
    char hash[PASSWORD_HASH_MAX];
    struct store *store = NULL;
    /* As any password: with other parameters authd would think it in need of a new hash. */
    enum err err = password_hash(text_from_string(user->password),
        (uint64_t)settings->authd.hash_memory_bytes, (unsigned)settings->authd.hash_passes, hash);

    if (err != ERR_NONE)
        return failure_set(failure, err, "the password could not be hashed: %s", err_text(err));
    err = store_open(settings->state_directory, STORE_CREDENTIALS, STORE_WRITE, &store, failure);
    if (err == ERR_NONE)
        err = store_says(store,
            credential_set(store, user->address, text_from_string(hash), clock_wall()), failure);
    store_close(&store);
    memory_wipe(hash, sizeof hash);
    return err;
}

enum err proof_user_make(struct invocation *invocation, const struct settings *settings,
    struct text domain, struct proof_user *user_r, struct failure *failure)
{
    struct proof_user user;
    struct failure inner;
    enum err err = choose(invocation->arena, domain, &user, &inner);

    /* The user first: as long as there is a password, proof_user_sweep() finds whose it is. */
    if (err == ERR_NONE)
        err = add_user(settings, user.address, &inner);
    if (err == ERR_NONE) {
        err = set_password(settings, &user, &inner);
        if (err != ERR_NONE)
            proof_user_remove(invocation, settings, &user);
    }
    if (err == ERR_NONE)
        *user_r = user;
    else
        (void)failure_set(failure, err, "a user to log in with could not be made: %s", inner.text);
    memory_wipe(user.password, sizeof user.password);
    return err;
}

/* --- and deleted --- */

static enum err delete_password(
    const struct settings *settings, struct text address, struct failure *failure)
{
    struct store *store = NULL;
    enum err err =
        store_open(settings->state_directory, STORE_CREDENTIALS, STORE_WRITE, &store, failure);

    if (err == ERR_NONE)
        err = store_says(store, credential_delete(store, address), failure);
    store_close(&store);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err delete_user(
    const struct settings *settings, struct text address, struct failure *failure)
{
    struct store *store = NULL;
    enum err err =
        store_open(settings->state_directory, STORE_DIRECTORY, STORE_WRITE, &store, failure);

    if (err == ERR_NONE)
        err = store_says(store, user_delete(store, address), failure);
    store_close(&store);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* What it sent is counted as anybody's. Nothing may be, or policyd be down: that is as good. */
static void forget_limits(const struct settings *settings, struct text address)
{
    struct buffer request = BUFFER_NONE, answer = BUFFER_NONE;

    buffer_append_format(&request, "reset %.*s", TEXT_ARGS(address));
    (void)control_ask(settings->run_directory, "policyd", buffer_string(&request),
        CONTROL_TIMEOUT_MS, &answer, NULL);
    buffer_done(&request);
    buffer_done(&answer);
}

static bool erase(
    struct invocation *invocation, const struct settings *settings, struct text address)
{
    struct failure failure;
    enum err err = delete_password(settings, address, &failure);

    if (err == ERR_NONE)
        err = delete_user(settings, address, &failure);
    if (err != ERR_NONE) {
        invocation_warn(invocation, "the one-time user %.*s could not be deleted: %s",
            TEXT_ARGS(address), failure.text);
        return false;
    }
    dovecot_cache_forget(invocation, address);
    forget_limits(settings, address);
    return true;
}

void proof_user_remove(
    struct invocation *invocation, const struct settings *settings, struct proof_user *user)
{
    memory_wipe(user->password, sizeof user->password);
    (void)erase(invocation, settings, user->address);
}

void proof_user_sweep(struct invocation *invocation, const struct settings *settings)
{
    struct store *store = NULL;
    struct user_list list = {.count = 0};
    enum err err = store_open(settings->state_directory, STORE_DIRECTORY, STORE_READ, &store, NULL);

    /* What cannot be read is complained of by whoever needs it. */
    if (err == ERR_NONE)
        err = user_list(store, TEXT(""), invocation->arena, &list);
    store_close(&store);
    for (size_t i = 0; err == ERR_NONE && i < list.count; i++)
        if (proof_user_is_one(&list.items[i]) && erase(invocation, settings, list.items[i].address))
            invocation_tell(invocation, "%.*s, which an interrupted attach left, was deleted",
                TEXT_ARGS(list.items[i].address));
}
