/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Domains that one Postfix was told to be ours and delivers to accounts of the system all the same,
 * because they stand in its mydestination: that one wins, and our users in them are unknown to it.
 * attach takes the domains of its day out; one that is added later comes to stand there again.
 * Reads only; what is returned lives in the instance's arena.
 */

#include "mailctl/postfix-instance.h"

/*
 * mydestination with all "$other" in it replaced, in lower case, each name once, for
 * postfix_list_next(); empty where this Postfix does not read the list of our domains (its path).
 */
struct text postfix_local_names(const struct postfix_instance *instance, const char *domains);
