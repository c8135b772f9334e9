/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether somebody gets what other sites write to postmaster and abuse of a domain (RFC 5321
 * section 4.5.1, RFC 2142 section 4), by what the directory says. Pure.
 */

#include "lib/base/arena.h"
#include "mailctl/domain-roles.h"
#include "mailctl/finding.h"

/* Adds to the domain's findings: one for each role that is ours to give. */
void judge_roles(const struct domain_roles *roles, struct findings *findings, struct arena *arena);
