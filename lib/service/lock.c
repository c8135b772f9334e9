/* SPDX-License-Identifier: MIT */
#include "lib/service/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err make_run_directory(const char *path, struct failure *failure)
{
    struct stat status;

    if (stat(path, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            return failure_set(
                failure, ERR_FOREIGN, "run_directory %s: expected a directory", path);
        return ERR_NONE;
    }
    /* chmod, since the umask of whoever started us is not ours to rely on. */
    if (errno != ENOENT || mkdir(path, 0755) != 0 || chmod(path, 0755) != 0)
        return failure_set_errno(failure, ERR_IO, "run_directory %s", path);
    return ERR_NONE;
}

static enum err refuse(int fd, const char *path, struct failure *failure)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
        return failure_set(failure, ERR_EXISTS, "%s: another instance is running, process %ld",
            path, (long)lock.l_pid);
    return failure_set(failure, ERR_EXISTS, "%s: another instance is running", path);
}

static enum err write_pid(int fd, const char *path, struct failure *failure)
{
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    return ERR_NONE;
}

enum err lock_take(const char *run_directory, const char *name, int *fd_r, struct failure *failure)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_MAX];
    enum err err = make_run_directory(run_directory, failure);
    int fd;

    if (err != ERR_NONE)
        return err;
    snprintf(path, sizeof path, "%s/%s.lock", run_directory, name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    if (fcntl(fd, F_SETLK, &lock) != 0)
        err = errno == EACCES || errno == EAGAIN ? refuse(fd, path, failure)
                                                 : failure_set_errno(failure, ERR_IO, "%s", path);
    else
        err = write_pid(fd, path, failure);
    if (err != ERR_NONE) {
        close(fd);
        return err;
    }
    *fd_r = fd;
    return ERR_NONE;
}

void lock_release(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
