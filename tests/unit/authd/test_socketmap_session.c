/* SPDX-License-Identifier: MIT */
#include "authd/socketmap-session.h"

#include "authd/authd-metrics.h"
#include "lib/base/log.h"
#include "tests/unit/authd/ground.h"
#include "tests/unit/authd/peer.h"
#include "tests/unit/unit.h"

struct scene {
    struct ground ground;
    struct event_base *base;
    struct directory *directory;
    struct connection_group group;
    struct peer peer;
};

static int setup(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);

    log_open("test", LOG_TO_NOWHERE);
    ground_make(&scene->ground);
    scene->base = event_base_new();
    assert_int_equal(directory_open(scene->ground.folder, &scene->directory, NULL), ERR_NONE);
    connection_group_init(&scene->group, scene->base, &socketmap_session_handler, 10);
    peer_open(&scene->peer, scene->base);
    socketmap_session_open(&scene->group, scene->directory, scene->peer.session_fd);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    connection_group_done(&scene->group);
    directory_close(&scene->directory);
    peer_done(&scene->peer);
    event_base_free(scene->base);
    ground_remove(&scene->ground);
    test_free(scene);
    return 0;
}

static const struct {
    const char *name, *request, *answer;
} talks[] = {
    {"a mailbox",     "27:mailboxes alice@example.org,",                              "21:OK example.org/alice/,"      },
    {"none",          "28:mailboxes nobody@example.org,",                             "9:NOTFOUND ,"                   },
    {"no such table", "7:none of,",                                                   "27:PERM there is no such table,"},
    {"two at once",   "27:senders nobody@bare.example,25:aliases alice@example.org,",
     "9:NOTFOUND ,20:OK alice@example.org,"                                                                            },
};

static void test_talks(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
        unit_row(talks[i].name);
        peer_send(&scene->peer, text_from_string(talks[i].request));
        peer_await(&scene->peer, strlen(talks[i].answer));
        assert_string_equal(buffer_string(&scene->peer.got), talks[i].answer);
        peer_clear(&scene->peer);
    }
}

static const struct {
    const char *name, *input;
} malformed[] = {
    {"no length",      "mailboxes alice@example.org,"    },
    {"too long",       "99999:"                          },
    {"no comma",       "3:t k;"                          },
    {"after good one", "27:mailboxes alice@example.org,x"},
};

static void test_malformed(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct peer peer;
        int64_t before = authd_malformed.value;

        unit_row(malformed[i].name);
        peer_open(&peer, scene->base);
        socketmap_session_open(&scene->group, scene->directory, peer.session_fd);
        peer_send(&peer, text_from_string(malformed[i].input));
        peer_await_close(&peer);
        assert_int_equal(authd_malformed.value, before + 1);
        peer_done(&peer);
    }
}

static void test_failing_database(void **state)
{
    struct scene *scene = *state;

    ground_run_sql(&scene->ground, STORE_DIRECTORY,
        "DROP TABLE alias_target; DROP TABLE alias; DROP TABLE mail_user; DROP TABLE domain");
    peer_send(&scene->peer, TEXT("28:mailboxes nobody@example.org,"));
    peer_await_end(&scene->peer, "36:TEMP the database cannot be read now,");
}

/* A client that asks and does not read: its requests wait, what is owed stays bounded. */
static void test_client_that_does_not_read(void **state)
{
    struct scene *scene = *state;
    struct text request = TEXT("27:mailboxes alice@example.org,");
    struct text answer = TEXT("21:OK example.org/alice/,");
    size_t asked = 20000;

    for (size_t i = 0; i < asked; i++)
        peer_send(&scene->peer, request);
    assert_true(scene->peer.got.len != 0); /* it did hold back */
    peer_await(&scene->peer, asked * answer.len);
    assert_int_equal(scene->peer.got.len, asked * answer.len);
    for (size_t at = 0; at < scene->peer.got.len; at += answer.len)
        assert_memory_equal(scene->peer.got.data + at, answer.data, answer.len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_talks), TEST(test_malformed), TEST(test_failing_database),
    TEST(test_client_that_does_not_read))
