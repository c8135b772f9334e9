/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-prove.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/service/control-client.h"
#include "lib/service/dial.h"
#include "mailctl/attach/interrupt.h"
#include "mailctl/attach/sasl-plain.h"

/* After a reload it takes a moment; Dovecot answers a failed login some seconds late. */
#define PROOF_TIMEOUT_MS ((int64_t)30000)
#define AGAIN_MS 100
#define ASK_TIMEOUT_MS ((int64_t)5000)
#define LINE_BYTES_MAX ((size_t)65536)
#define SECRET_BYTES 18
#define UNKNOWN_LOGINS "gatepost_authd_logins_total{result=\"unknown\"} "

/* A session in lines. */
struct talk {
    const char *path;
    int fd;
    struct buffer input; /* what was read and not yet taken */
    struct buffer line;  /* the last one taken */
    int64_t deadline_ms;
};

static enum err talk_open(struct talk *talk, const char *path, struct failure *failure)
{
    *talk = (struct talk){
        .path = path, .fd = -1, .deadline_ms = clock_monotonic_ms() + PROOF_TIMEOUT_MS};
    while ((talk->fd = dial_unix(path, talk->deadline_ms)) < 0) {
        if ((errno != ENOENT && errno != ECONNREFUSED) || interrupt_came() ||
            clock_monotonic_ms() > talk->deadline_ms)
            return failure_set_errno(failure, ERR_IO, "%s: Dovecot does not answer there", path);
        interrupt_pause(AGAIN_MS);
    }
    return ERR_NONE;
}

static void talk_close(struct talk *talk)
{
    if (talk->fd >= 0)
        close(talk->fd);
    buffer_done(&talk->input);
    buffer_done(&talk->line);
}

static enum err talk_say(struct talk *talk, struct text text, struct failure *failure)
{
    ssize_t sent = send(talk->fd, text.data, text.len, MSG_NOSIGNAL);

    if (sent < 0 || (size_t)sent != text.len)
        return failure_set_errno(failure, ERR_IO, "%s: the connection broke", talk->path);
    return ERR_NONE;
}

static enum err receive(struct talk *talk, struct failure *failure)
{
    struct pollfd wait = {.fd = talk->fd, .events = POLLIN};
    struct failure inner;
    enum err err = interrupt_wait(&wait, 1, talk->deadline_ms, &inner);
    ssize_t got;

    if (err != ERR_NONE)
        return failure_set(failure, err, "%s: %s", talk->path, inner.text);
    got = recv(talk->fd, buffer_reserve(&talk->input, 4096), 4096, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return ERR_NONE;
    if (got <= 0 || talk->input.len > LINE_BYTES_MAX)
        return failure_set(failure, ERR_IO,
            "%s: Dovecot broke the connection off; its log says why (\"doveadm log errors\")",
            talk->path);
    talk->input.len += (size_t)got;
    return ERR_NONE;
}

/* The next line, without its end, into talk->line. */
static enum err talk_hear(struct talk *talk, struct failure *failure)
{
    size_t len;

    while ((len = text_find(buffer_text(&talk->input), '\n')) == talk->input.len) {
        enum err err = receive(talk, failure);

        if (err != ERR_NONE)
            return err;
    }
    buffer_clear(&talk->line);
    buffer_append_text(&talk->line, text_trim(text_head(buffer_text(&talk->input), len)));
    buffer_consume(&talk->input, len + 1);
    return ERR_NONE;
}

/* --- a login --------------------------------------------------------------------------------- */

/* How many logins authd has called unknown so far. */
static enum err count_unknown(const char *run_directory, uint64_t *count_r, struct failure *failure)
{
    struct buffer answer = BUFFER_NONE;
    enum err err = control_ask(run_directory, "authd", "metrics", ASK_TIMEOUT_MS, &answer, failure);
    struct text rest = buffer_text(&answer), line;

    if (err == ERR_NONE)
        err = failure_set(failure, ERR_FOREIGN, "gatepost-authd does not count its logins");
    while (err == ERR_FOREIGN && text_split(&rest, '\n', &line))
        if (text_starts_with(line, TEXT(UNKNOWN_LOGINS)) &&
            text_to_number(text_skip(line, sizeof UNKNOWN_LOGINS - 1), UINT64_MAX, count_r))
            err = ERR_NONE;
    buffer_done(&answer);
    return err;
}

/* Dovecot's authentication protocol: versions, then what the server can do, then one request. */
static enum err greet(struct talk *talk, struct failure *failure)
{
    char hello[64];
    int len = snprintf(hello, sizeof hello, "VERSION\t1\t1\nCPID\t%ld\n", (long)getpid());
    enum err err = talk_say(talk, text_from_bytes(hello, (size_t)len), failure);

    while (err == ERR_NONE) {
        err = talk_hear(talk, failure);
        if (err == ERR_NONE && text_equals(buffer_text(&talk->line), TEXT("DONE")))
            break;
    }
    return err;
}

/* PLAIN with a password that nobody has. */
static enum err ask_login(struct talk *talk, const char *address, struct failure *failure)
{
    struct buffer request = BUFFER_NONE;
    unsigned char secret[SECRET_BYTES];
    char word[BASE64_ENCODED_LEN(SECRET_BYTES) + 1];
    enum err err;

    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        return failure_set_errno(failure, ERR_IO, "getrandom");
    base64_encode(secret, sizeof secret, word);
    buffer_append_string(&request, "AUTH\t1\tPLAIN\tservice=gatepost-attach\tsecured\tresp=");
    sasl_plain_append(text_from_string(address), text_from_string(word), &request);
    buffer_append_byte(&request, '\n');
    err = talk_say(talk, buffer_text(&request), failure);
    buffer_done(&request);
    return err;
}

static bool has_field(struct text line, const char *field)
{
    struct text part;

    while (text_split(&line, '\t', &part))
        if (text_equals(part, text_from_string(field)))
            return true;
    return false;
}

static enum err hear_refusal(struct talk *talk, struct failure *failure)
{
    enum err err = talk_hear(talk, failure);
    struct text line = buffer_text(&talk->line);

