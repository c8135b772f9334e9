/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One Postfix process that looks things up. Every request is answered at once, in its turn. A
 * malformed one ends the connection with a line in the log. Owned by its connection.
 */

#include "authd/connection.h"
#include "authd/directory.h"

struct socketmap_session;

extern const struct connection_handler socketmap_session_handler;

/* Serves fd, which becomes its own, as one of the group's connections. */
void socketmap_session_open(struct connection_group *group, struct directory *directory, int fd);
