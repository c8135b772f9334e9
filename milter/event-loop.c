/* SPDX-License-Identifier: MIT */
#include "milter/event-loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

#define EVENTS_MAX 64
/* By how many connections one loop may be ahead of another. */
#define COUNT_SLACK 32
/* How long nobody is accepted after the system had no descriptor left, or refused. */
#define ACCEPT_PAUSE_MS 200
/* How often the log is told of it. */
#define COMPLAINT_MS 60000

/* --- the list, by when they were touched --- */

static void list_remove(struct event_loop *loop, struct event_link *link)
{
    *(link->previous != NULL ? &link->previous->next : &loop->first) = link->next;
    *(link->next != NULL ? &link->next->previous : &loop->last) = link->previous;
}

static void list_append(struct event_loop *loop, struct event_link *link)
{
    link->next = NULL;
    link->previous = loop->last;
    *(loop->last != NULL ? &loop->last->next : &loop->first) = link;
    loop->last = link;
}

static void drop(struct event_loop *loop, struct event_link *link)
{
    list_remove(loop, link);
    event_link_free(&link);
    atomic_fetch_sub(&loop->count, 1);
}

/* After a link was served. */
static void settle(struct event_loop *loop, struct event_link *link, bool goes_on)
{
    if (!goes_on) {
        drop(loop, link);
        return;
    }
    list_remove(loop, link);
    list_append(loop, link);
}

/* Who connects speaks first, so mostly there is something to read: that saves a turn of the loop.
 */
static void adopt(struct event_loop *loop, int fd)
{
    struct event_link *link = event_link_new(&loop->ground, fd);

    if (link == NULL) {
        atomic_fetch_sub(&loop->count, 1);
        return;
    }
    list_append(loop, link);
    settle(loop, link, event_link_ready(link, EPOLLIN));
}

/* --- new connections --- */

static bool listen_watch(struct event_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = loop};

    loop->accept_at_ms = 0;
    return epoll_ctl(loop->ground.poll_fd, EPOLL_CTL_ADD, loop->crew->listen_fd, &event) == 0;
}

static void listen_unwatch(struct event_loop *loop)
{
    if (loop->accept_at_ms == 0)
        epoll_ctl(loop->ground.poll_fd, EPOLL_CTL_DEL, loop->crew->listen_fd, NULL);
}

static void listen_end(struct event_loop *loop)
{
    if (!loop->holds_listener)
        return;
    listen_unwatch(loop);
    loop->holds_listener = false;
    if (atomic_fetch_sub(&loop->crew->listeners, 1) == 1)
        close(loop->crew->listen_fd);
}

/*
 * Whoever accepts a connection keeps it, since to hand it over wakes another thread, unless it has
 * clearly more of them. The system wakes the first loop that is at rest: while there is little to
 * do, one thread does it all, and sleeps less often than two would.
 */
static struct event_loop *carrier_of_next(struct event_loop *self)
{
    struct event_loop *best = self;
    size_t least;

    for (size_t i = 0; i < self->crew->count; i++)
        if (atomic_load(&self->crew->loops[i].count) < atomic_load(&best->count))
            best = &self->crew->loops[i];
    least = atomic_load(&best->count);
    return least + least / 4 + COUNT_SLACK < atomic_load(&self->count) ? best : self;
}

static void share_out(struct event_loop *self, int fd)
{
    struct event_loop *loop = carrier_of_next(self);

    atomic_fetch_add(&loop->count, 1);
    if (loop == self)
        adopt(self, fd);
    else
        event_inbox_leave_socket(&loop->inbox, fd);
}

/* Of one connection, which is gone with it (accept(2) lists them), or of none. */
static bool is_passing(int error)
{
    static const int passing[] = {EAGAIN, EWOULDBLOCK, EINTR, ECONNABORTED, EPERM, EPROTO,
        ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET};

    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (error == passing[i])
            return true;
    return false;
}

/* Of the descriptor. The rest is a shortage, or the will of somebody who may change his mind. */
static bool is_lasting(int error)
{
    return error == EBADF || error == EINVAL || error == ENOTSOCK;
}

static void complain(struct event_loop *loop, int error)
{
    struct failure failure;

    if (loop->complained_ms != 0 && loop->complained_ms + COMPLAINT_MS > loop->ground.now_ms)
        return;
    loop->complained_ms = loop->ground.now_ms;
    errno = error;
    failure_set_errno(&failure, ERR_IO, "accepting a connection");
    log_error(NULL, "%s", failure.text);
}

static void accept_failed(struct event_loop *loop, int error)
{
    if (is_passing(error))
        return;
    complain(loop, error);
    if (!is_lasting(error)) {
        listen_unwatch(loop);
        loop->accept_at_ms = loop->ground.now_ms + ACCEPT_PAUSE_MS;
        return;
    }
    listen_end(loop);
    loop->crew->failed(loop->crew->context);
}

