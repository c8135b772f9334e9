/* SPDX-License-Identifier: MIT */
#include "milter/world.h"

#include <stdlib.h>

#include "lib/base/memory.h"

/* The list as engines want it: NULL behind the last. */
static const char *const *list_copy(const struct config_list *list, struct arena *arena)
{
    const char **copy = arena_alloc_zero(arena, list->count + 1, sizeof *copy);

    for (size_t i = 0; i < list->count; i++)
        copy[i] = arena_copy_string(arena, text_from_string(list->items[i]));
    return copy;
}

static void decisions_fill(
    struct world_decisions *decisions, const struct settings *settings, struct arena *arena)
{
    decisions->dns_timeout_ms = settings->dns.timeout_ms;
    decisions->on_dns_failure = (enum settings_on_failure)settings->milter.on_dns_failure;
    decisions->on_reject = (enum settings_on_reject)settings->dmarc.on_reject;
    decisions->on_own_domain = (enum settings_on_own_domain)settings->dmarc.on_own_domain;
    decisions->on_from_mismatch = (enum settings_on_mismatch)settings->milter.on_from_mismatch;
    decisions->trusted_networks = settings_networks(
        &settings->milter.trusted_networks, arena, &decisions->trusted_network_count);
    decisions->originating_daemons = list_copy(&settings->milter.originating_daemons, arena);
    decisions->internal_relays = settings_networks(
        &settings->milter.internal_relays, arena, &decisions->internal_relay_count);
    decisions->relay_daemons = list_copy(&settings->milter.relay_daemons, arena);
    decisions->relay_authserv_ids = list_copy(&settings->milter.relay_authserv_ids, arena);
    decisions->relay_results = (enum settings_relay_results)settings->milter.relay_results;
    decisions->relay_programs = (enum settings_relay_programs)settings->milter.relay_programs;
    decisions->sign_fields = list_copy(&settings->milter.sign_fields, arena);
    decisions->oversign_fields = list_copy(&settings->milter.oversign_fields, arena);
    decisions->host = arena_copy(arena, text_from_string(settings_hostname(settings)));
    decisions->postmaster = arena_copy(arena, text_from_string(settings->postmaster));
    decisions->srs_domain = settings_srs_domain(settings, arena);
    decisions->srs_days = settings_srs_days(settings);
    decisions->seals_forwarded = settings->arc.seal == SETTINGS_SEAL_FORWARDED;
    decisions->signature_lifetime_s = settings->milter.signature_lifetime_ms / 1000;
}

enum err world_new(const struct settings *settings, struct world **world_r, struct failure *failure)
{
    const char *id = settings->milter.authserv_id;
    struct arena *arena;
    struct world *world;

    if (id[0] == '\0')
        id = settings_hostname(settings);
    if (id[0] == '\0')
        return failure_set(failure, ERR_SYNTAX,
            "this host has no usable name: set hostname or milter.authserv_id");
    arena = arena_new();
    world = memory_alloc_zero(1, sizeof *world);
    atomic_init(&world->references, 1);
    world->arena = arena;
    world->rules.authserv_id = arena_copy(arena, text_from_string(id));
    world->rules.limits.header_bytes = (size_t)settings->milter.header_bytes;
    world->rules.limits.fields = (size_t)settings->milter.header_fields;
    world->rules.signatures.accept_short_body =
        settings->milter.on_short_body == SETTINGS_ON_SHORT_BODY_PASS;
    decisions_fill(&world->decisions, settings, arena);
    *world_r = world;
    return ERR_NONE;
}

struct world *world_hold(struct world *world)
{
    atomic_fetch_add_explicit(&world->references, 1, memory_order_relaxed);
    return world;
}

void world_release(struct world **world)
{
    struct world *gone = *world;

    *world = NULL;
    if (gone == NULL || atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel) != 1)
        return;
    if (gone->destroy != NULL)
        gone->destroy(gone);
    arena_free(&gone->arena);
    free(gone);
}

static bool is_in_networks(const struct ip_network *networks, size_t count, const struct ip *client)
{
    for (size_t i = 0; i < count; i++)
        if (ip_network_contains(&networks[i], client))
            return true;
    return false;
}

bool world_minds_forwarding(const struct world *world)
{
    return !text_is_empty(world->decisions.srs_domain) || world->decisions.seals_forwarded;
}

bool world_trusts(const struct world *world, const struct ip *client)
{
    const struct world_decisions *decisions = &world->decisions;

    return is_in_networks(decisions->trusted_networks, decisions->trusted_network_count, client);
}

bool world_is_relay(const struct world *world, const struct ip *client)
{
    const struct world_decisions *decisions = &world->decisions;

    return is_in_networks(decisions->internal_relays, decisions->internal_relay_count, client);
}

static bool is_in_list(const char *const *list, struct text word)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (text_equals_nocase(text_from_string(list[i]), word))
            return true;
    return false;
}

bool world_is_originating(const struct world *world, struct text daemon_name)
{
    return is_in_list(world->decisions.originating_daemons, daemon_name);
}

bool world_is_relay_daemon(const struct world *world, struct text daemon_name)
{
    return is_in_list(world->decisions.relay_daemons, daemon_name);
}
