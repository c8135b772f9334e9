/* SPDX-License-Identifier: MIT */
#include "lib/engines/difference.h"

#include "lib/engines/pattern.h"

const struct difference *difference_explain(
    const struct difference *table, const void *input, struct text ours, struct text theirs)
{
    for (const struct difference *entry = table; entry->name != NULL; entry++)
        if (pattern_matches(ours, entry->ours) && pattern_matches(theirs, entry->theirs) &&
            entry->applies(input))
            return entry;
    return NULL;
}
