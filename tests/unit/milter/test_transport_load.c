/* SPDX-License-Identifier: MIT */
/*
 * A transport under mail servers that are slow, hasty, many, or gone; built once for each kind,
 * which is TRANSPORT.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "milter/transport.h"
#include "tests/unit/milter/fake-world.h"
#include "tests/unit/milter/wire.h"
#include "tests/unit/unit.h"

#define CLIENT "203.0.113.5"
#define PARKED 1000
#define WAITING 30
#define ENOUGH_S 20

static struct fake_world fake;
static struct transport *transport;
static int listen_fd;
static char path[108];

static void ignore(void *context)
{
    (void)context;
}

static void test_opens(void **state)
{
    struct transport_options options = {
        .source = &fake.source, .max_connections = 5000, .drained = ignore, .failed = ignore};
    struct rlimit limit;
    struct failure failure;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    log_open("test", LOG_TO_NOWHERE);
    fake_world_init(&fake);
    fake.world->decisions.dns_timeout_ms = 600 * 1000; /* whatever this machine has to do */
    fake_world_add(&fake, "example.org", DNS_TXT, "v=spf1 include:spf.example.com -all");
    fake_world_add(&fake, "spf.example.com", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    listen_fd = wire_listen(path);
    options.listen_fd = listen_fd;
    assert_int_equal(transport_open(&TRANSPORT, &options, &transport, &failure), ERR_NONE);
}

