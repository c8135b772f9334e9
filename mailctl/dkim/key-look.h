/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the DNS shows under the name of a key, at every server of its zone and, where the name is an
 * alias (RFC 1034 §3.6.2), at every server of the zone that it leads to. A pure function of tables
 * of answers (dns/zone-views.h): what is missing there has been noted, and the call is made again.
 *
 * A name is followed once, from the domain's zone to the operator's. What leads further is taken
 * for something else than the key.
 */

#include "mailctl/dkim/rotation.h"
#include "mailctl/dns/zone-views.h"

/* What was seen besides, for people. */
struct key_look {
    struct rotation_look look;
    struct text alias;  /* where the name leads; empty: it is no alias */
    struct text server; /* of MIXED and UNKNOWN: one that differs, or could not tell */
};

/* False: waiting. The texts live as long as views and key do. */
bool key_look(struct zone_views *views, const struct dkim_key *key, struct key_look *look_r);
