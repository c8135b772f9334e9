/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/smtp-probe.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "mailctl/attach/interrupt.h"
#include "mailctl/attach/smtp-reply.h"
#include "mailctl/attach/smtp-tls.h"

enum err smtp_probe_connect_to(const struct sockaddr *address, socklen_t len, const char *name,
    struct arena *arena, struct smtp_probe *probe_r, struct failure *failure)
{
    const struct timeval patience = {.tv_sec = SMTP_PROBE_CONNECT_S};
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    /* It bounds connect(), too. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, address, len) != 0) {
        enum err err = failure_set_errno(failure, ERR_IO, "%s: no connection", name);

        if (fd >= 0)
            close(fd);
        return err;
    }
    *probe_r = (struct smtp_probe){.fd = fd, .arena = arena};
    return ERR_NONE;
}

enum err smtp_probe_connect(const char *host, const char *service, struct arena *arena,
    struct smtp_probe *probe_r, struct failure *failure)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *name = arena_print(arena, "%s port %s", host, service).data;
    int status = getaddrinfo(host, service, &hints, &found);
    enum err err = ERR_IO;

    if (status != 0)
        return failure_set(failure, ERR_IO, "%s: %s", name, gai_strerror(status));
    for (const struct addrinfo *at = found; err != ERR_NONE && at != NULL; at = at->ai_next)
        err = smtp_probe_connect_to(at->ai_addr, at->ai_addrlen, name, arena, probe_r, failure);
    freeaddrinfo(found);
    return err;
}

void smtp_probe_close(struct smtp_probe *probe)
{
    smtp_tls_close(&probe->tls);
    if (probe->fd >= 0)
        close(probe->fd);
    probe->fd = -1;
}

static int64_t deadline(const struct smtp_probe *probe)
{
    int64_t answer_ms = clock_monotonic_ms() + SMTP_PROBE_TIMEOUT_MS;

    return probe->deadline_ms != 0 && probe->deadline_ms < answer_ms ? probe->deadline_ms
                                                                     : answer_ms;
}

enum err smtp_probe_start_tls(
    struct smtp_probe *probe, const char *server_name, struct failure *failure)
{
    return smtp_tls_open(probe->fd, server_name, deadline(probe), &probe->tls, failure);
}

enum err smtp_probe_send(struct smtp_probe *probe, struct text bytes, struct failure *failure)
{
    if (probe->tls != NULL)
        return smtp_tls_send(probe->tls, bytes, deadline(probe), failure);
    while (bytes.len != 0) {
        ssize_t done = send(probe->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (done < 0 && errno != EINTR)
            return failure_set_errno(failure, ERR_IO, "the connection broke");
        if (done > 0)
            bytes = text_skip(bytes, (size_t)done);
    }
    return ERR_NONE;
}

static enum err take_clear(const struct smtp_probe *probe, struct buffer *answer,
    int64_t deadline_ms, struct failure *failure)
{
    struct pollfd wanted = {.fd = probe->fd, .events = POLLIN};
    enum err err = interrupt_wait(&wanted, 1, deadline_ms, failure);
    ssize_t got;

    if (err != ERR_NONE)
        return err;
    got = recv(probe->fd, buffer_reserve(answer, 4096), 4096, MSG_DONTWAIT);
    if (got > 0)
        answer->len += (size_t)got;
    if (got == 0)
        return failure_set(failure, ERR_IO, "the other side closed the connection");
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        return failure_set_errno(failure, ERR_IO, "the connection broke");
    return ERR_NONE;
}

/* Takes what comes next, unless it comes too late: somebody may have something to say for ever. */
static enum err take(const struct smtp_probe *probe, struct buffer *answer, int64_t deadline_ms,
    struct failure *failure)
{
    enum err err;

    if (clock_monotonic_ms() >= deadline_ms)
        return failure_set(failure, ERR_TIMEOUT, "no answer in time");
    err = probe->tls != NULL ? smtp_tls_receive(probe->tls, answer, deadline_ms, failure)
                             : take_clear(probe, answer, deadline_ms, failure);
    if (err == ERR_NONE && answer->len > SMTP_PROBE_BYTES_MAX)
        return failure_set(failure, ERR_LIMIT, "an answer without end");
    return err;
}

enum err smtp_probe_read_until(struct smtp_probe *probe, struct text end, struct failure *failure)
{
    int64_t deadline_ms = deadline(probe);
    struct buffer answer = BUFFER_NONE;
    struct text rest = TEXT(""); /* from where the end may begin */
    enum err err = ERR_NONE;

    while (err == ERR_NONE && text_find_text(rest, end) == rest.len) {
        size_t from = answer.len > end.len ? answer.len - end.len : 0;

        err = take(probe, &answer, deadline_ms, failure);
        rest = text_skip(buffer_text(&answer), from);
    }
    probe->answer = arena_copy(probe->arena, buffer_text(&answer));
    buffer_done(&answer);
    return err;
}

/* What is said behind the reply is nobody's answer, and is dropped. */
static enum err read_reply(struct smtp_probe *probe, struct failure *failure)
{
    int64_t deadline_ms = deadline(probe);
    struct buffer bytes = BUFFER_NONE;
    struct smtp_reply reply = {.is_whole = false};
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !reply.is_whole) {
        err = take(probe, &bytes, deadline_ms, failure);
        if (err == ERR_NONE)
            err = smtp_reply_read(&reply, buffer_text(&bytes), failure);
    }
    probe->answer = arena_copy(probe->arena, text_head(buffer_text(&bytes), reply.len));
    probe->code = reply.is_whole ? reply.code : 0;
    buffer_done(&bytes);
    return err;
}

enum err smtp_probe_say_quietly(struct smtp_probe *probe, const char *what, struct text bytes,
    const char *digits, struct failure *failure)
{
    struct failure inner;
    enum err err = smtp_probe_send(probe, bytes, &inner);

    if (err == ERR_NONE)
        err = read_reply(probe, &inner);
    if (err != ERR_NONE)
        return failure_set(failure, err, "%s: %s", what, inner.text);
    if (strchr(digits, '0' + (int)(probe->code / 100)) == NULL)
        return failure_set(failure, ERR_REFUSED, "%s: the answer was \"%.*s\"", what,
            TEXT_ARGS(text_trim(probe->answer)));
    return ERR_NONE;
}

enum err smtp_probe_say(
    struct smtp_probe *probe, const char *command, const char *digits, struct failure *failure)
{
    if (command == NULL)
        return smtp_probe_say_quietly(probe, "greeting", TEXT(""), digits, failure);
    return smtp_probe_say_quietly(
        probe, command, arena_print(probe->arena, "%s\r\n", command), digits, failure);
}

/* "AUTH PLAIN LOGIN"; some write "AUTH=PLAIN" besides, which is another keyword. */
static bool is_offer(struct text line, struct text keyword, struct text word)
{
    struct text found;

    if (!text_split(&line, ' ', &found) || !text_equals_nocase(found, keyword))
        return false;
    while (word.len != 0 && line.len != 0 && text_split(&line, ' ', &found))
        if (text_equals_nocase(found, word))
            return true;
    return word.len == 0;
}

bool smtp_probe_offers(const struct smtp_probe *probe, struct text keyword, struct text word)
{
    struct text rest = probe->answer, line;

    while (rest.len != 0 && text_split(&rest, '\n', &line))
        if (line.len > 4 && is_offer(text_trim(text_skip(line, 4)), keyword, word))
            return true;
    return false;
}
