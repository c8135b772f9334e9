/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a session answers: a verdict and the changes to make to the message, in the order in which
 * they are to be made. It lives in the message's arena and is valid until the next message, the
 * abort or the close. One thread at a time.
 */

#include "lib/base/arena.h"

/* RFC 5321 §4.5.3.1.5: 512 with code, enhanced code and line end. What is longer is cut. */
#define REPLY_TEXT_MAX 480

enum reply_verdict {
    REPLY_CONTINUE, /* take it */
    REPLY_REJECT,   /* 5xx */
    REPLY_TEMPFAIL, /* 4xx */
    REPLY_DISCARD   /* take it and drop it */
};

enum reply_change_kind {
    REPLY_INSERT_HEADER, /* at index, counted over all fields; 0: on top */
    REPLY_ADD_HEADER,    /* at the end of the header */
    REPLY_CHANGE_HEADER, /* the index-th of that name, counted from 1 */
    REPLY_REMOVE_HEADER, /* likewise */
    REPLY_CHANGE_SENDER, /* of the envelope; value is "<address>" */
    REPLY_QUARANTINE     /* value is the reason; Postfix holds the message */
};

struct reply_change {
    enum reply_change_kind kind;
    unsigned index;
    const char *name;
    /* With the blank behind the colon; lines folded with LF alone, as the milter protocol has it.
     */
    const char *value;
};

struct reply {
    struct arena *arena;
    enum reply_verdict verdict;
    const char *code;     /* "550"; NULL: the MTA's own words */
    const char *enhanced; /* "5.7.1" */
    const char *text;     /* one line */
    struct reply_change *changes;
    size_t change_count, change_room;
};

void reply_init(struct reply *reply, struct arena *arena);

void reply_insert_header(struct reply *reply, unsigned index, const char *name, struct text value);
void reply_add_header(struct reply *reply, const char *name, struct text value);
void reply_change_header(struct reply *reply, unsigned index, const char *name, struct text value);
void reply_remove_header(struct reply *reply, unsigned index, const char *name);
/* address without <>. */
void reply_change_sender(struct reply *reply, struct text address);
void reply_quarantine(struct reply *reply, const char *reason);

/* Drops all changes: a message that is not taken is not changed either. */
void reply_reject(struct reply *reply, const char *code, const char *enhanced, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
void reply_tempfail(struct reply *reply, const char *code, const char *enhanced, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
