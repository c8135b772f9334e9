/* SPDX-License-Identifier: MIT */
#include "milter/signing.h"

#include "lib/store/domain.h"

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

/* ERR_ABSENT: it is told not to. */
static enum err check_signs(
    struct directory_pool *directory, struct text name, struct failure *failure)
{
    struct store *store = NULL;
    struct arena *arena;
    bool signs = true;
    enum err err = directory_pool_take(directory, &store, failure);

    if (err != ERR_NONE)
        return err;
    arena = arena_new();
    err = directory_pool_give(directory, &store, ask(store, name, arena, &signs), failure);
    arena_free(&arena);
    return err == ERR_NONE && !signs ? ERR_ABSENT : err;
}

/* The keys first: most domains that send mail through here have none, and cost no second question.
 */
enum err signing_find_keys(struct directory_pool *directory, struct keystore *keystore,
    struct text domain, struct key_set **set_r, struct failure *failure)
{
    struct key_set *set = NULL;
    enum err err = keystore_find(keystore, domain, &set, failure);

    if (err != ERR_NONE)
        return err;
    err = check_signs(directory, domain, failure);
    if (err == ERR_NONE)
        *set_r = set;
    else
        key_set_release(&set);
    return err;
}
