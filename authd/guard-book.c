/* SPDX-License-Identifier: MIT */
#include "authd/guard-book.h"

#include <assert.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"

struct leaf {
    struct guard_page page;
    struct leaf *newer, *older; /* by when it was written to last */
    size_t key_len;
    char key[];
};

struct guard_book {
    struct map *by_key;
    struct leaf *newest, *oldest;
    size_t pages_max;
};

struct guard_book *guard_book_new(size_t pages_max)
{
    struct guard_book *book = memory_alloc_zero(1, sizeof *book);

    assert(pages_max > 0);
    book->by_key = map_new();
    book->pages_max = pages_max;
    return book;
}

static struct text key_of(const struct leaf *leaf)
{
    return text_from_bytes(leaf->key, leaf->key_len);
}

static void take_out(struct guard_book *book, struct leaf *leaf)
{
    *(leaf->newer != NULL ? &leaf->newer->older : &book->newest) = leaf->older;
    *(leaf->older != NULL ? &leaf->older->newer : &book->oldest) = leaf->newer;
    leaf->newer = leaf->older = NULL;
}

static void put_in(struct guard_book *book, struct leaf *leaf)
{
    leaf->older = book->newest;
    *(book->newest != NULL ? &book->newest->newer : &book->oldest) = leaf;
    book->newest = leaf;
}

static void leaf_free(struct leaf *leaf)
{
    for (size_t i = 0; i < GUARD_PAGE_KINDS; i++)
        recent_done(&leaf->page.of[i]);
    free(leaf);
}

static void tear_out(struct guard_book *book, struct leaf *leaf)
{
    take_out(book, leaf);
    map_remove(book->by_key, key_of(leaf));
    leaf_free(leaf);
}

void guard_book_free(struct guard_book **book)
{
    struct leaf *leaf, *newer;

    if (*book == NULL)
        return;
    for (leaf = (*book)->oldest; leaf != NULL; leaf = newer) {
        newer = leaf->newer;
        leaf_free(leaf);
    }
    map_free(&(*book)->by_key);
    memory_free(book);
}

size_t guard_book_count(const struct guard_book *book)
{
    return map_count(book->by_key);
}

struct guard_page *guard_book_read(struct guard_book *book, struct text key)
{
    struct leaf *leaf = map_get(book->by_key, key);

    return leaf != NULL ? &leaf->page : NULL;
}

static struct leaf *insert(struct guard_book *book, struct text key)
{
    struct leaf *leaf = memory_alloc_zero(1, sizeof *leaf + key.len);

    if (map_count(book->by_key) == book->pages_max)
        tear_out(book, book->oldest);
    leaf->key_len = key.len;
    if (key.len > 0)
        memcpy(leaf->key, key.data, key.len);
    map_put(book->by_key, key_of(leaf), leaf);
    return leaf;
}

struct guard_page *guard_book_write(struct guard_book *book, struct text key)
{
    struct leaf *leaf = map_get(book->by_key, key);

    if (leaf != NULL)
        take_out(book, leaf);
    else
        leaf = insert(book, key);
    put_in(book, leaf);
    return &leaf->page;
}

bool guard_book_erase(struct guard_book *book, struct text key)
{
    struct leaf *leaf = map_get(book->by_key, key);

    if (leaf != NULL)
        tear_out(book, leaf);
    return leaf != NULL;
}

bool guard_book_erase_all(struct guard_book *book, guard_book_is_fn *is, void *context)
{
    bool was_there = false;

    for (struct leaf *leaf = book->oldest, *newer; leaf != NULL; leaf = newer) {
        newer = leaf->newer;
        if (!is(context, key_of(leaf)))
            continue;
        tear_out(book, leaf);
        was_there = true;
    }
    return was_there;
}

void guard_book_each(struct guard_book *book, size_t max, guard_book_visit_fn *visit, void *context)
{
    for (struct leaf *leaf = book->newest; leaf != NULL && max > 0; leaf = leaf->older, max--)
        visit(context, key_of(leaf), &leaf->page);
}

static bool expire(struct leaf *leaf, int64_t at)
{
    bool is_empty = true;

    for (size_t i = 0; i < GUARD_PAGE_KINDS; i++) {
        recent_expire(&leaf->page.of[i], at);
        is_empty = is_empty && leaf->page.of[i].count == 0;
    }
    return is_empty;
}

bool guard_book_expire(struct guard_book *book, int64_t at, size_t pages)
{
    struct leaf *leaf = book->oldest;

    /* Who was written to last has the youngest mark: behind one that stays all stay. */
    for (; pages > 0 && leaf != NULL; pages--) {
        struct leaf *newer = leaf->newer;

        if (!expire(leaf, at))
            return false;
        tear_out(book, leaf);
        leaf = newer;
    }
    return leaf != NULL;
}
