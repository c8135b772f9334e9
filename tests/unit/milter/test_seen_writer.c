/* SPDX-License-Identifier: MIT */

/* Rows for reports on their way to the database: what a failure in between costs, and whom. */

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/base/clock.h"
#include "lib/base/memory.h"
#include "lib/service/metrics.h"
#include "milter/seen-writer.h"
#include "milter/stats.h"
#include "tests/unit/logged.h"
#include "tests/unit/store/ground.h"

#define DAY ((int64_t)24 * 3600)
#define ROOM ((int64_t)1 << 30)
#define WRITTEN "gatepost_milter_report_rows_total{outcome=\"written\"}"
#define DROPPED "gatepost_milter_report_rows_total{outcome=\"dropped\"}"
#define WAITING "gatepost_milter_report_rows_waiting"
#define FILE_NAME "seen/seen.db"

static struct {
    struct ground *ground;
    struct seen_writer *writer;
    int64_t written, dropped; /* before the test */
} scene;

static const struct seen_bounds week = {.seconds = 7 * DAY, .bytes = ROOM};

static int64_t metric_now(const char *name)
{
    struct buffer all = BUFFER_NONE;
    int64_t value;
    const char *at;

    metrics_format(&all);
    for (at = strstr(buffer_string(&all), name); at != NULL; at = strstr(at + 1, name))
        if (at[strlen(name)] == ' ' && at[-1] == '\n')
            break;
    assert_non_null(at);
    value = strtoll(at + strlen(name), NULL, 10);
    buffer_done(&all);
    return value;
}

static int64_t written(void)
{
    return metric_now(WRITTEN) - scene.written;
}

static int64_t dropped(void)
{
    return metric_now(DROPPED) - scene.dropped;
}

static void open_writer(const struct seen_bounds *bounds)
{
    struct failure failure;

    assert_int_equal(
        seen_writer_open(scene.ground->directory, bounds, &scene.writer, &failure), ERR_NONE);
}

static int set_up(void **state)
{
    static bool is_registered;

    if (!is_registered)
        stats_register();
    is_registered = true;
    ground_make(state);
    scene.ground = *state;
    scene.written = metric_now(WRITTEN);
    scene.dropped = metric_now(DROPPED);
    return 0;
}

static int tear_down(void **state)
{
    seen_writer_free(&scene.writer);
    assert_int_equal(metric_now(WAITING), 0);
    return ground_remove(state);
}

static void put_at(int64_t at)
{
    const struct seen row = {.at = at, .header_from = TEXT("example.org"), .p = TEXT("none")};

    seen_writer_put(scene.writer, &row);
}

static void put(size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_at(clock_wall());
}

static int64_t rows(void)
{
    return ground_ask(scene.ground, FILE_NAME, "SELECT count(*) FROM seen");
}

/* The thread says nothing of itself; it is looked at until it has done what is waited for. */
static void look_again(void)
{
    (void)poll(NULL, 0, 5);
}

static void await_written(int64_t count)
{
    while (written() < count)
        look_again();
}

static void await_rows(int64_t count)
{
    while (rows() != count)
        look_again();
}

static void await_logged(const struct logged *logged, const char *piece)
{
    char text[8192];

    for (;;) {
        ssize_t len = pread(fileno(logged->file), text, sizeof text - 1, 0);

        assert_true(len >= 0);
        text[len] = '\0';
        if (strstr(text, piece) != NULL)
            return;
        look_again();
    }
}

static size_t times_in(const char *text, const char *piece)
{
    size_t count = 0;

    for (const char *at = strstr(text, piece); at != NULL; at = strstr(at + 1, piece))
        count++;
    return count;
}

/* --- all is well --- */

static void test_written_by_itself(void **state)
{
    (void)state;
    open_writer(&week);
    put(3);
    await_written(3);
    assert_int_equal(rows(), 3);
    put(2);
    await_written(5);
    assert_int_equal(rows(), 5);
    assert_int_equal(dropped(), 0);
}

