/* SPDX-License-Identifier: MIT */
#include "mailctl/declare-password.h"

#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/password.h"
#include "lib/store/relayhost.h"
#include "mailctl/directory.h"

/* --- the field --- */

/* What an earlier user of the name has left is none of a new one's. */
static enum err is_as_before(
    struct declare *declare, struct store *credentials, struct text hash, bool *is_same_r)
{
    struct arena *arena = arena_new();
    struct credential before = {.hash = TEXT("")};
    enum err err = ERR_ABSENT;

    if (!declare->is_new)
        err = credential_find(credentials, declare->name, arena, &before);
    *is_same_r = text_equals(before.hash, hash);
    arena_free_wiped(&arena);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static bool note(struct declare *declare, const char *key, struct text hash)
{
    struct store *credentials =
        invocation_store(declare->invocation, STORE_CREDENTIALS, STORE_READ, &declare->status);
    bool is_same = true;

    if (credentials == NULL)
        return false;
    if (is_as_before(declare, credentials, hash, &is_same) != ERR_NONE) {
        declare->status = invocation_complain_store(declare->invocation, credentials);
        return false;
    }
    if (is_same)
        return true;
    declare_differs(declare, key);
    array_push(
        &declare->passwords, (struct declare_password){declare->name,
                                 arena_copy(declare->invocation->arena, hash), declare->is_new});
    return true;
}

bool declare_password_read(struct declare *declare, const char *key, const json_t *value)
{
    struct text hash = TEXT("");
    struct failure failure;

    if (json_is_string(value))
        hash = text_from_bytes(json_string_value(value), json_string_length(value));
    else if (!json_is_null(value))
        return declare_complain(
            declare, EX_DATAERR, "%s: a hash like {ARGON2ID}..., or null, was expected", key);
    if (text_equals(hash, TEXT(DECLARE_MASK)))
        return true;
    if (json_is_string(value)) {
        if (password_hash_check(hash, &failure) != ERR_NONE)
            return declare_complain(declare, EX_DATAERR, "%s: %s", key, failure.text);
        declare->has_hashes = true;
    }
    return note(declare, key, hash);
}

/* --- writing --- */

static enum err forget(struct store *store, struct text address)
{
    int64_t changed;
    enum err err = credential_time(store, address, &changed);

    if (err == ERR_NONE)
        err = credential_delete(store, address);
    if (err == ERR_NONE || err == ERR_ABSENT)
        err = app_password_delete_all(store, address);
    return err;
}

/* A later one of that name shall not send by the account of an earlier one. */
static enum err forget_relayhosts(const struct declare *declare, struct store *store)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < declare->gone.count; i++)
        err = relayhost_forget(store, declare->gone.items[i]);
    for (size_t i = 0; err == ERR_NONE && i < declare->gone_domains.count; i++)
        err = relayhost_forget_domain(store, declare->gone_domains.items[i]);
    return err;
}

static enum err write_hash(
    struct store *store, const struct declare_password *password, int64_t now)
{
    if (text_is_empty(password->hash))
        return credential_delete(store, password->address);
    return credential_set(store, password->address, password->hash, now);
}

static bool has_work(const struct declare *declare, size_t forgotten, bool is_new)
{
    for (size_t i = 0; i < declare->passwords.count; i++)
        if (declare->passwords.items[i].is_of_new_user == is_new)
            return true;
    return forgotten != 0 || (!is_new && declare->gone_domains.count != 0);
}

/* In one transaction; a failure is the commit's. */
static int write_all(
    struct declare *declare, const struct text *forgotten, size_t count, bool is_new)
{
    struct invocation *invocation = declare->invocation;
    int status = EX_OK;
    struct store *store;
    enum err err = ERR_NONE;

    if (!has_work(declare, count, is_new))
        return EX_OK;
    store = invocation_store(invocation, STORE_CREDENTIALS, STORE_WRITE, &status);
    if (store == NULL)
        return status;
    store_begin(store);
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = forget(store, forgotten[i]);
    for (size_t i = 0; err == ERR_NONE && i < declare->passwords.count; i++)
        if (declare->passwords.items[i].is_of_new_user == is_new)
            err = write_hash(store, &declare->passwords.items[i], declare->now);
    if (err == ERR_NONE && !is_new)
        err = forget_relayhosts(declare, store);
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    return directory_end(invocation, store);
}

int declare_password_write_new(struct declare *declare)
{
    return write_all(declare, declare->fresh.items, declare->fresh.count, true);
}

int declare_password_write_old(struct declare *declare)
{
    return write_all(declare, declare->gone.items, declare->gone.count, false);
}
