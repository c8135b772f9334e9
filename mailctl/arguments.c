/* SPDX-License-Identifier: MIT */
#include "mailctl/arguments.h"

#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/config.h"
#include "lib/base/near.h"
#include "mailctl/command.h"

/* One letter beside the long name. */
static const struct {
    char letter;
    const char *name;
} letters[] = {
    {'c', "config" },
    {'n', "dry-run"},
    {'y', "yes"    },
    {'q', "quiet"  },
    {'v', "verbose"},
    {'h', "help"   },
    {'V', "version"},
};

const struct command_option arguments_global[] = {
    {"config",      "FILE",              "-c: the configuration [" SETTINGS_DEFAULT_PATH "]" },
    {"json",        NULL,                "print JSON for scripts"                            },
    {"dry-run",     NULL,                "-n: say what would be done, and do nothing"        },
    {"yes",         NULL,                "-y: do not ask before deletions, attach and detach"},
    {"quiet",       NULL,                "-q: print data and errors only"                    },
    {"verbose",     NULL,                "-v: say more"                                      },
    {"color",       "auto|always|never", "whether headings are in colour"                    },
    {"resolver",    "ADDR[@PORT]",       "ask this name server; may be given several times"  },
    {"dns-timeout", "TIME",              "for all lookups of one command together, as 5s"    },
    {"help",        NULL,                "-h: help, also on a noun or a verb"                },
    {"version",     NULL,                "-V: the version"                                   },
    {NULL,          NULL,                NULL                                                },
};

/* Words that are no options, and options in raw form, before the command is known. */
struct raw_option {
    const char *name;
    const char *value; /* NULL where none stood there */
};

struct raw {
    const char **words;
    size_t word_count;
    struct raw_option *options;
    size_t option_count;
};

static const struct command_option *option_in(
    const struct command_option *options, const char *name, size_t len)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strlen(options->name) == len && memcmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

/*
 * The entry for an option of that name, in the global table, in the table of the command found so
 * far, or in any command's: options may stand before the noun, and all that share a name agree on
 * whether they take a value.
 */
static const struct command_option *option_find(
    const struct command *command, const char *name, size_t len)
{
    const struct command_option *option = option_in(arguments_global, name, len);

    if (option == NULL && command != NULL)
        option = option_in(command->options, name, len);
    for (size_t i = 0; option == NULL && commands[i] != NULL; i++)
        option = option_in(commands[i]->options, name, len);
    return option;
}

static const char *letter_name(char letter)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == letter)
            return letters[i].name;
    return NULL;
}

/* The command that the words so far name. */
static const struct command *command_of(const struct raw *raw)
{
    const struct command *command = NULL;

    if (raw->word_count >= 2)
        command = command_find(raw->words[0], raw->words[1]);
    if (command == NULL && raw->word_count >= 1)
        command = command_find(raw->words[0], NULL);
    return command;
}

static void offer_options(struct near *near, const struct command_option *options)
{
    for (; options != NULL && options->name != NULL; options++)
        near_offer(near, options->name);
}

static void complain_option(
    const struct invocation *invocation, const struct command *command, int len, const char *name)
{
    bool is_verb = command != NULL && command->verb != NULL;
    struct near near;

    near_init(&near, text_from_bytes(name, (size_t)len));
    offer_options(&near, arguments_global);
    if (command != NULL)
        offer_options(&near, command->options);
    if (near_best(&near) != NULL)
        (void)invocation_complain(invocation, EX_USAGE,
            "there is no option --%.*s; did you mean --%s?", len, name, near_best(&near));
    else if (command == NULL)
        (void)invocation_complain(
            invocation, EX_USAGE, "there is no option --%.*s (see mailctl help)", len, name);
    else
        (void)invocation_complain(invocation, EX_USAGE,
            "there is no option --%.*s (mailctl %s%s%s --help lists those there are)", len, name,
            command->noun, is_verb ? " " : "", is_verb ? command->verb : "");
}

static bool take_long(
    const struct invocation *invocation, struct raw *raw, char **argv, int argc, int *index)
{
    const char *name = argv[*index] + 2;
    size_t len = strcspn(name, "=");
    const struct command_option *option = option_find(command_of(raw), name, len);
    const char *value = name[len] == '=' ? name + len + 1 : NULL;

    if (option == NULL) {
        complain_option(invocation, command_of(raw), (int)len, name);
        return false;
    }
    if (option->argument == NULL && value != NULL) {
        (void)invocation_complain(invocation, EX_USAGE, "--%s takes no value", option->name);
        return false;
    }
    if (option->argument != NULL && value == NULL) {
        if (*index + 1 >= argc) {
            (void)invocation_complain(
                invocation, EX_USAGE, "--%s needs a value: %s", option->name, option->argument);
            return false;
        }
        value = argv[++*index];
    }
    raw->options[raw->option_count++] = (struct raw_option){.name = option->name, .value = value};
    return true;
}

