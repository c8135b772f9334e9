/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What "dns set" keeps for a domain. Most of it is the business of "mailctl dns" alone
 * (store/dns-option.h). Whose senders the SPF record includes and where reports on DMARC go belong
 * to the domain itself (store/domain.h), where "domain set" says them, too: they are kept there and
 * nowhere else, under the names of options here. Domains are normalized by the caller.
 */

#include "lib/store/dns-option.h"

/* Of a domain that does not exist: none. */
enum err kept_options_list(
    struct store *store, struct text domain, struct arena *arena, struct dns_option_list *list_r);
/* Whether that option is one of those that belong to the domain itself. */
bool kept_options_is_of_domain(struct text name);
/* As dns_option_set(). ERR_LIMIT: more names than an SPF record can include. */
enum err kept_options_set(struct store *store, struct text domain, struct text name,
    const struct text *values, size_t count, struct arena *arena);
