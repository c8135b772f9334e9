/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the configuration of other mail programs says of work that is ours, too: in whose name
 * OpenDKIM and OpenDMARC write their results, and whether amavis signs and verifies. Reads only.
 */

#include "lib/base/arena.h"

/* Of "Name value" lines, as OpenDKIM and OpenDMARC have them, the last of that name in any case;
 * empty where there is none. A view of the bytes. */
struct text neighbour_conf_value(struct text bytes, struct text name);
/* The same of a file; empty where it cannot be read, too. */
struct text neighbour_conf_read(const char *path, struct text name, struct arena *arena);

struct neighbour_amavis {
    bool signs;    /* $enable_dkim_signing */
    bool verifies; /* $enable_dkim_verification */
};

/*
 * One more file of amavis', which is Perl: of each of the two variables the last plain assignment
 * counts. What stands in conditions and policy banks is not understood.
 */
void neighbour_amavis_add(struct neighbour_amavis *amavis, struct text bytes);
/* All of /etc/amavis/conf.d, in amavis' order; nothing is on where there is no amavis. */
struct neighbour_amavis neighbour_amavis_read(struct arena *arena);
