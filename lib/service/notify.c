/* SPDX-License-Identifier: MIT */
#include "lib/service/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/text.h"

static void send_state(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t len = path != NULL ? strlen(path) : 0;
    int fd;

    if (len == 0 || len >= sizeof name.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(name.sun_path, path, len);
    if (path[0] == '@')
        name.sun_path[0] = '\0'; /* the abstract namespace */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&name,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

void notify_ready(const char *status)
{
    char state[256];

    snprintf(state, sizeof state, "READY=1\nSTATUS=%s", status);
    send_state(state);
}

void notify_reloading(void)
{
    struct timespec now;
    char state[128];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
        (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    send_state(state);
}

void notify_stopping(const char *status, int64_t within_ms)
{
    char state[256];

    snprintf(state, sizeof state, "STOPPING=1\nSTATUS=%s\nEXTEND_TIMEOUT_USEC=%" PRId64, status,
        within_ms * 1000);
    send_state(state);
}

void notify_watchdog(void)
{
    send_state("WATCHDOG=1");
}

uint64_t notify_watchdog_us(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t number, whom;

    if (pid != NULL &&
        (!text_to_number(text_from_string(pid), INT32_MAX, &whom) || whom != (uint64_t)getpid()))
        return 0;
    if (!text_to_number(text_from_string(getenv("WATCHDOG_USEC")), INT64_MAX, &number))
        return 0;
    return number / 2;
}