static void test_stop_writes_the_rest(void **state)
{
    (void)state;
    open_writer(&week);
    put(100);
    seen_writer_stop(scene.writer);
    assert_int_equal(rows(), 100);
    put(1); /* by a session that did not end */
    assert_int_equal(dropped(), 1);
    seen_writer_free(&scene.writer);
    assert_null(scene.writer);
    assert_int_equal(written(), 100);
}

static void *put_many(void *context)
{
    (void)context;
    put(500);
    return NULL;
}

static void test_many_threads(void **state)
{
    pthread_t threads[4];

    (void)state;
    open_writer(&week);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    await_written(2000);
    assert_int_equal(rows(), 2000);
}

/* Two instances of the milter with one state directory: each waits for the other's transactions. */
static void test_two_instances(void **state)
{
    struct seen_writer *other = NULL;
    struct failure failure;
    struct logged logged;
    char log[8192];

    (void)state;
    logged = logged_begin();
    open_writer(&week);
    assert_int_equal(seen_writer_open(scene.ground->directory, &week, &other, &failure), ERR_NONE);
    for (size_t i = 0; i < 2; i++) {
        const struct seen row = {.at = clock_wall(), .header_from = TEXT("example.net")};
        int64_t before = written();

        for (size_t j = 0; j < SEEN_WRITER_ROWS_MAX / 2; j++)
            seen_writer_put(other, &row);
        put(SEEN_WRITER_ROWS_MAX / 2);
        await_written(before + SEEN_WRITER_ROWS_MAX);
    }
    seen_writer_free(&other);
    seen_writer_free(&scene.writer);
    logged_end(&logged, log, sizeof log);
    assert_string_equal(log, "");
    assert_int_equal(dropped(), 0);
    assert_int_equal(rows(), 2 * SEEN_WRITER_ROWS_MAX);
}

/* --- what is kept --- */

/* Straight into the database. */
static void fill(int64_t at, size_t count)
{
    struct store *store = ground_open(scene.ground, STORE_SEEN);
    const struct seen row = {.at = at, .header_from = TEXT("example.org")};

    store_begin(store);
    for (size_t i = 0; i < count; i++)
        (void)seen_put(store, &row);
    assert_int_equal(store_commit(store, NULL), ERR_NONE);
}

/* More than one piece of them, at the start. */
static void test_old_rows_go(void **state)
{
    int64_t now = clock_wall();

    (void)state;
    fill(now - 7 * DAY - 3600, 2 * SEEN_WRITER_TIDY_ROWS + 10);
    fill(now - 7 * DAY + 3600, 5);
    open_writer(&week);
    await_rows(5);
}

static void test_none_are_kept(void **state)
{
    static const struct seen_bounds none = {.seconds = 0, .bytes = ROOM};

    (void)state;
    fill(clock_wall() + DAY, 2500); /* the clock went back since */
    open_writer(&week);
    seen_writer_set_bounds(scene.writer, &none);
    await_rows(0);
}

static int64_t bytes(void)
{
    return ground_ask(scene.ground, FILE_NAME,
        "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
        " pragma_freelist_count, pragma_page_size");
}

static void test_size_is_bounded(void **state)
{
    static const struct seen_bounds narrow = {.seconds = 7 * DAY, .bytes = 100000};
    int64_t now = clock_wall();

    (void)state;
    fill(now - 60, 4000);
    fill(now, 10);
    assert_true(bytes() > narrow.bytes);
    open_writer(&week);
    seen_writer_set_bounds(scene.writer, &narrow);
    while (bytes() > narrow.bytes)
        look_again();
    seen_writer_free(&scene.writer);
    assert_true(rows() >= 1000);
    assert_int_equal(ground_ask(scene.ground, FILE_NAME,
                         "SELECT count(*) FROM seen WHERE at > (SELECT min(at) FROM seen)"),
        10);
}

