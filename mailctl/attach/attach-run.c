/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/attach-run.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mailctl/attach/attach-daemon.h"
#include "mailctl/attach/daemon-unit.h"
#include "mailctl/attach/proof-user.h"
#include "mailctl/command.h"
#include "mailctl/output.h"

#define USUAL_FOLDER "/etc/postfix"

static bool is_wanted(const struct invocation *invocation, const struct attach_part *part)
{
    for (size_t i = 0; i < invocation->argument_count; i++)
        if (strcmp(invocation->arguments[i], part->name) == 0)
            return true;
    return invocation->argument_count == 0;
}

static int check_arguments(const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->argument_count; i++)
        if (strchr(invocation->arguments[i], '@') != NULL ||
            attach_part_find(invocation->arguments[i]) == NULL)
            return invocation_complain(invocation, EX_USAGE,
                "\"%s\" is nothing to attach to: expected postfix or dovecot",
                invocation->arguments[i]);
    return EX_OK;
}

/* What was kept of the files cannot be trusted any more. */
static int complain_of_journal(const struct invocation *invocation, const struct attach_run *run,
    const char *name, const struct failure *failure)
{
    int status = invocation_complain_failure(invocation, failure);

    return failure->err != ERR_CORRUPT
               ? status
               : invocation_complain(invocation, status,
                     "%s: put its folder in %s back from a backup; or take Gatepost's lines out of"
                     " the configuration by hand, and then remove that folder",
                     name, journal_room_folder(run->room));
}

static bool has_target(const struct attach_run *run, const char *name)
{
    for (size_t i = 0; i < run->count; i++)
        if (strcmp(journal_name(run->targets[i].journal), name) == 0)
            return true;
    return false;
}

/* NULL after a complaint. */
static const struct settings *find_login_settings(
    const struct invocation *invocation, struct attach_run *run, const struct settings *settings)
{
    struct failure failure;

    if (daemon_unit_instance(invocation->config_path).len == 0)
        return settings;
    if (run->usual == NULL && settings_load(NULL, &run->usual, &failure) != ERR_NONE)
        invocation_complain_failure(invocation, &failure);
    return run->usual;
}

/* What is named twice is one target. */
static int add_target(struct invocation *invocation, struct attach_run *run,
    const struct attach_part *part, const char *directory)
{
    struct attach_target *target = &run->targets[run->count];
    struct failure failure;
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    const struct settings *login_settings;
    const char *name = directory == NULL
                           ? part->name
                           : arena_print(invocation->arena, "%s@%s", part->name, directory).data;

    if (settings == NULL)
        return status;
    if (has_target(run, name))
        return EX_OK;
    login_settings = find_login_settings(invocation, run, settings);
    if (login_settings == NULL)
        return EX_CONFIG;
    if (journal_open(run->room, name, &target->journal, &failure) != ERR_NONE)
        return complain_of_journal(invocation, run, name, &failure);
    run->count++;
    target->part = part;
    target->site = (struct attach_site){
        .invocation = invocation,
        .settings = settings,
        .login_settings = login_settings,
        .arena = invocation->arena,
        .directory = directory,
        .instances = run->instances,
        .started = run->scope == ATTACH_JOURNALS
                       ? NULL
                       : arena_alloc_zero(invocation->arena, ATTACH_DAEMONS, sizeof(bool)),
        .scratch_folder = journal_room_folder(run->room),
        .is_offline = invocation_has(invocation, "offline"),
        .may_install = invocation_has(invocation, "install"),
        .replace = invocation_value(invocation, "replace"),
        .keep = invocation_value(invocation, "keep"),
    };
    return EX_OK;
}

/* One folder, one journal, however it is written; NULL: the usual one. */
static const char *canonical(const struct invocation *invocation, const char *directory)
{
    char real[PATH_MAX], usual[PATH_MAX];

    if (realpath(directory, real) == NULL)
        return directory;
    return realpath(USUAL_FOLDER, usual) != NULL && strcmp(real, usual) == 0
               ? NULL
               : arena_copy_string(invocation->arena, text_from_string(real));
}

