/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Canonicalization of header fields and bodies (RFC 6376 §3.4). What comes out goes to a sink in
 * pieces, in order, so that nothing is kept. Caller-owned plain memory, one thread at a time;
 * never fails. Line ends are CRLF; a lone CR or LF is a byte like any other.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/text.h"
#include "lib/mailauth/header.h"

enum canon { CANON_SIMPLE, CANON_RELAXED };

/* "simple", "relaxed". */
const char *canon_word(enum canon canon);

/* Takes the next canonical bytes. */
typedef void canon_sink_fn(void *context, struct text bytes);

/* One field, without the CRLF behind it (§3.4.1, 3.4.2). */
void canon_header_field(
    const struct header_field *field, enum canon canon, canon_sink_fn *sink, void *context);

/* Small pieces are collected before they go to the sink. */
#define CANON_STAGE_BYTES 2048

struct canon_stage {
    canon_sink_fn *sink;
    void *context;
    size_t len;
    char bytes[CANON_STAGE_BYTES];
};

/* A body under way (§3.4.3, 3.4.4). */
struct canon_body {
    enum canon canon;
    uint64_t bytes;     /* handed out so far */
    uint64_t line_ends; /* CRLFs held back: they count only if a line follows that is not empty */
    bool has_blank;     /* relaxed: blanks held back */
    bool has_cr;        /* a CR held back: does LF follow? */
    struct canon_stage stage;
};

void canon_body_init(struct canon_body *body, enum canon canon, canon_sink_fn *sink, void *context);
/* The next piece, cut anywhere, even between CR and LF. */
void canon_body_add(struct canon_body *body, struct text piece);
/* All has been handed out afterwards, and body->bytes is the canonical length. */
void canon_body_end(struct canon_body *body);
