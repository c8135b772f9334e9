/* SPDX-License-Identifier: MIT */
#include "lib/service/settings-check.h"

#include <string.h>

#include "lib/base/ip.h"
#include "lib/service/address.h"

#define LOCAL_PART_MAX 64 /* RFC 5321, 4.5.3.1.1 */
#define HOSTNAME_MAX 253
#define LABEL_MAX 63
#define ACCOUNT_MAX 32
#define FIELD_NAME_MAX 76

static bool is_label(struct text label)
{
    if (label.len == 0 || label.len > LABEL_MAX)
        return false;
    for (size_t i = 0; i < label.len; i++) {
        bool inside = i != 0 && i + 1 != label.len;

        if (!text_is_alnum(label.data[i]) && !(inside && label.data[i] == '-'))
            return false;
    }
    return true;
}

bool settings_is_hostname(struct text value)
{
    struct text rest = value, label;

    if (value.len == 0 || value.len > HOSTNAME_MAX)
        return false;
    if (value.data[value.len - 1] == '.')
        rest.len--;
    while (text_split(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

bool settings_is_hostname_or_none(struct text value)
{
    return value.len == 0 || settings_is_hostname(value);
}

bool settings_is_mailbox_or_none(struct text value)
{
    size_t at = text_find_last(value, '@');

    if (value.len == 0)
        return true;
    for (size_t i = 0; i < at; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~' ||
            strchr("@,:;\"\\<>()[]", value.data[i]) != NULL)
            return false;
    return at != 0 && at <= LOCAL_PART_MAX && settings_is_hostname(text_skip(value, at + 1));
}

bool settings_is_delimiter_or_none(struct text value)
{
    return value.len == 0 ||
           (value.len == 1 && value.data[0] != '\0' && strchr("&*+-/=^_|~", value.data[0]) != NULL);
}

bool settings_is_path(struct text value)
{
    return value.len != 0 && value.data[0] == '/';
}

bool settings_is_path_or_none(struct text value)
{
    return value.len == 0 || settings_is_path(value);
}

bool settings_is_word(struct text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!text_is_alnum(value.data[i]) && strchr("._-", value.data[i]) == NULL)
            return false;
    return value.len != 0;
}

bool settings_is_account(struct text value)
{
    return value.len <= ACCOUNT_MAX && settings_is_word(value) && value.data[0] != '-';
}

bool settings_is_listen(struct text value)
{
    struct address address;

    return address_parse(value, &address);
}

bool settings_is_listen_or_none(struct text value)
{
    return value.len == 0 || settings_is_listen(value);
}

bool settings_is_network(struct text value)
{
    struct ip_network network;

    return ip_network_parse(value, &network);
}

bool settings_is_address(struct text value)
{
    struct ip ip;

    return ip_parse(value, &ip);
}

bool settings_is_resolver(struct text value)
{
    size_t at = text_find(value, '@');
    uint64_t port;
    struct ip ip;

    if (text_equals(value, TEXT("root")))
        return true;
    if (at != value.len &&
        (!text_to_number(text_skip(value, at + 1), UINT16_MAX, &port) || port == 0))
        return false;
    return ip_parse(text_head(value, at), &ip);
}

bool settings_is_field_name(struct text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~' || value.data[i] == ':')
            return false;
    return value.len != 0 && value.len <= FIELD_NAME_MAX;
}

bool settings_is_home(struct text value)
{
    bool names_user = false;

    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] != '%')
            continue;
        if (++i == value.len || strchr("dnu%", value.data[i]) == NULL)
            return false;
        names_user = names_user || value.data[i] == 'n' || value.data[i] == 'u';
    }
    return settings_is_path(value) && names_user;
}
