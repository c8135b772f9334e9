/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One connection of the mail server on its socket: bytes read go into the conversation, what that
 * puts out is written, and what does not go through waits here. A link belongs to one loop and is
 * touched by its thread alone. Between messages it holds no buffer.
 *
 * Whoever does not read what we answer is not read from either; who sends on while its message
 * waits for DNS is read from up to EVENT_LINK_HELD_MAX bytes.
 */

#include "milter/conversation.h"
#include "milter/event-inbox.h"

/* What one read takes, into a buffer that the links of a loop share. */
#define EVENT_LINK_READ ((size_t)128 * 1024)
/* Bytes that wait for their turn: no more is read while so many do, or there is no whole command.
 */
#define EVENT_LINK_HELD_MAX (PROTOCOL_HEAD_LEN + PROTOCOL_DATA_MAX)

/* What the links of a loop share. */
struct event_ground {
    const struct conversation_terms *terms;
    struct event_inbox *inbox;
    int poll_fd;        /* of epoll; the event's data is the link */
    char *bytes;        /* EVENT_LINK_READ of them */
    struct buffer *out; /* empty between calls */
    int64_t now_ms;
};

struct event_link {
    struct conversation conversation;
    struct event_note note; /* in the inbox once resumed */
    const struct event_ground *ground;
    struct event_link *next, *previous; /* the loop's list */
    int fd;
    uint32_t interest;    /* EPOLL* */
    bool is_ending;       /* what is left to write, and then no more */
    int64_t touched_ms;   /* when something went in or out last */
    struct buffer input;  /* read and not taken yet */
    struct buffer output; /* put out and not written yet */
};

/* Takes fd over; NULL: the end has come, or the system refuses, and fd is closed. */
struct event_link *event_link_new(const struct event_ground *ground, int fd);
/* Closes; the loop has it off its list. */
void event_link_free(struct event_link **link);
/* The link whose note it is. */
struct event_link *event_link_of(struct event_note *note);

/* These return false where the connection is over, and the link to be freed. */
bool event_link_ready(struct event_link *link, uint32_t events);
bool event_link_resume(struct event_link *link);

/* A last word for who waits for a verdict. */
void event_link_dismiss(struct event_link *link);
/* The session's resume callback; context is the link. The resolver's thread. */
void event_link_on_resumed(void *context);
