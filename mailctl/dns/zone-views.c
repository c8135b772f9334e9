/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/zone-views.h"

void zone_views_init(struct zone_views *views, bool resolver_only, struct arena *arena)
{
    *views = (struct zone_views){
        .arena = arena, .resolver = answers_new(arena), .resolver_only = resolver_only};
}

/* A zone without servers: nobody can be asked. */
static const struct zone_view *nobody(struct zone_views *views, struct text name)
{
    struct zone_view *view = arena_alloc_zero(views->arena, 1, sizeof *view);

    *view = (struct zone_view){.zone = name, .resolver = views->resolver};
    return view;
}

const struct zone_view *zone_views_find(struct zone_views *views, struct text name)
{
    struct zone_view view;

    if (views->resolver_only)
        return nobody(views, name);
    if (!zone_view_find(name, views->resolver, views->arena, &view))
        return NULL;
    for (size_t i = 0; i < views->count; i++)
        if (text_equals(views->items[i].zone, view.zone))
            return &views->items[i];
    if (views->count == ZONE_VIEWS_MAX)
        return nobody(views, name);
    for (size_t i = 0; i < view.server_count; i++)
        view.servers[i].answers = answers_new(views->arena);
    views->items[views->count] = view;
    return &views->items[views->count++];
}
