/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The logical lines of Postfix's main.cf and master.cf (postconf(5), master(5)): a line that
 * begins with a blank goes on with the one before it; empty lines and comments in between do not
 * end it. Together the lines are the file, byte for byte. Pure functions on bytes.
 */

#include "lib/base/arena.h"
#include "lib/base/text.h"

enum postfix_file { POSTFIX_MAIN, POSTFIX_MASTER };

struct postfix_line {
    struct text bytes; /* all of it, with line ends and the comments within */
    /* "smtpd_milters" in main.cf, "smtp/inet" in master.cf; empty for comments and blank lines,
     * which are lines of their own, and for what is no entry */
    struct text key;
};

struct postfix_lines {
    struct postfix_line *items;
    size_t count;
};

/* The keys of master.cf live in the arena, all else points into bytes. */
struct postfix_lines postfix_lines_parse(
    struct text bytes, enum postfix_file kind, struct arena *arena);
/* The last line with that key (the one that counts), or NULL. */
const struct postfix_line *postfix_lines_find(const struct postfix_lines *lines, struct text key);
/* What stands in a line, its comments left out and its line ends made blanks. */
struct text postfix_line_unfold(const struct postfix_line *line, struct arena *arena);
/* The file with the bytes of old, which lie in it, replaced. */
struct text postfix_lines_splice(
    struct text bytes, struct text old, struct text fresh, struct arena *arena);

/* A line that was ours, and that somebody changed since. */
typedef void postfix_conflict(
    void *state, struct text key, struct text before, struct text ours, struct text now);

/*
 * Takes what we did out of a file that was changed since: each line that differs between before
 * and ours becomes what it was, where it is still as we left it; where it grew around what we put
 * into it, that piece alone goes. Anything else is a conflict and stays, without references to
 * parameters of ours ("$gatepost_..."), which all go.
 */
struct text postfix_lines_revert(enum postfix_file kind, struct text before, struct text ours,
    struct text now, struct arena *arena, postfix_conflict *conflict, void *state);
