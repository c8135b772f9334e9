/* SPDX-License-Identifier: MIT */
/*
 * The transport over TCP, where DATA is answered; and closed while messages are in flight, as when
 * the time to drain is over: who waits for an answer gets a temporary failure, and nothing is left
 * behind.
 */
#include <libmilter/mfapi.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "milter/transport.h"
#include "tests/unit/milter/fake-world.h"
#include "tests/unit/milter/wire.h"
#include "tests/unit/unit.h"

#define CLIENT "203.0.113.5"

static void ignore(void *context)
{
    (void)context;
}

static void begin_message(struct wire *wire, const char *path)
{
    wire_open(wire, path, WIRE_ALL_ACTIONS, WIRE_ALL_STEPS & ~(uint32_t)SMFIP_NR_BODY);
    assert_int_equal(wire->steps & (SMFIP_NODATA | SMFIP_NR_DATA), 0);
    wire_say_connect(wire, CLIENT, 4711);
    wire_say_mail(wire, "<a@example.org>", NULL);
    wire_say_rcpt(wire);
    wire_say_rest(wire, "a@example.org");
}

static void test_closes_over_parked_messages(void **state)
{
    struct fake_world fake;
    struct transport *transport;
    struct transport_options options = {
        .source = &fake.source, .max_connections = 10, .drained = ignore, .failed = ignore};
    struct wire whole, parked, in_body;
    struct wire_answer answer;
    struct failure failure;
    char path[108];

    (void)state;
    log_open("test", LOG_TO_NOWHERE);
    fake_world_init(&fake);
    fake_world_add(&fake, "example.org", DNS_TXT, "v=spf1 include:spf.example.com -all");
    options.listen_fd = wire_listen_tcp(path);
    assert_int_equal(transport_open(&TRANSPORT, &options, &transport, &failure), ERR_NONE);
    fake.is_holding = false;
    begin_message(&whole, path);
    wire_say_end(&whole, "q0");
    wire_read_answer(&whole, &answer);
    assert_int_equal(answer.verdict, SMFIR_CONTINUE);
    wire_close(&whole);
    fake.is_holding = true;
    begin_message(&in_body, path);
    begin_message(&parked, path);
    fake_world_await(&fake, 4);
    fake_world_answer(&fake);
    wire_say_end(&parked, "q1");
    fake_world_await(&fake, 1); /* the included record, asked for at the end of message */
    assert_int_equal(transport_messages(transport), 2);
    assert_true(transport_close(&transport));
    wire_read_answer(&parked, &answer);
    assert_int_equal(answer.verdict, SMFIR_TEMPFAIL);
    assert_string_equal(answer.changes, "");
    close(parked.fd);
    close(in_body.fd);
    fake_world_done(&fake);
    wire_unlisten(options.listen_fd, path);
    wire_await_quiet();
}

UNIT_MAIN(cmocka_unit_test(test_closes_over_parked_messages))
