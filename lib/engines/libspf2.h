/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libspf2, as an engine and as a second opinion. Its objects are made for each check. Any thread,
 * once it is open.
 *
 * Rules around it, as an engine:
 *   - records go through our parser first: the library takes /032, redirect: and control bytes,
 *     and could make a pass of them; what is malformed is a permerror without it;
 *   - its layer of lookups counts (libspf2-dns.h): each include of the library starts a count of
 *     its own, and void lookups it does not count;
 *   - a syntax error comes back as "no record": its messages tell the two apart;
 *   - a client of the loopback network, to which it gives a pass without a look at the record, is
 *     none of its business (IPv4-mapped addresses are IPv4 in all of Gatepost);
 *   - names are fetched as our own engine needs them, so that it costs no more waves;
 *   - explanations are not taken from it: it writes them with "%" for blanks.
 */

#include "lib/base/error.h"
#include "lib/engines/compare.h"
#include "lib/mailauth/spf.h"

enum err libspf2_open(struct failure *failure);
extern const struct spf_engine libspf2_engine;
/* The rows of its method; see engines.h. */
enum auth_progress libspf2_compare(const struct compare_input *input, struct compare_rows *rows);

/*
 * The library without our rules. AUTH_WAITING: it wants names that are noted now. It is kept from
 * asking for names without an end, and says temperror then.
 */
enum auth_progress libspf2_ask(const struct spf_query *query, struct answers *answers,
    struct arena *arena, struct spf_verdict *verdict_r);
