/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Looks a key up as Postfix does: one request of the socketmap protocol (socketmap_table(5)) to
 * gatepost-authd. Blocks until the answer is there or the time is up.
 */

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/text.h"

/* Of Postfix's own keys none is longer. */
#define SOCKETMAP_CLIENT_KEY_MAX 2048

/*
 * listen: the address as it stands in the configuration. Appends what stands behind "OK ".
 * ERR_NONE: found; ERR_ABSENT: NOTFOUND; ERR_BUSY: TEMP; ERR_REFUSED: PERM, *failure has the reason
 * of these two. ERR_IO: nobody listens there; ERR_TIMEOUT; ERR_ACCESS; ERR_FOREIGN: no such answer.
 */
enum err socketmap_client_ask(const char *listen, struct text table, struct text key,
    int timeout_ms, struct buffer *value, struct failure *failure);
/* The same over a connected socket, which stays the caller's: for tests. */
enum err socketmap_client_talk(
    int fd, struct text table, struct text key, struct buffer *value, struct failure *failure);
