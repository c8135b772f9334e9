/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * gatepost-authd's words on the control socket about guessers, for mailctl; gatepost-authd(8) has
 * the form of the answers. whom: an account, an IP address or a network. ERR_SYNTAX: it is none of
 * them; ERR_ABSENT: nothing is counted of it; the answer says so. The loop's thread.
 */

#include "authd/sentry.h"
#include "lib/service/service.h"

/* What is over a limit now. */
enum err words_refused(struct sentry *sentry, struct buffer *answer);
/* All that is counted of it. */
enum err words_counted(struct sentry *sentry, struct text whom, struct buffer *answer);
/* Forgets that, for good. */
enum err words_forgive(struct sentry *sentry, struct text whom, struct buffer *answer);
