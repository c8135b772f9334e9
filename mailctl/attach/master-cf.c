/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/master-cf.h"

#include "lib/base/array.h"
#include "lib/base/buffer.h"

enum { FIELD_NAME, FIELD_TYPE, FIELD_CHROOT = 4, FIELD_COMMAND = 7, FIELDS };

/* Walks the words of an entry; { } hold blanks together, comments are passed over. */
struct words {
    struct text rest;
    bool at_line_start;
};

static void skip_blanks(struct words *words)
{
    while (words->rest.len != 0) {
        char byte = words->rest.data[0];

        if (byte == '#' && words->at_line_start)
            words->rest = text_skip(words->rest, text_find(words->rest, '\n'));
        else if (!text_is_blank(byte))
            return;
        else {
            words->at_line_start = byte == '\n' || words->at_line_start;
            words->rest = text_skip(words->rest, 1);
        }
    }
}

static bool next_word(struct words *words, struct text *word_r)
{
    size_t end = 0, depth = 0;
    struct text rest;

    skip_blanks(words);
    rest = words->rest;
    if (rest.len == 0)
        return false;
    for (; end < rest.len && (depth != 0 || !text_is_blank(rest.data[end])); end++) {
        if (rest.data[end] == '{')
            depth++;
        else if (rest.data[end] == '}' && depth != 0)
            depth--;
    }
    words->at_line_start = false;
    words->rest = text_skip(rest, end);
    *word_r = text_head(rest, end);
    return true;
}

/* "name=value" or "{ name = value }". */
static bool parse_option(struct text word, struct master_cf_option *option_r)
{
    struct text inner = word;
    size_t equals;

    option_r->is_braced = word.len >= 2 && word.data[0] == '{' && word.data[word.len - 1] == '}';
    if (option_r->is_braced)
        inner = text_trim(text_head(text_skip(word, 1), word.len - 2));
    equals = text_find(inner, '=');
    if (equals == inner.len)
        return false;
    option_r->name = text_trim(text_head(inner, equals));
    option_r->value = option_r->bytes = text_trim(text_skip(inner, equals + 1));
    if (option_r->bytes.len == 0)
        option_r->bytes = text_skip(inner, equals + 1);
    return option_r->name.len != 0;
}

static void parse_options(
    struct words *words, struct master_cf_service *service, struct arena *arena)
{
    ARRAY(struct master_cf_option) options = ARRAY_NONE;
    struct text word;

    while (next_word(words, &word)) {
        struct master_cf_option option;

        if (!text_starts_with(word, TEXT("-o")))
            continue;
        if (word.len == 2 && !next_word(words, &word))
            break;
        if (text_starts_with(word, TEXT("-o")))
            word = text_skip(word, 2);
        if (parse_option(word, &option))
            array_push(&options, option);
    }
    if (options.count != 0) {
        struct master_cf_option *kept =
            arena_alloc_zero(arena, options.count, sizeof *service->options);

        memcpy(kept, options.items, options.count * sizeof *kept);
        service->options = kept;
        service->option_count = options.count;
    }
    array_done(&options);
}

static bool parse_service(
    const struct postfix_line *line, struct arena *arena, struct master_cf_service *service_r)
{
    struct words words = {.rest = line->bytes, .at_line_start = true};
    struct text fields[FIELDS];

    for (size_t i = 0; i < FIELDS; i++)
        if (!next_word(&words, &fields[i]))
            return false;
    *service_r = (struct master_cf_service){
        .key = line->key,
        .name = fields[FIELD_NAME],
        .type = fields[FIELD_TYPE],
        .chroot = fields[FIELD_CHROOT],
        .command = fields[FIELD_COMMAND],
        .bytes = line->bytes,
    };
    parse_options(&words, service_r, arena);
    return true;
}

struct master_cf master_cf_parse(struct text bytes, struct arena *arena)
{
    struct postfix_lines lines = postfix_lines_parse(bytes, POSTFIX_MASTER, arena);
    struct master_cf_service *services = arena_alloc_zero(arena, lines.count + 1, sizeof *services);
    struct master_cf master = {.services = services};

