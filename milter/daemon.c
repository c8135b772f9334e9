/* SPDX-License-Identifier: MIT */
#include "milter/daemon.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/service/proof-answer.h"
#include "milter/directory-pool.h"
#include "milter/engine-choice.h"
#include "milter/keystore.h"
#include "milter/proof.h"
#include "milter/resolver-share.h"
#include "milter/seen-writer.h"
#include "milter/signing.h"
#include "milter/stats.h"
#include "milter/transport.h"

#define SOCKET "milter"
#define SECONDS_A_DAY (24 * 3600)
/* Descriptors for all but connections: databases, the log, the resolver's sockets. */
#define DESCRIPTORS_OF_OURS 1024

struct daemon {
    struct service *service;
    char *state_directory;
    struct keystore *keystore;
    struct directory_pool *directory;
    struct signing *signing;
    struct seen_writer *rows;
    struct transport *transport;
    struct session_source source;
    struct proof proof;
    pthread_mutex_t lock; /* guards the two below */
    struct world *world;
    struct resolver_share *resolver;
};

/* --- worlds --- */

static enum err find_keys(
    void *context, struct text domain, struct key_set **set_r, struct failure *failure)
{
    const struct daemon *daemon = context;

    return signing_find_keys(daemon->signing, domain, set_r, failure);
}

static enum err judge_rights(void *context, const struct rights_request *request,
    struct arena *arena, struct rights_verdict *verdict_r, struct failure *failure)
{
    return rights_judge(context, request, arena, verdict_r, failure);
}

static enum err judge_exceptions(void *context, const struct exceptions_request *request,
    struct arena *arena, struct exceptions_verdict *verdict_r, struct failure *failure)
{
    return exceptions_judge(context, request, arena, verdict_r, failure);
}

static enum err judge_forwarding(void *context, const struct forwarding_request *request,
    struct arena *arena, struct forwarding_verdict *verdict_r, struct failure *failure)
{
    struct daemon *daemon = context;

    return forwarding_judge(
        daemon->directory, daemon->state_directory, request, arena, verdict_r, failure);
}

static void put_row(void *context, const struct seen *row)
{
    seen_writer_put(context, row);
}

static bool take_proof(void *context, struct text login)
{
    return proof_take(context, login);
}

static void world_destroy(struct world *world)
{
    struct resolver_share *resolver = world->resolver.context;

    resolver_share_release(&resolver);
}

static enum err world_make(struct daemon *daemon, const struct settings *settings,
    struct resolver_share *resolver, struct world **world_r, struct failure *failure)
{
    struct world *world = NULL;
    enum err err = world_new(settings, &world, failure);

    if (err == ERR_NONE)
        err = engine_choice_apply(settings, &world->rules, failure);
    if (err != ERR_NONE) {
        world_release(&world);
        return err;
    }
    world->resolver = resolver_share_interface(resolver_share_hold(resolver));
    world->keys = (struct world_keys){daemon, find_keys};
    world->rights = (struct world_rights){daemon->directory, judge_rights};
    world->exceptions = (struct world_exceptions){daemon->directory, judge_exceptions};
    world->forwarding = (struct world_forwarding){daemon, judge_forwarding};
    if (settings->dmarc.report_days != 0)
        world->rows = (struct world_rows){daemon->rows, put_row};
    world->proof = (struct world_proof){&daemon->proof, take_proof};
    world->destroy = world_destroy;
    directory_pool_set_delimiter(daemon->directory, settings_delimiter(settings));
    *world_r = world;
    return ERR_NONE;
}

static struct world *world_take(void *context)
{
    struct daemon *daemon = context;
    struct world *world;

    pthread_mutex_lock(&daemon->lock);
    world = world_hold(daemon->world);
    pthread_mutex_unlock(&daemon->lock);
    return world;
}

/* Puts a world in force; takes both references. */
static void world_enforce(
    struct daemon *daemon, struct world *world, struct resolver_share *resolver)
{
    struct world *old_world;
    struct resolver_share *old_resolver;

    pthread_mutex_lock(&daemon->lock);
    old_world = daemon->world;
    old_resolver = daemon->resolver;
    daemon->world = world;
    daemon->resolver = resolver;
    pthread_mutex_unlock(&daemon->lock);
    world_release(&old_world);
    resolver_share_release(&old_resolver);
}