/* "-y", "-nq", "-cFILE", "-c FILE" */
static bool take_short(
    const struct invocation *invocation, struct raw *raw, char **argv, int argc, int *index)
{
    for (const char *at = argv[*index] + 1; *at != '\0'; at++) {
        const char *name = letter_name(*at);
        const struct command_option *option =
            name != NULL ? option_in(arguments_global, name, strlen(name)) : NULL;
        const char *value = NULL;

        if (option == NULL) {
            (void)invocation_complain(
                invocation, EX_USAGE, "there is no option -%c (see mailctl help)", *at);
            return false;
        }
        if (option->argument != NULL) {
            value = at[1] != '\0' ? at + 1 : *index + 1 < argc ? argv[++*index] : NULL;
            if (value == NULL) {
                (void)invocation_complain(
                    invocation, EX_USAGE, "-%c needs a value: %s", *at, option->argument);
                return false;
            }
        }
        raw->options[raw->option_count++] = (struct raw_option){.name = name, .value = value};
        if (value != NULL)
            break;
    }
    return true;
}

static bool split(const struct invocation *invocation, int argc, char **argv, struct raw *raw)
{
    bool options_ended = false;

    for (int i = 1; i < argc; i++) {
        if (options_ended || argv[i][0] != '-' || argv[i][1] == '\0')
            raw->words[raw->word_count++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            options_ended = true;
        else if (argv[i][1] == '-' ? !take_long(invocation, raw, argv, argc, &i)
                                   : !take_short(invocation, raw, argv, argc, &i))
            return false;
    }
    return true;
}

static bool take_color(struct invocation *invocation, const char *value)
{
    static const char *const words[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

    for (int i = COLOR_AUTO; i <= COLOR_NEVER; i++)
        if (strcmp(words[i], value) == 0) {
            invocation->color = (enum invocation_color)i;
            return true;
        }
    (void)invocation_bad_value(invocation, "color", "auto, always or never", value);
    return false;
}

static bool take_dns_timeout(struct invocation *invocation, const char *value)
{
    const int64_t max_ms = 600000;

    if (config_parse_duration(text_from_string(value), &invocation->dns_timeout_ms) &&
        invocation->dns_timeout_ms > 0 && invocation->dns_timeout_ms <= max_ms)
        return true;
    (void)invocation_bad_value(invocation, "dns-timeout", "a time up to 10m, as 5s", value);
    return false;
}

/* True where the option is a global one and was good; *is_bad_r where it was not. */
static bool take_global(
    struct invocation *invocation, const struct raw_option *option, bool *is_bad_r)
{
    static const struct {
        const char *name;
        size_t offset;
    } switches[] = {
        {"json",    offsetof(struct invocation, json)   },
        {"dry-run", offsetof(struct invocation, dry_run)},
        {"yes",     offsetof(struct invocation, yes)    },
        {"quiet",   offsetof(struct invocation, quiet)  },
        {"verbose", offsetof(struct invocation, verbose)},
    };

    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (strcmp(option->name, switches[i].name) == 0) {
            *(bool *)((char *)invocation + switches[i].offset) = true;
            return true;
        }
    if (strcmp(option->name, "config") == 0)
        invocation->config_path = option->value;
    else if (strcmp(option->name, "resolver") == 0)
        invocation->resolvers[invocation->resolver_count++] = option->value;
    else if (strcmp(option->name, "color") == 0)
        *is_bad_r = !take_color(invocation, option->value);
    else if (strcmp(option->name, "dns-timeout") == 0)
        *is_bad_r = !take_dns_timeout(invocation, option->value);
    else
        return false;
    return true;
}

bool arguments_check_choice(
    const struct invocation *invocation, const struct command_option *option, const char *value)
{
    struct text rest = text_from_string(option->argument), word = TEXT_NONE;
    struct buffer expected = BUFFER_NONE;
    bool found = false;

    if (option->argument == NULL || strchr(option->argument, '|') == NULL)
        return true;
    while (text_split(&rest, '|', &word)) {
        found = found || text_equals(word, text_from_string(value));
        if (expected.len != 0)
            buffer_append_string(&expected, rest.data != NULL ? ", " : " or ");
        buffer_append_text(&expected, word);
    }
    if (!found)
        (void)invocation_bad_value(invocation, option->name, buffer_string(&expected), value);
    buffer_done(&expected);
    return found;
}

static bool take_own(struct invocation *invocation, const struct raw_option *option)
{
    const struct command *command = invocation->command;
    const struct command_option *known =
        option_in(command->options, option->name, strlen(option->name));
    const char *gap = command->verb != NULL ? " " : "";
    const char *verb = command->verb != NULL ? command->verb : "";

    if (known == NULL) {
        (void)invocation_complain(invocation, EX_USAGE,
            "--%s does not belong to \"mailctl %s%s%s\"; see mailctl %s%s%s --help", option->name,
            command->noun, gap, verb, command->noun, gap, verb);
        return false;
    }
    if (!arguments_check_choice(invocation, known, option->value))
        return false;
    invocation->options[invocation->option_count++] =
        (struct invocation_option){.name = option->name, .value = option->value};
    return true;
}

/* Global options go to their places; the rest must be the command's own. */
static bool take_options(struct invocation *invocation, const struct raw *raw)
{
    bool is_bad = false;

    for (size_t i = 0; i < raw->option_count && !is_bad; i++)
        if (!take_global(invocation, &raw->options[i], &is_bad) &&
            !take_own(invocation, &raw->options[i]))
            return false;
    return !is_bad;
}

static bool has_raw(const struct raw *raw, const char *name)
{
    for (size_t i = 0; i < raw->option_count; i++)
        if (strcmp(raw->options[i].name, name) == 0)
            return true;
    return false;
}

static void complain_noun(const struct invocation *invocation, const char *noun)
{
    struct near near;

    near_init(&near, text_from_string(noun));
    for (size_t i = 0; commands[i] != NULL; i++)
        near_offer(&near, commands[i]->noun);
    if (near_best(&near) != NULL)
        (void)invocation_complain(invocation, EX_USAGE,
            "there is no command \"%s\"; did you mean \"%s\"? (mailctl help lists them)", noun,
            near_best(&near));
    else
        (void)invocation_complain(
            invocation, EX_USAGE, "there is no command \"%s\" (mailctl help lists them)", noun);
}

static void complain_verb(const struct invocation *invocation, const char *noun, const char *verb)
{
    struct near near;

    near_init(&near, text_from_string(verb));
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->noun, noun) == 0 && commands[i]->verb != NULL)
            near_offer(&near, commands[i]->verb);
    if (near_best(&near) != NULL)
        (void)invocation_complain(invocation, EX_USAGE,
            "there is no \"%s %s\"; did you mean \"%s %s\"? (mailctl %s --help lists its verbs)",
            noun, verb, noun, near_best(&near), noun);
    else
        (void)invocation_complain(invocation, EX_USAGE,
            "there is no \"%s %s\" (mailctl %s --help lists its verbs)", noun, verb, noun);
}

