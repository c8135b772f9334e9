/* SPDX-License-Identifier: MIT */
#pragma once

/* A refusal of the guard's in words. Pure functions, any thread. */

#include "authd/guard.h"

#define GUARD_WORDS_MAX 200

/*
 * For the log: "guessing count=account network=192.0.2.0/24 limit=10/hour until=2026-...Z", or
 * "blocked network=192.0.2.0/24". fail2ban and people's scripts read it: what is there stays, and
 * in that order.
 */
void guard_words_for_log(const struct guard_verdict *verdict, char words_r[GUARD_WORDS_MAX]);
/* For who was refused, who is told nothing that helps with guessing. */
const char *guard_words_for_client(const struct guard_verdict *verdict);
