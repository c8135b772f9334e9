/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The password hashes of users who are declared. They are another store's than the directory, so
 * that no transaction has both: what the walk finds is kept in the declaration, and written beside
 * it. Hashes are never in a plan or a message.
 */

#include "mailctl/declare.h"

/* The field of the user at hand. False where the complaint was made. */
bool declare_password_read(struct declare *declare, const char *key, const json_t *value);
/*
 * Before the directory is committed: users who are new have what the file says, or nothing,
 * whatever an earlier user of the name has left. Returns the exit status.
 */
int declare_password_write_new(struct declare *declare);
/*
 * When it is committed: those who were there before, and nothing of those who are gone, nor of the
 * hosts that take what they, or the senders of a domain that is gone, send elsewhere.
 */
int declare_password_write_old(struct declare *declare);
