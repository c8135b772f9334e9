/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the commands on the directory (domain, user, alias) have in common: a change is one
 * transaction, which --dry-run takes back at its end, and failures become exit statuses.
 */

#include <jansson.h>

#include "mailctl/invocation.h"

/*
 * For lists: opens the directory for reading; the domain that may stand as first argument must be
 * one of ours and is empty where there is none. Complains, and returns the exit status.
 */
int directory_open_list(
    struct invocation *invocation, struct text *domain_r, struct store **store_r);
/* Opens the directory for writing and begins. NULL: the complaint is made, *status_r set. */
struct store *directory_begin(struct invocation *invocation, int *status_r);
/*
 * Commits, or takes all back with --dry-run. Returns the exit status. Secrets that were destroyed
 * and may still be in the log are warned of.
 */
int directory_end(struct invocation *invocation, struct store *store);
/* That warning, after changes of which each was a transaction of its own. */
void directory_warn_traces(struct invocation *invocation, const struct store *store);
/*
 * The end of a change that is one statement, which returned err: settled with --if-missing,
 * complained of, or committed and said. Returns the exit status.
 */
int directory_end_add(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status);
int directory_end_set(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status);
int directory_end_delete(struct invocation *invocation, struct store *store, enum err err,
    struct text name, int absent_status);
/*
 * Complains about what the store refused, and returns the status: absent_status for what is not
 * there (EX_NOUSER, EX_NOHOST).
 */
int directory_fail(const struct invocation *invocation, struct store *store, int absent_status);
/* What directory_fail() says of something that was to be added and is there already. */
int directory_exists(const struct invocation *invocation, struct text name);
/* ERR_EXISTS with --if-missing: nothing to do. */
bool directory_is_settled(const struct invocation *invocation, enum err err);
/* Complains where that domain is none of ours. */
int directory_need_domain(
    const struct invocation *invocation, struct store *store, struct text domain);

/*
 * "NAME: added", in --dry-run "NAME: would be added"; with --json an object that says the same,
 * and what invocation_warn() was given.
 * hint (or NULL) comes behind it, for people.
 */
void directory_say(
    const struct invocation *invocation, struct text name, const char *done, const char *hint);
/* "NAME: is there already, and left as it is". */
void directory_say_settled(const struct invocation *invocation, struct text name);

/* Times for people and for JSON. */
struct text directory_time(const struct invocation *invocation, int64_t wall);
json_t *directory_json_time(int64_t wall);
/* The same for an end: "never" for 0. */
struct text directory_expiry(const struct invocation *invocation, int64_t wall);
/*
 * A deletion: the question is asked, the transaction made, and aliases that lead to the target
 * treated as --aliases says (alias-route.h). remove: deletes within the transaction, or complains
 * and returns another status than EX_OK.
 */
struct directory_removal {
    struct text name;   /* for messages */
    struct text target; /* the address, "@domain" of a catch-all, "domain" for all of it */
    const char *question;
    const char *hint; /* behind "deleted", or NULL */
    int (*remove)(struct invocation *invocation, struct store *store, const void *context);
    const void *context;
};
int directory_remove(
    struct invocation *invocation, struct store *store, const struct directory_removal *removal);

/* "yes", "no". */
struct text directory_yes_no(bool value);
/* "1G", "1536M", "unlimited". */
struct text directory_quota(const struct invocation *invocation, int64_t bytes);
