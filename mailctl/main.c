/* SPDX-License-Identifier: MIT */

/* mailctl: wires the command line to a command. */

#include <locale.h>
#include <stdio.h>

#include "config.h"
#include "lib/base/log.h"
#include "mailctl/arguments.h"
#include "mailctl/command.h"
#include "mailctl/help.h"

static int run(int argc, char **argv, struct invocation *invocation)
{
    switch (arguments_parse(argc, argv, invocation)) {
    case ARGUMENTS_OK:
        return invocation->command->run(invocation);
    case ARGUMENTS_HELP:
        return help_print(invocation, invocation->arguments, invocation->argument_count);
    case ARGUMENTS_VERSION:
        puts("mailctl (" PACKAGE_STRING ")");
        return EX_OK;
    case ARGUMENTS_BAD:
        break;
    }
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    struct invocation invocation = {.arena = arena_new()};
    int status;

    setlocale(LC_CTYPE, "");
    log_open("mailctl", LOG_TO_STDERR);
    status = run(argc, argv, &invocation);
    invocation_done(&invocation);
    /* A full disk or a closed pipe must not pass for success. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EX_OK) {
        perror("mailctl: standard output");
        status = EX_IOERR;
    }
    return status;
}
