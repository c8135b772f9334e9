/* SPDX-License-Identifier: MIT */
#include "tests/unit/dns/wire.h"

#include <stdlib.h>
#include <string.h>

void wire_bytes(struct wire *wire, const void *bytes, size_t len)
{
    if (len > sizeof wire->bytes - wire->len)
        abort();
    memcpy(wire->bytes + wire->len, bytes, len);
    wire->len += len;
}

void wire_u8(struct wire *wire, unsigned value)
{
    uint8_t byte = (uint8_t)value;

    wire_bytes(wire, &byte, 1);
}

void wire_u16(struct wire *wire, unsigned value)
{
    wire_u8(wire, value >> 8);
    wire_u8(wire, value & 0xff);
}

void wire_u32(struct wire *wire, uint32_t value)
{
    wire_u16(wire, value >> 16);
    wire_u16(wire, value & 0xffff);
}

void wire_name(struct wire *wire, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        wire_u8(wire, (unsigned)len);
        wire_bytes(wire, name, len);
        name += len + (name[len] == '.');
    }
    wire_u8(wire, 0);
}

void wire_start(struct wire *wire, unsigned id, unsigned flags, const char *name, unsigned type)
{
    wire->len = 0;
    wire_u16(wire, id);
    wire_u16(wire, flags);
    wire_u16(wire, 1);
    wire_u16(wire, 0);
    wire_u16(wire, 0);
    wire_u16(wire, 0);
    wire_name(wire, name);
    wire_u16(wire, type);
    wire_u16(wire, 1);
}

size_t wire_begin(
    struct wire *wire, enum wire_section section, const char *owner, unsigned type, uint32_t ttl_s)
{
    unsigned count = (unsigned)wire->bytes[section] << 8 | wire->bytes[section + 1];

    count++;
    wire->bytes[section] = (uint8_t)(count >> 8);
    wire->bytes[section + 1] = (uint8_t)count;
    wire_name(wire, owner);
    wire_u16(wire, type);
    wire_u16(wire, 1);
    wire_u32(wire, ttl_s);
    wire_u16(wire, 0);
    return wire->len;
}

void wire_end(struct wire *wire, size_t begin)
{
    size_t len = wire->len - begin;

    wire->bytes[begin - 2] = (uint8_t)(len >> 8);
    wire->bytes[begin - 1] = (uint8_t)len;
}

void wire_a(struct wire *wire, const char *owner, uint32_t ttl_s, uint32_t address)
{
    size_t begin = wire_begin(wire, WIRE_ANSWER, owner, 1, ttl_s);

    wire_u32(wire, address);
    wire_end(wire, begin);
}

void wire_target(
    struct wire *wire, const char *owner, unsigned type, uint32_t ttl_s, const char *target)
{
    size_t begin = wire_begin(wire, WIRE_ANSWER, owner, type, ttl_s);

    wire_name(wire, target);
    wire_end(wire, begin);
}

void wire_mx(
    struct wire *wire, const char *owner, uint32_t ttl_s, unsigned preference, const char *host)
{
    size_t begin = wire_begin(wire, WIRE_ANSWER, owner, 15, ttl_s);

    wire_u16(wire, preference);
    wire_name(wire, host);
    wire_end(wire, begin);
}

void wire_txt(struct wire *wire, const char *owner, uint32_t ttl_s, const char *strings)
{
    size_t begin = wire_begin(wire, WIRE_ANSWER, owner, 16, ttl_s);

    for (;; strings++) {
        size_t len = strcspn(strings, "\n");

        wire_u8(wire, (unsigned)len);
        wire_bytes(wire, strings, len);
        strings += len;
        if (*strings == '\0')
            break;
    }
    wire_end(wire, begin);
}

void wire_soa(struct wire *wire, const char *owner, uint32_t ttl_s, uint32_t minimum_s)
{
    size_t begin = wire_begin(wire, WIRE_AUTHORITY, owner, 6, ttl_s);

    wire_name(wire, "ns.example.org");
    wire_name(wire, "hostmaster.example.org");
    for (uint32_t i = 1; i <= 4; i++)
        wire_u32(wire, i * 1000);
    wire_u32(wire, minimum_s);
    wire_end(wire, begin);
}
