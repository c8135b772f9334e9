/* SPDX-License-Identifier: MIT */
#include "mailctl/help.h"

#include <string.h>

#include "mailctl/arguments.h"
#include "mailctl/command.h"
#include "mailctl/exit-status.h"
#include "mailctl/manual.h"
#include "mailctl/output.h"

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
    puts("\nThe way from nothing to mail that others take:\n"
         "  mailctl init\n"
         "  mailctl domain add DOMAIN; mailctl user add ADDRESS; mailctl dkim generate DOMAIN\n"
         "  mailctl dns show DOMAIN   publish what it lists, or have \"mailctl dns push\" do it\n"
         "  mailctl dns check DOMAIN; mailctl dkim activate DOMAIN\n"
         "  mailctl attach\n"
         "  mailctl check\n\n"
         "\"mailctl NOUN VERB --help\" has options and examples,\n"
         "\"mailctl help exit-status\" the exit statuses; the manual is mailctl(1),\n"
         "and each noun has one of its own, as mailctl-domain(1).");
    return EX_OK;
}

static int print_statuses(void)
{
    for (const struct exit_status *at = exit_statuses; at->meaning != NULL; at++)
        printf("%3d  %s\n", at->status, at->meaning);
    return EX_OK;
}

/* --- for programs --- */

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *options_json(const struct command_option *options)
{
    json_t *json = json_array();

    for (; options != NULL && options->name != NULL; options++)
        json_array_append_new(json, json_pack("{s:s, s:o, s:s}", "name", options->name, "argument",
                                        text_or_null(options->argument), "help", options->help));
    return json;
}

static json_t *command_json(const struct command *command)
{
    json_t *examples = json_array();

    for (size_t i = 0; command->examples != NULL && command->examples[i] != NULL; i++)
        json_array_append_new(examples, json_string(command->examples[i]));
    return json_pack("{s:s, s:o, s:o, s:I, s:o, s:s, s:o, s:o, s:s}", "noun", command->noun, "verb",
        text_or_null(command->verb), "arguments", text_or_null(command->arguments), "arguments_min",
        (json_int_t)command->arguments_min, "arguments_max",
        command->arguments_max != COMMAND_ARGUMENTS_ANY
            ? json_integer((json_int_t)command->arguments_max)
            : json_null(),
        "help", command->help, "options", options_json(command->options), "examples", examples,
        "manual", manual_of_noun(command->noun));
}

static int print_json(void)
{
    json_t *list = json_array(), *statuses = json_array();

    for (size_t i = 0; commands[i] != NULL; i++)
        json_array_append_new(list, command_json(commands[i]));
    for (const struct exit_status *at = exit_statuses; at->meaning != NULL; at++)
        json_array_append_new(
            statuses, json_pack("{s:i, s:s}", "status", at->status, "meaning", at->meaning));
    output_json(json_pack("{s:o, s:o, s:o}", "options", options_json(arguments_global), "commands",
        list, "exit_statuses", statuses));
    return EX_OK;
}

static int print_noun(const char *noun)
{
    printf("usage: mailctl [OPTIONS] %s VERB [ARGUMENTS]\n\n", noun);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->noun, noun) == 0)
            print_call(commands[i]);
    printf("\n\"mailctl %s VERB --help\" has options and examples;\nthe manual is %s(1).\n", noun,
        manual_of_noun(noun));
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
    printf("\n\"mailctl help\" has the options for all commands, as --json and --dry-run;\n"
           "the manual is %s(1).\n",
        manual_of_noun(command->noun));
    return EX_OK;
}

int help_print(const struct invocation *invocation, const char *const *words, size_t count)
{
    const struct command *command = NULL;

    if (count == 0)
        return invocation->json ? print_json() : print_all();
    if (count == 1 && strcmp(words[0], "exit-status") == 0)
        return print_statuses();
    if (count >= 2)
        command = command_find(words[0], words[1]);
    if (command == NULL)
        command = command_find(words[0], NULL);
    if (command != NULL)
        return print_command(command);
    if (!command_noun_exists(words[0]) || count >= 2)
        return arguments_complain_command(invocation, words, count);
    return print_noun(words[0]);
}
