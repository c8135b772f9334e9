/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/key-maker.h"

#include <time.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/store/dkim-delegation.h"

#define SELECTOR_TRIES 99

/* "2026q4r": year, quarter, kind. Dated, so that the age of a key shows in the DNS. */
static struct text dated_selector(
    enum key_algorithm algorithm, int64_t now, unsigned try, struct arena *arena)
{
    time_t seconds = (time_t)now;
    struct tm parts = {0};
    const char *kind = algorithm == KEY_RSA ? "r" : "e";

    gmtime_r(&seconds, &parts);
    if (try == 1)
        return arena_print(arena, "%04dq%d%s", parts.tm_year + 1900, parts.tm_mon / 3 + 1, kind);
    return arena_print(arena, "%04dq%d%s%u", parts.tm_year + 1900, parts.tm_mon / 3 + 1, kind, try);
}

static int complain_turns(const struct invocation *invocation, struct text domain)
{
    return invocation_complain(invocation, EX_CANTCREAT,
        "%.*s has no name for another key: the two that its zone leads to ours are taken until one "
        "of their keys is gone (mailctl dkim rotate %.*s says when)",
        TEXT_ARGS(domain), TEXT_ARGS(domain));
}

/* What is gone from the DNS, too, leaves its name to the next. */
static bool is_over(const struct dkim_key *key)
{
    return key->state == DKIM_KEY_GONE && key->seen != 0;
}

/* One of the names that the domain's zone leads elsewhere. */
static int take_turn(const struct invocation *invocation, struct store *keys,
    const struct key_request *request, struct text *selector_r)
{
    struct text algorithm = request->algorithm == KEY_RSA ? TEXT("rsa") : TEXT("ed25519");

    for (size_t i = 0; i < DKIM_DELEGATION_NAMES; i++) {
        struct text selector = dkim_delegation_selector(algorithm, i);
        struct dkim_key key;
        enum err err = dkim_key_find(keys, request->domain, selector, invocation->arena, &key);

        if (err == ERR_NONE && !is_over(&key))
            continue;
        if (err == ERR_NONE)
            err = dkim_key_delete(keys, request->domain, selector);
        if (err != ERR_NONE && err != ERR_ABSENT)
            return invocation_complain_store(invocation, keys);
        *selector_r = selector;
        return EX_OK;
    }
    return complain_turns(invocation, request->domain);
}

/* A name that no key has had. */
static int find_selector(const struct invocation *invocation, struct store *keys,
    const struct key_request *request, struct text *selector_r)
{
    bool is_given = request->selector.len != 0;
    unsigned tries = is_given ? 1 : SELECTOR_TRIES;
    struct dkim_key key;

    for (unsigned try = 1; try <= tries; try++) {
        struct text selector =
            is_given ? request->selector
                     : dated_selector(request->algorithm, clock_wall(), try, invocation->arena);
        enum err err = dkim_key_find(keys, request->domain, selector, invocation->arena, &key);

        if (err == ERR_ABSENT) {
            *selector_r = selector;
            return EX_OK;
        }
        if (err != ERR_NONE)
            return invocation_complain_store(invocation, keys);
    }
    return invocation_complain(invocation, EX_CANTCREAT,
        "%.*s has a key with that selector already (choose another with --selector)",
        TEXT_ARGS(request->domain));
}

/* And the zone that the name leads to. */
static int choose_selector(const struct invocation *invocation, struct store *keys,
    const struct key_request *request, struct dkim_key *key)
{
    struct text zone;
    int status;

    if (dkim_delegation_find(keys, request->domain, invocation->arena, &zone) != ERR_NONE)
        return invocation_complain_store(invocation, keys);
    status = request->selector.len == 0 && zone.len != 0
                 ? take_turn(invocation, keys, request, &key->selector)
                 : find_selector(invocation, keys, request, &key->selector);
    if (status == EX_OK && dkim_delegation_has(key->selector))
        key->zone = zone;
    return status;
}

static int format_key(const struct invocation *invocation, const struct private_key *private_key,
    struct buffer *pem, struct buffer *record)
{
    enum err err = private_key_format_pem(private_key, pem);

    if (err == ERR_NONE)
        err = private_key_format_record(private_key, record);
    return err == ERR_NONE ? EX_OK
                           : invocation_complain(invocation, invocation_status_of(err),
                                 "the key could not be written down: %s", err_text(err));
}

static int store_key(const struct invocation *invocation, struct store *keys,
    const struct private_key *private_key, struct dkim_key *key)
{
    struct buffer pem = BUFFER_NONE, record = BUFFER_NONE;
    int status = format_key(invocation, private_key, &pem, &record);

    if (status == EX_OK) {
        key->record = arena_copy(invocation->arena, buffer_text(&record));
        key->pem = buffer_text(&pem);
        if (dkim_key_add(keys, key, key->created) != ERR_NONE)
            status = invocation_complain_store(invocation, keys);
        key->pem = TEXT_NONE;
    }
    buffer_done_wiped(&pem);
    buffer_done(&record);
    return status;
}

int key_maker_keep(struct invocation *invocation, struct store *keys,
    const struct key_request *request, const struct private_key *private_key,
    struct dkim_key *key_r)
{
    int64_t now = clock_wall();
    bool is_rsa = private_key_algorithm(private_key) == KEY_RSA;
    struct dkim_key key = {.domain = request->domain,
        .algorithm = is_rsa ? TEXT("rsa") : TEXT("ed25519"),
        .bits = private_key_bits(private_key),
        .state = request->state,
        .replaces = request->replaces,
        .created = now,
        .state_since = now};
    int status = choose_selector(invocation, keys, request, &key);

    if (status == EX_OK)
        status = store_key(invocation, keys, private_key, &key);
    if (status == EX_OK)
        *key_r = key;
    return status;
}

int key_maker_make(struct invocation *invocation, struct store *keys,
    const struct key_request *request, struct dkim_key *key_r)
{
    struct private_key *private_key = NULL;
    struct failure failure;
    int status;

    if (private_key_generate(request->algorithm, request->bits, &private_key, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    status = key_maker_keep(invocation, keys, request, private_key, key_r);
    private_key_release(&private_key);
    return status;
}
