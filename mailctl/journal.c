/* SPDX-License-Identifier: MIT */
#include "mailctl/journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailctl/journal-manifest.h"
#include "mailctl/journal-room.h"

struct journal {
    struct arena *arena;
    struct journal_room *room;
    const char *name;
    enum journal_state state;
    struct journal_file *files;
    struct file *now, *after; /* in JOURNAL_DETACHING */
    size_t count;
};

static const char *const state_words[] = {
    [JOURNAL_NONE] = "none",
    [JOURNAL_APPLYING] = "applying",
    [JOURNAL_ATTACHED] = "attached",
    [JOURNAL_DETACHING] = "detaching",
};

enum journal_state journal_state(const struct journal *journal)
{
    return journal->state;
}

const char *journal_name(const struct journal *journal)
{
    return journal->name;
}

const char *journal_directory(const struct journal *journal)
{
    const char *at = strchr(journal->name, '@');

    return at != NULL ? at + 1 : NULL;
}

const struct journal_file *journal_files(const struct journal *journal, size_t *count_r)
{
    *count_r = journal->count;
    return journal->files;
}

/* --- reading --- */

static enum err read_state(struct journal *journal, struct failure *failure)
{
    struct file file;
    const char *path = journal_room_path(journal->room, journal->name, "state", journal->arena);
    enum err err = file_read(path, journal->arena, &file, failure);

    if (err != ERR_NONE)
        return err;
    for (int state = JOURNAL_APPLYING; state <= JOURNAL_DETACHING; state++)
        if (text_equals(text_trim(file.content), text_from_string(state_words[state]))) {
            journal->state = (enum journal_state)state;
            return ERR_NONE;
        }
    return failure_set(failure, ERR_CORRUPT, "%s: not a state of ours", path);
}

static enum err read_set(struct journal *journal, const char *set,
    struct manifest_entry **entries_r, size_t *count_r, struct failure *failure)
{
    const char *folder = journal_room_path(journal->room, journal->name, NULL, journal->arena);

    return manifest_read(folder, set, journal->arena, entries_r, count_r, failure);
}

/* before and ours: two sets of the same files. */
static enum err read_files(struct journal *journal, struct failure *failure)
{
    struct manifest_entry *before = NULL, *ours = NULL;
    size_t before_count = 0, ours_count = 0;
    enum err err = read_set(journal, "before", &before, &before_count, failure);

    if (err == ERR_NONE)
        err = read_set(journal, "ours", &ours, &ours_count, failure);
    if (err != ERR_NONE)
        return err;
    if (before_count != ours_count)
        return failure_set(failure, ERR_CORRUPT, "the journal of %s lacks files", journal->name);
    journal->count = before_count;
    journal->files = arena_alloc_zero(journal->arena, before_count, sizeof *journal->files);
    for (size_t i = 0; i < before_count; i++)
        journal->files[i] = (struct journal_file){
            .path = before[i].path, .before = before[i].file, .ours = ours[i].file};
    return ERR_NONE;
}

static enum err read_versions(
    struct journal *journal, const char *set, struct file **files_r, struct failure *failure)
{
    struct manifest_entry *entries = NULL;
    size_t count = 0;
    enum err err = read_set(journal, set, &entries, &count, failure);
    struct file *files;

    if (err != ERR_NONE)
        return err;
    if (count != journal->count)
        return failure_set(failure, ERR_CORRUPT, "the journal of %s lacks files", journal->name);
    files = arena_alloc_zero(journal->arena, count, sizeof *files);
    for (size_t i = 0; i < count; i++)
        files[i] = entries[i].file;
    *files_r = files;
    return ERR_NONE;
}

static enum err load(struct journal *journal, struct failure *failure)
{
    enum err err = journal_room_find(journal->room, journal->name, failure);

    if (err == ERR_ABSENT)
        return ERR_NONE;
    if (err == ERR_NONE)
        err = read_state(journal, failure);
    if (err == ERR_NONE)
        err = read_files(journal, failure);
    if (err == ERR_NONE && journal->state == JOURNAL_DETACHING)
        err = read_versions(journal, "now", &journal->now, failure);
    if (err == ERR_NONE && journal->state == JOURNAL_DETACHING)
        err = read_versions(journal, "after", &journal->after, failure);
    return err;
}

enum err journal_open(struct journal_room *room, const char *name, struct journal **journal_r,
    struct failure *failure)
{
    struct arena *arena = arena_new();
    struct journal *journal = arena_alloc_zero(arena, 1, sizeof *journal);
    enum err err;

    journal->arena = arena;
    journal->room = room;
    journal->name = arena_copy_string(arena, text_from_string(name));
    err = load(journal, failure);
    if (err != ERR_NONE)
        journal_close(&journal);
    else
        *journal_r = journal;
    return err;
}

void journal_close(struct journal **journal)
{
    struct arena *arena = *journal != NULL ? (*journal)->arena : NULL;

    *journal = NULL;
    arena_free(&arena);
}

/* --- writing --- */

static enum err write_state(
    struct journal *journal, const char *folder, enum journal_state state, struct failure *failure)
{
    struct file file = {.is_there = true, .mode = 0600, .owner = geteuid(), .group = getegid()};

    file.content = arena_print(journal->arena, "%s\n", state_words[state]);
    return file_replace(arena_print(journal->arena, "%s/state", folder).data, &file, failure);
}

static struct file copy_file(struct arena *arena, const struct file *file)
{
    struct file copy = *file;

    copy.content = arena_copy(arena, file->content);
    return copy;
}

