/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Listing all users, piece by piece: one domain's users are in memory at a time, and the client's
 * pace is the pace. Owned by a login session; the loop's thread.
 */

#include "authd/directory.h"

struct login_list;

/* ERR: the directory cannot be read. */
enum err login_list_open(
    struct directory *directory, struct login_list **list_r, struct failure *failure);
void login_list_close(struct login_list **list);
/* The next user's address, valid until the next call. ERR_ABSENT: that was all. */
enum err login_list_next(struct login_list *list, struct text *address_r, struct failure *failure);
