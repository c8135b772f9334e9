/* SPDX-License-Identifier: MIT */

/* Rows for reports, and the database that is kept open for them. */

#include <sys/stat.h>

#include "lib/base/memory.h"
#include "lib/store/schema.h"
#include "lib/store/seen.h"
#include "lib/store/store-keeper.h"
#include "tests/unit/store/ground.h"

#define FILE_NAME "seen/seen.db"

/* What a test does not say of a row. */
static struct seen make_row(int64_t at)
{
    return (struct seen){
        .at = at,
        .queue_id = TEXT("4bXyz12"),
        .source_ip = TEXT("203.0.113.5"),
        .header_from = TEXT("example.org"),
        .envelope_from = TEXT("bounce.example.org"),
        .envelope_to = TEXT("example.net"),
        .domain = TEXT("example.org"),
        .organizational_domain = TEXT("example.org"),
        .discovery_method = TEXT("treewalk"),
        .p = TEXT("reject"),
        .sp = TEXT("quarantine"),
        .np = TEXT("none"),
        .fo = TEXT("1"),
        .adkim = TEXT("s"),
        .aspf = TEXT("r"),
        .testing = TEXT("n"),
        .rua = TEXT("mailto:reports@example.org"),
        .disposition = TEXT("quarantine"),
        .dkim_aligned = TEXT("fail"),
        .spf_aligned = TEXT("pass"),
        .reason = TEXT("local_policy"),
        .comment = TEXT("because"),
        .spf_domain = TEXT("bounce.example.org"),
        .spf_scope = TEXT("mfrom"),
        .spf_result = TEXT("softfail"),
        .spf_human_result = TEXT("no mechanism matched"),
        .dkim = TEXT("example.org s1 fail body hash did not verify\n"),
    };
}

static void put(struct store *store, const struct seen *row)
{
    assert_int_equal(seen_put(store, row), ERR_NONE);
}

static int64_t count(const struct ground *ground)
{
    return ground_ask(ground, FILE_NAME, "SELECT count(*) FROM seen");
}

/* Each fact in its own column. */
static void test_put(void **state)
{
    static const char *const facts[] = {"at = 1800000000", "queue_id = '4bXyz12'",
        "source_ip = '203.0.113.5'", "header_from = 'example.org'",
        "envelope_from = 'bounce.example.org'", "envelope_to = 'example.net'",
        "domain = 'example.org'", "organizational_domain = 'example.org'",
        "discovery_method = 'treewalk'", "p = 'reject'", "sp = 'quarantine'", "np = 'none'",
        "fo = '1'", "adkim = 's'", "aspf = 'r'", "testing = 'n'",
        "rua = 'mailto:reports@example.org'", "disposition = 'quarantine'", "dkim_aligned = 'fail'",
        "spf_aligned = 'pass'", "reason = 'local_policy'", "comment = 'because'",
        "spf_domain = 'bounce.example.org'", "spf_scope = 'mfrom'", "spf_result = 'softfail'",
        "spf_human_result = 'no mechanism matched'",
        "dkim = 'example.org s1 fail body hash did not verify' || char(10)"};
    struct ground *ground = *state;
    struct seen row = make_row(1800000000);

    put(ground_open(ground, STORE_SEEN), &row);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char sql[256];

        unit_row(facts[i]);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM seen WHERE %s", facts[i]);
        assert_int_equal(ground_ask(ground, FILE_NAME, sql), 1);
    }
    /* The columns are these and the number of the row. */
    assert_int_equal(
        ground_ask(ground, FILE_NAME, "SELECT count(*) FROM pragma_table_info('seen')"),
        sizeof facts / sizeof *facts + 1);
}

