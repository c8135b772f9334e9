/* SPDX-License-Identifier: MIT */

/*
 * A daemon as small as one can be, on the whole of lib/service: what test_service.c starts. On its
 * socket "begin" puts a connection in flight (answer "begun") and "end" ends that ("done");
 * anything else is echoed. It refuses configurations with more than 1000000 messages.
 */

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sysexits.h>

#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/service/service.h"

#define REFUSED_ABOVE 1000000

struct session {
    struct daemon *daemon;
    struct bufferevent *stream;
    bool in_flight;
    struct session *next, **link;
};

struct daemon {
    struct service *service;
    struct session *sessions;
    unsigned in_flight;
    bool draining;
    int64_t messages;
    bool thread_holds_signals;
};

static void session_free(struct session *session)
{
    struct daemon *daemon = session->daemon;

    *session->link = session->next;
    if (session->next != NULL)
        session->next->link = session->link;
    daemon->in_flight -= session->in_flight;
    bufferevent_free(session->stream);
    free(session);
    if (daemon->draining && daemon->in_flight == 0)
        service_drained(daemon->service);
}

static void handle_line(struct session *session, const char *line)
{
    const char *answer = line;

    if (strcmp(line, "begin") == 0 && !session->in_flight) {
        session->in_flight = true;
        session->daemon->in_flight++;
        answer = "begun";
    } else if (strcmp(line, "end") == 0 && session->in_flight) {
        session->in_flight = false;
        session->daemon->in_flight--;
        answer = "done";
    }
    evbuffer_add_printf(bufferevent_get_output(session->stream), "%s\n", answer);
}

static void on_read(struct bufferevent *stream, void *context)
{
    struct session *session = context;
    char *line;

    while ((line = evbuffer_readln(bufferevent_get_input(stream), NULL, EVBUFFER_EOL_LF)) != NULL) {
        handle_line(session, line);
        free(line);
    }
}

static void on_written(struct bufferevent *stream, void *context)
{
    struct session *session = context;

    (void)stream;
    if (session->daemon->draining && !session->in_flight)
        session_free(session);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    (void)what;
    session_free(context);
}

static void on_accept(void *context, int fd)
{
    struct daemon *daemon = context;
    struct session *session = memory_alloc_zero(1, sizeof *session);

    session->daemon = daemon;
    session->stream =
        bufferevent_socket_new(service_loop(daemon->service), fd, BEV_OPT_CLOSE_ON_FREE);
    session->link = &daemon->sessions;
    session->next = daemon->sessions;
    if (session->next != NULL)
        session->next->link = &session->next;
    daemon->sessions = session;
    bufferevent_setcb(session->stream, on_read, on_written, on_event, session);
    bufferevent_enable(session->stream, EV_READ | EV_WRITE);
}

static void *look_at_mask(void *context)
{
    sigset_t set;

    pthread_sigmask(SIG_BLOCK, NULL, &set);
    *(bool *)context =
        sigismember(&set, SIGHUP) && sigismember(&set, SIGTERM) && sigismember(&set, SIGINT);
    return NULL;
}

static bool do_threads_hold_signals(void)
{
    bool holds = false;
    pthread_t thread;

    if (pthread_create(&thread, NULL, look_at_mask, &holds) != 0)
        return false;
    pthread_join(thread, NULL);
    return holds;
}

static enum err start(struct service *service, void **state_r, struct failure *failure)
{
    struct daemon *daemon;

    if (service_settings(service)->policyd.messages > REFUSED_ABOVE)
        return failure_set(failure, ERR_BUSY, "too many messages");
    daemon = memory_alloc_zero(1, sizeof *daemon);
    daemon->service = service;
    daemon->messages = service_settings(service)->policyd.messages;
    daemon->thread_holds_signals = do_threads_hold_signals();
    service_listen(service, "echo", on_accept, daemon);
    *state_r = daemon;
    return ERR_NONE;
}

static enum err reload(void *state, const struct settings *settings, struct failure *failure)
{
    struct daemon *daemon = state;

    if (settings->policyd.messages > REFUSED_ABOVE)
        return failure_set(failure, ERR_REFUSED, "too many messages");
    daemon->messages = settings->policyd.messages;
    daemon->thread_holds_signals = daemon->thread_holds_signals && do_threads_hold_signals();
    return ERR_NONE;
}

static void drain(void *state)
{
    struct daemon *daemon = state;

    daemon->draining = true;
    for (struct session *session = daemon->sessions, *next; session != NULL; session = next) {
        next = session->next;
        if (!session->in_flight)
            session_free(session);
    }
    if (daemon->in_flight == 0)
        service_drained(daemon->service);
}

static void stop(void **state)
{
    struct daemon *daemon = *state;

    daemon->draining = false;
    while (daemon->sessions != NULL)
        session_free(daemon->sessions);
    memory_free(state);
}

static enum err word_value(void *state, struct text arguments, struct buffer *answer)
{
    struct daemon *daemon = state;

    buffer_append_format(answer, "messages %lld\nsignals held %s\narguments %.*s\n",
        (long long)daemon->messages, daemon->thread_holds_signals ? "yes" : "no",
        TEXT_ARGS(arguments));
    return ERR_NONE;
}

static enum err word_break(void *state, struct text arguments, struct buffer *answer)
{
    struct daemon *daemon = state;

    (void)arguments;
    (void)answer;
    service_fail(daemon->service, EX_SOFTWARE);
    return ERR_NONE;
}

static enum err word_refuse(void *state, struct text arguments, struct buffer *answer)
{
    (void)state;
    (void)arguments;
    (void)answer;
    return ERR_ABSENT;
}

static const char *address_of(const struct settings *settings)
{
    return settings->policyd.listen;
}

static const char *user_of(const struct settings *settings)
{
    return settings->policyd.user;
}

static int64_t drain_ms_of(const struct settings *settings)
{
    return settings->policyd.drain_ms;
}

/* For the sake of the tests. */
static bool drain_differs(const struct settings *one, const struct settings *other)
{
    return one->policyd.drain_ms != other->policyd.drain_ms;
}

static const struct service_lasting lasting[] = {
    {"policyd.drain", drain_differs},
};

static const struct service_socket sockets[] = {
    {.name = "echo", .setting = "policyd.listen", .address = address_of, .mode = 0660},
};

static const struct service_word words[] = {
    {"value",  "what the daemon goes by", false, word_value },
    {"break",  "ends with a failure",     true,  word_break },
    {"refuse", "always fails",            false, word_refuse},
};

int main(int argc, char **argv)
{
    static const struct service_program program = {
        .name = "test-daemon",
        .summary = "A daemon to be tested.",
        .control = "test",
        .user_setting = "policyd.user",
        .user = user_of,
        .drain_ms = drain_ms_of,
        .sockets = sockets,
        .socket_count = 1,
        .words = words,
        .word_count = sizeof words / sizeof *words,
        .lasting = lasting,
        .lasting_count = sizeof lasting / sizeof *lasting,
        .start = start,
        .reload = reload,
        .drain = drain,
        .stop = stop,
    };

    return service_run(&program, argc, argv);
}
