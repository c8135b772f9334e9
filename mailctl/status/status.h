/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What "mailctl status" looks at. A check looks at one thing and says what it found; checks stand
 * in const tables, one file of them for each part of the server (status-daemons.c and so on),
 * listed in status.c.
 *
 * The life of a run. status_run() starts every check in a process of its own, all at once: a check
 * may become another user to try what that user can reach, and whatever hangs (a database on a
 * dead network disk, a server that does not answer) is killed at the deadline, with the programs
 * that it runs and what they started, and counts as "could not tell". Findings come back through a
 * pipe. A check that says nothing is in order.
 *
 * Nothing is changed by any check.
 */

#include <stdbool.h>

#include "mailctl/invocation.h"

/* All checks together. Programs that a check runs get less: STATUS_PROGRAM_MS. */
#define STATUS_DEADLINE_MS ((int64_t)20000)
#define STATUS_PROGRAM_MS ((int64_t)8000)
#define STATUS_ANSWER_MS ((int64_t)4000)
#define STATUS_FINDINGS_MAX 64 /* of one check; more are not shown */

/* In the order of their weight for the exit status: what could not be seen may be an error. */
enum status_level { STATUS_OK, STATUS_WARNING, STATUS_UNKNOWN, STATUS_ERROR };

struct status_check;

/* What a check works with. In the check's own process. */
struct status {
    struct invocation *invocation;
    const struct settings *settings; /* the defaults where the file could not be read */
    const struct failure *unread;    /* why not; NULL: it was read */
    struct arena *arena;
    const struct status_check *check;
    bool is_root;
    int fd; /* where the findings go */
    unsigned said;
    bool is_blind; /* it was said that Postfix does not tell what it has */
};

struct status_check {
    const char *name; /* stable: others script against it */
    void (*run)(struct status *status);
    const char *mend; /* the command that mends what it finds most; NULL: none for all */
};

struct status_group {
    const char *name; /* stable */
    const struct status_check *checks;
    size_t count;
};

struct status_finding {
    const char *group, *check;
    enum status_level level;
    struct text text; /* one sentence */
    struct text mend; /* the command that mends it; may be empty */
};

struct status_findings {
    const struct status_finding *items; /* in the order of the tables */
    size_t count;
    enum status_level worst;
};

/* Runs all checks; the findings live in the invocation's arena. */
void status_run(struct invocation *invocation, struct status_findings *findings_r);
/* "ok", "warning", "unknown", "error": stable. */
const char *status_level_word(enum status_level level);

/* --- for the checks --- */

/* What is gone while a daemon has it open, or systemd, comes back only when both are done anew. */
#define STATUS_ALL_AGAIN "systemctl restart gatepost.target"

/* One finding. mend: the command as for the usual configuration (status-mend.h), or NULL for that
 * of the check. */
void status_say(struct status *status, enum status_level level, const char *mend,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same with a command that is put together: it is taken from the arena by arena_print(). */
const char *status_command(struct status *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "could not tell", for a failure that is nobody's fault: not permitted, no such program. */
void status_say_unseen(struct status *status, const struct failure *failure);
/* The value of one of Postfix's parameters, trimmed; instance NULL: the default one. False where
 * Postfix does not tell, which is said then. */
bool status_postconf(
    struct status *status, const char *instance, const char *name, struct text *value_r);
/* Whether attach has plugged us in there, by the journal's name; false where that cannot be seen.
 */
bool status_is_attached(struct status *status, const char *journal);
/* The folders of further Postfix instances that are attached, up to NULL. False where that cannot
 * be seen, which is said then. */
bool status_attached_instances(struct status *status, const char *const **folders_r);
/* What plugs us into Postfix (a folder) or Dovecot again. */
const char *status_postfix_mend(struct status *status, const char *instance);
const char *status_dovecot_mend(struct status *status);
/* Configuration directories of Postfix's instances; none where there is no Postfix. */
size_t status_instances(struct status *status, const char *const **folders_r);

extern const struct status_group status_attach, status_daemons, status_databases, status_sockets,
    status_postfix, status_dovecot, status_dkim, status_certificates, status_disk;
