/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A domain name in the form of the wire: length-prefixed labels up to the root's empty one, here
 * always in lower case and without compression (RFC 1035 §3.1, §4.1.4). A plain value, any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/text.h"

#define WIRE_NAME_MAX 255

struct wire_name {
    uint8_t bytes[WIRE_NAME_MAX];
    size_t len; /* with the root's byte; 1 for the root */
};

/*
 * Reads the name at *at of a packet and moves *at behind it. Pointers may lead backwards only, so
 * that reading ends. False where that is no name.
 */
bool wire_name_read(const uint8_t *packet, size_t len, size_t *at, struct wire_name *name_r);
/* From text without final dot, whose labels may hold any byte (dns_name_fits()). */
bool wire_name_from_text(struct text text, struct wire_name *name_r);
bool wire_name_equals(const struct wire_name *a, const struct wire_name *b);
/* True where name is domain itself or below it. */
bool wire_name_is_within(const struct wire_name *name, const struct wire_name *domain);
/*
 * As text without final dot; the root is empty. A byte that is not printable, a backslash, a
 * quote, or a dot inside a label is written \DDD.
 */
struct text wire_name_to_text(const struct wire_name *name, struct arena *arena);
