/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/opendkim-tables.h"

#include "lib/base/array.h"
#include "lib/base/map.h"

#define KEY_TABLE "KeyTable"
#define SIGNING_TABLE "SigningTable"
#define SENDERS_DOMAIN "%"

struct row {
    struct text name, value;
    size_t line;
};

struct reading {
    struct arena *arena;
    struct failure *failure;
    struct map *rows; /* of KeyTable, by name */
    struct map *seen; /* keys that were taken, by domain, selector and path */
    ARRAY(struct opendkim_key) keys;
};

/* --- lines ---------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static size_t word_len(struct text line)
{
    size_t len = 0;

    while (len < line.len && !is_blank(line.data[len]))
        len++;
    return len;
}

/* The next line that says something. False: there is none; or err is set. */
static bool next_row(
    struct text *rest, const char *table, struct row *row, enum err *err, struct failure *failure)
{
    struct text line;

    while (text_split(rest, '\n', &line)) {
        row->line++;
        line = text_trim(text_head(line, text_find(line, '#')));
        if (line.len == 0)
            continue;
        row->name = text_head(line, word_len(line));
        row->value = text_trim(text_skip(line, row->name.len));
        if (row->value.len != 0)
            return true;
        *err = failure_set(failure, ERR_SYNTAX,
            "%s, line %zu: expected a name and a value, found "
            "one word",
            table, row->line);
        return false;
    }
    return false;
}

/* --- KeyTable ------------------------------------------------------------- */

/* "DOMAIN:SELECTOR:PATH". */
static enum err split_key(
    const struct row *row, struct opendkim_key *key_r, struct failure *failure)
{
    struct text rest = row->value;
    size_t first = text_find(rest, ':'), second;

    key_r->domain = text_head(rest, first);
    rest = first < rest.len ? text_skip(rest, first + 1) : TEXT_NONE;
    second = text_find(rest, ':');
    key_r->selector = text_head(rest, second);
    key_r->path = second < rest.len ? text_skip(rest, second + 1) : TEXT_NONE;
    if (key_r->domain.len == 0 || key_r->selector.len == 0 || key_r->path.len == 0)
        return failure_set(failure, ERR_SYNTAX,
            KEY_TABLE ", line %zu: expected DOMAIN:SELECTOR:FILE behind the name", row->line);
    if (key_r->path.data[0] != '/' && key_r->path.data[0] != '.')
        return failure_set(failure, ERR_SYNTAX,
            KEY_TABLE
            ", line %zu: expected a file, beginning with / or ./; write a key that stands "
            "here into a file of its own",
            row->line);
    return ERR_NONE;
}

static enum err read_key_table(struct reading *reading, struct text table)
{
    struct row row = {.line = 0};
    enum err err = ERR_NONE;

    while (err == ERR_NONE && next_row(&table, KEY_TABLE, &row, &err, reading->failure)) {
        struct opendkim_key key;

        if (map_count(reading->rows) == OPENDKIM_TABLES_MAX_KEYS)
            return failure_set(reading->failure, ERR_LIMIT, KEY_TABLE ": more than %zu keys",
                OPENDKIM_TABLES_MAX_KEYS);
        err = split_key(&row, &key, reading->failure);
        if (err == ERR_NONE && map_get(reading->rows, row.name) == NULL) {
            struct opendkim_key *kept = arena_alloc_zero(reading->arena, 1, sizeof *kept);

            *kept = key;
            map_put(reading->rows, row.name, kept);
            array_push(&reading->keys, key);
        }
    }
    return err;
}

/* --- SigningTable --------------------------------------------------------- */

/* Of "*@example.org", "alice@example.org", "example.org". Empty: of no single domain. */
static struct text senders_domain(struct text pattern)
{
    struct text domain = text_skip(
        pattern, text_find_last(pattern, '@') < pattern.len ? text_find_last(pattern, '@') + 1 : 0);

    if (domain.len == 0 || domain.data[0] == '.' || text_find(domain, '*') < domain.len)
        return TEXT_NONE;
    return domain;
}

/* Every "%" in it. */
static struct text fill_in(struct text text, struct text domain, struct arena *arena)
{
    struct buffer out = BUFFER_NONE;
    struct text filled;

    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == SENDERS_DOMAIN[0])
            buffer_append_text(&out, domain);
        else
            buffer_append_byte(&out, text.data[i]);
    filled = arena_copy(arena, buffer_text(&out));
    buffer_done(&out);
    return filled;
}

static bool names_sender(const struct opendkim_key *key)
{
    return text_find(key->domain, '%') < key->domain.len ||
           text_find(key->path, '%') < key->path.len;
}

