/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Domains that one Postfix was told to be ours and delivers to accounts of the system all the same,
 * because they stand in its mydestination, or in a file or table that it reads there: that one
 * wins, and our users in them are unknown to it. attach takes the domains of its day out; one that
 * is added later comes to stand there again. Reads only; what is returned lives in the instance's
 * arena.
 */

#include "lib/store/domain.h"
#include "mailctl/attach/postfix-instance.h"

/* Files that lead to files. */
#define POSTFIX_LOCAL_DEPTH_MAX 8

struct postfix_local_hit {
    struct text name;
    const char *source; /* the file or table that holds it; NULL: the setting itself */
};

struct postfix_local {
    const struct postfix_local_hit *hits; /* in the order of the names asked for */
    size_t count;
    const char *unjudged; /* a table or file that cannot be asked, and why; NULL: all could */
};

/*
 * Which of the names, in lower case and sorted, a list matches as Postfix does it: the first item
 * decides, "!" in front of it turns it round, files are replaced by what they hold, tables are
 * asked.
 */
struct postfix_local postfix_local_match(const struct postfix_instance *instance, struct text list,
    const struct text *names, size_t count);
/*
 * The same for mydestination; none where this Postfix does not read the list of our domains (its
 * path).
 */
struct postfix_local postfix_local_find(const struct postfix_instance *instance,
    const char *domains, const struct text *names, size_t count);
/* The names of the domains that are served, as they are wanted above. */
const struct text *postfix_local_names(
    const struct domain_list *domains, struct arena *arena, size_t *count_r);
/* Where it stands, for people: "mydestination (/etc/postfix)", or the table that is read there. */
const char *postfix_local_where(
    const struct postfix_instance *instance, const struct postfix_local_hit *hit);
/*
 * One sentence on a hit: what comes of it, and the next step. That is the command given
 * (postfix_rivals_mend()) where the setting itself holds the name; a table is the operator's own.
 */
const char *postfix_local_tell(
    const struct postfix_instance *instance, const struct postfix_local_hit *hit, const char *mend);
/* The same on what could not be judged. */
const char *postfix_local_tell_unjudged(
    const struct postfix_instance *instance, const struct postfix_local *local);
