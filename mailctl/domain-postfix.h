/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What becomes of Postfix, in each of its instances on this machine, when a domain of ours comes,
 * goes or is switched off.
 */

#include "mailctl/invocation.h"

/* Where Postfix goes on delivering a domain that came to accounts of the system. */
void domain_postfix_warn(struct invocation *invocation, struct text name);
/* Where Postfix does not know the list of relay domains, to which this one came. */
void domain_postfix_warn_relay(struct invocation *invocation, struct text name);
/* Where Postfix does not ask who there is in that relay, which has got a list of them. */
void domain_postfix_warn_recipients(struct invocation *invocation, struct text name);
/* Where Postfix does not ask for the transport of that domain. */
void domain_postfix_warn_transport(struct invocation *invocation, struct text name);
/*
 * After the change: Postfix's lists say the same as the directory, and Postfix goes by them; by one
 * of them, too, where the other could not be written. Nothing with --dry-run. Complains, and
 * returns the exit status; the change itself stands.
 */
int domain_postfix_follow(struct invocation *invocation, struct store *store);
/* Postfix finds the way of the mail that it has anew. Nothing with --dry-run. */
void domain_postfix_reload(struct invocation *invocation);
