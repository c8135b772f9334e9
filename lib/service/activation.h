/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Sockets that systemd hands over (sd_listen_fds(3)): descriptors from 3 on, with names in
 * LISTEN_FDNAMES. Main thread, at start.
 */

#include "lib/base/error.h"

/*
 * The descriptor handed over under that name. ERR_ABSENT: none (we bind ourselves); ERR_FOREIGN:
 * there is one, but it is no listening stream socket.
 */
enum err activation_find(const char *name, int *fd_r, struct failure *failure);
/* Takes the variables out of the environment, so that no other program reads them. */
void activation_forget(void);
