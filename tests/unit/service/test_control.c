/* SPDX-License-Identifier: MIT */

/* The control socket without a daemon, the client's side, and the metrics that it gives out. */

#include "lib/service/control.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/control-client.h"
#include "lib/service/metrics.h"
#include "lib/service/socket.h"
#include "tests/unit/unit.h"

static enum err word_echo(void *state, struct text arguments, struct buffer *answer)
{
    ++*(int *)state;
    buffer_append_format(answer, "[%.*s]\n", TEXT_ARGS(arguments));
    return ERR_NONE;
}

static enum err word_fail(void *state, struct text arguments, struct buffer *answer)
{
    (void)state;
    (void)arguments;
    buffer_append_string(answer, "first line\nsecond line\n");
    return ERR_BUSY;
}

static enum err word_fill(void *state, struct text arguments, struct buffer *answer)
{
    (void)state;
    (void)arguments;
    for (int i = 0; i < 100000; i++)
        buffer_append_string(answer, "0123456789\n");
    return ERR_NONE;
}

static const struct service_word words[] = {
    {"echo",   "says it back", false, word_echo},
    {"change", "changes",      true,  word_echo},
    {"fail",   "fails",        false, word_fail},
    {"fill",   "says much",    false, word_fill},
};

struct scene {
    struct event_base *base;
    struct control *control;
    char folder[64], address[128];
    int fd, calls;
};

static struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct failure failure;

    assert_non_null(scene);
    snprintf(scene->folder, sizeof scene->folder, "/tmp/gatepost-control-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->address, sizeof scene->address, "unix:%s/d.control", scene->folder);
    assert_int_equal(socket_listen(scene->address, NULL, 0600, &scene->fd, &failure), ERR_NONE);
    scene->base = event_base_new();
    scene->control = control_new(scene->base, scene->fd);
    assert_non_null(scene->control);
    control_add_words(scene->control, words, sizeof words / sizeof *words, &scene->calls);
    return scene;
}

static void scene_free(struct scene *scene)
{
    control_free(&scene->control);
    event_base_free(scene->base);
    close(scene->fd);
    assert_int_equal(socket_remove_stale(scene->address, NULL), ERR_NONE);
    rmdir(scene->folder);
    free(scene);
}

static const struct {
    const char *name, *line;
    bool privileged;
    const char *expected;
} requests[] = {
    {"a word",                          "echo",          false, "OK\n[]\n"                            },
    {"arguments",                       "echo  a  b \r", false, "OK\n[a  b]\n"                        },
    {"a word that changes, by anybody", "change x",      false, "ERROR only root may use \"change\"\n"},
    {"a word that changes, by root",    "change x",      true,  "OK\n[x]\n"                           },
    {"an error on several lines",       "fail",          true,  "ERROR first line second line\n"      },
    {"nothing",                         "",              true,  "ERROR unknown word; try \"help\"\n"  },
    {"the beginning of a word",         "ech",           true,  "ERROR unknown word; try \"help\"\n"  },
    {"binary",                          "\x01\xff",      true,  "ERROR unknown word; try \"help\"\n"  },
};

static void test_answers(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct buffer answer = BUFFER_NONE;

        unit_row(requests[i].name);
        control_answer(
            scene->control, text_from_string(requests[i].line), requests[i].privileged, &answer);
        assert_string_equal(buffer_string(&answer), requests[i].expected);
        buffer_done(&answer);
    }
    assert_int_equal(scene->calls, 3);
    scene_free(scene);
}

static int connect_to(const struct scene *scene)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    memcpy(name.sun_path, scene->address + 5, strlen(scene->address + 5));
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

static void turn(struct scene *scene)
{
    for (int i = 0; i < 20; i++)
        event_base_loop(scene->base, EVLOOP_NONBLOCK);
}

/* What came since; "" for nothing, NULL for the end. */
static const char *hear(int client)
{
    static char got[256];
    ssize_t len = recv(client, got, sizeof got - 1, 0);

    got[len > 0 ? len : 0] = '\0';
    return len == 0 ? NULL : got;
}

static void test_one_request_a_connection(void **state)
{
    struct scene *scene = scene_new();
    int fd = connect_to(scene);

    (void)state;
    assert_int_equal(send(fd, "echo hel", 8, 0), 8);
    turn(scene);
    assert_string_equal(hear(fd), "");
    assert_int_equal(send(fd, "lo\necho again\n", 14, 0), 14);
    turn(scene);
    assert_string_equal(hear(fd), "OK\n[hello]\n");
    assert_int_equal(scene->calls, 1);
    close(fd);
    scene_free(scene);
}

