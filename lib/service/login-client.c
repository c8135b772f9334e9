/* SPDX-License-Identifier: MIT */
#include "lib/service/login-client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "lib/service/dial.h"
#include "lib/service/login-field.h"

#define ID "1"
#define GREETING LOGIN_PROTOCOL "\t" LOGIN_VERSION

static void append_field(struct buffer *line, const char *name, struct text value)
{
    if (value.len == 0)
        return;
    buffer_append_format(line, "\t%s=", name);
    buffer_reserve(line, LOGIN_ESCAPED_MAX(value.len));
    line->len += login_field_escape(value, line->data + line->len);
}

/* Reserved at once, so that no piece of the password stays where the buffer was before. */
static void write_request(struct buffer *line, const struct login_question *question)
{
    buffer_reserve(line, 2 * LOGIN_LINE_MAX);
    buffer_append_string(line, GREETING "\n" ID "\tverify");
    append_field(line, "user", question->user);
    append_field(line, "password", question->password);
    append_field(line, "service", question->service);
    append_field(line, "remote", question->remote);
    buffer_append_byte(line, '\n');
}

static enum err send_request(int fd, const struct login_question *question, struct failure *failure)
{
    struct buffer line = BUFFER_NONE;
    enum err err = ERR_NONE;
    ssize_t sent;

    write_request(&line, question);
    sent = send(fd, line.data, line.len, MSG_NOSIGNAL);
    if (sent < 0 || (size_t)sent != line.len)
        err = failure_set_errno(failure, ERR_IO, "sending to gatepost-authd");
    memory_wipe(line.data, line.len);
    buffer_done(&line);
    return err;
}

/* Two lines: the greeting, and the answer. */
static bool is_whole(struct text heard)
{
    struct text line;

    return text_split(&heard, '\n', &line) && text_find(heard, '\n') != heard.len;
}

static enum err hear(int fd, int64_t deadline_ms, struct buffer *heard, struct failure *failure)
{
    while (!is_whole(buffer_text(heard))) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        ssize_t got;

        if (left_ms <= 0 || poll(&wait, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms) == 0)
            return failure_set(failure, ERR_TIMEOUT, "gatepost-authd does not answer in time");
        got = recv(fd, buffer_reserve(heard, LOGIN_LINE_MAX), LOGIN_LINE_MAX, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0 || heard->len > (size_t)2 * LOGIN_LINE_MAX)
            return failure_set(failure, ERR_IO, "gatepost-authd ended the connection");
        heard->len += (size_t)got;
    }
    return ERR_NONE;
}

static void take_field(struct text field, struct arena *arena, struct login_answer *answer)
{
    struct text name, value;
    char *bytes;
    size_t len;

    if (!login_field_part(field, &name, &value))
        return;
    bytes = arena_copy_string(arena, value);
    len = value.len;
    if (!login_field_unescape(bytes, &len))
        return;
    if (text_equals(name, TEXT("reason")))
        answer->reason = text_from_bytes(bytes, len);
    if (text_equals(name, TEXT("user")))
        answer->user = text_from_bytes(bytes, len);
}

/* "gatepost-login\t1\n1\tok\tuser=...\n" */
static bool read_answer(struct text heard, struct arena *arena, struct login_answer *answer_r)
{
    struct login_answer answer = {.status = TEXT_NONE};
    struct text greeting, line, piece;

    if (!text_split(&heard, '\n', &greeting) || !text_equals(greeting, TEXT(GREETING)) ||
        !text_split(&heard, '\n', &line) || !text_split(&line, '\t', &piece) ||
        !text_equals(piece, TEXT(ID)) || !text_split(&line, '\t', &piece))
        return false;
    answer.status = arena_copy(arena, piece);
    while (text_split(&line, '\t', &piece))
        take_field(piece, arena, &answer);
    *answer_r = answer;
    return true;
}

static enum err converse(int fd, const struct login_question *question, int64_t deadline_ms,
    struct arena *arena, struct login_answer *answer_r, struct failure *failure)
{
    struct buffer heard = BUFFER_NONE;
    enum err err = send_request(fd, question, failure);

    if (err == ERR_NONE)
        err = hear(fd, deadline_ms, &heard, failure);
    if (err == ERR_NONE && !read_answer(buffer_text(&heard), arena, answer_r))
        err = failure_set(failure, ERR_IO, "what listens there is not gatepost-authd");
    buffer_done(&heard);
    return err;
}

static enum err judge_connection(int error)
{
    if (error == ENOENT || error == ECONNREFUSED)
        return ERR_ABSENT;
    return error == EACCES ? ERR_ACCESS : ERR_IO;
}

enum err login_ask(const char *path, const struct login_question *question, int64_t timeout_ms,
    struct arena *arena, struct login_answer *answer_r, struct failure *failure)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    size_t len =
        question->user.len + question->password.len + question->service.len + question->remote.len;
    enum err err;
    int fd;

    if (LOGIN_ESCAPED_MAX(len) + sizeof "1\tverify\tuser=\tpassword=\tservice=\tremote=\n" >
        LOGIN_LINE_MAX)
        return failure_set(failure, ERR_LIMIT, "name and password are too long for a login");
    fd = dial_unix(path, deadline_ms);
    if (fd < 0)
        return failure_set_errno(failure, judge_connection(errno), "%s", path);
    err = converse(fd, question, deadline_ms, arena, answer_r, failure);
    close(fd);
    return err;
}
