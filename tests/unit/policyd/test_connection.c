/* SPDX-License-Identifier: MIT */

/* Connections over a socketpair, driven by a loop that this test turns. */

#include "policyd/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "tests/unit/logged.h"

#define REQUEST "request=smtpd_access_policy\nsasl_username=alice\n\n"
#define ANSWER "action=alice\n\n"

struct scene {
    struct event_base *base;
    struct connections *connections;
    int client;
    unsigned asked;
    bool empty;
};

static void answer(void *context, const struct request *request, struct buffer *out)
{
    struct scene *scene = context;

    scene->asked++;
    buffer_append_format(out, "action=%.*s\n\n", TEXT_ARGS(request->user));
}

static void note_empty(void *context)
{
    ((struct scene *)context)->empty = true;
}

static int connect_pair(struct scene *scene)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    connections_add(scene->connections, pair[1]);
    return pair[0];
}

static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof *scene);

    log_open("test", LOG_TO_NOWHERE);
    assert_non_null(scene);
    scene->base = event_base_new();
    scene->connections = connections_new(scene->base, answer, scene);
    connections_set_max(scene->connections, 2);
    scene->client = connect_pair(scene);
    return scene;
}

static void scene_free(struct scene *scene)
{
    connections_free(&scene->connections);
    event_base_free(scene->base);
    close(scene->client);
    free(scene);
}

/* Until nothing more is to be done for now. */
static void turn(struct scene *scene)
{
    for (int i = 0; i < 20; i++)
        event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

static void say(struct scene *scene, const char *bytes, size_t len)
{
    assert_int_equal(send(scene->client, bytes, len, MSG_NOSIGNAL), len);
    turn(scene);
}

/* What came since; "" for nothing, NULL for the end. */
static const char *hear(int client)
{
    static char got[4096];
    ssize_t len = recv(client, got, sizeof got - 1, 0);

    got[len > 0 ? len : 0] = '\0';
    return len == 0 ? NULL : got;
}

static void test_pieces_and_pipelines(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    for (size_t i = 0; i < sizeof REQUEST - 1; i++) {
        assert_string_equal(hear(scene->client), "");
        say(scene, REQUEST + i, 1);
    }
    assert_string_equal(hear(scene->client), ANSWER);
    say(scene, REQUEST REQUEST REQUEST "req", 3 * (sizeof REQUEST - 1) + 3);
    assert_string_equal(hear(scene->client), ANSWER ANSWER ANSWER);
    say(scene, REQUEST + 3, sizeof REQUEST - 4);
    assert_string_equal(hear(scene->client), ANSWER);
    scene_free(scene);
}

static const struct {
    const char *name, *bytes;
    size_t len;
    const char *heard_first;
} bad[] = {
    {"no request",               "\n",                     1,                  ""    },
    {"nonsense",                 "GET / HTTP/1.1\r\n\n\n", 18,                 ""    },
    {"nonsense after a request", REQUEST "x\n\n",          sizeof REQUEST + 2, ANSWER},
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scene *scene = scene_new();

        unit_row(bad[i].name);
        say(scene, bad[i].bytes, bad[i].len);
        if (bad[i].heard_first[0] != '\0')
            assert_int_equal(scene->asked, 1);
        else
            assert_null(hear(scene->client));
        assert_int_equal(connections_count(scene->connections), 0);
        scene_free(scene);
    }
}

static void test_too_long(void **state)
{
    struct scene *scene = scene_new();
    char piece[4096];

    (void)state;
    memset(piece, 'x', sizeof piece);
    for (size_t sent = 0; sent <= REQUEST_BYTES_MAX; sent += sizeof piece) {
        assert_int_equal(connections_count(scene->connections), 1);
        say(scene, piece, sizeof piece);
    }
    assert_int_equal(connections_count(scene->connections), 0);
    scene_free(scene);
}

/* A client that asks and asks and fetches nothing: it is not read from any more. */
static void test_answers_not_fetched(void **state)
{
    struct scene *scene = scene_new();
    unsigned asked, answered = 0;
    ssize_t sent = 1;
    const char *heard;

    (void)state;
    for (int round = 0; round < 200000 && sent > 0; round++) {
        sent = send(scene->client, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL);
        turn(scene);
    }
    assert_true(sent < 0);
    asked = scene->asked;
    turn(scene);
    assert_int_equal(scene->asked, asked);
    while ((heard = hear(scene->client)) != NULL && heard[0] != '\0') {
        for (; *heard != '\0'; heard++)
            answered += *heard == '=';
        turn(scene);
    }
    assert_true(scene->asked > asked);
    assert_int_equal(answered, scene->asked);
    scene_free(scene);
}

