/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Questions to name servers themselves, not to a resolver: without recursion, over UDP, and over
 * TCP where the answer is cut off. What a server has no authority for is no answer. Waits until
 * all answers are there or the time is over; any thread, each with calls of its own.
 */

#include "lib/base/ip.h"
#include "lib/dns/answer.h"

/* A question is sent again after so long, and at most so many times in all. */
#define DIRECT_RETRY_MS 1000
#define DIRECT_TRIES 3
/*
 * So long a server may take over TCP. One that is silent there is not asked again over TCP, and
 * nobody's answers over UDP are lost meanwhile.
 */
#define DIRECT_STREAM_MS 1500
/* What fits everywhere without being cut to pieces on its way (DNS flag day 2020). */
#define DIRECT_UDP_BYTES 1232

struct direct_question {
    struct ip server;
    uint16_t port;
    struct text name; /* normalized */
    enum dns_type type;
    const struct dns_answer *answer; /* given back, in the arena; never NULL then */
};

/*
 * Aliases are followed within the answer alone: where they lead elsewhere there is no data.
 * DNS_TEMPORARY: no answer in time, none that can be read, or of a server without authority.
 */
void direct_ask(
    struct direct_question *questions, size_t count, int64_t timeout_ms, struct arena *arena);