/* --- the database fails --- */

/* What is put while another program holds the database waits, and nobody waits for it. */
static void test_locked(void **state)
{
    struct store *other = ground_open(scene.ground, STORE_SEEN);
    struct logged logged;
    int64_t start_ms;
    char log[8192];

    (void)state;
    store_begin(other);
    logged = logged_begin();
    open_writer(&week);
    start_ms = clock_monotonic_ms();
    put(100);
    await_logged(&logged, "wait in memory");
    assert_true(clock_monotonic_ms() - start_ms >= STORE_BUSY_TIMEOUT_MS / 2);
    start_ms = clock_monotonic_ms();
    put(100); /* the thread waits for the lock again, or pauses */
    assert_true(clock_monotonic_ms() - start_ms < STORE_BUSY_TIMEOUT_MS / 2);
    store_roll_back(other);
    await_written(200);
    await_logged(&logged, "written again");
    logged_end(&logged, log, sizeof log);
    assert_int_equal(times_in(log, "\n"), 2);
    assert_non_null(strstr(log, "seen.db: locked"));
    assert_int_equal(rows(), 200);
    assert_int_equal(dropped(), 0);
}

static void await_none_waiting(void)
{
    while (metric_now(WAITING) != 0)
        look_again();
}

/* Beyond the bound rows are dropped. A line says how many; the next would come a minute later. */
static void test_queue_is_bounded(void **state)
{
    struct store *other = ground_open(scene.ground, STORE_SEEN);
    struct logged logged;
    int64_t told_of;
    char log[8192];

    (void)state;
    store_begin(other);
    logged = logged_begin();
    open_writer(&week);
    await_logged(&logged, "wait in memory");
    put(3 * SEEN_WRITER_ROWS_MAX);
    assert_int_equal(dropped() + metric_now(WAITING), 3 * SEEN_WRITER_ROWS_MAX);
    assert_true(metric_now(WAITING) >= SEEN_WRITER_ROWS_MAX);
    assert_true(metric_now(WAITING) <= 2 * SEEN_WRITER_ROWS_MAX);
    await_logged(&logged, " rows for DMARC reports dropped: ");
    told_of = dropped();
    put(2 * SEEN_WRITER_ROWS_MAX);
    assert_true(dropped() > told_of);
    store_roll_back(other);
    await_none_waiting();
    put(1);
    await_none_waiting(); /* the thread has been round once more, and has said nothing */
    put(1);
    logged_end(&logged, log, sizeof log);
    assert_int_equal(times_in(log, " dropped: "), 1);
    assert_int_equal(times_in(log, "wait in memory"), 1);
    assert_int_equal(times_in(log, "written again"), 1);
    await_none_waiting();
    assert_int_equal(written() + dropped(), 5 * SEEN_WRITER_ROWS_MAX + 2);
    assert_int_equal(rows(), written());
}

/* Rows of many bytes do not take more memory than rows of few. */
static void test_bytes_are_bounded(void **state)
{
    struct store *other = ground_open(scene.ground, STORE_SEEN);
    char *many = memory_alloc_zero(1, 10000);
    struct seen row = {.at = clock_wall(), .dkim = text_from_bytes(many, 10000)};

    (void)state;
    memset(many, 'x', 10000);
    store_begin(other);
    open_writer(&week);
    for (size_t i = 0; i < 3 * SEEN_WRITER_BYTES_MAX / 10000; i++)
        seen_writer_put(scene.writer, &row);
    assert_true(dropped() > 0);
    assert_true(metric_now(WAITING) <= (int64_t)(2 * SEEN_WRITER_BYTES_MAX / 10000 + 2));
    store_roll_back(other);
    free(many);
}

