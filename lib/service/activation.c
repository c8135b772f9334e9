/* SPDX-License-Identifier: MIT */
#include "lib/service/activation.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/service/socket.h"

#define FIRST_FD 3
#define FDS_MAX 64

static uint64_t number_from_environment(const char *name, uint64_t max)
{
    uint64_t number;

    return text_to_number(text_from_string(getenv(name)), max, &number) ? number : 0;
}

enum err activation_find(const char *name, int *fd_r, struct failure *failure)
{
    uint64_t count = number_from_environment("LISTEN_FDS", FDS_MAX);
    struct text names = text_from_string(getenv("LISTEN_FDNAMES")), one;

    if (number_from_environment("LISTEN_PID", INT32_MAX) != (uint64_t)getpid())
        return ERR_ABSENT;
    for (int fd = FIRST_FD; fd < FIRST_FD + (int)count && text_split(&names, ':', &one); fd++) {
        if (!text_equals(one, text_from_string(name)))
            continue;
        if (!socket_is_listening(fd))
            return failure_set(failure, ERR_FOREIGN,
                "socket %s: what was handed over is no listening stream socket", name);
        *fd_r = fd;
        return ERR_NONE;
    }
    return ERR_ABSENT;
}

void activation_forget(void)
{
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}
