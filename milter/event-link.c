/* SPDX-License-Identifier: MIT */
#include "milter/event-link.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/memory.h"

/* An answer longer than this gives its memory back at once. */
#define OUT_KEPT_MAX ((size_t)256 * 1024)

struct event_link *event_link_new(const struct event_ground *ground, int fd)
{
    struct event_link *link = memory_alloc_zero(1, sizeof *link);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = link};

    link->ground = ground;
    link->fd = fd;
    link->interest = EPOLLIN;
    link->touched_ms = ground->now_ms;
    if (epoll_ctl(ground->poll_fd, EPOLL_CTL_ADD, fd, &event) == 0) {
        if (conversation_init(&link->conversation, ground->terms, link))
            return link;
    }
    close(fd);
    free(link);
    return NULL;
}

/* The conversation first: after it nobody resumes the link any more. */
void event_link_free(struct event_link **link_pointer)
{
    struct event_link *link = *link_pointer;

    *link_pointer = NULL;
    conversation_done(&link->conversation);
    event_inbox_withdraw(link->ground->inbox, &link->note);
    buffer_done(&link->input);
    buffer_done(&link->output);
    close(link->fd);
    free(link);
}

struct event_link *event_link_of(struct event_note *note)
{
    return (struct event_link *)(void *)((char *)note - offsetof(struct event_link, note));
}

void event_link_on_resumed(void *context)
{
    struct event_link *link = context;

    event_inbox_leave(link->ground->inbox, &link->note);
}

/* --- writing --- */

/* Returns how many bytes went out; -1: the connection is broken. */
static ssize_t send_some(struct event_link *link, struct text bytes)
{
    ssize_t sent;

    do
        sent = send(link->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    link->touched_ms = link->ground->now_ms;
    return sent;
}

/* What was put out, in one write; what does not go through waits its turn. False: broken. */
static bool write_out(struct event_link *link)
{
    struct buffer *out = link->ground->out;
    ssize_t sent = 0;

    if (out->len == 0)
        return true;
    if (link->output.len == 0)
        sent = send_some(link, buffer_text(out));
    if (sent >= 0 && (size_t)sent < out->len)
        buffer_append_text(&link->output, text_skip(buffer_text(out), (size_t)sent));
    conversation_written(&link->conversation, sent >= 0 && link->output.len == 0);
    buffer_clear(out);
    if (out->room > OUT_KEPT_MAX)
        buffer_done(out);
    return sent >= 0;
}

static bool write_rest(struct event_link *link)
{
    ssize_t sent = send_some(link, buffer_text(&link->output));

    if (sent < 0)
        return false;
    buffer_consume(&link->output, (size_t)sent);
    if (link->output.len == 0) {
        buffer_done(&link->output);
        conversation_written(&link->conversation, true);
    }
    return true;
}

/* --- what the socket is watched for --- */

static uint32_t wanted(const struct event_link *link)
{
    if (link->output.len != 0)
        return EPOLLOUT;
    return link->input.len < EVENT_LINK_HELD_MAX ? EPOLLIN : 0;
}

static bool watch(struct event_link *link)
{
    struct epoll_event event = {.events = wanted(link), .data.ptr = link};

    if (event.events == link->interest)
        return true;
    link->interest = event.events;
    return epoll_ctl(link->ground->poll_fd, EPOLL_CTL_MOD, link->fd, &event) == 0;
}

/* --- reading --- */

/* Lets the conversation take of the bytes what it can; *bytes becomes what is left. */
static bool converse(struct event_link *link, struct text *bytes)
{
    enum conversation_next next = CONVERSATION_WRITES;

    while (next == CONVERSATION_WRITES && link->output.len == 0) {
        next = conversation_take(&link->conversation, bytes, link->ground->out);
        if (!write_out(link))
            return false;
    }
    link->is_ending = next == CONVERSATION_ENDS;
    return !link->is_ending || link->output.len != 0;
}

/* Bytes that are not the link's own yet: what is left of them becomes so. */
static bool take_fresh(struct event_link *link, struct text bytes)
{
    if (!converse(link, &bytes))
        return false;
    if (!link->is_ending && bytes.len != 0)
        buffer_append_text(&link->input, bytes);
    return watch(link);
}

static bool take_held(struct event_link *link)
{
    struct text bytes = buffer_text(&link->input);

    if (!converse(link, &bytes))
        return false;
    buffer_consume(&link->input, link->input.len - bytes.len);
    if (link->input.len == 0)
        buffer_done(&link->input);
    return watch(link);
}

static bool read_some(struct event_link *link)
{
    ssize_t got = recv(link->fd, link->ground->bytes, EVENT_LINK_READ, 0);
    struct text bytes;

    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (got == 0)
        return false;
    link->touched_ms = link->ground->now_ms;
    bytes = text_from_bytes(link->ground->bytes, (size_t)got);
    if (link->input.len == 0 && !link->conversation.is_parked)
        return take_fresh(link, bytes);
    buffer_append_text(&link->input, bytes);
    return link->conversation.is_parked ? watch(link) : take_held(link);
}

bool event_link_ready(struct event_link *link, uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        if (!write_rest(link))
            return false;
        if (link->output.len != 0)
            return true;
        return !link->is_ending && take_held(link);
    }
    if ((events & EPOLLIN) != 0)
        return read_some(link);
    return (events & (EPOLLERR | EPOLLHUP)) == 0;
}

bool event_link_resume(struct event_link *link)
{
    enum conversation_next next = conversation_resume(&link->conversation, link->ground->out);

    if (next == CONVERSATION_PARKS)
        return true;
    if (!write_out(link))
        return false;
    return link->output.len != 0 ? watch(link) : take_held(link);
}

void event_link_dismiss(struct event_link *link)
{
    conversation_dismiss(&link->conversation, link->ground->out);
    (void)!write_out(link);
}
