/* SPDX-License-Identifier: MIT */

/* Room on the disks that mail and databases need. */

#include <sys/statvfs.h>
#include <unistd.h>

#include "mailctl/status/status.h"

#define MIB ((uint64_t)1024 * 1024)
#define BYTES_ERROR (100 * MIB)
#define SHARE_WARNING 3 /* percent */

/* The folder, or the nearest one above it that is there. */
static const char *nearest(struct arena *arena, const char *path)
{
    struct text text = text_from_string(path);

    while (text.len > 1 && access(arena_copy_string(arena, text), F_OK) != 0)
        text = text_head(text, text_find_last(text, '/'));
    return text.len > 1 ? arena_copy_string(arena, text) : "/";
}

static void check_folder(struct status *status, const char *path)
{
    const char *folder = nearest(status->arena, path);
    struct statvfs found;
    uint64_t free_bytes, all_bytes;

    if (statvfs(folder, &found) != 0) {
        struct failure failure;

        failure_set_errno(&failure, ERR_IO, "%s", folder);
        status_say_unseen(status, &failure);
        return;
    }
    free_bytes = (uint64_t)found.f_bavail * found.f_frsize;
    all_bytes = (uint64_t)found.f_blocks * found.f_frsize;
    if (free_bytes < BYTES_ERROR)
        status_say(status, STATUS_ERROR, NULL, "%s: only %llu MB are free", path,
            (unsigned long long)(free_bytes / MIB));
    else if (free_bytes / SHARE_WARNING < all_bytes / 100)
        status_say(status, STATUS_WARNING, NULL, "%s: only %llu MB of %llu are free", path,
            (unsigned long long)(free_bytes / MIB), (unsigned long long)(all_bytes / MIB));
    if (found.f_files != 0 && found.f_favail / SHARE_WARNING < found.f_files / 100)
        status_say(status, STATUS_WARNING, NULL, "%s: only %llu files more can be made", path,
            (unsigned long long)found.f_favail);
}

static void check_state(struct status *status)
{
    check_folder(status, status->settings->state_directory);
}

/* What stands before the first part of the path that is another for each user. */
static void check_mail(struct status *status)
{
    struct text home = text_from_string(status->settings->authd.mail_home);

    home = text_head(home, text_find(home, '%'));
    home = text_head(home, text_find_last(home, '/'));
    check_folder(status, home.len != 0 ? arena_copy_string(status->arena, home) : "/");
}

static void check_queue(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);
    struct text queue;

    for (size_t i = 0; i < count; i++)
        if (status_postconf(status, instances[i], "queue_directory", &queue))
            check_folder(status, arena_copy_string(status->arena, queue));
}

static const struct status_check checks[] = {
    {"databases", check_state, ""},
    {"mail",      check_mail,  ""},
    {"queue",     check_queue, ""},
};

const struct status_group status_disk = {"disk", checks, sizeof checks / sizeof *checks};
