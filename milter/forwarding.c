/* SPDX-License-Identifier: MIT */
#include "milter/forwarding.h"

#include "lib/store/route.h"
#include "lib/store/srs-secret.h"
#include "milter/address.h"

struct inquiry {
    struct store *store;
    struct arena *arena; /* for as long as it takes */
    const struct forwarding_request *request;
    struct route_rules rules;
    struct route_walk *walk;
};

/* An address that we have made for a sender elsewhere: Postfix asks authd who that was. */
static bool is_way_back(const struct forwarding_request *request, struct text address)
{
    size_t at = text_find_last(address, '@');

    return !text_is_empty(request->srs.domain) &&
           text_equals(text_skip(address, at + 1), request->srs.domain) &&
           (text_starts_with(address, TEXT("srs0")) || text_starts_with(address, TEXT("srs1")));
}

/* ERR_NONE: it leads elsewhere, or to more than is looked at. */
static enum err judge_recipient(const struct inquiry *inquiry, struct text recipient)
{
    struct text address, domain, target;
    enum err err;

    if (!address_fold_path(recipient, inquiry->arena, &address))
        return ERR_ABSENT;
    if (is_way_back(inquiry->request, address))
        return ERR_NONE;
    domain = text_skip(address, text_find_last(address, '@') + 1);
    err = route_is_local(inquiry->store, &inquiry->rules, domain, inquiry->arena);
    if (err == ERR_ABSENT)
        return inquiry->request->is_resent ? ERR_NONE : ERR_ABSENT;
    if (err != ERR_NONE)
        return err;
    err = route_walk_outside(inquiry->walk, address, &target);
    return err == ERR_LIMIT ? ERR_NONE : err;
}

static enum err judge_recipients(struct inquiry *inquiry, struct forwarding_verdict *verdict)
{
    const struct forwarding_request *request = inquiry->request;
    enum err err = ERR_ABSENT;

    inquiry->walk = route_walk_new(inquiry->store, &inquiry->rules);
    for (size_t i = 0; err == ERR_ABSENT && i < request->recipient_count; i++) {
        err = judge_recipient(inquiry, request->recipients[i]);
        if (err == ERR_NONE)
            verdict->recipient = request->recipients[i];
    }
    route_walk_free(&inquiry->walk);
    verdict->is_forwarded = err == ERR_NONE || request->has_more;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* A sender for whom this host may send: SPF of the domain says so. */
static enum err is_own_sender(const struct inquiry *inquiry, bool *own_r)
{
    struct text sender = inquiry->request->sender, address;
    enum err err = ERR_ABSENT;

    if (address_fold_path(sender, inquiry->arena, &address))
        err = route_is_local(inquiry->store, &inquiry->rules,
            text_skip(address, text_find_last(address, '@') + 1), inquiry->arena);
    *own_r = err == ERR_NONE;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err ask_directory(struct directory_pool *directory, struct inquiry *inquiry,
    struct forwarding_verdict *verdict, bool *own_r, struct failure *failure)
{
    enum err err = directory_pool_take(directory, &inquiry->store, failure);

    if (err != ERR_NONE)
        return err;
    err = judge_recipients(inquiry, verdict);
    if (err == ERR_NONE)
        err = is_own_sender(inquiry, own_r);
    return directory_pool_give(directory, &inquiry->store, err, failure);
}

/* The secrets do not stay in the memory of the message. */
static enum err rewrite(const char *state_directory, const struct forwarding_request *request,
    struct arena *arena, struct forwarding_verdict *verdict, struct failure *failure)
{
    struct text secrets[SRS_SECRETS_MAX];
    struct srs_rules rules = request->srs;
    struct arena *vault = arena_new();
    struct store *store = NULL;
    enum err err = store_open(state_directory, STORE_SRS, STORE_READ, &store, failure);

    rules.secrets = secrets;
    if (err == ERR_NONE) {
        err = srs_secret_load(store, vault, secrets, &rules.secret_count);
        if (err != ERR_NONE)
            store_failure(store, failure);
    }
    if (err == ERR_NONE)
        verdict->rewriting =
            srs_forward(&rules, request->sender, request->now, arena, &verdict->sender);
    if (err == ERR_NONE && verdict->rewriting == SRS_NO_SECRET)
        err = failure_set(
            failure, ERR_IO, "%s: there is no secret: mailctl srs rotate", store_path(store));
    store_close(&store);
    arena_free_wiped(&vault);
    return err == ERR_ABSENT ? ERR_IO : err;
}

enum err forwarding_judge(struct directory_pool *directory, const char *state_directory,
    const struct forwarding_request *request, struct arena *arena,
    struct forwarding_verdict *verdict_r, struct failure *failure)
{
    const struct text own_names[] = {TEXT("localhost"), request->host, request->srs.domain};
    struct inquiry inquiry = {
        .arena = arena_new(),
        .request = request,
        .rules = {own_names, sizeof own_names / sizeof *own_names, request->postmaster}
    };
    struct forwarding_verdict verdict = {.rewriting = SRS_NOT_NEEDED};
    bool is_own = false;
    enum err err = ask_directory(directory, &inquiry, &verdict, &is_own, failure);

    arena_free(&inquiry.arena);
    if (err == ERR_NONE && verdict.is_forwarded && !is_own && !text_is_empty(request->sender) &&
        !text_is_empty(request->srs.domain))
        err = rewrite(state_directory, request, arena, &verdict, failure);
    if (err == ERR_NONE)
        *verdict_r = verdict;
    return err;
}
