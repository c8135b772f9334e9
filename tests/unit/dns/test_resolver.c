/* SPDX-License-Identifier: MIT */
#include "lib/dns/resolver.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/memory.h"
#include "tests/unit/dns/resolver-ground.h"
#include "tests/unit/unit.h"

static const struct {
    const char *row, *name;
    enum dns_type type;
    enum dns_status status;
} outcomes[] = {
    {"found",                   "www.example.org",           DNS_A,   DNS_FOUND    },
    {"upper case",              "WWW2.Example.ORG",          DNS_A,   DNS_FOUND    },
    {"MX",                      "www.example.org",           DNS_MX,  DNS_FOUND    },
    {"NXDOMAIN",                "nxdomain.example.org",      DNS_A,   DNS_NO_NAME  },
    {"no data",                 "nodata.example.org",        DNS_TXT, DNS_NO_DATA  },
    {"SERVFAIL",                "servfail.example.org",      DNS_A,   DNS_TEMPORARY},
    {"REFUSED",                 "refused.example.org",       DNS_A,   DNS_TEMPORARY},
    {"garbage",                 "garbage.example.org",       DNS_A,   DNS_TEMPORARY},
    {"alias",                   "c3.chain.example.org",      DNS_A,   DNS_FOUND    },
    {"alias loop",              "loop1.example.org",         DNS_A,   DNS_TEMPORARY},
    {"forty aliases",           "c40.chain.example.org",     DNS_A,   DNS_TEMPORARY},
    {"by TCP",                  "tcp.example.org",           DNS_TXT, DNS_FOUND    },
    {"64 KB by TCP",            "huge.example.org",          DNS_TXT, DNS_TEMPORARY},
    {"authoritative forwarder", "authoritative.example.org", DNS_A,   DNS_FOUND    },
    {"private reverse zone",    "1.0.0.10.in-addr.arpa",     DNS_A,   DNS_FOUND    },
    {"documentation reverse",   "1.2.0.192.in-addr.arpa",    DNS_A,   DNS_FOUND    },
    {"zone for tests",          "mail.test",                 DNS_A,   DNS_FOUND    },
    {"bytes of no host name",   "joe+l \"\\$@.example.org",  DNS_A,   DNS_FOUND    },
    {"no name at all",          "a..example.org",            DNS_A,   DNS_NO_NAME  },
};

static void test_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct fixture *fixture = *state;
        struct gathered gathered;

        unit_row(outcomes[i].row);
        assert_int_equal(
            ask(fixture, outcomes[i].name, outcomes[i].type, &gathered), outcomes[i].status);
        gathered_done(&gathered);
    }
}

/* libunbound itself takes foreign records out of an answer; what is left may look like none. */
static void test_foreign_records(void **state)
{
    static const char *const names[] = {"othername.example.org", "othertype.example.org"};

    for (size_t i = 0; i < 2; i++) {
        struct gathered gathered;

        unit_row(names[i]);
        assert_int_not_equal(ask(*state, names[i], DNS_A, &gathered), DNS_FOUND);
        assert_int_equal(gathered.first->count, 0);
        gathered_done(&gathered);
    }
}

static void test_record(void **state)
{
    struct gathered gathered;

    ask(*state, "example.org", DNS_MX, &gathered);
    assert_int_equal(gathered.first->count, 1);
    assert_int_equal(gathered.first->records[0].preference, 10);
    assert_text_equal(gathered.first->records[0].text, "mx.example.org");
    assert_in_range(gathered.first->ttl_s, 299, 300);
    assert_false(gathered.first->secure);
    gathered_done(&gathered);
}

static void test_tcp(void **state)
{
    struct fixture *fixture = *state;
    struct gathered gathered;

    assert_int_equal(ask(fixture, "tcp.example.org", DNS_TXT, &gathered), DNS_FOUND);
    assert_int_equal(gathered.first->records[0].text.len, 4000);
    assert_int_equal(responder_tcp_count(fixture->responder), 1);
    gathered_done(&gathered);
}

