/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A DNS response packet, read into an answer. The packet comes from outside: what is not well
 * formed, does not fit the question or contradicts itself is answered DNS_TEMPORARY, never
 * believed. A pure function of the bytes, any thread.
 */

#include "lib/base/arena.h"
#include "lib/dns/answer.h"

/* Aliases followed inside one answer: libunbound itself follows 11. */
#define PACKET_ALIASES_MAX 16

/*
 * The answer of the packet to question, in arena. Aliases are followed inside the answer section,
 * in whatever order they stand. ttl_s is the smallest of the aliases' and the records', or, where
 * there is none of the type, the negative TTL of the SOA (RFC 2308 §5; 0 without one).
 */
const struct dns_answer *packet_read(const uint8_t *packet, size_t len,
    const struct dns_question *question, bool secure, struct arena *arena);
