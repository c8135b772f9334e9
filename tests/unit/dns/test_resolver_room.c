/* SPDX-License-Identifier: MIT */

/* How much room names that nobody answers may take from the others. */

#include "lib/dns/resolver.h"

#include "tests/unit/dns/resolver-ground.h"
#include "tests/unit/unit.h"

#define DEAD_MAX 512
#define STUCK 64

/* A wave of names that nobody answers, each new; the numbers go on from wave to wave. */
static struct wave *send_dead(
    struct fixture *fixture, size_t count, int64_t timeout_ms, struct gathered *gathered)
{
    static size_t number;
    char names[DEAD_MAX][40];
    struct dns_question questions[DEAD_MAX];

    assert_true(count <= DEAD_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "silent%zu.example.org", number++);
        questions[i] = question_of(names[i], DNS_A);
    }
    gathered_init(gathered);
    return resolver_send(fixture->resolver, questions, count, timeout_ms, gather, gathered);
}

static void assert_found(struct fixture *fixture, const char *name, enum dns_status status)
{
    struct gathered gathered;

    assert_int_equal(ask(fixture, name, DNS_A, &gathered), status);
    gathered_done(&gathered);
}

/* Names beyond the bound are answered at once; those within it wait for their deadline. */
static void test_bound_of_lookups(void **state)
{
    struct fixture *fixture = *state;
    struct gathered dead[2 * SMALL_ROOM / RESOLVER_SHARE];
    const size_t count = sizeof dead / sizeof *dead;

    for (size_t i = 0; i < count; i++)
        assert_non_null(send_dead(fixture, RESOLVER_SHARE, 60000, &dead[i]));
    assert_found(fixture, "www.example.org", DNS_TEMPORARY);
    resolver_close(&fixture->resolver);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(dead[i].answered, RESOLVER_SHARE);
        gathered_done(&dead[i]);
    }
}

/* One wave cannot take all the room, and what it does not get it is told soon. */
static void test_share_of_a_wave(void **state)
{
    struct fixture *fixture = *state;
    struct gathered greedy[2];

    for (size_t i = 0; i < 2; i++)
        assert_non_null(send_dead(fixture, DEAD_MAX, 60000, &greedy[i]));
    assert_found(fixture, "www.example.org", DNS_FOUND);
    responder_wait_for(fixture->responder, SMALL_ROOM / 2 + 2 * RESOLVER_SHARE + 1);
    resolver_close(&fixture->resolver);
    assert_int_equal(
        responder_count(fixture->responder), SMALL_ROOM / 2 + (size_t)2 * RESOLVER_SHARE + 1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(greedy[i].answered, DEAD_MAX);
        gathered_done(&greedy[i]);
    }
}

/* What was asked for before counts, unless there is room for all. */
static void test_share_of_a_message(void **state)
{
    struct fixture *fixture = *state;
    const struct dns_question early = question_of("early.example.org", DNS_A);
    const struct dns_question others[] = {
        question_of("one.example.org", DNS_A), question_of("two.example.org", DNS_A)};
    struct gathered dead, further;

    gathered_init(&further);
    resolver_send_further(fixture->resolver, &early, 1, RESOLVER_SHARE, 60000, gather, &further);
    sem_wait(&further.is_done);
    assert_int_equal(further.statuses[0], DNS_FOUND);
    gathered_done(&further);

    assert_non_null(send_dead(fixture, SMALL_ROOM / 2, 60000, &dead));
    responder_wait_for(fixture->responder, SMALL_ROOM / 2 + 1);
    for (size_t i = 0; i < 2; i++) {
        gathered_init(&further);
        resolver_send_further(
            fixture->resolver, &others[i], 1, RESOLVER_SHARE - 1 + i, 60000, gather, &further);
        sem_wait(&further.is_done);
        assert_int_equal(further.statuses[0], i == 0 ? DNS_FOUND : DNS_TEMPORARY);
        gathered_done(&further);
    }
    resolver_close(&fixture->resolver);
    gathered_done(&dead);
}

/* Many times the room in dead names: each time it is free again when their waves are over. */
static void test_dead_names_leave(void **state)
{
    struct fixture *fixture = *state;
    char name[32];

    for (int i = 0; i < 12; i++) {
        struct gathered dead;

        send_dead(fixture, SMALL_ROOM / 2, 20, &dead);
        sem_wait(&dead.is_done);
        gathered_done(&dead);
        snprintf(name, sizeof name, "slow%d.example.org", i);
        assert_found(fixture, name, DNS_FOUND);
    }
}

static void test_cancelled_names_leave(void **state)
{
    struct fixture *fixture = *state;
    char name[32];

    for (int i = 0; i < 12; i++) {
        struct gathered dead;
        struct wave *wave;

        responder_reset(fixture->responder);
        wave = send_dead(fixture, SMALL_ROOM / 2, 60000, &dead);
        responder_wait_for(fixture->responder, SMALL_ROOM / 2);
        assert_true(resolver_cancel(fixture->resolver, wave));
        gathered_done(&dead);
        snprintf(name, sizeof name, "slow%d.example.org", i);
        assert_found(fixture, name, DNS_FOUND);
    }
}

/* Servers that say "come by TCP" and are silent there hold up nobody else who is told to come. */
static void test_stuck_connections(void **state)
{
    struct fixture *fixture = *state;
    char names[STUCK][32];
    struct dns_question questions[STUCK];
    struct gathered stuck, gathered;
    struct wave *wave;

    for (size_t i = 0; i < STUCK; i++) {
        snprintf(names[i], sizeof names[i], "stuck%zu.example.org", i);
        questions[i] = question_of(names[i], DNS_TXT);
    }
    gathered_init(&stuck);
    wave = resolver_send(fixture->resolver, questions, STUCK, 60000, gather, &stuck);
    responder_wait_for(fixture->responder, (size_t)2 * STUCK);
    assert_int_equal(ask(fixture, "tcp.example.org", DNS_TXT, &gathered), DNS_FOUND);
    assert_int_equal(stuck.calls, 0);
    gathered_done(&gathered);
    assert_true(resolver_cancel(fixture->resolver, wave));
    gathered_done(&stuck);
}

UNIT_MAIN(WITH_LITTLE_ROOM(test_bound_of_lookups), WITH_LITTLE_ROOM(test_share_of_a_wave),
    WITH_LITTLE_ROOM(test_share_of_a_message), WITH_LITTLE_ROOM(test_dead_names_leave),
    WITH_LITTLE_ROOM(test_cancelled_names_leave), WITH_LITTLE_ROOM(test_stuck_connections))
