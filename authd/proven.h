/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What was proven a short while ago: that a password is right, so that mail programs which log in
 * each minute cost no hash each time; and from which networks an account was used, so that its
 * owner waits before no stranger.
 *
 * Of each there is a mark, a keyed BLAKE2b under a key of this process: of the address, the hash
 * that is stored for it and the password, or of the address and the network. No password is kept,
 * and a password that was changed leaves a mark that nobody asks for again. Whether the account is
 * switched on and may log in by this protocol is no business of a mark: the caller asks the
 * directory each time.
 *
 * There is room for so many marks, which takes no more memory however many are noted: the oldest of
 * eight neighbours makes room. Only who has logged in leaves any. Times are of the monotonic clock.
 * The loop's thread alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"
#include "lib/base/text.h"

#define PROVEN_MARK_BYTES 32
/* For a daemon: 2.5 MB, touched as it fills. */
#define PROVEN_MARKS_MAX ((size_t)64 * 1024)

struct proven_mark {
    unsigned char bytes[PROVEN_MARK_BYTES];
};

struct proven;

/* marks_max: 1 at least; lifetime_ms 0: nothing is proven for any time. */
struct proven *proven_new(size_t marks_max, int64_t lifetime_ms);
/* Wipes key and marks. */
void proven_free(struct proven **proven);
/* For the marks that are there, too. */
void proven_set_lifetime(struct proven *proven, int64_t lifetime_ms);

/* hash: as it is stored now. The mark is for the caller to wipe. */
void proven_mark_password(const struct proven *proven, struct text address, struct text hash,
    struct text password, struct proven_mark *mark_r);
void proven_mark_network(const struct proven *proven, struct text address,
    const struct ip_network *network, struct proven_mark *mark_r);

/* Noted less than a lifetime ago. */
bool proven_has(const struct proven *proven, const struct proven_mark *mark);
/* One that is there already lives anew. */
void proven_note(struct proven *proven, const struct proven_mark *mark);