/* Folders are named in full: they are part of a journal's name. */
static int add_instances(
    struct invocation *invocation, struct attach_run *run, const struct attach_part *part)
{
    const char *const *directories;
    size_t count = invocation_values(invocation, "config-directory", &directories);
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < count; i++) {
        if (directories[i][0] != '/')
            return invocation_complain(invocation, EX_USAGE,
                "--config-directory %s: name it in full, from the root on", directories[i]);
        status = add_target(invocation, run, part, canonical(invocation, directories[i]));
    }
    return status;
}

/* Other instances that were attached: "postfix@/etc/postfix-out". */
static int add_journals(struct invocation *invocation, struct attach_run *run,
    const struct attach_part *part, const char *const *names, size_t count)
{
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < count; i++) {
        const char *at = strchr(names[i], '@');

        if (at != NULL && attach_part_find(names[i]) == part)
            status = add_target(invocation, run, part, at + 1);
    }
    return status;
}

/* What an instance that comes or goes makes stale: Dovecot has sockets in its queue, too. */
static int add_stale(struct invocation *invocation, enum attach_scope scope, struct attach_run *run,
    const struct attach_part *part)
{
    int status = add_target(invocation, run, part, NULL);
    struct attach_target *target;

    if (status != EX_OK)
        return status;
    target = &run->targets[run->count - 1];
    if (journal_state(target->journal) == JOURNAL_RENEWING ||
        (journal_state(target->journal) == JOURNAL_ATTACHED && part->is_stale != NULL &&
            part->is_stale(&target->site, target->journal))) {
        target->is_renewal = scope == ATTACH_JOURNALS;
        return EX_OK;
    }
    journal_close(&target->journal);
    run->count--;
    return EX_OK;
}

static int add_part(struct invocation *invocation, enum attach_scope scope, struct attach_run *run,
    const struct attach_part *part, const char *const *names, size_t count)
{
    bool has_instances = invocation_has(invocation, "config-directory");
    int status = EX_OK;

    if (has_instances && part == &attach_postfix)
        return add_instances(invocation, run, part);
    if (has_instances && (scope == ATTACH_JOURNALS || is_wanted(invocation, part)))
        return add_stale(invocation, scope, run, part);
    if (!has_instances && is_wanted(invocation, part))
        status = add_target(invocation, run, part, NULL);
    if (!has_instances && status == EX_OK && scope == ATTACH_JOURNALS &&
        invocation->argument_count == 0)
        status = add_journals(invocation, run, part, names, count);
    return status;
}

static bool is_named(const struct invocation *invocation, const char *directory)
{
    const char *const *directories;
    size_t count = invocation_values(invocation, "config-directory", &directories);

    for (size_t i = 0; i < count; i++) {
        const char *named = canonical(invocation, directories[i]);

        if (named != NULL && strcmp(named, directory) == 0)
            return true;
    }
    return false;
}

/* Those that have a journal and do not go, and those that come. */
static const char *const *list_instances(const struct invocation *invocation,
    enum attach_scope scope, const char *const *names, size_t count)
{
    const char *const *directories;
    size_t named = invocation_values(invocation, "config-directory", &directories), used = 0;
    const char **instances =
        arena_alloc_zero(invocation->arena, count + named + 1, sizeof *instances);

    for (size_t i = 0; i < count; i++) {
        const char *at = strchr(names[i], '@');

        if (at != NULL && attach_part_find(names[i]) == &attach_postfix &&
            !is_named(invocation, at + 1))
            instances[used++] = at + 1;
    }
    for (size_t i = 0; scope == ATTACH_USUAL && i < named; i++) {
        const char *directory = canonical(invocation, directories[i]);

        if (directory != NULL)
            instances[used++] = directory;
    }
    return instances;
}

static int add_targets(
    struct invocation *invocation, enum attach_scope scope, struct attach_run *run)
{
    const char *const *names = NULL;
    struct failure failure;
    size_t count = 0;
    int status = EX_OK;

