/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Milters that are met beside Postfix, by what their sockets are usually called: the one list of
 * them, for attach, which lets the operator choose, and for status, which looks at what is there.
 * Constant; any thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/text.h"

#define KNOWN_MILTER_MARKS 4

struct known_milter {
    const char *name;                          /* as --replace and --keep have it */
    const char *marks[KNOWN_MILTER_MARKS + 1]; /* any of them stands in the milter's address */
    bool is_rival;                             /* signs or judges, as we do */
    const char *does;
};

enum { KNOWN_MILTER_COUNT = 7 };
extern const struct known_milter known_milters[KNOWN_MILTER_COUNT];

/* By an address, with all "$other" in it replaced; NULL: none that is known. */
const struct known_milter *known_milter_identify(struct text address);
/* By its name, or NULL. */
const struct known_milter *known_milter_find(struct text name);
/* Whether our own milter, which listens there ("unix:/path", "inet:..."), stands in a list. */
bool known_milter_is_ours(struct text list, const char *listen);
/* Whether it signs or judges on this machine: some do only where they were told to. */
bool known_milter_is_rival(const struct known_milter *known);
