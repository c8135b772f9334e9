/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Makes a list of passwords (password-list.h) of lines that others have written, in any mixture:
 *
 *   - SHA-1 in hex, with ":" and how often it was seen behind it or not: a file of Pwned Passwords
 *   - the last 35 digits of one, ":" and how often: a range of them, whose first five digits the
 *     caller knows
 *   - anything else: a password
 *
 * The hashes are kept in memory, eight bytes each, until they are written. One thread.
 */

#include <stdio.h>

#include "lib/store/password-list.h"

#define PASSWORD_LIST_KEPT_BYTES 8
#define PASSWORD_LIST_HASHES_MAX ((size_t)128 * 1024 * 1024)
/* The digits that stand in the name of a range, not in its lines. */
#define PASSWORD_LIST_RANGE_DIGITS 5

struct password_list_maker;

/* seen_min: what was seen less often is left out, where a line says how often. */
struct password_list_maker *password_list_maker_new(uint64_t seen_min);
void password_list_maker_free(struct password_list_maker **maker);
/*
 * A line without its LF. range: the first digits of lines that lack them, or empty. ERR_SYNTAX: a
 * line of a range, and there is none; ERR_LIMIT: PASSWORD_LIST_HASHES_MAX are there; ERR_CRYPTO.
 */
enum err password_list_maker_add(struct password_list_maker *maker, struct text range,
    struct text line, struct failure *failure);
/* Lines left out: seen too rarely, and those that are empty or longer than a password. */
uint64_t password_list_maker_rare(const struct password_list_maker *maker);
uint64_t password_list_maker_skipped(const struct password_list_maker *maker);
/* How many different ones there are; sorts them. */
uint64_t password_list_maker_count(struct password_list_maker *maker);
/* The whole file. ERR_IO: errno says why. */
enum err password_list_maker_write(struct password_list_maker *maker, FILE *file);
