/* SPDX-License-Identifier: MIT */
/*
 * What our own loops do and libmilter does not: they end a connection that breaks the protocol,
 * with a reason, and harm no other; they end one that nothing is heard of, and can be opened again
 * and again.
 */
#include <errno.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "milter/transport.h"
#include "tests/unit/milter/fake-world.h"
#include "tests/unit/milter/wire.h"
#include "tests/unit/unit.h"

#define CLIENT "203.0.113.5"

#define MANY 60 /* connections */

struct ground {
    struct fake_world fake;
    struct transport *transport;
    int listen_fd;
    char path[108];
};

static void ignore(void *context)
{
    (void)context;
}

static sem_t has_failed; /* posted where it cannot accept any more */

static void note_failure(void *context)
{
    (void)context;
    sem_post(&has_failed);
}

static void open_with(struct ground *ground, size_t threads, int64_t idle_ms)
{
    struct transport_options options = {.source = &ground->fake.source,
        .max_connections = MANY,
        .threads = threads,
        .idle_ms = idle_ms,
        .drained = ignore,
        .failed = note_failure};
    struct failure failure;

    log_open("test", LOG_TO_NOWHERE);
    sem_init(&has_failed, 0, 0);
    fake_world_init(&ground->fake);
    fake_world_add(&ground->fake, "example.org", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    ground->listen_fd = options.listen_fd = wire_listen(ground->path);
    assert_int_equal(
        transport_open(&transport_event, &options, &ground->transport, &failure), ERR_NONE);
}

static void close_all(struct ground *ground)
{
    assert_true(transport_close(&ground->transport));
    assert_null(ground->transport);
    assert_true(transport_close(&ground->transport));
    fake_world_done(&ground->fake);
    wire_unlisten(ground->listen_fd, ground->path);
    sem_destroy(&has_failed);
}

static void begin(struct wire *wire, const struct ground *ground)
{
    wire_open(wire, ground->path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(wire, CLIENT, 4711);
    wire_say_mail(wire, "<a@example.org>", NULL);
}

static void finish(struct wire *wire)
{
    struct wire_answer answer;

    wire_say_rest(wire, "a@example.org");
    wire_say_end(wire, "4bXyz12");
    wire_read_answer(wire, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    assert_non_null(strstr(answer.changes, "spf=pass"));
}

/* The other side is gone, without a word. */
static void assert_ended(struct wire *wire)
{
    struct wire_packet packet;

    wire_receive(wire, &packet);
    assert_int_equal(packet.command, 0);
    close(wire->fd);
}

/* --- broken and hostile --- */

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *name, *bytes;
    size_t len;
} broken[] = {
    {"a command without a name",     BYTES("\0\0\0\0")                   },
    {"a command too long",           BYTES("\0\4\0\1B")                  },
    {"another protocol",             BYTES("EHLO mail.example.org\r\n")  },
    {"a command that nobody knows",  BYTES("\0\0\0\1z")                  },
    {"a client for the second time", BYTES("\0\0\0\3Cx\0")               },
    {"macros without an end",        BYTES("\0\0\0\4DMi\0\0\0\0\5DMi\0q")},
    {"a recipient without an end",   BYTES("\0\0\0\3R<b")                },
    {"a header without a value",     BYTES("\0\0\0\6LFrom\0")            },
};

static void test_broken_input(void **state)
{
    struct ground ground;
    struct wire other;

    (void)state;
    open_with(&ground, 1, 0);
    begin(&other, &ground);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct wire wire;

        unit_row(broken[i].name);
        begin(&wire, &ground);
        assert_int_equal(send(wire.fd, broken[i].bytes, broken[i].len, 0), broken[i].len);
        assert_ended(&wire);
    }
    assert_int_equal(transport_messages(ground.transport), 1);
    finish(&other);
    wire_close(&other);
    close_all(&ground);
}

static void test_no_negotiation(void **state)
{
    struct ground ground;
    struct wire wire = {.fd = -1};

    (void)state;
    open_with(&ground, 2, 0);
    wire.fd = wire_connect(ground.path);
    wire_send(&wire, SMFIC_HELO, "x", 2);
    assert_ended(&wire);
    close_all(&ground);
}

/* --- what is quiet --- */

static void test_idle_connections_end(void **state)
{
    struct ground ground;
    struct wire quiet, in_message;
    int64_t began = clock_monotonic_ms();

    (void)state;
    open_with(&ground, 1, 300);
    wire_open(&quiet, ground.path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    begin(&in_message, &ground);
    assert_ended(&quiet);
    assert_ended(&in_message);
    assert_true(clock_monotonic_ms() - began >= 300);
    assert_int_equal(transport_messages(ground.transport), 0);
    close_all(&ground);
}

/* --- more than is taken --- */

/* So long nothing moves before it is said that nothing does. */
#define STILL_MS 300

static int64_t processor_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sends of the bytes what is taken; nobody may be busy when no more is. Returns how many. */
static size_t send_until_full(int fd, struct text bytes)
{
    size_t total = 0;

    for (;;) {
        struct pollfd ready = {fd, POLLOUT, 0};
        int64_t began = processor_ms();
        ssize_t sent = send(fd, bytes.data + total, bytes.len - total, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            total += (size_t)sent;
        } else if (poll(&ready, 1, STILL_MS) == 0) {
            assert_in_range(processor_ms() - began, 0, STILL_MS / 2);
            return total;
        }
        assert_true(total < bytes.len);
    }
}

/* As many of one command as nobody takes in before it goes on. */
static void put_many(struct buffer *bytes, const char *command, size_t len)
{
    while (bytes->len < (size_t)4 << 20)
        buffer_append(bytes, command, len);
}

/* Returns how many of the bytes that follow were taken. */
static size_t park_and_go_on(struct wire *wire, struct ground *ground, struct text bytes)
{
    fake_world_hold(&ground->fake, true);
    begin(wire, ground);
    wire_say_rest(wire, "a@example.org");
    wire_say_end(wire, "4bXyz12");
    return send_until_full(wire->fd, bytes);
}

static void send_all(const struct wire *wire, const char *bytes, size_t len)
{
    assert_int_equal(send(wire->fd, bytes, len, MSG_NOSIGNAL), len);
}

/* A mail server that does not wait for the verdict is read from again once it stands. */
static void test_goes_on_after_a_full_wait(void **state)
{
    static const char command[] = "\0\0\0\1A";
    struct buffer bytes = BUFFER_NONE;
    struct wire_answer answer;
    struct ground ground;
    struct wire wire;
    size_t part;

    (void)state;
    put_many(&bytes, command, 5);
    open_with(&ground, 1, 0);
    part = park_and_go_on(&wire, &ground, buffer_text(&bytes)) % 5;
    fake_world_hold(&ground.fake, false);
    fake_world_answer(&ground.fake);
    wire_read_answer(&wire, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    assert_non_null(strstr(answer.changes, "spf=pass"));
    if (part != 0)
        send_all(&wire, command + part, 5 - part);
    wire_say_mail(&wire, "<a@example.org>", NULL);
    finish(&wire);
    wire_close(&wire);
    close_all(&ground);
    buffer_done(&bytes);
}

/* One that is gone is noticed although nothing is read from it; nobody waits for its answers. */
static void test_vanishes_in_a_full_wait(void **state)
{
    int64_t until = clock_monotonic_ms() + WIRE_TIMEOUT_MS;
    struct buffer bytes = BUFFER_NONE;
    struct ground ground;
    struct wire wire;

    (void)state;
    put_many(&bytes, "\0\0\0\1A", 5);
    open_with(&ground, 1, 0);
    park_and_go_on(&wire, &ground, buffer_text(&bytes));
    assert_int_equal(transport_messages(ground.transport), 1);
    close(wire.fd);
    while (transport_messages(ground.transport) != 0) {
        sched_yield(); /* nothing tells that a connection was found broken */
        assert_true(clock_monotonic_ms() < until);
    }
    assert_true(ground.fake.waves_cancelled != 0);
    close_all(&ground);
    buffer_done(&bytes);
}

/* --- when the system has no connection for us --- */

static atomic_int accept_error; /* of the next call; 0: none */

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
    const int error = atomic_exchange(&accept_error, 0);

    if (error == 0)
        return __real_accept4(fd, address, len, flags);
    errno = error;
    return -1;
}

/* accept(2): what befell a connection before it was accepted is told by the call as well. */
static void test_accepts_again(void **state)
{
    static const struct {
        const char *name;
        int error;
    } rows[] = {
        {"no descriptor",            EMFILE      },
        {"none in the system",       ENFILE      },
        {"gone already",             ECONNABORTED},
        {"a packet filter",          EPERM       },
        {"the network is down",      ENETDOWN    },
        {"the network is elsewhere", ENETUNREACH },
        {"the host is down",         EHOSTDOWN   },
        {"the host is not there",    EHOSTUNREACH},
        {"a machine off the net",    ENONET      },
        {"an option",                ENOPROTOOPT },
        {"an operation",             EOPNOTSUPP  },
        {"a protocol",               EPROTO      },
        {"a security module",        EACCES      },
    };
    struct ground ground;

    (void)state;
    open_with(&ground, 1, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire wire;

        unit_row(rows[i].name);
        atomic_store(&accept_error, rows[i].error);
        begin(&wire, &ground);
        finish(&wire);
        assert_int_equal(atomic_load(&accept_error), 0);
        wire_close(&wire);
    }
    assert_int_equal(sem_trywait(&has_failed), -1);
    close_all(&ground);
}

static void test_tells_that_it_cannot_accept(void **state)
{
    struct timespec until;
    struct ground ground;
    int fd;

    (void)state;
    open_with(&ground, 1, 0);
    atomic_store(&accept_error, EINVAL);
    fd = wire_connect(ground.path);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WIRE_TIMEOUT_MS / 1000;
    assert_int_equal(sem_timedwait(&has_failed, &until), 0);
    close(fd);
    close_all(&ground);
}

/* --- its threads --- */

/* More loops than processors, and more connections than one keeps beside others that have none. */
static void test_many_loops(void **state)
{
    struct ground ground;
    struct wire wires[MANY];

    (void)state;
    open_with(&ground, 5, 0);
    for (size_t i = 0; i < MANY; i++)
        begin(&wires[i], &ground);
    for (size_t i = 0; i < MANY; i++) {
        finish(&wires[i]);
        wire_close(&wires[i]);
    }
    close_all(&ground);
}

/* Closed with clients at all stages, and nobody is waited for. */
static void test_closes_at_once(void **state)
{
    struct ground ground;
    struct wire idle, in_message;
    int64_t began;
    int fd;

    (void)state;
    open_with(&ground, 3, 0);
    fd = wire_connect(ground.path);
    assert_true(fd >= 0);
    wire_open(&idle, ground.path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    begin(&in_message, &ground);
    transport_drain(ground.transport);
    transport_drain(ground.transport);
    began = clock_monotonic_ms();
    close_all(&ground);
    assert_in_range(clock_monotonic_ms() - began, 0, 4000);
    assert_ended(&idle);
    assert_ended(&in_message);
    close(fd);
}

UNIT_MAIN(cmocka_unit_test(test_broken_input), cmocka_unit_test(test_no_negotiation),
    cmocka_unit_test(test_idle_connections_end), cmocka_unit_test(test_goes_on_after_a_full_wait),
    cmocka_unit_test(test_vanishes_in_a_full_wait), cmocka_unit_test(test_accepts_again),
    cmocka_unit_test(test_tells_that_it_cannot_accept), cmocka_unit_test(test_many_loops),
    cmocka_unit_test(test_closes_at_once))