    if (journal_room_list(run->room, invocation->arena, &names, &count, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    run->instances = list_instances(invocation, scope, names, count);
    run->targets = arena_alloc_zero(
        invocation->arena, invocation->option_count + 2 + count, sizeof *run->targets);
    for (size_t i = 0; status == EX_OK && attach_parts[i] != NULL; i++)
        status = add_part(invocation, scope, run, attach_parts[i], names, count);
    return status;
}

static int recover(struct attach_run *run, const struct attach_target *target)
{
    const struct invocation *invocation = target->site.invocation;
    enum journal_state state = journal_state(target->journal);

    if (state == JOURNAL_NONE || state == JOURNAL_ATTACHED)
        return EX_OK;
    if (invocation->dry_run)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "%s: an earlier run was interrupted; the next one without --dry-run puts it right",
            journal_name(target->journal));
    run->has_recovered = true;
    return attach_recover(&target->site, target->part, target->journal);
}

static int complain_of_room(const struct invocation *invocation, const struct settings *settings,
    const struct failure *failure)
{
    if (invocation_lacks_init(settings))
        return invocation_complain(
            invocation, EX_CONFIG, "%s (run \"mailctl init\")", failure->text);
    if (failure->err == ERR_ACCESS && geteuid() != 0)
        return invocation_complain(invocation, EX_NOPERM, "%s; run mailctl as root", failure->text);
    return invocation_complain_failure(invocation, failure);
}

static int open_run(struct invocation *invocation, enum attach_scope scope, struct attach_run *run)
{
    struct failure failure;
    int status = check_arguments(invocation);
    const struct settings *settings =
        status == EX_OK ? invocation_settings(invocation, &status) : NULL;

    *run = (struct attach_run){.scope = scope};
    if (settings == NULL)
        return status;
    /* Who reads what is told may go; what was begun is brought to its end. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (journal_room_open(settings->state_directory, JOURNAL_WRITE, &run->room, &failure) !=
        ERR_NONE)
        return complain_of_room(invocation, settings, &failure);
    if (!invocation->dry_run)
        proof_user_sweep(invocation, settings);
    status = add_targets(invocation, scope, run);
    for (size_t i = 0; status == EX_OK && i < run->count; i++)
        status = recover(run, &run->targets[i]);
    return status;
}

static int underlay(struct attach_target *target)
{
    struct failure failure;

    if (attach_removal_look(
            &target->site, target->part, target->journal, &target->removal, &failure) != ERR_NONE)
        return invocation_complain_failure(target->site.invocation, &failure);
    attach_removal_underlay(&target->removal, target->plan);
    return EX_OK;
}

int attach_run_plan(struct attach_target *target)
{
    int status = EX_OK;

    target->plan =
        plan_new(target->site.arena, journal_name(target->journal), target->site.scratch_folder);
    if (journal_state(target->journal) == JOURNAL_ATTACHED)
        status = underlay(target);
    return status == EX_OK ? target->part->plan(&target->site, target->plan) : status;
}

static void close_run(struct attach_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        attach_removal_done(&run->targets[i].removal);
        journal_close(&run->targets[i].journal);
    }
    settings_free(&run->usual);
    journal_room_close(&run->room);
}

static void print(const struct invocation *invocation, const struct attach_run *run)
{
    json_t *plans = json_array(), *warnings = json_array();

    for (size_t i = 0; i < run->count; i++)
        if (run->targets[i].plan != NULL)
            json_array_append_new(plans, plan_to_json(run->targets[i].plan, invocation));
    for (const struct invocation_warning *at = invocation->warnings; at != NULL; at = at->next)
        json_array_append_new(warnings, output_json_text(text_from_string(at->text)));
    output_json(json_pack("{s:o, s:o, s:b, s:b}", "plans", plans, "warnings", warnings, "done",
        run->is_done, "dry_run", invocation->dry_run));
}

int attach_run(struct invocation *invocation, const struct attach_verb *verb)
{
    struct attach_run run;
    int status = open_run(invocation, verb->scope, &run);
    bool is_open = status == EX_OK;

    if (is_open)
        status = verb->plan(&run);
    if (status == EX_OK)
        status = verb->show(invocation, &run);
    if (is_open && status != EX_OK)
        (void)invocation_complain(invocation, status,
            "nothing %swas changed: mend that, then %s again", run.has_recovered ? "more " : "",
            invocation->command->noun);
    if (status == EX_OK) {
        status = verb->act(invocation, &run);
        if (invocation->json)
            print(invocation, &run);
    }
    close_run(&run);
    return status;
}
