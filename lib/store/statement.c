/* SPDX-License-Identifier: MIT */
#include "lib/store/statement.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/store/store-inside.h"

static struct statement *find(struct store *store, const char *text)
{
    struct statement *statement;

    for (size_t i = 0; i < store->statements.count; i++)
        if (store->statements.items[i]->text == text)
            return store->statements.items[i];
    statement = memory_alloc_zero(1, sizeof *statement);
    statement->store = store;
    statement->text = text;
    array_push(&store->statements, statement);
    return statement;
}

static void note(struct statement *statement, enum err err)
{
    if (err == ERR_NONE || statement->err != ERR_NONE)
        return;
    statement->err = err;
    store_fail_driver(statement->store, err);
}

struct statement *statement_start(struct store *store, const char *text)
{
    struct statement *statement = find(store, text);

    assert(!statement->running);
    statement->running = true;
    statement->err = store->in_transaction ? store->first.err : ERR_NONE;
    if (statement->handle == NULL && statement->err == ERR_NONE)
        note(statement, store->driver->prepare(store->sql, text, &statement->handle));
    return statement;
}

void statement_bind_text(struct statement *statement, const char *name, struct text value)
{
    if (statement->err == ERR_NONE)
        note(statement, statement->store->driver->bind_text(statement->handle, name, value));
}

void statement_bind_number(struct statement *statement, const char *name, int64_t value)
{
    if (statement->err == ERR_NONE)
        note(statement, statement->store->driver->bind_number(statement->handle, name, value));
}

enum err statement_step(struct statement *statement)
{
    enum err err;

    assert(statement->running);
    if (statement->err != ERR_NONE)
        return statement->err;
    err = statement->store->driver->step(statement->handle);
    if (err != ERR_NONE && err != ERR_ABSENT)
        note(statement, err);
    return err;
}

struct text statement_text(struct statement *statement, int column, struct arena *arena)
{
    return arena_copy(arena, statement->store->driver->text(statement->handle, column));
}

int64_t statement_number(struct statement *statement, int column)
{
    return statement->store->driver->number(statement->handle, column);
}

bool statement_flag(struct statement *statement, int column)
{
    return statement_number(statement, column) != 0;
}

enum err statement_finish(struct statement *statement)
{
    assert(statement->running);
    if (statement->handle != NULL)
        statement->store->driver->reset(statement->handle);
    statement->running = false;
    return statement->err;
}

enum err statement_run(struct statement *statement, int64_t *changes_r)
{
    int64_t changes = 0;
    enum err err;

    do
        err = statement_step(statement);
    while (err == ERR_NONE);
    if (statement->err == ERR_NONE)
        changes = statement->store->driver->changes(statement->handle);
    err = statement_finish(statement);
    if (err == ERR_NONE && changes_r != NULL)
        *changes_r = changes;
    return err;
}

bool statement_begin(struct store *store)
{
    if (store->in_transaction)
        return false;
    store_begin(store);
    return true;
}

enum err statement_end(struct store *store, bool own, enum err err)
{
    if (!own)
        return err;
    if (err == ERR_NONE)
        return store_commit(store, NULL);
    store_roll_back(store);
    return err;
}

void statement_destroys(struct store *store)
{
    assert(store->in_transaction);
    store->is_destroying = true;
}

enum err statement_refuse(struct store *store, enum err err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(store->last.text, sizeof store->last.text, format, args);
    va_end(args);
    store->last.err = err;
    if (store->in_transaction && store->first.err == ERR_NONE)
        store->first = store->last;
    return err;
}

enum err statement_absent(struct store *store, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(store->last.text, sizeof store->last.text, format, args);
    va_end(args);
    store->last.err = ERR_ABSENT;
    return ERR_ABSENT;
}
