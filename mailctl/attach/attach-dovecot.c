/* SPDX-License-Identifier: MIT */

/*
 * attach dovecot: two files of our own in conf.d (dovecot-conf.h), nothing else in /etc/dovecot.
 * Detach takes them away, and all is as before, byte for byte.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/domain.h"
#include "lib/store/user.h"
#include "mailctl/attach/attach-daemon.h"
#include "mailctl/attach/attach.h"
#include "mailctl/attach/dovecot-conf.h"
#include "mailctl/attach/dovecot-needs.h"
#include "mailctl/attach/dovecot-policy.h"
#include "mailctl/attach/dovecot-prove.h"
#include "mailctl/attach/dovecot-running.h"
#include "mailctl/attach/scratch.h"
#include "mailctl/program.h"

#define FOLDER "/etc/dovecot"
#define FOLDER_CONTENT "/etc/dovecot/."
#define CONF_D "/conf.d"
#define CONF_D_CONTENT "/etc/dovecot/conf.d/."
#define TRY_TIMEOUT_MS ((int64_t)60000)

/* --- the plan --------------------------------------------------------------------------------- */

static const struct own_file {
    const char *path;
    void (*write)(const struct dovecot_facts *facts, struct buffer *out);
    const char *what, *why;
} own_files[] = {
    {FOLDER CONF_D "/" DOVECOT_CONF_LOGINS,   dovecot_conf_logins,   "who may log in",
     "before the system's users, who log in as before; only names with \"@\" are asked of "
        "Gatepost"                                                                   },
    {FOLDER CONF_D "/" DOVECOT_CONF_DELIVERY, dovecot_conf_delivery, "delivery",
     "a second file, behind Debian's own ones, since a setting is what was said last"},
};

/* --- Dovecot without us ----------------------------------------------------------------------- */

/* Where conf.d is a link, its copy would lead to the real one, and we write there and remove. */
static enum err copy_linked_folder(
    const struct attach_site *site, const char *scratch, struct failure *failure)
{
    const char *copy = arena_print(site->arena, "%s" CONF_D, scratch).data;
    const char *const argv[] = {"cp", "-a", CONF_D_CONTENT, copy, NULL};
    struct text output;
    struct stat found;

    if (lstat(copy, &found) != 0 || !S_ISLNK(found.st_mode))
        return ERR_NONE;
    if (unlink(copy) != 0 || mkdir(copy, 0700) != 0)
        return failure_set_errno(failure, ERR_IO, "%s", copy);
    return program_succeed(argv, TRY_TIMEOUT_MS, site->arena, &output, failure);
}

static enum err copy_configuration(
    const struct attach_site *site, const char *scratch, struct failure *failure)
{
    const char *const argv[] = {"cp", "-a", FOLDER_CONTENT, scratch, NULL};
    struct text output;
    enum err err = program_succeed(argv, TRY_TIMEOUT_MS, site->arena, &output, failure);

    return err == ERR_NONE ? copy_linked_folder(site, scratch, failure) : err;
}

static void remove_own(const struct attach_site *site, const char *scratch)
{
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++)
        (void)unlink(
            arena_print(site->arena, "%s%s", scratch, own_files[i].path + sizeof FOLDER - 1).data);
}

/*
 * Read from a copy without our own files: those of an earlier attach would count as the operator's,
 * and those for 2.3 keep 2.4 from reading anything.
 */
static enum err read_facts(
    const struct attach_site *site, struct dovecot_facts *facts_r, struct failure *failure)
{
    const char *scratch = NULL;
    enum err err;

    if (!program_exists("doveconf"))
        return failure_set(failure, ERR_ABSENT, "there is no Dovecot here");
    err = scratch_make(site->scratch_folder, site->arena, &scratch, failure);
    if (err == ERR_NONE)
        err = copy_configuration(site, scratch, failure);
    if (err == ERR_NONE) {
        remove_own(site, scratch);
        err = dovecot_facts_read(site->login_settings,
            arena_print(site->arena, "%s/dovecot.conf", scratch).data, site->instances, site->arena,
            facts_r, failure);
    }
    scratch_remove(scratch);
    return err;
}

/* In the words of either version. */
static bool takes_domain_off(struct text format)
{
    static const char *const words[] = {"%n", "%Ln", "username"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_find_text(format, text_from_string(words[i])) < format.len)
            return true;
    return false;
}

