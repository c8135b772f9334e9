/* SPDX-License-Identifier: MIT */
/*
 * The transport closed while messages are in flight, as when the time to drain is over: who waits
 * for an answer gets a temporary failure, and nothing is left behind.
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
    struct wire parked, in_body;
    struct wire_answer answer;
    struct failure failure;
    char path[108];

    (void)state;
    log_open("test", LOG_TO_NOWHERE);
    fake_world_init(&fake);
    fake.is_holding = true;
    options.listen_fd = wire_listen(path);
    assert_int_equal(transport_open(&options, &transport, &failure), ERR_NONE);
    begin_message(&in_body, path);
    begin_message(&parked, path);
    wire_say_end(&parked, "q1");
    assert_int_equal(transport_messages(transport), 2);
    assert_true(transport_close(&transport));
    wire_read_answer(&parked, &answer);
    /* A milter that is gone before it read the end of message is a failure to the server too. */
    assert_true(answer.verdict == SMFIR_TEMPFAIL || answer.verdict == 0);
    assert_string_equal(answer.changes, "");
    close(parked.fd);
    close(in_body.fd);
    fake_world_done(&fake);
    wire_unlisten(options.listen_fd, path);
}

UNIT_MAIN(cmocka_unit_test(test_closes_over_parked_messages))
