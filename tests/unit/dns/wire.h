/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DNS packets put together by hand, right ones and wrong ones, for the tests of the dns room.
 * Names are given with dots and without escapes; nothing is compressed.
 */

#include <stddef.h>
#include <stdint.h>

#define WIRE_RESPONSE 0x8000U
#define WIRE_AUTHORITATIVE 0x0400U
#define WIRE_TRUNCATED 0x0200U
#define WIRE_RECURSION 0x0180U /* desired and available */
#define WIRE_NXDOMAIN 3U
#define WIRE_SERVFAIL 2U
#define WIRE_REFUSED 5U

enum wire_section { WIRE_ANSWER = 6, WIRE_AUTHORITY = 8, WIRE_ADDITIONAL = 10 };

struct wire {
    uint8_t bytes[65535];
    size_t len;
};

/* The header and one question. */
void wire_start(struct wire *wire, unsigned id, unsigned flags, const char *name, unsigned type);
void wire_u8(struct wire *wire, unsigned value);
void wire_u16(struct wire *wire, unsigned value);
void wire_u32(struct wire *wire, uint32_t value);
void wire_bytes(struct wire *wire, const void *bytes, size_t len);
void wire_name(struct wire *wire, const char *name);

/* Everything of a record but its data, which is written next; ends with wire_end(). */
size_t wire_begin(
    struct wire *wire, enum wire_section section, const char *owner, unsigned type, uint32_t ttl_s);
void wire_end(struct wire *wire, size_t begin);

void wire_a(struct wire *wire, const char *owner, uint32_t ttl_s, uint32_t address);
void wire_target(
    struct wire *wire, const char *owner, unsigned type, uint32_t ttl_s, const char *target);
void wire_mx(
    struct wire *wire, const char *owner, uint32_t ttl_s, unsigned preference, const char *host);
/* A TXT of one string; with \n in it, of several. */
void wire_txt(struct wire *wire, const char *owner, uint32_t ttl_s, const char *strings);
/* In the authority section. */
void wire_soa(struct wire *wire, const char *owner, uint32_t ttl_s, uint32_t minimum_s);
