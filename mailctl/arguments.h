/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The command line, split by the table of commands. Options may stand anywhere, before or behind
 * the noun; "--" ends them. Long options take their value as "--name=value" or "--name value".
 */

#include "mailctl/command.h"

/* What stands before anything else in "mailctl help": ended by a name NULL. */
extern const struct command_option arguments_global[];

/* Says that the words, one at least, name no command, and what may have been meant: EX_USAGE. */
int arguments_complain_command(
    const struct invocation *invocation, const char *const *words, size_t count);

enum arguments_result {
    ARGUMENTS_OK,
    ARGUMENTS_HELP,    /* --help was given, or no command at all */
    ARGUMENTS_VERSION, /* --version */
    ARGUMENTS_BAD      /* the complaint has been made: exit with EX_USAGE */
};

/*
 * Fills the invocation. With ARGUMENTS_HELP, arguments[] holds the words to give help on, and
 * command is set where they name one.
 */
enum arguments_result arguments_parse(int argc, char **argv, struct invocation *invocation);
/*
 * True for what the option's table allows: any value, or one of the words "a|b|c". Else the
 * complaint has been made.
 */
bool arguments_check_choice(
    const struct invocation *invocation, const struct command_option *option, const char *value);
