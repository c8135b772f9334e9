/* SPDX-License-Identifier: MIT */
#include "lib/dns/wire-name.h"

#include <stdio.h>
#include <string.h>

#include "lib/dns/name.h"

/* The two high bits of a length byte: 00 is a label, 11 a pointer, the others are nothing. */
#define LABEL_KIND 0xc0
#define LABEL_POINTER 0xc0

/* Adds one label with its length byte; leaves room for the root's byte behind it. */
static bool add_label(struct wire_name *name, const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > DNS_LABEL_MAX || name->len + 1 + len + 1 > WIRE_NAME_MAX)
        return false;
    name->bytes[name->len++] = (uint8_t)len;
    memcpy(name->bytes + name->len, bytes, len);
    text_lower_bytes((char *)name->bytes + name->len, len);
    name->len += len;
    return true;
}

bool wire_name_read(const uint8_t *packet, size_t len, size_t *at, struct wire_name *name_r)
{
    struct wire_name name = {.len = 0};
    size_t here = *at, segment = here, behind = 0;

    while (here < len && packet[here] != 0) {
        if ((packet[here] & LABEL_KIND) == LABEL_POINTER) {
            if (len - here < 2)
                return false;
            if (behind == 0)
                behind = here + 2;
            here = (packet[here] & ~LABEL_KIND & 0xffU) << 8 | packet[here + 1];
            if (here >= segment)
                return false;
            segment = here;
            continue;
        }
        if (packet[here] >= len - here || !add_label(&name, packet + here + 1, packet[here]))
            return false;
        here += 1U + packet[here];
    }
    if (here >= len)
        return false;
    name.bytes[name.len++] = 0;
    *at = behind != 0 ? behind : here + 1;
    *name_r = name;
    return true;
}

bool wire_name_from_text(struct text text, struct wire_name *name_r)
{
    struct wire_name name = {.len = 0};
    struct text rest = text, label;

    while (text.len != 0 && text_split(&rest, '.', &label))
        if (!add_label(&name, (const uint8_t *)label.data, label.len))
            return false;
    name.bytes[name.len++] = 0;
    *name_r = name;
    return true;
}

bool wire_name_equals(const struct wire_name *a, const struct wire_name *b)
{
    /* No name begins another: each ends in the one empty label that it has. */
    return memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool wire_name_is_within(const struct wire_name *name, const struct wire_name *domain)
{
    size_t at = 0;

    while (name->len - at > domain->len)
        at += 1U + name->bytes[at];
    return name->len - at == domain->len &&
           memcmp(name->bytes + at, domain->bytes, domain->len) == 0;
}

static bool is_plain(uint8_t byte)
{
    return byte > ' ' && byte <= '~' && byte != '.' && byte != '\\' && byte != '"';
}

struct text wire_name_to_text(const struct wire_name *name, struct arena *arena)
{
    char text[4 * WIRE_NAME_MAX + 1];
    size_t len = 0;

    for (size_t at = 0; name->bytes[at] != 0; at += 1U + name->bytes[at]) {
        if (at != 0)
            text[len++] = '.';
        for (size_t i = 1; i <= name->bytes[at]; i++) {
            uint8_t byte = name->bytes[at + i];

            if (is_plain(byte))
                text[len++] = (char)byte;
            else
                len += (size_t)snprintf(text + len, sizeof text - len, "\\%03u", byte);
        }
    }
    return arena_copy(arena, text_from_bytes(text, len));
}