    for (size_t i = 0; i < lines.count; i++)
        if (lines.items[i].key.len != 0 &&
            parse_service(&lines.items[i], arena, &services[master.count]))
            master.count++;
    return master;
}

const struct master_cf_service *master_cf_find(const struct master_cf *master, struct text key)
{
    for (size_t i = master->count; i-- != 0;)
        if (text_equals(master->services[i].key, key))
            return &master->services[i];
    return NULL;
}

struct text master_cf_service_port(const struct master_cf_service *service)
{
    size_t colon = text_find_last(service->name, ':');

    return colon < service->name.len ? text_skip(service->name, colon + 1) : service->name;
}

const struct master_cf_option *master_cf_option_find(
    const struct master_cf_service *service, struct text name)
{
    for (size_t i = service->option_count; i-- != 0;)
        if (text_equals(service->options[i].name, name))
            return &service->options[i];
    return NULL;
}

bool master_cf_has_value(const struct master_cf *master, struct text option)
{
    for (size_t i = 0; i < master->count; i++) {
        const struct master_cf_option *found = master_cf_option_find(&master->services[i], option);

        if (found != NULL && found->value.len != 0)
            return true;
    }
    return false;
}

/* --- editing --- */

static bool has_blank(struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text_is_blank(text.data[i]))
            return true;
    return false;
}

static struct text new_option(struct text name, struct text value, struct arena *arena)
{
    if (has_blank(value))
        return arena_print(arena, "  -o { %.*s = %.*s }\n", TEXT_ARGS(name), TEXT_ARGS(value));
    return arena_print(arena, "  -o %.*s=%.*s\n", TEXT_ARGS(name), TEXT_ARGS(value));
}

struct text master_cf_set(struct text bytes, const struct master_cf_service *service,
    struct text name, struct text value, struct arena *arena)
{
    const struct master_cf_option *option = master_cf_option_find(service, name);
    struct text line = new_option(name, value, arena);

    if (option != NULL && (option->is_braced || !has_blank(value)))
        return postfix_lines_splice(bytes, option->bytes, value, arena);
    /* The last one counts. */
    if (service->bytes.data[service->bytes.len - 1] != '\n')
        line = arena_print(arena, "\n%.*s", TEXT_ARGS(line));
    return postfix_lines_splice(bytes, text_skip(service->bytes, service->bytes.len), line, arena);
}

/* "#submission inet n - y - - smtpd" and the commented lines that go on with it. */
static bool is_stock(struct text line, struct text name)
{
    struct text rest = text_skip(line, 1);

    return line.len != 0 && line.data[0] == '#' && text_starts_with(rest, name) &&
           rest.len > name.len && text_is_blank(rest.data[name.len]) &&
           text_find_text(rest, TEXT(" smtpd")) < rest.len;
}

static bool goes_on(struct text line)
{
    return line.len > 2 && line.data[0] == '#' && text_is_blank(line.data[1]) &&
           text_is_blank(line.data[2]);
}

/* Where an entry of that name belongs. */
static struct text place_of(struct text bytes, struct text name, struct arena *arena)
{
    struct postfix_lines lines = postfix_lines_parse(bytes, POSTFIX_MASTER, arena);

    for (size_t i = 0; i < lines.count; i++) {
        if (lines.items[i].key.len != 0 || !is_stock(lines.items[i].bytes, name))
            continue;
        while (i + 1 < lines.count && lines.items[i + 1].key.len == 0 &&
               goes_on(lines.items[i + 1].bytes))
            i++;
        return text_skip(lines.items[i].bytes, lines.items[i].bytes.len);
    }
    return text_skip(bytes, bytes.len);
}

struct text master_cf_add(
    struct text bytes, struct text name, struct text entry, struct arena *arena)
{
    if (bytes.len == 0)
        return entry;
    if (bytes.data[bytes.len - 1] != '\n')
        bytes = postfix_lines_splice(bytes, text_skip(bytes, bytes.len), TEXT("\n"), arena);
    return postfix_lines_splice(bytes, place_of(bytes, name, arena), entry, arena);
}
