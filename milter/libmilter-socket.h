/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Gives libmilter a listening socket that we have bound: as Debian's takes it ("fd:N", a word of
 * its own), or, where configure found that this one does not, by letting it open one that nobody
 * knows of and putting ours in its place. Once in a process, since libmilter has one socket.
 */

#include "lib/base/error.h"

/*
 * After smfi_register(). *polled_r is the descriptor that libmilter accepts from, a copy of
 * listen_fd; libmilter closes it, and door_shut() may exchange what is behind it.
 */
enum err libmilter_socket_give(int listen_fd, int *polled_r, struct failure *failure);
