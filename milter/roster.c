/* SPDX-License-Identifier: MIT */
#include "milter/roster.h"

#include <time.h>

enum roster_admission roster_admit(struct roster *roster, struct roster_entry *entry)
{
    enum roster_admission admission = ROSTER_CLOSED;

    pthread_cond_init(&entry->resumed, NULL);
    pthread_mutex_lock(&roster->lock);
    if (!roster->is_closing) {
        entry->is_admitted = !roster->is_draining && roster->admitted < roster->max;
        admission = entry->is_admitted ? ROSTER_ADMITTED : ROSTER_REFUSED;
        roster->admitted += entry->is_admitted;
        entry->previous = NULL;
        entry->next = roster->first;
        if (entry->next != NULL)
            entry->next->previous = entry;
        roster->first = entry;
    }
    pthread_mutex_unlock(&roster->lock);
    return admission;
}

void roster_set_max(struct roster *roster, size_t max)
{
    pthread_mutex_lock(&roster->lock);
    roster->max = max;
    pthread_mutex_unlock(&roster->lock);
}

void roster_remove(struct roster *roster, struct roster_entry *entry)
{
    roster_set_state(roster, entry, ROSTER_IDLE);
    pthread_mutex_lock(&roster->lock);
    *(entry->previous != NULL ? &entry->previous->next : &roster->first) = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    roster->admitted -= entry->is_admitted;
    pthread_mutex_unlock(&roster->lock);
    pthread_cond_destroy(&entry->resumed);
}

bool roster_enter(struct roster *roster)
{
    bool may_enter;

    pthread_mutex_lock(&roster->lock);
    may_enter = !roster->is_closing;
    roster->inside += may_enter;
    pthread_mutex_unlock(&roster->lock);
    return may_enter;
}

void roster_leave(struct roster *roster)
{
    pthread_mutex_lock(&roster->lock);
    if (--roster->inside == 0 && roster->is_closing)
        pthread_cond_broadcast(&roster->changed);
    pthread_mutex_unlock(&roster->lock);
}

/* With the lock held. True where the caller must say that we are drained, without it. */
static bool has_just_drained(struct roster *roster)
{
    if (!roster->is_draining || roster->is_drained || roster->in_message != 0)
        return false;
    roster->is_drained = true;
    return true;
}

/* With the lock held. */
static void change_state(struct roster *roster, struct roster_entry *entry, enum roster_state state)
{
    roster->in_message -= entry->state == ROSTER_IN_MESSAGE;
    roster->answered -= entry->state == ROSTER_ANSWERED;
    roster->in_message += state == ROSTER_IN_MESSAGE;
    roster->answered += state == ROSTER_ANSWERED;
    entry->state = state;
}

bool roster_begin_message(struct roster *roster, struct roster_entry *entry)
{
    bool may_begin;

    pthread_mutex_lock(&roster->lock);
    may_begin = !roster->is_draining;
    if (may_begin)
        change_state(roster, entry, ROSTER_IN_MESSAGE);
    pthread_mutex_unlock(&roster->lock);
    return may_begin;
}

void roster_set_state(struct roster *roster, struct roster_entry *entry, enum roster_state state)
{
    bool drained;

    pthread_mutex_lock(&roster->lock);
    change_state(roster, entry, state);
    drained = has_just_drained(roster);
    if (roster->answered == 0)
        pthread_cond_broadcast(&roster->changed);
    pthread_mutex_unlock(&roster->lock);
    if (drained)
        roster->drained(roster->context);
}

size_t roster_messages(struct roster *roster)
{
    size_t count;

    pthread_mutex_lock(&roster->lock);
    count = roster->in_message;
    pthread_mutex_unlock(&roster->lock);
    return count;
}

void roster_resume(struct roster *roster, struct roster_entry *entry)
{
    pthread_mutex_lock(&roster->lock);
    entry->is_resumed = true;
    pthread_cond_signal(&entry->resumed);
    pthread_mutex_unlock(&roster->lock);
}

bool roster_wait(struct roster *roster, struct roster_entry *entry)
{
    bool resumed;

    pthread_mutex_lock(&roster->lock);
    while (!entry->is_resumed && !roster->is_closing)
        pthread_cond_wait(&entry->resumed, &roster->lock);
    resumed = entry->is_resumed;
    entry->is_resumed = false;
    pthread_mutex_unlock(&roster->lock);
    return resumed;
}

void roster_drain(struct roster *roster)
{
    bool drained;

    pthread_mutex_lock(&roster->lock);
    roster->is_draining = true;
    drained = has_just_drained(roster);
    pthread_mutex_unlock(&roster->lock);
    if (drained)
        roster->drained(roster->context);
}

/* With the lock held: waits until *count is 0, for so long at the most. */
static bool wait_for_none(struct roster *roster, const size_t *count, long grace_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += grace_ms / 1000;
    until.tv_nsec += grace_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (*count != 0)
        if (pthread_cond_timedwait(&roster->changed, &roster->lock, &until) != 0)
            break;
    return *count == 0;
}

bool roster_close(struct roster *roster, long reply_grace_ms, long grace_ms)
{
    bool all_out;

    pthread_mutex_lock(&roster->lock);
    wait_for_none(roster, &roster->answered, reply_grace_ms);
    roster->is_closing = true;
    for (struct roster_entry *entry = roster->first; entry != NULL; entry = entry->next)
        pthread_cond_signal(&entry->resumed);
    all_out = wait_for_none(roster, &roster->inside, grace_ms);
    pthread_mutex_unlock(&roster->lock);
    return all_out;
}

bool roster_is_closing(struct roster *roster)
{
    bool is_closing;

    pthread_mutex_lock(&roster->lock);
    is_closing = roster->is_closing;
    pthread_mutex_unlock(&roster->lock);
    return is_closing;
}
