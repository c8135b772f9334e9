/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The folder of all journals, for journal.c: a journal is written under .new-NAME, admitted by
 * a rename, and dismissed by one to .gone-NAME; both leftovers are removed when the room is opened
 * for writing. In names, "/" is written "%2F", and a dot in front "%2E".
 */

#include "mailctl/attach/journal.h"

/* The path of a journal's folder (file NULL) or of a file in it; lives in the arena. */
const char *journal_room_path(
    const struct journal_room *room, const char *name, const char *file, struct arena *arena);
/* ERR_NONE: the journal is there. ERR_ABSENT. */
enum err journal_room_find(
    const struct journal_room *room, const char *name, struct failure *failure);
/* An empty folder for a journal that is not there yet. */
enum err journal_room_prepare(struct journal_room *room, const char *name, struct arena *arena,
    const char **folder_r, struct failure *failure);
enum err journal_room_admit(struct journal_room *room, const char *name, struct failure *failure);
enum err journal_room_dismiss(struct journal_room *room, const char *name, struct failure *failure);
