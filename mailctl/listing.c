/* SPDX-License-Identifier: MIT */
#include "mailctl/listing.h"

#include "mailctl/output.h"

static const void *item_at(const struct listing *listing, const void *items, size_t index)
{
    return (const char *)items + index * listing->item_size;
}

static void print_table(const struct invocation *invocation, const struct listing *listing,
    const void *items, size_t count)
{
    struct output_table *table = output_table_new(invocation, listing->headings);

    for (size_t i = 0; i < count; i++) {
        struct text cells[LISTING_COLUMNS_MAX];

        listing->to_cells(invocation, item_at(listing, items, i), cells);
        output_table_add(table, cells);
    }
    output_table_print(table);
}

void listing_print(const struct invocation *invocation, const struct listing *listing,
    const void *items, size_t count)
{
    json_t *json;

    if (!invocation->json) {
        print_table(invocation, listing, items, count);
        return;
    }
    json = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(json, listing->to_json(invocation, item_at(listing, items, i)));
    output_json(json);
}

void listing_print_one(
    const struct invocation *invocation, const struct listing *listing, const void *item)
{
    if (invocation->json)
        output_json(listing->to_json(invocation, item));
    else
        print_table(invocation, listing, item, 1);
}

void listing_print_fields(const struct invocation *invocation, const char *const *names,
    const struct text *values, json_t *json)
{
    static const char *const headings[] = {"field", "value", NULL};
    struct output_table *table;

    if (invocation->json) {
        output_json(json);
        return;
    }
    json_decref(json);
    table = output_table_new(invocation, headings);
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct text cells[] = {text_from_string(names[i]), values[i]};

        output_table_add(table, cells);
    }
    output_table_print(table);
}
