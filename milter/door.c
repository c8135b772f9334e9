/* SPDX-License-Identifier: MIT */
#include "milter/door.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum err door_copy(int listen_fd, int *copy_r, struct failure *failure)
{
    int copy = fcntl(listen_fd, F_DUPFD_CLOEXEC, 3);

    if (copy < 0)
        return failure_set_errno(failure, ERR_IO, "copying the listening socket");
    *copy_r = copy;
    return ERR_NONE;
}

bool door_is_unix(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;

    return getsockname(fd, (struct sockaddr *)&address, &len) == 0 && address.ss_family == AF_UNIX;
}

/* Any free address of the family: an abstract name for a unix socket, a loopback port else. */
static socklen_t private_address(sa_family_t family, struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    address->ss_family = family;
    if (family == AF_INET) {
        ((struct sockaddr_in *)address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof(struct sockaddr_in);
    }
    if (family == AF_INET6) {
        ((struct sockaddr_in6 *)address)->sin6_addr = in6addr_loopback;
        return sizeof(struct sockaddr_in6);
    }
    return sizeof(sa_family_t);
}

/* Not blocking: the poller may have been woken by the old socket and accept on this one. */
static int private_socket(sa_family_t family)
{
    struct sockaddr_storage address;
    socklen_t len = private_address(family, &address);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&address, len) == 0 && listen(fd, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

enum err door_shut(int copy, int *bell_r, struct failure *failure)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    enum err err = ERR_NONE;
    int quiet, old;

    if (getsockname(copy, (struct sockaddr *)&address, &len) != 0)
        return failure_set_errno(failure, ERR_IO, "getsockname");
    quiet = private_socket(address.ss_family);
    old = fcntl(copy, F_DUPFD_CLOEXEC, 3);
    if (quiet < 0 || old < 0 || dup3(quiet, copy, O_CLOEXEC) < 0)
        err = failure_set_errno(failure, ERR_IO, "exchanging the listening socket");
    /*
     * The poller still waits on the old socket and so keeps it open. A knock at it makes the
     * kernel look again, now behind the number's new meaning: somebody must stand there too.
     */
    if (old >= 0) {
        if (err == ERR_NONE)
            door_knock(quiet);
        door_knock(old);
        close(old);
    }
    if (err == ERR_NONE)
        *bell_r = quiet;
    else if (quiet >= 0)
        close(quiet);
    return err;
}

void door_knock(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    int client;

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return;
    client = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client < 0)
        return;
    /* Refused, or in progress: either way there is nothing more to do than to let go. */
    (void)!connect(client, (const struct sockaddr *)&address, len);
    close(client);
}
