/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/journal-room.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/buffer.h"
#include "mailctl/attach/scratch.h"

/* In front, with a dot: no journal's folder begins with one (folder_name()). */
#define FRESH ".new-"
#define GONE ".gone-"
#define LOCK "lock"

struct journal_room {
    struct arena *arena;
    const char *path;
    int lock; /* -1: reading */
};

static enum err fail(struct failure *failure, const char *path)
{
    return failure_set_errno(
        failure, errno == EACCES || errno == EPERM ? ERR_ACCESS : ERR_IO, "%s", path);
}

/* "postfix@/etc/p2" is the folder "postfix@%2Fetc%2Fp2". */
static const char *folder_name(const char *name, struct arena *arena)
{
    struct buffer folder = BUFFER_NONE;
    const char *copy;

    for (; *name != '\0'; name++)
        if (*name == '/' || *name == '%' || (*name == '.' && folder.len == 0))
            buffer_append_format(&folder, "%%%02X", (unsigned char)*name);
        else
            buffer_append_byte(&folder, *name);
    copy = arena_copy_string(arena, buffer_text(&folder));
    buffer_done(&folder);
    return copy;
}

static const char *name_of(const char *folder, struct arena *arena)
{
    struct buffer name = BUFFER_NONE;
    const char *copy;

    for (; *folder != '\0'; folder++) {
        int high = folder[0] == '%' ? text_hex_value(folder[1]) : -1;
        int low = high >= 0 ? text_hex_value(folder[2]) : -1;

        if (low < 0) {
            buffer_append_byte(&name, *folder);
            continue;
        }
        buffer_append_byte(&name, (char)(high * 16 + low));
        folder += 2;
    }
    copy = arena_copy_string(arena, buffer_text(&name));
    buffer_done(&name);
    return copy;
}

const char *journal_room_path(
    const struct journal_room *room, const char *name, const char *file, struct arena *arena)
{
    return arena_print(arena, "%s/%s%s%s", room->path, folder_name(name, arena),
        file != NULL ? "/" : "", file != NULL ? file : "")
        .data;
}

/* Where that journal stands while it is made, or taken away. */
static const char *half_path(
    const struct journal_room *room, const char *prefix, const char *name, struct arena *arena)
{
    return arena_print(arena, "%s/%s%s", room->path, prefix, folder_name(name, arena)).data;
}

/* --- opening --- */

static enum err make_folder(const char *path, mode_t mode, struct failure *failure)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return fail(failure, path);
    return ERR_NONE;
}

static enum err take_lock(struct journal_room *room, struct failure *failure)
{
    const char *path = arena_print(room->arena, "%s/" LOCK, room->path).data;

    room->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (room->lock < 0)
        return fail(failure, path);
    if (flock(room->lock, LOCK_EX | LOCK_NB) == 0)
        return ERR_NONE;
    return failure_set(
        failure, ERR_BUSY, "%s: another mailctl is attaching or detaching; try again", path);
}

typedef void visit(struct journal_room *room, const char *folder, void *state);

static enum err walk(
    struct journal_room *room, visit *visitor, void *state, struct failure *failure)
{
    DIR *folder = opendir(room->path);
    const struct dirent *entry;

    if (folder == NULL)
        return errno == ENOENT ? failure_set(failure, ERR_ABSENT, "%s: not there", room->path)
                               : fail(failure, room->path);
    while ((entry = readdir(folder)) != NULL)
        visitor(room, entry->d_name, state);
    closedir(folder);
    return ERR_NONE;
}

static void remove_left_over(struct journal_room *room, const char *folder, void *state)
{
    (void)state;
    if (strncmp(folder, FRESH, strlen(FRESH)) == 0 || strncmp(folder, GONE, strlen(GONE)) == 0)
        scratch_remove(arena_print(room->arena, "%s/%s", room->path, folder).data);
}

static enum err open_for_writing(struct journal_room *room, struct failure *failure)
{
    enum err err = make_folder(room->path, 0700, failure);

    if (err == ERR_NONE)
        err = take_lock(room, failure);
    if (err == ERR_NONE)
        err = walk(room, remove_left_over, NULL, failure);
    if (err == ERR_NONE)
        scratch_sweep(room->path);
    return err;
}

