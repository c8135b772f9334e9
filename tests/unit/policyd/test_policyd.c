/* SPDX-License-Identifier: MIT */

/* gatepost-policyd as a process: its counters outlive it, and its database may fail. */

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/store/usage.h"
#include "tests/unit/service/running.h"
#include "tests/unit/unit.h"

static const struct running_program policyd = {
    .path = "policyd/gatepost-policyd", .control = "policyd", .socket = "policy"};

static void prepare(struct running *running, const char *policyd_lines)
{
    struct failure failure;
    bool changed;

    running_init(running, &policyd, policyd_lines);
    assert_int_equal(mkdir(running->state, 0755), 0);
    assert_int_equal(
        store_prepare(running->state, STORE_LIMITS, NULL, &changed, &failure), ERR_NONE);
}

static void start(struct running *running)
{
    running_start(running, -1);
    running_await(running, "READY=1");
}

static void stop(struct running *running)
{
    running_signal(running, SIGTERM);
    assert_int_equal(running_end(running), EX_OK);
}

/* The answer to a request for alice; static, until the next call. */
static const char *ask(const struct running *running, const char *stage, int instance, int count)
{
    static char answer[1024];
    char request[512];
    size_t len = 0;
    int fd = running_connect(running);

    assert_true(fd >= 0);
    snprintf(request, sizeof request,
        "request=smtpd_access_policy\nprotocol_state=%s\ninstance=%d\nrecipient_count=%d\n"
        "queue_id=4bXyz12\nclient_address=192.0.2.7\nsender=alice@example.org\n"
        "recipient=bob@example.net> user=x\nsasl_username=Alice@example.org\n",
        stage, instance, count);
    running_send(fd, request);
    do {
        ssize_t got = recv(fd, answer + len, sizeof answer - 1 - len, 0);

        assert_true(got > 0);
        len += (size_t)got;
        answer[len] = '\0';
    } while (strstr(answer, "\n\n") == NULL);
    close(fd);
    return answer;
}

#define assert_passes(answer) assert_string_equal((answer), "action=DUNNO\n\n")
#define assert_deferred(answer, said)                                                              \
    do {                                                                                           \
        const char *answer_ = (answer);                                                            \
        assert_int_equal(strncmp(answer_, "action=450 4.7.1 ", 17), 0);                            \
        assert_non_null(strstr(answer_, (said)));                                                  \
    } while (0)

static void test_survives_restart(void **state)
{
    struct running running;

    (void)state;
    prepare(&running, "messages = 2\nperiod = 1h");
    start(&running);
    assert_passes(ask(&running, "RCPT", 1, 0));
    assert_passes(ask(&running, "DATA", 1, 1));
    assert_passes(ask(&running, "DATA", 2, 1));
    assert_deferred(ask(&running, "RCPT", 3, 0), ": 2 messages in 1h, used 2; try again after ");
    assert_true(running_logged(&running,
        "4bXyz12: client=192.0.2.7 user=Alice@example.org from=<alice@example.org> "
        "to=<bob@example.net??user=x> stage=RCPT action=defer messages=2 asked=1 limit=2 free="));
    stop(&running);
    start(&running);
    assert_deferred(ask(&running, "DATA", 4, 1), "used 2");
    stop(&running);
    running_done(&running);
}

static void sum_up(void *context, const struct usage *usage)
{
    *(int64_t *)context += usage->messages;
}

static int64_t saved_messages(const struct running *running)
{
    struct store *store = NULL;
    struct failure failure;
    int64_t sum = 0;

    assert_int_equal(
        store_open(running->state, STORE_LIMITS, STORE_READ, &store, &failure), ERR_NONE);
    assert_int_equal(usage_list(store, 0, sum_up, &sum), ERR_NONE);
    store_close(&store);
    return sum;
}

/* Reads the database again whenever something is written in its folder. */
static void await_saved(const struct running *running, int64_t messages)
{
    char folder[128], event[sizeof(struct inotify_event) + NAME_MAX + 1];
    struct pollfd changed = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
    int64_t deadline_ms = clock_monotonic_ms() + RUNNING_WAIT_S * INT64_C(1000);

    snprintf(folder, sizeof folder, "%s/limits", running->state);
    assert_true(inotify_add_watch(changed.fd, folder, IN_MODIFY) >= 0);
    /* The write comes a moment before the commit is seen, which is in shared memory: look again. */
    while (saved_messages(running) != messages) {
        assert_true(clock_monotonic_ms() < deadline_ms);
        if (poll(&changed, 1, 100) == 1)
            assert_true(read(changed.fd, event, sizeof event) > 0);
    }
    close(changed.fd);
}

