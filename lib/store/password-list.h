/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A list of passwords that others have had: common ones, and those of breaches. It is a file with
 * the beginnings of their SHA-1 hashes, sorted, which is mapped and not read: a search touches a
 * page or two of it for each halving, whatever its size. Hashes are cut off, so one password in
 * some billions is taken for another one.
 *
 *   0   8  "GATEPWL" and LF
 *   8   4  version, 1
 *   12  4  bytes of each hash, 6 to 20
 *   16  8  how many there are
 *   24  8  zero
 *   32     the hashes, in ascending order
 *
 * Numbers have their lowest byte first. The file's length has to fit; the order is not looked at: a
 * list that has none finds less. Whoever makes such a file anew renames it into place: one that
 * shrinks while it is mapped ends its readers. Lists are read by one thread each.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

#define PASSWORD_LIST_MAGIC "GATEPWL\n"
#define PASSWORD_LIST_VERSION 1
#define PASSWORD_LIST_HEAD_BYTES 32
#define PASSWORD_LIST_WIDTH_MIN 6
#define PASSWORD_LIST_HASH_BYTES 20

/* In bytes that somebody else owns. */
struct password_list_view {
    const unsigned char *hashes;
    uint64_t count;
    size_t width;
};

/* ERR_FOREIGN: no such list. ERR_NEWER; ERR_CORRUPT: the length does not fit. */
enum err password_list_read(
    struct text bytes, struct password_list_view *view_r, struct failure *failure);
bool password_list_view_has(
    const struct password_list_view *view, const unsigned char hash[PASSWORD_LIST_HASH_BYTES]);

struct password_list;

/* The same, of a file, which the words of a failure name; ERR_ABSENT, ERR_ACCESS, ERR_IO besides.
 */
enum err password_list_open(
    const char *path, struct password_list **list_r, struct failure *failure);
void password_list_close(struct password_list **list);
uint64_t password_list_count(const struct password_list *list);
/*
 * As it is, in lower case, or so without the few digits and signs behind it that are added to
 * satisfy somebody. password: at most PASSWORD_MAX_BYTES. ERR_ABSENT: it is not on the list.
 */
enum err password_list_find(const struct password_list *list, struct text password);

/* SHA-1 of it. ERR_CRYPTO: not to be had. */
enum err password_list_hash(struct text password, unsigned char hash_r[PASSWORD_LIST_HASH_BYTES]);