enum err journal_room_open(const char *state_directory, enum journal_mode mode,
    struct journal_room **room_r, struct failure *failure)
{
    struct arena *arena = arena_new();
    struct journal_room *room = arena_alloc_zero(arena, 1, sizeof *room);
    enum err err = ERR_NONE;

    room->arena = arena;
    room->path = arena_print(arena, "%s/attach", state_directory).data;
    room->lock = -1;
    if (mode == JOURNAL_WRITE)
        err = open_for_writing(room, failure);
    else if (access(room->path, R_OK | X_OK) != 0)
        err = errno == ENOENT ? failure_set(failure, ERR_ABSENT, "%s: not there", room->path)
                              : fail(failure, room->path);
    if (err != ERR_NONE)
        journal_room_close(&room);
    else
        *room_r = room;
    return err;
}

void journal_room_close(struct journal_room **room)
{
    struct arena *arena;

    if (*room == NULL)
        return;
    arena = (*room)->arena;
    if ((*room)->lock >= 0)
        close((*room)->lock);
    *room = NULL;
    arena_free(&arena);
}

const char *journal_room_folder(const struct journal_room *room)
{
    return room->path;
}

/* --- the list --- */

struct list {
    struct arena *arena;
    ARRAY(const char *) names;
};

static void add_name(struct journal_room *room, const char *folder, void *state)
{
    struct list *list = state;

    (void)room;
    if (folder[0] != '.' && strcmp(folder, LOCK) != 0)
        array_push(&list->names, name_of(folder, list->arena));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum err journal_room_list(struct journal_room *room, struct arena *arena,
    const char *const **names_r, size_t *count_r, struct failure *failure)
{
    struct list list = {.arena = arena, .names = ARRAY_NONE};
    enum err err = walk(room, add_name, &list, failure);
    const char **names = arena_alloc_zero(arena, list.names.count + 1, sizeof *names);

    if (list.names.count != 0) {
        qsort(list.names.items, list.names.count, sizeof *list.names.items, compare);
        memcpy(names, list.names.items, list.names.count * sizeof *names);
    }
    *names_r = names;
    *count_r = list.names.count;
    array_done(&list.names);
    return err;
}

/* --- one journal --- */

enum err journal_room_find(
    const struct journal_room *room, const char *name, struct failure *failure)
{
    struct arena *arena = arena_new();
    const char *path = journal_room_path(room, name, NULL, arena);
    enum err err = ERR_NONE;

    if (access(path, X_OK) != 0)
        err = errno == ENOENT ? ERR_ABSENT : fail(failure, path);
    arena_free(&arena);
    return err;
}

enum err journal_room_prepare(struct journal_room *room, const char *name, struct arena *arena,
    const char **folder_r, struct failure *failure)
{
    const char *fresh = half_path(room, FRESH, name, arena);

    scratch_remove(fresh);
    if (mkdir(fresh, 0700) != 0)
        return fail(failure, fresh);
    *folder_r = fresh;
    return ERR_NONE;
}

/* A rename within the room, brought to the disk. */
static enum err rename_folder(
    const struct journal_room *room, const char *from, const char *to, struct failure *failure)
{
    int fd;
    enum err err = ERR_NONE;

    if (rename(from, to) != 0)
        return fail(failure, from);
    fd = open(room->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        err = fail(failure, room->path);
    if (fd >= 0)
        close(fd);
    return err;
}

enum err journal_room_admit(struct journal_room *room, const char *name, struct failure *failure)
{
    struct arena *arena = arena_new();
    enum err err = rename_folder(room, half_path(room, FRESH, name, arena),
        journal_room_path(room, name, NULL, arena), failure);

    arena_free(&arena);
    return err;
}

enum err journal_room_dismiss(struct journal_room *room, const char *name, struct failure *failure)
{
    struct arena *arena = arena_new();
    const char *path = journal_room_path(room, name, NULL, arena);
    const char *gone = half_path(room, GONE, name, arena);
    enum err err;

    scratch_remove(gone);
    err = rename_folder(room, path, gone, failure);
    if (err == ERR_NONE)
        scratch_remove(gone);
    arena_free(&arena);
    return err;
}