/* All five are asked before the first is answered: one round trip for the whole wave. */
static void test_wave_is_parallel(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[5] = {question_of("late1.example.org", DNS_A),
        question_of("late2.example.org", DNS_A), question_of("late3.example.org", DNS_A),
        question_of("late4.example.org", DNS_A), question_of("late5.example.org", DNS_A)};
    struct gathered gathered;
    int64_t start = real_ms();

    gathered_init(&gathered);
    assert_non_null(resolver_send(fixture->resolver, questions, 5, 5000, gather, &gathered));
    sem_wait(&gathered.is_done);
    print_message("# five names of %d ms: %d ms\n", LATE_MS, (int)(real_ms() - start));
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(gathered.statuses[i], DNS_FOUND);
    assert_int_equal(responder_peak(fixture->responder), 5);
    assert_int_equal(responder_count(fixture->responder), 5);
    assert_false(pthread_equal(gathered.thread, pthread_self()));
    gathered_done(&gathered);
}

static void test_cached_answers_inside_send(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[2] = {
        question_of("www.example.org", DNS_A), question_of("nxdomain.example.org", DNS_A)};
    struct gathered gathered;

    ask(fixture, "www.example.org", DNS_A, &gathered);
    gathered_done(&gathered);
    ask(fixture, "nxdomain.example.org", DNS_A, &gathered);
    gathered_done(&gathered);
    responder_reset(fixture->responder);
    gathered_init(&gathered);
    assert_null(resolver_send(fixture->resolver, questions, 2, 5000, gather, &gathered));
    assert_int_equal(gathered.calls, 1);
    assert_true(pthread_equal(gathered.thread, pthread_self()));
    assert_int_equal(gathered.statuses[0], DNS_FOUND);
    assert_int_equal(gathered.statuses[1], DNS_NO_NAME);
    assert_int_equal(responder_count(fixture->responder), 0);
    gathered_done(&gathered);
}

static void test_empty_wave(void **state)
{
    struct fixture *fixture = *state;
    struct gathered gathered;

    gathered_init(&gathered);
    assert_null(resolver_send(fixture->resolver, NULL, 0, 5000, gather, &gathered));
    assert_int_equal(gathered.calls, 1);
    assert_int_equal(gathered.count, 0);
    gathered_done(&gathered);
}

/* The deadline answers what is open; what came in time stays; the late answer is remembered. */
static void test_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[3] = {question_of("www.example.org", DNS_A),
        question_of("late.example.org", DNS_A), question_of("silent.example.org", DNS_A)};
    struct gathered gathered;
    int64_t start;

    /* In time for certain, however slow the machine: it is in the cache. */
    assert_int_equal(ask(fixture, "www.example.org", DNS_A, &gathered), DNS_FOUND);
    gathered_done(&gathered);
    start = real_ms();
    gathered_init(&gathered);
    resolver_send(fixture->resolver, questions, 3, 100, gather, &gathered);
    sem_wait(&gathered.is_done);
    assert_true(real_ms() - start >= 95);
    assert_int_equal(gathered.statuses[0], DNS_FOUND);
    assert_int_equal(gathered.statuses[1], DNS_TEMPORARY);
    assert_int_equal(gathered.statuses[2], DNS_TEMPORARY);
    gathered_done(&gathered);

    /* Joins the lookup that outlived its waiter, instead of asking again. */
    assert_int_equal(ask(fixture, "late.example.org", DNS_A, &gathered), DNS_FOUND);
    assert_true(real_ms() - start >= LATE_MS - 5);
    assert_int_equal(responder_count(fixture->responder), 3);
    gathered_done(&gathered);
}

/* What each call of a wave of two brought; one that was posted is not written any more. */
#define PARTS_MAX 4

struct part {
    bool has[2], is_last;
    enum dns_status statuses[2];
};

struct parts {
    sem_t is_called;
    size_t calls;
    struct part items[PARTS_MAX];
};

static void parts_on_call(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    struct parts *parts = context;
    struct part *part = &parts->items[parts->calls++ % PARTS_MAX];

    for (size_t i = 0; i < count; i++) {
        part->has[i] = answers[i] != NULL;
        if (part->has[i])
            part->statuses[i] = answers[i]->status;
    }
    part->is_last = is_last;
    sem_post(&parts->is_called);
}