/* One at a time, so that those who are connected get their turn; epoll tells of the next one. */
static void accept_one(struct event_loop *loop)
{
    const int yes = 1;
    int fd;

    if (!loop->holds_listener)
        return;
    fd = accept4(loop->crew->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        accept_failed(loop, errno);
        return;
    }
    if (!loop->crew->terms.is_unix)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    share_out(loop, fd);
}

/* --- the loop --- */

static void read_inbox(struct event_loop *loop)
{
    struct event_note *note;
    int fd;

    event_inbox_open(&loop->inbox);
    while ((note = event_inbox_take(&loop->inbox)) != NULL) {
        struct event_link *link = event_link_of(note);

        settle(loop, link, event_link_resume(link));
    }
    while (event_inbox_take_socket(&loop->inbox, &fd))
        adopt(loop, fd);
    if (atomic_load(&loop->crew->is_draining))
        listen_end(loop);
}

static void end_idle(struct event_loop *loop)
{
    while (loop->first != NULL &&
           loop->first->touched_ms + loop->crew->idle_ms <= loop->ground.now_ms) {
        log_info(NULL, "connection of the mail server ended: nothing was heard of it for %lld s",
            (long long)(loop->crew->idle_ms / 1000));
        drop(loop, loop->first);
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until the next thing to be done by itself; -1: there is none. */
static int patience_ms(const struct event_loop *loop)
{
    int64_t at = INT64_MAX;

    if (loop->first != NULL)
        at = loop->first->touched_ms + loop->crew->idle_ms;
    if (loop->accept_at_ms != 0 && loop->holds_listener)
        at = sooner(at, loop->accept_at_ms);
    if (at == INT64_MAX)
        return -1;
    at -= loop->ground.now_ms;
    return at < 0 ? 0 : (int)sooner(at, 3600 * 1000);
}

/* The inbox last: what is found there may free links that other events are for. */
static void serve(struct event_loop *loop, const struct epoll_event *events, int count)
{
    bool has_mail = false;

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &loop->inbox)
            has_mail = true;
        else if (events[i].data.ptr == loop)
            accept_one(loop);
        else
            settle(
                loop, events[i].data.ptr, event_link_ready(events[i].data.ptr, events[i].events));
    }
    if (has_mail)
        read_inbox(loop);
}

static void do_by_itself(struct event_loop *loop)
{
    end_idle(loop);
    if (loop->holds_listener && loop->accept_at_ms != 0 &&
        loop->accept_at_ms <= loop->ground.now_ms && !listen_watch(loop))
        loop->accept_at_ms = loop->ground.now_ms + ACCEPT_PAUSE_MS;
}

static void end_all(struct event_loop *loop)
{
    listen_end(loop);
    while (loop->first != NULL) {
        event_link_dismiss(loop->first);
        drop(loop, loop->first);
    }
}

static void *run(void *context)
{
    struct event_loop *loop = context;
    struct epoll_event events[EVENTS_MAX];

    while (!atomic_load(&loop->crew->is_closing)) {
        int count = epoll_wait(loop->ground.poll_fd, events, EVENTS_MAX, patience_ms(loop));

        loop->ground.now_ms = clock_monotonic_ms();
        serve(loop, events, count);
        do_by_itself(loop);
    }
    end_all(loop);
    return NULL;
}

/* --- its life --- */

static bool watch_inbox(struct event_loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &loop->inbox};

    return epoll_ctl(loop->ground.poll_fd, EPOLL_CTL_ADD, loop->inbox.fd, &event) == 0;
}

enum err event_loop_init(struct event_loop *loop, struct event_crew *crew, struct failure *failure)
{
    enum err err;

    loop->crew = crew;
    err = event_inbox_init(&loop->inbox, failure);
    if (err != ERR_NONE)
        return err;
    loop->ground.terms = &crew->terms;
    loop->ground.inbox = &loop->inbox;
    loop->ground.out = &loop->out;
    loop->ground.bytes = memory_alloc(EVENT_LINK_READ);
    loop->ground.now_ms = clock_monotonic_ms();
    loop->ground.poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->ground.poll_fd >= 0 && watch_inbox(loop) && listen_watch(loop)) {
        loop->holds_listener = true;
        atomic_fetch_add(&crew->listeners, 1);
        return ERR_NONE;
    }
    err = failure_set_errno(failure, ERR_IO, "epoll");
    event_loop_done(loop);
    return err;
}

void event_loop_done(struct event_loop *loop)
{
    listen_end(loop);
    if (loop->ground.poll_fd >= 0)
        close(loop->ground.poll_fd);
    event_inbox_done(&loop->inbox);
    buffer_done(&loop->out);
    memory_free(&loop->ground.bytes);
}

/* Signals are the main thread's; the loop inherits this. */
enum err event_loop_begin(struct event_loop *loop, struct failure *failure)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&loop->thread, NULL, run, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return failure_set(failure, ERR_IO, "cannot start a thread of the milter");
    return ERR_NONE;
}

void event_loop_tell(struct event_loop *loop)
{
    event_inbox_wake(&loop->inbox);
}
