/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Relay domains in main.cf: Postfix takes their mail and passes it on to the host that the DNS
 * names before this one. Their list is a file (domain-file.h), which relay_domains reads.
 */

#include "mailctl/attach/postfix-instance.h"

/*
 * What relay_domains looks names up in; table is "hash:/.../relays". Of an indexed file alone
 * relay_domains would take every name below a domain for a relay as well
 * (parent_domain_matches_subdomains), so a pattern stands in front of it.
 */
struct text postfix_relays_table(struct text table, struct arena *arena);
/* Whether its relay_domains reads the list, which has that path. */
bool postfix_relays_is_known(const struct postfix_instance *instance, const char *path);
/* Whether it asks who there is in them. */
bool postfix_relays_asks_recipients(const struct postfix_instance *instance);
/* The list is known; true also where that Postfix does not serve our domains, whose list is given
 * too. */
bool postfix_relays_is_content(
    const struct postfix_instance *instance, const char *domains, const char *path);
