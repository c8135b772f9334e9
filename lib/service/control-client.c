/* SPDX-License-Identifier: MIT */
#include "lib/service/control-client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/service/dial.h"

/* No answer of ours is larger; a peer that sends more is none of our daemons. */
#define ANSWER_MAX ((size_t)16 * 1024 * 1024)

static enum err judge_connection(int error)
{
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return ERR_ABSENT;
    case EACCES:
        return ERR_ACCESS;
    case ENAMETOOLONG:
        return ERR_LIMIT;
    default:
        return ERR_IO;
    }
}

static enum err connect_to(
    const char *path, int64_t deadline_ms, int *fd_r, struct failure *failure)
{
    int fd = dial_unix(path, deadline_ms);

    if (fd < 0 && errno == ETIMEDOUT)
        return failure_set(failure, ERR_TIMEOUT, "the daemon takes no connection in time");
    if (fd < 0)
        return failure_set_errno(failure, judge_connection(errno), "%s", path);
    *fd_r = fd;
    return ERR_NONE;
}

static enum err send_request(int fd, const char *request, struct failure *failure)
{
    struct buffer line = BUFFER_NONE;
    ssize_t sent;
    enum err err = ERR_NONE;

    buffer_append_format(&line, "%s\n", request);
    sent = send(fd, line.data, line.len, MSG_NOSIGNAL);
    if (sent < 0 || (size_t)sent != line.len)
        err = failure_set_errno(failure, ERR_IO, "sending to the daemon");
    buffer_done(&line);
    return err;
}

static enum err read_answer(
    int fd, int64_t deadline_ms, struct buffer *answer, struct failure *failure)
{
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        ssize_t got;

        if (left_ms <= 0 || poll(&wait, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms) == 0)
            return failure_set(failure, ERR_TIMEOUT, "the daemon does not answer in time");
        got = recv(fd, buffer_reserve(answer, 4096), 4096, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return failure_set_errno(failure, ERR_IO, "reading the daemon's answer");
        if (got == 0)
            return ERR_NONE;
        answer->len += (size_t)got;
        answer->data[answer->len] = '\0';
        if (answer->len > ANSWER_MAX)
            return failure_set(failure, ERR_LIMIT, "the daemon's answer is too long");
    }
}

static enum err judge(const struct buffer *raw, struct buffer *answer, struct failure *failure)
{
    struct text rest = buffer_text(raw), first = TEXT_NONE;

    if (!text_split(&rest, '\n', &first) || rest.data == NULL)
        return failure_set(failure, ERR_IO, "the daemon's answer ends too early");
    if (text_starts_with(first, TEXT("ERROR ")))
        return failure_set(failure, ERR_REFUSED, "%.*s", TEXT_ARGS(text_skip(first, 6)));
    if (!text_equals(first, TEXT("OK")))
        return failure_set(failure, ERR_FOREIGN, "the answer is not one of a daemon of ours");
    buffer_append_text(answer, rest);
    return ERR_NONE;
}

enum err control_ask(const char *run_directory, const char *daemon, const char *request,
    int64_t timeout_ms, struct buffer *answer, struct failure *failure)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    struct buffer raw = BUFFER_NONE;
    char path[PATH_MAX];
    enum err err;
    int fd = -1;

    snprintf(path, sizeof path, "%s/%s.control", run_directory, daemon);
    err = connect_to(path, deadline_ms, &fd, failure);
    if (err != ERR_NONE)
        return err;
    err = send_request(fd, request, failure);
    if (err == ERR_NONE)
        err = read_answer(fd, deadline_ms, &raw, failure);
    if (err == ERR_NONE)
        err = judge(&raw, answer, failure);
    close(fd);
    buffer_done(&raw);
    return err;
}