/* What changes for an operator who has set Dovecot up in his own way. */
static void note_customs(const struct dovecot_facts *facts, struct plan *plan)
{
    if (facts->has_auth_cache)
        plan_add_note(plan, facts->version == DOVECOT_2_3 ? PLAN_WARNING : PLAN_NOTE, "%s",
            facts->version == DOVECOT_2_3
                ? "auth_cache_size is set: Dovecot remembers logins, each protocol and address "
                  "apart. mailctl makes it forget a user whom it changes; an app password that "
                  "ends is good until auth_cache_ttl is over"
                : "auth_cache_size is set: it counts for others' logins; Gatepost's are asked of "
                  "Gatepost each time");
    if (text_find_text(facts->printed, TEXT("\npassdb")) < facts->printed.len)
        plan_add_note(plan, PLAN_NOTE,
            "the passdbs that there are stay: names without \"@\" are asked of them alone; names "
            "with \"@\" of Gatepost alone, unless one of them stands before 05-gatepost.conf");
    if (takes_domain_off(facts->username_format))
        plan_add_note(plan, PLAN_WARNING,
            "auth_username_format is \"%.*s\", which takes the domain off: no name reaches "
            "Gatepost whole",
            TEXT_ARGS(facts->username_format));
    if (facts->version == DOVECOT_2_4 && facts->has_local_lmtp)
        plan_add_note(plan, PLAN_WARNING,
            "mailbox_transport of Postfix is LMTP: Dovecot will be asked for system users with "
            "their domain, which auth_username_format in \"protocol lmtp\" took off until now");
    if (facts->mail_home.len != 0 && facts->version == DOVECOT_2_4)
        plan_add_note(plan, PLAN_NOTE,
            "mail_home \"%.*s\" is emptied, since it would count more than the home that each user "
            "brings; system users bring the one of /etc/passwd",
            TEXT_ARGS(facts->mail_home));
}

/* Our sockets for Postfix lie in its queue; without it Dovecot could not even make them. */
static void note_postfix(const struct dovecot_facts *facts, struct plan *plan)
{
    for (size_t i = 0; i < facts->queue_count; i++)
        if (access(arena_print(plan->arena, "%s/private", facts->queues[i]).data, F_OK) != 0)
            plan_add_note(plan, PLAN_REFUSAL,
                "%s/private is not there: install Postfix, and start it once", facts->queues[i]);
}

/* Where our daemon is asked, unless the operator's own policy server is. */
static void plan_policy(
    const struct attach_site *site, struct dovecot_facts *facts, struct plan *plan)
{
    const char *listen = site->login_settings->authd.listen_policy;
    struct file present = {.is_there = false};

    if (facts->realm[0] != '\0')
        plan_add_note(plan, PLAN_WARNING,
            "authd.realm: names without \"@\" are users of %s; system users cannot log in at "
            "Dovecot",
            facts->realm);
    if (listen[0] == '\0')
        return;
    facts->policy_url = dovecot_policy_url(listen, site->arena);
    if (facts->policy_url == NULL || facts->has_policy_server) {
        plan_add_note(plan, PLAN_WARNING, "authd.listen_policy: Dovecot does not ask there: %s",
            facts->policy_url == NULL ? "it can ask at a port alone, like inet:127.0.0.1:4001"
                                      : "auth_policy_server_url is set already");
        return;
    }
    (void)file_read(own_files[1].path, site->arena, &present, NULL);
    facts->policy_nonce = dovecot_policy_nonce(present.content, site->arena);
    if (attach_daemon_can_start())
        plan_add_note(plan, PLAN_NOTE,
            "systemd has to listen at %s for gatepost-authd: enable gatepost-authd-policy.socket, "
            "as "
            "gatepost-authd(8) says",
            listen);
    if (site->login_settings->authd.policy_key_file[0] != '\0')
        plan_add_note(plan, PLAN_NOTE,
            "authd.policy_key_file: say \"auth_policy_server_api_header = X-API-Key: \" and the "
            "key "
            "in a file of your own in " FOLDER CONF_D " that root alone can read (chmod 600)");
}

static int plan_files(
    const struct attach_site *site, const struct dovecot_facts *facts, struct plan *plan)
{
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
        struct plan_file *file = NULL;
        struct buffer content = BUFFER_NONE;
        struct failure failure;

        if (plan_file_open(plan, own_files[i].path, &file, &failure) != ERR_NONE)
            return invocation_complain_failure(site->invocation, &failure);
        own_files[i].write(facts, &content);
        plan_file_edit(plan, file, arena_copy(site->arena, buffer_text(&content)),
            text_from_string(own_files[i].what), own_files[i].why);
        buffer_done(&content);
    }
    return EX_OK;
}

