/* SPDX-License-Identifier: MIT */
#include "lib/dns/name.h"

#include <assert.h>
#include <idn2.h>
#include <stdlib.h>

/* What may come in before conversion: a U-label's UTF-8 is longer than its A-label at times. */
#define NAME_INPUT_MAX 1024

/* Walks the labels: true where each has 1 to 63 bytes and the whole is not too long. */
bool dns_name_fits(struct text name)
{
    struct text rest = name, label;

    if (name.len == 0 || name.len > DNS_NAME_MAX)
        return false;
    while (text_split(&rest, '.', &label))
        if (label.len == 0 || label.len > DNS_LABEL_MAX)
            return false;
    return true;
}

static bool label_is_valid(struct text label)
{
    if (label.len == 0 || label.len > DNS_LABEL_MAX)
        return false;
    if (label.data[0] == '-' || label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++)
        if (!text_is_alnum(label.data[i]) && label.data[i] != '-' && label.data[i] != '_')
            return false;
    return true;
}

bool dns_name_is_valid(struct text name)
{
    struct text rest = name, label;

    if (name.len == 0 || name.len > DNS_NAME_MAX)
        return false;
    while (text_split(&rest, '.', &label))
        if (!label_is_valid(label))
            return false;
    return true;
}

static bool is_all_digits(struct text label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!text_is_digit(label.data[i]))
            return false;
    return true;
}

bool dns_name_is_domain(struct text name)
{
    return dns_name_is_valid(name) && text_find(name, '.') != name.len &&
           text_find(name, '_') == name.len && !is_all_digits(dns_name_last_labels(name, 1));
}

static bool is_ascii(struct text name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.data[i] >= 0x80)
            return false;
    return true;
}

/* U-labels to A-labels. The result of the library is its own memory. */
static bool name_to_ascii(struct text name, struct arena *arena, struct text *name_r)
{
    char *unicode;
    uint8_t *ascii = NULL;
    bool is_valid;

    if (name.len > NAME_INPUT_MAX || text_has_control(name))
        return false;
    unicode = arena_copy_string(arena, name);
    if (idn2_lookup_u8((const uint8_t *)unicode, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
        IDN2_OK)
        return false;
    is_valid = dns_name_is_valid(text_from_string((const char *)ascii));
    if (is_valid) {
        *name_r = arena_copy(arena, text_from_string((const char *)ascii));
        text_lower_bytes((char *)name_r->data, name_r->len);
    }
    idn2_free(ascii);
    return is_valid;
}

bool dns_name_normalize(struct text name, struct arena *arena, struct text *name_r)
{
    if (name.len != 0 && name.data[name.len - 1] == '.')
        name.len--;
    if (!is_ascii(name))
        return name_to_ascii(name, arena, name_r);
    if (!dns_name_is_valid(name))
        return false;
    *name_r = arena_copy(arena, name);
    text_lower_bytes((char *)name_r->data, name_r->len);
    return true;
}

/* What is no encoding, or of something that would be encoded otherwise, is not shown as it is not.
 */
static bool leads_back(struct text unicode, struct text name, struct arena *arena)
{
    struct text back;

    return !text_has_control(unicode) && dns_name_normalize(unicode, arena, &back) &&
           text_equals(back, name) && !text_equals(unicode, name);
}

bool dns_name_to_unicode(struct text name, struct arena *arena, struct text *unicode_r)
{
    char *unicode = NULL;
    bool is_other;

    if (!dns_name_is_valid(name) || text_find_text(name, TEXT("xn--")) == name.len ||
        idn2_to_unicode_8z8z(arena_copy_string(arena, name), &unicode, 0) != IDN2_OK)
        return false;
    is_other = leads_back(text_from_string(unicode), name, arena);
    if (is_other)
        *unicode_r = arena_copy(arena, text_from_string(unicode));
    idn2_free(unicode);
    return is_other;
}

size_t dns_name_label_count(struct text name)
{
    size_t count = name.len != 0;

    for (size_t i = 0; i < name.len; i++)
        count += name.data[i] == '.';
    return count;
}

struct text dns_name_last_labels(struct text name, size_t count)
{
    size_t start = name.len;

    if (count == 0)
        return text_skip(name, name.len);
    for (; start != 0; start--)
        if (name.data[start - 1] == '.' && --count == 0)
            break;
    return text_skip(name, start);
}

struct text dns_name_parent(struct text name)
{
    return text_skip(name, text_find(name, '.') + 1);
}

bool dns_name_is_within(struct text name, struct text domain)
{
    if (domain.len == 0 || !text_ends_with_nocase(name, domain))
        return false;
    return name.len == domain.len || name.data[name.len - domain.len - 1] == '.';
}

struct text dns_name_reverse(const struct ip *ip, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char nibbles[64];

    assert(ip->family == IP_V4 || ip->family == IP_V6);
    if (ip->family == IP_V4)
        return arena_print(arena, "%u.%u.%u.%u.in-addr.arpa", ip->bytes[3], ip->bytes[2],
            ip->bytes[1], ip->bytes[0]);
    for (size_t i = 0; i < 16; i++) {
        nibbles[4 * i] = digits[ip->bytes[15 - i] & 15];
        nibbles[4 * i + 2] = digits[ip->bytes[15 - i] >> 4];
        nibbles[4 * i + 1] = nibbles[4 * i + 3] = '.';
    }
    return arena_print(arena, "%.64sip6.arpa", nibbles);
}
