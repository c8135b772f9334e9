/* SPDX-License-Identifier: MIT */
#include "authd/authd.h"

#include <pwd.h>
#include <unistd.h>

#include "authd/authd-metrics.h"
#include "authd/login-session.h"
#include "authd/policy-guard.h"
#include "authd/policy-key.h"
#include "authd/policy-session.h"
#include "authd/socketmap-session.h"
#include "authd/words.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/service/privilege.h"

/* Who, besides root, may list all users. */
#define DOVECOT_USER "dovecot"
#define NOBODY_UID ((uid_t)-1)

struct authd {
    struct service *service;
    struct directory *directory;
    struct pool *pool;
    struct credential_writer *writer;
    struct proven *proven;
    struct sentry *sentry;
    char *home, *realm;
    struct verifier verifier;
    struct login_service login;
    struct proxies proxies;
    struct policy policy;
    struct policy_service policies;
    char policy_key[POLICY_KEY_MAX];
    struct connection_group logins, lookups, asks; /* asks: of the auth policy */
    bool is_draining;
    /* One line for a flood, not one for each connection: until half of them are gone. */
    bool logins_were_full, lookups_were_full, asks_were_full;
};

/* --- settings ------------------------------------------------------------------------------- */

static struct verify_cost cost_of(const struct settings *settings)
{
    return (struct verify_cost){
        .memory_bytes = (uint64_t)settings->authd.hash_memory_bytes,
        .passes = (unsigned)settings->authd.hash_passes,
    };
}

static size_t workers_of(const struct settings *settings)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (settings->authd.hash_workers > 0)
        return (size_t)settings->authd.hash_workers;
    return processors > 0 ? (size_t)processors : 1;
}

static struct pool_bounds pool_bounds_of(const struct settings *settings)
{
    return (struct pool_bounds){
        .owners_max = (size_t)settings->authd.hash_queue,
        .strangers_max = (size_t)settings->authd.hash_strangers,
        .share_max = (size_t)settings->authd.hash_share,
    };
}

/* All that a reload changes; on failure nothing has changed. */
static enum err apply(struct authd *authd, const struct settings *settings, struct failure *failure)
{
    struct verify_cost cost = cost_of(settings);
    struct account_rule rule;
    char policy_key[POLICY_KEY_MAX] = "";
    enum err err =
        account_rule_init(settings->authd.mail_user, settings->authd.mail_home, &rule, failure);

    if (err == ERR_NONE)
        err = policy_key_read(settings->authd.policy_key_file, policy_key, failure);
    if (err == ERR_NONE)
        err = verifier_set_cost(&authd->verifier, &cost, failure);
    if (err != ERR_NONE)
        return err;
    free(authd->home);
    authd->home = memory_copy_string(settings->authd.mail_home);
    rule.home = authd->home;
    authd->verifier.rule = rule;
    proven_set_lifetime(authd->proven, settings->authd.cache_time_ms);
    free(authd->realm);
    authd->realm = memory_copy_string(settings->authd.realm);
    authd->login.realm = authd->policy.realm = text_from_string(authd->realm);
    proxies_set(&authd->proxies, &settings->authd.trusted_proxies);
    memcpy(authd->policy_key, policy_key, sizeof policy_key);
    memory_wipe(policy_key, sizeof policy_key);
    authd->logins.max = authd->lookups.max = authd->asks.max =
        (size_t)settings->authd.max_connections;
    return ERR_NONE;
}

static void apply_routes(struct authd *authd, const struct settings *settings)
{
    struct arena *arena = arena_new();
    struct text domain = settings_srs_domain(settings, arena);

    directory_set_postmaster(authd->directory, text_from_string(settings->postmaster));
    directory_set_delimiter(authd->directory, settings_delimiter(settings));
    directory_set_srs(authd->directory, domain, settings_srs_days(settings));
    arena_free(&arena);
}

/* --- connections ---------------------------------------------------------------------------- */

static void note_full(const struct connection_group *group, const char *what, bool *was_full)
{
    bool is_full = group->count >= group->max;

    if (is_full)
        metric_add(&authd_connections_refused, 1);
    if (is_full && !*was_full)
        log_warning(NULL,
            "%s: %zu connections are open, which is authd.max_connections: more are "
            "closed at once",
            what, group->max);
    *was_full = is_full || (*was_full && group->count > group->max / 2);
}

