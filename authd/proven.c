/* SPDX-License-Identifier: MIT */
#include "authd/proven.h"

#include <assert.h>
#include <sodium.h>

#include "lib/base/clock.h"
#include "lib/base/memory.h"

/* A mark stands in one of so many places, which its first bytes lead to. */
#define NEIGHBOURS 8

static_assert(PROVEN_MARK_BYTES <= crypto_generichash_BYTES_MAX &&
                  PROVEN_MARK_BYTES >= crypto_generichash_BYTES_MIN,
    "a hash of that length");

/* All zero where nothing stands: no mark is, and the clock was before us. */
struct place {
    struct proven_mark mark;
    int64_t noted_ms;
};

struct proven {
    unsigned char key[crypto_generichash_KEYBYTES];
    int64_t lifetime_ms;
    size_t rows; /* of NEIGHBOURS places */
    struct place *places;
};

struct proven *proven_new(size_t marks_max, int64_t lifetime_ms)
{
    struct proven *proven = memory_alloc_zero(1, sizeof *proven);

    crypto_generichash_keygen(proven->key);
    proven->lifetime_ms = lifetime_ms;
    proven->rows = (marks_max + NEIGHBOURS - 1) / NEIGHBOURS;
    proven->places = memory_alloc_zero(proven->rows * NEIGHBOURS, sizeof *proven->places);
    return proven;
}

void proven_free(struct proven **proven)
{
    struct proven *p = *proven;

    if (p == NULL)
        return;
    memory_wipe(p->places, p->rows * NEIGHBOURS * sizeof *p->places);
    free(p->places);
    memory_wipe(p, sizeof *p);
    memory_free(proven);
}

void proven_set_lifetime(struct proven *proven, int64_t lifetime_ms)
{
    proven->lifetime_ms = lifetime_ms;
}

/* --- marks --- */

/* With its length in front: no two lists of parts look the same. */
static void add(crypto_generichash_state *state, struct text part)
{
    uint64_t len = part.len;

    crypto_generichash_update(state, (const unsigned char *)&len, sizeof len);
    crypto_generichash_update(state, (const unsigned char *)part.data, part.len);
}

static void mark(
    const struct proven *proven, const struct text *parts, size_t count, struct proven_mark *mark_r)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, proven->key, sizeof proven->key, sizeof mark_r->bytes);
    for (size_t i = 0; i < count; i++)
        add(&state, parts[i]);
    crypto_generichash_final(&state, mark_r->bytes, sizeof mark_r->bytes);
    memory_wipe(&state, sizeof state); /* it holds the password */
}

void proven_mark_password(const struct proven *proven, struct text address, struct text hash,
    struct text password, struct proven_mark *mark_r)
{
    const struct text parts[] = {TEXT("password"), address, hash, password};

    mark(proven, parts, sizeof parts / sizeof *parts, mark_r);
}

void proven_mark_network(const struct proven *proven, struct text address,
    const struct ip_network *network, struct proven_mark *mark_r)
{
    char name[IP_NETWORK_TEXT_MAX];
    struct text parts[] = {TEXT("network"), address, TEXT_NONE};

    ip_network_format(network, name);
    parts[2] = text_from_string(name);
    mark(proven, parts, sizeof parts / sizeof *parts, mark_r);
}

/* --- places --- */

static struct place *row_of(const struct proven *proven, const struct proven_mark *mark)
{
    uint64_t number;

    memcpy(&number, mark->bytes, sizeof number);
    return proven->places + number % proven->rows * NEIGHBOURS;
}

static bool is_at(const struct place *place, const struct proven_mark *mark)
{
    return sodium_memcmp(place->mark.bytes, mark->bytes, sizeof mark->bytes) == 0;
}

bool proven_has(const struct proven *proven, const struct proven_mark *mark)
{
    const struct place *row = row_of(proven, mark);

    for (size_t i = 0; i < NEIGHBOURS; i++)
        if (is_at(&row[i], mark))
            return clock_monotonic_ms() - row[i].noted_ms < proven->lifetime_ms;
    return false;
}

void proven_note(struct proven *proven, const struct proven_mark *mark)
{
    struct place *row = row_of(proven, mark), *place = row;

    for (size_t i = 0; i < NEIGHBOURS && !is_at(place, mark); i++)
        if (is_at(&row[i], mark) || row[i].noted_ms < place->noted_ms)
            place = &row[i];
    *place = (struct place){*mark, clock_monotonic_ms()};
}
