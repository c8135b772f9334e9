/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/key-look.h"

#include "lib/base/base64.h"
#include "lib/mailauth/key-record.h"

/* What was seen so far. */
struct sum {
    struct zone_views *views;
    const struct dkim_key *key;
    enum rotation_sight told; /* what those say who could tell; UNSEEN: none could yet */
    struct text teller;
    struct text silent; /* one that could not tell */
    bool is_silent;     /* there is one */
    struct text odd;    /* one that tells something else than teller */
    struct text alias;
    uint32_t ttl_s;
    bool is_waiting;
};

/* --- a record ------------------------------------------------------------- */

static bool decode(struct text base64, struct arena *arena, struct text *bytes_r)
{
    unsigned char *bytes = arena_alloc(arena, BASE64_DECODED_MAX(base64.len));
    size_t len;

    if (!base64_decode(base64, bytes, &len))
        return false;
    *bytes_r = text_from_bytes((const char *)bytes, len);
    return true;
}

static enum rotation_sight read_record(
    struct text shown, const struct dkim_key *key, struct arena *arena)
{
    struct key_record found, wanted;
    enum key_status status = key_record_parse(shown, arena, &found);
    struct text found_bytes, wanted_bytes;

    if (status == KEY_REVOKED)
        return ROTATION_REVOKED;
    if (status != KEY_OK || key_record_parse(key->record, arena, &wanted) != KEY_OK ||
        found.algorithm != wanted.algorithm || !decode(found.data, arena, &found_bytes) ||
        !decode(wanted.data, arena, &wanted_bytes) || !text_equals(found_bytes, wanted_bytes))
        return ROTATION_OTHER;
    return ROTATION_KEY;
}

/* Of several records receivers take any. */
static enum rotation_sight read_answer(
    const struct dns_answer *answer, const struct dkim_key *key, struct arena *arena)
{
    if (answer->count != 1)
        return ROTATION_OTHER;
    return read_record(answer->records[0].text, key, arena);
}

/* --- the servers of a zone ------------------------------------------------ */

static void note_told(struct sum *sum, const struct zone_server *server, enum rotation_sight sight)
{
    if (sum->told == ROTATION_UNSEEN) {
        sum->told = sight;
        sum->teller = server->name;
    } else if (sum->told != sight) {
        sum->told = ROTATION_MIXED;
        sum->odd = sum->odd.len != 0 ? sum->odd : server->name;
    }
}

static void note_silent(struct sum *sum, const struct zone_server *server)
{
    sum->is_silent = true;
    sum->silent = server->name;
}

/* Two servers that lead elsewhere lead to the same place, or do not agree. */
static void note_alias(struct sum *sum, const struct zone_server *server, struct text alias)
{
    if (sum->alias.len == 0)
        sum->alias = alias;
    else if (!text_equals(sum->alias, alias))
        note_told(sum, server, ROTATION_OTHER);
}

static void note_ttl(struct sum *sum, const struct dns_answer *answer)
{
    if (answer->status != DNS_TEMPORARY && answer->ttl_s > sum->ttl_s)
        sum->ttl_s = answer->ttl_s;
}

/*
 * The records, and whether the name is an alias: where it is none, that answer tells how long "no
 * such record" is kept. A server that has both zones answers for both; what counts is what those of
 * the other zone say.
 */
static void look_at_server(struct sum *sum, const struct zone_server *server, struct text name)
{
    const struct dns_answer *records, *alias;

    if (server->ip.family == IP_NONE) {
        note_silent(sum, server);
        return;
    }
    records = answers_ask(server->answers, name, DNS_TXT);
    alias = answers_ask(server->answers, name, DNS_CNAME);
    if (records == NULL || alias == NULL) {
        sum->is_waiting = true;
        return;
    }
    note_ttl(sum, records);
    note_ttl(sum, alias);
    if (alias->status == DNS_FOUND)
        note_alias(sum, server, alias->records[0].text);
    else if (records->status == DNS_TEMPORARY || alias->status == DNS_TEMPORARY)
        note_silent(sum, server);
    else if (records->status == DNS_FOUND)
        note_told(sum, server, read_answer(records, sum->key, sum->views->arena));
    else
        note_told(sum, server, ROTATION_NOTHING);
}

static void look_at_zone(struct sum *sum, struct text name)
{
    const struct zone_view *view = zone_views_find(sum->views, name);

    if (view == NULL) {
        sum->is_waiting = true;
        return;
    }
    if (view->server_count == 0)
        sum->is_silent = true;
    for (size_t i = 0; i < view->server_count; i++)
        look_at_server(sum, &view->servers[i], name);
}

/* --- a key ---------------------------------------------------------------- */

static struct key_look conclude(const struct sum *sum)
{
    struct key_look look = {
        .look = {.sight = sum->told, .ttl_s = sum->ttl_s},
          .alias = sum->alias
    };

    if (sum->told == ROTATION_MIXED) {
        look.server = sum->odd;
    } else if (sum->is_silent || sum->told == ROTATION_UNSEEN) {
        look.look.sight = ROTATION_UNKNOWN;
        look.server = sum->silent;
    }
    return look;
}

bool key_look(struct zone_views *views, const struct dkim_key *key, struct key_look *look_r)
{
    struct sum sum = {.views = views, .key = key, .told = ROTATION_UNSEEN};
    struct text alias;

    look_at_zone(&sum, dkim_key_owner(key, views->arena));
    alias = sum.alias;
    if (alias.len != 0) {
        sum.alias = TEXT_NONE;
        look_at_zone(&sum, alias);
        if (sum.alias.len != 0)
            sum.told = ROTATION_OTHER;
        sum.alias = alias;
    }
    if (sum.is_waiting)
        return false;
    *look_r = conclude(&sum);
    return true;
}