static void on_login(void *context, int fd)
{
    struct authd *authd = context;

    note_full(&authd->logins, "login", &authd->logins_were_full);
    login_session_open(&authd->logins, &authd->login, fd);
}

static void on_lookup(void *context, int fd)
{
    struct authd *authd = context;

    note_full(&authd->lookups, "lookup", &authd->lookups_were_full);
    socketmap_session_open(&authd->lookups, authd->directory, fd);
}

static void on_ask(void *context, int fd)
{
    struct authd *authd = context;

    note_full(&authd->asks, "policy", &authd->asks_were_full);
    policy_session_open(&authd->asks, &authd->policies, fd);
}

static void on_empty(void *context)
{
    struct authd *authd = context;

    if (authd->is_draining && authd->logins.count == 0 && authd->lookups.count == 0 &&
        authd->asks.count == 0)
        service_drained(authd->service);
}

static void serve(struct authd *authd)
{
    size_t max = (size_t)service_settings(authd->service)->authd.max_connections;
    struct event_base *base = service_loop(authd->service);

    connection_group_init(&authd->logins, base, &login_session_handler, max);
    connection_group_init(&authd->lookups, base, &socketmap_session_handler, max);
    connection_group_init(&authd->asks, base, &policy_session_handler, max);
    authd->logins.on_empty = authd->lookups.on_empty = authd->asks.on_empty = on_empty;
    authd->logins.context = authd->lookups.context = authd->asks.context = authd;
    service_listen(authd->service, "login", on_login, authd);
    service_listen(authd->service, "lookup", on_lookup, authd);
    service_listen(authd->service, "policy", on_ask, authd);
}

/* --- life ----------------------------------------------------------------------------------- */

static uid_t dovecot_uid(void)
{
    const struct passwd *entry = getpwnam(DOVECOT_USER);

    return entry != NULL ? entry->pw_uid : NOBODY_UID;
}

static void authd_stop(void **state)
{
    struct authd *authd = *state;

    if (authd == NULL)
        return;
    connection_group_done(&authd->logins);
    connection_group_done(&authd->lookups);
    connection_group_done(&authd->asks);
    policy_logins_free(&authd->policy.logins);
    memory_wipe(authd->policy_key, sizeof authd->policy_key);
    proxies_done(&authd->proxies);
    pool_free(&authd->pool);
    credential_writer_free(&authd->writer);
    proven_free(&authd->proven);
    sentry_free(&authd->sentry);
    directory_close(&authd->directory);
    free(authd->home);
    free(authd->realm);
    free(authd);
    *state = NULL;
}

static enum err authd_start(struct service *service, void **state_r, struct failure *failure)
{
    const struct settings *settings = service_settings(service);
    struct authd *authd = memory_alloc_zero(1, sizeof *authd);
    struct pool_bounds bounds = pool_bounds_of(settings);
    enum err err;

    authd->service = service;
    privilege_hide_memory(); /* passwords are in it for a moment */
    authd_metrics_register();
    authd->proven = proven_new(PROVEN_MARKS_MAX, settings->authd.cache_time_ms);
    err = apply(authd, settings, failure);
    if (err == ERR_NONE)
        err = directory_open(settings->state_directory, &authd->directory, failure);
    if (err == ERR_NONE)
        err = directory_join_loop(authd->directory, service_loop(service), failure);
    if (err == ERR_NONE)
        err = credential_writer_new(settings->state_directory, &authd->writer, failure);
    if (err == ERR_NONE)
        err = sentry_new(settings, authd->directory, &authd->sentry, failure);
    if (err == ERR_NONE)
        err = pool_new(service_loop(service), workers_of(settings), &bounds, &authd->pool, failure);
    if (err != ERR_NONE) {
        authd_stop((void **)&authd);
        return err;
    }
    apply_routes(authd, settings);
    authd->verifier.directory = authd->directory;
    authd->verifier.pool = authd->pool;
    authd->verifier.writer = authd->writer;
    authd->verifier.proven = authd->proven;
    authd->verifier.sentry = authd->sentry;
    authd->policy = (struct policy){
        .directory = authd->directory,
        .guard = policy_guard_of(authd->sentry),
        .proxies = &authd->proxies,
        .logins = policy_logins_new(),
        .realm = text_from_string(authd->realm),
    };
    authd->policies = (struct policy_service){&authd->policy, authd->policy_key};
    authd->login = (struct login_service){
        .verifier = &authd->verifier,
        .list_uid = dovecot_uid(),
        .proxies = &authd->proxies,
        .realm = text_from_string(authd->realm),
    };
    serve(authd);
    *state_r = authd;
    return ERR_NONE;
}

