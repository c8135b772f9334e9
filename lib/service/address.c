/* SPDX-License-Identifier: MIT */
#include "lib/service/address.h"

#include <netinet/in.h>
#include <stddef.h>

#include "lib/base/ip.h"

static bool parse_unix(struct text path, struct address *address_r)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    if (path.len == 0 || path.data[0] != '/' || path.len >= sizeof name.sun_path ||
        text_has_control(path))
        return false;
    memcpy(name.sun_path, path.data, path.len);
    *address_r = (struct address){.len = sizeof name};
    memcpy(&address_r->sockaddr, &name, sizeof name);
    return true;
}

static bool parse_port(struct text text, in_port_t *port_r)
{
    uint64_t number;

    if (!text_to_number(text, UINT16_MAX, &number) || number == 0)
        return false;
    *port_r = htons((uint16_t)number);
    return true;
}

static bool parse_inet(struct text text, struct address *address_r)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    size_t colon = text_find_last(text, ':');
    struct ip ip;

    if (colon == text.len || !ip_parse(text_head(text, colon), &ip) || ip.family != IP_V4 ||
        !parse_port(text_skip(text, colon + 1), &name.sin_port))
        return false;
    memcpy(&name.sin_addr, ip.bytes, sizeof name.sin_addr);
    *address_r = (struct address){.len = sizeof name};
    memcpy(&address_r->sockaddr, &name, sizeof name);
    return true;
}

static bool parse_inet6(struct text text, struct address *address_r)
{
    struct sockaddr_in6 name = {.sin6_family = AF_INET6};
    size_t end = text_find_text(text, TEXT("]:"));
    struct ip ip;

    if (end == text.len || text.data[0] != '[' ||
        !ip_parse(text_skip(text_head(text, end), 1), &ip) || ip.family != IP_V6 ||
        !parse_port(text_skip(text, end + 2), &name.sin6_port))
        return false;
    memcpy(&name.sin6_addr, ip.bytes, sizeof name.sin6_addr);
    *address_r = (struct address){.len = sizeof name};
    memcpy(&address_r->sockaddr, &name, sizeof name);
    return true;
}

bool address_parse(struct text text, struct address *address_r)
{
    if (text_starts_with(text, TEXT("unix:")))
        return parse_unix(text_skip(text, 5), address_r);
    if (text_starts_with(text, TEXT("inet:")))
        return parse_inet(text_skip(text, 5), address_r);
    if (text_starts_with(text, TEXT("inet6:")))
        return parse_inet6(text_skip(text, 6), address_r);
    return false;
}

bool address_is_unix(const struct address *address)
{
    return address->sockaddr.ss_family == AF_UNIX;
}

const char *address_path(const struct address *address)
{
    if (!address_is_unix(address))
        return NULL;
    return (const char *)&address->sockaddr + offsetof(struct sockaddr_un, sun_path);
}
