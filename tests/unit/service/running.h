/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A daemon that runs for a test: in a folder of its own, with its configuration, its log in a
 * file, and a socket for what it tells systemd, by which tests wait for it. Every wait ends after
 * RUNNING_WAIT_S; what is not there by then fails the test. The daemon is one whose socket is
 * policyd.listen: the small one of this folder, or gatepost-policyd.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/buffer.h"

#define RUNNING_WAIT_S 30

struct running_program {
    const char *path;    /* from the top of the build */
    const char *control; /* "policyd" */
    const char *socket;  /* its name for systemd */
};

struct running {
    const struct running_program *program;
    char folder[64];
    char state[96]; /* the state directory; not made */
    char config[96];
    char socket[96];
    char log[96];
    int notify_fd;
    pid_t pid;
    char *const *environment; /* further "NAME=VALUE", or NULL */
};

/* Makes the folder and a first configuration with these lines in "policyd { }". */
void running_init(
    struct running *running, const struct running_program *program, const char *policyd_lines);
/* The folder and all in it are gone; a daemon that still runs is killed. */
void running_done(struct running *running);
/* Writes the configuration anew; whoever runs it is root unless the lines say another user. */
void running_configure(struct running *running, const char *policyd_lines);
/* As above, with the text as the whole file. */
void running_write_config(struct running *running, const char *text);
/* Starts the daemon; does not wait. inherited: a descriptor to become 3 and be handed over, -1. */
void running_start(struct running *running, int inherited);
/* Waits until systemd would be told a line of this form; other messages are passed over. */
void running_await(struct running *running, const char *line);
/* Waits for the end; returns the exit status. */
int running_end(struct running *running);
/* SIGKILL, and waits. */
void running_kill(struct running *running);
void running_signal(const struct running *running, int signal);
/* A connection to the daemon's socket; reading from it does not wait for ever. */
int running_connect(const struct running *running);
void running_send(int fd, const char *line);
/* True where the next line is that one; false for the end of the stream. */
bool running_answers(int fd, const char *line);
/* Whether the log holds the text. */
bool running_logged(const struct running *running, const char *text);
/* Waits until it does. */
void running_await_log(const struct running *running, const char *text);
/* Asks over the control socket; the answer's text, or "ERROR reason". */
const char *running_ask(const struct running *running, const char *request, struct buffer *answer);