/* What was saved is there after a kill, and it is saved without being asked for. */
static void test_survives_kill(void **state)
{
    struct running running;

    (void)state;
    prepare(&running, "messages = 3");
    start(&running);
    for (int i = 0; i < 3; i++) {
        assert_passes(ask(&running, "DATA", i, 1));
        await_saved(&running, i + 1);
    }
    running_kill(&running);
    start(&running);
    assert_deferred(ask(&running, "DATA", 9, 1), "used 3");
    stop(&running);
    running_done(&running);
}

/* Somebody holds the database: answers go on, one line says why, and later all is saved. */
static void test_locked_database(void **state)
{
    struct store *store = NULL;
    struct failure failure;
    struct running running;

    (void)state;
    prepare(&running, "messages = 3");
    start(&running);
    assert_int_equal(
        store_open(running.state, STORE_LIMITS, STORE_WRITE, &store, &failure), ERR_NONE);
    store_begin(store);
    assert_passes(ask(&running, "DATA", 1, 1));
    running_await_log(&running, "error: counters are not saved, counting goes on in memory: ");
    assert_true(running_logged(&running, "/state/limits/limits.db: locked"));
    assert_passes(ask(&running, "DATA", 2, 1));
    assert_passes(ask(&running, "DATA", 3, 1));
    assert_deferred(ask(&running, "DATA", 4, 1), "used 3");
    store_roll_back(store);
    store_close(&store);
    running_await_log(&running, "counters are saved again");
    stop(&running);
    assert_int_equal(saved_messages(&running), 3);
    running_done(&running);
}

/* The path of the database, or with a tail of what belongs to it. */
static const char *database(const char *state, const char *tail, char path[256])
{
    snprintf(path, 256, "%s/limits/limits.db%s", state, tail);
    return path;
}

static void remove_database(const char *state)
{
    char path[256];

    assert_int_equal(unlink(database(state, "", path)), 0);
    unlink(database(state, "-wal", path));
    unlink(database(state, "-shm", path));
}

/* A database of somebody else's counters, put in the place of ours as from a backup. */
static void put_another(const struct running *running)
{
    const struct usage old = {.user = TEXT("old@example.org"), .at_ms = INT64_MAX, .messages = 90};
    char other[112], from[256], to[256];
    struct store *store = NULL;
    struct failure failure;
    bool changed;

    snprintf(other, sizeof other, "%s/other", running->folder);
    assert_int_equal(store_prepare(other, STORE_LIMITS, NULL, &changed, &failure), ERR_NONE);
    assert_int_equal(store_open(other, STORE_LIMITS, STORE_WRITE, &store, &failure), ERR_NONE);
    assert_int_equal(usage_put(store, &old), ERR_NONE);
    store_close(&store);
    remove_database(running->state);
    assert_int_equal(
        rename(database(other, "-wal", from), database(running->state, "-wal", to)), 0);
    assert_int_equal(rename(database(other, "", from), database(running->state, "", to)), 0);
}

/* What is in memory is newer than any backup, and goes into the database that is there now. */
static void test_replaced_database(void **state)
{
    struct running running;

    (void)state;
    prepare(&running, "messages = 5");
    start(&running);
    assert_passes(ask(&running, "DATA", 1, 1));
    await_saved(&running, 1);
    put_another(&running);
    assert_passes(ask(&running, "DATA", 2, 1));
    await_saved(&running, 2);
    remove_database(running.state);
    assert_passes(ask(&running, "DATA", 3, 1));
    running_await_log(&running, "limits.db: opened anew");
    stop(&running);
    assert_int_equal(saved_messages(&running), 3);
    running_done(&running);
}

/* Nothing is sent, and the end is the first to notice. */
static void test_removed_before_stop(void **state)
{
    struct running running;

    (void)state;
    prepare(&running, "messages = 5");
    start(&running);
    assert_passes(ask(&running, "DATA", 1, 1));
    await_saved(&running, 1);
    remove_database(running.state);
    stop(&running);
    assert_int_equal(saved_messages(&running), 1);
    running_done(&running);
}

