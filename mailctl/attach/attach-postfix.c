/* SPDX-License-Identifier: MIT */

/* The part "postfix" of attach. What must be so is planned in postfix-milters.c, -tables.c and
 * -services.c, and proved in postfix-prove.c. */

#include <string.h>
#include <unistd.h>

#include "lib/service/settings.h"
#include "mailctl/attach/attach-daemon.h"
#include "mailctl/attach/attach.h"
#include "mailctl/attach/postfix-local.h"
#include "mailctl/attach/postfix-prove.h"
#include "mailctl/attach/postfix-relays.h"
#include "mailctl/attach/postfix-rivals.h"
#include "mailctl/attach/postfix-sockets.h"
#include "mailctl/attach/postfix-srs.h"
#include "mailctl/attach/postfix-transports.h"
#include "mailctl/attach/scratch.h"
#include "mailctl/domain-file.h"

/* What Postfix will ask. */
static const struct {
    const char *name, *why;
} daemons[] = {
    {"authd",   "Postfix asks it for addresses"},
    {"policyd", "Postfix asks it for limits"   },
    {"milter",  "Postfix shows it all mail"    },
};
#define DAEMON_COUNT (sizeof daemons / sizeof *daemons)

/* --- plan --- */

static enum err open_files(struct wiring *wiring, struct failure *failure)
{
    const char *directory = wiring->instance.directory;
    enum err err = plan_file_open(wiring->plan,
        arena_print(wiring->arena, "%s/main.cf", directory).data, &wiring->main, failure);

    if (err == ERR_NONE)
        err = plan_file_open(wiring->plan,
            arena_print(wiring->arena, "%s/master.cf", directory).data, &wiring->master, failure);
    if (err == ERR_NONE && (!wiring->main->before.is_there || !wiring->master->before.is_there))
        err = failure_set(failure, ERR_ABSENT, "%s: there is no main.cf or master.cf", directory);
    return err;
}

/* A configuration that is broken already could not be told from one that we broke. */
static enum err look(struct wiring *wiring, struct failure *failure)
{
    enum err err =
        postfix_instance_open(wiring->site->directory, wiring->arena, &wiring->instance, failure);

    if (err == ERR_NONE)
        err = postfix_instance_check(wiring->instance.directory, wiring->arena, failure);
    if (err == ERR_NONE)
        err = postfix_sockets_plan(wiring, failure);
    return err == ERR_NONE ? open_files(wiring, failure) : err;
}

static void tell_instances(struct wiring *wiring)
{
    struct text others =
        postfix_instance_value(&wiring->instance, TEXT("multi_instance_directories"));

    if (wiring->site->directory == NULL && others.len != 0)
        plan_add_note(wiring->plan, PLAN_NOTE,
            "there are more instances (%.*s): attach to them with --config-directory",
            TEXT_ARGS(others));
}

static struct text path_of(const struct attach_site *site, enum domain_file which)
{
    return text_from_string(domain_file_path(site->settings, which, site->arena));
}

static int plan_all(struct wiring *wiring)
{
    const struct attach_site *site = wiring->site;
    int status;

    tell_instances(wiring);
    plan_add_action(wiring->plan, path_of(site, DOMAIN_FILE_MAILBOXES),
        "the list of our domains, written from the directory");
    plan_add_action(wiring->plan, path_of(site, DOMAIN_FILE_RELAYS),
        "the same for domains whose mail is passed on");
    plan_add_action(wiring->plan, path_of(site, DOMAIN_FILE_TRANSPORTS),
        "and where mail of a domain goes on to");
    for (size_t i = 0; i < DAEMON_COUNT; i++)
        attach_daemon_plan(site, wiring->plan, daemons[i].name, daemons[i].why);
    wiring_plan_milters(wiring);
    status = wiring_plan_tables(wiring);
    if (status == EX_OK)
        wiring_plan_services(wiring);
    return status;
}

/* Files are in the plan already: see is_stale(). What stands in them stays. */
static bool take_up(struct plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++)
        plan_file_keep(plan->files[i]);
    return plan->file_count != 0;
}

