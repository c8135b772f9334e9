/* SPDX-License-Identifier: MIT */
#include "mailctl/check/blocklist.h"

#include <string.h>

#include "lib/dns/name.h"

#define REVERSE_LABELS 2 /* "in-addr.arpa", "ip6.arpa" */

struct text blocklist_name(const struct ip *ip, struct text list, struct arena *arena)
{
    struct text reverse = dns_name_reverse(ip, arena);
    struct text tail = dns_name_last_labels(reverse, REVERSE_LABELS);

    return arena_print(
        arena, "%.*s%.*s", TEXT_ARGS(text_head(reverse, reverse.len - tail.len)), TEXT_ARGS(list));
}

struct text blocklist_domain_name(struct text domain, struct text list, struct arena *arena)
{
    return arena_print(arena, "%.*s.%.*s", TEXT_ARGS(domain), TEXT_ARGS(list));
}

/* Spamhaus' DBL to who asks it of an address: each is answered so, and none is listed. */
static bool is_of_address(const struct ip *code)
{
    return code->bytes[1] == 0 && code->bytes[2] == 1 && code->bytes[3] == 255;
}

/*
 * 127.255.255.x: Spamhaus, and others after it. 127.0.0.1: who asks has asked too much, or is not
 * known (URIBL, SURBL, Barracuda); nobody lists by it, since it is the answer to itself.
 */
static enum blocklist_word read_code(const struct ip *code)
{
    if (code->family != IP_V4 || code->bytes[0] != 127)
        return BLOCKLIST_LIE;
    if (code->bytes[1] == 255 && code->bytes[2] == 255)
        return BLOCKLIST_MAY_NOT_ASK;
    if (code->bytes[1] == 0 && code->bytes[2] == 0 && code->bytes[3] <= 1)
        return BLOCKLIST_MAY_NOT_ASK;
    return is_of_address(code) ? BLOCKLIST_MAY_NOT_ASK : BLOCKLIST_LISTED;
}

static bool is_before(const struct ip *a, const struct ip *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) < 0;
}

enum blocklist_word blocklist_read(const struct dns_answer *answer, struct ip *code_r)
{
    enum blocklist_word worst = BLOCKLIST_NOT_LISTED;

    for (size_t i = 0; i < answer->count; i++) {
        enum blocklist_word word = read_code(&answer->records[i].ip);

        /* Of several the same each time: their order is not. */
        if (word > worst || (word == worst && is_before(&answer->records[i].ip, code_r))) {
            worst = word;
            *code_r = answer->records[i].ip;
        }
    }
    return worst;
}

const char *blocklist_reason(const struct ip *code)
{
    if (is_of_address(code))
        return "it has domains, not addresses, and belongs into check.domain_blocklists";
    switch (code->bytes[3]) {
    case 252:
        return "its name is misspelt";
    case 254:
        return "it does not serve public resolvers";
    case 255:
        return "there were too many questions";
    default:
        return "it does not serve this resolver";
    }
}

const char *blocklist_meaning(const struct ip *code)
{
    static const struct {
        uint8_t code;
        const char *meaning;
    } rows[] = {
        {2,   "low reputation"                      },
        {4,   "phishing"                            },
        {5,   "malware"                             },
        {6,   "command of a botnet"                 },
        {102, "abused by others for spam"           },
        {103, "a redirector that others abuse"      },
        {104, "abused by others for phishing"       },
        {105, "abused by others for malware"        },
        {106, "abused by others to command a botnet"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (code->bytes[1] == 0 && code->bytes[2] == 1 && code->bytes[3] == rows[i].code)
            return rows[i].meaning;
    return NULL;
}
