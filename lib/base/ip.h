/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * IP addresses and networks. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) becomes the IPv4
 * address when parsed, so that one client has one form. Values are plain and copied. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/text.h"

enum ip_family {
    IP_NONE = 0, /* no address: a local submission, an unknown client */
    IP_V4 = 4,
    IP_V6 = 6
};

struct ip {
    enum ip_family family;
    uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
};

struct ip_network {
    struct ip base; /* host bits zero */
    unsigned prefix_bits;
};

#define IP_TEXT_MAX 46
#define IP_NETWORK_TEXT_MAX 50

/* Address without brackets, prefix or scope. False, and *ip_r untouched, where it is none. */
bool ip_parse(struct text text, struct ip *ip_r);
/* From a peer's socket address; IP_NONE for families other than INET and INET6. */
struct ip ip_from_sockaddr(const struct sockaddr *address);
/* Canonical text (RFC 5952); "unknown" for IP_NONE. */
void ip_format(const struct ip *ip, char text_r[IP_TEXT_MAX]);
bool ip_equals(const struct ip *a, const struct ip *b);
bool ip_is_loopback(const struct ip *ip);
/*
 * True for what the Internet cannot reach: loopback, link-local, private (RFC 1918, RFC 4193),
 * shared by a provider's customers (RFC 6598), multicast, unspecified, IP_NONE.
 */
bool ip_is_private(const struct ip *ip);
/* 32 or 128; 0 for IP_NONE. */
unsigned ip_bits(const struct ip *ip);
/* True where the first prefix_bits bits are the same and the families are. */
bool ip_same_prefix(const struct ip *a, const struct ip *b, unsigned prefix_bits);

/* "192.0.2.0/24", "2001:db8::/32", or an address alone. Host bits are cleared. */
bool ip_network_parse(struct text text, struct ip_network *network_r);
/* The network of prefix_bits that ip lies in. */
struct ip_network ip_network_of(const struct ip *ip, unsigned prefix_bits);
bool ip_network_contains(const struct ip_network *network, const struct ip *ip);
void ip_network_format(const struct ip_network *network, char text_r[IP_NETWORK_TEXT_MAX]);
