/* SPDX-License-Identifier: MIT */
#pragma once

/* The way back of bounces to rewritten senders (SRS), as Postfix has it. Pure functions. */

#include "lib/base/arena.h"
#include "lib/base/text.h"

/*
 * The table for virtual_alias_maps: an address that verifies stands for the sender that it was made
 * of, any other is unknown. Asked by the form of the address alone, so that no other mail waits
 * for gatepost-authd.
 */
struct text postfix_srs_table(struct text domain, struct text lookup, struct arena *arena);
/* Whether such a table for that domain stands in the value of virtual_alias_maps, expanded. */
bool postfix_srs_is_known(struct text maps, struct text domain, struct arena *arena);
