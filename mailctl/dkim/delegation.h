/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What holds for a zone that a domain's keys are to stand in (store/dkim-delegation.h), whoever
 * says so: "dkim delegate" or a file. Names are normalized. Pure functions.
 */

#include "lib/store/dkim-key.h"

/*
 * The zone, normalized, in the arena. ERR_SYNTAX: it is none, or lies in the domain itself.
 * ERR_LIMIT: the names of keys there would be longer than names can be.
 */
enum err delegation_read_zone(struct text given, struct text domain, struct arena *arena,
    struct text *zone_r, struct failure *failure);
/*
 * ERR_REFUSED where a key has one of the names that a delegation is about: with another zone its
 * record would stand elsewhere all at once, where nobody finds it yet. keys: the domain's.
 */
enum err delegation_check_keys(const struct dkim_key_list *keys, struct failure *failure);
