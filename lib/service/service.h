/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon skeleton: what every daemon of ours does, written once.
 *
 * The life of a daemon. service_run() reads the options (-c FILE, -f, -v, -h, -V; options.h),
 * loads the configuration, takes the lock file in the run directory (a second instance refuses),
 * binds the sockets that the program's table names (or takes them from systemd), opens the
 * control socket, drops privileges to the daemon's user, calls start(), tells systemd that it is
 * ready, and runs one libevent loop on the main thread.
 *
 * SIGHUP and the control word "reload" load a whole new configuration and call reload() with it;
 * where that fails, the old one stays and the reason is logged (and answered). SIGTERM, SIGINT
 * and "stop" drain: listening ends, drain() is called, sessions in flight may finish until the
 * program says service_drained() or the deadline passes; then stop(), teardown in reverse order,
 * exit status 0. All other threads have these signals blocked.
 */

#include <event2/event.h>

#include "lib/base/error.h"
#include "lib/service/settings.h"

struct service;

#define SERVICE_SOCKETS_MAX 8

/* A listening socket: what service_run() binds before it drops privileges. */
struct service_socket {
    const char *name; /* for logs, and for systemd's FileDescriptorName */
    /* The settings that address and group come from, for messages: "authd.listen_login". */
    const char *setting, *group_setting;
    /* The address: "unix:/path", "inet:ADDR:PORT", "inet6:[ADDR]:PORT". */
    const char *(*address)(const struct settings *settings);
    /* Group and mode of a unix socket; NULL: the group of the folder it is in. */
    const char *(*group)(const struct settings *settings);
    unsigned mode;
    bool is_optional; /* where its address is empty, and systemd holds none, it is not opened */
};

/* One word of the control socket. The answer is text lines; root alone may use words that change.
 */
struct service_word {
    const char *word;
    const char *help;
    bool changes;
    enum err (*run)(void *state, struct text arguments, struct buffer *answer);
};

/* A setting that a reload leaves as it was when the daemon started. */
struct service_lasting {
    const char *setting; /* "milter.transport" */
    bool (*differs)(const struct settings *one, const struct settings *other);
};

struct service_program {
    const char *name;         /* "gatepost-policyd" */
    const char *summary;      /* one line for --help */
    const char *control;      /* "policyd": its control socket and lock are named after it */
    const char *user_setting; /* "policyd.user", for messages */
    const char *(*user)(const struct settings *settings);
    int64_t (*drain_ms)(const struct settings *settings);
    const struct service_socket *sockets;
    size_t socket_count;
    const struct service_word *words; /* beside "reload", "stop", "status", "metrics" */
    size_t word_count;
    /* Beside the sockets, the user and the directories: a changed one is told of, here and by the
       word "status", until the daemon is started again. */
    const struct service_lasting *lasting;
    size_t lasting_count;

    enum err (*start)(struct service *service, void **state_r, struct failure *failure);
    /* NULL: nothing to do but to take the new settings. ERR: the old ones stay. */
    enum err (*reload)(void *state, const struct settings *settings, struct failure *failure);
    /* The listening sockets are closed already. Call service_drained() once idle. */
    void (*drain)(void *state);
    void (*stop)(void **state);
};

/* The whole life; returns main()'s exit status (sysexits). */
int service_run(const struct service_program *program, int argc, char **argv);

/* For start() and later: */
struct event_base *service_loop(const struct service *service);
/* The configuration in force; the old one is freed after reload() returned well. */
const struct settings *service_settings(const struct service *service);
/*
 * A program either lets the service accept (each connection is handed over, not blocking and
 * close-on-exec, and becomes the program's), until it drains ...
 */
typedef void service_accept_fn(void *context, int fd);
void service_listen(
    struct service *service, const char *name, service_accept_fn *on_accept, void *context);
/* ... or serves the listening descriptor itself; it is owned and closed by the service. */
int service_socket_fd(const struct service *service, const char *name);
/* From any thread: nothing is in flight any more. */
void service_drained(struct service *service);
/* From any thread: something broke that the daemon cannot live without; ends with that status. */
void service_fail(struct service *service, int exit_status);