/* A quick name does not wait for a slow one, and is given once. */
static void test_wave_comes_in_parts(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[2] = {
        question_of("www.example.org", DNS_A), question_of("late.example.org", DNS_A)};
    struct parts parts = {.calls = 0};

    sem_init(&parts.is_called, 0, 0);
    assert_non_null(resolver_send(fixture->resolver, questions, 2, 5000, parts_on_call, &parts));
    for (size_t i = 0; i < 2; i++) {
        const struct part *part = &parts.items[i];

        sem_wait(&parts.is_called);
        assert_int_equal(part->has[0], i == 0);
        assert_int_equal(part->has[1], i == 1);
        assert_int_equal(part->statuses[i], DNS_FOUND);
        assert_int_equal(part->is_last, i == 1);
    }
    resolver_close(&fixture->resolver);
    assert_int_equal(parts.calls, 2);
    sem_destroy(&parts.is_called);
}

/* What the cache knows is given without the rest as well. */
static void test_cancel_between_parts(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[2] = {
        question_of("www.example.org", DNS_A), question_of("silent.example.org", DNS_A)};
    struct parts parts = {.calls = 0};
    struct gathered gathered;
    struct wave *wave;

    ask(fixture, "www.example.org", DNS_A, &gathered);
    gathered_done(&gathered);
    sem_init(&parts.is_called, 0, 0);
    wave = resolver_send(fixture->resolver, questions, 2, 60000, parts_on_call, &parts);
    sem_wait(&parts.is_called);
    assert_true(resolver_cancel(fixture->resolver, wave));
    assert_false(resolver_cancel(fixture->resolver, wave));
    resolver_close(&fixture->resolver);
    assert_int_equal(parts.calls, 1);
    assert_true(parts.items[0].has[0]);
    assert_false(parts.items[0].has[1]);
    assert_false(parts.items[0].is_last);
    sem_destroy(&parts.is_called);
}

/* A call is being made while another thread cancels: it waits for that call, and there is no more.
 */
struct meeting {
    sem_t is_in, may_go;
    atomic_size_t begun, ended;
};

static void meeting_on_call(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    struct meeting *meeting = context;

    (void)answers;
    (void)count;
    (void)is_last;
    meeting->begun++;
    sem_post(&meeting->is_in);
    sem_wait(&meeting->may_go);
    meeting->ended++;
}

static void *meeting_let_go(void *context)
{
    struct meeting *meeting = context;

    sched_yield();
    sem_post(&meeting->may_go);
    return NULL;
}

static void test_cancel_waits_for_a_call(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[2] = {
        question_of("www.example.org", DNS_A), question_of("silent.example.org", DNS_A)};

    for (int i = 0; i < 2; i++) {
        struct meeting meeting = {.begun = 0};
        struct wave *wave;
        pthread_t helper;

        sem_init(&meeting.is_in, 0, 0);
        sem_init(&meeting.may_go, 0, 0);
        /* One question: the only call is the last. Two: it is not. */
        questions[0] = question_of(i == 0 ? "www1.example.org" : "www2.example.org", DNS_A);
        wave = resolver_send(
            fixture->resolver, questions, (size_t)i + 1, 60000, meeting_on_call, &meeting);
        sem_wait(&meeting.is_in);
        assert_int_equal(pthread_create(&helper, NULL, meeting_let_go, &meeting), 0);
        assert_int_equal(resolver_cancel(fixture->resolver, wave), i == 1);
        assert_int_equal(meeting.begun, 1);
        assert_int_equal(meeting.ended, 1);
        pthread_join(helper, NULL);
        sem_destroy(&meeting.is_in);
        sem_destroy(&meeting.may_go);
    }
}

static void test_identical_questions_are_merged(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question questions[2] = {
        question_of("slow.example.org", DNS_A), question_of("SLOW.example.org", DNS_A)};
    struct gathered gathered[10];

    for (size_t i = 0; i < 10; i++) {
        gathered_init(&gathered[i]);
        resolver_send(fixture->resolver, questions, 2, 5000, gather, &gathered[i]);
    }
    for (size_t i = 0; i < 10; i++) {
        sem_wait(&gathered[i].is_done);
        assert_int_equal(gathered[i].statuses[0], DNS_FOUND);
        assert_int_equal(gathered[i].statuses[1], DNS_FOUND);
        gathered_done(&gathered[i]);
    }
    assert_int_equal(responder_count(fixture->responder), 1);
}