static enum err authd_reload(void *state, const struct settings *settings, struct failure *failure)
{
    struct authd *authd = state;
    struct pool_bounds bounds = pool_bounds_of(settings);
    enum err err = apply(authd, settings, failure);

    if (err == ERR_NONE) {
        apply_routes(authd, settings);
        pool_set_bounds(authd->pool, &bounds);
        sentry_set(authd->sentry, settings);
    }
    return err;
}

static void authd_drain(void *state)
{
    struct authd *authd = state;

    authd->is_draining = true;
    connection_group_drain(&authd->logins);
    connection_group_drain(&authd->lookups);
    connection_group_drain(&authd->asks);
}

static const char *login_address(const struct settings *settings)
{
    return settings->authd.listen_login;
}

static const char *login_group(const struct settings *settings)
{
    return settings->authd.login_group;
}

static const char *lookup_address(const struct settings *settings)
{
    return settings->authd.listen_lookup;
}

static const char *policy_address(const struct settings *settings)
{
    return settings->authd.listen_policy;
}

static const char *user_of(const struct settings *settings)
{
    return settings->authd.user;
}

static int64_t drain_ms_of(const struct settings *settings)
{
    return settings->authd.drain_ms;
}

static const struct service_socket sockets[] = {
    {.name = "login",
     .setting = "authd.listen_login",
     .group_setting = "authd.login_group",
     .address = login_address,
     .group = login_group,
     .mode = 0660},
    {.name = "lookup",                .setting = "authd.listen_lookup",               .address = lookup_address, .mode = 0660},
    {.name = "policy",
     .setting = "authd.listen_policy",
     .address = policy_address,
     .mode = 0660,
     .is_optional = true},
};

static enum err word_refused(void *state, struct text arguments, struct buffer *answer)
{
    const struct authd *authd = state;

    (void)arguments;
    return words_refused(authd->sentry, answer);
}

static enum err word_counted(void *state, struct text arguments, struct buffer *answer)
{
    const struct authd *authd = state;

    return words_counted(authd->sentry, arguments, answer);
}

static enum err word_forgive(void *state, struct text arguments, struct buffer *answer)
{
    const struct authd *authd = state;

    return words_forgive(authd->sentry, arguments, answer);
}

static const struct service_word words[] = {
    {"refused", "what is over a limit against guessers",                  false, word_refused},
    {"counted", "ACCOUNT|ADDRESS|NETWORK: what is counted of it",         false, word_counted},
    {"forgive", "ACCOUNT|ADDRESS|NETWORK: forgets what is counted of it", true,  word_forgive},
};

static bool hash_workers_differ(const struct settings *one, const struct settings *other)
{
    return one->authd.hash_workers != other->authd.hash_workers;
}

static const struct service_lasting lasting[] = {
    {"authd.hash_workers", hash_workers_differ},
};

const struct service_program authd_program = {
    .name = "gatepost-authd",
    .summary = "answers Dovecot's and Postfix's questions about users and addresses",
    .control = "authd",
    .user_setting = "authd.user",
    .user = user_of,
    .drain_ms = drain_ms_of,
    .sockets = sockets,
    .socket_count = sizeof sockets / sizeof *sockets,
    .words = words,
    .word_count = sizeof words / sizeof *words,
    .lasting = lasting,
    .lasting_count = sizeof lasting / sizeof *lasting,
    .start = authd_start,
    .reload = authd_reload,
    .drain = authd_drain,
    .stop = authd_stop,
};