static int plan(const struct attach_site *site, struct plan *plan)
{
    struct wiring wiring = {.site = site, .arena = site->arena, .plan = plan};
    bool is_attached = take_up(plan);
    struct failure failure;
    enum err err;
    int status = wiring_check_choices(site);

    if (status != EX_OK)
        return status;
    err = look(&wiring, &failure);
    if (err == ERR_REFUSED || err == ERR_ABSENT) {
        plan_add_note(plan, PLAN_REFUSAL, "%s", failure.text);
        return EX_OK;
    }
    if (err != ERR_NONE)
        return invocation_complain_failure(site->invocation, &failure);
    wiring.domains = domain_file_table(site->settings, DOMAIN_FILE_MAILBOXES, site->arena);
    wiring.relays = domain_file_table(site->settings, DOMAIN_FILE_RELAYS, site->arena);
    wiring.transports = domain_file_table(site->settings, DOMAIN_FILE_TRANSPORTS, site->arena);
    return is_attached ? wiring_plan_later(&wiring) : plan_all(&wiring);
}

static int prepare(const struct attach_site *site, const struct plan *plan)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(site->invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct failure failure;
    bool changed;

    (void)plan;
    if (store == NULL)
        return status;
    status = EX_OK;
    if (domain_file_make(site->settings, store, site->arena, &changed, &failure) != ERR_NONE)
        return invocation_complain_failure(site->invocation, &failure);
    for (size_t i = 0; status == EX_OK && i < DAEMON_COUNT; i++)
        status = attach_daemon_start(site, daemons[i].name);
    return status;
}

/* --- trying out --- */

/* The first line of complaints that is not among the old ones, which name another folder. */
static bool find_fresh(struct text fresh, struct text old, struct text *line_r)
{
    struct text line, known;

    while (fresh.len != 0 && text_split(&fresh, '\n', &line)) {
        struct text words = text_skip(line, text_find(line, ':'));
        struct text rest = old;
        bool is_known = words.len == 0;

        words = text_skip(words, text_find_last(words, '/'));
        while (!is_known && rest.len != 0 && text_split(&rest, '\n', &known))
            is_known = words.len != 0 && text_ends_with_nocase(known, words);
        if (!is_known) {
            *line_r = line;
            return true;
        }
    }
    return false;
}

/* Postfix's own files; not a unit of systemd. */
static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static enum err try_in(const struct attach_site *site, const struct plan *plan, const char *scratch,
    struct failure *failure)
{
    struct postfix_instance instance;
    struct text old = TEXT(""), fresh = TEXT(""), line;
    const char *path;
    enum err err = postfix_instance_open(site->directory, site->arena, &instance, failure);

    for (size_t i = 0; err == ERR_NONE && i < plan->file_count; i++)
        if (is_below(plan->files[i]->named, instance.directory))
            err = scratch_write(site->arena, scratch,
                plan->files[i]->named + strlen(instance.directory), plan->files[i]->after.content,
                &path, failure);
    if (err == ERR_NONE)
        err = postfix_instance_complaints(instance.directory, site->arena, &old, failure);
    if (err == ERR_NONE)
        err = postfix_instance_complaints(scratch, site->arena, &fresh, failure);
    if (err == ERR_NONE && find_fresh(fresh, old, &line))
        return failure_set(failure, ERR_REFUSED, "%.*s", TEXT_ARGS(line));
    return err == ERR_NONE ? postfix_instance_check(scratch, site->arena, failure) : err;
}

static enum err try_out(
    const struct attach_site *site, const struct plan *plan, struct failure *failure)
{
    const char *scratch = NULL;
    enum err err = scratch_make(site->scratch_folder, site->arena, &scratch, failure);

    if (err == ERR_NONE)
        err = try_in(site, plan, scratch, failure);
    scratch_remove(scratch);
    return err;
}

/* --- running --- */

static enum err reload(const struct attach_site *site, struct failure *failure)
{
    struct postfix_instance instance;
    enum err err;

    /* An instance that was taken away altogether keeps nobody from detaching. */
    if (site->directory != NULL && access(site->directory, F_OK) != 0)
        return failure_set_errno(failure, ERR_ABSENT, "%s", site->directory);
    err = postfix_instance_open(site->directory, site->arena, &instance, failure);
    return err == ERR_NONE ? postfix_instance_reload(instance.directory, site->arena, failure)
                           : err;
}

