/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Records as they stand in a zone, read from a name server's answer with the very bytes of their
 * data: an update that takes a record away has to name these. Plain values in the arena given.
 */

#include "lib/base/array.h"
#include "lib/base/error.h"
#include "lib/dns/answer.h"

struct present_record {
    struct text owner;
    const char *type;
    struct text data; /* as struct zone_record has it */
    struct text wire;
};

struct present_list {
    ARRAY(struct present_record) records;
};

void present_done(struct present_list *list);

/*
 * Adds the records of a name and type in an answer; aliases are not followed. ERR_REFUSED: the
 * server does not tell, or has no authority. ERR_SYNTAX: no answer to that question. ERR_LIMIT:
 * more records than anybody has. Nothing is added then.
 */
enum err present_read(struct text message, struct text owner, enum dns_type type,
    struct arena *arena, struct present_list *list, struct failure *failure);

/*
 * Leaves out what does not stand in the zone but is made from a wildcard in it (RFC 4592): sets
 * with the very data that a wildcard above them has. The list must hold these wildcards' sets.
 */
void present_drop_synthesized(struct present_list *list, struct text zone);
