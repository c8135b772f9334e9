/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Listening sockets. Bound while the process is still alone (one thread, before it drops its
 * privileges) and holds its lock file: only then may a socket that nobody answers be taken away.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

/*
 * Binds and listens at an address (see address.h), close-on-exec and not blocking; over TCP with
 * TCP_NODELAY, which accepted connections inherit. A unix socket gets the mode, and the group by
 * name; NULL: the group of the folder it is in. Where we are not root, a group that we are not in
 * is left as it is.
 */
enum err socket_listen(
    const char *address, const char *group, mode_t mode, int *fd_r, struct failure *failure);

/* True where fd is a stream socket that listens: what another may hand to us. */
bool socket_is_listening(int fd);
/* Sets close-on-exec and not blocking. */
enum err socket_prepare(int fd, struct failure *failure);
/* Takes the path of a unix address away, if we may. */
void socket_unlink(const char *address);