/* A client that has said all is still answered: "echo status | nc -NU". */
static void test_request_and_end(void **state)
{
    struct scene *scene = scene_new();
    int fd = connect_to(scene);

    (void)state;
    assert_int_equal(send(fd, "echo x\n", 7, 0), 7);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    turn(scene);
    assert_string_equal(hear(fd), "OK\n[x]\n");
    assert_null(hear(fd));
    close(fd);
    scene_free(scene);
}

static void test_too_long(void **state)
{
    struct scene *scene = scene_new();
    char line[CONTROL_LINE_MAX + 2];
    int fd = connect_to(scene);

    (void)state;
    memset(line, 'x', sizeof line);
    assert_int_equal(send(fd, line, sizeof line, 0), sizeof line);
    turn(scene);
    assert_string_equal(hear(fd), "ERROR the request is too long\n");
    close(fd);
    scene_free(scene);
}

/* Those who say nothing keep others out no longer than their time; but they are bounded. */
static void test_too_many(void **state)
{
    struct scene *scene = scene_new();
    int fds[CONTROL_CONNECTIONS_MAX + 1];

    (void)state;
    for (size_t i = 0; i <= CONTROL_CONNECTIONS_MAX; i++)
        fds[i] = connect_to(scene);
    turn(scene);
    assert_null(hear(fds[CONTROL_CONNECTIONS_MAX]));
    assert_string_equal(hear(fds[0]), "");
    close(fds[0]);
    close(fds[CONTROL_CONNECTIONS_MAX]);
    turn(scene);
    fds[0] = connect_to(scene);
    assert_int_equal(send(fds[0], "echo\n", 5, 0), 5);
    turn(scene);
    assert_string_equal(hear(fds[0]), "OK\n[]\n");
    for (size_t i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        close(fds[i]);
    scene_free(scene);
}

static void *ask_for_much(void *context)
{
    const struct scene *scene = context;
    struct buffer *answer = calloc(1, sizeof *answer);
    struct failure failure;

    if (answer != NULL &&
        control_ask(scene->folder, "d", "fill", 20000, answer, &failure) != ERR_NONE)
        buffer_append_format(answer, "%s", failure.text);
    return answer;
}

/* A long answer goes out in pieces, as the client fetches them. */
static void test_long_answer(void **state)
{
    struct scene *scene = scene_new();
    struct buffer *answer;
    pthread_t client;
    void *result;

    (void)state;
    assert_int_equal(pthread_create(&client, NULL, ask_for_much, scene), 0);
    while (pthread_tryjoin_np(client, &result) != 0) {
        const struct timeval wait = {.tv_usec = 10000};

        event_base_loopexit(scene->base, &wait);
        event_base_loop(scene->base, EVLOOP_ONCE);
    }
    answer = result;
    assert_non_null(answer);
    assert_int_equal(answer->len, 1100000);
    buffer_done(answer);
    free(answer);
    scene_free(scene);
}

static void test_client_without_daemon(void **state)
{
    struct scene *scene = scene_new();
    struct buffer answer = BUFFER_NONE;
    struct failure failure;

    (void)state;
    assert_int_equal(control_ask("/nonexistent", "d", "echo", 1000, &answer, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "/nonexistent/d.control"));
    /* Nobody turns the loop: no answer. */
    assert_int_equal(control_ask(scene->folder, "d", "echo", 1, &answer, &failure), ERR_TIMEOUT);
    assert_int_equal(answer.len, 0);
    scene_free(scene);
    buffer_done(&answer);
}

/* A daemon that hangs, with as many before us as its socket lets wait. */
static void test_full_backlog(void **state)
{
    struct scene *scene = scene_new();
    struct buffer answer = BUFFER_NONE;
    struct failure failure;
    int64_t began_ms = clock_monotonic_ms();
    int first;

    (void)state;
    assert_int_equal(listen(scene->fd, 0), 0);
    first = connect_to(scene);
    assert_int_equal(control_ask(scene->folder, "d", "echo", 100, &answer, &failure), ERR_TIMEOUT);
    assert_string_equal(failure.text, "the daemon takes no connection in time");
    assert_true(clock_monotonic_ms() - began_ms >= 100);
    close(first);
    scene_free(scene);
}

static const struct {
    const char *name, *answer;
    enum err err;
    const char *text;
} strange_answers[] = {
    {"nothing",          "",                             ERR_IO,      ""           },
    {"half a line",      "OK",                           ERR_IO,      ""           },
    {"another protocol", "220 mail.example.org ESMTP\n", ERR_FOREIGN, ""           },
    {"an error",         "ERROR it is so\n",             ERR_REFUSED, ""           },
    {"no text",          "OK\n",                         ERR_NONE,    ""           },
    {"text",             "OK\nOK\nERROR\n",              ERR_NONE,    "OK\nERROR\n"},
};

struct stranger {
    int listening;
    const char *answer;
};

static void *answer_strangely(void *context)
{
    const struct stranger *stranger = context;
    struct pollfd wait = {.fd = stranger->listening, .events = POLLIN};
    char request[64];
    int fd;

    if (poll(&wait, 1, 20000) != 1 || (fd = accept(stranger->listening, NULL, NULL)) < 0)
        return NULL;
    if (recv(fd, request, sizeof request, 0) > 0)
        (void)send(fd, stranger->answer, strlen(stranger->answer), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void test_strange_answers(void **state)
{
    struct scene *scene = scene_new();

    (void)state;
    control_free(&scene->control);
    for (size_t i = 0; i < sizeof strange_answers / sizeof *strange_answers; i++) {
        struct stranger stranger = {scene->fd, strange_answers[i].answer};
        struct buffer answer = BUFFER_NONE;
        struct failure failure;
        pthread_t thread;

        unit_row(strange_answers[i].name);
        assert_int_equal(pthread_create(&thread, NULL, answer_strangely, &stranger), 0);
        assert_int_equal(control_ask(scene->folder, "d", "echo", 20000, &answer, &failure),
            strange_answers[i].err);
        pthread_join(thread, NULL);
        assert_string_equal(buffer_string(&answer), strange_answers[i].text);
        buffer_done(&answer);
    }
    scene_free(scene);
}

static struct metric good = {"test_total", "Things.", "counter", "result=\"good\"", 0};
static struct metric other = {"test_gauge", "A gauge.", "gauge", NULL, 0};
static struct metric bad = {"test_total", "Things.", "counter", "result=\"bad\"", 0};
static struct metric *const first[] = {&good, &other};
static struct metric *const second[] = {&bad};

static void test_metrics(void **state)
{
    struct buffer out = BUFFER_NONE;

    (void)state;
    metrics_register(first, 2);
    metrics_register(second, 1);
    metric_add(&good, 3);
    metric_add(&bad, 1);
    metric_add(&other, -5);
    metrics_format(&out);
    assert_string_equal(buffer_string(&out),
        "# HELP test_total Things.\n# TYPE test_total counter\n"
        "test_total{result=\"good\"} 3\ntest_total{result=\"bad\"} 1\n"
        "# HELP test_gauge A gauge.\n# TYPE test_gauge gauge\ntest_gauge -5\n");
    buffer_done(&out);
}

/* Out of descriptors, a client waits without keeping the loop busy, and is served afterwards. */
static void test_out_of_descriptors(void **state)
{
    const struct timeval moment = {.tv_sec = 20};
    struct scene *scene = scene_new();
    struct rlimit usual, low;
    char answer[64] = "";
    int fd = connect_to(scene);

    (void)state;
    log_open("test", LOG_TO_NOWHERE);
    assert_int_equal(write(fd, "echo a\n", 7), 7);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = usual;
    low.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    turn(scene);
    assert_int_equal(event_base_get_num_events(scene->base, EVENT_BASE_COUNT_ADDED), 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    event_base_loopexit(scene->base, &moment);
    while (read(fd, answer, sizeof answer - 1) < 0) {
        assert_int_equal(event_base_loop(scene->base, EVLOOP_ONCE), 0);
        assert_false(event_base_got_exit(scene->base));
    }
    assert_string_equal(answer, "OK\n[a]\n");
    close(fd);
    scene_free(scene);
}

UNIT_MAIN(cmocka_unit_test(test_answers), cmocka_unit_test(test_out_of_descriptors),
    cmocka_unit_test(test_one_request_a_connection), cmocka_unit_test(test_request_and_end),
    cmocka_unit_test(test_too_long), cmocka_unit_test(test_too_many),
    cmocka_unit_test(test_long_answer), cmocka_unit_test(test_client_without_daemon),
    cmocka_unit_test(test_full_backlog), cmocka_unit_test(test_strange_answers),
    cmocka_unit_test(test_metrics))
