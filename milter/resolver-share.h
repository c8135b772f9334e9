/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A resolver that several worlds use: a reload that leaves the name servers as they were keeps it
 * with its cache (which it flushes where the servers are the system's, since those may change),
 * another one makes a new one, and the old ends with the last message that asked it something.
 * Counted; any thread but the resolver's own.
 */

#include "milter/world.h"

struct resolver_share;

enum err resolver_share_open(
    const struct settings *settings, struct resolver_share **share_r, struct failure *failure);
struct resolver_share *resolver_share_hold(struct resolver_share *share);
/* Clears the pointer; accepts a pointer to NULL. */
void resolver_share_release(struct resolver_share **share);
/* What a world needs of it; it does not hold a reference by itself. */
struct world_resolver resolver_share_interface(struct resolver_share *share);
/* Forgets what it has cached, as resolver_flush(); where that fails the servers stay as they are.
 */
enum err resolver_share_flush(struct resolver_share *share, struct failure *failure);
/* True where both settings ask the same servers with the same cache. */
bool resolver_share_suits(const struct settings *a, const struct settings *b);
