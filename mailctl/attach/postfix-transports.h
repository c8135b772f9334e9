/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Transports of our domains in main.cf: transport_maps reads them from a file (domain-file.h).
 * Postfix resolves every address by it, and allows no pattern with a substitution there, which
 * would keep gatepost-authd from being asked of others' addresses: so it is not asked at all.
 */

#include "mailctl/attach/postfix-instance.h"

/* Whether its transport_maps reads the file, which has that path. */
bool postfix_transports_is_known(const struct postfix_instance *instance, const char *path);
/* The same, true also where that Postfix does not serve our domains, whose list is given too. */
bool postfix_transports_is_content(
    const struct postfix_instance *instance, const char *domains, const char *path);