static void assert_passes(struct wire *wire)
{
    struct wire_answer answer;

    wire_read_answer(wire, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    if (strstr(answer.changes, "spf=pass") == NULL)
        fail_msg("no spf=pass in: %s", answer.changes);
}

static void begin(struct wire *wire)
{
    wire_open(wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(wire, CLIENT, 4711);
}

static void send_message(struct wire *wire)
{
    wire_say_mail(wire, "<a@example.org>", NULL);
    wire_say_rcpt(wire);
    wire_say_rest(wire, "a@example.org");
    wire_say_end(wire, "4bXyz12");
}

/* --- bytes in other portions --- */

static void put(struct buffer *bytes, char command, const void *data, size_t len)
{
    const unsigned char head[] = {0, (unsigned char)((len + 1) >> 16),
        (unsigned char)((len + 1) >> 8), (unsigned char)(len + 1)};

    buffer_append(bytes, head, sizeof head);
    buffer_append_byte(bytes, command);
    buffer_append(bytes, data, len);
}

/* A message as it goes over the wire, from MAIL to its end. */
static void put_message(struct buffer *bytes, bool is_large)
{
    static char piece[MILTER_CHUNK_SIZE];

    put(bytes, SMFIC_MAIL, "<a@example.org>", 16);
    put(bytes, SMFIC_RCPT, "<b@example.net>", 16);
    put(bytes, SMFIC_HEADER, "From\0 a@example.org", 20);
    put(bytes, SMFIC_EOH, "", 0);
    memset(piece, 'x', sizeof piece);
    for (int i = 0; is_large && i < 4; i++)
        put(bytes, SMFIC_BODY, piece, sizeof piece);
    put(bytes, SMFIC_BODY, "text\r\n", 6);
    put(bytes, SMFIC_BODYEOB, "", 0);
}

static void send_bytes(const struct wire *wire, const char *bytes, size_t len)
{
    while (len != 0) {
        ssize_t sent = send(wire->fd, bytes, len, MSG_NOSIGNAL);

        assert_true(sent > 0);
        bytes += sent;
        len -= (size_t)sent;
    }
}

static void assert_goes_on(struct wire *wire)
{
    struct wire_packet packet;

    wire_receive(wire, &packet);
    assert_int_equal(packet.command, SMFIR_CONTINUE);
}

static void test_byte_by_byte(void **state)
{
    struct buffer bytes = BUFFER_NONE;
    struct wire wire;

    (void)state;
    begin(&wire);
    put_message(&bytes, false);
    for (size_t i = 0; i < bytes.len; i++)
        send_bytes(&wire, bytes.data + i, 1);
    assert_goes_on(&wire);
    assert_passes(&wire);
    wire_close(&wire);
    buffer_done(&bytes);
}

/* Messages without waiting for an answer, in one write; answers come in their order. */
static void test_in_one_write(void **state)
{
    struct buffer bytes = BUFFER_NONE;
    struct wire wire;

    (void)state;
    begin(&wire);
    for (int i = 0; i < 5; i++) {
        put_message(&bytes, i % 2 != 0);
        put(&bytes, SMFIC_ABORT, "", 0);
    }
    send_bytes(&wire, bytes.data, bytes.len);
    for (int i = 0; i < 5; i++) {
        assert_goes_on(&wire);
        assert_passes(&wire);
    }
    wire_close(&wire);
    buffer_done(&bytes);
}

/* --- who does not read --- */

/* Sends until nothing more is taken. */
static size_t send_until_full(int fd, const char *bytes, size_t len)
{
    size_t total = 0;

    for (;;) {
        struct pollfd ready = {fd, POLLOUT, 0};
        ssize_t sent =
            send(fd, bytes + total % len, len - total % len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0)
            total += (size_t)sent;
        else if (poll(&ready, 1, 300) == 0)
            return total;
        assert_true(total < 64 << 20);
    }
}

/* Each HELO is answered, and nobody reads it: no more is read from us either, and nothing is lost.
 */
static void test_slow_reader(void **state)
{
    static const char command[] = "\0\0\0\3Hx";
    char many[700], answers[4096];
    struct wire wire, other;
    size_t said, heard = 0, rest;

    (void)state;
    wire_open(&wire, path, WIRE_ALL_ACTIONS, 0);
    wire_say_connect(&wire, CLIENT, 4711);
    for (size_t i = 0; i < sizeof many; i += 7)
        memcpy(many + i, command, 7);
    said = send_until_full(wire.fd, many, sizeof many);
    assert_true(said > 7 * 1000);
    begin(&other);
    send_message(&other);
    assert_passes(&other);
    wire_close(&other);
    rest = said % 7 == 0 ? 0 : 7 - said % 7;
    while (heard < said / 7 * 5) {
        struct pollfd ready = {wire.fd, POLLIN, 0};
        ssize_t got;

        assert_int_equal(poll(&ready, 1, WIRE_TIMEOUT_MS), 1);
        got = recv(wire.fd, answers, sizeof answers, 0);
        assert_true(got > 0);
        heard += (size_t)got;
    }
    send_bytes(&wire, command + 7 - rest, rest);
    while (heard < (said + rest) / 7 * 5) {
        ssize_t got = recv(wire.fd, answers, sizeof answers, 0);

        assert_true(got > 0);
        heard += (size_t)got;
    }
    assert_int_equal(heard, (said + rest) / 7 * 5);
    wire_close(&wire);
}

/* --- who vanishes --- */

static void await_no_messages(void)
{
    int64_t until = clock_monotonic_ms() + ENOUGH_S * 1000;

    while (transport_messages(transport) != 0) {
        sched_yield(); /* nothing tells that a connection was found broken */
        assert_true(clock_monotonic_ms() < until);
    }
}

/* After each byte of the small ones of a message, waves out or not. */
static void test_vanishes_at_each_byte(void **state)
{
    struct buffer bytes = BUFFER_NONE;
    struct wire wire;

    (void)state;
    put_message(&bytes, false);
    for (size_t len = 0; len <= bytes.len; len++) {
        fake_world_hold(&fake, len % 2 == 0);
        begin(&wire);
        send_bytes(&wire, bytes.data, len);
        if (len % 3 == 0)
            shutdown(wire.fd, SHUT_RD);
        close(wire.fd);
    }
    fake_world_hold(&fake, false);
    begin(&wire);
    send_message(&wire);
    assert_passes(&wire);
    wire_close(&wire);
    await_no_messages();
    buffer_done(&bytes);
}

/* --- many --- */

/*
 * Their waves come back one after the other while others wait; one who needs no slow answer gets
 * his verdict meanwhile, at once.
 */
static void test_many_parked(void **state)
{
    static struct wire wires[PARKED];
    struct wire warm;
    int64_t began, slowest = 0;

    (void)state;
    fake_world_hold(&fake, true);
    for (size_t i = 0; i < PARKED; i++) {
        begin(&wires[i]);
        send_message(&wires[i]);
    }
    fake_world_await(&fake, 2 * PARKED);
    fake_world_hold(&fake, false);
    assert_int_equal(transport_messages(transport), PARKED);
    begin(&warm);
    for (int i = 0; i < 20; i++) {
        began = clock_monotonic_ms();
        send_message(&warm);
        assert_passes(&warm);
        if (clock_monotonic_ms() - began > slowest)
            slowest = clock_monotonic_ms() - began;
    }
    print_message(
        "# the slowest of 20 messages beside %d that wait: %lld ms\n", PARKED, (long long)slowest);
    assert_in_range(slowest, 0, 5000);
    began = clock_monotonic_ms();
    fake_world_answer(&fake);
    for (size_t i = 0; i < PARKED; i++)
        assert_passes(&wires[i]);
    print_message("# %d messages that waited ended within %lld ms\n", PARKED,
        (long long)(clock_monotonic_ms() - began));
    for (size_t i = 0; i < PARKED; i++)
        wire_close(&wires[i]);
    wire_close(&warm);
}

static void test_closes(void **state)
{
    (void)state;
    transport_drain(transport);
    assert_true(transport_close(&transport));
    fake_world_done(&fake);
    wire_unlisten(listen_fd, path);
    wire_await_quiet();
}

static void test_many_connections(void **state)
{
    static struct wire wires[200];

    (void)state;
    for (size_t i = 0; i < 200; i++)
        begin(&wires[i]);
    for (size_t i = 0; i < 200; i++)
        send_message(&wires[i]);
    for (size_t i = 0; i < 200; i++)
        assert_passes(&wires[i]);
    for (size_t i = 0; i < 200; i++)
        wire_close(&wires[i]);
}

/* --- what libmilter cannot do, and says here --- */

static bool is_libmilter(void)
{
    return strcmp(TRANSPORT.name, "libmilter") == 0;
}

/*
 * With libmilter a thread waits with each message, and of a thousand the last find none before the
 * first are answered: that test is for transports that need no thread to wait.
 */
static void test_many_parked_if_it_can(void **state)
{
    if (is_libmilter())
        print_message("# not tested: a thread of libmilter waits with each message\n");
    else
        test_many_parked(state);
}

static size_t count_threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    size_t count = 0;

    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            count++;
    closedir(folder);
    return count;
}

static void await_threads(size_t count)
{
    int64_t until = clock_monotonic_ms() + ENOUGH_S * 1000;

    while (count_threads() < count) {
        sched_yield(); /* nothing tells of a new thread */
        assert_true(clock_monotonic_ms() < until);
    }
}

/* One message after the other begins to wait: our own loops need no thread more, libmilter one
 * each. */
static void test_threads_that_wait(void **state)
{
    struct wire wires[WAITING];
    size_t before = count_threads();

    (void)state;
    fake_world_hold(&fake, true);
    for (size_t i = 0; i < WAITING; i++) {
        begin(&wires[i]);
        send_message(&wires[i]);
        fake_world_await(&fake, 2 * (i + 1));
    }
    if (is_libmilter())
        await_threads(WAITING);
    else
        assert_int_equal(count_threads(), before);
    print_message(
        "# %zu threads, and %zu while %d messages wait\n", before, count_threads(), WAITING);
    fake_world_hold(&fake, false);
    fake_world_answer(&fake);
    for (size_t i = 0; i < WAITING; i++) {
        assert_passes(&wires[i]);
        wire_close(&wires[i]);
    }
}

/* As long as Postfix sends it by default (header_size_limit): libmilter ends the connection. */
static void test_a_long_field(void **state)
{
    static char value[102400];
    static struct wire_packet packet;
    struct wire wire;

    (void)state;
    memset(value, 'x', sizeof value - 1);
    begin(&wire);
    wire_say_mail(&wire, "<a@example.org>", NULL);
    wire_say_header(&wire, "X-Long", value);
    if (is_libmilter()) {
        wire_receive(&wire, &packet);
        assert_int_equal(packet.command, 0);
        close(wire.fd);
        return;
    }
    wire_say_rest(&wire, "a@example.org");
    wire_say_end(&wire, "4bXyz12");
    assert_passes(&wire);
    wire_close(&wire);
}

UNIT_MAIN(cmocka_unit_test(test_opens), cmocka_unit_test(test_byte_by_byte),
    cmocka_unit_test(test_in_one_write), cmocka_unit_test(test_slow_reader),
    cmocka_unit_test(test_vanishes_at_each_byte), cmocka_unit_test(test_many_connections),
    cmocka_unit_test(test_many_parked_if_it_can), cmocka_unit_test(test_threads_that_wait),
    cmocka_unit_test(test_a_long_field), cmocka_unit_test(test_closes))