int arguments_complain_command(
    const struct invocation *invocation, const char *const *words, size_t count)
{
    if (!command_noun_exists(words[0]))
        complain_noun(invocation, words[0]);
    else if (count == 1)
        (void)invocation_complain(invocation, EX_USAGE,
            "%s what? (mailctl %s --help lists its verbs)", words[0], words[0]);
    else
        complain_verb(invocation, words[0], words[1]);
    return EX_USAGE;
}

static bool check_count(const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    const char *verb = command->verb != NULL ? command->verb : "";
    const char *gap = command->verb != NULL ? " " : "";

    if (invocation->argument_count >= command->arguments_min &&
        invocation->argument_count <= command->arguments_max)
        return true;
    (void)invocation_complain(invocation, EX_USAGE,
        "expected: mailctl %s%s%s%s%s (mailctl %s%s%s --help says more)", command->noun, gap, verb,
        command->arguments != NULL ? " " : "", command->arguments != NULL ? command->arguments : "",
        command->noun, gap, verb);
    return false;
}

/* "-nqv" is several options in one word: no more than there are bytes. */
static size_t count_bytes(int argc, char **argv)
{
    size_t bytes = 1;

    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    return bytes;
}

enum arguments_result arguments_parse(int argc, char **argv, struct invocation *invocation)
{
    size_t room = (size_t)argc + 1;
    struct raw raw = {
        .words = arena_alloc_zero(invocation->arena, room, sizeof *raw.words),
        .options =
            arena_alloc_zero(invocation->arena, count_bytes(argc, argv), sizeof *raw.options),
    };
    size_t own_words;

    invocation->resolvers =
        arena_alloc_zero(invocation->arena, room, sizeof *invocation->resolvers);
    invocation->options = arena_alloc_zero(invocation->arena, room, sizeof *invocation->options);
    if (!split(invocation, argc, argv, &raw))
        return ARGUMENTS_BAD;
    if (has_raw(&raw, "version"))
        return ARGUMENTS_VERSION;
    invocation->arguments = raw.words;
    invocation->argument_count = raw.word_count;
    invocation->command = command_of(&raw);
    if (has_raw(&raw, "help") || raw.word_count == 0)
        return ARGUMENTS_HELP;
    if (invocation->command == NULL) {
        (void)arguments_complain_command(invocation, raw.words, raw.word_count);
        return ARGUMENTS_BAD;
    }
    own_words = invocation->command->verb != NULL ? 2 : 1;
    invocation->arguments += own_words;
    invocation->argument_count -= own_words;
    if (!take_options(invocation, &raw) || !check_count(invocation))
        return ARGUMENTS_BAD;
    return ARGUMENTS_OK;
}
