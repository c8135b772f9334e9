/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One version of all files of a journal, for journal.c: the set "before" is the file before.list,
 * a line for each file (permissions, owner, time, hash, path), and the contents in before.0,
 * before.1 and so on. Written once, read and checked against the hashes.
 */

#include "mailctl/attach/journal.h"

struct manifest_entry {
    const char *path;
    struct file file;
};

/* All is on the disk when it returns. */
enum err manifest_write(const char *folder, const char *set, const struct manifest_entry *entries,
    size_t count, struct failure *failure);
/* ERR_CORRUPT where a line or a content is not as it was written. */
enum err manifest_read(const char *folder, const char *set, struct arena *arena,
    struct manifest_entry **entries_r, size_t *count_r, struct failure *failure);
/*
 * One line, without its end: pure. The content is filled in later; hash_r takes 64 digits.
 * False where it is none of ours.
 */
bool manifest_parse_line(
    struct text line, struct arena *arena, struct manifest_entry *entry_r, struct text *hash_r);
