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
    uint32_t ttl_s;
};

struct present_list {
    ARRAY(struct present_record) records;
    /*
     * What wildcards would give all the same (RFC 4592): whether it stands in the zone by itself
     * cannot be seen.
     */
    ARRAY(struct present_record) synthesized;
};
#define PRESENT_NONE                                                                               \
    {                                                                                              \
        .records = ARRAY_NONE, .synthesized = ARRAY_NONE                                           \
    }

void present_done(struct present_list *list);

/*
 * Adds the records of a name and type in an answer; aliases are not followed. ERR_REFUSED: the
 * server does not tell, or has no authority. ERR_SYNTAX: no answer to that question. ERR_LIMIT:
 * more records than anybody has. Nothing is added then.
 */
enum err present_read(struct text message, struct text owner, enum dns_type type,
    struct arena *arena, struct present_list *list, struct failure *failure);

/*
 * Sets with the very data that a wildcard of the zone above them has become synthesized. The list
 * must hold these wildcards' sets.
 */
void present_part_synthesized(struct present_list *list, struct text zone);
