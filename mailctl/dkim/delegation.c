/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/delegation.h"

#include "lib/dns/name.h"
#include "lib/store/dkim-delegation.h"

enum err delegation_read_zone(struct text given, struct text domain, struct arena *arena,
    struct text *zone_r, struct failure *failure)
{
    struct text zone, owner, target;

    if (!dns_name_normalize(given, arena, &zone) || dns_name_label_count(zone) < 2)
        return failure_set(failure, ERR_SYNTAX,
            "expected a zone like keys.example.net, found \"%.*s\"", TEXT_ARGS(given));
    if (dns_name_is_within(zone, domain))
        return failure_set(failure, ERR_SYNTAX,
            "%.*s lies in %.*s itself, where its keys stand without delegation", TEXT_ARGS(zone),
            TEXT_ARGS(domain));
    owner = arena_print(arena, "%.*s._domainkey.%.*s",
        TEXT_ARGS(dkim_delegation_selector(TEXT("rsa"), 0)), TEXT_ARGS(domain));
    target = dkim_delegation_target(owner, zone, arena);
    if (!dns_name_fits(target))
        return failure_set(failure, ERR_LIMIT,
            "%.*s would be longer than a name can be: choose a zone with a shorter name",
            TEXT_ARGS(target));
    *zone_r = zone;
    return ERR_NONE;
}

enum err delegation_check_keys(const struct dkim_key_list *keys, struct failure *failure)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct dkim_key *key = &keys->items[i];

        if (dkim_delegation_has(key->selector) && key->state != DKIM_KEY_GONE)
            return failure_set(failure, ERR_REFUSED,
                "the key %.*s of %.*s is %.*s, and its record would move", TEXT_ARGS(key->selector),
                TEXT_ARGS(key->domain), TEXT_ARGS(dkim_key_word(key)));
    }
    return ERR_NONE;
}
