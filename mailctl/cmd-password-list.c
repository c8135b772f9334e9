/* SPDX-License-Identifier: MIT */

/* password-list make: passwords that others have had, for "user add" and "user passwd" to refuse.
 */

#include <inttypes.h>

#include "mailctl/commands.h"
#include "mailctl/output.h"
#include "mailctl/password-list-files.h"

/* Where the list goes: the option, or the setting. */
static int find_place(struct invocation *invocation, const char **path_r)
{
    const struct settings *settings;
    int status = EX_CONFIG;

    *path_r = invocation_value(invocation, "output");
    if (*path_r != NULL)
        return EX_OK;
    settings = invocation_settings(invocation, &status);
    if (settings == NULL)
        return status;
    if (settings->passwords.list[0] == '\0')
        return invocation_complain(invocation, EX_CONFIG,
            "passwords.list is not set; set it to where the list is to be, or give --output FILE");
    *path_r = settings->passwords.list;
    return EX_OK;
}

/* It is replaced: whatever else has that name is not to be lost by a mistake. */
static int check_place(const struct invocation *invocation, const char *path)
{
    struct password_list *list = NULL;
    struct failure failure;
    enum err err = password_list_open(path, &list, &failure);

    password_list_close(&list);
    if (err == ERR_FOREIGN)
        return invocation_complain(invocation, EX_CANTCREAT,
            "%s; something else is there, name another file", failure.text);
    if (err == ERR_NONE || err == ERR_ABSENT || err == ERR_CORRUPT || err == ERR_NEWER)
        return EX_OK;
    return invocation_complain_failure(invocation, &failure);
}

static int read_seen_min(const struct invocation *invocation, uint64_t *seen_min_r)
{
    const char *value = invocation_value(invocation, "min-count");

    *seen_min_r = 1;
    if (value != NULL && !text_to_number(text_from_string(value), INT64_MAX, seen_min_r))
        return invocation_bad_value(invocation, "min-count", "a number", value);
    return EX_OK;
}

static void say(
    const struct invocation *invocation, struct password_list_maker *maker, const char *path)
{
    uint64_t count = password_list_maker_count(maker), rare = password_list_maker_rare(maker),
             skipped = password_list_maker_skipped(maker);

    if (invocation->json)
        output_json(json_pack("{s:o, s:I, s:I, s:I, s:b}", "file",
            output_json_text(text_from_string(path)), "passwords", (json_int_t)count, "rare",
            (json_int_t)rare, "skipped", (json_int_t)skipped, "dry_run", invocation->dry_run));
    invocation_tell(invocation,
        "%s: %s, %" PRIu64 " passwords; %" PRIu64 " seen too rarely, %" PRIu64
        " lines that are no password",
        path, invocation->dry_run ? "would be written" : "written", count, rare, skipped);
}

/* absent: the status where a file is not there. */
static int fail(const struct invocation *invocation, const struct failure *failure, int absent)
{
    return invocation_complain(invocation,
        failure->err == ERR_ABSENT ? absent : invocation_status_of(failure->err), "%s",
        failure->text);
}

static int make(struct invocation *invocation, struct password_list_maker *maker, const char *path)
{
    struct failure failure;

    for (size_t i = 0; i < invocation->argument_count; i++)
        if (password_list_files_add(maker, invocation->arguments[i], &failure) != ERR_NONE)
            return fail(invocation, &failure, EX_NOINPUT);
    if (password_list_maker_count(maker) == 0)
        return invocation_complain(
            invocation, EX_DATAERR, "no password is in what was given; %s is as it was", path);
    if (!invocation->dry_run && password_list_files_write(maker, path, &failure) != ERR_NONE)
        return fail(invocation, &failure, EX_CANTCREAT);
    say(invocation, maker, path);
    return EX_OK;
}

static int run_make(struct invocation *invocation)
{
    struct password_list_maker *maker;
    uint64_t seen_min;
    const char *path;
    int status = read_seen_min(invocation, &seen_min);

    if (status == EX_OK)
        status = find_place(invocation, &path);
    if (status == EX_OK)
        status = check_place(invocation, path);
    if (status != EX_OK)
        return status;
    maker = password_list_maker_new(seen_min);
    status = make(invocation, maker, path);
    password_list_maker_free(&maker);
    return status;
}

static const struct command_option make_options[] = {
    {"min-count", "NUMBER", "leave out hashes that were seen less often" },
    {"output",    "FILE",   "where the list goes; else to passwords.list"},
    {NULL,        NULL,     NULL                                         },
};
static const char *const make_examples[] = {
    "mailctl password-list make --min-count 100 pwned-passwords.txt own-words.txt", NULL};

const struct command command_password_list_make = {
    .noun = "password-list",
    .verb = "make",
    .arguments = "FILE...",
    .arguments_min = 1,
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .options = make_options,
    .help = "make the list of passwords that nobody may take",
    .details = "Of lines with a password each, or with its SHA-1 as Pwned Passwords has them, in\n"
               "one file or a folder of ranges. Nothing is sent anywhere.",
    .examples = make_examples,
    .run = run_make,
};
