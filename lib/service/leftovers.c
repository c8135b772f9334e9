/* SPDX-License-Identifier: MIT */
#include "lib/service/leftovers.h"

#include <stdlib.h>

#include "lib/base/memory.h"
#include "lib/service/control.h"
#include "lib/service/lock.h"
#include "lib/service/socket.h"

/* All that can be taken away is; the first reason why one cannot is told. */
static enum err remove_all(
    const struct service_program *program, const struct settings *settings, struct failure *failure)
{
    char *control = control_address(settings->run_directory, program->control);
    enum err err = socket_remove_stale(control, failure);

    for (size_t i = 0; i < program->socket_count; i++) {
        struct failure why;
        enum err one = socket_remove_stale(program->sockets[i].address(settings), &why);

        if (err == ERR_NONE && one != ERR_NONE)
            err = failure_set(failure, one, "%s", why.text);
    }
    free(control);
    return err;
}

enum err leftovers_remove(
    const struct service_program *program, const struct settings *settings, struct failure *failure)
{
    int lock_fd;
    enum err err = lock_take(settings->run_directory, program->control, &lock_fd, failure);

    if (err != ERR_NONE)
        return err;
    err = remove_all(program, settings, failure);
    lock_release(&lock_fd);
    return err;
}
