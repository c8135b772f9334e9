/* SPDX-License-Identifier: MIT */
/*
 * A transport from the mail server's side, over a real socket; built once for each kind, which is
 * TRANSPORT. libmilter can be started once in a process, so the tests run on one transport, in
 * their order; the last one stops it under load.
 */
#include "milter/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "milter/libmilter-signals.h"
#include "tests/unit/milter/fake-world.h"
#include "tests/unit/milter/wire.h"
#include "tests/unit/unit.h"

#define CLIENT "203.0.113.5"
#define CONNECTIONS_MAX 40
#define ENOUGH_S 20

static struct fake_world fake;
static struct transport *transport;
static int listen_fd;
static char path[108];
static _Atomic int drained, failed;
static pthread_mutex_t drained_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t drained_now = PTHREAD_COND_INITIALIZER;

static bool is_libmilter(void)
{
    return strcmp(TRANSPORT.name, "libmilter") == 0;
}

static void on_drained(void *context)
{
    (void)context;
    pthread_mutex_lock(&drained_lock);
    drained++;
    pthread_cond_signal(&drained_now);
    pthread_mutex_unlock(&drained_lock);
}

static void wait_until_drained(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ENOUGH_S;
    pthread_mutex_lock(&drained_lock);
    while (drained == 0)
        if (pthread_cond_timedwait(&drained_now, &drained_lock, &until) != 0)
            fail_msg("not drained: %zu messages", transport_messages(transport));
    pthread_mutex_unlock(&drained_lock);
}

static void on_failed(void *context)
{
    (void)context;
    failed++;
}

