/* SPDX-License-Identifier: MIT */
#include "milter/event-inbox.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err event_inbox_init(struct event_inbox *inbox, struct failure *failure)
{
    inbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (inbox->fd < 0)
        return failure_set_errno(failure, ERR_IO, "eventfd");
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->is_woken = false;
    inbox->notes.next = inbox->notes.previous = &inbox->notes;
    inbox->sockets.items = NULL;
    inbox->sockets.count = inbox->sockets.room = 0;
    return ERR_NONE;
}

void event_inbox_done(struct event_inbox *inbox)
{
    for (size_t i = 0; i < inbox->sockets.count; i++)
        close(inbox->sockets.items[i]);
    array_done(&inbox->sockets);
    pthread_mutex_destroy(&inbox->lock);
    close(inbox->fd);
}

/* With the lock held. True where the loop is to be woken, without it. */
static bool must_wake(struct event_inbox *inbox)
{
    bool must = !inbox->is_woken;

    inbox->is_woken = true;
    return must;
}

static void wake(const struct event_inbox *inbox)
{
    const uint64_t one = 1;

    (void)!write(inbox->fd, &one, sizeof one);
}

void event_inbox_leave(struct event_inbox *inbox, struct event_note *note)
{
    bool must = false;

    pthread_mutex_lock(&inbox->lock);
    if (!note->is_left) {
        note->is_left = true;
        note->next = &inbox->notes;
        note->previous = inbox->notes.previous;
        note->previous->next = note;
        inbox->notes.previous = note;
        must = must_wake(inbox);
    }
    pthread_mutex_unlock(&inbox->lock);
    if (must)
        wake(inbox);
}

void event_inbox_leave_socket(struct event_inbox *inbox, int fd)
{
    bool must;

    pthread_mutex_lock(&inbox->lock);
    array_push(&inbox->sockets, fd);
    must = must_wake(inbox);
    pthread_mutex_unlock(&inbox->lock);
    if (must)
        wake(inbox);
}

void event_inbox_wake(struct event_inbox *inbox)
{
    bool must;

    pthread_mutex_lock(&inbox->lock);
    must = must_wake(inbox);
    pthread_mutex_unlock(&inbox->lock);
    if (must)
        wake(inbox);
}

/* With the lock held. */
static void take_out(struct event_note *note)
{
    note->previous->next = note->next;
    note->next->previous = note->previous;
    note->is_left = false;
}

void event_inbox_withdraw(struct event_inbox *inbox, struct event_note *note)
{
    pthread_mutex_lock(&inbox->lock);
    if (note->is_left)
        take_out(note);
    pthread_mutex_unlock(&inbox->lock);
}

void event_inbox_open(struct event_inbox *inbox)
{
    uint64_t count;

    (void)!read(inbox->fd, &count, sizeof count);
    pthread_mutex_lock(&inbox->lock);
    inbox->is_woken = false;
    pthread_mutex_unlock(&inbox->lock);
}

struct event_note *event_inbox_take(struct event_inbox *inbox)
{
    struct event_note *note;

    pthread_mutex_lock(&inbox->lock);
    note = inbox->notes.next != &inbox->notes ? inbox->notes.next : NULL;
    if (note != NULL)
        take_out(note);
    pthread_mutex_unlock(&inbox->lock);
    return note;
}

bool event_inbox_take_socket(struct event_inbox *inbox, int *fd_r)
{
    bool any;

    pthread_mutex_lock(&inbox->lock);
    any = inbox->sockets.count != 0;
    if (any)
        *fd_r = inbox->sockets.items[--inbox->sockets.count];
    pthread_mutex_unlock(&inbox->lock);
    return any;
}
