/* SPDX-License-Identifier: MIT */
#include "authd/directory.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "authd/user-cache.h"
#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "lib/store/known-network.h"
#include "lib/store/mailbox.h"
#include "lib/store/relay-recipient.h"
#include "lib/store/srs-secret.h"

/* How long a failure is answered before the database is tried again. */
#define RETRY_MS 500
/* How often the file is looked at: is it still the one that we have open? */
#define LOOK_MS 1000
/* What is kept of each database in memory, at most: lookups of a million users come from there. */
#define CACHE_BYTES ((size_t)48 << 20)

/* One database. */
struct base {
    struct directory *owner;
    enum store_kind kind;
    struct store *store;
    char *path;
    bool is_reading; /* a turn's transaction is open */
    int64_t look_at_ms, retry_at_ms;
    struct failure failure;      /* why it cannot be used, until retry_at_ms */
    char told[FAILURE_TEXT_MAX]; /* the reason that was logged last */
};

struct directory {
    char *state_directory, *postmaster;
    char delimiter;
    struct base directory, credentials, srs, guard;
    struct srs_rules srs_rules; /* without the secrets; the domain is ours to free */
    struct base *failed;        /* the one that failed last */
    struct event *turn_end;     /* NULL: each lookup stands alone */
    /* As the directory was at this version; good within a turn, which begins by comparing it. */
    struct user_cache *users;
    int64_t users_version;
};

/* Another one that is opened in its place has versions of its own. */
static void base_close(struct base *base)
{
    if (base == &base->owner->directory)
        user_cache_clear(base->owner->users);
    store_close(&base->store);
    base->is_reading = false;
}

/* --- turns of the loop -------------------------------------------------------------------- */

/* Where it cannot be read, the lookup that follows says so. */
static void compare_version(struct directory *directory)
{
    int64_t version;
    enum err err = store_data_version(directory->directory.store, &version);

    if (err != ERR_NONE || version != directory->users_version)
        user_cache_clear(directory->users);
    if (err == ERR_NONE)
        directory->users_version = version;
}

/*
 * A transaction for each statement would cost more system calls than the request's own socket. The
 * event is put behind all that the loop found ready, so that it ends what these have read.
 */
static void begin_turn(struct base *base)
{
    struct directory *directory = base->owner;

    if (directory->turn_end == NULL || base->is_reading)
        return;
    store_begin_reading(base->store);
    base->is_reading = true;
    event_active(directory->turn_end, EV_TIMEOUT, 0);
    if (base == &directory->directory)
        compare_version(directory);
}

static void end_reading(struct base *base)
{
    if (base->is_reading)
        store_roll_back(base->store);
    base->is_reading = false;
}

static void on_turn_end(evutil_socket_t fd, short what, void *context)
{
    struct directory *directory = context;

    (void)fd;
    (void)what;
    end_reading(&directory->directory);
    end_reading(&directory->credentials);
    end_reading(&directory->srs);
    end_reading(&directory->guard);
}

enum err directory_join_loop(
    struct directory *directory, struct event_base *base, struct failure *failure)
{
    directory->turn_end = event_new(base, -1, 0, on_turn_end, directory);
    if (directory->turn_end == NULL)
        return failure_set(failure, ERR_IO, "cannot make an event");
    return ERR_NONE;
}

/* --- the state of a database -------------------------------------------------------------- */

static enum err fail(struct base *base, const struct failure *why, struct failure *failure)
{
    base_close(base);
    base->owner->failed = base;
    base->failure = *why;
    base->retry_at_ms = clock_monotonic_ms() + RETRY_MS;
    return failure_set(failure, why->err, "%s", why->text);
}

static enum err base_open(struct base *base, struct failure *failure)
{
    struct failure why;
    enum err err =
        store_open(base->owner->state_directory, base->kind, STORE_READ, &base->store, &why);

    if (err != ERR_NONE)
        return fail(base, &why, failure);
    store_set_cache(base->store, CACHE_BYTES);
    store_set_delimiter(base->store, base->owner->delimiter);
    base->look_at_ms = clock_monotonic_ms() + LOOK_MS;
    base->failure.err = ERR_NONE;
    return ERR_NONE;
}

