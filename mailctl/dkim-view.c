/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim-view.h"

#include <stdio.h>

#include "lib/dns/zone.h"
#include "mailctl/directory.h"
#include "mailctl/output.h"

static struct text owner_name(const struct invocation *invocation, const struct dkim_key *key)
{
    return arena_print(invocation->arena, "%.*s._domainkey.%.*s", TEXT_ARGS(key->selector),
        TEXT_ARGS(key->domain));
}

json_t *dkim_view_json(const struct invocation *invocation, const struct dkim_key *key)
{
    return json_pack("{s:o, s:o, s:o, s:i, s:s, s:o, s:o, s:o, s:o}", "domain",
        output_json_text(key->domain), "selector", output_json_text(key->selector), "algorithm",
        output_json_text(key->algorithm), "bits", (int)key->bits, "state",
        dkim_key_state_word(key->state), "state_since", directory_json_time(key->state_since),
        "created", directory_json_time(key->created), "name",
        output_json_text(owner_name(invocation, key)), "record", output_json_text(key->record));
}

void dkim_view_print(const struct invocation *invocation, const struct dkim_key *key)
{
    struct zone_record record = zone_record_txt(owner_name(invocation, key), 0, key->record);
    struct text since = directory_time(invocation, key->state_since);
    struct buffer out = BUFFER_NONE;

    if (!invocation->quiet)
        printf("; %s since %.*s\n", dkim_key_state_word(key->state), TEXT_ARGS(since));
    if (zone_fragment_format(&record, 1, &out, NULL) == ERR_NONE)
        fputs(buffer_string(&out), stdout);
    buffer_done(&out);
}
