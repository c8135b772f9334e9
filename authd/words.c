/* SPDX-License-Identifier: MIT */
#include "authd/words.h"

#include <inttypes.h>
#include <stdio.h>

#include "authd/account.h"
#include "lib/base/log.h"

/* Who tried last is listed; more would make everybody wait. */
#define LISTED_MAX 10000
/* What the log shows of a name. */
#define NAME_MAX_SHOWN 512

/* Whom a word is about: an account, or the networks of a client. */
struct whom {
    struct text account;
    struct ip client;
    struct ip_network networks[GUARD_NETWORKS_MAX];
    size_t network_count; /* 0: it is an account */
};

struct list {
    const struct whom *whom; /* NULL: all who are refused */
    struct buffer *answer;
};

/* As guard_attempt has it. The text lives in the arena. */
static bool whom_parse(struct text words, struct arena *arena, struct whom *whom_r)
{
    struct whom whom = {.account = words};
    struct ip_network network;

    if (words.len == 0)
        return false;
    if (ip_network_parse(words, &network)) {
        if (network.prefix_bits < guard_network_of(&network.base).prefix_bits)
            return false;
        whom.client = network.base;
        whom.network_count = guard_networks_of(&whom.client, whom.networks);
    } else if (!account_address_fold(words, false, arena, &whom.account)) {
        whom.account = words;
    }
    *whom_r = whom;
    return true;
}

static enum err fail_whom(struct buffer *answer)
{
    buffer_append_string(answer, "expected the name of an account, an IP address or a network");
    return ERR_SYNTAX;
}

static bool is_about(const struct whom *whom, const struct guard_standing *standing)
{
    if (whom->network_count == 0)
        return text_equals(standing->account, whom->account);
    for (size_t i = 0; i < whom->network_count; i++)
        if (standing->network.prefix_bits == whom->networks[i].prefix_bits &&
            ip_equals(&standing->network.base, &whom->networks[i].base))
            return true;
    return false;
}

/* The account comes last: it may hold any byte. One that would end the line is shown as "?". */
static void append_account(struct text account, struct buffer *answer)
{
    for (size_t i = 0; i < account.len; i++)
        buffer_append_byte(answer, account.data[i] == '\n' ? '?' : account.data[i]);
    buffer_append_byte(answer, '\n');
}

static void append(void *context, const struct guard_standing *standing)
{
    const struct list *list = context;
    char network[IP_NETWORK_TEXT_MAX] = "-";

    if (list->whom != NULL ? !is_about(list->whom, standing) : standing->until == 0)
        return;
    if (standing->network.base.family != IP_NONE)
        ip_network_format(&standing->network, network);
    buffer_append_format(list->answer, "%s\t%u\t%u\t%u\t%u\t%" PRId64 "\t%s\t",
        guard_count_word(standing->count), standing->hour, standing->limit.hour, standing->day,
        standing->limit.day, standing->until, network);
    append_account(standing->account, list->answer);
}

enum err words_refused(struct sentry *sentry, struct buffer *answer)
{
    struct list list = {.answer = answer};

    sentry_each(sentry, LISTED_MAX, append, &list);
    return ERR_NONE;
}

enum err words_counted(struct sentry *sentry, struct text words, struct buffer *answer)
{
    struct arena *arena = arena_new();
    struct whom whom;
    struct list list = {&whom, answer};
    bool is_whom = whom_parse(words, arena, &whom);

    if (is_whom)
        sentry_each(sentry, SIZE_MAX, append, &list);
    arena_free(&arena);
    return is_whom ? ERR_NONE : fail_whom(answer);
}

static bool forgive(struct sentry *sentry, const struct whom *whom)
{
    return whom->network_count != 0 ? sentry_forget_network(sentry, &whom->client)
                                    : sentry_forget_account(sentry, whom->account);
}

enum err words_forgive(struct sentry *sentry, struct text words, struct buffer *answer)
{
    struct arena *arena = arena_new();
    char name[NAME_MAX_SHOWN];
    struct whom whom;
    enum err err = ERR_NONE;

    if (!whom_parse(words, arena, &whom)) {
        err = fail_whom(answer);
    } else if (!forgive(sentry, &whom)) {
        buffer_append_string(answer, "nothing is counted of that one");
        err = ERR_ABSENT;
    } else {
        log_info(NULL, "guard: <%s> action=forgive: what was counted is forgotten",
            log_word(words.data, words.len, name, sizeof name));
    }
    arena_free(&arena);
    return err;
}
