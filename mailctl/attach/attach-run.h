/* SPDX-License-Identifier: MIT */
#pragma once

/* What attach and detach are asked for: which parts, which configurations. For cmd-attach.c and
 * cmd-detach.c. */

#include "mailctl/attach/attach-removal.h"

/* What attach has made of a target so far. */
enum attach_outcome {
    ATTACH_UNTOUCHED,
    ATTACH_ANEW,   /* carried out; it was not attached before */
    ATTACH_RENEWED /* carried out in place of what was attached */
};

/* One configuration of this run. */
struct attach_target {
    const struct attach_part *part;
    struct attach_site site;
    struct journal *journal;
    struct plan *plan;             /* what is to be done; NULL: nothing */
    struct attach_removal removal; /* of what is attached, where that is to go */
    enum attach_outcome outcome;   /* attach sets it */
    bool is_renewal;               /* in detach: stays attached, but not to the instances that go */
};

enum attach_scope {
    ATTACH_USUAL,   /* of each part the usual configuration, or those of --config-directory */
    ATTACH_JOURNALS /* where nothing is named, also every other one that has a journal */
};

struct attach_run {
    enum attach_scope scope;
    struct journal_room *room;
    const char *const *instances;  /* as in attach_site */
    struct attach_target *targets; /* in the order of attach_parts */
    size_t count;
    struct settings *usual; /* read where the configuration is an instance's; NULL: not needed */
    bool has_recovered;     /* what an interrupted run left was put right first */
    bool is_done;           /* the plans were carried out */
};

/* Options that both verbs have. */
#define ATTACH_RUN_OPTIONS                                                                         \
    {"config-directory", "DIR", "of another Postfix instance; may be given several times"},        \
    {                                                                                              \
        "offline", NULL, "change the files only: the servers are neither reloaded nor tried"       \
    }

/* What a verb does with its targets; each EX_OK, or the status after a complaint. */
struct attach_verb {
    enum attach_scope scope;
    int (*plan)(struct attach_run *run);
    int (*show)(const struct invocation *invocation, const struct attach_run *run);
    int (*act)(const struct invocation *invocation, struct attach_run *run); /* sets is_done */
};

/*
 * One step after the other for the parts named as arguments (none: all), each with its journal open
 * and what an interrupted run left put right. With --dry-run nothing is put right: a journal in
 * between is complained of. With --json the plans are printed in the end, and whether they were
 * carried out.
 */
int attach_run(struct invocation *invocation, const struct attach_verb *verb);

/*
 * Plans a target; what is attached already, and is to be done anew, as if it were not there. EX_OK,
 * or the status after a complaint.
 */
int attach_run_plan(struct attach_target *target);