static int make_plan(const struct attach_site *site, struct plan *plan)
{
    struct dovecot_facts facts;
    struct failure failure;
    enum err err = read_facts(site, &facts, &failure);

    if (err == ERR_ABSENT) {
        plan_add_note(plan, PLAN_REFUSAL,
            "there is no Dovecot here: run \"apt-get install dovecot-imapd\" first");
        return EX_OK;
    }
    if (err != ERR_NONE) {
        plan_add_note(plan, PLAN_REFUSAL,
            "Dovecot cannot read its own configuration, before anything was changed: %s",
            failure.text);
        return EX_OK;
    }
    if (facts.version == DOVECOT_OTHER) {
        plan_add_note(
            plan, PLAN_REFUSAL, "Dovecot %s is not served: 2.3 and 2.4 are", facts.version_text);
        return EX_OK;
    }
    note_customs(&facts, plan);
    note_postfix(&facts, plan);
    plan_policy(site, &facts, plan);
    dovecot_needs_plan(site, plan);
    attach_daemon_plan(site, plan, "authd", "Dovecot will ask it");
    return plan_files(site, &facts, plan);
}

static int prepare(const struct attach_site *site, const struct plan *plan)
{
    int status = dovecot_needs_make(site);

    (void)plan;
    return status == EX_OK ? attach_daemon_start(site, "authd") : status;
}

/* --- on a copy -------------------------------------------------------------------------------- */

static enum err write_files(const struct attach_site *site, const struct plan *plan,
    const char *scratch, struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < plan->file_count; i++) {
        const struct plan_file *file = plan->files[i];
        const char *name = file->named + sizeof FOLDER, *path;

        if (!text_starts_with(text_from_string(file->named), TEXT(FOLDER "/")))
            continue; /* what an earlier attach wrote elsewhere */
        if (!file->after.is_there)
            (void)unlink(arena_print(site->arena, "%s/%s", scratch, name).data);
        else
            err = scratch_write(site->arena, scratch, name, file->after.content, &path, failure);
    }
    return err;
}

/* What was read must be what we wrote: a file behind ours can say something else. */
static enum err judge_copy(
    const struct attach_site *site, const struct dovecot_facts *facts, struct failure *failure)
{
    int64_t uid = facts->mail_uid;

    if (text_find_text(facts->printed, TEXT("gatepost.lua")) >= facts->printed.len)
        return failure_set(
            failure, ERR_REFUSED, FOLDER "/dovecot.conf does not include conf.d/*.conf");
    if (!dovecot_list_has(facts->mechanisms, "plain"))
        return failure_set(failure, ERR_REFUSED,
            "a file behind " DOVECOT_CONF_DELIVERY " sets auth_mechanisms without plain");
    if (!dovecot_list_has(facts->protocols, "lmtp"))
        return failure_set(failure, ERR_REFUSED,
            "a file behind " DOVECOT_CONF_DELIVERY " sets protocols without lmtp");
    if (uid >= 0 && facts->first_valid_uid > uid)
        return failure_set(failure, ERR_REFUSED,
            "first_valid_uid is %lld, and %s has the number %lld",
            (long long)facts->first_valid_uid, site->login_settings->authd.mail_user,
            (long long)uid);
    return ERR_NONE;
}

static enum err try_out(
    const struct attach_site *site, const struct plan *plan, struct failure *failure)
{
    const char *scratch = NULL;
    struct dovecot_facts facts;
    enum err err = scratch_make(site->scratch_folder, site->arena, &scratch, failure);

    if (err == ERR_NONE)
        err = copy_configuration(site, scratch, failure);
    if (err == ERR_NONE)
        err = write_files(site, plan, scratch, failure);
    if (err == ERR_NONE)
        err = dovecot_facts_read(site->login_settings,
            arena_print(site->arena, "%s/dovecot.conf", scratch).data, site->instances, site->arena,
            &facts, failure);
    if (err == ERR_NONE)
        err = judge_copy(site, &facts, failure);
    scratch_remove(scratch);
    return err;
}

/* --- afterwards ------------------------------------------------------------------------------- */

/* A Postfix instance that went: Dovecot still has sockets in its queue. */
static bool has_stray_queue(const struct attach_site *site, const struct dovecot_facts *facts,
    const struct journal_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].ours.is_there &&
            dovecot_conf_stray_queue(files[i].ours.content, facts, site->arena) != NULL)
            return true;
    return false;
}

