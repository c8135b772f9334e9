/* SPDX-License-Identifier: MIT */

/* Questions to a name server itself, over real sockets. */

#include "lib/dns/direct.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "tests/unit/dns/responder.h"
#include "tests/unit/unit.h"

#define AUTHORITY (WIRE_RESPONSE | WIRE_AUTHORITATIVE)
#define DEADLINE_MS 20000

static const struct {
    const char *name;
    enum dns_status status;
} rows[] = {
    {"here.example",     DNS_FOUND    },
    {"nothing.example",  DNS_NO_DATA  },
    {"gone.example",     DNS_NO_NAME  },
    {"alias.example",    DNS_NO_DATA  },
    {"long.example",     DNS_FOUND    },
    {"referral.example", DNS_TEMPORARY},
    {"refused.example",  DNS_TEMPORARY},
    {"other.example",    DNS_TEMPORARY},
    {"lost.example",     DNS_FOUND    },
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static size_t lost_count;

/* --- a flood --------------------------------------------------------------- */

#define FLOOD_ENOUGH 100000U

/* Of the test's own thread: the name server's has none. */
static _Thread_local struct {
    bool is_on;
    unsigned in_turn, most; /* packets since it was last looked who has some */
} flood;

ssize_t __real_recv(int fd, void *into, size_t len, int flags);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
ssize_t __wrap_recv(int fd, void *into, size_t len, int flags);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* Never ends by itself: packets that belong to no question. */
ssize_t __wrap_recv(int fd, void *into, size_t len, int flags)
{
    if (!flood.is_on)
        return __real_recv(fd, into, len, flags);
    if (++flood.in_turn > flood.most)
        flood.most = flood.in_turn;
    if (flood.most == FLOOD_ENOUGH) {
        errno = EAGAIN;
        return -1;
    }
    memset(into, 0, 12);
    return 12;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    flood.in_turn = 0;
    return flood.is_on ? (int)count : __real_poll(fds, count, timeout_ms);
}

/* --- answers --------------------------------------------------------------- */

static bool is(const struct query *query, const char *name)
{
    return strcmp(query->name, name) == 0;
}

static unsigned flags_for(const struct query *query)
{
    if (is(query, "gone.example"))
        return AUTHORITY | WIRE_NXDOMAIN;
    if (is(query, "refused.example"))
        return WIRE_RESPONSE | WIRE_REFUSED;
    if (is(query, "referral.example"))
        return WIRE_RESPONSE;
    if ((is(query, "long.example") || strncmp(query->name, "mute", 4) == 0) && !query->is_tcp)
        return AUTHORITY | WIRE_TRUNCATED;
    return AUTHORITY;
}

static bool reply(const struct query *query, struct wire *wire, int *delay_ms)
{
    if (strncmp(query->name, "mute", 4) == 0 && query->is_tcp)
        *delay_ms = RESPONDER_NEVER;
    if (is(query, "silent.example") || (is(query, "lost.example") && lost_count++ == 0))
        return false;
    wire_start(wire, query->id, flags_for(query),
        is(query, "other.example") ? "here.example" : query->name, query->type);
    if (is(query, "alias.example"))
        wire_target(wire, query->name, DNS_CNAME, 300, "elsewhere.example");
    else if (is(query, "here.example") || is(query, "lost.example") ||
             (is(query, "long.example") && query->is_tcp))
        wire_txt(wire, query->name, 300, "text");
    return true;
}

static struct direct_question question_for(const struct responder *responder, const char *name)
{
    struct text server = text_from_string(responder_server(responder));
    size_t at = text_find(server, '@');
    struct direct_question question = {.name = text_from_string(name), .type = DNS_TXT};
    uint64_t port;

    assert_true(ip_parse(text_head(server, at), &question.server));
    assert_true(text_to_number(text_skip(server, at + 1), 65535, &port));
    question.port = (uint16_t)port;
    return question;
}

static void test_rows(void **state)
{
    struct responder *responder = responder_new(reply);
    struct arena *arena = arena_new();
    struct direct_question questions[ROW_COUNT];

    (void)state;
    lost_count = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
        questions[i] = question_for(responder, rows[i].name);
    direct_ask(questions, ROW_COUNT, DEADLINE_MS, arena);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        unit_row(rows[i].name);
        assert_int_equal(questions[i].answer->status, rows[i].status);
        if (rows[i].status == DNS_FOUND)
            assert_text_equal(questions[i].answer->records[0].text, "text");
    }
    assert_int_equal(responder_tcp_count(responder), 1);
    arena_free(&arena);
    responder_free(&responder);
}

