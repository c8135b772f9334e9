/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/body-hash.h"

#include <assert.h>

#include "lib/mailauth/digest.h"

struct body_hash {
    enum canon canon;
    uint64_t limit;
    uint64_t left; /* canonical bytes that still go in */
    struct digest *digest;
    bool is_good;
    struct message_body_hash result;
};

/* One canonicalization under way, and whom it feeds. */
struct feed {
    struct body_hashes *hashes;
    struct canon_body body;
};

struct body_hashes {
    struct arena *arena;
    struct feed *feeds[2]; /* by enum canon; NULL: nobody wants it */
    size_t count;
    struct body_hash items[MESSAGE_HASHES_MAX];
};

struct body_hashes *body_hashes_new(struct arena *arena)
{
    struct body_hashes *hashes = arena_alloc_zero(arena, 1, sizeof *hashes);

    hashes->arena = arena;
    return hashes;
}

void body_hashes_done(struct body_hashes **hashes)
{
    if (*hashes == NULL)
        return;
    for (size_t i = 0; i < (*hashes)->count; i++)
        digest_free(&(*hashes)->items[i].digest);
    *hashes = NULL;
}

/* The sink of a canonicalization. */
static void feed_take(void *context, struct text bytes)
{
    const struct feed *feed = context;

    for (size_t i = 0; i < feed->hashes->count; i++) {
        struct body_hash *hash = &feed->hashes->items[i];
        struct text head = bytes;

        if (hash->canon != feed->body.canon)
            continue;
        if (hash->left < head.len)
            head.len = (size_t)hash->left;
        digest_add(hash->digest, head);
        hash->left -= head.len;
    }
}

static struct feed *feed_new(struct body_hashes *hashes, enum canon canon)
{
    struct feed *feed = arena_alloc(hashes->arena, sizeof *feed);

    feed->hashes = hashes;
    canon_body_init(&feed->body, canon, feed_take, feed);
    return feed;
}

static const struct body_hash *body_hash_find(
    const struct body_hashes *hashes, enum canon canon, uint64_t limit)
{
    for (size_t i = 0; i < hashes->count; i++)
        if (hashes->items[i].canon == canon && hashes->items[i].limit == limit)
            return &hashes->items[i];
    return NULL;
}

enum err body_hashes_want(struct body_hashes *hashes, enum canon canon, uint64_t limit)
{
    if (body_hash_find(hashes, canon, limit) != NULL)
        return ERR_NONE;
    if (hashes->count == MESSAGE_HASHES_MAX)
        return ERR_LIMIT;
    hashes->items[hashes->count++] =
        (struct body_hash){.canon = canon, .limit = limit, .left = limit, .digest = digest_new()};
    if (hashes->feeds[canon] == NULL)
        hashes->feeds[canon] = feed_new(hashes, canon);
    return ERR_NONE;
}

void body_hashes_add(struct body_hashes *hashes, struct text piece)
{
    for (size_t i = 0; i < 2; i++)
        if (hashes->feeds[i] != NULL)
            canon_body_add(&hashes->feeds[i]->body, piece);
}

void body_hashes_end(struct body_hashes *hashes)
{
    for (size_t i = 0; i < 2; i++)
        if (hashes->feeds[i] != NULL)
            canon_body_end(&hashes->feeds[i]->body);
    for (size_t i = 0; i < hashes->count; i++) {
        struct body_hash *hash = &hashes->items[i];

        hash->is_good = digest_finish(hash->digest, hash->result.digest);
        hash->result.canonical_bytes = hashes->feeds[hash->canon]->body.bytes;
    }
}

const struct message_body_hash *body_hashes_find(
    const struct body_hashes *hashes, enum canon canon, uint64_t limit)
{
    const struct body_hash *hash = body_hash_find(hashes, canon, limit);

    return hash != NULL && hash->is_good ? &hash->result : NULL;
}
