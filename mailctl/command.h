/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A subcommand of mailctl: one file cmd-*.c with one or more const entries, listed in
 * commands.c. Usage, "help", completion and the manual's synopsis come from the entries.
 *
 * The life of a call. main() splits the command line (arguments.h) into global options, noun,
 * verb, options and arguments, finds the entry, checks the options and the number of arguments
 * against it and calls run() with an invocation. run() loads what it needs through the invocation
 * (settings, stores, resolver), prints data on stdout (output.h) and complaints on stderr, and
 * returns the exit status: sysexits as doveadm uses them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

#include "mailctl/invocation.h"

struct command_option {
    const char *name;     /* "if-missing"; given as --if-missing */
    const char *argument; /* "FILE"; "delete|keep": one of these words; NULL for a switch */
    const char *help;     /* one line */
};

#define COMMAND_ARGUMENTS_ANY ((size_t)-1)

struct command {
    const char *noun;      /* "domain", or the command itself where it has no verb: "verify" */
    const char *verb;      /* "add", or NULL */
    const char *arguments; /* "DOMAIN [SELECTOR]", or NULL */
    size_t arguments_min, arguments_max;
    const struct command_option *options; /* ended by a name NULL; or NULL */
    const char *help;                     /* one line, lower case, no full stop */
    const char *details;                  /* a paragraph, or NULL */
    const char *const *examples;          /* whole command lines, NULL-terminated; or NULL */
    int (*run)(struct invocation *invocation);
};

/* All entries, in the order of "mailctl help"; NULL-terminated. */
extern const struct command *const commands[];

/* verb NULL: the entry of a command without verbs. NULL where there is none. */
const struct command *command_find(const char *noun, const char *verb);
bool command_noun_exists(const char *noun);
/* Exit statuses beside sysexits, for verbs that check. */
enum command_check {
    COMMAND_CHECK_OK = 0,
    COMMAND_CHECK_WARNING = 1,
    COMMAND_CHECK_ERROR = 2,
    COMMAND_CHECK_UNKNOWN = 3
};