static void test_copy_is_whole(void **state)
{
    struct ground *ground = *state;
    char comment[] = "a comment", domain[] = "example.org";
    struct seen row = make_row(1), copy;

    row.comment = text_from_string(comment);
    row.header_from = text_from_string(domain);
    row.envelope_from = TEXT_NONE;
    copy = seen_copy(&row, ground->arena);
    memset(comment, 'x', sizeof comment - 1);
    memset(domain, 'x', sizeof domain - 1);
    assert_text_equal(copy.comment, "a comment");
    assert_text_equal(copy.header_from, "example.org");
    assert_non_null(copy.envelope_from.data);
    put(ground_open(ground, STORE_SEEN), &copy);
    assert_int_equal(
        ground_ask(ground, FILE_NAME, "SELECT count(*) FROM seen WHERE envelope_from = ''"), 1);
}

/* What the header of schema-seen.c promises: the records of a report are one query. */
static void test_report_is_one_query(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_SEEN);
    struct seen row = make_row(100);

    for (int i = 0; i < 3; i++)
        put(store, &row);
    row.source_ip = TEXT("203.0.113.6");
    put(store, &row);
    row.at = 200; /* the next day's */
    put(store, &row);
    assert_int_equal(ground_ask(ground, FILE_NAME,
                         "SELECT sum(messages = 3 AND source_ip = '203.0.113.5')"
                         " + sum(messages = 1 AND source_ip = '203.0.113.6') + 10 * count(*) FROM"
                         " (SELECT count(*) AS messages, domain, p, sp, np, fo, adkim, aspf,"
                         "  testing, source_ip, disposition, dkim_aligned, spf_aligned, reason,"
                         "  comment, header_from, envelope_from, envelope_to, spf_domain,"
                         "  spf_scope, spf_result, spf_human_result, dkim"
                         "  FROM seen WHERE at >= 100 AND at < 200"
                         "  GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,"
                         "  19, 20, 21, 22, 23)"),
        22);
}

static void test_expire(void **state)
{
    static const struct {
        const char *name;
        int64_t before, max, deleted, oldest;
    } rows[] = {
        {"nothing is that old",  10,        100, 0, 10},
        {"one is",               11,        100, 1, 20},
        {"no more than a piece", 60,        2,   2, 40},
        {"the rest of them",     60,        100, 2, 60},
        {"the oldest of all",    INT64_MAX, 3,   3, 90},
        {"all",                  INT64_MAX, 100, 2, -1},
    };
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_SEEN);

    for (int64_t at = 100; at > 0; at -= 10) { /* not in the order of time */
        struct seen row = make_row(at);

        put(store, &row);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t deleted = -1;

        unit_row(rows[i].name);
        assert_int_equal(seen_expire(store, rows[i].before, rows[i].max, &deleted), ERR_NONE);
        assert_int_equal(deleted, rows[i].deleted);
        assert_int_equal(ground_ask(ground, FILE_NAME, "SELECT coalesce(min(at), -1) FROM seen"),
            rows[i].oldest);
    }
}

/* Room that is freed counts no more, though the file keeps it. */
static void test_size(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_SEEN);
    int64_t empty = 0, full = 0, emptied = 0, deleted;

    assert_int_equal(seen_size(store, &empty), ERR_NONE);
    store_begin(store);
    for (int64_t at = 1; at <= 1000; at++) {
        struct seen row = make_row(at);

        put(store, &row);
    }
    assert_int_equal(store_commit(store, NULL), ERR_NONE);
    assert_int_equal(seen_size(store, &full), ERR_NONE);
    assert_true(full > empty + 300 * 1000 && full < empty + 1000 * 1000);
    assert_int_equal(seen_expire(store, INT64_MAX, 1000, &deleted), ERR_NONE);
    assert_int_equal(seen_size(store, &emptied), ERR_NONE);
    assert_true(emptied < empty + 64 * 1024);
}

/* --- the keeper --- */

static void assert_opens(struct store_keeper *keeper, bool is_anew)
{
    struct failure failure = {.text = ""};
    bool found = !is_anew;
    enum err err = store_keeper_open(keeper, &found, &failure);

    if (err != ERR_NONE)
        print_message("# %s\n", failure.text);
    assert_int_equal(err, ERR_NONE);
    assert_int_equal(found, is_anew);
}

