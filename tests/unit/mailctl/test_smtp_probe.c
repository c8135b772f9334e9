/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/smtp-probe.h"

#include <poll.h>
#include <signal.h>
#include <sys/un.h>

#include "lib/base/clock.h"
#include "mailctl/attach/scratch.h"
#include "mailctl/attach/smtp-tls.h"
#include "tests/unit/mailctl/tls-server.h"
#include "tests/unit/unit.h"

#define ENDLESS_S 60
#define WAITING_MAX 16

/* A server that accepts nobody, and whose queue is full: the probe gives up. */
static void test_nobody_accepts(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const struct sockaddr *address = (const struct sockaddr *)&name;
    struct arena *arena = arena_new();
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), waiting[WAITING_MAX], count = 0;
    const char *scratch = NULL;
    struct smtp_probe probe;
    struct failure failure;
    bool is_full = false;

    (void)state;
    assert_int_equal(scratch_make("/tmp", arena, &scratch, &failure), ERR_NONE);
    snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", scratch);
    assert_int_equal(bind(server, address, sizeof name), 0);
    assert_int_equal(listen(server, 0), 0);
    while (!is_full && count < WAITING_MAX) {
        waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        is_full = connect(waiting[count++], address, sizeof name) != 0;
    }
    assert_true(is_full);
    alarm(ENDLESS_S);
    assert_int_equal(
        smtp_probe_connect_to(address, sizeof name, "nobody", arena, &probe, &failure), ERR_IO);
    while (count-- > 0)
        close(waiting[count]);
    close(server);
    scratch_remove(scratch);
    arena_free(&arena);
}

/* --- a conversation --- */

struct talk {
    struct arena *arena;
    struct smtp_probe probe;
    struct tls_server server;
    struct failure failure;
};

static struct talk *talk_start(struct arena *arena, const char *const *lines)
{
    struct talk *talk = arena_alloc_zero(arena, 1, sizeof *talk);
    int pair[2];

    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    talk->probe = (struct smtp_probe){.fd = pair[0], .arena = arena};
    tls_server_start(&talk->server, pair[1], lines);
    return talk;
}

static void talk_end(struct talk *talk)
{
    smtp_probe_close(&talk->probe);
    tls_server_join(&talk->server);
}

/* In the clear, then under TLS, as on port 587. */
static void test_starttls(void **state)
{
    static const char *const lines[] = {"220 ready\r\n", "250-host\r\n250 STARTTLS\r\n",
        "220 go\r\n", "TLS", "", "250-host\r\n250-AUTH LOGIN plain\r\n250 SIZE 1000\r\n",
        "550 5.7.0 no\r\n", NULL};
    struct arena *arena = arena_new();
    struct talk *talk = talk_start(arena, lines);
    struct smtp_probe *probe = &talk->probe;
    struct failure *failure = &talk->failure;

    (void)state;
    assert_int_equal(smtp_probe_say(probe, NULL, "2", failure), ERR_NONE);
    assert_int_equal(smtp_probe_say(probe, "EHLO me", "2", failure), ERR_NONE);
    assert_true(smtp_probe_offers(probe, TEXT("starttls"), TEXT("")));
    assert_false(smtp_probe_offers(probe, TEXT("AUTH"), TEXT("PLAIN")));
    assert_int_equal(smtp_probe_say(probe, "STARTTLS", "2", failure), ERR_NONE);
    assert_int_equal(smtp_probe_start_tls(probe, "mail.example.org", failure), ERR_NONE);
    assert_int_equal(smtp_probe_say(probe, "EHLO me", "2", failure), ERR_NONE);
    assert_true(smtp_probe_offers(probe, TEXT("AUTH"), TEXT("PLAIN")));
    assert_true(smtp_probe_offers(probe, TEXT("AUTH"), TEXT("")));
    assert_false(smtp_probe_offers(probe, TEXT("AUTH"), TEXT("CRAM-MD5")));
    assert_false(smtp_probe_offers(probe, TEXT("STARTTLS"), TEXT("")));
    assert_int_equal(
        smtp_probe_say_quietly(probe, "the login", TEXT("AUTH PLAIN c2VjcmV0\r\n"), "2", failure),
        ERR_REFUSED);
    assert_string_equal(failure->text, "the login: the answer was \"550 5.7.0 no\"");
    talk_end(talk);
    assert_string_equal(
        talk->server.heard, "EHLO me\r\nSTARTTLS\r\nEHLO me\r\nAUTH PLAIN c2VjcmV0\r\n");
    arena_free(&arena);
}

/* TLS before anything is said, as on port 465; more than a record holds. */
static void test_wrapped(void **state)
{
    static const char *const lines[] = {"TLS", "220 ready\r\n", "250 taken\r\n", NULL};
    struct arena *arena = arena_new();
    struct talk *talk = talk_start(arena, lines);
    char many[3000];

    (void)state;
    memset(many, 'x', sizeof many);
    many[sizeof many - 1] = '\n';
    assert_int_equal(smtp_probe_start_tls(&talk->probe, NULL, &talk->failure), ERR_NONE);
    assert_int_equal(smtp_probe_say(&talk->probe, NULL, "2", &talk->failure), ERR_NONE);
    assert_int_equal(smtp_probe_say_quietly(&talk->probe, "much",
                         text_from_bytes(many, sizeof many), "2", &talk->failure),
        ERR_NONE);
    assert_int_equal(
        smtp_probe_say(&talk->probe, "more", "2", &talk->failure), ERR_IO); /* it has gone */
    talk_end(talk);
    assert_int_equal(strlen(talk->server.heard), sizeof many);
    arena_free(&arena);
}

