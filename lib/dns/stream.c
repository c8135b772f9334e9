/* SPDX-License-Identifier: MIT */
#include "lib/dns/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/dns/message.h"

unsigned stream_address(const struct ip *ip, uint16_t port, struct sockaddr_storage *address_r)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address_r;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address_r;

    *address_r = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    if (ip->family == IP_V4) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        memcpy(&four->sin_addr, ip->bytes, 4);
        return sizeof *four;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    memcpy(&six->sin6_addr, ip->bytes, 16);
    return sizeof *six;
}

/* Until it can be read or written; the deadline that has passed is ERR_TIMEOUT. */
static enum err wait_for(int fd, short events, int64_t deadline_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};

    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        int ready;

        if (left_ms <= 0)
            return ERR_TIMEOUT;
        ready = poll(&poll_fd, 1, (int)(left_ms < INT32_MAX ? left_ms : INT32_MAX));
        if (ready > 0)
            return ERR_NONE;
        if (ready < 0 && errno != EINTR)
            return ERR_IO;
    }
}

static enum err open_stream(struct stream *stream, int64_t deadline_ms)
{
    struct sockaddr_storage address;
    socklen_t len = stream_address(&stream->server, stream->port, &address), error_len;
    int error = 0;
    enum err err;

    stream->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stream->fd < 0)
        return ERR_IO;
    if (connect(stream->fd, (struct sockaddr *)&address, len) == 0)
        return ERR_NONE;
    if (errno != EINPROGRESS)
        return ERR_IO;
    err = wait_for(stream->fd, POLLOUT, deadline_ms);
    if (err != ERR_NONE)
        return err;
    error_len = sizeof error;
    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0)
        return ERR_IO;
    errno = error;
    return error == 0 ? ERR_NONE : ERR_IO;
}

static enum err send_all(int fd, struct text bytes, int64_t deadline_ms)
{
    while (bytes.len != 0) {
        ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        enum err err = ERR_NONE;

        if (sent >= 0)
            bytes = text_skip(bytes, (size_t)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            err = wait_for(fd, POLLOUT, deadline_ms);
        else if (errno != EINTR)
            err = ERR_IO;
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static enum err receive_all(int fd, size_t len, int64_t deadline_ms, struct buffer *into)
{
    while (len != 0) {
        ssize_t got = recv(fd, buffer_reserve(into, len), len, 0);
        enum err err = ERR_NONE;

        if (got > 0) {
            into->len += (size_t)got;
            len -= (size_t)got;
        } else if (got == 0) {
            errno = ECONNRESET;
            err = ERR_IO;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            err = wait_for(fd, POLLIN, deadline_ms);
        } else if (errno != EINTR) {
            err = ERR_IO;
        }
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static enum err exchange(int fd, struct text message, int64_t deadline_ms, struct buffer *reply)
{
    struct buffer framed = BUFFER_NONE;
    enum err err;

    buffer_append_byte(&framed, (char)(message.len >> 8));
    buffer_append_byte(&framed, (char)(message.len & 0xff));
    buffer_append_text(&framed, message);
    err = send_all(fd, buffer_text(&framed), deadline_ms);
    buffer_clear(&framed);
    if (err == ERR_NONE)
        err = receive_all(fd, 2, deadline_ms, &framed);
    if (err == ERR_NONE)
        err = receive_all(fd,
            (size_t)(unsigned char)framed.data[0] << 8 | (unsigned char)framed.data[1], deadline_ms,
            reply);
    buffer_done(&framed);
    return err;
}

static enum err exchange_anew(
    struct stream *stream, struct text message, int64_t deadline_ms, struct buffer *reply)
{
    enum err err;

    stream_done(stream);
    err = open_stream(stream, deadline_ms);
    return err == ERR_NONE ? exchange(stream->fd, message, deadline_ms, reply) : err;
}

void stream_init(struct stream *stream, const struct ip *server, uint16_t port)
{
    *stream = (struct stream){*server, port, -1};
}

void stream_done(struct stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

enum err stream_exchange(struct stream *stream, struct text message, int64_t deadline_ms,
    struct buffer *reply, struct failure *failure)
{
    char shown[IP_TEXT_MAX];
    enum err err = ERR_IO;

    ip_format(&stream->server, shown);
    if (message.len > MESSAGE_MAX_BYTES)
        return failure_set(failure, ERR_LIMIT, "a message of %zu bytes is too long", message.len);
    if (stream->fd >= 0)
        err = exchange(stream->fd, message, deadline_ms, reply);
    if (err == ERR_IO && reply->len == 0)
        err = exchange_anew(stream, message, deadline_ms, reply);
    if (err == ERR_TIMEOUT)
        (void)failure_set(failure, err, "the name server %s does not answer in time", shown);
    else if (err != ERR_NONE)
        (void)failure_set_errno(failure, err, "the name server %s", shown);
    if (err != ERR_NONE)
        stream_done(stream);
    return err;
}
