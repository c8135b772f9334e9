/* SPDX-License-Identifier: MIT */
#include "tests/unit/dns/resolver-ground.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/memory.h"
#include "tests/unit/unit.h"

#define OK (WIRE_RESPONSE | WIRE_RECURSION)

/* --- the names of the responder ------------------------------------------- */

atomic_int flushed_address = 1;

static void reply_long_txt(const struct query *query, struct wire *reply, size_t strings)
{
    char string[201];
    size_t begin;

    memset(string, 'x', 200);
    wire_start(reply, query->id, OK, query->name, query->type);
    begin = wire_begin(reply, WIRE_ANSWER, query->name, DNS_TXT, 300);
    for (size_t i = 0; i < strings; i++) {
        wire_u8(reply, 200);
        wire_bytes(reply, string, 200);
    }
    wire_end(reply, begin);
}

/* Over UDP a mere hint to come by TCP. */
static void reply_by_tcp(const struct query *query, struct wire *reply, size_t strings)
{
    if (query->is_tcp)
        reply_long_txt(query, reply, strings);
    else
        wire_start(reply, query->id, OK | WIRE_TRUNCATED, query->name, query->type);
}

static void reply_negative(const struct query *query, struct wire *reply, unsigned rcode)
{
    wire_start(reply, query->id, OK | rcode, query->name, query->type);
    wire_soa(reply, "example.org", 300, 300);
}

static void reply_address(const struct query *query, struct wire *reply, unsigned flags)
{
    wire_start(reply, query->id, WIRE_RESPONSE | flags, query->name, query->type);
    wire_a(reply, query->name, 300, 0xc0000200U + (unsigned)flushed_address);
}

/* An alias to the next name: c3.chain leads to c2.chain and so on, c0.chain has the address. */
static void reply_chain(const struct query *query, struct wire *reply)
{
    int left = atoi(query->name + 1);
    char target[64];

    if (left == 0) {
        reply_address(query, reply, WIRE_RECURSION);
        return;
    }
    snprintf(target, sizeof target, "c%d.chain.example.org", left - 1);
    wire_start(reply, query->id, OK, query->name, query->type);
    wire_target(reply, query->name, DNS_CNAME, 300, target);
}

static bool starts(const struct query *query, const char *prefix)
{
    return strncmp(query->name, prefix, strlen(prefix)) == 0;
}

static bool reply(const struct query *query, struct wire *reply, int *delay_ms)
{
    if (starts(query, "slow")) {
        *delay_ms = SLOW_MS;
        reply_address(query, reply, WIRE_RECURSION);
    } else if (starts(query, "late")) {
        *delay_ms = LATE_MS;
        reply_address(query, reply, WIRE_RECURSION);
    } else if (starts(query, "silent")) {
        return false;
    } else if (starts(query, "nxdomain")) {
        reply_negative(query, reply, WIRE_NXDOMAIN);
    } else if (starts(query, "nodata")) {
        reply_negative(query, reply, 0);
    } else if (starts(query, "servfail")) {
        wire_start(reply, query->id, OK | WIRE_SERVFAIL, query->name, query->type);
    } else if (starts(query, "refused")) {
        wire_start(reply, query->id, OK | WIRE_REFUSED, query->name, query->type);
    } else if (starts(query, "othername")) {
        wire_start(reply, query->id, OK, query->name, query->type);
        wire_a(reply, "bank.example.net", 300, 1);
    } else if (starts(query, "othertype")) {
        wire_start(reply, query->id, OK, query->name, query->type);
        wire_txt(reply, query->name, 300, "v=spf1 +all");
    } else if (starts(query, "garbage")) {
        wire_start(reply, query->id, OK, query->name, query->type);
        wire_end(reply, wire_begin(reply, WIRE_ANSWER, query->name, query->type, 300));
        wire_bytes(reply, "\xff\xff\xff", 3);
    } else if (starts(query, "loop")) {
        wire_start(reply, query->id, OK, query->name, query->type);
        wire_target(reply, query->name, DNS_CNAME, 300,
            starts(query, "loop1") ? "loop2.example.org" : "loop1.example.org");
    } else if (query->name[0] == 'c' && strstr(query->name, ".chain.") != NULL) {
        reply_chain(query, reply);
    } else if (starts(query, "tcp")) {
        reply_by_tcp(query, reply, 20);
    } else if (starts(query, "stuck")) {
        reply_by_tcp(query, reply, 20);
        *delay_ms = query->is_tcp ? RESPONDER_NEVER : 0;
    } else if (starts(query, "huge")) {
        reply_by_tcp(query, reply, 320);
    } else if (starts(query, "authoritative")) {
        reply_address(query, reply, WIRE_AUTHORITATIVE);
    } else if (query->type == DNS_MX) {
        wire_start(reply, query->id, OK, query->name, query->type);
        wire_mx(reply, query->name, 300, 10, "mx.example.org");
    } else {
        reply_address(query, reply, WIRE_RECURSION);
    }
    return true;
}

/* --- what each test begins with ------------------------------------------- */

int set_up(void **state)
{
    struct fixture *fixture = memory_alloc_zero(1, sizeof *fixture);
    const char *server;
    struct resolver_options options = {.servers = &server, .server_count = 1};
    struct failure failure = {.text = ""};

    flushed_address = 1;
    fixture->responder = responder_new(reply);
    server = responder_server(fixture->responder);
    if (resolver_open(&options, &fixture->resolver, &failure) != ERR_NONE) {
        print_message("# %s\n", failure.text);
        return -1;
    }
    *state = fixture;
    return 0;
}

int set_up_small(void **state)
{
    struct rlimit usual, low;
    int result;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = usual;
    low.rlim_cur = SMALL_FILES;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    result = set_up(state);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    return result;
}

int tear_down(void **state)
{
    struct fixture *fixture = *state;

    resolver_close(&fixture->resolver);
    responder_free(&fixture->responder);
    free(fixture);
    return 0;
}

void gathered_init(struct gathered *gathered)
{
    *gathered = (struct gathered){.arena = arena_new()};
    sem_init(&gathered->is_done, 0, 0);
}

void gathered_done(struct gathered *gathered)
{
    arena_free(&gathered->arena);
    sem_destroy(&gathered->is_done);
}

void gather(void *context, const struct dns_answer *const *answers, size_t count, bool is_last)
{
    struct gathered *gathered = context;

    gathered->calls++;
    gathered->thread = pthread_self();
    gathered->count = count;
    for (size_t i = 0; i < count; i++) {
        if (answers[i] == NULL)
            continue;
        gathered->answered++;
        if (i < GATHERED_MAX)
            gathered->statuses[i] = answers[i]->status;
        if (i == 0)
            gathered->first = dns_answer_copy(answers[0], gathered->arena);
    }
    if (is_last)
        sem_post(&gathered->is_done);
}

struct dns_question question_of(const char *name, enum dns_type type)
{
    return (struct dns_question){text_from_string(name), type};
}

/* Asks one question and waits. */
enum dns_status ask(
    struct fixture *fixture, const char *name, enum dns_type type, struct gathered *gathered)
{
    struct dns_question question = question_of(name, type);

    gathered_init(gathered);
    resolver_send(fixture->resolver, &question, 1, 5000, gather, gathered);
    sem_wait(&gathered->is_done);
    assert_int_equal(gathered->calls, 1);
    assert_int_equal(gathered->count, 1);
    return gathered->statuses[0];
}

int64_t real_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