/* A file that is gone or another one: what we have open is not the database any more. */
static void look_at_file(struct base *base)
{
    int64_t now = clock_monotonic_ms();

    if (base->store == NULL || now < base->look_at_ms)
        return;
    base->look_at_ms = now + LOOK_MS;
    if (!store_is_current(base->store))
        base_close(base);
}

/*
 * ERR_NONE: base->store may be used. A database that is missing is a failure: it must not look like
 * "no such row".
 */
static enum err base_ready(struct base *base, struct failure *failure)
{
    bool is_failing;
    enum err err;

    look_at_file(base);
    if (base->store == NULL) {
        base->owner->failed = base;
        is_failing = base->failure.err != ERR_NONE && clock_monotonic_ms() < base->retry_at_ms;
        if (is_failing)
            err = failure_set(failure, base->failure.err, "%s", base->failure.text);
        else
            err = base_open(base, failure);
        if (err != ERR_NONE)
            return err == ERR_ABSENT ? ERR_IO : err;
    }
    begin_turn(base);
    return ERR_NONE;
}

/* Judges what a statement answered: anything but found and absent is a failure of the database. */
static enum err outcome(struct base *base, enum err err, struct failure *failure)
{
    struct failure why;

    if (err == ERR_NONE || err == ERR_ABSENT) {
        base->told[0] = '\0';
        return err;
    }
    if (store_failure(base->store, &why) == ERR_NONE)
        failure_set(&why, err, "%s: %s", base->path, err_text(err));
    return fail(base, &why, failure);
}

static void base_init(struct base *base, struct directory *owner, enum store_kind kind)
{
    struct buffer path = BUFFER_NONE;
    const char *name = store_kind_name(kind);

    buffer_append_format(&path, "%s/%s/%s.db", owner->state_directory, name, name);
    *base = (struct base){.owner = owner, .kind = kind, .path = path.data};
}

static void base_done(struct base *base)
{
    base_close(base);
    memory_free(&base->path);
}

enum err directory_open(
    const char *state_directory, struct directory **directory_r, struct failure *failure)
{
    struct directory *directory = memory_alloc_zero(1, sizeof *directory);
    enum err err;

    directory->state_directory = memory_copy_string(state_directory);
    directory->delimiter = MAILBOX_DELIMITER;
    directory->failed = &directory->directory;
    directory->users = user_cache_new(USER_CACHE_MAX);
    base_init(&directory->directory, directory, STORE_DIRECTORY);
    base_init(&directory->credentials, directory, STORE_CREDENTIALS);
    base_init(&directory->srs, directory, STORE_SRS);
    base_init(&directory->guard, directory, STORE_GUARD);
    err = base_open(&directory->directory, failure);
    if (err == ERR_NONE)
        err = base_open(&directory->credentials, failure);
    if (err != ERR_NONE)
        directory_close(&directory);
    else
        *directory_r = directory;
    return err;
}

void directory_close(struct directory **directory)
{
    if (*directory == NULL)
        return;
    base_done(&(*directory)->directory);
    base_done(&(*directory)->credentials);
    base_done(&(*directory)->srs);
    base_done(&(*directory)->guard);
    user_cache_free(&(*directory)->users);
    if ((*directory)->turn_end != NULL)
        event_free((*directory)->turn_end);
    free((char *)(uintptr_t)(*directory)->srs_rules.domain.data);
    memory_free(&(*directory)->postmaster);
    memory_free(&(*directory)->state_directory);
    memory_free(directory);
}

enum err directory_domain(struct directory *directory, struct text name, struct arena *arena,
    struct domain *domain_r, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, domain_find(base->store, name, arena, domain_r), failure);
}

enum err directory_user(struct directory *directory, struct text address, struct arena *arena,
    struct user *user_r, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    if (base->is_reading && user_cache_get(directory->users, address, arena, user_r))
        return ERR_NONE;
    err = outcome(base, user_find(base->store, address, arena, user_r), failure);
    if (err == ERR_NONE && base->is_reading)
        user_cache_put(directory->users, address, user_r);
    return err;
}

