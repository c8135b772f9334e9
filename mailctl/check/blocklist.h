/* SPDX-License-Identifier: MIT */
#pragma once

/* Lists of addresses and of domains in the DNS: how they are asked, and what they answer. Pure. */

#include "lib/dns/answer.h"

/* So much of what a list says about an address is shown. */
#define BLOCKLIST_REASON_MAX 160

enum blocklist_word {
    BLOCKLIST_NOT_LISTED,
    BLOCKLIST_LISTED,
    BLOCKLIST_MAY_NOT_ASK, /* an answer of its own for a question that it does not take */
    BLOCKLIST_LIE          /* outside of 127.0.0.0/8: somebody else's answer (RFC 5782 §2.1) */
};

/* "10.2.0.192.LIST", or nibbles for IPv6 (RFC 5782 §2.1, §2.4). */
struct text blocklist_name(const struct ip *ip, struct text list, struct arena *arena);
/* "example.org.LIST" (RFC 5782 §3); where it is too long, no valid name. */
struct text blocklist_domain_name(struct text domain, struct text list, struct arena *arena);
/* Of an answer with A records the one that counts most; code_r is that one. */
enum blocklist_word blocklist_read(const struct dns_answer *answer, struct ip *code_r);
/* Why we may not ask, where it says. */
const char *blocklist_reason(const struct ip *code);
/* What the code of a list of domains says, where it is one of Spamhaus' (127.0.1.x); else NULL. */
const char *blocklist_meaning(const struct ip *code);