static void take_key(struct reading *reading, struct opendkim_key key)
{
    struct text name = arena_print(reading->arena, "%.*s:%.*s:%.*s", TEXT_ARGS(key.domain),
        TEXT_ARGS(key.selector), TEXT_ARGS(key.path));

    if (map_get(reading->seen, name) != NULL)
        return;
    map_put(reading->seen, name, reading);
    array_push(&reading->keys, key);
}

/* Behind the key's name may stand who is said to have signed. */
static enum err take_named(struct reading *reading, const struct row *row)
{
    struct text name = text_head(row->value, text_find(row->value, ':'));
    struct text domain = senders_domain(row->name);
    const struct opendkim_key *found;
    struct opendkim_key key;

    if (text_equals(name, TEXT(SENDERS_DOMAIN)))
        name = domain;
    found = map_get(reading->rows, text_trim(name));
    if (found == NULL)
        return failure_set(reading->failure, ERR_ABSENT,
            SIGNING_TABLE ", line %zu: there is no key %.*s in " KEY_TABLE, row->line,
            TEXT_ARGS(name));
    key = *found;
    if (names_sender(found)) {
        if (domain.len == 0)
            return failure_set(reading->failure, ERR_SYNTAX,
                SIGNING_TABLE ", line %zu: %.*s is no single domain, which the key %.*s needs",
                row->line, TEXT_ARGS(row->name), TEXT_ARGS(name));
        key.domain = fill_in(key.domain, domain, reading->arena);
        key.path = fill_in(key.path, domain, reading->arena);
    }
    take_key(reading, key);
    return ERR_NONE;
}

static enum err read_signing_table(struct reading *reading, struct text table)
{
    struct row row = {.line = 0};
    enum err err = ERR_NONE;

    array_clear(&reading->keys);
    while (err == ERR_NONE && next_row(&table, SIGNING_TABLE, &row, &err, reading->failure)) {
        if (reading->keys.count == OPENDKIM_TABLES_MAX_KEYS)
            return failure_set(reading->failure, ERR_LIMIT, SIGNING_TABLE ": more than %zu keys",
                OPENDKIM_TABLES_MAX_KEYS);
        err = take_named(reading, &row);
    }
    return err;
}

static enum err check_no_sender(const struct reading *reading)
{
    for (size_t i = 0; i < reading->keys.count; i++)
        if (names_sender(&reading->keys.items[i]))
            return failure_set(reading->failure, ERR_SYNTAX,
                KEY_TABLE ": the key of selector %.*s is one for each sender's domain, which "
                          "the " SIGNING_TABLE " tells (--signing-table)",
                TEXT_ARGS(reading->keys.items[i].selector));
    return ERR_NONE;
}

/* --- both ----------------------------------------------------------------- */

static void keep(const struct reading *reading, struct opendkim_keys *keys_r)
{
    struct opendkim_key *items =
        arena_alloc_zero(reading->arena, reading->keys.count + 1, sizeof *items);

    for (size_t i = 0; i < reading->keys.count; i++)
        items[i] = reading->keys.items[i];
    *keys_r = (struct opendkim_keys){items, reading->keys.count};
}

enum err opendkim_tables_read(struct text key_table, const struct text *signing_table,
    struct arena *arena, struct opendkim_keys *keys_r, struct failure *failure)
{
    struct reading reading = {.arena = arena,
        .failure = failure,
        .rows = map_new(),
        .seen = map_new(),
        .keys = ARRAY_NONE};
    enum err err = ERR_NONE;

    if (key_table.len > OPENDKIM_TABLES_MAX_BYTES ||
        (signing_table != NULL && signing_table->len > OPENDKIM_TABLES_MAX_BYTES))
        err = failure_set(
            failure, ERR_LIMIT, "a table has more than %zu bytes", OPENDKIM_TABLES_MAX_BYTES);
    if (err == ERR_NONE)
        err = read_key_table(&reading, key_table);
    if (err == ERR_NONE)
        err = signing_table != NULL ? read_signing_table(&reading, *signing_table)
                                    : check_no_sender(&reading);
    if (err == ERR_NONE)
        keep(&reading, keys_r);
    array_done(&reading.keys);
    map_free(&reading.rows);
    map_free(&reading.seen);
    return err;
}

void opendkim_tables_write(
    const struct opendkim_keys *keys, struct buffer *key_table, struct buffer *signing_table)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct opendkim_key *key = &keys->items[i];

        buffer_append_format(key_table, "%.*s._domainkey.%.*s %.*s:%.*s:%.*s\n",
            TEXT_ARGS(key->selector), TEXT_ARGS(key->domain), TEXT_ARGS(key->domain),
            TEXT_ARGS(key->selector), TEXT_ARGS(key->path));
        buffer_append_format(signing_table, "*@%.*s %.*s._domainkey.%.*s\n", TEXT_ARGS(key->domain),
            TEXT_ARGS(key->selector), TEXT_ARGS(key->domain));
    }
}
