/* SPDX-License-Identifier: MIT */

/* completion: what a shell needs to complete command lines of mailctl, from the table. */

#include <stdio.h>
#include <string.h>

#include "lib/base/map.h"
#include "mailctl/arguments.h"
#include "mailctl/commands.h"

/* Everything that knows no table; the functions that it calls are written below. */
static const char frame[] =
    "# bash completion for mailctl, made from its table of commands by \"mailctl completion "
    "bash\"\n"
    "\n"
    "# The command line without options: the noun, the verb, the arguments.\n"
    "_mailctl_split()\n"
    "{\n"
    "    local i word\n"
    "    words=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == = ]]; then\n"
    "            ((i++))\n"
    "        elif [[ $word == -* ]]; then\n"
    "            if _mailctl_values \"$word\" >/dev/null && [[ ${COMP_WORDS[i + 1]-} != = ]]; "
    "then\n"
    "                ((i++))\n"
    "            fi\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "\n"
    "# Possible words, by what the table says: \"FILE\", \"DOMAIN\", words with \"|\" between "
    "them.\n"
    "_mailctl_offer()\n"
    "{\n"
    "    case $1 in\n"
    "    FILE*)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "        ;;\n"
    "    DOMAIN)\n"
    "        _mailctl_choose \"$(mailctl domain list 2>/dev/null | cut -f 1)\"\n"
    "        ;;\n"
    "    NOUN)\n"
    "        _mailctl_choose \"$(_mailctl_verbs '')\"\n"
    "        ;;\n"
    "    [a-z]*)\n"
    "        _mailctl_choose \"${1//|/ }\"\n"
    "        ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_mailctl_choose()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_mailctl()\n"
    "{\n"
    "    local cur=$2 prev=$3 value verbs command count=1 words kinds\n"
    "    COMPREPLY=()\n"
    "    _mailctl_split\n"
    "    [[ $prev != = ]] || prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    if value=$(_mailctl_values \"$prev\"); then\n"
    "        _mailctl_offer \"$value\"\n"
    "        return\n"
    "    fi\n"
    "    verbs=$(_mailctl_verbs \"${words[0]-}\")\n"
    "    command=${words[0]-}\n"
    "    if ((${#words[@]} > 1)) && [[ -n $verbs ]]; then\n"
    "        command+=\" ${words[1]}\"\n"
    "        count=2\n"
    "    fi\n"
    "    if [[ $cur == -* ]]; then\n"
    "        _mailctl_choose \"$(_mailctl_options \"$command\")\"\n"
    "    elif ((${#words[@]} < count)) || { [[ -n $verbs ]] && ((${#words[@]} < 2)); }; then\n"
    "        _mailctl_choose \"$verbs\"\n"
    "    else\n"
    "        read -r -a kinds <<<\"$(_mailctl_arguments \"$command\")\"\n"
    "        if [[ ${kinds[0]-} == [a-z]* ]]; then\n"
    "            _mailctl_choose \"${kinds[*]}\"\n"
    "        else\n"
    "            _mailctl_offer \"${kinds[${#words[@]} - count]-}\"\n"
    "        fi\n"
    "    fi\n"
    "}\n"
    "complete -F _mailctl mailctl\n";

static bool is_first_of_noun(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(commands[i]->noun, commands[index]->noun) == 0)
            return false;
    return true;
}

static void print_name(const struct command *command)
{
    printf("%s%s%s", command->noun, command->verb != NULL ? " " : "",
        command->verb != NULL ? command->verb : "");
}

/* The nouns for '', else the verbs of a noun. */
static void print_verbs(void)
{
    puts("\n_mailctl_verbs()\n{\n    case $1 in");
    fputs("    '') echo '", stdout);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (is_first_of_noun(i))
            printf("%s%s", i != 0 ? " " : "", commands[i]->noun);
    puts("' ;;");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (!is_first_of_noun(i) || commands[i]->verb == NULL)
            continue;
        printf("    %s) echo '%s", commands[i]->noun, commands[i]->verb);
        for (size_t j = i + 1; commands[j] != NULL; j++)
            if (strcmp(commands[j]->noun, commands[i]->noun) == 0)
                printf(" %s", commands[j]->verb);
        puts("' ;;");
    }
    puts("    esac\n}");
}

static void print_option_names(const struct command_option *options)
{
    for (; options != NULL && options->name != NULL; options++)
        printf(" --%s", options->name);
}

static void print_options(void)
{
    fputs("\n_mailctl_options()\n{\n    echo '", stdout);
    print_option_names(arguments_global);
    puts("'\n    case $1 in");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->options == NULL)
            continue;
        fputs("    '", stdout);
        print_name(commands[i]);
        fputs("') echo '", stdout);
        print_option_names(commands[i]->options);
        puts("' ;;");
    }
    puts("    esac\n}");
}

/* Options of one name agree on what they take. */
static void print_values_of(struct map *seen, const struct command_option *options)
{
    for (; options != NULL && options->name != NULL; options++)
        if (options->argument != NULL &&
            map_put(seen, text_from_string(options->name), seen) == NULL)
            printf("    --%s) echo '%s' ;;\n", options->name, options->argument);
}

static void print_values(void)
{
    struct map *seen = map_new();

    puts("\n# What an option takes; fails for those that take nothing.\n"
         "_mailctl_values()\n{\n    case $1 in\n    -c) echo FILE ;;");
    print_values_of(seen, arguments_global);
    for (size_t i = 0; commands[i] != NULL; i++)
        print_values_of(seen, commands[i]->options);
    puts("    *) return 1 ;;\n    esac\n}");
    map_free(&seen);
}

static void print_arguments(void)
{
    puts("\n_mailctl_arguments()\n{\n    case $1 in");
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (commands[i]->arguments == NULL)
            continue;
        fputs("    '", stdout);
        print_name(commands[i]);
        fputs("') echo '", stdout);
        for (const char *at = commands[i]->arguments; *at != '\0'; at++)
            if (strchr("[].", *at) == NULL)
                putchar(*at);
        puts("' ;;");
    }
    puts("    esac\n}");
}

static int run(struct invocation *invocation)
{
    if (strcmp(invocation->arguments[0], "bash") != 0)
        return invocation_complain(invocation, EX_USAGE,
            "there is no completion for \"%s\": expected bash", invocation->arguments[0]);
    fputs(frame, stdout);
    print_verbs();
    print_options();
    print_values();
    print_arguments();
    return EX_OK;
}

static const char *const examples[] = {"eval \"$(mailctl completion bash)\"", NULL};

const struct command command_completion = {
    .noun = "completion",
    .arguments = "bash",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "print what the shell needs to complete mailctl's command lines",
    .details = "It is installed for bash already (package bash-completion); this is for elsewhere.",
    .examples = examples,
    .run = run,
};
