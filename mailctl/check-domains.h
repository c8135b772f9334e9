/* SPDX-License-Identifier: MIT */
#pragma once

/* The domains that a call of mailctl is to check, and what their records should be. */

#include "mailctl/dns/check-run.h"
#include "mailctl/domain-roles.h"
#include "mailctl/invocation.h"

/*
 * Those among the arguments, or all of the directory that are not switched off where none is given;
 * without keys where a domain does not sign. They live in the
 * invocation's arena. EX_OK, or the exit status after the complaint.
 */
int check_domains_read(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r);
/* Who gets mail for the roles of each of them, as many, in the invocation's arena. The same. */
int check_domains_roles(struct invocation *invocation, const struct check_run_domain *domains,
    size_t count, struct domain_roles **roles_r);