static enum err prove(const struct attach_site *site, struct failure *failure)
{
    struct postfix_instance instance;
    enum err err = postfix_instance_open(site->directory, site->arena, &instance, failure);

    if (err != ERR_NONE)
        return err;
    if (wiring_takes_no_mail(&instance)) {
        invocation_tell(site->invocation, "postfix: no session was tried: %s takes no mail",
            instance.directory);
        return ERR_NONE;
    }
    postfix_sockets_find(site, &instance);
    return postfix_prove(site, &instance, failure);
}

/* --- what came later --- */

/* Senders are rewritten since, and Postfix does not take their bounces. */
static bool lacks_srs(const struct attach_site *site, const struct postfix_instance *instance)
{
    struct text domain = settings_srs_domain(site->settings, site->arena);

    return domain.len != 0 &&
           !postfix_srs_is_known(
               postfix_instance_value(instance, TEXT("virtual_alias_maps")), domain, site->arena);
}

static bool is_stale(const struct attach_site *site, const struct journal *journal)
{
    struct postfix_instance instance;
    struct failure failure;

    (void)journal;
    return postfix_instance_open(site->directory, site->arena, &instance, &failure) == ERR_NONE &&
           (lacks_srs(site, &instance) ||
               !postfix_relays_is_known(
                   &instance, domain_file_path(site->settings, DOMAIN_FILE_RELAYS, site->arena)) ||
               !postfix_relays_asks_recipients(&instance) ||
               !postfix_transports_is_known(&instance,
                   domain_file_path(site->settings, DOMAIN_FILE_TRANSPORTS, site->arena)));
}

static void review(const struct attach_site *site)
{
    int status = EX_CONFIG;
    struct store *store = invocation_store(site->invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct postfix_instance instance;
    struct domain_list domains;
    struct postfix_local local;
    struct failure failure;
    const struct text *names;
    size_t count;

    if (store == NULL || domain_list(store, site->arena, &domains) != ERR_NONE)
        return;
    if (postfix_instance_open(site->directory, site->arena, &instance, &failure) != ERR_NONE) {
        invocation_warn(site->invocation, "%s", failure.text);
        return;
    }
    names = postfix_local_names(&domains, site->arena, &count);
    local = postfix_local_find(&instance,
        domain_file_path(site->settings, DOMAIN_FILE_MAILBOXES, site->arena), names, count);
    for (size_t i = 0; i < local.count; i++)
        invocation_warn(site->invocation, "%s",
            postfix_local_tell(
                &instance, &local.hits[i], postfix_rivals_mend(site->settings, &instance)));
    if (local.unjudged != NULL)
        invocation_warn(site->invocation, "%s", postfix_local_tell_unjudged(&instance, &local));
}

/* --- out --- */

struct reverting {
    const struct journal_file *file;
    struct attach_conflicts *conflicts;
};

static void add_conflict(
    void *state, struct text key, struct text before, struct text ours, struct text now)
{
    struct reverting *reverting = state;

    attach_conflicts_add(
        reverting->conflicts, &(struct attach_conflict){.path = reverting->file->path,
                                  .what = key,
                                  .before = before,
                                  .ours = ours,
                                  .now = now});
}

static void revert(const struct journal_file *file, struct text now, struct arena *arena,
    struct text *after_r, struct attach_conflicts *conflicts)
{
    struct reverting reverting = {.file = file, .conflicts = conflicts};
    /* As a whole: who changed it has only changed how our sockets come to Postfix. */
    bool is_mount = text_ends_with_nocase(text_from_string(file->path), TEXT(".mount"));
    bool is_master = text_ends_with_nocase(text_from_string(file->path), TEXT("master.cf"));

    *after_r = is_mount ? file->before.content
                        : postfix_lines_revert(is_master ? POSTFIX_MASTER : POSTFIX_MAIN,
                              file->before.content, file->ours.content, now, arena, add_conflict,
                              &reverting);
}

const struct attach_part attach_postfix = {
    .name = "postfix",
    .plan = plan,
    .prepare = prepare,
    .try_out = try_out,
    .reload = reload,
    .follow = postfix_sockets_follow,
    .prove = prove,
    .revert = revert,
    .is_stale = is_stale,
    .review = review,
};
