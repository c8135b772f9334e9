/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether mail gets to an end, for those who change where it goes: aliases, forwards and domains
 * that are aliases may lead in a circle, or over more of them than is sound. To be asked when the
 * change stands in the database already, in its transaction. What is switched off leads nowhere,
 * and is to be looked at when it is switched on.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

/* Steps from the first address to the last; as far as rights to send are followed (sender.h). */
#define ROUTE_DEPTH_MAX 10

enum route_fault_kind { ROUTE_SOUND, ROUTE_CIRCLE, ROUTE_DEEP };

struct route_fault {
    enum route_fault_kind kind;
    struct text from, to; /* the step that leads back, or that is one too many */
};

/*
 * From an address of ours that has targets, and from what leads to it. ERR_LIMIT: it leads to more
 * than ROUTE_ADDRESSES_MAX addresses.
 */
enum err route_check(
    struct store *store, struct text address, struct arena *arena, struct route_fault *fault_r);