static void test_cancel(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question question = question_of("late.example.org", DNS_A);
    struct gathered cancelled, other;
    struct wave *wave;

    gathered_init(&cancelled);
    wave = resolver_send(fixture->resolver, &question, 1, 5000, gather, &cancelled);
    assert_non_null(wave);
    responder_wait_for(fixture->responder, 1);
    assert_true(resolver_cancel(fixture->resolver, wave));
    assert_false(resolver_cancel(fixture->resolver, wave));
    /* The same question of another wave is answered all the same, by the same lookup. */
    assert_int_equal(ask(fixture, "late.example.org", DNS_A, &other), DNS_FOUND);
    gathered_done(&other);
    assert_int_equal(cancelled.calls, 0);
    assert_int_equal(responder_count(fixture->responder), 1);
    gathered_done(&cancelled);
}

/* Whether or not the resolver's thread has come to them yet. */
static void test_cancel_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct gathered gathered;
    size_t cancelled = 0;

    gathered_init(&gathered);
    for (size_t i = 0; i < 200; i++) {
        char name[64];
        struct dns_question question;

        snprintf(name, sizeof name, "late%zu.example.org", i);
        question = question_of(name, DNS_A);
        cancelled += resolver_cancel(fixture->resolver,
            resolver_send(fixture->resolver, &question, 1, 60000, gather, &gathered));
    }
    assert_int_equal(cancelled, 200);
    resolver_close(&fixture->resolver);
    assert_int_equal(gathered.calls, 0);
    gathered_done(&gathered);
}

static void test_cancel_too_late(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question question = question_of("www.example.org", DNS_A);
    struct gathered gathered;
    struct wave *wave;

    gathered_init(&gathered);
    wave = resolver_send(fixture->resolver, &question, 1, 5000, gather, &gathered);
    sem_wait(&gathered.is_done);
    assert_false(resolver_cancel(fixture->resolver, wave));
    gathered_done(&gathered);
}

static void test_flush(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question question = question_of("late.example.org", DNS_A);
    struct gathered gathered, in_flight;

    ask(fixture, "www.example.org", DNS_A, &gathered);
    assert_int_equal(gathered.first->records[0].ip.bytes[3], 1);
    gathered_done(&gathered);
    flushed_address = 2;
    ask(fixture, "www.example.org", DNS_A, &gathered);
    assert_int_equal(gathered.first->records[0].ip.bytes[3], 1);
    gathered_done(&gathered);

    gathered_init(&in_flight);
    resolver_send(fixture->resolver, &question, 1, 5000, gather, &in_flight);
    responder_wait_for(fixture->responder, 2);
    assert_int_equal(resolver_flush(fixture->resolver, NULL), ERR_NONE);
    responder_wait_for(fixture->responder, 3); /* what was in flight is asked again */
    ask(fixture, "www.example.org", DNS_A, &gathered);
    assert_int_equal(gathered.first->records[0].ip.bytes[3], 2);
    gathered_done(&gathered);
    sem_wait(&in_flight.is_done);
    assert_int_equal(in_flight.statuses[0], DNS_FOUND);
    assert_int_equal(in_flight.calls, 1);
    gathered_done(&in_flight);
}

/* A callback sends the next wave, as the milter does. */
struct chained {
    struct resolver *resolver;
    int left;
    sem_t is_done;
};

static void chain_on_done(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    struct chained *chained = context;
    char name[64];
    struct dns_question question;

    (void)answers;
    (void)count;
    assert_true(is_last);
    if (chained->left-- == 0) {
        sem_post(&chained->is_done);
        return;
    }
    snprintf(name, sizeof name, "n%d.example.org", chained->left / 2);
    question = question_of(name, DNS_A);
    resolver_send(chained->resolver, &question, 1, 5000, chain_on_done, chained);
}

static void test_callback_sends(void **state)
{
    struct fixture *fixture = *state;
    struct chained chained = {.resolver = fixture->resolver, .left = 50};

    sem_init(&chained.is_done, 0, 0);
    chain_on_done(&chained, NULL, 0, true);
    sem_wait(&chained.is_done);
    sem_destroy(&chained.is_done);
}

