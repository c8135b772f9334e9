/* SPDX-License-Identifier: MIT */
#include "mailctl/signing-keys.h"

#include <stdint.h>

#include "lib/base/memory.h"
#include "lib/dns/name.h"
#include "lib/store/dkim-key.h"
#include "mailctl/dkim-view.h"
#include "mailctl/secret-file.h"

void signing_keys_done(struct signing_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        private_key_release(&keys->items[i].key);
}

/* Takes the key and overwrites its text. */
static int add_key(const struct invocation *invocation, struct signing_keys *keys,
    struct text selector, struct text pem, const char *where)
{
    bool allow_short = invocation_has(invocation, "allow-short-key");
    struct signing_key *key = &keys->items[keys->count];
    struct failure failure = {ERR_NONE, ""};
    enum err err;

    if (keys->count == SIGNING_KEYS_MAX)
        return invocation_complain(invocation, EX_DATAERR, "more than %d keys", SIGNING_KEYS_MAX);
    err = private_key_parse(pem, allow_short, &key->key, &failure);
    memory_wipe((void *)(uintptr_t)pem.data, pem.len);
    if (err != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s: %s", where,
            failure.text[0] != '\0' ? failure.text : err_text(err));
    key->selector = selector;
    keys->count++;
    return EX_OK;
}

static int read_key_file(
    const struct invocation *invocation, const char *path, struct signing_keys *keys)
{
    struct buffer pem = BUFFER_NONE;
    const char *selector = invocation_value(invocation, "selector");
    int status;

    if (selector == NULL)
        return invocation_complain(
            invocation, EX_USAGE, "--key needs --selector, the name of its record");
    status = secret_file_read(invocation, path, SECRET_FILE_KEY_MAX, &pem);
    if (status == EX_OK)
        status = add_key(invocation, keys, text_from_string(selector), buffer_text(&pem), path);
    buffer_done_wiped(&pem);
    return status;
}

static int complain_absent(
    const struct invocation *invocation, const struct signing_keys *keys, struct text selector)
{
    if (selector.len != 0)
        return dkim_view_complain_absent(invocation, keys->domain, selector);
    return invocation_complain(invocation, EX_DATAERR,
        "%.*s has no key that signs (mailctl dkim generate makes one, mailctl dkim activate lets "
        "it "
        "sign)",
        TEXT_ARGS(keys->domain));
}

static int read_stored_keys(struct invocation *invocation, struct signing_keys *keys)
{
    int status = EX_OK;
    struct text selector = text_from_string(invocation_value(invocation, "selector"));
    struct store *store = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    struct dkim_key_list list = {NULL, 0};
    struct dkim_key one;
    enum err err;

    if (store == NULL)
        return status;
    if (selector.len == 0) {
        err = dkim_key_list_active(store, keys->domain, invocation->arena, &list);
    } else {
        err = dkim_key_find(store, keys->domain, selector, invocation->arena, &one);
        if (err == ERR_NONE)
            list = (struct dkim_key_list){&one, 1};
    }
    if (err != ERR_NONE && err != ERR_ABSENT)
        return invocation_complain_store(invocation, store);
    if (list.count == 0)
        return complain_absent(invocation, keys, selector);
    for (size_t i = 0; i < list.count && status == EX_OK; i++)
        status = add_key(
            invocation, keys, list.items[i].selector, list.items[i].pem, "the keys database");
    return status;
}

int signing_keys_read(struct invocation *invocation, struct signing_keys *keys_r)
{
    const char *domain = invocation_value(invocation, "domain");
    const char *path = invocation_value(invocation, "key");
    const char *selector = invocation_value(invocation, "selector");
    struct text normalized;
    int status;

    if (domain == NULL)
        return invocation_complain(invocation, EX_USAGE, "--domain is needed");
    if (selector != NULL &&
        !dns_name_normalize(text_from_string(selector), invocation->arena, &normalized))
        return invocation_bad_value(
            invocation, "selector", "letters, digits and hyphens", selector);
    if (path == NULL && invocation_has(invocation, "allow-short-key"))
        return invocation_complain(invocation, EX_USAGE,
            "--allow-short-key goes with --key: keys in the database are long");
    if (path != NULL) {
        status = invocation_domain(invocation, text_from_string(domain), &keys_r->domain);
        return status == EX_OK ? read_key_file(invocation, path, keys_r) : status;
    }
    status = invocation_own_domain(invocation, text_from_string(domain), &keys_r->domain);
    return status == EX_OK ? read_stored_keys(invocation, keys_r) : status;
}
