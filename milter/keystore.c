/* SPDX-License-Identifier: MIT */
#include "milter/keystore.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/dns/name.h"

/* A cached set, in a ring of which the keystore's own entry is the head: newest use first. */
struct entry {
    struct entry *newer, *older;
    struct key_set *set; /* may be empty: the domain has no keys */
};

struct keystore {
    char *state_directory;

    pthread_mutex_t database_lock; /* taken before cache_lock */
    struct store *store;           /* NULL until it is open */
    int64_t data_version;

    pthread_mutex_t cache_lock;
    struct map *entries; /* by domain */
    struct entry ring;
    uint64_t generation;  /* counts how often the cache was emptied */
    int64_t looked_at_ms; /* when data_version was last compared */
    bool is_looked_at;
};

struct keystore *keystore_new(const char *state_directory)
{
    struct keystore *keystore = memory_alloc_zero(1, sizeof *keystore);

    keystore->state_directory = memory_copy_string(state_directory);
    pthread_mutex_init(&keystore->database_lock, NULL);
    pthread_mutex_init(&keystore->cache_lock, NULL);
    keystore->entries = map_new();
    keystore->ring.newer = keystore->ring.older = &keystore->ring;
    return keystore;
}

/* --- the cache: with cache_lock held --- */

static void ring_unlink(struct entry *entry)
{
    entry->newer->older = entry->older;
    entry->older->newer = entry->newer;
}

static void ring_push(struct keystore *keystore, struct entry *entry)
{
    entry->newer = &keystore->ring;
    entry->older = keystore->ring.older;
    entry->older->newer = entry;
    keystore->ring.older = entry;
}

static void cache_drop(struct keystore *keystore, struct entry *entry)
{
    map_remove(keystore->entries, key_set_domain(entry->set));
    ring_unlink(entry);
    key_set_release(&entry->set);
    free(entry);
}

static void cache_empty(struct keystore *keystore)
{
    struct entry *newer;

    for (struct entry *entry = keystore->ring.newer; entry != &keystore->ring; entry = newer) {
        newer = entry->newer;
        cache_drop(keystore, entry);
    }
    keystore->generation++;
}

/* One reference, or NULL. */
static struct key_set *cache_get(struct keystore *keystore, struct text domain)
{
    struct entry *entry = map_get(keystore->entries, domain);

    if (entry == NULL)
        return NULL;
    ring_unlink(entry);
    ring_push(keystore, entry);
    return key_set_hold(entry->set);
}

static void cache_put(struct keystore *keystore, struct key_set *set)
{
    struct entry *entry = map_get(keystore->entries, key_set_domain(set));

    if (entry != NULL)
        cache_drop(keystore, entry);
    else if (map_count(keystore->entries) >= KEYSTORE_SETS_MAX)
        cache_drop(keystore, keystore->ring.newer);
    entry = memory_alloc_zero(1, sizeof *entry);
    entry->set = key_set_hold(set);
    map_put(keystore->entries, key_set_domain(set), entry);
    ring_push(keystore, entry);
}

/* --- the database: with database_lock held --- */

/* Whatever else is absent, the database itself for one: only a domain has "no keys". */
static enum err as_failure(enum err err)
{
    return err == ERR_ABSENT ? ERR_IO : err;
}

static enum err database_open(struct keystore *keystore, struct failure *failure)
{
    enum err err;

    if (keystore->store != NULL)
        return ERR_NONE;
    err = store_open(keystore->state_directory, STORE_KEYS, STORE_READ, &keystore->store, failure);
    return as_failure(err);
}

/* What is open and no longer at its path would go on saying "no key" for good. */
static void database_close_stale(struct keystore *keystore)
{
    if (keystore->store != NULL && !store_is_current(keystore->store))
        store_close(&keystore->store);
}

/*
 * Open, and the cache emptied if anything has changed. It is opened anew after an error, and when
 * the file is gone (which is a failure) or another one.
 */
static enum err database_look(struct keystore *keystore, struct failure *failure)
{
    int64_t version = 0;
    bool was_open;
    enum err err;

    database_close_stale(keystore);
    was_open = keystore->store != NULL;
    err = database_open(keystore, failure);
    if (err != ERR_NONE)
        return err;
    err = store_data_version(keystore->store, &version);
    if (err != ERR_NONE) {
        store_failure(keystore->store, failure);
        store_close(&keystore->store);
        return as_failure(err);
    }
    pthread_mutex_lock(&keystore->cache_lock);
    if (!was_open || version != keystore->data_version)
        cache_empty(keystore);
    keystore->data_version = version;
    keystore->is_looked_at = true;
    keystore->looked_at_ms = clock_monotonic_ms();
    pthread_mutex_unlock(&keystore->cache_lock);
    return ERR_NONE;
}