static void test_answer_table(void **state)
{
    struct fixture *fixture = *state;
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);

    assert_false(resolver_answer(fixture->resolver, answers, 5000));
    answers_ask(answers, TEXT("www.example.org"), DNS_A);
    answers_ask(answers, TEXT("Nxdomain.example.org."), DNS_MX);
    assert_true(resolver_answer(fixture->resolver, answers, 5000));
    assert_int_equal(answers_ask(answers, TEXT("www.example.org"), DNS_A)->status, DNS_FOUND);
    assert_int_equal(
        answers_ask(answers, TEXT("nxdomain.example.org"), DNS_MX)->status, DNS_NO_NAME);
    assert_false(resolver_answer(fixture->resolver, answers, 5000));
    arena_free(&arena);
}

/* Each level is known only by the one before; a name that hangs stands beside the first. */
static void test_chain_beside_a_slow_name(void **state)
{
    static const char *const levels[] = {
        "slow1.example.org", "slow2.example.org", "slow3.example.org"};
    struct fixture *fixture = *state;
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    size_t level = 0, rounds = 0;
    int64_t start = real_ms();

    answers_ask(answers, TEXT("silent.example.org"), DNS_A);
    while (level < 3) {
        if (answers_ask(answers, text_from_string(levels[level]), DNS_A) != NULL) {
            level++;
            continue;
        }
        assert_true(resolver_answer(fixture->resolver, answers, 60000));
        rounds++;
    }
    assert_int_equal(rounds, 3);
    assert_true(real_ms() - start < 60000);
    assert_null(answers_peek(answers, TEXT("silent.example.org"), DNS_A));
    assert_int_equal(answers_missing_count(answers), 1);
    assert_int_equal(responder_count(fixture->responder), 4); /* it was asked once */
    /* Now it has its deadline. */
    assert_true(resolver_answer(fixture->resolver, answers, 10));
    assert_int_equal(
        answers_peek(answers, TEXT("silent.example.org"), DNS_A)->status, DNS_TEMPORARY);
    assert_false(resolver_answer(fixture->resolver, answers, 10));
    arena_free(&arena);
}

/* --- many waves at once ---------------------------------------------------- */

#define THREADS 4
#define WAVES_A_THREAD 300

struct crowd {
    struct resolver *resolver;
    unsigned seed;
    atomic_size_t called, cancelled, answered, wrong;
};

static void crowd_on_done(
    void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    struct crowd *crowd = context;

    for (size_t i = 0; i < count; i++)
        if (answers[i] != NULL) {
            if (answers[i]->status == DNS_FOUND && answers[i]->count != 1)
                crowd->wrong++;
            crowd->answered++;
        }
    if (is_last)
        crowd->called++;
}

static void *crowd_run(void *context)
{
    static const char *const kinds[] = {"www", "slow", "nxdomain", "nodata", "late", "silent"};
    struct crowd *crowd = context;

    for (int i = 0; i < WAVES_A_THREAD; i++) {
        char names[6][64];
        struct dns_question questions[6];
        size_t count = 1 + (size_t)rand_r(&crowd->seed) % 6;
        struct wave *wave;

        for (size_t j = 0; j < count; j++) {
            snprintf(names[j], sizeof names[j], "%s%d.example.org", kinds[rand_r(&crowd->seed) % 6],
                rand_r(&crowd->seed) % 40);
            questions[j] = question_of(names[j], DNS_A);
        }
        wave = resolver_send(crowd->resolver, questions, count, 1 + rand_r(&crowd->seed) % 200,
            crowd_on_done, crowd);
        if (wave != NULL && rand_r(&crowd->seed) % 4 == 0 && resolver_cancel(crowd->resolver, wave))
            crowd->cancelled++;
        if (i % 100 == 50)
            resolver_flush(crowd->resolver, NULL);
    }
    return NULL;
}

static void test_many_waves(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){.resolver = fixture->resolver, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_run, &crowds[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    /* What is still in flight is answered at the end; then each wave had its one call. */
    resolver_close(&fixture->resolver);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(crowds[i].called + crowds[i].cancelled, WAVES_A_THREAD);
        assert_int_equal(crowds[i].wrong, 0);
    }
}

static void test_close_in_flight(void **state)
{
    struct fixture *fixture = *state;
    struct dns_question question = question_of("silent.example.org", DNS_A);
    struct gathered gathered[3];

    for (size_t i = 0; i < 3; i++) {
        gathered_init(&gathered[i]);
        resolver_send(fixture->resolver, &question, 1, 60000, gather, &gathered[i]);
    }
    responder_wait_for(fixture->responder, 1);
    resolver_close(&fixture->resolver);
    assert_null(fixture->resolver);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gathered[i].calls, 1);
        assert_int_equal(gathered[i].statuses[0], DNS_TEMPORARY);
        gathered_done(&gathered[i]);
    }
}

