/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libopendmarc, as an engine and as a second opinion. It knows RFC 7489 and can be told no
 * organizational domain, so the walk of RFC 9989 stays ours, and the record that it finds is put
 * before the library. Any thread, once it is open.
 *
 * Rules around it, as an engine:
 *   - it is told only of identifiers that align by our walk: it takes x.com for a part of evil.com,
 *     and bank.com for one of x.com, and knows strict alignment from relaxed in part;
 *   - it hears of passes alone: a failing signature behind a passing one made it forget the first;
 *   - an author domain is one domain by then; two in one string it would evaluate;
 *   - its policy counts where it is not stricter than ours: it knows neither np= nor t=.
 */

#include "lib/engines/compare.h"
#include "lib/engines/libopendmarc-call.h"
#include "lib/mailauth/dmarc.h"

extern const struct dmarc_engine libopendmarc_engine;
/* The rows of its method; see engines.h. */
enum auth_progress libopendmarc_compare(
    const struct compare_input *input, struct compare_rows *rows);

/*
 * The library without our rules, on the record that our walk has found (found, evaluated by our
 * own engine for the same query) and all that passes. found->record is not NULL.
 */
enum libopendmarc_word libopendmarc_ask(
    const struct dmarc_query *query, const struct dmarc_verdict *found, struct arena *arena);