static void test_too_many(void **state)
{
    struct scene *scene = scene_new();
    int second = connect_pair(scene), third = connect_pair(scene), fourth;

    (void)state;
    turn(scene);
    assert_int_equal(connections_count(scene->connections), 2);
    assert_null(hear(third));
    close(second);
    turn(scene);
    fourth = connect_pair(scene);
    turn(scene);
    assert_int_equal(connections_count(scene->connections), 2);
    assert_string_equal(hear(fourth), "");
    close(third);
    close(fourth);
    scene_free(scene);
}

static size_t count_of(const char *text, const char *piece)
{
    size_t count = 0;

    for (const char *found = strstr(text, piece); found != NULL; found = strstr(found + 1, piece))
        count++;
    return count;
}

/* Clients that come and go at the bound: one line, and one more after it was quiet. */
static void test_too_many_is_told_once(void **state)
{
    struct scene *scene = scene_new();
    struct logged logged = logged_begin();
    char lines[4096];
    int second = -1;

    (void)state;
    connections_set_max(scene->connections, 3);
    for (int i = 0; i < 2; i++) {
        int third, others[5];

        second = connect_pair(scene);
        third = connect_pair(scene);
        for (int j = 0; j < 5; j++) {
            others[j] = connect_pair(scene);
            close(others[j]);
            close(third);
            turn(scene);
            third = connect_pair(scene);
        }
        close(second);
        close(third);
        turn(scene);
    }
    logged_end(&logged, lines, sizeof lines);
    assert_int_equal(count_of(lines, "as many as policyd.max_connections permits"), 2);
    scene_free(scene);
}

/* Idle ones are closed at once; a request that has begun is still answered. */
static void test_drain(void **state)
{
    struct scene *scene = scene_new();
    int idle = connect_pair(scene);

    (void)state;
    say(scene, REQUEST, 10);
    connections_drain(scene->connections, note_empty, scene);
    turn(scene);
    assert_null(hear(idle));
    assert_false(scene->empty);
    say(scene, REQUEST + 10, sizeof REQUEST - 11);
    assert_string_equal(hear(scene->client), ANSWER);
    assert_true(scene->empty);
    assert_int_equal(connections_count(scene->connections), 0);
    close(idle);
    scene_free(scene);
}

/* What the system has, and we have not read yet, is in flight too. */
static void test_drain_unread(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    assert_int_equal(
        send(scene->client, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL), sizeof REQUEST - 1);
    connections_drain(scene->connections, note_empty, scene);
    assert_false(scene->empty);
    turn(scene);
    assert_string_equal(hear(scene->client), ANSWER);
    assert_true(scene->empty);
    scene_free(scene);
}

static void test_drain_nothing(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    connections_drain(scene->connections, note_empty, scene);
    assert_true(scene->empty);
    scene_free(scene);
}

static void test_half_and_end(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    say(scene, REQUEST, 10);
    assert_int_equal(shutdown(scene->client, SHUT_WR), 0);
    turn(scene);
    assert_int_equal(connections_count(scene->connections), 0);
    assert_int_equal(scene->asked, 0);
    scene_free(scene);
}

/* A client that has said all is still answered. */
static void test_request_and_end(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    assert_int_equal(send(scene->client, REQUEST REQUEST, 2 * (sizeof REQUEST - 1), MSG_NOSIGNAL),
        2 * (sizeof REQUEST - 1));
    assert_int_equal(shutdown(scene->client, SHUT_WR), 0);
    turn(scene);
    assert_string_equal(hear(scene->client), ANSWER ANSWER);
    assert_null(hear(scene->client));
    assert_int_equal(connections_count(scene->connections), 0);
    scene_free(scene);
}

UNIT_MAIN(cmocka_unit_test(test_request_and_end), cmocka_unit_test(test_pieces_and_pipelines),
    cmocka_unit_test(test_malformed), cmocka_unit_test(test_too_long),
    cmocka_unit_test(test_answers_not_fetched), cmocka_unit_test(test_too_many),
    cmocka_unit_test(test_too_many_is_told_once), cmocka_unit_test(test_drain),
    cmocka_unit_test(test_drain_unread), cmocka_unit_test(test_drain_nothing),
    cmocka_unit_test(test_half_and_end))
