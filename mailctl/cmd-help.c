/* SPDX-License-Identifier: MIT */
#include "mailctl/commands.h"
#include "mailctl/help.h"

static int run(struct invocation *invocation)
{
    return help_print(invocation, invocation->arguments, invocation->argument_count);
}

static const char *const examples[] = {"mailctl help user", "mailctl help user add", NULL};

const struct command command_help = {
    .noun = "help",
    .arguments = "[NOUN [VERB]|exit-status]",
    .arguments_max = 2,
    .help = "say what there is, or explain one command",
    .details = "With --json: all commands, their options, and the exit statuses, for programs.",
    .examples = examples,
    .run = run,
};
