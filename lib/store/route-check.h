/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether mail gets to an end, for those who change where it goes: aliases, forwards and domains
 * that are aliases may lead in a circle, or over more of them than is sound. To be asked when the
 * change stands in the database already, in its transaction: of what came or was changed, and of
 * what went or was switched off, since an address that is nobody's own falls to the catch-all.
 * What is switched off leads nowhere, and is to be looked at when it is switched on. What ends by
 * itself is route_find()'s to see to.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* Steps from the first address to the last; as far as rights to send are followed (sender.h). */
#define ROUTE_DEPTH_MAX 10

enum route_fault_kind { ROUTE_SOUND, ROUTE_CIRCLE, ROUTE_DEEP };

struct route_fault {
    enum route_fault_kind kind;
    struct text way; /* "a@example.org -> b@example.org -> a@example.org" */
};

/*
 * From where mail to an address of ours goes, and from what leads to it, as far as
 * ROUTE_ADDRESSES_MAX of these. ERR_LIMIT: it leads to more than so many addresses.
 */
enum err route_check(
    struct store *store, struct text address, struct arena *arena, struct route_fault *fault_r);