/* Without a descriptor /etc/resolv.conf cannot be read: the old servers stay, and that is said. */
static void test_flush_that_fails(void **state)
{
    const struct resolver_options options = {.server_count = 0};
    struct resolver *resolver = NULL;
    struct failure failure = {.text = ""};
    struct rlimit usual, low;

    (void)state;
    if (access("/etc/resolv.conf", R_OK) != 0)
        skip();
    assert_int_equal(resolver_open(&options, &resolver, NULL), ERR_NONE);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = usual;
    low.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(resolver_flush(resolver, &failure), ERR_IO);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_non_null(strstr(failure.text, "/etc/resolv.conf"));
    assert_int_equal(resolver_flush(resolver, &failure), ERR_NONE);
    resolver_close(&resolver);
}

static const struct {
    const char *row, *server;
} bad_servers[] = {
    {"a name",        "ns.example.org" },
    {"port of zero",  "127.0.0.1@0"    },
    {"port too high", "127.0.0.1@65536"},
    {"no port",       "127.0.0.1@"     },
    {"colon",         "127.0.0.1:53"   },
    {"empty",         ""               },
};

static void test_bad_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_servers / sizeof *bad_servers; i++) {
        struct resolver_options options = {.servers = &bad_servers[i].server, .server_count = 1};
        struct resolver *resolver = NULL;
        struct failure failure = {.text = ""};

        unit_row(bad_servers[i].row);
        assert_int_equal(resolver_open(&options, &resolver, &failure), ERR_SYNTAX);
        assert_non_null(strstr(failure.text, bad_servers[i].server));
        assert_null(resolver);
    }
}

static void test_too_many_servers(void **state)
{
    const char *servers[RESOLVER_SERVERS_MAX + 1];
    struct resolver_options options = {
        .servers = servers, .server_count = RESOLVER_SERVERS_MAX + 1};
    struct resolver *resolver = NULL;

    (void)state;
    for (size_t i = 0; i <= RESOLVER_SERVERS_MAX; i++)
        servers[i] = "192.0.2.1";
    assert_int_equal(resolver_open(&options, &resolver, NULL), ERR_LIMIT);
}

/* Only opened and closed: what they would ask is not ours to answer. */
static void test_other_servers(void **state)
{
    static const char *const root[] = {"root"}, *const six[] = {"2001:db8::1", "192.0.2.1@5353"};
    struct resolver_options all[] = {
        {.servers = root,   .server_count = 1 },
        {.servers = six,    .server_count = 2 },
        {.server_count = 0, .cache_entries = 1}
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct resolver *resolver = NULL;

        assert_int_equal(resolver_open(&all[i], &resolver, NULL), ERR_NONE);
        resolver_close(&resolver);
        assert_null(resolver);
        resolver_close(&resolver);
    }
}

UNIT_MAIN(WITH_RESPONDER(test_outcomes), WITH_RESPONDER(test_foreign_records),
    WITH_RESPONDER(test_record), WITH_RESPONDER(test_tcp), WITH_RESPONDER(test_wave_is_parallel),
    WITH_RESPONDER(test_cached_answers_inside_send), WITH_RESPONDER(test_empty_wave),
    WITH_RESPONDER(test_deadline), WITH_RESPONDER(test_wave_comes_in_parts),
    WITH_RESPONDER(test_cancel_between_parts), WITH_RESPONDER(test_cancel_waits_for_a_call),
    WITH_RESPONDER(test_chain_beside_a_slow_name),
    WITH_RESPONDER(test_identical_questions_are_merged), WITH_RESPONDER(test_cancel),
    WITH_RESPONDER(test_cancel_at_once), WITH_RESPONDER(test_cancel_too_late),
    WITH_RESPONDER(test_flush), WITH_RESPONDER(test_callback_sends),
    WITH_RESPONDER(test_answer_table), WITH_RESPONDER(test_many_waves),
    WITH_RESPONDER(test_close_in_flight), cmocka_unit_test(test_flush_that_fails),
    cmocka_unit_test(test_bad_servers), cmocka_unit_test(test_too_many_servers),
    cmocka_unit_test(test_other_servers))
