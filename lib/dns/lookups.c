/* SPDX-License-Identifier: MIT */
#include "lib/dns/lookups.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/dns/cache.h"
#include "lib/dns/name.h"
#include "lib/dns/upstream.h"

static const struct dns_answer temporary = {.status = DNS_TEMPORARY};

struct lookup {
    struct lookups *lookups;
    struct dns_question question;
    struct waiter *waiters;
    char name[DNS_NAME_MAX];
};

struct lookups {
    struct event_base *base;
    const struct resolver_options *options;
    struct cache *cache;
    lookups_answered_fn *on_answer;
    struct upstream *upstream;
    struct map *by_question;
    size_t abandoned; /* those that nobody waits for */
};

/* --- who waits ------------------------------------------------------------ */

static void waiter_link(struct waiter *waiter, struct lookup *lookup)
{
    waiter->lookup = lookup;
    waiter->previous = NULL;
    waiter->next = lookup->waiters;
    if (waiter->next != NULL)
        waiter->next->previous = waiter;
    lookup->waiters = waiter;
}

static void waiter_unlink(struct waiter *waiter, struct lookup *lookup)
{
    if (waiter->previous != NULL)
        waiter->previous->next = waiter->next;
    else
        lookup->waiters = waiter->next;
    if (waiter->next != NULL)
        waiter->next->previous = waiter->previous;
    waiter->lookup = NULL;
}

void lookups_leave(struct lookups *lookups, struct waiter *waiter)
{
    struct lookup *lookup = waiter->lookup;

    if (lookup == NULL)
        return;
    waiter_unlink(waiter, lookup);
    if (lookup->waiters == NULL)
        lookups->abandoned++;
}

/* --- asking --------------------------------------------------------------- */

#define KEY_MAX (2 + DNS_NAME_MAX)

static struct text question_key(const struct dns_question *question, char room[KEY_MAX])
{
    room[0] = (char)((unsigned)question->type >> 8);
    room[1] = (char)((unsigned)question->type & 0xff);
    memcpy(room + 2, question->name.data, question->name.len);
    return text_from_bytes(room, question->name.len + 2);
}

/* Called by the upstream, maybe still inside upstream_ask(). */
static void lookup_on_answer(void *context, const struct dns_answer *answer)
{
    struct lookup *lookup = context;
    struct lookups *lookups = lookup->lookups;
    char room[KEY_MAX];

    map_remove(lookups->by_question, question_key(&lookup->question, room));
    if (lookup->waiters == NULL)
        lookups->abandoned--;
    cache_put(lookups->cache, &lookup->question, answer);
    while (lookup->waiters != NULL) {
        struct waiter *waiter = lookup->waiters;

        waiter_unlink(waiter, lookup);
        wave_put(waiter->wave, waiter->index, answer);
        lookups->on_answer(waiter->wave);
    }
    free(lookup);
}

static struct lookup *lookup_new(
    struct lookups *lookups, const struct dns_question *question, struct text key)
{
    struct lookup *lookup = memory_alloc_zero(1, sizeof *lookup);

    lookup->lookups = lookups;
    memcpy(lookup->name, question->name.data, question->name.len);
    lookup->question.name = text_from_bytes(lookup->name, question->name.len);
    lookup->question.type = question->type;
    map_put(lookups->by_question, key, lookup);
    return lookup;
}

/* How many lookups there may be at once. */
static size_t lookups_room(const struct lookups *lookups)
{
    size_t room = upstream_room(lookups->upstream);

    return room < RESOLVER_LOOKUPS_MAX ? room : RESOLVER_LOOKUPS_MAX;
}

/* Whether the wave may start one more. */
static bool lookups_have_room(const struct lookups *lookups, struct wave *wave)
{
    size_t room = lookups_room(lookups);
    size_t count = map_count(lookups->by_question);

    if (count < room / 2)
        return true;
    return count < room && wave->share_used++ < RESOLVER_SHARE;
}

void lookups_ask(struct lookups *lookups, struct waiter *waiter)
{
    const struct dns_question *question = &waiter->wave->questions[waiter->index];
    char room[KEY_MAX];
    struct text key = question_key(question, room);
    struct lookup *lookup = map_get(lookups->by_question, key);

    if (lookup != NULL) {
        if (lookup->waiters == NULL)
            lookups->abandoned--;
        waiter_link(waiter, lookup);
    } else if (!lookups_have_room(lookups, waiter->wave)) {
        wave_put(waiter->wave, waiter->index, &temporary);
    } else {
        lookup = lookup_new(lookups, question, key);
        waiter_link(waiter, lookup);
        upstream_ask(lookups->upstream, &lookup->question, lookup_on_answer, lookup);
    }
}

/* --- renewing ------------------------------------------------------------- */

static void lookups_ask_again(struct lookups *lookups)
{
    size_t position = 0;
    struct text key;
    void *value;

    while (map_next(lookups->by_question, &position, &key, &value)) {
        struct lookup *lookup = value;

        if (lookup->waiters != NULL) {
            upstream_ask(lookups->upstream, &lookup->question, lookup_on_answer, lookup);
        } else {
            map_remove(lookups->by_question, key);
            lookups->abandoned--;
            free(lookup);
        }
    }
}

enum err lookups_renew(struct lookups *lookups, struct failure *failure)
{
    struct upstream *fresh;
    enum err err = upstream_open(
        lookups->base, lookups->options->servers, lookups->options->server_count, &fresh, failure);

    if (err != ERR_NONE)
        return err;
    upstream_close(&lookups->upstream);
    lookups->upstream = fresh;
    lookups_ask_again(lookups);
    return ERR_NONE;
}

void lookups_drop_abandoned(struct lookups *lookups)
{
    if (lookups->abandoned > lookups_room(lookups) / 4)
        (void)lookups_renew(lookups, NULL);
}

/* --- opening and closing -------------------------------------------------- */

enum err lookups_open(struct event_base *base, const struct resolver_options *options,
    struct cache *cache, lookups_answered_fn *on_answer, struct lookups **lookups_r,
    struct failure *failure)
{
    struct upstream *upstream;
    enum err err = upstream_open(base, options->servers, options->server_count, &upstream, failure);
    struct lookups *lookups;

    if (err != ERR_NONE)
        return err;
    lookups = memory_alloc_zero(1, sizeof *lookups);
    lookups->base = base;
    lookups->options = options;
    lookups->cache = cache;
    lookups->on_answer = on_answer;
    lookups->upstream = upstream;
    lookups->by_question = map_new();
    *lookups_r = lookups;
    return ERR_NONE;
}

void lookups_close(struct lookups **lookups)
{
    size_t position = 0;
    struct text key;
    void *value;

    if (*lookups == NULL)
        return;
    upstream_close(&(*lookups)->upstream);
    while (map_next((*lookups)->by_question, &position, &key, &value)) {
        assert(((struct lookup *)value)->waiters == NULL);
        free(value);
    }
    map_free(&(*lookups)->by_question);
    memory_free(lookups);
}
