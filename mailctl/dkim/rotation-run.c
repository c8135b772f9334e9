/* SPDX-License-Identifier: MIT */
#include "mailctl/dkim/rotation-run.h"

#include "lib/base/clock.h"
#include "lib/dns/stream.h"
#include "lib/store/dkim-delegation.h"
#include "mailctl/directory.h"
#include "mailctl/dkim/key-maker.h"

/* --- what the DNS shows --------------------------------------------------- */

struct looking {
    struct rotation_domain *domains;
    rotation_run_done_fn *done;
    void *context;
};

/* All keys are looked at before anything is waited for: one wave for all of them. */
static bool look_at_domain(void *context, size_t index, struct zone_views *views)
{
    struct rotation_domain *domain = &((struct looking *)context)->domains[index];
    bool is_done = true;

    for (size_t i = 0; i < domain->keys.count; i++)
        if (domain->look_at_all || rotation_needs_look(&domain->keys, &domain->keys.items[i]))
            is_done &= key_look(views, &domain->keys.items[i], &domain->looks[i]);
    return is_done;
}

static void on_done(void *context, size_t index)
{
    const struct looking *looking = context;

    looking->done(looking->context, &looking->domains[index]);
}

int rotation_run_look(struct invocation *invocation, struct rotation_domain *domains, size_t count,
    rotation_run_done_fn *done, void *context)
{
    struct looking looking = {.domains = domains, .done = done, .context = context};
    struct zone_run run = {.port = STREAM_PORT};
    int status = EX_OK;

    zone_run_want_files(count);
    run.resolver = invocation_resolver(invocation, &status);
    if (run.resolver == NULL)
        return status;
    run.timeout_ms = invocation_dns_timeout_ms(invocation);
    for (size_t i = 0; i < count; i++)
        domains[i].looks = arena_alloc_zero(
            invocation->arena, domains[i].keys.count + 1, sizeof *domains[i].looks);
    zone_run(&run, count, look_at_domain, on_done, &looking);
    return EX_OK;
}

/* --- what becomes of the keys --------------------------------------------- */

struct application {
    struct invocation *invocation;
    struct store *store;
    const struct rotation_domain *domain;
    struct dkim_key_list keys; /* as they are now */
    bool is_delegated;
    struct rotation_outcome outcome;
};

int64_t rotation_run_queue_life_s(const struct settings *settings)
{
    int64_t life_ms = settings->rotation.queue_life_ms;

    if (settings->milter.signature_lifetime_ms > life_ms)
        life_ms = settings->milter.signature_lifetime_ms;
    return life_ms / 1000;
}

struct rotation_rules rotation_run_rules(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;

    return (struct rotation_rules){.rotate_after_s = settings->rotation.after_ms / 1000,
        .queue_life_s = rotation_run_queue_life_s(settings),
        .begin = invocation_has(invocation, "now"),
        .force = invocation_has(invocation, "force")};
}

/* What was seen of a key holds for it as long as it is the same key. */
static const struct key_look *find_look(
    const struct rotation_domain *domain, const struct dkim_key *key)
{
    for (size_t i = 0; i < domain->keys.count; i++)
        if (text_equals(domain->keys.items[i].selector, key->selector) &&
            text_equals(domain->keys.items[i].record, key->record))
            return &domain->looks[i];
    return NULL;
}

static void walk(struct application *application, const struct rotation_rules *rules)
{
    struct arena *arena = application->invocation->arena;
    size_t count = application->keys.count;
    struct rotation_look *looks = arena_alloc_zero(arena, count + 1, sizeof *looks);
    struct rotation_outcome *outcome = &application->outcome;
    struct rotation_rules own = *rules;

    own.is_delegated = application->is_delegated;
    /* Each key may get a successor. */
    outcome->steps = arena_alloc_zero(arena, 2 * count + 1, sizeof *outcome->steps);
    outcome->former = arena_alloc_zero(arena, 2 * count + 1, sizeof *outcome->former);
    outcome->looks = arena_alloc_zero(arena, 2 * count + 1, sizeof(const struct key_look *));
    outcome->count = count;
    for (size_t i = 0; i < count; i++) {
        outcome->former[i] = application->keys.items[i].state;
        outcome->looks[i] = find_look(application->domain, &application->keys.items[i]);
        if (outcome->looks[i] != NULL)
            looks[i] = outcome->looks[i]->look;
    }
    rotation_walk(&application->keys, looks, &own, clock_wall(), outcome->steps);
}

