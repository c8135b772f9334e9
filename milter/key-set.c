/* SPDX-License-Identifier: MIT */
#include "milter/key-set.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base/memory.h"

struct key_set {
    _Atomic unsigned references;
    struct arena *arena; /* domain and selectors */
    struct text domain;
    struct key_set_item *items;
    size_t count;
};

static void set_free(struct key_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        private_key_release(&set->items[i].key);
    arena_free(&set->arena);
    free(set);
}

/* The list is ours alone and its texts lie in an arena that may be written. */
static void wipe_secrets(const struct dkim_key_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        memory_wipe((void *)(uintptr_t)list->items[i].pem.data, list->items[i].pem.len);
}

static enum err item_add(struct key_set *set, const struct dkim_key *row, struct failure *failure)
{
    struct failure cause = {ERR_NONE, ""};
    struct private_key *key;
    enum err err = private_key_parse(row->pem, true, &key, &cause);
    size_t place = set->count;

    if (err != ERR_NONE)
        return failure_set(failure, err, "DKIM key %.*s of %.*s: %s", TEXT_ARGS(row->selector),
            TEXT_ARGS(set->domain), cause.text[0] != '\0' ? cause.text : err_text(err));
    if (private_key_algorithm(key) != KEY_RSA)
        for (place = 0; place < set->count; place++)
            if (private_key_algorithm(set->items[place].key) == KEY_RSA)
                break;
    for (size_t i = set->count; i > place; i--)
        set->items[i] = set->items[i - 1];
    set->items[place].selector = arena_copy(set->arena, row->selector);
    set->items[place].key = key;
    set->count++;
    return ERR_NONE;
}

enum err key_set_parse(struct text domain, const struct dkim_key_list *list, struct key_set **set_r,
    struct failure *failure)
{
    struct key_set *set = memory_alloc_zero(1, sizeof *set);
    enum err err = ERR_NONE;

    atomic_init(&set->references, 1);
    set->arena = arena_new();
    set->domain = arena_copy(set->arena, domain);
    set->items = arena_alloc_zero(set->arena, list->count + 1, sizeof *set->items);
    for (size_t i = 0; i < list->count && err == ERR_NONE; i++)
        err = item_add(set, &list->items[i], failure);
    wipe_secrets(list);
    if (err != ERR_NONE)
        set_free(set);
    else
        *set_r = set;
    return err;
}

struct key_set *key_set_hold(struct key_set *set)
{
    atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void key_set_release(struct key_set **set)
{
    struct key_set *gone = *set;

    *set = NULL;
    if (gone != NULL && atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel) == 1)
        set_free(gone);
}

struct text key_set_domain(const struct key_set *set)
{
    return set->domain;
}

size_t key_set_count(const struct key_set *set)
{
    return set->count;
}

const struct key_set_item *key_set_item(const struct key_set *set, size_t index)
{
    assert(index < set->count);
    return &set->items[index];
}