static void test_no_database(void **state)
{
    struct running running;

    (void)state;
    running_init(&running, &policyd, "");
    running_start(&running, -1);
    assert_int_equal(running_end(&running), EX_CONFIG);
    assert_true(running_logged(&running, "mailctl init"));
    running_done(&running);
}

/* Other limits and another period, with what was counted before. */
static void test_reload(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;

    (void)state;
    prepare(&running, "messages = 1");
    start(&running);
    assert_passes(ask(&running, "DATA", 1, 5));
    assert_deferred(ask(&running, "DATA", 2, 1), ": 1 message in 1h");
    running_configure(&running, "messages = 0\nrecipients = 6\nperiod = 1d");
    assert_string_equal(running_ask(&running, "reload", &answer), "");
    assert_deferred(ask(&running, "DATA", 2, 2), ": 6 recipients in 1d, used 5;");
    assert_passes(ask(&running, "DATA", 2, 1));
    stop(&running);
    buffer_done(&answer);
    running_done(&running);
}

/* alice sent one message to three; the next may go within the period of an hour and a slot. */
static void assert_usage(const char *answer, int64_t messages)
{
    int64_t used, limit, free_at, recipients, no_limit, now = time(NULL);

    assert_int_equal(sscanf(answer,
                         "period_ms\t3600000\n%" SCNd64 "\t%" SCNd64 "\t%" SCNd64 "\t%" SCNd64
                         "\t%" SCNd64 "\t0\talice@example.org\n",
                         &used, &limit, &free_at, &recipients, &no_limit),
        5);
    assert_int_equal(used, messages);
    assert_int_equal(limit, 1);
    assert_true(free_at > now && free_at <= now + 3600 + 60);
    assert_int_equal(recipients, 3);
    assert_int_equal(no_limit, 0);
}

static void test_words(void **state)
{
    struct buffer answer = BUFFER_NONE;
    struct running running;

    (void)state;
    prepare(&running, "messages = 1\nrecipients = 0");
    start(&running);
    assert_string_equal(running_ask(&running, "limits", &answer),
        "messages: 1\nrecipients: unlimited\nperiod: 1h\n");
    assert_string_equal(running_ask(&running, "show alice@example.org", &answer),
        "messages: used 0, limit 1, left 1\nrecipients: used 0, limit unlimited\n");
    assert_string_equal(
        running_ask(&running, "show", &answer), "ERROR expected the name of a user");
    assert_string_equal(running_ask(&running, "reset alice@example.org", &answer),
        "ERROR nothing is counted for that user");
    assert_passes(ask(&running, "DATA", 1, 3));
    assert_non_null(strstr(running_ask(&running, "show ALICE@example.org", &answer),
        "messages: used 1, limit 1, free after "));
    assert_deferred(ask(&running, "DATA", 2, 1), "used 1");
    assert_usage(running_ask(&running, "usage", &answer), 1);
    assert_usage(running_ask(&running, "usage Alice@example.org", &answer), 1);
    assert_string_equal(running_ask(&running, "usage bob@example.org", &answer),
        "period_ms\t3600000\n0\t1\t0\t0\t0\t0\tbob@example.org\n");
    assert_string_equal(running_ask(&running, "reset alice@example.org", &answer), "");
    assert_string_equal(running_ask(&running, "usage", &answer), "period_ms\t3600000\n");
    assert_passes(ask(&running, "DATA", 2, 1));
    assert_non_null(strstr(running_ask(&running, "metrics", &answer),
        "gatepost_policyd_deferred_total{unit=\"messages\"} 1\n"));
    stop(&running);
    start(&running);
    assert_non_null(
        strstr(running_ask(&running, "show alice@example.org", &answer), "messages: used 1, "));
    stop(&running);
    buffer_done(&answer);
    running_done(&running);
}

UNIT_MAIN(cmocka_unit_test(test_survives_restart), cmocka_unit_test(test_survives_kill),
    cmocka_unit_test(test_locked_database), cmocka_unit_test(test_replaced_database),
    cmocka_unit_test(test_removed_before_stop), cmocka_unit_test(test_no_database),
    cmocka_unit_test(test_reload), cmocka_unit_test(test_words))