static void put_one(struct store_keeper *keeper)
{
    struct seen row = make_row(1);

    put(keeper->store, &row);
}

static void test_keeper_makes_what_is_missing(void **state)
{
    struct ground *ground = *state;
    char path[128], aside[128];
    struct store_keeper keeper;

    store_keeper_init(&keeper, ground->directory, STORE_SEEN);
    assert_opens(&keeper, true);
    put_one(&keeper);
    assert_opens(&keeper, false);
    assert_int_equal(count(ground), 1);
    /* Moved away under it: another one takes its place. */
    assert_int_equal(
        rename(ground_path(ground, "seen", path), ground_path(ground, "away", aside)), 0);
    assert_opens(&keeper, true);
    put_one(&keeper);
    assert_int_equal(count(ground), 1);
    store_keeper_done(&keeper);
}

static void test_keeper_leaves_alone(void **state)
{
    static const struct {
        const char *name, *sql;
        enum err err;
    } rows[] = {
        {"a newer one",     "PRAGMA user_version = 2000",    ERR_NEWER  },
        {"somebody else's", "PRAGMA application_id = 12345", ERR_FOREIGN},
    };
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_keeper keeper;
        struct failure failure;
        bool is_anew;

        unit_row(rows[i].name);
        ground_run(ground, FILE_NAME, rows[i].sql);
        store_keeper_init(&keeper, ground->directory, STORE_SEEN);
        assert_int_equal(store_keeper_open(&keeper, &is_anew, &failure), rows[i].err);
        assert_non_null(strstr(failure.text, "seen.db"));
        assert_true(store_keeper_note(&keeper, rows[i].err));
        assert_int_equal(store_keeper_pause_ms(&keeper), STORE_KEEPER_PAUSE_MS);
        store_keeper_done(&keeper);
        ground_run(ground, FILE_NAME, "PRAGMA user_version = 1001");
    }
}

/* Once, when it begins to fail, and once, when that is over. */
static void test_keeper_tells_once(void **state)
{
    static const struct {
        const char *name;
        enum err err;
        bool tells, stays_open;
        int64_t pause_ms;
    } rows[] = {
        {"all is well",     ERR_NONE,    false, true,  0    },
        {"locked",          ERR_BUSY,    true,  true,  1000 },
        {"still locked",    ERR_BUSY,    false, true,  2000 },
        {"full",            ERR_LIMIT,   false, true,  4000 },
        {"well again",      ERR_NONE,    true,  true,  0    },
        {"damaged",         ERR_CORRUPT, true,  false, 1000 },
        {"the second time", ERR_IO,      false, false, 2000 },
        {"the third",       ERR_IO,      false, false, 4000 },
        {"the fourth",      ERR_IO,      false, false, 8000 },
        {"the fifth",       ERR_IO,      false, false, 16000},
        {"the sixth",       ERR_IO,      false, false, 32000},
        {"no longer",       ERR_IO,      false, false, 60000},
        {"for good",        ERR_IO,      false, false, 60000},
    };
    struct ground *ground = *state;
    struct store_keeper keeper;

    store_keeper_init(&keeper, ground->directory, STORE_SEEN);
    assert_opens(&keeper, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(store_keeper_note(&keeper, rows[i].err), rows[i].tells);
        assert_int_equal(keeper.store != NULL, rows[i].stays_open);
        assert_int_equal(store_keeper_pause_ms(&keeper), rows[i].pause_ms);
    }
    store_keeper_done(&keeper);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)

UNIT_MAIN(STORE_TEST(test_put), STORE_TEST(test_copy_is_whole),
    STORE_TEST(test_report_is_one_query), STORE_TEST(test_expire), STORE_TEST(test_size),
    STORE_TEST(test_keeper_makes_what_is_missing), STORE_TEST(test_keeper_leaves_alone),
    STORE_TEST(test_keeper_tells_once))