/* Or one that came later: Dovecot has no sockets there. */
static bool has_other_queues(
    const struct attach_site *site, const struct journal_file *files, size_t count)
{
    struct dovecot_facts facts = {.queue_count = 0};

    dovecot_facts_queues(site->instances, site->arena, &facts);
    if (has_stray_queue(site, &facts, files, count))
        return true;
    for (size_t i = 0; i < facts.queue_count; i++) {
        struct text folder = arena_print(site->arena, "%s/private", facts.queues[i]);
        bool is_in = access(folder.data, F_OK) != 0;

        for (size_t j = 0; j < count && !is_in; j++)
            is_in = text_find_text(files[j].ours.content, folder) < files[j].ours.content.len;
        if (!is_in)
            return true;
    }
    return false;
}

/* Settings that were changed since. What the operator has set himself is his, and no change. */
static bool has_other_policy(const struct attach_site *site, enum dovecot_version version,
    const struct journal_file *files, size_t count)
{
    const char *url = dovecot_policy_url(site->login_settings->authd.listen_policy, site->arena);

    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].path, own_files[1].path) == 0 && files[i].ours.is_there)
            return !dovecot_policy_is_current(
                files[i].ours.content, url, site->login_settings->authd.realm, version);
    return false;
}

/* What we wrote of the delimiter, or left to Dovecot, is not what the setting says now. */
static bool has_other_delimiter(
    const struct attach_site *site, const struct journal_file *files, size_t count)
{
    static const char *const argv[] = {"doveconf", "-h", "recipient_delimiter", NULL};
    struct text wanted = text_from_string(site->login_settings->recipient_delimiter);
    struct text found;

    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].path, own_files[1].path) == 0 && files[i].ours.is_there &&
            dovecot_conf_delimiter(files[i].ours.content, &found))
            return !text_equals(found, wanted);
    return program_succeed(argv, TRY_TIMEOUT_MS, site->arena, &found, NULL) == ERR_NONE &&
           !text_equals(text_trim(found), wanted);
}

