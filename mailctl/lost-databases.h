/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Databases that were there once and are gone: what init makes anew would be empty, and mail would
 * be refused, logins too, or messages go out unsigned, before anybody has noticed. They are those
 * that people filled. Of the others what is missing may be made at any time.
 *
 * That one was there is told by the others. Init makes them in the order of enum store_kind and
 * ends at the first that fails, so what has a successor was made. And who put a directory back from
 * a backup has domains in it, or an older schema.
 *
 * Several init at once do not take each other's beginnings for losses.
 */

#include "mailctl/invocation.h"

struct lost_databases {
    bool is_lost[STORE_KIND_COUNT];
    size_t count;
};

struct lost_databases lost_databases_find(const struct settings *settings);
/* "PATH: the keys database is lost: ..., put it back ..., or ...": one sentence. */
struct text lost_databases_say(
    const struct settings *settings, enum store_kind kind, struct arena *arena);