/* The settings leave the servers to the system, which may name others by now. */
static void system_servers_read(struct resolver_share *resolver)
{
    struct failure failure;

    if (resolver_share_flush(resolver, &failure) != ERR_NONE)
        log_warning(NULL, "the name servers stay as they were: %s", failure.text);
}

/* A world from the settings, with the old resolver where it suits them. */
static enum err world_renew(struct daemon *daemon, const struct settings *settings,
    const struct settings *old, struct failure *failure)
{
    bool is_kept = old != NULL && resolver_share_suits(old, settings);
    struct resolver_share *resolver = NULL;
    struct world *world;
    enum err err = ERR_NONE;

    if (is_kept && settings->dns.servers.count == 0)
        system_servers_read(daemon->resolver);
    if (is_kept)
        resolver = resolver_share_hold(daemon->resolver);
    else
        err = resolver_share_open(settings, &resolver, failure);
    if (err == ERR_NONE)
        err = world_make(daemon, settings, resolver, &world, failure);
    if (err == ERR_NONE)
        world_enforce(daemon, world, resolver);
    else
        resolver_share_release(&resolver);
    return err;
}

static struct seen_bounds row_bounds(const struct settings *settings)
{
    return (struct seen_bounds){.seconds = settings->dmarc.report_days * SECONDS_A_DAY,
        .bytes = settings->dmarc.report_size};
}

/* --- what the service calls --- */

static void on_drained(void *context)
{
    struct daemon *daemon = context;

    service_drained(daemon->service);
}

static void on_failed(void *context)
{
    struct daemon *daemon = context;

    log_error(NULL, "no connections can be accepted any more");
    service_fail(daemon->service, EX_OSERR);
}

/* The service has raised the limit as far as it may. */
static void check_descriptors(const struct settings *settings)
{
    const rlim_t needed = (rlim_t)settings->milter.max_connections + DESCRIPTORS_OF_OURS;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < needed)
        log_warning(NULL,
            "milter.max_connections is %lld, but no more than %llu files may be open "
            "(LimitNOFILE of the unit, ulimit -n)",
            (long long)settings->milter.max_connections, (unsigned long long)limit.rlim_cur);
}

static enum err carry(struct daemon *daemon, struct failure *failure)
{
    static const struct transport_kind *const kinds[] = {
        [SETTINGS_TRANSPORT_EVENT] = &transport_event,
        [SETTINGS_TRANSPORT_LIBMILTER] = &transport_libmilter,
    };
    const struct settings *settings = service_settings(daemon->service);
    const struct transport_options options = {
        .listen_fd = service_socket_fd(daemon->service, SOCKET),
        .source = &daemon->source,
        .max_connections = (size_t)settings->milter.max_connections,
        .drained = on_drained,
        .failed = on_failed,
        .context = daemon,
    };

    check_descriptors(settings);
    return transport_open(kinds[settings->milter.transport], &options, &daemon->transport, failure);
}

static void daemon_free(struct daemon *daemon)
{
    world_enforce(daemon, NULL, NULL);
    seen_writer_free(&daemon->rows);
    signing_free(&daemon->signing);
    keystore_free(&daemon->keystore);
    directory_pool_free(&daemon->directory);
    free(daemon->state_directory);
    pthread_mutex_destroy(&daemon->proof.lock);
    pthread_mutex_destroy(&daemon->lock);
    free(daemon);
}

static enum err start(struct service *service, void **state_r, struct failure *failure)
{
    const struct settings *settings = service_settings(service);
    struct daemon *daemon = memory_alloc_zero(1, sizeof *daemon);
    const struct seen_bounds bounds = row_bounds(settings);
    struct failure keys;
    enum err err;

