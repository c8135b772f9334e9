/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who may say where a client is. A webmail or a proxy logs in for others and forwards their
 * address; Dovecot believes it where login_trusted_networks says so, and hands both on: the
 * forwarded address, and that of the peer who spoke to Dovecot. The forwarded one counts here only
 * where the peer is one of authd.trusted_proxies, so that nobody else can choose the address that
 * he is judged by. Owned by the daemon; the loop's thread.
 */

#include "lib/base/config.h"
#include "lib/base/ip.h"

struct proxies {
    struct arena *arena; /* NULL: nothing was set yet */
    const struct ip_network *networks;
    size_t count;
};

/* Takes the place of what was set before. */
void proxies_set(struct proxies *proxies, const struct config_list *list);
void proxies_done(struct proxies *proxies);
bool proxies_trust(const struct proxies *proxies, const struct ip *peer);
/* The address that counts; peer IP_NONE: Dovecot did not say. */
struct ip proxies_client(
    const struct proxies *proxies, const struct ip *forwarded, const struct ip *peer);
/* The same of texts, one of the two; a peer that is no address is not trusted. */
struct text proxies_client_text(
    const struct proxies *proxies, struct text forwarded, struct text peer);
