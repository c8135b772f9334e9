/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/key-cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"

struct entry {
    struct entry *newer, *older;
    char *record;
    size_t record_len;
    enum key_status status;
    struct public_key *key;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map *entries; /* record text to entry; made at the first use */
static struct entry *newest, *oldest;

static struct text entry_record(const struct entry *entry)
{
    return text_from_bytes(entry->record, entry->record_len);
}

static void list_remove(struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &oldest) = entry->newer;
}

static void list_put_first(struct entry *entry)
{
    entry->newer = NULL;
    entry->older = newest;
    *(newest != NULL ? &newest->newer : &oldest) = entry;
    newest = entry;
}

static void entry_free(struct entry *entry)
{
    public_key_release(&entry->key);
    free(entry->record);
    free(entry);
}

static void drop_oldest(void)
{
    struct entry *entry = oldest;

    list_remove(entry);
    (void)map_remove(entries, entry_record(entry));
    entry_free(entry);
}

bool key_cache_find(struct text record, enum key_status *status_r, struct public_key **key_r)
{
    struct entry *entry;

    pthread_mutex_lock(&lock);
    entry = entries != NULL ? map_get(entries, record) : NULL;
    if (entry != NULL) {
        list_remove(entry);
        list_put_first(entry);
        *status_r = entry->status;
        if (entry->status == KEY_OK)
            *key_r = public_key_hold(entry->key);
    }
    pthread_mutex_unlock(&lock);
    return entry != NULL;
}

static struct entry *entry_new(struct text record, enum key_status status, struct public_key *key)
{
    struct entry *entry = memory_alloc_zero(1, sizeof *entry);

    entry->record = memory_copy_bytes(record.data, record.len);
    entry->record_len = record.len;
    entry->status = status;
    entry->key = key != NULL ? public_key_hold(key) : NULL;
    return entry;
}

void key_cache_put(struct text record, enum key_status status, struct public_key *key)
{
    struct entry *entry;

    if (record.len > KEY_CACHE_RECORD_MAX)
        return;
    entry = entry_new(record, status, key);
    pthread_mutex_lock(&lock);
    if (entries == NULL)
        entries = map_new();
    /* Another thread may have decoded the same record meanwhile: the first one stays. */
    if (map_get(entries, record) == NULL) {
        if (map_count(entries) >= KEY_CACHE_ENTRIES)
            drop_oldest();
        map_put(entries, record, entry);
        list_put_first(entry);
        entry = NULL;
    }
    pthread_mutex_unlock(&lock);
    if (entry != NULL)
        entry_free(entry);
}

size_t key_cache_count(void)
{
    size_t count;

    pthread_mutex_lock(&lock);
    count = entries != NULL ? map_count(entries) : 0;
    pthread_mutex_unlock(&lock);
    return count;
}

void key_cache_flush(void)
{
    pthread_mutex_lock(&lock);
    while (oldest != NULL)
        drop_oldest();
    map_free(&entries);
    pthread_mutex_unlock(&lock);
}
