/* SPDX-License-Identifier: MIT */
#include "mailctl/secret-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

bool secret_file_fill(int fd, char *bytes, size_t room, bool one_line, size_t *len_r)
{
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, bytes + len, room - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        len += (size_t)got;
        if (got == 0 || (one_line && memchr(bytes, '\n', len) != NULL))
            break;
    }
    *len_r = len;
    return true;
}

static int read_open(const struct invocation *invocation, int fd, const char *path, size_t max,
    struct buffer *content)
{
    char *bytes = buffer_reserve(content, max + 1);
    size_t len = 0;

    if (!secret_file_fill(fd, bytes, max + 1, false, &len))
        return invocation_complain(invocation, EX_IOERR, "%s: %s", path, strerror(errno));
    content->len = len;
    if (len > max)
        return invocation_complain(
            invocation, EX_DATAERR, "%s: larger than the %zu bytes that are read here", path, max);
    content->data[len] = '\0';
    return EX_OK;
}

int secret_file_read(
    const struct invocation *invocation, const char *path, size_t max, struct buffer *content)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int status;

    if (fd < 0)
        return invocation_complain(
            invocation, errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s: %s", path, strerror(errno));
    status = read_open(invocation, fd, path, max, content);
    if (!is_stdin)
        close(fd);
    return status;
}

static bool write_all(int fd, struct text content)
{
    while (content.len != 0) {
        ssize_t done = write(fd, content.data, content.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        content = text_skip(content, (size_t)done);
    }
    return fsync(fd) == 0;
}

int secret_file_write(const struct invocation *invocation, const char *path, struct text content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int status = EX_OK;

    if (fd < 0)
        return invocation_complain(invocation, errno == EACCES ? EX_NOPERM : EX_CANTCREAT,
            "%s: %s%s", path, strerror(errno), errno == EEXIST ? "; name a new file" : "");
    if (!write_all(fd, content)) {
        status = invocation_complain(invocation, EX_IOERR, "%s: %s", path, strerror(errno));
        (void)unlink(path);
    }
    close(fd);
    return status;
}
