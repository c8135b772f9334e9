/* SPDX-License-Identifier: MIT */
#include "mailctl/socketmap-client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/service/address.h"

/* Postfix reads no longer answers (socketmap_max_reply_size). */
#define REPLY_MAX 100000
#define REPLY_DIGITS_MAX 6

static enum err fail(struct failure *failure, const char *doing)
{
    enum err err = errno == EAGAIN ? ERR_TIMEOUT : errno == EACCES ? ERR_ACCESS : ERR_IO;

    return failure_set_errno(failure, err, "%s", doing);
}

static enum err connect_to(const char *listen, int timeout_ms, int *fd_r, struct failure *failure)
{
    const struct timeval patience = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    struct address address;
    enum err err = ERR_NONE;
    int fd;

    if (!address_parse(text_from_string(listen), &address))
        return failure_set(failure, ERR_SYNTAX, "%s: expected %s", listen, ADDRESS_EXPECTED);
    fd = socket(address.sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failure_set_errno(failure, ERR_IO, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, (const struct sockaddr *)&address.sockaddr, address.len) != 0)
        err = fail(failure, listen);
    if (err == ERR_NONE)
        *fd_r = fd;
    else
        close(fd);
    return err;
}

static enum err send_all(int fd, struct text bytes, struct failure *failure)
{
    while (bytes.len != 0) {
        ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail(failure, "sending the question");
        bytes = text_skip(bytes, (size_t)sent);
    }
    return ERR_NONE;
}

/* "LEN:CONTENT,": true where the whole netstring is there, or never will be: then *good_r false. */
static bool take_netstring(struct text bytes, struct text *content_r, bool *good_r)
{
    struct text digits = text_head(bytes, text_find(bytes, ':'));
    uint64_t len;

    *good_r = false;
    if (digits.len == bytes.len)
        return digits.len > REPLY_DIGITS_MAX;
    if (digits.len == 0 || !text_to_number(digits, REPLY_MAX, &len))
        return true;
    bytes = text_skip(bytes, digits.len + 1);
    if (bytes.len <= len)
        return false;
    *content_r = text_head(bytes, (size_t)len);
    *good_r = bytes.len == len + 1 && bytes.data[len] == ',';
    return true;
}

static enum err read_reply(
    int fd, struct buffer *bytes, struct text *content_r, struct failure *failure)
{
    bool good = false;

    while (!take_netstring(buffer_text(bytes), content_r, &good)) {
        ssize_t got = recv(fd, buffer_reserve(bytes, 4096), 4096, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(failure, "waiting for the answer");
        if (got == 0)
            return failure_set(failure, ERR_FOREIGN, "the answer ends too early");
        bytes->len += (size_t)got;
    }
    return good ? ERR_NONE : failure_set(failure, ERR_FOREIGN, "the answer is no netstring");
}

static enum err judge(struct text reply, struct buffer *value, struct failure *failure)
{
    struct text word = text_head(reply, text_find(reply, ' '));
    struct text rest = text_skip(reply, word.len + 1);

    if (text_equals(word, TEXT("OK"))) {
        buffer_append_text(value, rest);
        return ERR_NONE;
    }
    if (text_equals(word, TEXT("NOTFOUND")))
        return failure_set(failure, ERR_ABSENT, "not found");
    if (text_equals(word, TEXT("TEMP")) || text_equals(word, TEXT("TIMEOUT")))
        return failure_set(failure, ERR_BUSY, "%.*s", TEXT_ARGS(rest));
    if (text_equals(word, TEXT("PERM")))
        return failure_set(failure, ERR_REFUSED, "%.*s", TEXT_ARGS(rest));
    return failure_set(failure, ERR_FOREIGN, "the answer begins with no word of the protocol");
}

enum err socketmap_client_talk(
    int fd, struct text table, struct text key, struct buffer *value, struct failure *failure)
{
    struct buffer request = BUFFER_NONE, bytes = BUFFER_NONE;
    struct text reply = TEXT_NONE;
    enum err err;

    buffer_append_format(
        &request, "%zu:%.*s %.*s,", table.len + 1 + key.len, TEXT_ARGS(table), TEXT_ARGS(key));
    err = send_all(fd, buffer_text(&request), failure);
    if (err == ERR_NONE)
        err = read_reply(fd, &bytes, &reply, failure);
    if (err == ERR_NONE)
        err = judge(reply, value, failure);
    buffer_done(&request);
    buffer_done(&bytes);
    return err;
}

enum err socketmap_client_ask(const char *listen, struct text table, struct text key,
    int timeout_ms, struct buffer *value, struct failure *failure)
{
    int fd = -1;
    enum err err = connect_to(listen, timeout_ms, &fd, failure);

    if (err != ERR_NONE)
        return err;
    err = socketmap_client_talk(fd, table, key, value, failure);
    close(fd);
    return err;
}
