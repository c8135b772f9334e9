/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailctl/attach/journal-manifest.h"
#include "mailctl/attach/journal-room.h"

/* How often one attach may be done anew. */
#define GENERATION_MAX 9999

struct journal {
    struct arena *arena;
    struct journal_room *room;
    const char *name;
    enum journal_state state;
    unsigned generation; /* how often it was done anew */
    struct journal_file *files;
    struct file *now, *after; /* in JOURNAL_DETACHING */
    size_t count;
    struct journal_file *next; /* in JOURNAL_RENEWING */
    struct file *next_now;
    size_t next_count;
};

static const char *const state_words[] = {
    [JOURNAL_NONE] = "none",
    [JOURNAL_APPLYING] = "applying",
    [JOURNAL_ATTACHED] = "attached",
    [JOURNAL_DETACHING] = "detaching",
    [JOURNAL_RENEWING] = "renewing",
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

/* "attached", or "attached 1" once it was done anew. */
static bool parse_state(struct text line, enum journal_state *state_r, unsigned *generation_r)
{
    struct text word = text_head(line, text_find(line, ' '));
    struct text rest = text_trim(text_skip(line, word.len));
    uint64_t generation = 0;

    if (rest.len != 0 && !text_to_number(rest, GENERATION_MAX, &generation))
        return false;
    for (int state = JOURNAL_APPLYING; state <= JOURNAL_RENEWING; state++)
        if (text_equals(word, text_from_string(state_words[state]))) {
            *state_r = (enum journal_state)state;
            *generation_r = (unsigned)generation;
            return true;
        }
    return false;
}

static enum err read_state(struct journal *journal, struct failure *failure)
{
    struct file file;
    const char *path = journal_room_path(journal->room, journal->name, "state", journal->arena);
    enum err err = file_read(path, journal->arena, &file, failure);

    if (err != ERR_NONE)
        return err;
    return parse_state(text_trim(file.content), &journal->state, &journal->generation)
               ? ERR_NONE
               : failure_set(failure, ERR_CORRUPT, "%s: not a state of ours", path);
}

/* The sets of the first generation have no number. */
static const char *set_name(const struct journal *journal, const char *set, unsigned generation)
{
    return generation == 0 ? set : arena_print(journal->arena, "%s-%u", set, generation).data;
}

static enum err read_set(struct journal *journal, const char *set,
    struct manifest_entry **entries_r, size_t *count_r, struct failure *failure)
{
    const char *folder = journal_room_path(journal->room, journal->name, NULL, journal->arena);

    return manifest_read(folder, set, journal->arena, entries_r, count_r, failure);
}

static enum err lacks_files(const struct journal *journal, struct failure *failure)
{
    return failure_set(failure, ERR_CORRUPT, "the journal of %s lacks files", journal->name);
}

/* before and ours: two sets of the same files. */
static enum err read_files(struct journal *journal, unsigned generation,
    struct journal_file **files_r, size_t *count_r, struct failure *failure)
{
    struct manifest_entry *before = NULL, *ours = NULL;
    size_t before_count = 0, ours_count = 0;
    struct journal_file *files;
    enum err err =
        read_set(journal, set_name(journal, "before", generation), &before, &before_count, failure);

    if (err == ERR_NONE)
        err = read_set(journal, set_name(journal, "ours", generation), &ours, &ours_count, failure);
    if (err != ERR_NONE)
        return err;
    if (before_count != ours_count)
        return lacks_files(journal, failure);
    files = arena_alloc_zero(journal->arena, before_count, sizeof *files);
    for (size_t i = 0; i < before_count; i++)
        files[i] = (struct journal_file){
            .path = before[i].path, .before = before[i].file, .ours = ours[i].file};
    *files_r = files;
    *count_r = before_count;
    return ERR_NONE;
}

static enum err read_versions(struct journal *journal, const char *set, size_t wanted,
    struct file **files_r, struct failure *failure)
{
    struct manifest_entry *entries = NULL;
    size_t count = 0;
    enum err err = read_set(journal, set, &entries, &count, failure);
    struct file *files;

    if (err != ERR_NONE)
        return err;
    if (count != wanted)
        return lacks_files(journal, failure);
    files = arena_alloc_zero(journal->arena, count, sizeof *files);
    for (size_t i = 0; i < count; i++)
        files[i] = entries[i].file;
    *files_r = files;
    return ERR_NONE;
}

static enum err read_detach(struct journal *journal, struct failure *failure)
{
    enum err err = read_versions(journal, "now", journal->count, &journal->now, failure);

    return err == ERR_NONE
               ? read_versions(journal, "after", journal->count, &journal->after, failure)
               : err;
}

static enum err read_renewal(struct journal *journal, struct failure *failure)
{
    unsigned generation = journal->generation + 1;
    enum err err = read_files(journal, generation, &journal->next, &journal->next_count, failure);

    return err == ERR_NONE ? read_versions(journal, set_name(journal, "now", generation),
                                 journal->next_count, &journal->next_now, failure)
                           : err;
}

static enum err load(struct journal *journal, struct failure *failure)
{
    enum err err = journal_room_find(journal->room, journal->name, failure);

    if (err == ERR_ABSENT)
        return ERR_NONE;
    if (err == ERR_NONE)
        err = read_state(journal, failure);
    if (err == ERR_NONE)
        err = read_files(journal, journal->generation, &journal->files, &journal->count, failure);
    if (err == ERR_NONE && journal->state == JOURNAL_DETACHING)
        err = read_detach(journal, failure);
    if (err == ERR_NONE && journal->state == JOURNAL_RENEWING)
        err = read_renewal(journal, failure);
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

static enum err write_state(struct journal *journal, const char *folder, enum journal_state state,
    unsigned generation, struct failure *failure)
{
    struct file file = {.is_there = true, .mode = 0600, .owner = geteuid(), .group = getegid()};

    file.content = generation == 0
                       ? arena_print(journal->arena, "%s\n", state_words[state])
                       : arena_print(journal->arena, "%s %u\n", state_words[state], generation);
    return file_replace(arena_print(journal->arena, "%s/state", folder).data, &file, failure);
}

static struct file copy_file(struct arena *arena, const struct file *file)
{
    struct file copy = *file;

    copy.content = arena_copy(arena, file->content);
    return copy;
}

static struct journal_file *keep_files(
    struct journal *journal, const struct journal_file *files, size_t count)
{
    struct journal_file *kept = arena_alloc_zero(journal->arena, count, sizeof *kept);

    for (size_t i = 0; i < count; i++)
        kept[i] = (struct journal_file){
            .path = arena_copy_string(journal->arena, text_from_string(files[i].path)),
            .before = copy_file(journal->arena, &files[i].before),
            .ours = copy_file(journal->arena, &files[i].ours),
        };
    return kept;
}

static struct file *keep_versions(struct journal *journal, const struct file *files, size_t count)
{
    struct file *kept = arena_alloc_zero(journal->arena, count, sizeof *kept);

    for (size_t i = 0; i < count; i++)
        kept[i] = copy_file(journal->arena, &files[i]);
    return kept;
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
static const struct file *version_next_before(const struct journal *journal, size_t index)
{
    return &journal->next[index].before;
}
static const struct file *version_next_ours(const struct journal *journal, size_t index)
{
    return &journal->next[index].ours;
}
static const struct file *version_next_now(const struct journal *journal, size_t index)
{
    return &journal->next_now[index];
}

static enum err write_files(struct journal *journal, const char *folder, const char *set,
    const struct journal_file *files, size_t count, version *version_of, struct failure *failure)
{
    struct manifest_entry *entries = arena_alloc_zero(journal->arena, count, sizeof *entries);

    for (size_t i = 0; i < count; i++)
        entries[i] =
            (struct manifest_entry){.path = files[i].path, .file = *version_of(journal, i)};
    return manifest_write(folder, set, entries, count, failure);
}

static enum err write_set(struct journal *journal, const char *folder, const char *set,
    version *version_of, struct failure *failure)
{
    return write_files(journal, folder, set, journal->files, journal->count, version_of, failure);
}

static enum err write_next(
    struct journal *journal, const char *set, version *version_of, struct failure *failure)
{
    return write_files(journal,
        journal_room_path(journal->room, journal->name, NULL, journal->arena),
        set_name(journal, set, journal->generation + 1), journal->next, journal->next_count,
        version_of, failure);
}

enum err journal_begin(struct journal *journal, const struct journal_file *files, size_t count,
    struct failure *failure)
{
    const char *folder;
    enum err err;

    assert(journal->state == JOURNAL_NONE);
    if (count > JOURNAL_FILES_MAX)
        return failure_set(failure, ERR_LIMIT, "more than %d files", JOURNAL_FILES_MAX);
    journal->files = keep_files(journal, files, count);
    journal->count = count;
    journal->generation = 0;
    err = journal_room_prepare(journal->room, journal->name, journal->arena, &folder, failure);
    if (err == ERR_NONE)
        err = write_set(journal, folder, "before", version_before, failure);
    if (err == ERR_NONE)
        err = write_set(journal, folder, "ours", version_ours, failure);
    if (err == ERR_NONE)
        err = write_state(journal, folder, JOURNAL_APPLYING, 0, failure);
    if (err == ERR_NONE)
        err = journal_room_admit(journal->room, journal->name, failure);
    if (err == ERR_NONE)
        journal->state = JOURNAL_APPLYING;
    return err;
}

static enum err set_generation(
    struct journal *journal, enum journal_state state, unsigned generation, struct failure *failure)
{
    const char *folder = journal_room_path(journal->room, journal->name, NULL, journal->arena);
    enum err err = write_state(journal, folder, state, generation, failure);

    if (err != ERR_NONE)
        return err;
    journal->state = state;
    journal->generation = generation;
    return ERR_NONE;
}

static enum err set_state(
    struct journal *journal, enum journal_state state, struct failure *failure)
{
    return set_generation(journal, state, journal->generation, failure);
}

/* The sets of the generation before stay in the folder, unread, until all of it goes. */
static enum err settle_renewal(struct journal *journal, struct failure *failure)
{
    enum err err = set_generation(journal, JOURNAL_ATTACHED, journal->generation + 1, failure);

    if (err == ERR_NONE) {
        journal->files = journal->next;
        journal->count = journal->next_count;
    }
    return err;
}

enum err journal_settle(struct journal *journal, struct failure *failure)
{
    if (journal->state == JOURNAL_RENEWING)
        return settle_renewal(journal, failure);
    assert(journal->state == JOURNAL_APPLYING);
    return set_state(journal, JOURNAL_ATTACHED, failure);
}

enum err journal_begin_renewal(struct journal *journal, const struct journal_file *files,
    const struct file *now, size_t count, struct failure *failure)
{
    enum err err;

    assert(journal->state == JOURNAL_ATTACHED);
    if (count > JOURNAL_FILES_MAX || journal->generation == GENERATION_MAX)
        return failure_set(failure, ERR_LIMIT,
            "more than %d files, or done anew more than %d times: detach, then attach",
            JOURNAL_FILES_MAX, GENERATION_MAX);
    journal->next = keep_files(journal, files, count);
    journal->next_now = keep_versions(journal, now, count);
    journal->next_count = count;
    err = write_next(journal, "before", version_next_before, failure);
    if (err == ERR_NONE)
        err = write_next(journal, "ours", version_next_ours, failure);
    if (err == ERR_NONE)
        err = write_next(journal, "now", version_next_now, failure);
    return err == ERR_NONE ? set_state(journal, JOURNAL_RENEWING, failure) : err;
}

enum err journal_begin_detach(struct journal *journal, const struct file *now,
    const struct file *after, struct failure *failure)
{
    const char *folder = journal_room_path(journal->room, journal->name, NULL, journal->arena);
    enum err err;

    assert(journal->state == JOURNAL_APPLYING || journal->state == JOURNAL_ATTACHED);
    journal->now = keep_versions(journal, now, journal->count);
    journal->after = keep_versions(journal, after, journal->count);
    err = write_set(journal, folder, "now", version_now, failure);
    if (err == ERR_NONE)
        err = write_set(journal, folder, "after", version_after, failure);
    if (err == ERR_NONE)
        err = set_state(journal, JOURNAL_DETACHING, failure);
    return err;
}

enum err journal_reconsider(struct journal *journal, struct failure *failure)
{
    assert(journal->state == JOURNAL_DETACHING || journal->state == JOURNAL_RENEWING);
    return set_state(journal, JOURNAL_ATTACHED, failure);
}

enum err journal_forget(struct journal *journal, struct failure *failure)
{
    enum err err = journal_room_dismiss(journal->room, journal->name, failure);

    if (err == ERR_NONE) {
        journal->state = JOURNAL_NONE;
        journal->generation = 0;
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
        return failure_set(
            failure, ERR_REFUSED, "%s: somebody else has changed it meanwhile", path);
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

static enum err move_next(
    struct journal *journal, size_t index, version *from, version *to, struct failure *failure)
{
    return move_file(journal->next[index].path, from(journal, index), to(journal, index),
        journal->arena, failure);
}

static enum err apply_renewal(struct journal *journal, struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < journal->next_count; i++)
        err = move_next(journal, i, version_next_now, version_next_ours, failure);
    return err;
}

enum err journal_undo_renewal(struct journal *journal, struct failure *failure)
{
    enum err worst = ERR_NONE;

    assert(journal->state == JOURNAL_RENEWING);
    for (size_t i = 0; i < journal->next_count; i++) {
        enum err err = move_next(journal, i, version_next_ours, version_next_now, failure);

        if (err != ERR_NONE && err != ERR_REFUSED)
            return err;
        if (err == ERR_REFUSED)
            worst = err;
    }
    return worst;
}

enum err journal_apply(struct journal *journal, struct failure *failure)
{
    if (journal->state == JOURNAL_RENEWING)
        return apply_renewal(journal, failure);
    assert(journal->state == JOURNAL_APPLYING);
    return move(journal, version_before, version_ours, failure);
}

enum err journal_apply_detach(struct journal *journal, struct failure *failure)
{
    assert(journal->state == JOURNAL_DETACHING);
    return move(journal, version_now, version_after, failure);
}
