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
struct forged_claim {
    int name;
    unsigned index;
    bool is_relays; /* the name that it has is a relay's alone */
    bool is_spared;
    struct forged_claim *previous;
};

struct forged {
    struct arena *arena;
    struct text authserv_id;
    const char *const *relay_ids;
    unsigned seen[NAMES];
    struct forged_claim *last;
};

struct forged *forged_new(
    struct text authserv_id, const char *const *relay_ids, struct arena *arena)
{
    struct forged *forged = arena_alloc_zero(arena, 1, sizeof *forged);

    forged->arena = arena;
    forged->authserv_id = authserv_id;
    forged->relay_ids = relay_ids;
    return forged;
}

static bool claims_relay(const struct forged *forged, const struct header_field *field)
{
    const char *const *ids = forged->relay_ids;

    for (size_t i = 0; ids != NULL && ids[i] != NULL; i++)
        if (authres_is_forged(field, text_from_string(ids[i]), forged->arena))
            return true;
    return false;
}

static struct forged_claim *claim_field(struct forged *forged, int name, bool is_relays)
{
    struct forged_claim *claim = arena_alloc_zero(forged->arena, 1, sizeof *claim);

    claim->name = name;
    claim->index = forged->seen[name];
    claim->is_relays = is_relays;
    claim->previous = forged->last;
    forged->last = claim;
    return claim;
}

struct forged_claim *forged_field(struct forged *forged, const struct header_field *field)
{
    int name = 0;

    while (name < NAMES && !text_equals_nocase(field->name, text_from_string(names[name])))
        name++;
    if (name == NAMES)
        return NULL;
    forged->seen[name]++;
    if (name != RESULTS || authres_is_forged(field, forged->authserv_id, forged->arena))
        return claim_field(forged, name, false);
    return claims_relay(forged, field) ? claim_field(forged, name, true) : NULL;
}

void forged_spare(struct forged_claim *claim)
{
    claim->is_spared = claim->is_relays;
}

size_t forged_count(const struct forged *forged)
{
    size_t count = 0;

    for (const struct forged_claim *claim = forged->last; claim != NULL; claim = claim->previous)
        count += !claim->is_spared;
    return count;
}

void forged_remove(const struct forged *forged, struct reply *reply)
{
    for (const struct forged_claim *claim = forged->last; claim != NULL; claim = claim->previous)
        if (!claim->is_spared)
            reply_remove_header(reply, claim->index, names[claim->name]);
}