    if (err != ERR_NONE)
        return err;
    if (text_starts_with(line, TEXT("OK\t")))
        return failure_set(failure, ERR_REFUSED,
            "a user who does not exist could log in with any password: another passdb of Dovecot "
            "lets everybody in");
    if (!text_starts_with(line, TEXT("FAIL\t")))
        return failure_set(failure, ERR_FOREIGN, "Dovecot's answer to a login is \"%.*s\"",
            TEXT_ARGS(text_head(line, 200)));
    if (has_field(line, "temp") || has_field(line, "code=temp_fail"))
        return failure_set(failure, ERR_REFUSED,
            "Dovecot could not ask gatepost-authd about a login; its log says why (\"doveadm log "
            "errors\")");
    return ERR_NONE;
}

static enum err try_login(const char *path, const char *address, struct failure *failure)
{
    struct talk talk;
    enum err err = talk_open(&talk, path, failure);

    if (err == ERR_NONE)
        err = greet(&talk, failure);
    if (err == ERR_NONE)
        err = ask_login(&talk, address, failure);
    if (err == ERR_NONE)
        err = hear_refusal(&talk, failure);
    talk_close(&talk);
    return err;
}

enum err dovecot_prove_login(
    const char *run_directory, const char *queue, const char *address, struct failure *failure)
{
    uint64_t before = 0, after = 0;
    char path[PATH_MAX];
    enum err err = count_unknown(run_directory, &before, failure);

    snprintf(path, sizeof path, "%s/private/auth", queue);
    if (err == ERR_NONE)
        err = try_login(path, address, failure);
    if (err == ERR_NONE)
        err = count_unknown(run_directory, &after, failure);
    if (err == ERR_NONE && after <= before)
        return failure_set(failure, ERR_REFUSED,
            "Dovecot refused a login without asking gatepost-authd about it: another passdb "
            "answers first");
    return err;
}

/* --- a delivery ------------------------------------------------------------------------------ */

/* The status of an answer, RFC 5321 §4.2; of several lines the last. */
static enum err hear_status(struct talk *talk, unsigned *status_r, struct failure *failure)
{
    for (;;) {
        uint64_t status = 0;
        enum err err = talk_hear(talk, failure);
        struct text line = buffer_text(&talk->line);

        if (err != ERR_NONE)
            return err;
        if (!text_to_number(text_head(line, 3), 999, &status))
            return failure_set(failure, ERR_FOREIGN, "%s: no LMTP: \"%.*s\"", talk->path,
                TEXT_ARGS(text_head(line, 200)));
        if (line.len > 3 && line.data[3] == '-')
            continue;
        *status_r = (unsigned)status;
        return ERR_NONE;
    }
}

static enum err ask(
    struct talk *talk, struct text command, unsigned *status_r, struct failure *failure)
{
    enum err err = command.len != 0 ? talk_say(talk, command, failure) : ERR_NONE;

    return err == ERR_NONE ? hear_status(talk, status_r, failure) : err;
}

static enum err ask_recipient(
    struct talk *talk, const char *address, unsigned *status_r, struct failure *failure)
{
    const struct text steps[] = {TEXT(""), TEXT("LHLO localhost\r\n"), TEXT("MAIL FROM:<>\r\n")};
    struct buffer recipient = BUFFER_NONE;
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < sizeof steps / sizeof *steps; i++) {
        err = ask(talk, steps[i], status_r, failure);
        if (err == ERR_NONE && *status_r / 100 != 2)
            err = failure_set(failure, ERR_REFUSED, "%s: LMTP says \"%s\"", talk->path,
                buffer_string(&talk->line));
    }
    buffer_append_format(&recipient, "RCPT TO:<%s>\r\n", address);
    if (err == ERR_NONE)
        err = ask(talk, buffer_text(&recipient), status_r, failure);
    buffer_done(&recipient);
    return err;
}

enum err dovecot_prove_delivery(
    const char *queue, const char *address, bool exists, struct failure *failure)
{
    unsigned status = 0;
    struct talk talk;
    char path[PATH_MAX];
    enum err err;

    snprintf(path, sizeof path, "%s/private/dovecot-lmtp", queue);
    err = talk_open(&talk, path, failure);
    if (err == ERR_NONE)
        err = ask_recipient(&talk, address, &status, failure);
    if (err == ERR_NONE && (exists ? status / 100 != 2 : status / 100 == 4))
        err = failure_set(failure, ERR_REFUSED, "over LMTP Dovecot says of <%s>, who %s: \"%s\"",
            address, exists ? "is a user" : "does not exist", buffer_string(&talk.line));
    if (err == ERR_NONE)
        (void)talk_say(&talk, TEXT("QUIT\r\n"), NULL);
    talk_close(&talk);
    return err;
}