static void test_opens(void **state)
{
    struct transport_options options = {.source = &fake.source,
        .max_connections = CONNECTIONS_MAX,
        .drained = on_drained,
        .failed = on_failed};
    struct failure failure;

    (void)state;
    log_open("test", LOG_TO_NOWHERE);
    fake_world_init(&fake);
    fake_world_add(&fake, "example.org", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    fake_world_add(&fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject");
    listen_fd = wire_listen(path);
    options.listen_fd = listen_fd;
    assert_int_equal(transport_open(&TRANSPORT, &options, &transport, &failure), ERR_NONE);
}

static void run_message(
    struct wire *wire, const char *from, const char *login, struct wire_answer *answer_r)
{
    wire_say_mail(wire, "<a@example.org>", login);
    wire_say_rcpt(wire);
    wire_say_rest(wire, from);
    wire_say_end(wire, "4bXyz12");
    wire_read_answer(wire, answer_r);
}

static void assert_has(const char *text, const char *piece)
{
    if (strstr(text, piece) == NULL)
        fail_msg("no \"%s\" in: %s", piece, text);
}

static void test_negotiates(void **state)
{
    struct wire wire;

    (void)state;
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    assert_int_equal(wire.actions,
        SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGFROM | SMFIF_QUARANTINE | SMFIF_SETSYMLIST);
    assert_int_equal(wire.steps, SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_RCPT | SMFIP_NR_HDR |
                                     SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_NODATA | SMFIP_NOUNKNOWN |
                                     SMFIP_HDR_LEADSPC);
    assert_has(wire.macros, "0=j {client_addr} {client_name} {client_ptr} {daemon_name};");
    assert_has(wire.macros, "2={auth_authen} {auth_type} {mail_addr};");
    assert_has(wire.macros, "5=i;");
    wire_close(&wire);
}

static void test_refuses_a_server_that_forbids_changes(void **state)
{
    const uint32_t options[3] = {htonl(SMFI_PROT_VERSION), 0, htonl(WIRE_ALL_STEPS)};
    struct wire wire = {.fd = wire_connect(path)};
    struct wire_packet packet;

    (void)state;
    wire_send(&wire, SMFIC_OPTNEG, options, sizeof options);
    wire_receive(&wire, &packet);
    assert_int_not_equal(packet.command, SMFIC_OPTNEG);
    close(wire.fd);
}

static void test_judges_and_signs(void **state)
{
    struct wire wire;
    struct wire_answer answer;
    const char *record;

    (void)state;
    fake.keys = fake_keys_make(fake.arena, "example.org", "s1", KEY_ED25519, &record);
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, CLIENT, 4711);
    run_message(&wire, "a@example.org", NULL, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    assert_has(answer.changes, "i0:Authentication-Results: mx.example.net;");
    assert_has(answer.changes, "spf=pass");
    wire_send(&wire, SMFIC_ABORT, NULL, 0); /* as Postfix does, twice */
    wire_send(&wire, SMFIC_ABORT, NULL, 0);
    run_message(&wire, "a@example.org", "alice", &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    assert_int_equal(strncmp(answer.changes, "i0:DKIM-Signature: ", 19), 0);
    assert_has(answer.changes, "d=example.org");
    assert_null(strstr(answer.changes, "alice"));
    assert_null(strchr(answer.changes, '\r'));
    wire_close(&wire);
}

/*
 * The next client on the same connection, which no Postfix sends. For libmilter our session is over
 * with the client before, and it does not say what was negotiated: the next one is told to come
 * again later. Within a message, and after an abort, it does not even see that there is another
 * one.
 */
static void test_another_client(void **state)
{
    static struct wire_packet packet;
    struct wire wire;
    struct wire_answer answer;

    (void)state;
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, CLIENT, 4711);
    run_message(&wire, "a@example.org", "alice", &answer);
    if (!is_libmilter())
        wire_say_mail(&wire, "<a@example.org>", "alice");
    wire_send(&wire, SMFIC_QUIT_NC, NULL, 0);
    wire_say_connect(&wire, "203.0.113.99", 4711);
    if (is_libmilter()) {
        wire_send(&wire, SMFIC_MAIL, "<a@example.org>", 16);
        wire_receive(&wire, &packet);
        assert_int_equal(packet.command, SMFIR_TEMPFAIL);
    } else {
        run_message(&wire, "a@example.org", NULL, &answer);
        assert_has(answer.changes, "spf=fail");
        assert_null(strstr(answer.changes, "DKIM-Signature"));
    }
    wire_close(&wire);
}

/* What Postfix's macros say of the client's name (RFC 8601 §2.7.3). */
static void test_reverse_lookup(void **state)
{
    static const struct {
        const char *name, *client_name, *client_ptr, *results;
    } rows[] = {
        {"verified",                    "mail.example.org", "mail.example.org",
         "iprev=pass policy.iprev=203.0.113.5;"                                                                       },
        {"a name that leads elsewhere", "unknown",          "mail.example.org",
         "iprev=fail policy.iprev=203.0.113.5;"                                                                       },
        {"no name",                     "unknown",          "unknown",
         "iprev=permerror reason=\"no name was found for the address\""                                               },
        {"no name, in capitals",        "UNKNOWN",          "UNKNOWN",
         "iprev=permerror reason=\"no name was found for the address\""                                               },
        {"no word about the PTR",       "unknown",          NULL,               "iprev=fail policy.iprev=203.0.113.5;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire wire;
        struct wire_answer answer;

        unit_row(rows[i].name);
        wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
        wire_say_client(&wire, CLIENT, 4711, rows[i].client_name, rows[i].client_ptr);
        run_message(&wire, "a@example.org", NULL, &answer);
        assert_has(answer.changes, rows[i].results);
        wire_close(&wire);
    }
}

static void test_forged_fields_and_rejection(void **state)
{
    struct wire wire;
    struct wire_answer answer;

    (void)state;
    fake.world->decisions.on_reject = SETTINGS_ON_REJECT_REJECT;
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, CLIENT, 4711);
    wire_say_mail(&wire, "<a@example.org>", NULL);
    wire_say_rcpt(&wire);
    wire_say_header(&wire, "Authentication-Results", "mx.example.net; spf=pass");
    wire_say_header(&wire, "Authentication-Results", "mx.example.com; spf=pass");
    wire_say_header(&wire, "X-Gatepost-Action", "none");
    wire_say_rest(&wire, "a@example.org");
    wire_say_end(&wire, "4bXyz13");
    wire_read_answer(&wire, &answer);
    assert_int_equal(
        strncmp(answer.changes, "m1:X-Gatepost-Action:|m1:Authentication-Results:|i0:Authe", 56),
        0);
    wire_close(&wire);

    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, "203.0.113.99", 4711);
    run_message(&wire, "a@example.org", NULL, &answer);
    assert_int_equal(answer.verdict, SMFIR_REPLYCODE);
    assert_string_equal(answer.reply, "550 5.7.1 rejected by the DMARC policy of example.org");
    assert_string_equal(answer.changes, "");
    wire_close(&wire);
}

/* Port 0 on loopback: sendmail(1), which is ours to sign; with a port it is a client like others.
 */
static void test_local_mail(void **state)
{
    struct wire wire;
    struct wire_answer answer;

    (void)state;
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, "127.0.0.1", 0);
    run_message(&wire, "a@example.org", NULL, &answer);
    assert_has(answer.changes, "DKIM-Signature");
    wire_close(&wire);
    fake.world->decisions.on_reject = SETTINGS_ON_REJECT_QUARANTINE;
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, "127.0.0.1", 25000);
    run_message(&wire, "a@example.org", NULL, &answer);
    assert_null(strstr(answer.changes, "DKIM-Signature"));
    wire_close(&wire);
}

