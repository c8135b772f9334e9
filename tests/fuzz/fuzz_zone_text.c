/* SPDX-License-Identifier: MIT */

/*
 * Any payload written as strings of a zone file, read back by the rules of RFC 1035 §5.1 as a
 * name server would, is the same payload; nothing of it leaves its quotes. The same for the
 * bytes of a name.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/buffer.h"
#include "lib/dns/name.h"
#include "lib/dns/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One character, escaped or not, at *at of the written text. */
static unsigned char read_character(struct text written, size_t *at)
{
    unsigned value = 0;

    assert(*at < written.len);
    assert(written.data[*at] >= ' ' && written.data[*at] <= '~');
    if (written.data[*at] != '\\')
        return (unsigned char)written.data[(*at)++];
    ++*at;
    assert(*at < written.len);
    if (!text_is_digit(written.data[*at]))
        return (unsigned char)written.data[(*at)++];
    assert(written.len - *at >= 3);
    for (int i = 0; i < 3; i++)
        value = value * 10 + (unsigned)(written.data[(*at)++] - '0');
    assert(value <= 255);
    return (unsigned char)value;
}

static void read_strings(struct text written, struct buffer *payload)
{
    size_t at = 0;

    for (;;) {
        size_t len = 0;

        assert(at < written.len && written.data[at] == '"');
        for (at++; at < written.len && written.data[at] != '"'; len++)
            buffer_append_byte(payload, (char)read_character(written, &at));
        assert(at < written.len && len <= ZONE_STRING_MAX);
        if (++at == written.len)
            return;
        assert(written.data[at] == ' ');
        at++;
    }
}

static void check_strings(struct text payload)
{
    struct buffer written = BUFFER_NONE, read = BUFFER_NONE;

    zone_strings_format(payload, " ", &written);
    read_strings(buffer_text(&written), &read);
    assert(text_equals(buffer_text(&read), payload));
    buffer_done(&written);
    buffer_done(&read);
}

static void check_name(struct text name)
{
    struct buffer written = BUFFER_NONE;
    size_t at = 0;

    zone_name_format(name, TEXT_NONE, &written);
    for (size_t i = 0; i < name.len; i++)
        assert(read_character(buffer_text(&written), &at) == (unsigned char)name.data[i]);
    assert(at == written.len - 1 && written.data[at] == '.');
    buffer_done(&written);
}

/* A record of these bytes is one line of the file, or none. */
static void check_record(struct text bytes)
{
    struct zone_record record = {.owner = TEXT("example.org"), .type = "CNAME", .data = bytes};
    struct buffer written = BUFFER_NONE;

    if (zone_fragment_format(&record, 1, &written, NULL) == ERR_NONE)
        assert(text_find(buffer_text(&written), '\n') == written.len - 1);
    buffer_done(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_from_bytes((const char *)data, size);

    check_strings(bytes);
    check_name(bytes);
    check_record(bytes);
    return 0;
}
