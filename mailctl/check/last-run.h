/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the last check has found, kept in a file that only its owner may read, and what is different
 * now: for who wants to hear of news alone. What is fine is not kept. The file is nobody's to
 * trust: what does not look like ours is as if it were not there. Of one thread.
 */

#include <jansson.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "mailctl/finding.h"

struct last_run {
    struct arena *arena;
    const char *path;
    json_t *before; /* from what was looked at to what was found of it */
    json_t *now;
};

enum change_kind {
    CHANGE_NEW,
    CHANGE_GONE,
    CHANGE_OTHER /* another level, or other words */
};

/* "new", "gone", "changed": stable. */
const char *change_kind_word(enum change_kind kind);

struct change {
    enum change_kind kind;
    struct finding finding; /* as it is now; of what is gone, as it was */
};

struct changes {
    ARRAY(struct change) list;
};

/*
 * Reads the file below the state directory, where there is one; ERR_NONE too where it cannot be
 * used. End it with last_run_done(). ERR_ACCESS, ERR_IO: it cannot be read.
 */
enum err last_run_open(const char *state_directory, struct arena *arena, struct last_run *run_r,
    struct failure *failure);
void last_run_done(struct last_run *run);

/*
 * Notes what was found now, and adds to the changes what is different. about: the host or a domain,
 * once in a run. Texts live in the arena, or where the findings have them.
 */
void last_run_take(struct last_run *run, struct text about, const struct findings *findings,
    struct changes *changes);
/*
 * Writes what was noted, at once or not at all. is_all: nothing else is kept; else what was looked
 * at before and not now stays as it was.
 */
enum err last_run_save(const struct last_run *run, bool is_all, struct failure *failure);
