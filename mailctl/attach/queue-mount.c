/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/queue-mount.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "mailctl/attach/postfix-instance.h"
#include "mailctl/program.h"

#define UNITS "/etc/systemd/system"
#define WANTED_BY "multi-user.target"
#define SUFFIX ".mount"
#define WHERE "\nWhere="
#define TIMEOUT_MS ((int64_t)60000)
/* What "systemctl stop" ends with where there is no such unit (any more). */
#define NOT_LOADED 5

/* --- names --- */

/* systemd.unit(5), "string escaping for inclusion in unit names". */
const char *queue_mount_unit(const char *folder, struct arena *arena)
{
    struct text path = text_from_string(folder);
    struct buffer unit = BUFFER_NONE;
    const char *copy;

    while (path.len != 0 && path.data[0] == '/')
        path = text_skip(path, 1);
    for (size_t i = 0; i < path.len; i++) {
        char byte = path.data[i];
        bool is_plain =
            text_is_alnum(byte) || byte == ':' || byte == '_' || (byte == '.' && i != 0);

        if (byte == '/')
            buffer_append_byte(&unit, '-');
        else if (is_plain)
            buffer_append_byte(&unit, byte);
        else
            buffer_append_format(&unit, "\\x%02x", (unsigned char)byte);
    }
    buffer_append_string(&unit, SUFFIX);
    copy = arena_copy_string(arena, buffer_text(&unit));
    buffer_done(&unit);
    return copy;
}

const char *queue_mount_path(const char *unit, struct arena *arena)
{
    return arena_print(arena, UNITS "/%s", unit).data;
}

static bool is_plain(const char *path)
{
    for (; *path != '\0'; path++)
        if (!text_is_alnum(*path) && strchr("/._-+@:,=~", *path) == NULL)
            return false;
    return true;
}

bool queue_mount_plan(
    const char *from, const char *queue, struct arena *arena, struct queue_mount *mount_r)
{
    const char *to = arena_print(arena, "%s/" POSTFIX_INSTANCE_MOUNT, queue).data;

    if (!is_plain(from) || !is_plain(to))
        return false;
    *mount_r = (struct queue_mount){.from = from, .to = to, .unit = queue_mount_unit(to, arena)};
    return true;
}

/* --- the unit's file --- */

struct text queue_mount_text(const struct queue_mount *mount, struct arena *arena)
{
    struct text to = text_from_string(mount->to);

    return arena_print(arena,
        "# Written by \"mailctl attach\"; \"mailctl detach\" takes it away again.\n"
        "[Unit]\n"
        "Description=Gatepost's sockets in %.*s\n"
        "Documentation=man:mailctl-attach(1)\n"
        "ConditionPathIsDirectory=%s\n"
        "ConditionPathIsDirectory=%.*s\n"
        "\n"
        "[Mount]\n"
        "What=%s\n"
        "Where=%s\n"
        "Type=none\n"
        "Options=bind\n"
        "\n"
        "[Install]\n"
        "WantedBy=" WANTED_BY "\n",
        TEXT_ARGS(text_head(to, text_find_last(to, '/'))), mount->from,
        TEXT_ARGS(text_head(to, text_find_last(to, '/'))), mount->from, mount->to);
}

bool queue_mount_parse(
    const char *path, struct text content, struct arena *arena, struct queue_mount *mount_r)
{
    struct text name = text_from_string(path);
    struct text where = text_skip(content, text_find_text(content, TEXT(WHERE)));

    if (!text_starts_with(name, TEXT(UNITS "/")) || !text_ends_with_nocase(name, TEXT(SUFFIX)) ||
        where.len == 0)
        return false;
    where = text_skip(where, sizeof WHERE - 1);
    *mount_r = (struct queue_mount){
        .to = arena_copy_string(arena, text_head(where, text_find(where, '\n'))),
        .unit = path + sizeof UNITS};
    return true;
}

/* --- what is there --- */

static bool is_same(const char *a, const char *b)
{
    struct stat first, second;

    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = true;

    if (folder == NULL)
        return errno == ENOENT;
    while (empty && (entry = readdir(folder)) != NULL)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return empty;
}

bool queue_mount_is_free(const struct queue_mount *mount)
{
    return is_same(mount->from, mount->to) || is_empty(mount->to);
}

/* --- systemd --- */

static enum err systemctl(const char *verb, const char *option, const char *unit,
    struct arena *arena, struct failure *failure)
{
    const char *argv[] = {"systemctl", verb, option, unit, NULL};
    struct text output;

    return program_succeed(argv, TIMEOUT_MS, arena, &output, failure);
}

enum err queue_mount_enable(
    const struct queue_mount *mount, struct arena *arena, struct failure *failure)
{
    enum err err = systemctl("daemon-reload", NULL, NULL, arena, failure);

    if (err == ERR_NONE)
        err = systemctl("enable", "--now", mount->unit, arena, failure);
    return err;
}

static enum err unmount(
    const struct queue_mount *mount, struct arena *arena, struct failure *failure)
{
    const char *const argv[] = {"systemctl", "stop", mount->unit, NULL};
    struct program_result result;
    enum err err = program_run(argv, TIMEOUT_MS, arena, &result, failure);

    if (err == ERR_NONE && result.status != 0 && result.status != NOT_LOADED)
        return failure_set(failure, ERR_REFUSED, "systemctl stop %s: %.*s", mount->unit,
            TEXT_ARGS(text_trim(result.errors)));
    return err;
}

/* "systemctl disable" wants to read the file, which is gone: so its link is taken away here. */
enum err queue_mount_disable(
    const struct queue_mount *mount, struct arena *arena, struct failure *failure)
{
    const char *link = arena_print(arena, UNITS "/" WANTED_BY ".wants/%s", mount->unit).data;
    enum err err = unmount(mount, arena, failure);

    if (err != ERR_NONE)
        return err;
    (void)unlink(link);
    (void)rmdir(mount->to); /* where systemd made it; one that holds something stays */
    return systemctl("daemon-reload", NULL, NULL, arena, failure);
}
