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

/* What may be looked at. A domain may have the host's name. */
enum last_run_kind { LAST_RUN_HOST, LAST_RUN_DOMAIN };

struct last_run {
    struct arena *arena;
    const char *path;
    json_t *before; /* of each kind, from what was looked at to what was found of it */
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
    struct text about;      /* the host or the domain */
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

/* One thing that was looked at, once in a run. */
struct last_run_look {
    enum last_run_kind kind;
    struct text about;
    const struct findings *findings;
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
/* Writes what was noted, at once or not at all. */
enum err last_run_save(const struct last_run *run, struct failure *failure);
