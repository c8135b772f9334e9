/* SPDX-License-Identifier: MIT */
#include "mailctl/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/base/array.h"
#include "lib/base/log.h"

#define COLUMN_GAP 2

struct output_table {
    const struct invocation *invocation;
    const char *const *headings;
    size_t columns;
    size_t last;        /* the column that stands last on a terminal */
    struct text *cells; /* row after row */
    size_t cell_count, cell_room;
};

bool output_is_colored(const struct invocation *invocation)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (invocation->color != COLOR_AUTO)
        return invocation->color == COLOR_ALWAYS;
    if (no_color != NULL && no_color[0] != '\0')
        return false;
    if (terminal == NULL || strcmp(terminal, "dumb") == 0)
        return false;
    return isatty(STDOUT_FILENO) != 0;
}

struct output_table *output_table_new(
    const struct invocation *invocation, const char *const *headings)
{
    struct output_table *table = arena_alloc_zero(invocation->arena, 1, sizeof *table);

    table->invocation = invocation;
    table->headings = headings;
    while (headings[table->columns] != NULL)
        table->columns++;
    table->last = table->columns - 1;
    return table;
}

void output_table_put_last(struct output_table *table, size_t column)
{
    table->last = column;
}

/* Grown tables leave their old cells in the arena: at most as much again. */
static void table_make_room(struct output_table *table)
{
    struct text *cells;

    if (table->cell_count + table->columns <= table->cell_room)
        return;
    table->cell_room = table->cell_room != 0 ? table->cell_room * 2 : 16 * table->columns;
    cells = arena_alloc_zero(table->invocation->arena, table->cell_room, sizeof *cells);
    if (table->cell_count != 0)
        memcpy(cells, table->cells, table->cell_count * sizeof *cells);
    table->cells = cells;
}

void output_table_add(struct output_table *table, const struct text *cells)
{
    table_make_room(table);
    for (size_t i = 0; i < table->columns; i++) {
        size_t room = cells[i].len * 4 + 1;
        char *safe = arena_alloc(table->invocation->arena, room);

        table->cells[table->cell_count++] =
            text_from_string(log_safe(cells[i].data, cells[i].len, safe, room));
    }
}

/* Columns on the screen; what the locale cannot measure counts one a byte. */
static size_t text_width(struct text text)
{
    mbstate_t state = {0};
    size_t width = 0;

    for (size_t i = 0; i < text.len;) {
        wchar_t wide;
        size_t len = mbrtowc(&wide, text.data + i, text.len - i, &state);
        int columns;

        if (len == 0 || len > text.len - i)
            return text.len;
        columns = wcwidth(wide);
        width += columns > 0 ? (size_t)columns : 0;
        i += len;
    }
    return width;
}

static size_t column_width(const struct output_table *table, size_t column)
{
    size_t widest = strlen(table->headings[column]);

    for (size_t i = column; i < table->cell_count; i += table->columns) {
        size_t width = text_width(table->cells[i]);

        if (width > widest)
            widest = width;
    }
    return widest;
}

/* The column that stands at this position on a terminal. */
static size_t column_at(const struct output_table *table, size_t position)
{
    if (position + 1 == table->columns)
        return table->last;
    return position < table->last ? position : position + 1;
}

static void print_aligned(
    const struct output_table *table, const struct text *cells, const size_t *widths)
{
    for (size_t i = 0; i < table->columns; i++) {
        size_t column = column_at(table, i), width = text_width(cells[column]);
        bool is_unpadded = i + 1 == table->columns || width > widths[column];
        size_t pad = is_unpadded ? 0 : widths[column] - width + COLUMN_GAP;

        printf("%.*s%*s", TEXT_ARGS(cells[column]), (int)pad, "");
    }
    putchar('\n');
}

static void print_heading(const struct output_table *table, const size_t *widths)
{
    struct text *cells = arena_alloc_zero(table->invocation->arena, table->columns, sizeof *cells);
    bool is_colored = output_is_colored(table->invocation);

    for (size_t i = 0; i < table->columns; i++)
        cells[i] = text_from_string(table->headings[i]);
    fputs(is_colored ? "\033[1m" : "", stdout);
    print_aligned(table, cells, widths);
    fputs(is_colored ? "\033[0m" : "", stdout);
}

static void print_for_terminal(const struct output_table *table)
{
    size_t *widths = arena_alloc_zero(table->invocation->arena, table->columns, sizeof *widths);

    for (size_t i = 0; i < table->columns; i++)
        widths[i] = column_width(table, i);
    if (!table->invocation->quiet)
        print_heading(table, widths);
    for (size_t i = 0; i < table->cell_count; i += table->columns)
        print_aligned(table, table->cells + i, widths);
}

static void print_for_pipe(const struct output_table *table)
{
    for (size_t i = 0; i < table->cell_count; i++)
        printf("%.*s%c", TEXT_ARGS(table->cells[i]), (i + 1) % table->columns == 0 ? '\n' : '\t');
}

void output_table_print(const struct output_table *table)
{
    if (table->cell_count == 0)
        return;
    if (isatty(STDOUT_FILENO) != 0)
        print_for_terminal(table);
    else
        print_for_pipe(table);
}

void output_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
    putchar('\n');
    json_decref(json);
}

json_t *output_json_text(struct text text)
{
    struct buffer mended = BUFFER_NONE;
    json_t *json;

    if (text.data == NULL)
        text = TEXT("");
    json = json_stringn(text.data, text.len);
    if (json != NULL)
        return json;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < 0x80)
            buffer_append_byte(&mended, text.data[i]);
        else
            buffer_append_string(&mended, "\xef\xbf\xbd");
    json = json_stringn(buffer_string(&mended), mended.len);
    buffer_done(&mended);
    return json;
}