/*
 * Over TCP nothing comes of two names: the first is waited for, a bounded time, the second is not,
 * and what is sent again meanwhile is answered.
 */
static void test_mute(void **state)
{
    struct responder *responder = responder_new(reply);
    struct arena *arena = arena_new();
    struct direct_question questions[] = {question_for(responder, "mute1.example"),
        question_for(responder, "mute2.example"), question_for(responder, "lost.example"),
        question_for(responder, "here.example")};
    int64_t start_ms = clock_monotonic_ms();

    (void)state;
    lost_count = 0;
    direct_ask(questions, 4, DEADLINE_MS, arena);
    assert_true(clock_monotonic_ms() - start_ms < 2 * DIRECT_STREAM_MS + DEADLINE_MS / 4);
    assert_int_equal(questions[0].answer->status, DNS_TEMPORARY);
    assert_int_equal(questions[1].answer->status, DNS_TEMPORARY);
    assert_int_equal(questions[2].answer->status, DNS_FOUND);
    assert_int_equal(questions[3].answer->status, DNS_FOUND);
    assert_int_equal(responder_tcp_count(responder), 1);
    arena_free(&arena);
    responder_free(&responder);
}

static void test_silence(void **state)
{
    struct responder *responder = responder_new(reply);
    struct arena *arena = arena_new();
    struct direct_question questions[] = {question_for(responder, "silent.example"),
        question_for(responder, "here.example"), question_for(responder, "a..b")};
    int64_t start_ms = clock_monotonic_ms();

    (void)state;
    direct_ask(questions, 3, 300, arena);
    assert_int_equal(questions[0].answer->status, DNS_TEMPORARY);
    assert_int_equal(questions[1].answer->status, DNS_FOUND);
    assert_int_equal(questions[2].answer->status, DNS_TEMPORARY);
    assert_true(clock_monotonic_ms() - start_ms >= 300);
    direct_ask(questions, 0, 300, arena);
    arena_free(&arena);
    responder_free(&responder);
}

/* Nobody is there: given up after the tries, before the deadline. */
static void test_nobody(void **state)
{
    struct arena *arena = arena_new();
    struct direct_question question = {.port = 1, .name = TEXT("here.example"), .type = DNS_TXT};
    int64_t start_ms = clock_monotonic_ms();

    (void)state;
    assert_true(ip_parse(TEXT("127.0.0.1"), &question.server));
    direct_ask(&question, 1, DEADLINE_MS, arena);
    assert_int_equal(question.answer->status, DNS_TEMPORARY);
    assert_true(clock_monotonic_ms() - start_ms < DEADLINE_MS);
    arena_free(&arena);
}

/* A server that never ceases to send: the time is over all the same. */
static void test_flood(void **state)
{
    struct arena *arena = arena_new();
    struct direct_question question = {.port = 1, .name = TEXT("here.example"), .type = DNS_TXT};

    (void)state;
    assert_true(ip_parse(TEXT("127.0.0.1"), &question.server));
    flood.is_on = true;
    direct_ask(&question, 1, 100, arena);
    flood.is_on = false;
    assert_int_equal(question.answer->status, DNS_TEMPORARY);
    assert_in_range(flood.most, 1, 64);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_mute), cmocka_unit_test(test_silence),
    cmocka_unit_test(test_nobody), cmocka_unit_test(test_flood))