    daemon->service = service;
    daemon->source = (struct session_source){daemon, world_take};
    pthread_mutex_init(&daemon->lock, NULL);
    pthread_mutex_init(&daemon->proof.lock, NULL);
    daemon->state_directory = memory_copy_string(settings->state_directory);
    daemon->keystore = keystore_new(settings->state_directory);
    daemon->directory = directory_pool_new(settings->state_directory);
    daemon->signing = signing_new(daemon->directory, daemon->keystore);
    stats_register();
    /* Mail that comes in needs no keys: say it now, and tell each message that needs one. */
    if (keystore_try(daemon->keystore, &keys) != ERR_NONE)
        log_error(NULL, "%s; mail that must be signed is deferred until then", keys.text);
    err = seen_writer_open(settings->state_directory, &bounds, &daemon->rows, failure);
    if (err == ERR_NONE)
        err = world_renew(daemon, settings, NULL, failure);
    if (err == ERR_NONE)
        err = carry(daemon, failure);
    if (err == ERR_NONE)
        *state_r = daemon;
    else
        daemon_free(daemon);
    return err;
}

static enum err reload(void *state, const struct settings *settings, struct failure *failure)
{
    const struct seen_bounds bounds = row_bounds(settings);
    struct daemon *daemon = state;
    const struct settings *old = service_settings(daemon->service);
    enum err err = world_renew(daemon, settings, old, failure);

    if (err != ERR_NONE)
        return err;
    check_descriptors(settings);
    seen_writer_set_bounds(daemon->rows, &bounds);
    transport_set_max_connections(daemon->transport, (size_t)settings->milter.max_connections);
    return ERR_NONE;
}

static void drain(void *state)
{
    struct daemon *daemon = state;

    log_info(NULL, "stopping: %zu messages in flight", transport_messages(daemon->transport));
    transport_drain(daemon->transport);
}

static void stop(void **state)
{
    struct daemon *daemon = *state;

    *state = NULL;
    if (!transport_close(&daemon->transport)) {
        log_error(NULL, "a session did not end; left to the end of the process");
        seen_writer_stop(daemon->rows);
        return;
    }
    daemon_free(daemon);
}

/* --- the program --- */

static enum err flush(void *state, struct text arguments, struct buffer *answer)
{
    struct daemon *daemon = state;

    struct failure failure;
    enum err err = resolver_share_flush(daemon->resolver, &failure);

    (void)arguments;
    if (err == ERR_NONE)
        buffer_append_string(answer, "DNS answers forgotten\n");
    else
        buffer_append_format(answer, "the name servers stay as they were: %s\n", failure.text);
    return err;
}

static enum err expect_proof(void *state, struct text arguments, struct buffer *answer)
{
    struct daemon *daemon = state;
    struct failure failure;
    enum err err = proof_expect(&daemon->proof, arguments, &failure);

    if (err != ERR_NONE)
        buffer_append_string(answer, failure.text);
    return err;
}

static const char *listen_address(const struct settings *settings)
{
    return settings->milter.listen;
}

static const char *user(const struct settings *settings)
{
    return settings->milter.user;
}

static int64_t drain_ms(const struct settings *settings)
{
    return settings->milter.drain_ms;
}

static const struct service_socket sockets[] = {
    {.name = SOCKET, .setting = "milter.listen", .address = listen_address, .mode = 0660},
};

static const struct service_word words[] = {
    {.word = "flush",            .help = "forget cached DNS answers",                 .changes = true, .run = flush},
    {.word = PROOF_CONTROL_WORD,
     .help = "ADDRESS: refuse the next message of that login, and say who signed it",
     .changes = true,
     .run = expect_proof                                                                                           },
};

static bool transport_differs(const struct settings *one, const struct settings *other)
{
    return one->milter.transport != other->milter.transport;
}

static const struct service_lasting lasting[] = {
    {"milter.transport", transport_differs},
};

const struct service_program daemon_program = {
    .name = "gatepost-milter",
    .summary = "judges mail that comes in and signs mail that goes out, for Postfix",
    .control = "milter",
    .user_setting = "milter.user",
    .user = user,
    .drain_ms = drain_ms,
    .sockets = sockets,
    .socket_count = sizeof sockets / sizeof sockets[0],
    .words = words,
    .word_count = sizeof words / sizeof words[0],
    .lasting = lasting,
    .lasting_count = sizeof lasting / sizeof lasting[0],
    .start = start,
    .reload = reload,
    .drain = drain,
    .stop = stop,
};
