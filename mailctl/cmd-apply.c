/* SPDX-License-Identifier: MIT */

/* apply: the directory becomes what a file declares. */

#include <sys/stat.h>

#include "lib/base/clock.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/declare-delegation.h"
#include "mailctl/declare-password.h"
#include "mailctl/declare.h"
#include "mailctl/directory.h"
#include "mailctl/document.h"
#include "mailctl/domain-postfix.h"
#include "mailctl/output.h"

static int read_document(struct invocation *invocation, json_t **document_r)
{
    const char *path = invocation->arguments[0];
    struct text content;
    struct failure failure;
    int status = invocation_read_file(invocation, path, DOCUMENT_BYTES_MAX, &content);

    if (status == EX_OK && document_parse(content, document_r, &failure) != ERR_NONE)
        status = invocation_complain(invocation, EX_DATAERR, "%s: %s", path, failure.text);
    return status;
}

static void print_plan_json(
    const struct invocation *invocation, const struct declare_line *lines, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array,
            json_pack("{s:s, s:o, s:o}", "noun", lines[i].noun, "name",
                output_json_text(lines[i].name), "change", output_json_text(lines[i].change)));
    output_json(json_pack("{s:o, s:b}", "plan", array, "dry_run", invocation->dry_run));
}

static void print_plan(const struct invocation *invocation, const struct declare *declare)
{
    static const char *const headings[] = {"what", "name", "change", NULL};
    struct output_table *table;

    if (invocation->json) {
        print_plan_json(invocation, declare->plan.items, declare->plan.count);
        return;
    }
    table = output_table_new(invocation, headings);
    for (size_t i = 0; i < declare->plan.count; i++) {
        const struct declare_line *line = &declare->plan.items[i];

        output_table_add(
            table, (const struct text[]){text_from_string(line->noun), line->name, line->change});
    }
    output_table_print(table);
}

/* Walked anew within its own transaction: what was shown holds only as long as nobody writes. */
static int walk(struct invocation *invocation, struct store *store, const json_t *document,
    bool is_first, struct declare *declare)
{
    *declare = (struct declare){
        .invocation = invocation, .directory = store, .now = clock_wall(), .warns = is_first};
    store_begin(store);
    return declare_walk(declare, document, invocation_has(invocation, "prune"));
}

static bool is_same_plan(const struct declare *one, const struct declare *other)
{
    if (one->plan.count != other->plan.count)
        return false;
    for (size_t i = 0; i < one->plan.count; i++)
        if (strcmp(one->plan.items[i].noun, other->plan.items[i].noun) != 0 ||
            !text_equals(one->plan.items[i].name, other->plan.items[i].name) ||
            !text_equals(one->plan.items[i].change, other->plan.items[i].change))
            return false;
    return true;
}

/* The directory is changed: what follows is done whatever fails, and the first failure is told. */
static int follow(struct invocation *invocation, struct store *store, struct declare *declare)
{
    int status = declare_password_write_old(declare);
    int delegation_status = declare_delegation_write_begins(declare);
    int postfix_status = domain_postfix_follow(invocation, store);

    dovecot_cache_forget(invocation, TEXT(""));
    if (status == EX_OK)
        status = delegation_status;
    return status != EX_OK ? status : postfix_status;
}

/*
 * Users who are new get rid of old passwords before anybody sees them: whoever is killed in between
 * leaves the directory as it was, and nothing that anybody could log in with.
 */
static int carry_out(struct invocation *invocation, struct store *store, const json_t *document,
    const struct declare *shown)
{
    struct declare declare;
    int status = walk(invocation, store, document, false, &declare);

    if (status == EX_OK && !is_same_plan(&declare, shown))
        status = invocation_complain(invocation, EX_TEMPFAIL,
            "the directory was changed meanwhile, and the plan is another one; give the command "
            "again");
    if (status == EX_OK)
        status = declare_password_write_new(&declare);
    if (status == EX_OK)
        status = declare_delegation_write_ends(&declare);
    if (status == EX_OK) {
        status = directory_end(invocation, store);
        if (status == EX_OK)
            status = follow(invocation, store, &declare);
    } else {
        store_roll_back(store);
    }
    declare_done(&declare);
    return status;
}

/* Of standard input somebody else has taken care. */
static int check_secrecy(struct invocation *invocation, const struct declare *declare)
{
    const char *path = invocation->arguments[0];
    struct stat found;

    if (!declare->has_hashes || strcmp(path, "-") == 0 || stat(path, &found) != 0 ||
        (found.st_mode & S_IRWXO) == 0)
        return EX_OK;
    return invocation_complain(invocation, EX_NOPERM,
        "%s: every user can read this file, and password hashes stand in it; run \"chmod 600 %s\"",
        path, path);
}

static int apply(struct invocation *invocation, struct store *store, const json_t *document)
{
    struct declare declare;
    int status = walk(invocation, store, document, true, &declare);

    store_roll_back(store);
    if (status == EX_OK)
        status = check_secrecy(invocation, &declare);
    if (status == EX_OK) {
        if (!invocation->quiet || !invocation->yes)
            print_plan(invocation, &declare);
        if (declare.plan.count == 0)
            invocation_tell(invocation, "the directory is as the file says");
        else if (!invocation->dry_run && !invocation_confirm(invocation, "Do that?"))
            status = EX_USAGE;
        else if (!invocation->dry_run)
            status = carry_out(invocation, store, document, &declare);
    }
    declare_done(&declare);
    return status;
}

static int run(struct invocation *invocation)
{
    json_t *document = NULL;
    struct store *store;
    int status = read_document(invocation, &document);

    if (status != EX_OK)
        return status;
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_WRITE, &status);
    if (store != NULL)
        status = apply(invocation, store, document);
    json_decref(document);
    return status;
}

static const struct command_option options[] = {
    {"prune", NULL, "delete what the file's sections do not name"},
    {NULL,    NULL, NULL                                         },
};
static const char *const examples[] = {
    "mailctl --dry-run apply directory.yaml", "mailctl --yes apply directory.yaml --prune", NULL};

const struct command command_apply = {
    .noun = "apply",
    .arguments = "FILE|-",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .help = "make the directory what a file declares",
    .details = "YAML or JSON, as gatepost-directory(5) has it. Shows what would change, asks, and\n"
               "changes all of it or nothing. Without --prune nothing is deleted, and a section\n"
               "that the file does not have is never touched.",
    .examples = examples,
    .run = run,
};
