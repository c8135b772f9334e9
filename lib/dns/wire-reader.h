/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reading a DNS message from its start: numbers and names, one after the other. What is not there
 * reads as 0 and sets is_bad; nothing that is read after that means anything, so that a reader is
 * asked once, at its end. A plain value, any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/dns/wire-name.h"

struct wire_reader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool is_bad;
};

/* One resource record (RFC 1035 §4.1.3), its data still in the message. */
struct wire_resource {
    struct wire_name owner;
    uint16_t type, class;
    uint32_t ttl_s; /* one with its highest bit set counts as 0 (RFC 2181 §8) */
    size_t data, data_len;
};

/* True where count bytes are left. */
bool wire_reader_has(struct wire_reader *reader, size_t count);
uint8_t wire_reader_u8(struct wire_reader *reader);
uint16_t wire_reader_u16(struct wire_reader *reader);
uint32_t wire_reader_u32(struct wire_reader *reader);
uint32_t wire_reader_ttl(struct wire_reader *reader);
/* Names may point to anywhere before. */
struct wire_name wire_reader_name(struct wire_reader *reader);
/* Moves behind it. */
struct wire_resource wire_reader_resource(struct wire_reader *reader);
/* A reader at the data of a resource, which ends where that does. */
struct wire_reader wire_reader_of_data(
    const struct wire_reader *message, const struct wire_resource *resource);
