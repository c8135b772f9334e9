/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-list.h"
#include "mailctl/check/host.h"

void host_addresses_add(struct host_addresses *addresses, const struct ip *ip)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (ip_equals(&addresses->items[i], ip))
            return;
    if (addresses->count < HOST_ADDRESSES_MAX)
        addresses->items[addresses->count++] = *ip;
}

/* Addresses in a list of Postfix's, where names and words may stand, too. */
static struct host_addresses parse(struct text list)
{
    struct host_addresses addresses = {.count = 0};
    struct text item;
    struct ip ip;

    while (postfix_list_next(&list, &item)) {
        if (item.len > 2 && item.data[0] == '[')
            item = text_head(text_skip(item, 1), item.len - 2);
        if (ip_parse(item, &ip))
            host_addresses_add(&addresses, &ip);
    }
    return addresses;
}

/* Those of the family that others can reach. False: there is none. */
static bool add_public(
    struct host_addresses *addresses, const struct host_addresses *from, enum ip_family family)
{
    bool has_one = false;

    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].family == family && !ip_is_private(&from->items[i])) {
            host_addresses_add(addresses, &from->items[i]);
            has_one = true;
        }
    return has_one;
}

static void find_mail(
    const struct host_sources *sources, enum ip_family family, struct host_addresses *addresses)
{
    struct host_addresses bind = parse(family == IP_V4 ? sources->bind4 : sources->bind6);
    struct host_addresses proxy = parse(sources->proxy_interfaces);
    struct host_addresses inet = parse(sources->inet_interfaces);

    if (!add_public(addresses, &bind, family) && !add_public(addresses, &proxy, family) &&
        !add_public(addresses, &inet, family))
        (void)add_public(addresses, sources->system, family);
}

static bool speaks(const struct host_sources *sources, const char *protocol)
{
    return sources->inet_protocols.len == 0 ||
           postfix_list_has(sources->inet_protocols, TEXT("all")) ||
           postfix_list_has(sources->inet_protocols, text_from_string(protocol));
}

static void find_local(const struct host_sources *sources, struct host_addresses *addresses)
{
    struct host_addresses inet = parse(sources->inet_interfaces);
    const struct host_addresses *from = inet.count != 0 ? &inet : sources->system;
    bool is_shut = postfix_list_has(sources->inet_interfaces, TEXT("loopback-only")) ||
                   postfix_list_has(sources->inet_interfaces, TEXT("localhost"));

    for (size_t i = 0; i < from->count; i++)
        if (!ip_is_loopback(&from->items[i]) && !is_shut &&
            speaks(sources, from->items[i].family == IP_V4 ? "ipv4" : "ipv6"))
            host_addresses_add(addresses, &from->items[i]);
}

void host_find_addresses(const struct host_sources *sources, struct host *host)
{
    host->mail.count = host->local.count = 0;
    if (sources->given->count != 0) {
        host->mail = *sources->given;
    } else {
        if (speaks(sources, "ipv4"))
            find_mail(sources, IP_V4, &host->mail);
        if (speaks(sources, "ipv6"))
            find_mail(sources, IP_V6, &host->mail);
    }
    host->is_hidden = host->mail.count == 0;
    find_local(sources, &host->local);
}