static void test_no_tls(void **state)
{
    /* Stays until we leave: what was sent to one who has gone would be another failure. */
    static const char *const other[] = {"220 this is no TLS at all\r\n", "", "", NULL};
    static const char *const gone[] = {NULL};
    static const struct {
        const char *name;
        const char *const *lines;
        enum err err;
    } rows[] = {
        {"other words", other, ERR_CRYPTO},
        {"the end",     gone,  ERR_IO    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct talk *talk = talk_start(arena, rows[i].lines);

        unit_row(rows[i].name);
        assert_int_equal(smtp_probe_start_tls(&talk->probe, NULL, &talk->failure), rows[i].err);
        assert_null(talk->probe.tls);
        talk_end(talk);
        arena_free(&arena);
    }
}

/* Nobody shakes hands, or nobody says anything then: the deadline ends it. */
static void test_silence(void **state)
{
    static const char *const lines[] = {"TLS", "", "", NULL};
    struct arena *arena = arena_new();
    struct talk *talk;
    struct buffer bytes = BUFFER_NONE;
    struct smtp_tls *tls = NULL;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(
        smtp_tls_open(pair[0], NULL, clock_monotonic_ms() + 100, &tls, NULL), ERR_TIMEOUT);
    assert_null(tls);
    close(pair[0]);
    close(pair[1]);
    talk = talk_start(arena, lines);
    assert_int_equal(smtp_probe_start_tls(&talk->probe, NULL, &talk->failure), ERR_NONE);
    assert_int_equal(
        smtp_tls_receive(talk->probe.tls, &bytes, clock_monotonic_ms() + 100, NULL), ERR_TIMEOUT);
    talk_end(talk);
    arena_free(&arena);
    buffer_done(&bytes);
}

/* The deadline of the whole comes before that of an answer. */
static void test_deadline(void **state)
{
    static const char *const lines[] = {"220 ready\r\n", "", "", NULL};
    struct arena *arena = arena_new();
    struct talk *talk = talk_start(arena, lines);

    (void)state;
    assert_int_equal(smtp_probe_say(&talk->probe, NULL, "2", &talk->failure), ERR_NONE);
    talk->probe.deadline_ms = clock_monotonic_ms() + 100;
    assert_int_equal(smtp_probe_say(&talk->probe, "NOOP", "2", &talk->failure), ERR_TIMEOUT);
    talk_end(talk);
    arena_free(&arena);
}

/* Somebody who has a whole reply to say, at once, and says it too late or without end. */
static enum err hear(const char *line, size_t count, int64_t deadline_ms)
{
    struct arena *arena = arena_new();
    struct smtp_probe probe = {.arena = arena, .deadline_ms = deadline_ms};
    enum err err;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(write(pair[1], line, strlen(line)), (ssize_t)strlen(line));
    assert_int_equal(write(pair[1], "220 end\r\n", 9), 9);
    probe.fd = pair[0];
    err = smtp_probe_say(&probe, NULL, "2", NULL);
    assert_true(probe.answer.len <= SMTP_PROBE_BYTES_MAX + 1);
    smtp_probe_close(&probe);
    close(pair[1]);
    arena_free(&arena);
    return err;
}

/* As long as a line may be, so that their number is none too many. */
static const char *long_line(struct arena *arena)
{
    return arena_print(arena, "220-%01000d\r\n", 0).data;
}

static void test_bounds(void **state)
{
    struct arena *arena = arena_new();
    const char *line = long_line(arena);
    size_t most = SMTP_PROBE_BYTES_MAX / strlen(line);

    (void)state;
    assert_int_equal(hear(line, most - 1, 0), ERR_NONE);
    assert_int_equal(hear(line, most + 8, 0), ERR_LIMIT);
    assert_int_equal(hear("", 0, 0), ERR_NONE);
    assert_int_equal(hear("", 0, clock_monotonic_ms()), ERR_TIMEOUT);
    arena_free(&arena);
}

/* An end that comes in two pieces: packets keep them apart. */
static void test_until(void **state)
{
    struct arena *arena = arena_new();
    struct smtp_probe probe = {.arena = arena};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(write(pair[1], "\"SIEVE\"\r\nO", 10), 10);
    assert_int_equal(write(pair[1], "K ready\r\n", 9), 9);
    shutdown(pair[1], SHUT_WR);
    probe.fd = pair[0];
    assert_int_equal(smtp_probe_read_until(&probe, TEXT("OK"), NULL), ERR_NONE);
    assert_text_equal(probe.answer, "\"SIEVE\"\r\nOK ready\r\n");
    smtp_probe_close(&probe);
    close(pair[1]);
    arena_free(&arena);
}

/* What is there already, under TLS, and comes too late. */
static void test_late(void **state)
{
    static const char *const lines[] = {"TLS", "220 ready\r\n", "", NULL};
    struct arena *arena = arena_new();
    struct talk *talk = talk_start(arena, lines);
    struct pollfd wanted = {.fd = talk->probe.fd, .events = POLLIN};

    (void)state;
    assert_int_equal(smtp_probe_start_tls(&talk->probe, NULL, &talk->failure), ERR_NONE);
    assert_int_equal(poll(&wanted, 1, ENDLESS_S * 1000), 1);
    talk->probe.deadline_ms = clock_monotonic_ms();
    assert_int_equal(smtp_probe_say(&talk->probe, NULL, "2", &talk->failure), ERR_TIMEOUT);
    talk_end(talk);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_nobody_accepts), cmocka_unit_test(test_starttls),
    cmocka_unit_test(test_wrapped), cmocka_unit_test(test_no_tls), cmocka_unit_test(test_silence),
    cmocka_unit_test(test_deadline), cmocka_unit_test(test_bounds), cmocka_unit_test(test_until),
    cmocka_unit_test(test_late))
