/* SPDX-License-Identifier: MIT */
#include "mailctl/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

static volatile sig_atomic_t signal_seen;

static void note_signal(int number)
{
    signal_seen = number;
}

/*
 * Signals come only while somebody is waited for (ppoll), so that none is missed; they end the
 * waiting, and have their way once the echo is back. What was ignored stays so.
 */
struct guard {
    struct sigaction actions[SIGNAL_COUNT];
    sigset_t mask;
};

static void guard_set(struct guard *guard)
{
    struct sigaction action = {.sa_handler = note_signal};
    sigset_t blocked;

    signal_seen = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&blocked, signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, &guard->mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (sigaction(signals[i], NULL, &guard->actions[i]) == 0 &&
            guard->actions[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

static void guard_release(const struct guard *guard)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &guard->actions[i], NULL);
    sigprocmask(SIG_SETMASK, &guard->mask, NULL);
    if (signal_seen != 0)
        raise(signal_seen);
}

static bool wait_for_input(int fd, const struct guard *guard)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    while (ppoll(&wanted, 1, NULL, &guard->mask) < 0)
        if (errno != EINTR || signal_seen != 0)
            return false;
    return true;
}

static bool read_line(int fd, const struct guard *guard, char *line_r, size_t size, size_t *len_r)
{
    size_t len = 0;

    while (len < size && (len == 0 || line_r[len - 1] != '\n')) {
        ssize_t got;

        if (!wait_for_input(fd, guard))
            return false;
        got = read(fd, line_r + len, size - len);
        if (got < 0)
            return false;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *len_r = len;
    return true;
}

static bool say(int fd, const char *words)
{
    return write(fd, words, strlen(words)) == (ssize_t)strlen(words);
}

static bool ask_quietly(
    int fd, const struct guard *guard, const char *prompt, char *line_r, size_t size, size_t *len_r)
{
    struct termios usual, quiet;
    bool is_read;

    if (tcgetattr(fd, &usual) != 0)
        return false;
    quiet = usual;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    quiet.c_lflag |= ICANON;
    if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
        return false;
    is_read = say(fd, prompt) && read_line(fd, guard, line_r, size, len_r);
    tcsetattr(fd, TCSAFLUSH, &usual);
    return say(fd, "\n") && is_read;
}

bool terminal_ask_secret(const char *prompt, char *line_r, size_t size, size_t *len_r)
{
    struct guard guard;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool is_read;

    if (fd < 0)
        return false;
    guard_set(&guard);
    is_read = ask_quietly(fd, &guard, prompt, line_r, size, len_r);
    guard_release(&guard);
    close(fd);
    return is_read;
}
