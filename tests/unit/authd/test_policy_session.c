/* SPDX-License-Identifier: MIT */
#include "authd/policy-session.h"

#include "authd/authd-metrics.h"
#include "lib/base/log.h"
#include "tests/unit/authd/ground.h"
#include "tests/unit/authd/peer.h"
#include "tests/unit/unit.h"

#define HEAD "POST /?command=allow HTTP/1.1\r\nHost: h\r\n"
#define BODY "Content-Length: 16\r\n\r\n{\"login\":\"root\"}"
#define ALLOW HEAD BODY
#define REPORT "POST /?command=report HTTP/1.1\r\nHost: h\r\n" BODY
#define OK                                                                                         \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n"              \
    "{\"status\":0,\"msg\":\"\"}"
#define KEY "0123456789abcdef"

struct scene {
    struct ground ground;
    struct event_base *base;
    struct policy policy;
    struct proxies proxies;
    struct policy_service service;
    struct connection_group group;
    struct peer peer;
    unsigned noted;
};

static struct guard_verdict judge(void *context, struct text account, const struct ip *client)
{
    (void)context;
    (void)account;
    (void)client;
    return (struct guard_verdict){.is_refused = false};
}

static void note_wrong(
    void *context, struct text account, bool exists, const struct ip *client, struct text password)
{
    struct scene *scene = context;

    (void)account;
    (void)exists;
    (void)client;
    (void)password;
    scene->noted++;
}

static void note_right(
    void *context, struct text account, const struct ip *client, struct text service)
{
    (void)context;
    (void)account;
    (void)client;
    (void)service;
}

static int setup(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);

    log_open("test", LOG_TO_NOWHERE);
    ground_make(&scene->ground);
    scene->base = event_base_new();
    assert_int_equal(
        directory_open(scene->ground.folder, &scene->policy.directory, NULL), ERR_NONE);
    scene->policy.guard = (struct policy_guard){scene, judge, note_wrong, note_right};
    scene->policy.logins = policy_logins_new();
    scene->policy.proxies = &scene->proxies;
    scene->service = (struct policy_service){&scene->policy, ""};
    connection_group_init(&scene->group, scene->base, &policy_session_handler, 10);
    peer_open(&scene->peer, scene->base);
    policy_session_open(&scene->group, &scene->service, scene->peer.session_fd);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    connection_group_done(&scene->group);
    policy_logins_free(&scene->policy.logins);
    directory_close(&scene->policy.directory);
    peer_done(&scene->peer);
    event_base_free(scene->base);
    ground_remove(&scene->ground);
    test_free(scene);
    return 0;
}

static void assert_talk(struct scene *scene, const char *request, const char *answer)
{
    peer_send(&scene->peer, text_from_string(request));
    peer_await(&scene->peer, strlen(answer));
    assert_string_equal(buffer_string(&scene->peer.got), answer);
    peer_clear(&scene->peer);
}

static void test_talk(void **state)
{
    struct scene *scene = *state;

    assert_talk(scene, ALLOW, OK);
    assert_talk(scene, ALLOW REPORT ALLOW, OK OK OK);
    assert_int_equal(scene->noted, 1);
}

/* Byte by byte, as a slow network brings it. */
static void test_pieces(void **state)
{
    struct scene *scene = *state;

    for (const char *p = ALLOW; p[1] != '\0'; p++) {
        peer_send(&scene->peer, text_from_bytes(p, 1));
        event_base_loop(scene->base, EVLOOP_NONBLOCK);
        assert_int_equal(scene->peer.got.len, 0);
    }
    assert_talk(scene, "}", OK);
}

/* It is wrong, but where the next one begins is plain. */
static void test_wrong_questions(void **state)
{
    struct scene *scene = *state;
    int64_t before = authd_malformed.value;

    peer_send(&scene->peer, TEXT("POST / HTTP/1.1\r\nHost: h\r\n" BODY));
    peer_await_end(&scene->peer, "{\"error\":\"the command is neither allow nor report\"}");
    peer_clear(&scene->peer);
    peer_send(&scene->peer, TEXT("GET /?command=allow HTTP/1.1\r\nHost: h\r\n" BODY));
    peer_await_end(&scene->peer, "{\"error\":\"the method is not POST\"}");
    peer_clear(&scene->peer);
    assert_int_equal(authd_malformed.value, before + 2);
    assert_int_equal(scene->noted, 0);
    assert_talk(scene, ALLOW, OK);
}

static const struct {
    const char *name, *input, *status;
} endings[] = {
    {"no HTTP",        "gatepost-login\t1\r\n\r\n",               "HTTP/1.1 400 "},
    {"a long body",    HEAD "Content-Length: 100000\r\n\r\n",     "HTTP/1.1 413 "},
    {"chunks",         HEAD "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 411 "},
    {"asked to close", HEAD "Connection: close\r\n" BODY,         "HTTP/1.1 200 "},
};

static struct peer open_peer(struct scene *scene)
{
    struct peer peer;

    peer_open(&peer, scene->base);
    policy_session_open(&scene->group, &scene->service, peer.session_fd);
    return peer;
}

static void test_endings(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct peer peer = open_peer(scene);

        unit_row(endings[i].name);
        peer_send(&peer, text_from_string(endings[i].input));
        peer_await_close(&peer);
        assert_true(text_starts_with(buffer_text(&peer.got), text_from_string(endings[i].status)));
        peer_done(&peer);
    }
}

static void assert_refused(struct scene *scene, const char *input)
{
    struct peer peer = open_peer(scene);

    peer_send(&peer, text_from_string(input));
    peer_await_close(&peer);
    assert_true(text_starts_with(buffer_text(&peer.got), TEXT("HTTP/1.1 403 ")));
    peer_done(&peer);
}

static void test_key(void **state)
{
    struct scene *scene = *state;

    scene->service.key = KEY;
    assert_talk(scene, HEAD "X-API-Key: " KEY "\r\n" BODY, OK);
    assert_refused(scene, ALLOW);
    assert_refused(scene, HEAD "X-API-Key: 0123456789abcdeg\r\n" BODY);
    assert_refused(scene, HEAD "X-API-Key: " KEY "0\r\n" BODY);
    assert_refused(scene, HEAD "X-API-Key:\r\n" BODY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_talk), TEST(test_pieces), TEST(test_wrong_questions), TEST(test_endings),
    TEST(test_key))