static void keep_files(struct journal *journal, const struct journal_file *files, size_t count)
{
    journal->files = arena_alloc_zero(journal->arena, count, sizeof *journal->files);
    journal->count = count;
    for (size_t i = 0; i < count; i++)
        journal->files[i] = (struct journal_file){
            .path = arena_copy_string(journal->arena, text_from_string(files[i].path)),
            .before = copy_file(journal->arena, &files[i].before),
            .ours = copy_file(journal->arena, &files[i].ours),
        };
}

/* What one set holds of each file. */
typedef const struct file *version(const struct journal *journal, size_t index);

static const struct file *version_before(const struct journal *journal, size_t index)
{
    return &journal->files[index].before;
}
static const struct file *version_ours(const struct journal *journal, size_t index)
{
    return &journal->files[index].ours;
}
static const struct file *version_now(const struct journal *journal, size_t index)
{
    return &journal->now[index];
}
static const struct file *version_after(const struct journal *journal, size_t index)
{
    return &journal->after[index];
}

static enum err write_set(struct journal *journal, const char *folder, const char *set,
    version *version_of, struct failure *failure)
{
    struct manifest_entry *entries =
        arena_alloc_zero(journal->arena, journal->count, sizeof *entries);

    for (size_t i = 0; i < journal->count; i++)
        entries[i] = (struct manifest_entry){
            .path = journal->files[i].path, .file = *version_of(journal, i)};
    return manifest_write(folder, set, entries, journal->count, failure);
}

enum err journal_begin(struct journal *journal, const struct journal_file *files, size_t count,
    struct failure *failure)
{
    const char *folder;
    enum err err;

    assert(journal->state == JOURNAL_NONE);
    if (count > JOURNAL_FILES_MAX)
        return failure_set(failure, ERR_LIMIT, "more than %d files", JOURNAL_FILES_MAX);
    keep_files(journal, files, count);
    err = journal_room_prepare(journal->room, journal->name, journal->arena, &folder, failure);
    if (err == ERR_NONE)
        err = write_set(journal, folder, "before", version_before, failure);
    if (err == ERR_NONE)
        err = write_set(journal, folder, "ours", version_ours, failure);
    if (err == ERR_NONE)
        err = write_state(journal, folder, JOURNAL_APPLYING, failure);
    if (err == ERR_NONE)
        err = journal_room_admit(journal->room, journal->name, failure);
    if (err == ERR_NONE)
        journal->state = JOURNAL_APPLYING;
    return err;
}

static enum err set_state(
    struct journal *journal, enum journal_state state, struct failure *failure)
{
    const char *folder = journal_room_path(journal->room, journal->name, NULL, journal->arena);
    enum err err = write_state(journal, folder, state, failure);

    if (err == ERR_NONE)
        journal->state = state;
    return err;
}

enum err journal_settle(struct journal *journal, struct failure *failure)
{
    assert(journal->state == JOURNAL_APPLYING);
    return set_state(journal, JOURNAL_ATTACHED, failure);
}

enum err journal_begin_detach(struct journal *journal, const struct file *now,
    const struct file *after, struct failure *failure)
{
    const char *folder = journal_room_path(journal->room, journal->name, NULL, journal->arena);
    enum err err;

    assert(journal->state == JOURNAL_APPLYING || journal->state == JOURNAL_ATTACHED);
    journal->now = arena_alloc_zero(journal->arena, journal->count, sizeof *now);
    journal->after = arena_alloc_zero(journal->arena, journal->count, sizeof *after);
    for (size_t i = 0; i < journal->count; i++) {
        journal->now[i] = copy_file(journal->arena, &now[i]);
        journal->after[i] = copy_file(journal->arena, &after[i]);
    }
    err = write_set(journal, folder, "now", version_now, failure);
    if (err == ERR_NONE)
        err = write_set(journal, folder, "after", version_after, failure);
    if (err == ERR_NONE)
        err = set_state(journal, JOURNAL_DETACHING, failure);
    return err;
}

enum err journal_reconsider(struct journal *journal, struct failure *failure)
{
    assert(journal->state == JOURNAL_DETACHING);
    return set_state(journal, JOURNAL_ATTACHED, failure);
}

enum err journal_forget(struct journal *journal, struct failure *failure)
{
    enum err err = journal_room_dismiss(journal->room, journal->name, failure);

    if (err == ERR_NONE) {
        journal->state = JOURNAL_NONE;
        journal->count = 0;
    }
    return err;
}

/* --- moving --- */

static enum err move_file(const char *path, const struct file *from, const struct file *to,
    struct arena *arena, struct failure *failure)
{
    struct file found;
    enum err err = file_read(path, arena, &found, failure);

    if (err != ERR_NONE)
        return err;
    if (file_equals(&found, to)) {
        (void)unlink(file_beside(path, arena));
        return ERR_NONE;
    }
    if (!file_equals(&found, from))
        return failure_set(failure, ERR_REFUSED, "%s: somebody else is changing it", path);
    return file_replace(path, to, failure);
}

static enum err move(struct journal *journal, version *from, version *to, struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < journal->count; i++)
        err = move_file(
            journal->files[i].path, from(journal, i), to(journal, i), journal->arena, failure);
    return err;
}

enum err journal_apply(struct journal *journal, struct failure *failure)
{
    assert(journal->state == JOURNAL_APPLYING);
    return move(journal, version_before, version_ours, failure);
}

enum err journal_apply_detach(struct journal *journal, struct failure *failure)
{
    assert(journal->state == JOURNAL_DETACHING);
    return move(journal, version_now, version_after, failure);
}
