/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Accounts of this system that have addresses in a domain of ours: those of a domain that stood in
 * mydestination before attach keep them, behind users and aliases of the directory. Whatever takes
 * all of the domain takes theirs, too. Reads only; main thread.
 */

#include "mailctl/invocation.h"

/* What an account has the address for, and loses. */
enum postfix_accounts_use { POSTFIX_ACCOUNTS_MAIL, POSTFIX_ACCOUNTS_SENDER };

/*
 * Warns of people's accounts that are neither users nor aliases in that domain, where the Postfix
 * of this machine gives them addresses in it. Says nothing where that cannot be found out.
 */
void postfix_accounts_warn(struct invocation *invocation, struct store *store, struct text domain,
    enum postfix_accounts_use use);
