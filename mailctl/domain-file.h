/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Our domains as files for Postfix, and their indexes beside them: those of users and aliases in
 * STATE_DIRECTORY/postfix/domains, those whose mail is passed on in STATE_DIRECTORY/postfix/relays,
 * and in STATE_DIRECTORY/postfix/transports where mail of a domain goes on to. Postfix asks
 * gatepost-authd about addresses, but what our domains are stands in these files, so that mail for
 * the system and for other domains flows while authd is down.
 *
 * The directory database owns the fact; mailctl writes the files anew after each change to it. They
 * are world-readable and hold a line for each domain that is switched on, "NAME gatepost", or
 * "NAME TRANSPORT" where it has one. Index
 * and file are each put in place by one rename, the index first: where the file says what the
 * directory says, the index does, too. A domain that goes from one file to the other stands in both
 * for a moment, never in neither. Whoever is killed in between leaves an older list, which "mailctl
 * status" sees and the next change, or "mailctl upgrade", mends. A lock file, which root alone can
 * open, keeps two writers apart. Postfix notices a new index by itself.
 *
 * Once "mailctl init" or attach has made the folder, the files are kept; without the folder nothing
 * is written. Where there is no Postfix, there is no index.
 */

#include <stdbool.h>

#include "mailctl/invocation.h"

/* The value of each entry of the first two. */
#define DOMAIN_FILE_MARK "gatepost"

enum domain_file {
    DOMAIN_FILE_MAILBOXES, /* and those that are aliases of them */
    DOMAIN_FILE_RELAYS,
    DOMAIN_FILE_TRANSPORTS,
    DOMAIN_FILE_COUNT
};

/* "STATE_DIRECTORY/postfix", ".../domains", and "hash:.../domains" as it stands in main.cf. */
const char *domain_file_folder(const struct settings *settings, struct arena *arena);
const char *domain_file_path(
    const struct settings *settings, enum domain_file which, struct arena *arena);
/* The type is Postfix's default_database_type, hash where that cannot be asked. */
const char *domain_file_table(
    const struct settings *settings, enum domain_file which, struct arena *arena);

/*
 * Makes what is missing and writes what is old, as root. *changed_r: something was, also where the
 * rest failed. store: the directory database, open and not in a transaction.
 */
enum err domain_file_make(const struct settings *settings, struct store *store, struct arena *arena,
    bool *changed_r, struct failure *failure);

/*
 * What the files are: ERR_NONE up to date; ERR_ABSENT one is not there; ERR_OLDER not what the
 * directory says; ERR_ACCESS and others: could not be read.
 */
enum err domain_file_check(const struct settings *settings, struct store *store,
    struct arena *arena, struct failure *failure);

/*
 * After a change to the domains, for the commands: the same as make where the folder is there.
 * Complains, and returns the exit status; the change itself stands.
 */
int domain_file_follow(struct invocation *invocation, struct store *store);
