/* SPDX-License-Identifier: MIT */
#include "authd/proxies.h"

#include "lib/base/arena.h"
#include "lib/service/settings.h"

void proxies_set(struct proxies *proxies, const struct config_list *list)
{
    proxies_done(proxies);
    proxies->arena = arena_new();
    proxies->networks = settings_networks(list, proxies->arena, &proxies->count);
}

void proxies_done(struct proxies *proxies)
{
    arena_free(&proxies->arena);
    *proxies = (struct proxies){.arena = NULL};
}

bool proxies_trust(const struct proxies *proxies, const struct ip *peer)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (ip_network_contains(&proxies->networks[i], peer))
            return true;
    return false;
}

struct ip proxies_client(
    const struct proxies *proxies, const struct ip *forwarded, const struct ip *peer)
{
    return peer->family == IP_NONE || proxies_trust(proxies, peer) ? *forwarded : *peer;
}

struct text proxies_client_text(
    const struct proxies *proxies, struct text forwarded, struct text peer)
{
    struct ip ip;

    if (peer.len == 0 || (ip_parse(peer, &ip) && proxies_trust(proxies, &ip)))
        return forwarded;
    return peer;
}
