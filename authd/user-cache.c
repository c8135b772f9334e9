/* SPDX-License-Identifier: MIT */
#include "authd/user-cache.h"

#include "lib/base/map.h"
#include "lib/base/memory.h"

struct user_cache {
    size_t max;
    struct map *users; /* by address */
    struct arena *arena;
};

struct user_cache *user_cache_new(size_t max)
{
    struct user_cache *cache = memory_alloc_zero(1, sizeof *cache);

    cache->max = max;
    cache->users = map_new();
    cache->arena = arena_new();
    return cache;
}

void user_cache_free(struct user_cache **cache)
{
    if (*cache == NULL)
        return;
    map_free(&(*cache)->users);
    arena_free(&(*cache)->arena);
    memory_free(cache);
}

static struct user copy(const struct user *user, struct arena *arena)
{
    struct user copied = *user;

    copied.address = arena_copy(arena, user->address);
    copied.local_part = arena_copy(arena, user->local_part);
    copied.domain = arena_copy(arena, user->domain);
    copied.display_name = arena_copy(arena, user->display_name);
    return copied;
}

bool user_cache_get(
    const struct user_cache *cache, struct text address, struct arena *arena, struct user *user_r)
{
    const struct user *user = map_get(cache->users, address);

    if (user != NULL)
        *user_r = copy(user, arena);
    return user != NULL;
}

void user_cache_put(struct user_cache *cache, struct text address, const struct user *user)
{
    struct user *kept;

    if (map_count(cache->users) >= cache->max)
        user_cache_clear(cache);
    kept = arena_alloc_zero(cache->arena, 1, sizeof *kept);
    *kept = copy(user, cache->arena);
    (void)map_put(cache->users, address, kept);
}

void user_cache_clear(struct user_cache *cache)
{
    if (map_count(cache->users) == 0)
        return;
    map_free(&cache->users);
    cache->users = map_new();
    arena_reset(cache->arena);
}
