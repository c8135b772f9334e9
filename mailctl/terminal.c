/* SPDX-License-Identifier: MIT */
#include "mailctl/terminal.h"

#include <errno.h>
#include <fcntl.h>
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

/* Signals interrupt the reading, so that the echo can be put back before they have their way. */
static void catch_signals(struct sigaction *old_r)
{
    struct sigaction action = {.sa_handler = note_signal};

    signal_seen = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &action, &old_r[i]);
}

static void release_signals(const struct sigaction *old)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &old[i], NULL);
    if (signal_seen != 0)
        raise(signal_seen);
}

static bool read_line(int fd, char *line_r, size_t size, size_t *len_r)
{
    size_t len = 0;

    while (len < size && (len == 0 || line_r[len - 1] != '\n')) {
        ssize_t got = read(fd, line_r + len, size - len);

        if (got < 0 && errno == EINTR && signal_seen == 0)
            continue;
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

static bool ask_quietly(int fd, const char *prompt, char *line_r, size_t size, size_t *len_r)
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
    is_read = say(fd, prompt) && read_line(fd, line_r, size, len_r);
    tcsetattr(fd, TCSAFLUSH, &usual);
    return say(fd, "\n") && is_read;
}

bool terminal_ask_secret(const char *prompt, char *line_r, size_t size, size_t *len_r)
{
    struct sigaction old[SIGNAL_COUNT];
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool is_read;

    if (fd < 0)
        return false;
    catch_signals(old);
    is_read = ask_quietly(fd, prompt, line_r, size, len_r);
    release_signals(old);
    close(fd);
    return is_read;
}
