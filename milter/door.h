/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The door that connections come in by: a listening descriptor that can be taken from under
 * somebody who polls it. libmilter has no word for "stop accepting", and it aborts when its
 * descriptor is closed. The number stays; the socket behind it is exchanged for one that nobody
 * knows of. Used by one thread; the poller is another.
 */

#include "lib/base/error.h"

/* Postfix on the same machine; over TCP answers go otherwise (negotiation.h). */
bool door_is_unix(int fd);
/* A copy of listen_fd for the poller, close-on-exec. */
enum err door_copy(int listen_fd, int *copy_r, struct failure *failure);
/*
 * Exchanges the socket behind copy. Connections still in the old one's queue stay there, for
 * whoever else holds it (systemd) or to be refused when its last holder is gone. *bell_r is the
 * caller's: a descriptor of the new socket, to knock at.
 */
enum err door_shut(int copy, int *bell_r, struct failure *failure);
/* Makes poll() on the socket return once, by a connection that is closed at once. */
void door_knock(int fd);
