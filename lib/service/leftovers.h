/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a daemon leaves in the file system when it ends. Where it was started as root, its sockets
 * lie in folders of root, and it ends as another user who cannot take them away; nor can anybody
 * after a crash. Whoever ran it calls it once more, as root, with --remove-sockets. Sockets that
 * systemd holds are listened at, and so stay.
 */

#include "lib/service/service.h"

/*
 * Takes away the unix sockets of the program that nobody listens at, under its lock: ERR_EXISTS
 * where an instance of it runs. A socket that another process serves stays; so does the lock file,
 * without which two could each believe to be the only one.
 */
enum err leftovers_remove(const struct service_program *program, const struct settings *settings,
    struct failure *failure);
