/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the last check has found, kept in a file that only its owner may read, and what is different
 * now: for who wants to hear of news alone. What is fine is not kept. The file is nobody's to
 * trust: what does not look like ours is as if it were not there. Of one thread.
 *
 * A finding that is not among those of now is gone, unless something that could not be told now
 * stands where it would: then nobody knows, it is kept, and told once as unknown.
 */

#include <jansson.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "mailctl/finding.h"

/* What may be looked at. A domain may have the host's name. */
enum last_run_kind { LAST_RUN_HOST, LAST_RUN_DOMAIN };

struct last_run {
    struct arena *arena;
    const char *path;
    size_t bytes_max; /* of the file: what is larger is not read, and not written */
    json_t *before;   /* of each kind, from what was looked at to what was found of it */
    json_t *now;
};

enum change_kind {
    CHANGE_NEW,
    CHANGE_GONE,
    CHANGE_OTHER,  /* another level, or other words */
    CHANGE_UNKNOWN /* whether it is still there could not be told */
};

/* "new", "gone", "changed", "unknown": stable. */
const char *change_kind_word(enum change_kind kind);

struct change {
    enum change_kind kind;
    struct text about;      /* the host or the domain */
    struct finding finding; /* as it is now; of what is gone or unknown, as it was */
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

/* One thing that was looked at, once in a run. */
struct last_run_look {
    enum last_run_kind kind;
    struct text about;
    const struct findings *findings;
    /* Of something else: what could not be told there may count here. NULL: nothing. */
    const struct findings *beside;
    /* Names that were not looked at this time: what was found of them before stays as it was. */
    const struct text *left_out;
    size_t left_out_count;
};

/*
 * Notes what was found now, and adds to the changes what is different: another level, or another
 * message; what stands beside it (finding.h) may be another one each time. Texts live in the arena,
 * or where the findings have them.
 */
void last_run_take(struct last_run *run, const struct last_run_look *look, struct changes *changes);
/*
 * After a look at all that there is: forgets what was not among it (a domain that was deleted or
 * switched off, a host that has another name), and adds what was found of that as gone. Without
 * this call it stays as it was.
 */
void last_run_forget(struct last_run *run, struct changes *changes);
/*
 * Writes what was noted, at once or not at all. *cut_r: of how many things looked at there was no
 * room for what was found; it is new the next time.
 */
enum err last_run_save(const struct last_run *run, size_t *cut_r, struct failure *failure);
