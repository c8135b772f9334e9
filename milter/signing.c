/* SPDX-License-Identifier: MIT */
#include "milter/signing.h"

#include <pthread.h>

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/store/domain.h"

/* What the directory said of a name, for the map, which holds pointers. */
static bool does_sign = true, does_not_sign = false;

struct signing {
    struct directory_pool *directory;
    struct keystore *keystore;

    pthread_mutex_t lock; /* guards what follows */
    struct map *answers;  /* by name: one of the two above */
    uint64_t generation;  /* counts how often the answers were forgotten */
    int64_t forgotten_at_ms;
};

struct signing *signing_new(struct directory_pool *directory, struct keystore *keystore)
{
    struct signing *signing = memory_alloc_zero(1, sizeof *signing);

    signing->directory = directory;
    signing->keystore = keystore;
    pthread_mutex_init(&signing->lock, NULL);
    signing->answers = map_new();
    signing->forgotten_at_ms = clock_monotonic_ms();
    return signing;
}

void signing_free(struct signing **signing)
{
    if (*signing == NULL)
        return;
    pthread_mutex_destroy(&(*signing)->lock);
    map_free(&(*signing)->answers);
    memory_free(signing);
}

/* --- the answers --- */

/* With the lock held. */
static void forget_all(struct signing *signing)
{
    map_free(&signing->answers);
    signing->answers = map_new();
    signing->generation++;
    signing->forgotten_at_ms = clock_monotonic_ms();
}

/* NULL: it has to be asked. */
static const bool *recall(struct signing *signing, struct text name, uint64_t *generation_r)
{
    const bool *answer;

    pthread_mutex_lock(&signing->lock);
    if (clock_monotonic_ms() - signing->forgotten_at_ms >= KEYSTORE_TRUST_MS)
        forget_all(signing);
    answer = map_get(signing->answers, name);
    *generation_r = signing->generation;
    pthread_mutex_unlock(&signing->lock);
    return answer;
}

/* One that was asked for before the others were forgotten may be as old as these. */
static void keep(struct signing *signing, struct text name, bool signs, uint64_t generation)
{
    pthread_mutex_lock(&signing->lock);
    if (map_count(signing->answers) >= SIGNING_NAMES_MAX)
        forget_all(signing);
    else if (generation == signing->generation)
        map_put(signing->answers, name, signs ? &does_sign : &does_not_sign);
    pthread_mutex_unlock(&signing->lock);
}

/* --- asking --- */

static enum err ask(struct store *store, struct text name, struct arena *arena, bool *signs_r)
{
    struct domain domain;
    struct text above;
    enum err err = domain_find_above(store, name, arena, &above);

    if (err == ERR_NONE)
        err = domain_find(store, above, arena, &domain);
    if (err == ERR_NONE)
        *signs_r = domain.signs;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err ask_directory(
    struct signing *signing, struct text name, bool *signs_r, struct failure *failure)
{
    struct store *store = NULL;
    struct arena *arena;
    enum err err = directory_pool_take(signing->directory, &store, failure);

    if (err != ERR_NONE)
        return err;
    arena = arena_new();
    *signs_r = true;
    err =
        directory_pool_give(signing->directory, &store, ask(store, name, arena, signs_r), failure);
    arena_free(&arena);
    return err;
}

/* ERR_ABSENT: it is told not to. */
static enum err check_signs(struct signing *signing, struct text name, struct failure *failure)
{
    uint64_t generation;
    const bool *known = recall(signing, name, &generation);
    bool signs = known == NULL || *known;
    enum err err = ERR_NONE;

    if (known == NULL) {
        err = ask_directory(signing, name, &signs, failure);
        if (err == ERR_NONE)
            keep(signing, name, signs, generation);
    }
    return err == ERR_NONE && !signs ? ERR_ABSENT : err;
}

/* The keys first: most domains that send mail through here have none, and cost no second question.
 */
enum err signing_find_keys(
    struct signing *signing, struct text domain, struct key_set **set_r, struct failure *failure)
{
    struct key_set *set = NULL;
    enum err err = keystore_find(signing->keystore, domain, &set, failure);

    if (err != ERR_NONE)
        return err;
    err = check_signs(signing, domain, failure);
    if (err == ERR_NONE)
        *set_r = set;
    else
        key_set_release(&set);
    return err;
}
