/* SPDX-License-Identifier: MIT */
#include "mailctl/password-list-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "mailctl/file.h"

/* A line longer than that is no password's and no hash's; the rest of it is passed over. */
#define LINE_ROOM 4096

static enum err fail(struct failure *failure, const char *path)
{
    enum err err = ERR_IO;

    if (errno == ENOENT)
        err = ERR_ABSENT;
    else if (errno == EACCES)
        err = ERR_ACCESS;
    return failure_set_errno(failure, err, "%s", path);
}

/* --- reading --- */

/* The first digits of what is in a file of that name, or empty. */
static struct text range_of(const char *path)
{
    struct text name = text_from_string(path);
    size_t slash = text_find_last(name, '/');

    if (slash < name.len)
        name = text_skip(name, slash + 1);
    if (name.len > PASSWORD_LIST_RANGE_DIGITS && name.data[PASSWORD_LIST_RANGE_DIGITS] != '.')
        return TEXT("");
    return text_head(name, PASSWORD_LIST_RANGE_DIGITS);
}

static void pass_over(FILE *file)
{
    int byte;

    do
        byte = getc(file);
    while (byte != '\n' && byte != EOF);
}

/* Of a longer line the beginning, which is too long for a password all the same. */
static bool next_line(FILE *file, char line_r[LINE_ROOM], struct text *text_r)
{
    size_t len = 0;
    int byte;

    while ((byte = getc(file)) != EOF && byte != '\n' && len < LINE_ROOM)
        line_r[len++] = (char)byte;
    if (len == LINE_ROOM && byte != '\n')
        pass_over(file);
    *text_r = text_from_bytes(line_r, len);
    return len > 0 || byte == '\n';
}

static enum err add_lines(
    struct password_list_maker *maker, const char *path, FILE *file, struct failure *failure)
{
    struct text range = range_of(path), line;
    enum err err = ERR_NONE;
    unsigned long number = 0;
    char room[LINE_ROOM];
    struct failure why;

    while (err == ERR_NONE && next_line(file, room, &line)) {
        number++;
        err = password_list_maker_add(maker, range, line, &why);
    }
    if (err != ERR_NONE)
        return failure_set(failure, err, "%s:%lu: %s", path, number, why.text);
    return ferror(file) ? fail(failure, path) : ERR_NONE;
}

static enum err add_file(
    struct password_list_maker *maker, const char *path, struct failure *failure)
{
    FILE *file = fopen(path, "re");
    enum err err;

    if (file == NULL)
        return fail(failure, path);
    err = add_lines(maker, path, file, failure);
    (void)fclose(file);
    return err;
}

static bool is_folder(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* Files that are hidden, and folders in it, are none of it. */
static enum err add_entry(struct password_list_maker *maker, const char *folder, const char *name,
    struct failure *failure)
{
    struct arena *arena = arena_new();
    const char *path = arena_print(arena, "%s/%s", folder, name).data;
    enum err err = ERR_NONE;

    if (name[0] != '.' && !is_folder(path))
        err = add_file(maker, path, failure);
    arena_free(&arena);
    return err;
}

static enum err add_folder(
    struct password_list_maker *maker, const char *path, struct failure *failure)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    enum err err = ERR_NONE;

    if (folder == NULL)
        return fail(failure, path);
    while (err == ERR_NONE && (entry = readdir(folder)) != NULL)
        err = add_entry(maker, path, entry->d_name, failure);
    closedir(folder);
    return err;
}

enum err password_list_files_add(
    struct password_list_maker *maker, const char *path, struct failure *failure)
{
    if (strcmp(path, "-") == 0)
        return add_lines(maker, "standard input", stdin, failure);
    return is_folder(path) ? add_folder(maker, path, failure) : add_file(maker, path, failure);
}

/* --- writing --- */

static enum err write_open(
    struct password_list_maker *maker, int fd, const char *path, struct failure *failure)
{
    FILE *file = fdopen(fd, "w");
    bool is_good;

    if (file == NULL) {
        close(fd);
        return fail(failure, path);
    }
    is_good = password_list_maker_write(maker, file) == ERR_NONE && fflush(file) == 0 &&
              fchmod(fd, 0600) == 0 && fsync(fd) == 0;
    if (fclose(file) != 0 || !is_good)
        return fail(failure, path);
    return ERR_NONE;
}

static enum err write_beside(struct password_list_maker *maker, const char *beside,
    const char *path, struct failure *failure)
{
    int fd;

    (void)unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd >= 0 ? write_open(maker, fd, path, failure) : fail(failure, path);
}

enum err password_list_files_write(
    struct password_list_maker *maker, const char *path, struct failure *failure)
{
    struct arena *arena = arena_new();
    const char *beside = file_beside(path, arena);
    enum err err = write_beside(maker, beside, path, failure);

    if (err == ERR_NONE && rename(beside, path) != 0)
        err = fail(failure, path);
    if (err == ERR_NONE)
        err = file_sync_folder(path, failure);
    else
        (void)unlink(beside);
    arena_free(&arena);
    return err;
}
