/* SPDX-License-Identifier: MIT */
#include "mailctl/second-opinion.h"

#include "mailctl/command.h"

static int status_of(const struct compare_rows *rows, bool has_library)
{
    if (!has_library)
        return COMMAND_CHECK_UNKNOWN;
    for (size_t i = 0; i < rows->count; i++)
        if (!rows->items[i].agrees && rows->items[i].entry == NULL)
            return COMMAND_CHECK_ERROR;
    return COMMAND_CHECK_OK;
}

int second_opinion_ask(struct invocation *invocation, struct lookups *lookups,
    const struct compare_input *input, struct compare_rows *rows_r)
{
    bool has_library = false;

    rows_r->count = 0;
    for (const struct engine *engine = engines; engine->method != NULL; engine++) {
        struct failure failure;

        if (engine->open(&failure) != ERR_NONE) {
            invocation_warn(invocation, "%s is not compared: %s", engine->method, failure.text);
            continue;
        }
        has_library = true;
        while (engine->compare(input, rows_r) == AUTH_WAITING)
            lookups_fetch(lookups);
    }
    if (!has_library)
        invocation_warn(invocation, "there is no library to compare with");
    return status_of(rows_r, has_library);
}

static struct text explanation(const struct compare_row *row, struct arena *arena)
{
    if (row->agrees)
        return TEXT("same");
    if (row->entry == NULL)
        return TEXT("unexplained: no entry of the table of known differences fits");
    return arena_print(
        arena, "%s (%s): %s", row->entry->name, row->entry->section, row->entry->why);
}

void second_opinion_print(const struct invocation *invocation, const struct compare_rows *rows)
{
    static const char *const headings[] = {
        "METHOD", "ABOUT", "GATEPOST", "LIBRARY", "ITS RESULT", "WHY", NULL};
    struct output_table *table = output_table_new(invocation, headings);

    for (size_t i = 0; i < rows->count; i++) {
        const struct compare_row *row = &rows->items[i];
        const struct text cells[] = {text_from_string(row->method), row->about, row->ours,
            text_from_string(row->library), row->theirs, explanation(row, invocation->arena)};

        output_table_add(table, cells);
    }
    output_table_print(table);
}

static json_t *row_json(const struct compare_row *row)
{
    json_t *object = json_object();

    json_object_set_new(object, "method", json_string(row->method));
    json_object_set_new(object, "about", output_json_text(row->about));
    json_object_set_new(object, "gatepost", output_json_text(row->ours));
    json_object_set_new(object, "library", json_string(row->library));
    json_object_set_new(object, "theirs", output_json_text(row->theirs));
    json_object_set_new(object, "same", json_boolean(row->agrees));
    if (row->entry != NULL)
        json_object_set_new(object, "difference",
            json_pack("{s:s, s:s, s:s}", "name", row->entry->name, "section", row->entry->section,
                "why", row->entry->why));
    return object;
}

json_t *second_opinion_json(const struct compare_rows *rows)
{
    json_t *array = json_array();

    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(array, row_json(&rows->items[i]));
    return array;
}
