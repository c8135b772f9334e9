/* SPDX-License-Identifier: MIT */
#include "lib/base/near.h"

#include <string.h>

/* So many letters must stand before an abbreviation is taken for one. */
#define ABBREVIATION_MIN 3

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return text_lower(a) == text_lower(b);
}

/*
 * Letters to put in, leave out, replace, or exchange with their neighbour to make a into b. The
 * three rows are the distances of the first i, i-1 and i-2 letters of a to each beginning of b.
 */
static size_t distance(struct text a, struct text b)
{
    size_t rows[3][NEAR_NAME_MAX + 1];

    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = is_same(a.data[i - 1], b.data[j - 1]) ? 0 : 1;

            now[j] = min(min(last[j] + 1, now[j - 1] + 1), last[j - 1] + change);
            if (i > 1 && j > 1 && is_same(a.data[i - 1], b.data[j - 2]) &&
                is_same(a.data[i - 2], b.data[j - 1]))
                now[j] = min(now[j], before[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

void near_init(struct near *near, struct text wanted)
{
    near->wanted = wanted;
    near->best = NULL;
    near->distance = 2 + wanted.len / 4;
}

void near_offer(struct near *near, const char *name)
{
    struct text offered = text_from_string(name);
    size_t found;

    if (near->wanted.len > NEAR_NAME_MAX || offered.len > NEAR_NAME_MAX)
        return;
    found = distance(near->wanted, offered);
    if (near->wanted.len >= ABBREVIATION_MIN && offered.len >= near->wanted.len &&
        text_equals_nocase(text_head(offered, near->wanted.len), near->wanted))
        found = min(found, 1);
    if (found >= near->distance || found >= near->wanted.len)
        return;
    near->best = name;
    near->distance = found;
}

const char *near_best(const struct near *near)
{
    return near->best;
}
