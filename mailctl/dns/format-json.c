/* SPDX-License-Identifier: MIT */

/*
 * json, and cloudflare: the body of Cloudflare's "batch" call, which adds records to a zone. There
 * a TXT stands in quoted strings, other types of several words in parts, and names in full without
 * final dot; mail must not pass the proxies of web pages.
 */

#include <jansson.h>

#include "mailctl/dns/record-format.h"
#include "mailctl/output.h"

#define CLOUDFLARE_TTL_AUTOMATIC 1
#define CLOUDFLARE_COMMENT_MAX 100

static void append_json(json_t *json, struct buffer *out)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

    buffer_append_string(out, text);
    buffer_append_byte(out, '\n');
    free(text);
    json_decref(json);
}

/* --- json ----------------------------------------------------------------- */

/* The strings of a TXT, one by one, for those whose form wants them so. */
static json_t *strings_json(struct text payload)
{
    json_t *strings = json_array();

    do {
        json_array_append_new(strings, output_json_text(text_head(payload, ZONE_STRING_MAX)));
        payload = text_skip(payload, ZONE_STRING_MAX);
    } while (payload.len != 0);
    return strings;
}

static json_t *record_json(struct text zone, const struct domain_record *item)
{
    const struct zone_record *record = &item->record;
    json_t *row = json_pack("{s:o, s:s, s:o, s:s, s:o, s:b, s:b}", "name",
        output_json_text(record->owner), "type", record->type, "data",
        output_json_text(record->data), "kind", record_kind_word(item->kind), "purpose",
        output_json_text(item->purpose), "required", (int)record_kind_is_required(item->kind),
        "in_zone", (int)record_format_is_inside(zone, record));

    if (record->ttl_s != 0)
        json_object_set_new(row, "ttl", json_integer(record->ttl_s));
    if (record_format_is_type(record, "TXT"))
        json_object_set_new(row, "strings", strings_json(record->data));
    return row;
}

static enum err write_json(struct text zone, const struct domain_records *records,
    struct buffer *out, struct failure *failure)
{
    json_t *rows = json_array();

    (void)failure;
    for (size_t i = 0; i < records->count; i++)
        json_array_append_new(rows, record_json(zone, &records->items[i]));
    append_json(rows, out);
    return ERR_NONE;
}

/* --- cloudflare ----------------------------------------------------------- */

static struct text without_dot(struct text name)
{
    return name.len > 1 ? text_head(name, name.len - 1) : name;
}

static json_int_t number_of(struct text word)
{
    uint64_t number = 0;

    (void)text_to_number(word, 0xffff, &number);
    return (json_int_t)number;
}

static json_t *parts_of(const struct zone_record *record, struct arena *arena)
{
    struct text words[RECORD_FORMAT_WORDS_MAX];

    (void)record_format_words(record, words);
    if (record_format_is_type(record, "SRV"))
        return json_pack("{s:I, s:I, s:I, s:o}", "priority", number_of(words[0]), "weight",
            number_of(words[1]), "port", number_of(words[2]), "target",
            output_json_text(without_dot(words[3])));
    if (record_format_is_type(record, "TLSA"))
        return json_pack("{s:I, s:I, s:I, s:o}", "usage", number_of(words[0]), "selector",
            number_of(words[1]), "matching_type", number_of(words[2]), "certificate",
            output_json_text(words[3]));
    if (record_format_is_type(record, "CAA"))
        return json_pack("{s:I, s:o, s:o}", "flags", number_of(words[0]), "tag",
            output_json_text(words[1]), "value",
            output_json_text(record_format_unquoted(words[2], arena)));
    return NULL;
}

static void set_content(json_t *row, const struct zone_record *record)
{
    struct text words[RECORD_FORMAT_WORDS_MAX], content = record->data;
    struct buffer strings = BUFFER_NONE;

    if (record_format_is_type(record, "MX")) {
        (void)record_format_words(record, words);
        json_object_set_new(row, "priority", json_integer(number_of(words[0])));
        content = without_dot(words[1]);
    } else if (record_format_is_type(record, "TXT")) {
        zone_strings_format(record->data, " ", &strings);
        content = buffer_text(&strings);
    } else if (record_format_is_type(record, "CNAME")) {
        content = without_dot(record->data);
    }
    json_object_set_new(row, "content", output_json_text(content));
    buffer_done(&strings);
}

static bool could_be_proxied(const struct zone_record *record)
{
    return record_format_is_type(record, "A") || record_format_is_type(record, "AAAA") ||
           record_format_is_type(record, "CNAME");
}

static json_t *post_json(const struct domain_record *item, struct arena *arena)
{
    const struct zone_record *record = &item->record;
    json_t *parts = parts_of(record, arena);
    json_t *row =
        json_pack("{s:s, s:o, s:i}", "type", record->type, "name", output_json_text(record->owner),
            "ttl", record->ttl_s != 0 ? (int)record->ttl_s : CLOUDFLARE_TTL_AUTOMATIC);

    if (parts != NULL)
        json_object_set_new(row, "data", parts);
    else
        set_content(row, record);
    if (could_be_proxied(record))
        json_object_set_new(row, "proxied", json_false());
    if (item->purpose.len <= CLOUDFLARE_COMMENT_MAX)
        json_object_set_new(row, "comment", output_json_text(item->purpose));
    return row;
}

static enum err write_cloudflare(struct text zone, const struct domain_records *records,
    struct buffer *out, struct failure *failure)
{
    json_t *posts = json_array();
    struct arena *arena = arena_new();

    (void)failure;
    for (size_t i = 0; i < records->count; i++)
        if (record_format_is_inside(zone, &records->items[i].record))
            json_array_append_new(posts, post_json(&records->items[i], arena));
    append_json(json_pack("{s:o}", "posts", posts), out);
    arena_free(&arena);
    return ERR_NONE;
}

const struct record_format record_format_json = {"json", write_json};
const struct record_format record_format_cloudflare = {"cloudflare", write_cloudflare};
