/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What taking a part out comes to, thought out before anything is done: for each file of its
 * journal what it holds now and what it is to hold. A file that is as attach left it gets its
 * former bytes; from one that was changed since, the part's revert() takes out what is ours.
 * Shown by detach, carried out by attach.c, and what an attach anew is planned upon.
 * Lives in the site's arena but for the conflicts; single thread.
 */

#include "mailctl/attach/attach.h"

struct attach_removal {
    const struct journal_file *files; /* the journal's */
    size_t count;
    struct file *now, *after; /* one each */
    struct attach_conflicts conflicts;
};

/* Reads, changes nothing. attach_removal_done() in any case. */
enum err attach_removal_look(const struct attach_site *site, const struct attach_part *part,
    const struct journal *journal, struct attach_removal *removal, struct failure *failure);
void attach_removal_done(struct attach_removal *removal);

/* As a plan, to be shown; the conflicts are warnings in it. */
struct plan *attach_removal_plan(const struct attach_site *site, const struct journal *journal,
    const struct attach_removal *removal);
/*
 * Lays the removal under a plan that is still empty: what its files are without us is what the part
 * plans upon, and what we put there goes where the part does not want it any more.
 */
void attach_removal_underlay(const struct attach_removal *removal, struct plan *plan);
/* Names each conflict, as complaints. */
void attach_removal_tell(const struct attach_removal *removal, const struct invocation *invocation);
