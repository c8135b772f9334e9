/* SPDX-License-Identifier: MIT */
#include "milter/forged.h"

#include "lib/mailauth/authres.h"

/* The fields that are ours, by name. */
enum { RESULTS, ACTION, WARNING, NAMES };

static const char *const names[NAMES] = {
    [RESULTS] = FORGED_RESULTS_FIELD,
    [ACTION] = FORGED_ACTION_FIELD,
    [WARNING] = FORGED_WARNING_FIELD,
};

/* A field to remove: the index-th of its name, counted from 1. */
struct find {
    int name;
    unsigned index;
    struct find *previous;
};

struct forged {
    struct arena *arena;
    struct text authserv_id;
    unsigned seen[NAMES];
    struct find *last;
    size_t count;
};

struct forged *forged_new(struct text authserv_id, struct arena *arena)
{
    struct forged *forged = arena_alloc_zero(arena, 1, sizeof *forged);

    forged->arena = arena;
    forged->authserv_id = authserv_id;
    return forged;
}

static bool is_forged(const struct forged *forged, int name, const struct header_field *field)
{
    return name != RESULTS || authres_is_forged(field, forged->authserv_id, forged->arena);
}

void forged_field(struct forged *forged, const struct header_field *field)
{
    for (int name = 0; name < NAMES; name++) {
        struct find *find;

        if (!text_equals_nocase(field->name, text_from_string(names[name])))
            continue;
        forged->seen[name]++;
        if (!is_forged(forged, name, field))
            continue;
        find = arena_alloc_zero(forged->arena, 1, sizeof *find);
        find->name = name;
        find->index = forged->seen[name];
        find->previous = forged->last;
        forged->last = find;
        forged->count++;
    }
}

size_t forged_count(const struct forged *forged)
{
    return forged->count;
}

void forged_remove(const struct forged *forged, struct reply *reply)
{
    for (const struct find *find = forged->last; find != NULL; find = find->previous)
        reply_remove_header(reply, find->index, names[find->name]);
}
