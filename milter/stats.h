/* SPDX-License-Identifier: MIT */
#pragma once

/* What the milter counts, for "metrics" on the control socket. Any thread. */

#include "lib/mailauth/mailauth.h"

/* Makes the counters known; once, at start. */
void stats_register(void);
/* action is the word of the log line. */
void stats_count_incoming(const struct mailauth_verdict *verdict, const char *action);
/* Deferred, and no verdict was come to. */
void stats_count_incoming_unjudged(void);
void stats_count_outgoing(const char *action, size_t signatures);
/* A login wrote as somebody that it may not. */
void stats_count_mismatch(void);
void stats_count_connections(int change);
/* A row for reports waits to be written; then it is either of the two. */
void stats_count_row_waiting(void);
void stats_count_rows_written(size_t count);
void stats_count_rows_dropped(size_t count);
