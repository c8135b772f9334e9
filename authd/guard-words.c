/* SPDX-License-Identifier: MIT */
#include "authd/guard-words.h"

#include <stdio.h>

#include "lib/base/clock.h"

#define HOUR_S 3600

void guard_words_for_log(const struct guard_verdict *verdict, char words_r[GUARD_WORDS_MAX])
{
    char network[IP_NETWORK_TEXT_MAX] = "none", until[CLOCK_TEXT_MAX];

    if (verdict->network.base.family != IP_NONE)
        ip_network_format(&verdict->network, network);
    clock_format_utc(verdict->until, until);
    if (verdict->ground == GUARD_IS_BLOCKED)
        snprintf(words_r, GUARD_WORDS_MAX, "blocked network=%s", network);
    else
        snprintf(words_r, GUARD_WORDS_MAX, "guessing count=%s network=%s limit=%u/%s until=%s",
            guard_count_word(verdict->count), network, verdict->limit,
            verdict->window_s == HOUR_S ? "hour" : "day", until);
}

const char *guard_words_for_client(const struct guard_verdict *verdict)
{
    return verdict->ground == GUARD_IS_BLOCKED ? "logins from this network are not taken"
                                               : "too many wrong passwords lately; try again later";
}
