/* SPDX-License-Identifier: MIT */

/*
 * octodns: the YAML of a zone. Keys stand in their order, as its loader demands; the semicolons of
 * a TXT are escaped, and long ones are split by octoDNS itself.
 */

#include "mailctl/dns/record-format.h"

/* The keys of a record's words, in the order of the alphabet; at: which word it is. */
static const struct words_kind {
    const char *type;
    struct {
        const char *key;
        size_t at;
        bool is_number;
    } keys[RECORD_FORMAT_WORDS_MAX];
} words_kinds[] = {
    {"MX",   {{"exchange", 1, false}, {"preference", 0, true}}                                    },
    {"SRV",  {{"port", 2, true}, {"priority", 0, true}, {"target", 3, false}, {"weight", 1, true}}},
    {"TLSA", {{"certificate_association_data", 3, false}, {"certificate_usage", 0, true},
                 {"matching_type", 2, true}, {"selector", 1, true}}                   },
    {"CAA",  {{"flags", 0, true}, {"tag", 1, false}, {"value", 2, false}}                         },
};

/* A scalar in single quotes, in which YAML knows no escape but for the quote itself. */
static void append_scalar(struct buffer *out, struct text text)
{
    buffer_append_byte(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'')
            buffer_append_byte(out, '\'');
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '\'');
}

static void append_txt(struct buffer *out, struct text payload)
{
    struct buffer escaped = BUFFER_NONE;

    for (size_t i = 0; i < payload.len; i++) {
        if (payload.data[i] == ';')
            buffer_append_byte(&escaped, '\\');
        buffer_append_byte(&escaped, payload.data[i]);
    }
    append_scalar(out, buffer_text(&escaped));
    buffer_done(&escaped);
}

static const struct words_kind *kind_of(const char *type)
{
    for (size_t i = 0; i < sizeof words_kinds / sizeof *words_kinds; i++)
        if (strcmp(words_kinds[i].type, type) == 0)
            return &words_kinds[i];
    return NULL;
}

static void append_words(
    struct buffer *out, const struct words_kind *kind, const struct zone_record *record)
{
    struct text words[RECORD_FORMAT_WORDS_MAX];
    struct arena *arena = arena_new();
    size_t count = record_format_words(record, words);

    if (strcmp(kind->type, "CAA") == 0)
        words[2] = record_format_unquoted(words[2], arena);
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(out, "%s%s: ", i == 0 ? "" : "        ", kind->keys[i].key);
        if (kind->keys[i].is_number)
            buffer_append_text(out, words[kind->keys[i].at]);
        else
            append_scalar(out, words[kind->keys[i].at]);
        buffer_append_byte(out, '\n');
    }
    arena_free(&arena);
}

static void append_value(struct buffer *out, const struct zone_record *record)
{
    const struct words_kind *kind = kind_of(record->type);

    if (kind != NULL) {
        append_words(out, kind, record);
        return;
    }
    if (record_format_is_type(record, "TXT"))
        append_txt(out, record->data);
    else
        append_scalar(out, record->data);
    buffer_append_byte(out, '\n');
}

static void append_group(struct buffer *out, const struct record_group *group)
{
    buffer_append_format(
        out, "  - ttl: %u\n    type: %s\n", record_format_ttl(group->records[0]), group->type);
    if (strcmp(group->type, "CNAME") == 0) {
        buffer_append_string(out, "    value: ");
        append_value(out, group->records[0]);
        return;
    }
    buffer_append_string(out, "    values:\n");
    for (size_t i = 0; i < group->count; i++) {
        buffer_append_string(out, "      - ");
        append_value(out, group->records[i]);
    }
}

static enum err write_octodns(struct text zone, const struct domain_records *records,
    struct buffer *out, struct failure *failure)
{
    struct arena *arena = arena_new();
    const struct record_group *groups;
    size_t count = record_format_groups(zone, records, true, arena, &groups);

    (void)failure;
    buffer_append_string(out, "---\n");
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !text_equals(groups[i].owner, groups[i - 1].owner)) {
            append_scalar(out, groups[i].owner);
            buffer_append_string(out, ":\n");
        }
        append_group(out, &groups[i]);
    }
    arena_free(&arena);
    return ERR_NONE;
}

const struct record_format record_format_octodns = {"octodns", write_octodns};
