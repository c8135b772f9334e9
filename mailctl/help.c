/* SPDX-License-Identifier: MIT */
#include "mailctl/help.h"

#include <string.h>

#include "mailctl/arguments.h"
#include "mailctl/command.h"

#define NAME_COLUMN 26

static void print_entry(const char *left, const char *help)
{
    if (strlen(left) > NAME_COLUMN - 2)
        printf("  %s\n  %*s%s\n", left, NAME_COLUMN, "", help);
    else
        printf("  %-*s%s\n", NAME_COLUMN, left, help);
}

static void print_options(const char *title, const struct command_option *options)
{
    if (options == NULL || options->name == NULL)
        return;
    printf("\n%s\n", title);
    for (; options->name != NULL; options++) {
        char left[128];

        snprintf(left, sizeof left, "--%s%s%s", options->name, options->argument != NULL ? " " : "",
            options->argument != NULL ? options->argument : "");
        print_entry(left, options->help);
    }
}

static void print_call(const struct command *command)
{
    char left[128];

    snprintf(left, sizeof left, "%s%s%s%s%s", command->noun, command->verb != NULL ? " " : "",
        command->verb != NULL ? command->verb : "", command->arguments != NULL ? " " : "",
        command->arguments != NULL ? command->arguments : "");
    print_entry(left, command->help);
}

static int print_all(void)
{
    puts("usage: mailctl [OPTIONS] NOUN VERB [ARGUMENTS]\n\n"
         "Keeps the domains, users, aliases and keys of this mail server, prints the DNS\n"
         "records that they need, and judges or signs messages.\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        print_call(commands[i]);
    print_options("Options for all of them:", arguments_global);
    puts("\nBegin with \"mailctl init\". \"mailctl NOUN VERB --help\" has examples; the manual is "
         "mailctl(1).");
    return EX_OK;
}

static int print_noun(const char *noun)
{
    printf("usage: mailctl [OPTIONS] %s VERB [ARGUMENTS]\n\n", noun);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->noun, noun) == 0)
            print_call(commands[i]);
    printf("\n\"mailctl %s VERB --help\" has options and examples.\n", noun);
    return EX_OK;
}

static int print_command(const struct command *command)
{
    printf("usage: mailctl [OPTIONS] %s%s%s%s%s\n\n%c%s.\n", command->noun,
        command->verb != NULL ? " " : "", command->verb != NULL ? command->verb : "",
        command->arguments != NULL ? " " : "", command->arguments != NULL ? command->arguments : "",
        text_is_alpha(command->help[0]) && text_lower(command->help[0]) == command->help[0]
            ? command->help[0] - ('a' - 'A')
            : command->help[0],
        command->help + 1);
    if (command->details != NULL)
        printf("\n%s\n", command->details);
    print_options("Options:", command->options);
    if (command->examples != NULL) {
        puts("\nExamples:");
        for (size_t i = 0; command->examples[i] != NULL; i++)
            printf("  %s\n", command->examples[i]);
    }
    return EX_OK;
}

int help_print(const struct invocation *invocation, const char *const *words, size_t count)
{
    const struct command *command = NULL;

    if (count == 0)
        return print_all();
    if (count >= 2)
        command = command_find(words[0], words[1]);
    if (command == NULL)
        command = command_find(words[0], NULL);
    if (command != NULL)
        return print_command(command);
    if (!command_noun_exists(words[0]))
        return invocation_complain(
            invocation, EX_USAGE, "there is no command \"%s\" (mailctl help lists them)", words[0]);
    if (count >= 2)
        return invocation_complain(invocation, EX_USAGE,
            "there is no \"%s %s\" (mailctl %s --help lists its verbs)", words[0], words[1],
            words[0]);
    return print_noun(words[0]);
}
