/* SPDX-License-Identifier: MIT */
#include "lib/engines/compare.h"

#include <assert.h>

bool compare_same_word(struct text ours, struct text theirs)
{
    return text_equals(
        text_head(ours, text_find(ours, ' ')), text_head(theirs, text_find(theirs, ' ')));
}

void compare_add(struct compare_rows *rows, const struct compare_row *row,
    const struct difference *table, const void *input)
{
    struct compare_row *added;

    assert(rows->count < COMPARE_ROWS_MAX);
    added = &rows->items[rows->count++];
    *added = *row;
    if (!row->agrees)
        added->entry = difference_explain(table, input, row->ours, row->theirs);
}
