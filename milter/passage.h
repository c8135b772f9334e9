/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One message on its passage through the milter: what its two directions, incoming.c and
 * outgoing.c, share. A direction is a file that exports one const struct of functions; the
 * session chooses one at MAIL FROM and drives it. All of it lives in the message's arena and
 * belongs to the session's thread.
 */

#include "lib/base/log.h"
#include "milter/session.h"
#include "milter/waves.h"

struct passage_envelope {
    struct session_client client;
    struct text helo;
    struct text sender; /* without <> */
    struct text login;
    size_t recipients;
    struct text recipient_domain; /* of all of them; empty where they are of several */
    struct text *kept;            /* the first, without <>, where forwarding is of interest */
    size_t kept_count, kept_room;
    bool is_relayed; /* the client is a relay of ours; mail comes in */
    struct ip hop;   /* who is judged: the client, or who gave the message to our relays */
};

struct passage {
    struct arena *arena;
    struct world *world;
    struct passage_envelope envelope;
    struct log_context log;
    waves_resume_fn *resume; /* for the waves of this message */
    void *resume_context;
    const struct passage_direction *direction;
    void *state; /* the direction's own */
    struct reply reply;
    size_t header_bytes, header_fields;
    bool header_is_too_large; /* the rest of it was not kept: neither judge nor sign */
    bool header_has_ended;
    int64_t deadline_ms; /* monotonic; set at the end of the message */
};

struct passage_direction {
    const char *name;
    void *(*begin)(struct passage *passage);
    void (*field)(void *state, const struct header_field *field);
    void (*end_header)(void *state);
    void (*body)(void *state, struct text piece);
    void (*end_body)(void *state);
    /* Fills the passage's reply; SESSION_LATER where a wave is still out. */
    enum session_progress (*finish)(void *state);
    /* Frees what the arena does not hold. */
    void (*end)(void *state);
};

extern const struct passage_direction passage_incoming;
extern const struct passage_direction passage_outgoing;

/* Counts a field against the bounds, before it is copied; false once they are passed. */
bool passage_admits_field(struct passage *passage, struct text name, struct text value);
/* What a client said, with what could forge other words of a log line made harmless. */
struct text passage_word(const struct passage *passage, struct text text);
/* "client=NAME[IP] from=<ADDRESS>" with what could forge other words made harmless. */
struct text passage_origin_text(const struct passage *passage);
/* The answer of both directions to a header over the bounds, with its log line. */
void passage_refuse_large_header(struct passage *passage);
