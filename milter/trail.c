/* SPDX-License-Identifier: MIT */
#include "milter/trail.h"

#include <assert.h>

#include "lib/dns/name.h"
#include "lib/mailauth/authres.h"
#include "lib/mailauth/mailauth-vouched.h"
#include "lib/mailauth/received.h"

/* Somebody who has held the message. */
struct holder {
    struct ip ip; /* IP_NONE: unknown */
    struct text helo;
};

static const struct holder nobody = {.ip = {.family = IP_NONE}};

/* What the field read last says of the message's way. */
enum trail_state {
    TRAIL_OPEN,    /* its relay must have written a field, which has not come yet */
    TRAIL_AT_HOME, /* handed on inside that relay: there may be another field of its */
    TRAIL_ENDED
};

struct results_field {
    struct forged_claim *claim;
    struct text value, id;
    bool is_theirs; /* a relay has put it there */
};

struct trail {
    const struct world *world;
    struct arena *arena;
    struct holder relay; /* whose Received field comes next */
    struct holder hop;   /* the answer */
    enum trail_state state;
    size_t received_seen;
    struct results_field results[TRAIL_RESULTS_MAX];
    size_t results_count, results_theirs;
    struct mailauth_vouched vouched;
};

struct trail *trail_new(const struct world *world, const struct session_client *client,
    struct text helo, struct arena *arena)
{
    struct trail *trail = arena_alloc_zero(arena, 1, sizeof *trail);

    trail->world = world;
    trail->arena = arena;
    trail->relay = (struct holder){client->ip, helo};
    return trail;
}

/* --- Received --- */

static void end_at(struct trail *trail, struct holder hop)
{
    trail->state = TRAIL_ENDED;
    trail->hop = hop;
}

/*
 * It began at the relay. One that we know by its loopback address alone, as where a program here
 * has fetched the message, has none that SPF could know.
 */
static void end_at_relay(struct trail *trail)
{
    end_at(trail, ip_is_loopback(&trail->relay.ip) ? nobody : trail->relay);
}

static struct holder client_of(const struct trail *trail, const struct received *received)
{
    return (struct holder){received->client, arena_copy(trail->arena, received->helo)};
}

/*
 * From the relay itself, without a login: by a filter, which had it from elsewhere, or by whatever
 * else runs there, which may have written all that stands below. They leave the same traces.
 */
static void follow_program(struct trail *trail)
{
    if (trail->world->decisions.relay_programs == SETTINGS_RELAY_PROGRAMS_SENDERS)
        end_at_relay(trail);
    else
        trail->state = TRAIL_AT_HOME;
}

/*
 * From an address: a relay of ours, the relay itself, one of our senders, or the stranger. Who logs
 * in is a user, from wherever he comes, a webmail of the relay's among them: a filter does not.
 */
static void follow_client(struct trail *trail, const struct received *received)
{
    const struct ip *client = &received->client;

    if (world_is_relay(trail->world, client)) {
        trail->relay = client_of(trail, received);
        trail->state = TRAIL_OPEN;
    } else if (ip_is_loopback(client) && !received->is_authenticated) {
        follow_program(trail);
    } else if (received->is_authenticated || world_trusts(trail->world, client)) {
        end_at_relay(trail);
    } else {
        /* Who was asked for mail, or hands it on by LMTP, is not who sent it. */
        end_at(trail, received->kind == RECEIVED_BY_SMTP ? client_of(trail, received) : nobody);
    }
}

static void follow(struct trail *trail, const struct received *received)
{
    switch (received->kind) {
    case RECEIVED_BY_SMTP:
    case RECEIVED_BY_OTHER:
        follow_client(trail, received);
        break;
    case RECEIVED_FROM_PROGRAM:
        follow_program(trail);
        break;
    case RECEIVED_WITHIN:
        trail->state = TRAIL_OPEN;
        break;
    case RECEIVED_UNREADABLE:
        end_at(trail, nobody);
        break;
    }
}

/* What stands above a field that is believed cannot have come with the message. */
static void believe_results(struct trail *trail)
{
    for (; trail->results_theirs < trail->results_count; trail->results_theirs++)
        trail->results[trail->results_theirs].is_theirs = true;
}

static void see_received(struct trail *trail, const struct header_field *field)
{
    struct received received;

    if (trail->state == TRAIL_ENDED)
        return;
    received = received_parse(field->value);
    believe_results(trail);
    follow(trail, &received);
    if (++trail->received_seen == TRAIL_RECEIVED_MAX)
        trail->state = TRAIL_ENDED;
}

/* --- Authentication-Results --- */

static bool is_relay_id(const struct trail *trail, struct text id)
{
    const char *const *ids = trail->world->decisions.relay_authserv_ids;

    for (size_t i = 0; ids != NULL && ids[i] != NULL; i++) {
        struct text listed;

        if (dns_name_normalize(text_from_string(ids[i]), trail->arena, &listed) &&
            text_equals(listed, id))
            return true;
    }
    return false;
}

static void see_results(
    struct trail *trail, const struct header_field *field, struct forged_claim *claim)
{
    bool is_anywhere = trail->world->decisions.relay_results == SETTINGS_RELAY_RESULTS_ANYWHERE;
    struct results_field *results = &trail->results[trail->results_count];
    struct text id;

    if (trail->results_count == TRAIL_RESULTS_MAX ||
        !authres_read_id(field->value, trail->arena, &id) || !is_relay_id(trail, id))
        return;
    assert(claim != NULL); /* who writes in a relay's name is suspected */
    *results = (struct results_field){claim, field->value, id, is_anywhere};
    trail->results_count++;
}

void trail_field(struct trail *trail, const struct header_field *field, struct forged_claim *claim)
{
    if (text_equals_nocase(field->name, TEXT("Received")))
        see_received(trail, field);
    else if (text_equals_nocase(field->name, TEXT(FORGED_RESULTS_FIELD)))
        see_results(trail, field, claim);
}

/* --- the end --- */

/* The fields of the nearest relay that has a say; a name may stand in several. */
static const struct mailauth_vouched *collect_vouched(struct trail *trail)
{
    struct mailauth_vouched *vouched = &trail->vouched;
    bool has_any = false;

    for (size_t i = 0; i < trail->results_count; i++) {
        const struct results_field *results = &trail->results[i];

        if (!results->is_theirs)
            continue;
        forged_spare(results->claim);
        if (has_any && !text_equals(results->id, vouched->by))
            continue;
        if (!mailauth_vouched_add(vouched, results->value, trail->arena))
            continue;
        vouched->by = results->id;
        has_any = true;
    }
    return has_any ? vouched : NULL;
}

struct mailauth_hop trail_end(struct trail *trail)
{
    struct mailauth_hop hop;

    /* A program of the relay wrote it, and nothing says that it had it from elsewhere. */
    if (trail->state == TRAIL_AT_HOME)
        end_at_relay(trail);
    hop.client = trail->hop.ip;
    hop.helo = trail->hop.helo;
    hop.vouched = collect_vouched(trail);
    return hop;
}