static enum err database_read(struct keystore *keystore, struct text domain, struct arena *arena,
    struct dkim_key_list *list_r, struct failure *failure)
{
    enum err err = dkim_key_list_active(keystore->store, domain, arena, list_r);

    if (err != ERR_NONE) {
        store_failure(keystore->store, failure);
        store_close(&keystore->store);
    }
    return as_failure(err);
}

enum err keystore_try(struct keystore *keystore, struct failure *failure)
{
    enum err err;

    pthread_mutex_lock(&keystore->database_lock);
    err = database_look(keystore, failure);
    pthread_mutex_unlock(&keystore->database_lock);
    return err;
}

void keystore_free(struct keystore **keystore)
{
    struct keystore *gone = *keystore;

    *keystore = NULL;
    if (gone == NULL)
        return;
    cache_empty(gone);
    map_free(&gone->entries);
    store_close(&gone->store);
    pthread_mutex_destroy(&gone->cache_lock);
    pthread_mutex_destroy(&gone->database_lock);
    free(gone->state_directory);
    free(gone);
}

/* --- looking for keys --- */

/* The set of exactly this domain from the database into the cache. One reference. */
static enum err load(
    struct keystore *keystore, struct text domain, struct key_set **set_r, struct failure *failure)
{
    struct arena *arena = arena_new();
    struct dkim_key_list list = {NULL, 0};
    uint64_t generation = 0;
    enum err err;

    pthread_mutex_lock(&keystore->database_lock);
    err = database_look(keystore, failure);
    if (err == ERR_NONE) {
        pthread_mutex_lock(&keystore->cache_lock);
        generation = keystore->generation;
        pthread_mutex_unlock(&keystore->cache_lock);
        err = database_read(keystore, domain, arena, &list, failure);
    }
    pthread_mutex_unlock(&keystore->database_lock);
    if (err == ERR_NONE)
        err = key_set_parse(domain, &list, set_r, failure);
    if (err == ERR_NONE) {
        pthread_mutex_lock(&keystore->cache_lock);
        if (generation == keystore->generation)
            cache_put(keystore, *set_r);
        pthread_mutex_unlock(&keystore->cache_lock);
    }
    arena_free(&arena);
    return err;
}

/* The set of exactly this domain. One reference. */
static enum err get(
    struct keystore *keystore, struct text domain, struct key_set **set_r, struct failure *failure)
{
    struct key_set *set;

    pthread_mutex_lock(&keystore->cache_lock);
    set = cache_get(keystore, domain);
    pthread_mutex_unlock(&keystore->cache_lock);
    if (set == NULL)
        return load(keystore, domain, set_r, failure);
    *set_r = set;
    return ERR_NONE;
}

/* True while a set that has keys may be used without asking the database whether it changed. */
static bool is_fresh(struct keystore *keystore)
{
    bool fresh;

    pthread_mutex_lock(&keystore->cache_lock);
    fresh =
        keystore->is_looked_at && clock_monotonic_ms() - keystore->looked_at_ms < KEYSTORE_TRUST_MS;
    pthread_mutex_unlock(&keystore->cache_lock);
    return fresh;
}

/* Up from domain to its second-level parent. */
static enum err walk(
    struct keystore *keystore, struct text domain, struct key_set **set_r, struct failure *failure)
{
    for (int i = 0; i < KEYSTORE_WALK_MAX && dns_name_label_count(domain) >= 2; i++) {
        struct key_set *set;
        enum err err = get(keystore, domain, &set, failure);

        if (err != ERR_NONE)
            return err;
        if (key_set_count(set) != 0) {
            *set_r = set;
            return ERR_NONE;
        }
        key_set_release(&set);
        domain = dns_name_parent(domain);
    }
    return ERR_ABSENT;
}

enum err keystore_find(
    struct keystore *keystore, struct text domain, struct key_set **set_r, struct failure *failure)
{
    enum err err;

    if (is_fresh(keystore)) {
        err = walk(keystore, domain, set_r, failure);
        if (err != ERR_ABSENT)
            return err;
    }
    err = keystore_try(keystore, failure);
    return err == ERR_NONE ? walk(keystore, domain, set_r, failure) : err;
}
