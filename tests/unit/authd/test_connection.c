/* SPDX-License-Identifier: MIT */

/* A connection's own business: deadlines, the end of file, bounds. Its handler echoes lines. */

#include "authd/connection.h"

#include <sys/socket.h>

#include "tests/unit/authd/peer.h"
#include "tests/unit/unit.h"

#define LINE_MAX_BYTES 64
/* What no test awaits, and what one does: the loop's timer, not a sleep. */
#define LONG_MS 3600000
#define SHORT_MS 20

struct echo {
    struct connection *connection;
    bool is_held, timed_out;
    bool *was_closed;
};

static enum connection_step on_input(void *state, char *input, size_t len, size_t *taken_r)
{
    struct echo *echo = state;
    const char *end = memchr(input, '\n', len);

    if (echo->is_held || end == NULL)
        return !echo->is_held && len == LINE_MAX_BYTES ? CONNECTION_ENDS : CONNECTION_WANTS;
    *taken_r = (size_t)(end - input) + 1;
    connection_write(echo->connection, text_from_bytes(input, *taken_r));
    return input[0] == 'q' ? CONNECTION_ENDS : CONNECTION_TOOK;
}

static bool on_is_busy(const void *state)
{
    return ((const struct echo *)state)->is_held;
}

static void on_timeout(void *state)
{
    ((struct echo *)state)->timed_out = true;
}

static void on_closed(void *state)
{
    *((struct echo *)state)->was_closed = true;
}

static struct connection_handler handler = {
    .input_max = LINE_MAX_BYTES,
    .input = on_input,
    .is_busy = on_is_busy,
    .timeout = on_timeout,
    .closed = on_closed,
};

struct scene {
    struct event_base *base;
    struct connection_group group;
    struct peer peer;
    struct echo echo;
    bool was_closed;
};

static int setup(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);

    handler.request_ms = LONG_MS;
    scene->base = event_base_new();
    connection_group_init(&scene->group, scene->base, &handler, 2);
    peer_open(&scene->peer, scene->base);
    scene->echo.connection = connection_open(&scene->group, scene->peer.session_fd);
    scene->echo.was_closed = &scene->was_closed;
    connection_set_state(scene->echo.connection, &scene->echo);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    connection_group_done(&scene->group);
    assert_true(scene->was_closed);
    peer_done(&scene->peer);
    event_base_free(scene->base);
    test_free(scene);
    return 0;
}

static void test_echo(void **state)
{
    struct scene *scene = *state;

    peer_send(&scene->peer, TEXT("a\nbc\nd"));
    peer_await_end(&scene->peer, "a\nbc\n");
    peer_send(&scene->peer, TEXT("e\n"));
    peer_await_end(&scene->peer, "a\nbc\nde\n");
}

/* After its last word nothing of the client's counts any more. */
static void test_ends(void **state)
{
    struct scene *scene = *state;

    peer_send(&scene->peer, TEXT("quit\nmore\n"));
    peer_await_close(&scene->peer);
    assert_string_equal(buffer_string(&scene->peer.got), "quit\n");
}

static void test_half_a_request(void **state)
{
    struct scene *scene = *state;

    handler.request_ms = SHORT_MS;
    peer_send(&scene->peer, TEXT("a\nhalf"));
    peer_await_close(&scene->peer);
    assert_string_equal(buffer_string(&scene->peer.got), "a\n");
    assert_true(scene->echo.timed_out);
}

/* A client that asks nothing may stay as long as it likes: no timer is set for it. */
static void test_idle_has_no_deadline(void **state)
{
    struct scene *scene = *state;

    handler.request_ms = SHORT_MS;
    peer_send(&scene->peer, TEXT("a\n"));
    peer_await_end(&scene->peer, "a\n");
    assert_int_equal(event_base_get_num_events(scene->base, EVENT_BASE_COUNT_ADDED), 1);
    assert_false(scene->echo.timed_out);
}

/* While an answer is outstanding, input waits, its end too; then all of it is taken. */
static void test_held(void **state)
{
    struct scene *scene = *state;

    scene->echo.is_held = true;
    peer_send(&scene->peer, TEXT("a\nb\n"));
    assert_int_equal(shutdown(scene->peer.fd, SHUT_WR), 0);
    event_base_loop(scene->base, EVLOOP_NONBLOCK);
    event_base_loop(scene->base, EVLOOP_NONBLOCK);
    assert_false(scene->was_closed);
    scene->echo.is_held = false;
    connection_resume(scene->echo.connection);
    peer_await_close(&scene->peer);
    assert_string_equal(buffer_string(&scene->peer.got), "a\nb\n");
}

static void test_group_is_bounded(void **state)
{
    struct scene *scene = *state;
    struct peer second, third;

    peer_open(&second, scene->base);
    peer_open(&third, scene->base);
    assert_non_null(connection_open(&scene->group, second.session_fd));
    assert_null(connection_open(&scene->group, third.session_fd));
    peer_await_close(&third);
    peer_done(&second);
    peer_done(&third);
}

static void set(void *context)
{
    *(bool *)context = true;
}

static void test_drain(void **state)
{
    struct scene *scene = *state;
    struct peer late;
    bool is_empty = false;

    scene->group.on_empty = set;
    scene->group.context = &is_empty;
    peer_send(&scene->peer, TEXT("a\n"));
    connection_group_drain(&scene->group);
    peer_open(&late, scene->base);
    assert_null(connection_open(&scene->group, late.session_fd));
    peer_done(&late);
    peer_await_close(&scene->peer);
    assert_true(is_empty);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_echo), TEST(test_ends), TEST(test_half_a_request),
    TEST(test_idle_has_no_deadline), TEST(test_held), TEST(test_group_is_bounded), TEST(test_drain))
