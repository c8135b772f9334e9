/* SPDX-License-Identifier: MIT */
#include "milter/libmilter-socket.h"

#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"
#include "milter/door.h"

/* libmilter's own socket is looked for below this number, while the program starts. */
#define DESCRIPTORS_MAX 1024

static bool libmilter_opens(const char *connection)
{
    return smfi_setconn((char *)(uintptr_t)connection) == MI_SUCCESS &&
           smfi_opensocket(false) == MI_SUCCESS;
}

static enum err give_by_number(int listen_fd, int *polled_r, struct failure *failure)
{
    char connection[32];
    enum err err = door_copy(listen_fd, polled_r, failure);

    if (err != ERR_NONE)
        return err;
    snprintf(connection, sizeof connection, "fd:%d", *polled_r);
    if (libmilter_opens(connection))
        return ERR_NONE;
    close(*polled_r);
    return failure_set(failure, ERR_UNSUPPORTED,
        "libmilter does not take a listening socket (\"fd:N\"), though it did when Gatepost was "
        "built: build Gatepost again on this system");
}

/* --- in the place of its own --- */

static bool is_listening(int fd)
{
    int value = 0;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) == 0 && value != 0;
}

/* A socket file in a folder that only we may enter, gone as soon as it is open. */
static bool opens_unix(void)
{
    char folder[] = "/tmp/gatepost-milter-XXXXXX", path[64], connection[80];
    bool is_open;

    if (mkdtemp(folder) == NULL)
        return false;
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(connection, sizeof connection, "unix:%s", path);
    is_open = libmilter_opens(connection);
    unlink(path);
    rmdir(folder);
    return is_open;
}

/* libmilter drops connections of another family than its own socket had. */
static bool opens_own(sa_family_t family)
{
    switch (family) {
    case AF_UNIX:
        return opens_unix();
    case AF_INET:
        return libmilter_opens("inet:0@[127.0.0.1]");
    case AF_INET6:
        return libmilter_opens("inet6:0@[::1]");
    default:
        return false;
    }
}

/* libmilter does not say its descriptor: it is the one that listens now and did not before. */
static enum err give_in_place(int listen_fd, int *polled_r, struct failure *failure)
{
    bool was_listening[DESCRIPTORS_MAX];
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;

    if (getsockname(listen_fd, (struct sockaddr *)&address, &len) != 0)
        return failure_set_errno(failure, ERR_IO, "getsockname");
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        was_listening[fd] = is_listening(fd);
    if (!opens_own(address.ss_family))
        return failure_set(failure, ERR_IO, "libmilter cannot open a socket of its own");
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
        if (was_listening[fd] || !is_listening(fd))
            continue;
        if (dup3(listen_fd, fd, O_CLOEXEC) < 0)
            return failure_set_errno(failure, ERR_IO, "exchanging libmilter's socket");
        *polled_r = fd;
        return ERR_NONE;
    }
    return failure_set(failure, ERR_IO, "libmilter's socket was not found");
}

enum err libmilter_socket_give(int listen_fd, int *polled_r, struct failure *failure)
{
    return LIBMILTER_TAKES_FD ? give_by_number(listen_fd, polled_r, failure)
                              : give_in_place(listen_fd, polled_r, failure);
}
