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
/* True where fd is bound to that address: what another bound for us may lie elsewhere. */
bool socket_is_at(int fd, const char *address);
/* Sets close-on-exec and not blocking. */
enum err socket_prepare(int fd, struct failure *failure);
/* Which file a unix socket is; all 0: none of ours. */
struct socket_file {
    dev_t device;
    ino_t inode;
};

/* That of the address, just after it was bound; none where it is no unix address. */
struct socket_file socket_file_of(const char *address);
/* Takes the path of a unix address away, if we may, and if it still is that file. */
void socket_unlink(const char *address, const struct socket_file *file);
/*
 * Takes it away if nobody answers there. ERR_NONE too where there is none, or it is no unix
 * address; ERR_EXISTS where somebody listens or another kind of file is in the way.
 */
enum err socket_remove_stale(const char *address, struct failure *failure);