static int read_keys(struct application *application)
{
    struct arena *arena = application->invocation->arena;
    struct text domain = application->domain->name, zone;

    if (dkim_key_list(application->store, domain, arena, &application->keys) != ERR_NONE ||
        dkim_delegation_find(application->store, domain, arena, &zone) != ERR_NONE)
        return invocation_complain_store(application->invocation, application->store);
    application->is_delegated = zone.len != 0;
    return EX_OK;
}

static bool has_changes(const struct application *application)
{
    for (size_t i = 0; i < application->keys.count; i++) {
        const struct dkim_key *before = &application->keys.items[i];
        const struct rotation_step *step = &application->outcome.steps[i];

        if (step->key.state != before->state || step->key.state_since != before->state_since ||
            step->key.seen != before->seen || step->key.doubted != before->doubted ||
            step->key.ttl_s != before->ttl_s || step->needs_successor)
            return true;
    }
    return false;
}

static int keep_step(const struct application *application, size_t index)
{
    const struct dkim_key *key = &application->outcome.steps[index].key;
    enum err err;

    if (key->state == DKIM_KEY_UNKNOWN)
        return EX_OK;
    err = dkim_key_set_state(
        application->store, key->domain, key->selector, key->state, key->state_since);
    if (err == ERR_NONE && key->doubted != application->keys.items[index].doubted)
        err = dkim_key_set_doubted(
            application->store, key->domain, key->selector, key->doubted, key->state_since);
    if (err == ERR_NONE)
        err = dkim_key_set_seen(
            application->store, key->domain, key->selector, key->seen, key->ttl_s);
    return err == ERR_NONE ? EX_OK
                           : invocation_complain_store(application->invocation, application->store);
}

/* As strong as the key before, and no weaker than keys are made today. */
static int make_successor(struct application *application, const struct dkim_key *former)
{
    struct rotation_outcome *outcome = &application->outcome;
    struct rotation_step *step = &outcome->steps[outcome->count];
    struct key_request request = {.domain = former->domain,
        .replaces = former->selector,
        .algorithm = text_equals(former->algorithm, TEXT("rsa")) ? KEY_RSA : KEY_ED25519,
        .bits = former->bits < KEY_MAKER_BITS_MIN   ? KEY_MAKER_BITS_MIN
                : former->bits > KEY_MAKER_BITS_MAX ? KEY_MAKER_BITS_MAX
                                                    : former->bits,
        .state = DKIM_KEY_MADE};
    int status = key_maker_make(application->invocation, application->store, &request, &step->key);

    if (status != EX_OK)
        return status;
    step->wait = ROTATION_WAITS_FOR_RECORD;
    outcome->former[outcome->count++] = DKIM_KEY_MADE;
    return EX_OK;
}

static int keep(struct application *application)
{
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < application->keys.count; i++) {
        const struct rotation_step *step = &application->outcome.steps[i];

        status = keep_step(application, i);
        if (status == EX_OK && step->needs_successor)
            status = make_successor(application, &step->key);
    }
    return status;
}

static int change(struct application *application, const struct rotation_rules *rules)
{
    int status;

    store_begin(application->store);
    status = read_keys(application);
    if (status == EX_OK) {
        walk(application, rules);
        status = keep(application);
    }
    if (status == EX_OK)
        return directory_end(application->invocation, application->store);
    store_roll_back(application->store);
    return status;
}

/* Where nothing changes nobody is kept from writing. */
int rotation_run_apply(struct invocation *invocation, struct store *keys,
    const struct rotation_domain *domain, const struct rotation_rules *rules,
    struct rotation_outcome *outcome_r)
{
    struct application application = {.invocation = invocation, .store = keys, .domain = domain};
    int status = read_keys(&application);

    if (status != EX_OK)
        return status;
    walk(&application, rules);
    if (has_changes(&application))
        status = change(&application, rules);
    if (status == EX_OK)
        *outcome_r = application.outcome;
    return status;
}
