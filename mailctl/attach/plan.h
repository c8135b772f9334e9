/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What attach proposes for one configuration: files with their content before and after, one line
 * of reason for each edit, things that are done besides (making a user), and notes. A plan changes
 * nothing; it is shown, tried out on copies, and then carried out through a journal. Lives in its
 * arena; single thread.
 */

#include <jansson.h>

#include "mailctl/attach/journal.h"
#include "mailctl/invocation.h"

struct plan_reason {
    struct text what; /* "smtpd_milters" */
    struct text why;  /* one line */
};

struct plan_file {
    const char *path;          /* behind all links */
    struct file now;           /* what it holds */
    struct file before, after; /* before: without us; not now where we are attached already */
    const char *named;         /* the path as it is usually named, for people */
    struct plan_reason *reasons;
    size_t reason_count, reason_room;
};

/* Something that is done before the files change, and is not undone by detach. */
struct plan_action {
    struct text what; /* "adduser --system ... vmail" */
    struct text why;
};

enum plan_weight {
    PLAN_NOTE,    /* good to know */
    PLAN_WARNING, /* something will not work as expected */
    PLAN_CHOICE,  /* the operator has to choose: nothing is done until he did */
    PLAN_REFUSAL  /* nothing can be done */
};

struct plan_note {
    enum plan_weight weight;
    struct text text;
};

struct plan {
    struct arena *arena;
    const char *journal;        /* its journal's name */
    const char *scratch_folder; /* where the two sides of a diff may stand for a moment */
    struct plan_file **files;
    size_t file_count, file_room;
    struct plan_action *actions;
    size_t action_count, action_room;
    struct plan_note *notes;
    size_t note_count, note_room;
};

struct plan *plan_new(struct arena *arena, const char *journal, const char *scratch_folder);

/*
 * The file as it is, to be edited: asked for again, the same one with the edits so far. Follows
 * links. A file that is not there comes with is_there false, mode 0644 and root's.
 */
enum err plan_file_open(
    struct plan *plan, const char *path, struct plan_file **file_r, struct failure *failure);
/* A file that is known already, by its path behind all links, and is not in the plan yet. */
struct plan_file *plan_file_add(
    struct plan *plan, const char *path, const struct file *now, const struct file *before);
/* New content, and the reason for it. Content that does not differ is no edit. */
void plan_file_edit(struct plan *plan, struct plan_file *file, struct text content,
    struct text what, const char *why);
/* The same for all that makes a file, its absence too. */
void plan_file_become(struct plan *plan, struct plan_file *file, const struct file *after,
    struct text what, const char *why);
/* What it holds now is what it is to hold, before any further edit. */
void plan_file_keep(struct plan_file *file);
void plan_add_action(struct plan *plan, struct text what, const char *why);
void plan_add_note(struct plan *plan, enum plan_weight weight, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Nothing would be changed. */
bool plan_is_empty(const struct plan *plan);
/* The heaviest note; PLAN_NOTE where there is none. */
enum plan_weight plan_weight(const struct plan *plan);

/* For people, on stdout: notes, reasons and a unified diff. EX_OK, or the status after a complaint.
 */
int plan_show(const struct plan *plan, const struct invocation *invocation);
json_t *plan_to_json(const struct plan *plan, const struct invocation *invocation);

/* The files that differ, for a journal, and what they hold now; the arrays live in the arena. */
size_t plan_changes(
    const struct plan *plan, const struct journal_file **files_r, const struct file **now_r);
