/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What attach changed in files of somebody else's, kept so that it can be taken back: every file
 * as it was, byte for byte, with its permissions and owner, and as we left it. One journal for each
 * configuration that we are attached to ("postfix", "dovecot", "postfix@/etc/postfix-out"),
 * a folder of STATE_DIRECTORY/attach, which is root's alone.
 *
 * A change goes through these states, each on disk before what it permits is done:
 *
 *     (none)      journal_begin(): all versions of all files are written aside, then one rename
 *     APPLYING    journal_apply(): each file is replaced, from BEFORE to OURS
 *     ATTACHED    journal_settle(), after the services were seen to work
 *     DETACHING   journal_begin_detach(), with what each file is to become; journal_apply_detach()
 *     (none)      journal_forget()
 *
 * and where what is attached is to be done anew, for another version of the server:
 *
 *     ATTACHED    journal_begin_renewal(): all versions of the next generation are written aside
 *     RENEWING    journal_apply(): each file is replaced, from NOW to the next OURS
 *     ATTACHED    journal_settle(): of the next generation; or journal_undo_renewal() and
 *                 journal_reconsider(): of the old one
 *
 * Whatever ends the process in between, the next journal_open() finds one of these states, and
 * all moves can be repeated: a file that holds the version wanted is left alone. In APPLYING
 * the caller detaches, in DETACHING he finishes, in RENEWING he undoes. What was half written aside
 * is removed.
 *
 * One process at a time, held by a lock; single thread.
 */

#include "mailctl/file.h"

/* Files of one journal. */
#define JOURNAL_FILES_MAX 64

/* The folder of all journals. */
struct journal_room;

enum journal_mode {
    JOURNAL_READ, /* status: nothing is written, and a run that is under way is not waited for */
    JOURNAL_WRITE
};

/*
 * JOURNAL_WRITE makes what is missing and locks: ERR_BUSY where another mailctl is at it.
 * JOURNAL_READ: ERR_ABSENT where nothing was ever attached. ERR_ACCESS, ERR_IO.
 */
enum err journal_room_open(const char *state_directory, enum journal_mode mode,
    struct journal_room **room_r, struct failure *failure);
void journal_room_close(struct journal_room **room);
/* For root alone; what scratch_make() makes in it does not outlive the next JOURNAL_WRITE. */
const char *journal_room_folder(const struct journal_room *room);
/* The names of the journals that are there, sorted; the array lives in the arena. */
enum err journal_room_list(struct journal_room *room, struct arena *arena,
    const char *const **names_r, size_t *count_r, struct failure *failure);

enum journal_state {
    JOURNAL_NONE,      /* not attached */
    JOURNAL_APPLYING,  /* attach was interrupted: take out what is ours */
    JOURNAL_ATTACHED,  /* as it should be */
    JOURNAL_DETACHING, /* detach was interrupted: finish it */
    JOURNAL_RENEWING,  /* an attach anew was interrupted: back to what was attached */
};

/* One file. before is as it was found, ours as attach leaves it. */
struct journal_file {
    const char *path; /* behind all links */
    struct file before, ours;
};

struct journal;

/* Finds a journal, or none (state JOURNAL_NONE). ERR_CORRUPT, ERR_IO. */
enum err journal_open(struct journal_room *room, const char *name, struct journal **journal_r,
    struct failure *failure);
void journal_close(struct journal **journal);
enum journal_state journal_state(const struct journal *journal);
const char *journal_name(const struct journal *journal);
/* Behind the "@" of the name, or NULL: the configuration folder of another instance. */
const char *journal_directory(const struct journal *journal);
const struct journal_file *journal_files(const struct journal *journal, size_t *count_r);

/* From JOURNAL_NONE: keeps all versions. Nothing is changed outside of the journal. */
enum err journal_begin(struct journal *journal, const struct journal_file *files, size_t count,
    struct failure *failure);
/* In JOURNAL_APPLYING and JOURNAL_RENEWING. ERR_REFUSED: a file is neither what it was nor ours. */
enum err journal_apply(struct journal *journal, struct failure *failure);
enum err journal_settle(struct journal *journal, struct failure *failure);

/*
 * From JOURNAL_ATTACHED: before is what each file would hold without us, ours what it is to hold,
 * and now what it holds. The files need not be those of the generation before.
 */
enum err journal_begin_renewal(struct journal *journal, const struct journal_file *files,
    const struct file *now, size_t count, struct failure *failure);
/*
 * In JOURNAL_RENEWING: each file back to what it held. ERR_REFUSED: one was changed by somebody and
 * is left so, all others are back.
 */
enum err journal_undo_renewal(struct journal *journal, struct failure *failure);

/*
 * From JOURNAL_APPLYING and JOURNAL_ATTACHED: now is what each file holds, in the order of
 * journal_files(), and after what it is to hold.
 */
enum err journal_begin_detach(struct journal *journal, const struct file *now,
    const struct file *after, struct failure *failure);
/* In JOURNAL_DETACHING; may be repeated. ERR_REFUSED as above. */
enum err journal_apply_detach(struct journal *journal, struct failure *failure);
/*
 * From JOURNAL_DETACHING back to JOURNAL_ATTACHED, where somebody has changed a file since: what it
 * is to become has to be thought out anew. Files that were detached already stay so. And from
 * JOURNAL_RENEWING, behind journal_undo_renewal().
 */
enum err journal_reconsider(struct journal *journal, struct failure *failure);
/* The end of it: the journal is gone. */
enum err journal_forget(struct journal *journal, struct failure *failure);
