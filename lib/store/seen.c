/* SPDX-License-Identifier: MIT */
#include "lib/store/seen.h"

#include <stddef.h>

#include "lib/store/statement.h"

#define COLUMN(name)                                                                               \
    {                                                                                              \
        "$" #name, offsetof(struct seen, name)                                                     \
    }

/* The texts of a row, with their names in the statement. */
static const struct {
    const char *name;
    size_t offset;
} columns[] = {
    COLUMN(queue_id),
    COLUMN(source_ip),
    COLUMN(header_from),
    COLUMN(envelope_from),
    COLUMN(envelope_to),
    COLUMN(domain),
    COLUMN(organizational_domain),
    COLUMN(discovery_method),
    COLUMN(p),
    COLUMN(sp),
    COLUMN(np),
    COLUMN(fo),
    COLUMN(adkim),
    COLUMN(aspf),
    COLUMN(testing),
    COLUMN(rua),
    COLUMN(disposition),
    COLUMN(dkim_aligned),
    COLUMN(spf_aligned),
    COLUMN(reason),
    COLUMN(comment),
    COLUMN(spf_domain),
    COLUMN(spf_scope),
    COLUMN(spf_result),
    COLUMN(spf_human_result),
    COLUMN(dkim),
};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

static const struct text *text_at(const struct seen *seen, size_t column)
{
    return (const struct text *)(const void *)((const char *)seen + columns[column].offset);
}

struct seen seen_copy(const struct seen *seen, struct arena *arena)
{
    struct seen copy = *seen;

    for (size_t i = 0; i < COLUMN_COUNT; i++)
        *(struct text *)(void *)((char *)&copy + columns[i].offset) =
            arena_copy(arena, *text_at(seen, i));
    return copy;
}

enum err seen_put(struct store *store, const struct seen *seen)
{
    struct statement *st = statement_start(store,
        "INSERT INTO seen (at, queue_id, source_ip, header_from, envelope_from, envelope_to,"
        " domain, organizational_domain, discovery_method, p, sp, np, fo, adkim, aspf, testing,"
        " rua, disposition, dkim_aligned, spf_aligned, reason, comment, spf_domain, spf_scope,"
        " spf_result, spf_human_result, dkim)"
        " VALUES ($at, $queue_id, $source_ip, $header_from, $envelope_from, $envelope_to,"
        " $domain, $organizational_domain, $discovery_method, $p, $sp, $np, $fo, $adkim, $aspf,"
        " $testing, $rua, $disposition, $dkim_aligned, $spf_aligned, $reason, $comment,"
        " $spf_domain, $spf_scope, $spf_result, $spf_human_result, $dkim)");

    statement_bind_number(st, "$at", seen->at);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        statement_bind_text(st, columns[i].name, *text_at(seen, i));
    return statement_run(st, NULL);
}

enum err seen_expire(struct store *store, int64_t before, int64_t max, int64_t *count_r)
{
    struct statement *st =
        statement_start(store, "DELETE FROM seen WHERE id IN"
                               " (SELECT id FROM seen WHERE at < $before ORDER BY at LIMIT $max)");

    statement_bind_number(st, "$before", before);
    statement_bind_number(st, "$max", max);
    return statement_run(st, count_r);
}

enum err seen_size(struct store *store, int64_t *bytes_r)
{
    struct statement *st =
        statement_start(store, "SELECT (page_count - freelist_count) * page_size"
                               " FROM pragma_page_count, pragma_freelist_count, pragma_page_size");
    int64_t bytes = 0;
    enum err err;

    if (statement_step(st) == ERR_NONE)
        bytes = statement_number(st, 0);
    err = statement_finish(st);
    if (err == ERR_NONE)
        *bytes_r = bytes;
    return err;
}
