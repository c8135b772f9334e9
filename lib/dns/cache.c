/* SPDX-License-Identifier: MIT */
#include "lib/dns/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/dns/name.h"

/* One piece of memory: the entry, its records, and behind them the bytes of their texts. */
struct entry {
    struct entry *newer, *older; /* by last use */
    int64_t expires_ms;
    size_t size_bytes;
    struct text key;
    struct dns_answer answer;
    struct dns_record records[];
};

struct shard {
    pthread_mutex_t lock;
    struct map *entries;
    struct entry *newest, *oldest;
    size_t used_bytes;
};

struct cache {
    struct shard shards[CACHE_SHARDS];
    size_t entries_max, bytes_max; /* of one shard */
};

/* Key of a question: two bytes of type, then the name. */
#define KEY_MAX (2 + DNS_NAME_MAX)

static struct text key_of(const struct dns_question *question, char room[KEY_MAX])
{
    room[0] = (char)((unsigned)question->type >> 8);
    room[1] = (char)((unsigned)question->type & 0xff);
    if (question->name.len != 0)
        memcpy(room + 2, question->name.data, question->name.len);
    return text_from_bytes(room, question->name.len + 2);
}

static struct shard *cache_shard(struct cache *cache, struct text key)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < key.len; i++)
        hash = hash * 31 + (unsigned char)key.data[i];
    return &cache->shards[(hash ^ hash >> 16) % CACHE_SHARDS];
}

struct cache *cache_new(size_t entries)
{
    struct cache *cache = memory_alloc_zero(1, sizeof *cache);

    cache->entries_max = entries / CACHE_SHARDS + (entries % CACHE_SHARDS != 0);
    cache->bytes_max = cache->entries_max * CACHE_ENTRY_MEAN_BYTES;
    if (cache->bytes_max < CACHE_ANSWER_MAX_BYTES)
        cache->bytes_max = CACHE_ANSWER_MAX_BYTES;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        pthread_mutex_init(&cache->shards[i].lock, NULL);
        cache->shards[i].entries = map_new();
    }
    return cache;
}

static void shard_unlink(struct shard *shard, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &shard->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &shard->oldest) = entry->newer;
}

static void shard_link_newest(struct shard *shard, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = shard->newest;
    *(shard->newest != NULL ? &shard->newest->newer : &shard->oldest) = entry;
    shard->newest = entry;
}

static void shard_drop(struct shard *shard, struct entry *entry)
{
    map_remove(shard->entries, entry->key);
    shard_unlink(shard, entry);
    shard->used_bytes -= entry->size_bytes;
    free(entry);
}

static void shard_flush(struct shard *shard)
{
    while (shard->newest != NULL) {
        assert(shard->newest->newer == NULL);
        shard_drop(shard, shard->newest);
    }
}

void cache_flush(struct cache *cache)
{
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        pthread_mutex_lock(&cache->shards[i].lock);
        shard_flush(&cache->shards[i]);
        pthread_mutex_unlock(&cache->shards[i].lock);
    }
}

void cache_free(struct cache **cache)
{
    if (*cache == NULL)
        return;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        shard_flush(&(*cache)->shards[i]);
        map_free(&(*cache)->shards[i].entries);
        pthread_mutex_destroy(&(*cache)->shards[i].lock);
    }
    memory_free(cache);
}

static const struct dns_answer *entry_copy(
    const struct entry *entry, int64_t now_ms, struct arena *arena)
{
    struct dns_answer aged = entry->answer;

    aged.ttl_s = (uint32_t)((entry->expires_ms - now_ms + 999) / 1000);
    return dns_answer_copy(&aged, arena);
}

const struct dns_answer *cache_get(
    struct cache *cache, const struct dns_question *question, struct arena *arena)
{
    const struct dns_answer *answer = NULL;
    int64_t now_ms = clock_monotonic_ms();
    char room[KEY_MAX];
    struct shard *shard;
    struct entry *entry;
    struct text key;

    if (question->name.len > DNS_NAME_MAX)
        return NULL;
    key = key_of(question, room);
    shard = cache_shard(cache, key);
    pthread_mutex_lock(&shard->lock);
    entry = map_get(shard->entries, key);
    if (entry != NULL && entry->expires_ms <= now_ms) {
        shard_drop(shard, entry);
    } else if (entry != NULL) {
        shard_unlink(shard, entry);
        shard_link_newest(shard, entry);
        answer = entry_copy(entry, now_ms, arena);
    }
    pthread_mutex_unlock(&shard->lock);
    return answer;
}

static uint32_t lifetime_s(const struct dns_answer *answer)
{
    uint32_t max = answer->status == DNS_FOUND ? CACHE_TTL_MAX_S : CACHE_NEGATIVE_TTL_MAX_S;

    if (answer->status == DNS_TEMPORARY)
        return 0;
    return answer->ttl_s < max ? answer->ttl_s : max;
}

/* Copies text to *place and moves *place behind it. */
static struct text place_text(char **place, struct text text)
{
    struct text copy = text_from_bytes(*place, text.len);

    if (text.len != 0)
        memcpy(*place, text.data, text.len);
    *place += text.len;
    return copy;
}

/* NULL where the answer is too large to be kept. */
static struct entry *entry_new(struct text key, const struct dns_answer *answer)
{
    size_t size;
    struct entry *entry;
    char *place;

    if (answer->count > DNS_RECORDS_MAX)
        return NULL;
    size = sizeof(struct entry) + key.len + dns_answer_bytes(answer);
    if (size > CACHE_ANSWER_MAX_BYTES)
        return NULL;
    entry = memory_alloc(size);
    place = (char *)&entry->records[answer->count];
    entry->size_bytes = size;
    entry->key = place_text(&place, key);
    entry->answer = *answer;
    entry->answer.records = entry->records;
    for (size_t i = 0; i < answer->count; i++) {
        entry->records[i] = answer->records[i];
        entry->records[i].text = place_text(&place, answer->records[i].text);
    }
    return entry;
}

static void shard_put(const struct cache *cache, struct shard *shard, struct entry *entry)
{
    struct entry *replaced = map_get(shard->entries, entry->key);

    if (replaced != NULL)
        shard_drop(shard, replaced);
    map_put(shard->entries, entry->key, entry);
    shard_link_newest(shard, entry);
    shard->used_bytes += entry->size_bytes;
    while (shard->oldest != NULL && (map_count(shard->entries) > cache->entries_max ||
                                        shard->used_bytes > cache->bytes_max)) {
        assert(shard->oldest->older == NULL);
        shard_drop(shard, shard->oldest);
    }
}

void cache_put(
    struct cache *cache, const struct dns_question *question, const struct dns_answer *answer)
{
    uint32_t lifetime = lifetime_s(answer);
    char room[KEY_MAX];
    struct shard *shard;
    struct entry *entry;
    struct text key;

    if (lifetime == 0 || question->name.len > DNS_NAME_MAX)
        return;
    key = key_of(question, room);
    entry = entry_new(key, answer);
    if (entry == NULL)
        return;
    entry->expires_ms = clock_monotonic_ms() + (int64_t)lifetime * 1000;
    shard = cache_shard(cache, key);
    pthread_mutex_lock(&shard->lock);
    shard_put(cache, shard, entry);
    pthread_mutex_unlock(&shard->lock);
}

size_t cache_count(struct cache *cache)
{
    size_t count = 0;

    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        pthread_mutex_lock(&cache->shards[i].lock);
        count += map_count(cache->shards[i].entries);
        pthread_mutex_unlock(&cache->shards[i].lock);
    }
    return count;
}
