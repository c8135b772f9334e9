/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What logins leave in the credentials: new hashes for right passwords whose hash was made with
 * other parameters, and when an app password was last used. Stored behind the login's back: the
 * user has been answered, and a thread of the pool writes, on a connection of its own that does not
 * wait for other writers, and with no lock held but the database's own. What cannot be stored now
 * is brought again by the next login. One thing is stored after another. Owned by the daemon; the
 * loop's thread calls.
 */

#include "authd/pool.h"
#include "lib/base/text.h"

struct credential_writer;

/* Fails where the credentials cannot be written, with what to do about it. */
enum err credential_writer_new(
    const char *state_directory, struct credential_writer **writer_r, struct failure *failure);
/* After the pool. */
void credential_writer_free(struct credential_writer **writer);
/*
 * Has the user's hash replaced where it is still old_hash. The texts are copied. Where the pool
 * has no room, or too many wait, nothing is done.
 */
void credential_writer_rehash(struct credential_writer *writer, struct pool *pool,
    struct text address, struct text old_hash, struct text new_hash);
/* Has the use of an app password of that user noted; as above, and where it waits already, once. */
void credential_writer_note_use(struct credential_writer *writer, struct pool *pool,
    struct text address, int64_t app_password, int64_t now);
