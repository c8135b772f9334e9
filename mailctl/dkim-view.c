/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim-view.h"

#include <stdio.h>
#include <sysexits.h>

#include "lib/dns/zone.h"
#include "mailctl/directory.h"
#include "mailctl/output.h"

int dkim_view_read(
    struct invocation *invocation, struct text *domain_r, struct dkim_key_list *list_r)
{
    struct store *keys;
    int status = EX_OK;

    *domain_r = TEXT("");
    if (invocation->argument_count != 0)
        status = invocation_own_domain(invocation, invocation_argument(invocation, 0), domain_r);
    if (status != EX_OK)
        return status;
    keys = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    if (keys == NULL)
        return status;
    if (dkim_key_list(keys, *domain_r, invocation->arena, list_r) != ERR_NONE)
        return invocation_complain_store(invocation, keys);
    return EX_OK;
}

int dkim_view_complain_absent(
    const struct invocation *invocation, struct text domain, struct text selector)
{
    if (text_is_empty(selector))
        return invocation_complain(invocation, EX_DATAERR,
            "%.*s has no key (mailctl dkim generate %.*s makes one)", TEXT_ARGS(domain),
            TEXT_ARGS(domain));
    return invocation_complain(invocation, EX_DATAERR,
        "%.*s has no key with selector %.*s (mailctl dkim list %.*s)", TEXT_ARGS(domain),
        TEXT_ARGS(selector), TEXT_ARGS(domain));
}

json_t *dkim_view_json(const struct invocation *invocation, const struct dkim_key *key)
{
    return json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "domain",
        output_json_text(key->domain), "selector", output_json_text(key->selector), "algorithm",
        output_json_text(key->algorithm), "bits", (int)key->bits, "state",
        output_json_text(dkim_key_word(key)), "state_since", directory_json_time(key->state_since),
        "created", directory_json_time(key->created), "name",
        output_json_text(dkim_key_owner(key, invocation->arena)), "alias_of",
        key->zone.len != 0 ? output_json_text(dkim_key_place(key, invocation->arena)) : json_null(),
        "record", output_json_text(dkim_key_wanted(key)), "replaces",
        key->replaces.len != 0 ? output_json_text(key->replaces) : json_null(), "seen_since",
        key->seen != 0 ? directory_json_time(key->seen) : json_null());
}

/* The record, and before it the alias that leads to it. */
static size_t make_records(
    const struct invocation *invocation, const struct dkim_key *key, struct zone_record records[2])
{
    struct text owner = dkim_key_owner(key, invocation->arena),
                place = dkim_key_place(key, invocation->arena);
    size_t count = 0;

    if (key->zone.len != 0)
        records[count++] = zone_record_name(owner, 0, "CNAME", place, invocation->arena);
    records[count++] = zone_record_txt(place, 0, dkim_key_wanted(key));
    return count;
}

void dkim_view_print(const struct invocation *invocation, const struct dkim_key *key)
{
    struct zone_record records[2];
    size_t count = make_records(invocation, key, records);
    struct text since = directory_time(invocation, key->state_since);
    struct buffer out = BUFFER_NONE;

    if (!invocation->quiet)
        printf("; %.*s since %.*s\n", TEXT_ARGS(dkim_key_word(key)), TEXT_ARGS(since));
    if (key->state != DKIM_KEY_GONE && zone_fragment_format(records, count, &out, NULL) == ERR_NONE)
        fputs(buffer_string(&out), stdout);
    buffer_done(&out);
}
