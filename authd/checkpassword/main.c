/* SPDX-License-Identifier: MIT */

/*
 * gatepost-checkpassword: what Dovecot 2.3 runs for each login and each lookup. It reads name and
 * password from descriptor 3, asks gatepost-authd, writes the user's fields to descriptor 4, and
 * exits with what Dovecot understands (answer.h). It lives for one question, so it allocates
 * nothing, and one alarm bounds its whole life.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"

#include "authd/checkpassword/answer.h"

#define PROGRAM "gatepost-checkpassword"
#define DEFAULT_SOCKET "/run/gatepost/authd"
#define INPUT_FD 3
#define OUTPUT_FD 4
/* Longer than authd's queue can make a login wait, shorter than Dovecot's own patience. */
#define TIMEOUT_S 30

#define SAY(text) (void)!write(STDERR_FILENO, PROGRAM ": " text "\n", sizeof(PROGRAM ": " text))

static void on_alarm(int number)
{
    (void)number;
    SAY("no answer from gatepost-authd in time");
    _exit(ANSWER_TEMPORARY);
}

static enum answer_exit give_up(const char *what, const char *name)
{
    fprintf(
        stderr, PROGRAM ": %s%s%s: %s\n", what, *name != '\0' ? " " : "", name, strerror(errno));
    return ANSWER_TEMPORARY;
}

/* A password is in our memory. */
static void forbid_core_dumps(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
}

/* Dovecot's own descriptors leak into us. */
static void close_inherited(void)
{
    if (close_range(OUTPUT_FD + 1, ~0U, 0) == 0)
        return;
    for (int fd = OUTPUT_FD + 1; fd < (int)sysconf(_SC_OPEN_MAX); fd++)
        close(fd);
}

/* To the end of the file, or until the room is full. -1: errno. */
static ssize_t read_all(int fd, char *bytes, size_t room)
{
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, bytes + len, room - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len != 0) {
        ssize_t put = write(fd, bytes, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* -1: errno. */
static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        fd = -1;
    }
    return fd;
}

/* Length of the answer in lines; 0: the other side went before it had answered. -1: errno. */
static ssize_t read_answer(int fd, char lines[LOGIN_LINE_MAX])
{
    size_t len = 0, whole = 0;

    while (whole == 0 && len < LOGIN_LINE_MAX) {
        ssize_t got = read(fd, lines + len, LOGIN_LINE_MAX - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got;
        len += (size_t)got;
        whole = answer_whole(text_from_bytes(lines, len));
    }
    return (ssize_t)whole;
}

/* Writes what Dovecot wants to know and says how to exit. */
static enum answer_exit hand_over(char *lines, size_t len, enum ask_kind kind)
{
    static char text[ANSWER_TEXT_MAX];
    struct answer answer;
    enum answer_exit status;

    if (!answer_parse(lines, len, &answer)) {
        SAY("gatepost-authd's answer is not of this version's protocol");
        return ANSWER_TEMPORARY;
    }
    status = answer_exit_of(&answer, kind);
    if (status == ANSWER_TEMPORARY)
        fprintf(stderr, PROGRAM ": temporary failure: %.*s\n", TEXT_ARGS(answer.reason));
    if ((status == ANSWER_RIGHT || status == ANSWER_FOUND) &&
        !write_all(OUTPUT_FD, text, answer_format(&answer, text)))
        return give_up("cannot write to descriptor 4", "");
    return status;
}

static enum answer_exit ask_authd(const char *path, const struct ask *ask)
{
    static char lines[LOGIN_LINE_MAX];
    enum answer_exit status;
    int fd = open_socket(path);
    bool is_sent;
    ssize_t len;

    if (fd < 0)
        return give_up("cannot reach gatepost-authd at", path);
    is_sent = write_all(fd, lines, ask_format(ask, lines));
    explicit_bzero(lines, sizeof lines);
    len = is_sent ? read_answer(fd, lines) : -1;
    if (len > 0) {
        status = hand_over(lines, (size_t)len, ask->kind);
    } else {
        if (len == 0)
            errno = ECONNRESET;
        status = give_up("no answer from gatepost-authd at", path);
    }
    close(fd);
    return status;
}

static enum answer_exit run(const char *path)
{
    char input[ASK_INPUT_MAX + 1];
    struct ask ask = {.kind = ASK_VERIFY};
    enum answer_exit status = ANSWER_TEMPORARY;
    ssize_t len = read_all(INPUT_FD, input, sizeof input);

    if (len < 0)
        return give_up("cannot read descriptor 3", "");
    ask_take_environment(&ask, getenv);
    if (!ask_parse_input(text_from_bytes(input, (size_t)len), &ask))
        SAY("descriptor 3 holds no name and password");
    else if (!ask_is_for_us(&ask))
        status = ask.kind == ASK_VERIFY ? ANSWER_WRONG : ANSWER_UNKNOWN;
    else
        status = ask_authd(path, &ask);
    explicit_bzero(input, sizeof input);
    return status;
}

static int usage(FILE *out, int status)
{
    fputs("usage: " PROGRAM " [SOCKET] REPLY-PROGRAM\n"
          "Dovecot 2.3 runs this for its passdb and userdb \"checkpassword\"; it adds\n"
          "REPLY-PROGRAM itself. SOCKET: where gatepost-authd listens [" DEFAULT_SOCKET "].\n"
          "See gatepost-checkpassword(8).\n",
        out);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout, EXIT_SUCCESS);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(PROGRAM " (" PACKAGE_NAME ") " PACKAGE_VERSION);
        return EXIT_SUCCESS;
    }
    if (argc < 2 || argc > 3)
        return usage(stderr, ANSWER_TEMPORARY);
    forbid_core_dumps();
    close_inherited();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, on_alarm);
    alarm(TIMEOUT_S);
    return run(argc == 3 ? argv[1] : DEFAULT_SOCKET);
}
