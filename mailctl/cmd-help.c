/* SPDX-License-Identifier: MIT */
#include "mailctl/commands.h"
#include "mailctl/help.h"

static int run(struct invocation *invocation)
{
    return help_print(invocation, invocation->arguments, invocation->argument_count);
}

const struct command command_help = {
    .noun = "help",
    .arguments = "[NOUN [VERB]]",
    .arguments_max = 2,
    .help = "say what there is, or explain one command",
    .run = run,
};
