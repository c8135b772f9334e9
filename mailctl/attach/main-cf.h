/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reading and editing the bytes of a main.cf: comments, values over several lines and the order of
 * things stay. Where a parameter is defined several times, the last one counts, and is the one
 * that is edited. Pure functions; what is made lives in the arena.
 */

#include "mailctl/attach/postfix-lines.h"

/* Its value on one line, as written ("$other" stays). False where it is not defined. */
bool main_cf_get(struct text bytes, struct text name, struct arena *arena, struct text *value_r);
/* Defines it: in its place, or at the end of the file. */
struct text main_cf_set(
    struct text bytes, struct text name, struct text value, struct arena *arena);
/* Puts an item at the front or at the end of its list, and leaves what is there as it stands. */
struct text main_cf_put_first(
    struct text bytes, struct text name, struct text item, struct arena *arena);
struct text main_cf_put_last(
    struct text bytes, struct text name, struct text item, struct arena *arena);
/* Adds a line of comment at the end, unless it stands somewhere. */
struct text main_cf_comment(struct text bytes, struct text comment, struct arena *arena);