/* Files for 2.3 once Dovecot is 2.4, and the other way round. */
static bool is_stale(const struct attach_site *site, const struct journal *journal)
{
    static const char *const argv[] = {"dovecot", "--version", NULL};
    size_t count;
    const struct journal_file *files = journal_files(journal, &count);
    struct text version;

    if (program_succeed(argv, TRY_TIMEOUT_MS, site->arena, &version, NULL) != ERR_NONE)
        return false;
    for (size_t i = 0; i < count; i++)
        if (files[i].ours.is_there &&
            dovecot_conf_version(files[i].ours.content) != dovecot_version_of(version))
            return true;
    return has_other_queues(site, files, count) ||
           has_other_policy(site, dovecot_version_of(version), files, count) ||
           has_other_delimiter(site, files, count);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Whether Dovecot, when it started, made the folder for sockets of a service's processes. */
static bool has_sockets(const struct attach_site *site, struct text base, const char *service)
{
    const char *path = arena_print(site->arena, "%.*s/srv.%s", TEXT_ARGS(base), service).data;

    return access(path, F_OK) == 0;
}

/*
 * Such folders come when Dovecot starts, and not when it reads its files again: one that was
 * started before its packages were all configured, without IMAP, lets nobody in after a mere
 * reload. A version that makes none has no indexer-worker's either.
 */
static bool needs_restart(const struct attach_site *site)
{
    static const char *const ask_protocols[] = {"doveconf", "-h", "protocols", NULL};
    static const char *const ask_base[] = {"doveconf", "-h", "base_dir", NULL};
    struct text protocols, base;

    if (!dovecot_conf_is_there() || !attach_daemon_can_start() ||
        program_succeed(ask_protocols, TRY_TIMEOUT_MS, site->arena, &protocols, NULL) != ERR_NONE ||
        program_succeed(ask_base, TRY_TIMEOUT_MS, site->arena, &base, NULL) != ERR_NONE)
        return false;
    base = text_trim(base);
    return dovecot_list_has(dovecot_list(protocols, site->arena), "imap") &&
           has_sockets(site, base, "indexer-worker") && !has_sockets(site, base, "imap-login");
}

/*
 * For attach, one that does not run is started where systemd is there to do it. In detach our files
 * are taken away before the reload. One that runs is told only of files that can be read: with
 * others it would let nobody in.
 */
static enum err reload(const struct attach_site *site, struct failure *failure)
{
    static const char *const look[] = {"doveconf", "-n", NULL};
    static const char *const again[] = {"doveadm", "reload", NULL};
    static const char *const start[] = {"systemctl", "start", "dovecot", NULL};
    static const char *const anew[] = {"systemctl", "restart", "dovecot", NULL};
    bool runs = dovecot_is_running(site->arena);
    struct text output;

    if (!runs && (!dovecot_conf_is_there() || !attach_daemon_can_start()))
        return failure_set(failure, ERR_ABSENT, "Dovecot does not run");
    if (runs && program_succeed(look, TRY_TIMEOUT_MS, site->arena, &output, failure) != ERR_NONE)
        return ERR_REFUSED;
    if (runs && needs_restart(site))
        return program_succeed(anew, TRY_TIMEOUT_MS, site->arena, &output, failure);
    return program_succeed(runs ? again : start, TRY_TIMEOUT_MS, site->arena, &output, failure);
}

/* --- the proof -------------------------------------------------------------------------------- */

/* Addresses to try: a user of ours where there is one, and one who does not exist. */
struct probes {
    const char *user; /* NULL: there is none */
    const char *nobody;
};

static struct probes choose_probes(const struct attach_site *site)
{
    struct probes probes = {.nobody = "gatepost-attach@gatepost.invalid"};
    struct store *store = NULL;
    struct user_list users = {.count = 0};
    struct domain_list domains = {.count = 0};

    if (store_open(site->login_settings->state_directory, STORE_DIRECTORY, STORE_READ, &store,
            NULL) != ERR_NONE)
        return probes;
    if (domain_list(store, site->arena, &domains) == ERR_NONE && domains.count != 0)
        probes.nobody = arena_print(site->arena, "gatepost-attach-%ld@%.*s", (long)getpid(),
            TEXT_ARGS(domains.items[0].name))
                            .data;
    if (user_list(store, TEXT(""), site->arena, &users) == ERR_NONE)
        for (size_t i = 0; i < users.count && probes.user == NULL; i++)
            if (users.items[i].enabled)
                probes.user = arena_copy_string(site->arena, users.items[i].address);
    store_close(&store);
    return probes;
}

static enum err prove_queue(const struct attach_site *site, const char *queue,
    const struct probes *probes, struct failure *failure)
{
    enum err err =
        dovecot_prove_login(site->login_settings->run_directory, queue, probes->nobody, failure);

    if (err == ERR_NONE)
        err = dovecot_prove_delivery(queue, probes->nobody, false, failure);
    if (err == ERR_NONE && probes->user != NULL)
        err = dovecot_prove_delivery(queue, probes->user, true, failure);
    return err;
}

static enum err prove(const struct attach_site *site, struct failure *failure)
{
    struct probes probes = choose_probes(site);
    struct dovecot_facts facts;
    enum err err = read_facts(site, &facts, failure);

    for (size_t i = 0; err == ERR_NONE && i < facts.queue_count; i++)
        err = prove_queue(site, facts.queues[i], &probes, failure);
    if (err != ERR_NONE)
        return err;
    invocation_tell(site->invocation,
        "dovecot: a login of %s, who does not exist, was refused by gatepost-authd", probes.nobody);
    if (probes.user != NULL)
        invocation_tell(site->invocation, "dovecot: mail for %s would be taken", probes.user);
    return ERR_NONE;
}

/* --- out of a file that was changed since ----------------------------------------------------- */

static bool has_line(struct text text, struct text wanted)
{
    struct text line;

    while (text_split(&text, '\n', &line))
        if (text_equals(line, wanted))
            return true;
    return false;
}

/*
 * Our files are blocks in blocks: what somebody put between our lines means nothing without them.
 * So his lines stay, as comments, for him to take up elsewhere; and he is told.
 */
static void revert(const struct journal_file *file, struct text now, struct arena *arena,
    struct text *after_r, struct attach_conflicts *conflicts)
{
    struct buffer kept = BUFFER_NONE;
    struct text rest = now, line;
    struct attach_conflict conflict = {.path = file->path,
        .what = TEXT("the file"),
        .before = TEXT("not there"),
        .ours = TEXT("as attach wrote it")};

    while (text_split(&rest, '\n', &line)) {
        if (text_trim(line).len == 0 || has_line(file->ours.content, line))
            continue;
        if (line.data[0] != '#')
            buffer_append_string(&kept, "# ");
        buffer_append_text(&kept, line);
        buffer_append_byte(&kept, '\n');
    }
    *after_r = arena_copy(arena, buffer_text(&kept));
    buffer_done(&kept);
    conflict.now = *after_r;
    if (after_r->len != 0)
        attach_conflicts_add(conflicts, &conflict);
}

const struct attach_part attach_dovecot = {
    .name = "dovecot",
    .plan = make_plan,
    .prepare = prepare,
    .try_out = try_out,
    .reload = reload,
    .prove = prove,
    .revert = revert,
    .is_stale = is_stale,
};