/* A server of long ago: it wants an answer each time and eats the blank behind the colon. */
static void test_a_server_without_options(void **state)
{
    struct wire wire;
    struct wire_answer answer;

    (void)state;
    wire_open(&wire, path, SMFIF_ADDHDRS | SMFIF_CHGHDRS, 0);
    assert_int_equal(wire.steps, 0);
    wire_say_connect(&wire, CLIENT, 4711);
    run_message(&wire, "a@example.org", NULL, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    assert_has(answer.changes, "i0:Authentication-Results:mx.example.net;");
    wire_close(&wire);
}

/* MAIL FROM where none may begin: too many connections, or a stop. */
static void assert_refuses_mail(struct wire *wire)
{
    const char sender[] = "<a@example.org>";
    struct wire_packet packet;

    wire_send(wire, SMFIC_MAIL, sender, sizeof sender);
    wire_receive(wire, &packet);
    assert_int_equal(packet.command, SMFIR_REPLYCODE);
    assert_has(packet.data, "451 4.3.2");
}

static void test_one_connection_too_many(void **state)
{
    struct wire wires[3], extra;
    struct wire_packet packet;

    (void)state;
    transport_set_max_connections(transport, 3); /* as a reload does */
    for (size_t i = 0; i < 3; i++)
        wire_open(&wires[i], path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_open(&extra, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    assert_int_equal(extra.steps & SMFIP_NR_CONN, 0);
    {
        const char connect[] = "x\0004\0\0203.0.113.5";

        wire_send(&extra, SMFIC_CONNECT, connect, sizeof connect);
    }
    wire_receive(&extra, &packet);
    assert_int_equal(packet.command, SMFIR_REPLYCODE);
    assert_has(packet.data, "451 4.3.2");
    extra.steps |= SMFIP_NR_CONN;
    /* One that goes on all the same gets nothing signed. */
    assert_refuses_mail(&extra);
    assert_refuses_mail(&extra);
    wire_close(&extra);
    for (size_t i = 0; i < 3; i++)
        wire_close(&wires[i]);
    transport_set_max_connections(transport, CONNECTIONS_MAX);
}

/* --- signals --- */

static _Atomic int signals_seen;

static void on_signal(int number)
{
    (void)number;
    signals_seen++;
}

/* Real signals, blocked in this thread for a while, as during a reload: libmilter may not have
 * them. */
static void test_signals_stay_ours(void **state)
{
    static const int numbers[] = {SIGHUP, SIGTERM, SIGINT};
    const struct sigaction action = {.sa_handler = on_signal};
    sigset_t set, before;
    struct wire wire;
    struct wire_answer answer;

    (void)state;
    assert_int_equal(libmilter_signals_kept(), is_libmilter());
    sigemptyset(&set);
    for (size_t i = 0; i < 3; i++) {
        sigaddset(&set, numbers[i]);
        sigaction(numbers[i], &action, NULL);
    }
    pthread_sigmask(SIG_BLOCK, &set, &before);
    for (size_t i = 0; i < 3; i++)
        kill(getpid(), numbers[i]);
    wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&wire, CLIENT, 4711);
    run_message(&wire, "a@example.org", NULL, &answer);
    wire_close(&wire);
    assert_int_equal(signals_seen, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(signals_seen, 3);
    assert_int_equal(failed, 0);
}

/* Somebody else's sigwait still works. */
static void test_sigwait_of_others(void **state)
{
    sigset_t set, before;
    int number = 0;

    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    pthread_kill(pthread_self(), SIGUSR1);
    assert_int_equal(sigwait(&set, &number), 0);
    assert_int_equal(number, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- load --- */

#define LOAD_THREADS 12
#define LOAD_MESSAGES 15

static _Atomic int answered;

static void *load(void *context)
{
    bool stays_connected = context != NULL;
    struct wire wire;
    struct wire_answer answer;

    for (int i = 0; i < LOAD_MESSAGES; i++) {
        const char *login = i % 3 == 0 ? "alice" : NULL;

        if (i == 0 || !stays_connected) {
            wire_open(&wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
            wire_say_connect(&wire, CLIENT, 4711);
        }
        run_message(&wire, "a@example.org", login, &answer);
        if (answer.verdict == SMFIR_CONTINUE &&
            strstr(answer.changes, login != NULL ? "DKIM-Signature" : "spf=pass") != NULL)
            answered++;
        if (i == LOAD_MESSAGES - 1 || !stays_connected)
            wire_close(&wire);
    }
    return NULL;
}

static void test_load_with_waiting(void **state)
{
    pthread_t threads[LOAD_THREADS];

    (void)state;
    fake.is_holding = true;
    fake_world_serve(&fake);
    for (size_t i = 0; i < LOAD_THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, load, i % 2 == 0 ? &threads[i] : NULL), 0);
    for (size_t i = 0; i < LOAD_THREADS; i++)
        pthread_join(threads[i], NULL);
    fake_world_serve_no_more(&fake);
    assert_int_equal(answered, LOAD_THREADS * LOAD_MESSAGES);
}

/* --- the end --- */

#define IN_FLIGHT 10

/* The milter has seen MAIL FROM when this returns. */
static void begin_message(struct wire *wire, const char *login)
{
    wire_open(wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(wire, CLIENT, 4711);
    wire_say_mail(wire, "<a@example.org>", login);
    wire_say_rcpt(wire);
}

/* Clients that vanish at each stage, waves out: nothing of them may hold up the end. */
static void vanish(void)
{
    for (int stage = 0; stage < 3; stage++) {
        struct wire wire;

        begin_message(&wire, NULL);
        if (stage >= 1)
            wire_say_rest(&wire, "a@example.org");
        if (stage >= 2)
            wire_say_end(&wire, "4bXyz14");
        close(wire.fd);
    }
}

/* The old socket is open until libmilter has been woken; then there is none. */
static void assert_nobody_listens(void)
{
    int64_t until = clock_monotonic_ms() + ENOUGH_S * 1000;
    int fd;

    while ((fd = wire_connect(path)) >= 0) {
        close(fd);
        assert_true(clock_monotonic_ms() < until);
    }
}

static void finish_message(struct wire *wire, bool is_signed)
{
    struct wire_answer answer;

    wire_say_rest(wire, "a@example.org");
    wire_say_end(wire, "q");
    wire_read_answer(wire, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    assert_has(answer.changes, is_signed ? "DKIM-Signature" : "spf=pass");
}

/*
 * Stop with messages in flight at every stage, as the service does it: the listening socket is
 * closed, then drain. All of them are answered as ever, nobody new gets in, and no
 * connection begins another one.
 */
static void test_drains_under_load(void **state)
{
    struct wire wires[IN_FLIGHT], idle;
    struct wire_answer answer;
    int64_t began;

    (void)state;
    wire_open(&idle, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS);
    wire_say_connect(&idle, CLIENT, 4711);
    for (size_t i = 0; i < IN_FLIGHT; i++)
        begin_message(&wires[i], i % 2 == 0 ? "alice" : NULL);
    vanish();
    wire_say_rest(&wires[1], "a@example.org");
    wire_say_end(&wires[1], "q"); /* parked, since waves are held */
    close(listen_fd);
    transport_drain(transport);
    assert_nobody_listens();
    assert_refuses_mail(&idle);
    assert_refuses_mail(&idle);
    fake_world_serve(&fake);
    wire_read_answer(&wires[1], &answer);
    assert_has(answer.changes, "spf=pass");
    assert_refuses_mail(&wires[1]);
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        assert_int_equal(drained, 0);
        if (i != 1)
            finish_message(&wires[i], i % 2 == 0);
    }
    wait_until_drained();
    began = clock_monotonic_ms();
    assert_true(transport_close(&transport));
    assert_true(clock_monotonic_ms() - began < 4000); /* not libmilter's five seconds */
    assert_int_equal(drained, 1);
    assert_int_equal(failed, 0);
    for (size_t i = 0; i < IN_FLIGHT; i++)
        close(wires[i].fd);
    close(idle.fd);
    fake_world_serve_no_more(&fake);
    key_set_release(&fake.keys);
    fake_world_done(&fake);
    wire_unlisten(-1, path);
    wire_await_quiet();
}

UNIT_MAIN(cmocka_unit_test(test_opens), cmocka_unit_test(test_negotiates),
    cmocka_unit_test(test_refuses_a_server_that_forbids_changes),
    cmocka_unit_test(test_judges_and_signs), cmocka_unit_test(test_another_client),
    cmocka_unit_test(test_reverse_lookup), cmocka_unit_test(test_forged_fields_and_rejection),
    cmocka_unit_test(test_local_mail), cmocka_unit_test(test_a_server_without_options),
    cmocka_unit_test(test_one_connection_too_many), cmocka_unit_test(test_signals_stay_ours),
    cmocka_unit_test(test_sigwait_of_others), cmocka_unit_test(test_load_with_waiting),
    cmocka_unit_test(test_drains_under_load))
