/* SPDX-License-Identifier: MIT */
#include "lib/base/map.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include "lib/base/memory.h"

#define MAP_FIRST_ROOM ((size_t)16)

/* An empty place has key NULL and value NULL; one that was emptied keeps GONE as its key. */
struct place {
    char *key;
    size_t key_len;
    uint64_t hash;
    void *value;
};

struct map {
    struct place *places;
    size_t room; /* a power of two */
    size_t count;
    size_t used; /* count and the places that were emptied */
};

static char gone_marker;
#define GONE (&gone_marker)

static uint64_t hash_secret[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void hash_make_secret(void)
{
    if (getrandom(hash_secret, sizeof hash_secret, 0) != (ssize_t)sizeof hash_secret)
        abort();
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

/* SipHash with one round a word and three at the end: fast, and not to be guessed from outside. */
static uint64_t hash_key(struct text key)
{
    uint64_t v[4] = {hash_secret[0] ^ 0x736f6d6570736575U, hash_secret[1] ^ 0x646f72616e646f6dU,
        hash_secret[0] ^ 0x6c7967656e657261U, hash_secret[1] ^ 0x7465646279746573U};
    uint64_t word;
    size_t i;

    for (i = 0; i + 8 <= key.len; i += 8) {
        memcpy(&word, key.data + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)key.len << 56;
    for (unsigned shift = 0; i < key.len; i++, shift += 8)
        word |= (uint64_t)(unsigned char)key.data[i] << shift;
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map *map_new(void)
{
    struct map *map = memory_alloc_zero(1, sizeof *map);

    pthread_once(&hash_once, hash_make_secret);
    map->room = MAP_FIRST_ROOM;
    map->places = memory_alloc_zero(map->room, sizeof *map->places);
    return map;
}

void map_free(struct map **map)
{
    if (*map == NULL)
        return;
    for (size_t i = 0; i < (*map)->room; i++)
        if ((*map)->places[i].key != GONE)
            free((*map)->places[i].key);
    free((*map)->places);
    memory_free(map);
}

size_t map_count(const struct map *map)
{
    return map->count;
}

static bool place_holds(const struct place *place, uint64_t hash, struct text key)
{
    return place->value != NULL && place->hash == hash && place->key_len == key.len &&
           (key.len == 0 || memcmp(place->key, key.data, key.len) == 0);
}

/* The place that holds key, or NULL. There is always an empty place to end the search. */
static struct place *map_find(const struct map *map, uint64_t hash, struct text key)
{
    for (size_t i = hash & (map->room - 1);; i = (i + 1) & (map->room - 1)) {
        struct place *place = &map->places[i];

        if (place->key == NULL)
            return NULL;
        if (place_holds(place, hash, key))
            return place;
    }
}

static struct place *map_empty_place(const struct map *map, uint64_t hash)
{
    size_t i = hash & (map->room - 1);

    while (map->places[i].key != NULL)
        i = (i + 1) & (map->room - 1);
    return &map->places[i];
}

/* A new table, without the emptied places, at most half full. */
static void map_rebuild(struct map *map)
{
    struct map old = *map;

    while (map->count * 2 >= map->room)
        map->room *= 2;
    map->places = memory_alloc_zero(map->room, sizeof *map->places);
    map->used = map->count;
    for (size_t i = 0; i < old.room; i++)
        if (old.places[i].value != NULL)
            *map_empty_place(map, old.places[i].hash) = old.places[i];
    free(old.places);
}

void *map_get(const struct map *map, struct text key)
{
    const struct place *place = map_find(map, hash_key(key), key);

    return place != NULL ? place->value : NULL;
}

void *map_put(struct map *map, struct text key, void *value)
{
    uint64_t hash = hash_key(key);
    struct place *place = map_find(map, hash, key);
    void *replaced = NULL;

    assert(value != NULL);
    if (place != NULL) {
        replaced = place->value;
        place->value = value;
        return replaced;
    }
    if ((map->used + 1) * 4 > map->room * 3)
        map_rebuild(map);
    place = map_empty_place(map, hash);
    place->key = memory_copy_bytes(key.data, key.len);
    place->key_len = key.len;
    place->hash = hash;
    place->value = value;
    map->count++;
    map->used++;
    return NULL;
}

void *map_remove(struct map *map, struct text key)
{
    struct place *place = map_find(map, hash_key(key), key);
    void *value;

    if (place == NULL)
        return NULL;
    value = place->value;
    free(place->key);
    place->key = GONE;
    place->key_len = 0;
    place->value = NULL;
    map->count--;
    return value;
}

bool map_next(const struct map *map, size_t *position, struct text *key_r, void **value_r)
{
    for (; *position < map->room; ++*position) {
        const struct place *place = &map->places[*position];

        if (place->value != NULL) {
            *key_r = text_from_bytes(place->key, place->key_len);
            *value_r = place->value;
            ++*position;
            return true;
        }
    }
    return false;
}
