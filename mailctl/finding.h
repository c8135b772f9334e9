/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a check has found: one line each, with a code for scripts, a sentence for people and the
 * change to make. A list is filled by one thread; its texts live in the arena of the check.
 */

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/text.h"

enum finding_level {
    FINDING_FINE,
    FINDING_WARNING, /* mail goes, but could go better */
    FINDING_ERROR,   /* mail is lost, refused or distrusted */
    FINDING_UNKNOWN  /* it could not be told */
};

/* "fine", "warning", "error", "unknown". */
const char *finding_level_word(enum finding_level level);

struct finding {
    enum finding_level level;
    const char *code;    /* "spf-several"; of what is fine the kind alone: "spf" */
    struct text name;    /* the owner */
    const char *type;    /* "TXT"; NULL: about no record */
    struct text message; /* what is there */
    struct text change;  /* what to do; empty where it is fine */
    /* Shown behind the message: what passes by itself, or other people's words. May be empty. */
    struct text aside;
};

struct findings {
    ARRAY(struct finding) list;
};

void findings_done(struct findings *findings);
/* type NULL: about no record; change TEXT_NONE: there is nothing to do. Texts are not copied. */
void findings_say(struct findings *findings, enum finding_level level, const char *code,
    struct text name, const char *type, struct text message, struct text change);
/* Of the finding that was said last. Not copied. */
void findings_add_aside(struct findings *findings, struct text aside);
/* The message, and what is shown behind it. */
struct text finding_words(const struct finding *finding, struct arena *arena);
/* Text from outside, fit to be printed. */
struct text finding_safe(struct text text, struct arena *arena);
/* How many there are of that level. */
size_t findings_count(const struct findings *findings, enum finding_level level);
/* The exit status of a command that checks: error before unknown before warning. */
int findings_status(const struct findings *findings);
