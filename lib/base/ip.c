/* SPDX-License-Identifier: MIT */
#include "lib/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct ip ip_from_v4(const void *bytes)
{
    struct ip ip = {.family = IP_V4};

    memcpy(ip.bytes, bytes, 4);
    return ip;
}

static struct ip ip_from_v6(const uint8_t *bytes)
{
    struct ip ip = {.family = IP_V6};

    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0)
        return ip_from_v4(bytes + sizeof mapped_prefix);
    memcpy(ip.bytes, bytes, 16);
    return ip;
}

bool ip_parse(struct text text, struct ip *ip_r)
{
    char string[IP_TEXT_MAX];
    uint8_t bytes[16];

    if (text.len == 0 || text.len >= sizeof string || memchr(text.data, '\0', text.len) != NULL)
        return false;
    memcpy(string, text.data, text.len);
    string[text.len] = '\0';
    if (inet_pton(AF_INET, string, bytes) == 1)
        *ip_r = ip_from_v4(bytes);
    else if (inet_pton(AF_INET6, string, bytes) == 1)
        *ip_r = ip_from_v6(bytes);
    else
        return false;
    return true;
}

struct ip ip_from_sockaddr(const struct sockaddr *address)
{
    if (address != NULL && address->sa_family == AF_INET)
        return ip_from_v4(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address != NULL && address->sa_family == AF_INET6)
        return ip_from_v6(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr);
    return (struct ip){.family = IP_NONE};
}

void ip_format(const struct ip *ip, char text_r[IP_TEXT_MAX])
{
    int family = ip->family == IP_V4 ? AF_INET : AF_INET6;

    if (ip->family == IP_NONE || inet_ntop(family, ip->bytes, text_r, IP_TEXT_MAX) == NULL)
        snprintf(text_r, IP_TEXT_MAX, "unknown");
}

bool ip_equals(const struct ip *a, const struct ip *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool ip_is_loopback(const struct ip *ip)
{
    static const uint8_t v6_loopback[16] = {[15] = 1};

    if (ip->family == IP_V4)
        return ip->bytes[0] == 127;
    return ip->family == IP_V6 && memcmp(ip->bytes, v6_loopback, sizeof v6_loopback) == 0;
}

bool ip_is_private(const struct ip *ip)
{
    static const struct ip_network networks[] = {
        {{IP_V4, {0}},          8  },
        {{IP_V4, {10}},         8  },
        {{IP_V4, {100, 64}},    10 },
        {{IP_V4, {127}},        8  },
        {{IP_V4, {169, 254}},   16 },
        {{IP_V4, {172, 16}},    12 },
        {{IP_V4, {192, 168}},   16 },
        {{IP_V4, {224}},        3  },
        {{IP_V6, {0}},          127},
        {{IP_V6, {0xfc}},       7  },
        {{IP_V6, {0xfe, 0x80}}, 10 },
        {{IP_V6, {0xff}},       8  },
    };

    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (ip_network_contains(&networks[i], ip))
            return true;
    return ip->family == IP_NONE;
}

unsigned ip_bits(const struct ip *ip)
{
    if (ip->family == IP_NONE)
        return 0;
    return ip->family == IP_V4 ? 32 : 128;
}

bool ip_same_prefix(const struct ip *a, const struct ip *b, unsigned prefix_bits)
{
    unsigned whole = prefix_bits / 8;
    unsigned rest = prefix_bits % 8;
    uint8_t mask = (uint8_t)(0xff00U >> rest);

    if (a->family != b->family || a->family == IP_NONE || prefix_bits > ip_bits(a))
        return false;
    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) & mask) == 0;
}

struct ip_network ip_network_of(const struct ip *ip, unsigned prefix_bits)
{
    struct ip_network network = {.base = *ip, .prefix_bits = prefix_bits};

    if (prefix_bits > ip_bits(ip))
        network.prefix_bits = ip_bits(ip);
    for (unsigned bit = network.prefix_bits; bit < 128; bit++)
        network.base.bytes[bit / 8] &= (uint8_t) ~(0x80U >> (bit % 8));
    return network;
}

bool ip_network_parse(struct text text, struct ip_network *network_r)
{
    size_t slash = text_find(text, '/');
    uint64_t bits;
    struct ip ip;

    if (!ip_parse(text_head(text, slash), &ip))
        return false;
    if (slash == text.len)
        bits = ip_bits(&ip);
    else if (!text_to_number(text_skip(text, slash + 1), ip_bits(&ip), &bits))
        return false;
    *network_r = ip_network_of(&ip, (unsigned)bits);
    return true;
}

bool ip_network_contains(const struct ip_network *network, const struct ip *ip)
{
    return ip_same_prefix(&network->base, ip, network->prefix_bits);
}

void ip_network_format(const struct ip_network *network, char text_r[IP_NETWORK_TEXT_MAX])
{
    char base[IP_TEXT_MAX];

    ip_format(&network->base, base);
    snprintf(text_r, IP_NETWORK_TEXT_MAX, "%s/%u", base, network->prefix_bits);
}