enum err directory_route(struct directory *directory, struct text address, struct arena *arena,
    struct alias *alias_r, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base,
        route_find_or_role(
            base->store, text_from_string(directory->postmaster), address, arena, alias_r),
        failure);
}

enum err directory_relay_accepts(
    struct directory *directory, struct text address, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, relay_recipient_accepts(base->store, address), failure);
}

enum err directory_relayhost(struct directory *directory, struct text sender, struct arena *vault,
    struct relayhost *relayhost_r, struct failure *failure)
{
    struct base *base = &directory->credentials;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, relayhost_find(base->store, sender, vault, relayhost_r), failure);
}

enum err directory_senders(struct directory *directory, struct text address, struct arena *arena,
    struct sender_list *list_r, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    err = sender_list(base->store, address, arena, list_r);
    if (err == ERR_LIMIT)
        return failure_set(failure, err, "it leads to more than %d names", SENDER_NAMES_MAX);
    return outcome(base, err, failure);
}

enum err directory_credential(struct directory *directory, struct text address, struct arena *arena,
    struct credential *credential_r, struct failure *failure)
{
    struct base *base = &directory->credentials;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, credential_find(base->store, address, arena, credential_r), failure);
}

enum err directory_app_passwords(struct directory *directory, struct text address,
    struct arena *arena, struct app_password_list *list_r, struct failure *failure)
{
    struct base *base = &directory->credentials;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, app_password_list(base->store, address, arena, list_r), failure);
}

enum err directory_known_network(struct directory *directory, struct text address,
    struct text network, int64_t *last_r, struct failure *failure)
{
    struct base *base = &directory->guard;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, known_network_last(base->store, address, network, last_r), failure);
}

enum err directory_domains(struct directory *directory, struct arena *arena,
    struct domain_list *list_r, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, domain_list(base->store, arena, list_r), failure);
}

enum err directory_users(struct directory *directory, struct text domain, struct arena *arena,
    struct user_list *list_r, struct failure *failure)
{
    struct base *base = &directory->directory;
    enum err err = base_ready(base, failure);

    if (err != ERR_NONE)
        return err;
    return outcome(base, user_list(base->store, domain, arena, list_r), failure);
}

void directory_set_postmaster(struct directory *directory, struct text receiver)
{
    memory_free(&directory->postmaster);
    directory->postmaster = memory_copy_bytes(receiver.data, receiver.len);
}

void directory_set_delimiter(struct directory *directory, char delimiter)
{
    directory->delimiter = delimiter;
    if (directory->directory.store != NULL)
        store_set_delimiter(directory->directory.store, delimiter);
}

char directory_delimiter(const struct directory *directory)
{
    return directory->delimiter;
}

void directory_set_srs(struct directory *directory, struct text domain, int64_t max_age_days)
{
    free((char *)(uintptr_t)directory->srs_rules.domain.data);
    directory->srs_rules = (struct srs_rules){
        .domain = {memory_copy_bytes(domain.data, domain.len), domain.len},
        .max_age_days = max_age_days
    };
}

enum err directory_srs(struct directory *directory, struct arena *vault, struct srs_rules *rules_r,
    struct failure *failure)
{
    struct base *base = &directory->srs;
    struct srs_rules rules = directory->srs_rules;
    struct text *secrets = arena_alloc_zero(vault, SRS_SECRETS_MAX, sizeof *secrets);
    enum err err;

    if (text_is_empty(rules.domain))
        return ERR_ABSENT;
    err = base_ready(base, failure);
    if (err != ERR_NONE)
        return err;
    err = outcome(base, srs_secret_load(base->store, vault, secrets, &rules.secret_count), failure);
    if (err == ERR_NONE && rules.secret_count == 0)
        return failure_set(
            failure, ERR_IO, "%s: there is no secret: mailctl srs rotate", base->path);
    rules.secrets = secrets;
    if (err == ERR_NONE)
        *rules_r = rules;
    return err;
}

bool directory_is_news(struct directory *directory, const struct failure *failure)
{
    struct base *base = directory->failed;

    if (strcmp(base->told, failure->text) == 0)
        return false;
    snprintf(base->told, sizeof base->told, "%s", failure->text);
    return true;
}
