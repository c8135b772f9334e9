/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * In the place of the session: it notes what it is told, and answers as the queue id says, which
 * begins with "later", "reject", "changes" or "sender" (which it changes). For tests of what drives
 * a session, which link this instead of the real one. One thread.
 */

#include "lib/base/buffer.h"
#include "milter/session.h"

/* "connect(192.0.2.1 local name) helo(x) mail(<a@b> login) …" */
extern struct buffer noting_session_notes;
/* Of all connections; 0 when each was given back. */
extern int noting_session_count, noting_session_connections;
