/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The zones that one look needs: of a domain, and of names that its aliases lead to. Each is found
 * when it is first asked for. In an arena, of one thread.
 */

#include "mailctl/dns/zone-view.h"

/* An alias leads to one zone, seldom to two; names in further ones are as if nobody answered. */
#define ZONE_VIEWS_MAX 8

struct zone_views {
    struct arena *arena;
    struct answers *resolver;
    bool resolver_only; /* no zone has servers */
    struct zone_view items[ZONE_VIEWS_MAX];
    size_t count;
};

void zone_views_init(struct zone_views *views, bool resolver_only, struct arena *arena);
/* The zone that holds the name, where it stands among them: it stays there. NULL: waiting. */
const struct zone_view *zone_views_find(struct zone_views *views, struct text name);
