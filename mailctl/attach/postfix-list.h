/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lists as Postfix has them in its settings: items parted by commas and blanks, { } around what
 * holds either. Pure functions on bytes; what is made lives in the arena.
 */

#include "lib/base/arena.h"
#include "lib/base/text.h"

/* Takes the next item off *rest; false at the end. Braces that are never closed reach to the end.
 */
bool postfix_list_next(struct text *rest, struct text *item_r);
bool postfix_list_has(struct text list, struct text item);
/* "a, b": the items one after the other. */
struct text postfix_list_join(struct text a, struct text b, struct arena *arena);
/* The items for which unwanted() is false, joined. */
struct text postfix_list_without(struct text list, bool (*unwanted)(void *state, struct text item),
    void *state, struct arena *arena);
/* The name in a regular expression of Postfix's: dots escaped. */
struct text postfix_list_pattern(struct text name, struct arena *arena);
/* Whether a word stands in the text as a whole name, as "$name" or "${name}" too. */
bool postfix_list_refers(struct text text, struct text name);
