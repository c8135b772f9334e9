/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/restore.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/store/store-aside.h"
#include "lib/store/store-copy.h"
#include "mailctl/file.h"
#include "mailctl/store-owners.h"

#define MARK "restoring"

struct replacing {
    const struct backup_stage *stage;
    const struct settings *settings;
    const struct restore_place *places;
    struct arena *arena;
    const char *mark; /* its path */
    bool is_anew;     /* one before was interrupted: the copies beside are of before that one */
};

static const char *directory_of(const struct replacing *replacing, size_t part)
{
    return store_directory_of(backup_kinds[part], replacing->settings);
}

/* --- what is there --- */

static enum err look_inside(
    struct store *store, enum store_kind kind, struct restore_place *place, struct failure *why)
{
    if (tally_take(store, kind, &place->tally) != ERR_NONE)
        return store_failure(store, why);
    place->found = RESTORE_THERE;
    return ERR_NONE;
}

/* An older one is brought up to date when it is replaced, so what it holds is not counted. */
static enum err look(const struct settings *settings, enum store_kind kind, struct arena *arena,
    struct restore_place *place, struct failure *failure)
{
    struct store *store = NULL;
    struct failure why = {.err = ERR_NONE};
    enum err err = store_open(store_directory_of(kind, settings), kind, STORE_WRITE, &store, &why);

    *place = (struct restore_place){.found = RESTORE_THERE};
    if (err == ERR_NONE)
        err = look_inside(store, kind, place, &why);
    store_close(&store);
    switch (err) {
    case ERR_NONE:
    case ERR_OLDER:
        return ERR_NONE;
    case ERR_ABSENT:
        place->found = RESTORE_MISSING;
        return ERR_NONE;
    case ERR_CORRUPT:
    case ERR_FOREIGN:
    case ERR_NEWER:
        place->found = RESTORE_UNUSABLE;
        place->complaint = arena_copy_string(arena, text_from_string(why.text));
        return ERR_NONE;
    default:
        return failure_set(failure, err, "%s", why.text);
    }
}

enum err restore_look(const struct settings *settings, struct arena *arena,
    struct restore_place places_r[BACKUP_PARTS], struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < BACKUP_PARTS; i++)
        err = look(settings, backup_kinds[i], arena, &places_r[i], failure);
    return err;
}

/* --- the mark --- */

static const char *mark_path(const char *state_directory, struct arena *arena)
{
    return arena_print(arena, "%s/backup/" MARK, state_directory).data;
}

enum err restore_interrupted(
    const char *state_directory, struct arena *arena, const char **name_r, struct failure *failure)
{
    struct file mark;
    enum err err = file_read(mark_path(state_directory, arena), arena, &mark, failure);

    *name_r =
        err == ERR_NONE && mark.is_there ? arena_copy_string(arena, text_trim(mark.content)) : NULL;
    return err;
}

static enum err set_mark(
    const struct replacing *replacing, const char *path, struct failure *failure)
{
    char real[PATH_MAX];
    struct file mark = {.is_there = true,
        .content =
            arena_print(replacing->arena, "%s\n", realpath(path, real) != NULL ? real : path),
        .mode = 0600,
        .owner = geteuid(),
        .group = getegid()};

    return file_replace(replacing->mark, &mark, failure);
}

static enum err take_mark(const struct replacing *replacing, struct failure *failure)
{
    return file_replace(replacing->mark, &(struct file){.is_there = false}, failure);
}

/* --- what was there is kept --- */

static enum err keep(const struct replacing *replacing, size_t part, struct failure *failure)
{
    enum store_kind kind = backup_kinds[part];
    struct store_owner owner = store_owners_of(kind, replacing->settings);
    bool changed;
    enum err err;

    if (replacing->places[part].found != RESTORE_THERE)
        return ERR_NONE;
    err = store_prepare(directory_of(replacing, part), kind, &owner, &changed, failure);
    return err == ERR_NONE ? store_copy_aside(directory_of(replacing, part), kind, failure) : err;
}

/* --- one after the other --- */

static enum err replace(const struct replacing *replacing, size_t part, struct failure *failure)
{
    enum store_kind kind = backup_kinds[part];
    struct store *store = replacing->stage->stores[part];
    struct store_owner owner = store_owners_of(kind, replacing->settings);
    const char *directory = directory_of(replacing, part);
    enum err err = ERR_NONE;

    if (replacing->places[part].found == RESTORE_THERE)
        return store_copy_in(store, directory, kind, failure);
    if (replacing->places[part].found == RESTORE_UNUSABLE)
        err = store_move_aside(directory, kind, failure);
    return err == ERR_NONE ? store_copy_new(store, directory, kind, &owner, failure) : err;
}

/* What was missing or unusable was worse than what has come: that stays. */
static bool take_back(const struct replacing *replacing, size_t count)
{
    bool is_back = true;

    for (size_t i = 0; i < count; i++)
        if (replacing->places[i].found == RESTORE_THERE &&
            store_take_back(directory_of(replacing, i), backup_kinds[i], NULL) != ERR_NONE)
            is_back = false;
    return is_back;
}

static enum err fail_half_way(const struct replacing *replacing, size_t done,
    const struct failure *why, struct failure *failure)
{
    if (!replacing->is_anew && take_back(replacing, done) && take_mark(replacing, NULL) == ERR_NONE)
        return failure_set(
            failure, why->err, "%s; what was replaced before is back as it was", why->text);
    return failure_set(failure, why->err,
        "%s; the databases are of two moments: mend that, and give the command again", why->text);
}

static enum err replace_all(const struct replacing *replacing, struct failure *failure)
{
    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        struct failure why = {.err = ERR_NONE};

        if (replace(replacing, i, &why) != ERR_NONE)
            return fail_half_way(replacing, i, &why, failure);
    }
    return take_mark(replacing, failure);
}

enum err restore_run(const struct backup_stage *stage, const struct settings *settings,
    const struct backup_room *room, const struct restore_place places[BACKUP_PARTS],
    const char *path, struct failure *failure)
{
    struct arena *arena = arena_new();
    struct replacing replacing = {.stage = stage,
        .settings = settings,
        .places = places,
        .arena = arena,
        .mark = arena_print(arena, "%s/" MARK, room->folder).data};
    const char *interrupted;
    enum err err = restore_interrupted(settings->state_directory, arena, &interrupted, failure);

    replacing.is_anew = interrupted != NULL;
    for (size_t i = 0; err == ERR_NONE && !replacing.is_anew && i < BACKUP_PARTS; i++)
        err = keep(&replacing, i, failure);
    if (err == ERR_NONE)
        err = set_mark(&replacing, path, failure);
    if (err == ERR_NONE)
        err = replace_all(&replacing, failure);
    arena_free(&arena);
    return err;
}