/* No file may grow any further, as on a disk that is full. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full_disk(void **state)
{
    struct logged logged;
    char log[8192];

    (void)state;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    open_writer(&week);
    put(1);
    await_written(1);
    logged = logged_begin();
    limit_files(16 * 1024);
    put(1000);
    await_logged(&logged, "wait in memory");
    limit_files(RLIM_INFINITY);
    assert_int_equal(written(), 1);
    await_written(1001);
    assert_int_equal(rows(), 1001);
    await_logged(&logged, "written again");
    logged_end(&logged, log, sizeof log);
    assert_int_equal(times_in(log, "\n"), 2);
    assert_int_equal(dropped(), 0);
}

static void test_stop_while_locked(void **state)
{
    struct store *other = ground_open(scene.ground, STORE_SEEN);
    struct logged logged;
    char log[8192];

    (void)state;
    store_begin(other);
    logged = logged_begin();
    open_writer(&week);
    put(5);
    seen_writer_free(&scene.writer);
    logged_end(&logged, log, sizeof log);
    store_roll_back(other);
    assert_non_null(strstr(log, "5 rows for DMARC reports dropped: "));
    assert_int_equal(dropped(), 5);
    assert_int_equal(rows(), 0);
}

static void move(const char *from, const char *to)
{
    char from_path[128], to_path[128];

    snprintf(from_path, sizeof from_path, "%s/%s", scene.ground->directory, from);
    snprintf(to_path, sizeof to_path, "%s/%s", scene.ground->directory, to);
    assert_int_equal(rename(from_path, to_path), 0);
}

/* A file where the folder was: nothing can be made there. It is said at the start, not later. */
static void test_missing_and_back(void **state)
{
    struct logged logged;
    char log[8192], path[128];
    FILE *file;

    (void)state;
    move("seen", "aside");
    snprintf(path, sizeof path, "%s/seen", scene.ground->directory);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    logged = logged_begin();
    open_writer(&week);
    await_logged(&logged, "wait in memory");
    put(7);
    assert_int_equal(remove(path), 0);
    move("aside", "seen");
    await_written(7);
    await_logged(&logged, "written again");
    logged_end(&logged, log, sizeof log);
    assert_int_equal(times_in(log, "\n"), 2);
    assert_int_equal(rows(), 7);
    assert_int_equal(dropped(), 0);
}

static void test_removed_and_replaced(void **state)
{
    (void)state;
    open_writer(&week);
    put(3);
    await_written(3);
    move("seen", "removed"); /* made anew */
    put(4);
    await_written(7);
    assert_int_equal(rows(), 4);
    move("seen", "other");
    move("removed", "seen"); /* a backup put back */
    put(5);
    await_written(12);
    assert_int_equal(rows(), 8);
    assert_int_equal(dropped(), 0);
}

static void test_newer(void **state)
{
    struct logged logged;
    char log[8192];

    (void)state;
    ground_run(scene.ground, FILE_NAME, "PRAGMA user_version = 2000");
    logged = logged_begin();
    open_writer(&week);
    put(2);
    await_logged(&logged, "newer than this program");
    seen_writer_free(&scene.writer);
    logged_end(&logged, log, sizeof log);
    assert_int_equal(times_in(log, "newer than this program"), 2); /* waiting; dropped */
    assert_non_null(strstr(log, "2 rows for DMARC reports dropped: "));
}

#define WRITER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

UNIT_MAIN(WRITER_TEST(test_written_by_itself), WRITER_TEST(test_stop_writes_the_rest),
    WRITER_TEST(test_many_threads), WRITER_TEST(test_two_instances), WRITER_TEST(test_old_rows_go),
    WRITER_TEST(test_none_are_kept), WRITER_TEST(test_size_is_bounded), WRITER_TEST(test_locked),
    WRITER_TEST(test_queue_is_bounded), WRITER_TEST(test_bytes_are_bounded),
    WRITER_TEST(test_full_disk), WRITER_TEST(test_stop_while_locked),
    WRITER_TEST(test_missing_and_back), WRITER_TEST(test_removed_and_replaced),
    WRITER_TEST(test_newer))
