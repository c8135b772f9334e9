/* SPDX-License-Identifier: MIT */
#include "lib/service/dial.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"

static int bound_sending(int fd, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    struct timeval limit = {.tv_sec = 0, .tv_usec = 1}; /* 0 would be without end */

    if (left_ms > 0) {
        limit.tv_sec = (time_t)(left_ms / 1000);
        limit.tv_usec = (suseconds_t)(left_ms % 1000 * 1000);
    }
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 ? 0 : errno;
}

/* 0, or errno. */
static int connect_until(int fd, const struct sockaddr_un *name, int64_t deadline_ms)
{
    int error;

    do {
        error = bound_sending(fd, deadline_ms);
        if (error == 0 && connect(fd, (const struct sockaddr *)name, sizeof *name) != 0)
            error = errno;
    } while (error == EINTR);
    return error == EAGAIN ? ETIMEDOUT : error;
}

int dial_unix(const char *path, int64_t deadline_ms)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd, error;

    if (len >= sizeof name.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name.sun_path, path, len);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    error = connect_until(fd, &name, deadline_ms);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}
