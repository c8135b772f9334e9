/* SPDX-License-Identifier: MIT */

/*
 * terraform: resources of HashiCorp's provider "dns", which updates any zone by RFC 2136. It has
 * one resource for all records of a name and type, and none for TLSA and CAA: these stand there as
 * comments.
 */

#include "mailctl/dns/record-format.h"

/* The names of the provider, by type; block: the part that each record gets. */
static const struct resource_kind {
    const char *type, *resource, *list, *block;
} resource_kinds[] = {
    {"A",     "dns_a_record_set",    "addresses", NULL },
    {"AAAA",  "dns_aaaa_record_set", "addresses", NULL },
    {"TXT",   "dns_txt_record_set",  "txt",       NULL },
    {"CNAME", "dns_cname_record",    NULL,        NULL },
    {"MX",    "dns_mx_record_set",   NULL,        "mx" },
    {"SRV",   "dns_srv_record_set",  NULL,        "srv"},
};

static const struct resource_kind *kind_of(const struct record_group *group)
{
    for (size_t i = 0; i < sizeof resource_kinds / sizeof *resource_kinds; i++)
        if (strcmp(resource_kinds[i].type, group->type) == 0)
            return &resource_kinds[i];
    return NULL;
}

/* A quoted string of HCL; ${ and %{ begin templates, and SPF's macros look like one. */
static void append_string(struct buffer *out, struct text text)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];

        if (byte == '"' || byte == '\\')
            buffer_append_byte(out, '\\');
        else if ((byte == '$' || byte == '%') && i + 1 < text.len && text.data[i + 1] == '{')
            buffer_append_byte(out, byte);
        buffer_append_byte(out, byte);
    }
    buffer_append_byte(out, '"');
}

/* The provider puts a TXT between quotes of a zone file itself, and splits it. */
static void append_txt(struct buffer *out, struct text payload)
{
    struct buffer quoted = BUFFER_NONE;
    struct text text;

    zone_string_format(payload, &quoted);
    text = buffer_text(&quoted);
    append_string(out, text_head(text_skip(text, 1), text.len - 2));
    buffer_done(&quoted);
}

/*
 * What the resource is called: the owner's labels joined by "-", a "-" in them doubled. No label
 * begins or ends with one, so no two owners get the same.
 */
static void append_label(struct buffer *out, struct text relative)
{
    buffer_append_string(out, "\"mail");
    if (relative.len != 0)
        buffer_append_byte(out, '-');
    for (size_t i = 0; i < relative.len; i++)
        if (relative.data[i] == '.')
            buffer_append_byte(out, '-');
        else if (relative.data[i] == '-')
            buffer_append_string(out, "--");
        else if (relative.data[i] == '*')
            buffer_append_string(out, "any");
        else
            buffer_append_byte(out, relative.data[i]);
    buffer_append_byte(out, '"');
}

static void append_list(
    struct buffer *out, const struct resource_kind *kind, const struct record_group *group)
{
    buffer_append_format(out, "  %s = [", kind->list);
    for (size_t i = 0; i < group->count; i++) {
        buffer_append_string(out, i == 0 ? "" : ", ");
        if (strcmp(group->type, "TXT") == 0)
            append_txt(out, group->records[i]->data);
        else
            append_string(out, group->records[i]->data);
    }
    buffer_append_string(out, "]\n");
}

static void append_block(
    struct buffer *out, const struct resource_kind *kind, const struct zone_record *record)
{
    static const char *const mx[] = {"preference", "exchange"};
    static const char *const srv[] = {"priority", "weight", "port", "target"};
    struct text words[RECORD_FORMAT_WORDS_MAX];
    size_t count = record_format_words(record, words);

    buffer_append_format(out, "  %s {\n", kind->block);
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(out, "    %s = ", count == 2 ? mx[i] : srv[i]);
        if (i + 1 < count)
            buffer_append_text(out, words[i]);
        else
            append_string(out, words[i]);
        buffer_append_byte(out, '\n');
    }
    buffer_append_string(out, "  }\n");
}

static void append_values(
    struct buffer *out, const struct resource_kind *kind, const struct record_group *group)
{
    if (kind->list != NULL) {
        append_list(out, kind, group);
    } else if (kind->block == NULL) {
        buffer_append_string(out, "  cname = ");
        append_string(out, group->records[0]->data);
        buffer_append_byte(out, '\n');
    } else {
        for (size_t i = 0; i < group->count; i++)
            append_block(out, kind, group->records[i]);
    }
}

static void append_comment(struct buffer *out, const struct record_group *group)
{
    buffer_append_format(out, "# The provider has no resource for %s:\n", group->type);
    for (size_t i = 0; i < group->count; i++) {
        buffer_append_string(out, "# ");
        zone_record_format(group->records[i], TEXT_NONE, out);
    }
}

static void append_group(struct buffer *out, struct text zone, const struct record_group *group)
{
    const struct resource_kind *kind = kind_of(group);
    struct text relative = record_format_relative(zone, group->owner);

    if (kind == NULL) {
        append_comment(out, group);
        return;
    }
    buffer_append_format(out, "resource \"%s\" ", kind->resource);
    append_label(out, relative);
    buffer_append_format(out, " {\n  zone = \"%.*s.\"\n", TEXT_ARGS(zone));
    if (relative.len != 0)
        buffer_append_format(out, "  name = \"%.*s\"\n", TEXT_ARGS(relative));
    buffer_append_format(out, "  ttl = %u\n", record_format_ttl(group->records[0]));
    append_values(out, kind, group);
    buffer_append_string(out, "}\n");
}

static enum err write_terraform(struct text zone, const struct domain_records *records,
    struct buffer *out, struct failure *failure)
{
    struct arena *arena = arena_new();
    const struct record_group *groups;
    size_t count = record_format_groups(zone, records, false, arena, &groups);

    (void)failure;
    for (size_t i = 0; i < count; i++) {
        buffer_append_string(out, i == 0 ? "" : "\n");
        append_group(out, zone, &groups[i]);
    }
    arena_free(&arena);
    return ERR_NONE;
}

const struct record_format record_format_terraform = {"terraform", write_terraform};
