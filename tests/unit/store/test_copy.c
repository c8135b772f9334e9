/* SPDX-License-Identifier: MIT */

/* Whole databases: copied out, into another one, to where there is none, aside and back. */

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/store/domain.h"
#include "lib/store/store-aside.h"
#include "lib/store/store-check.h"
#include "lib/store/store-copy.h"
#include "lib/store/tally.h"
#include "tests/unit/store/ground.h"

static void add(struct ground *ground, const char *name)
{
    assert_int_equal(domain_add(ground->store, text_from_string(name), 1), ERR_NONE);
}

/* How many domains another connection sees. */
static int64_t count(const struct ground *ground)
{
    return ground_ask(ground, "directory/directory.db", "SELECT count(*) FROM domain");
}

/* A second state directory, within the first, with a directory of so many domains. */
static struct store *make_other(struct ground *ground, size_t domains, char path_r[128])
{
    struct store *other = NULL;
    char name[32];
    bool changed;

    ground_path(ground, "other", path_r);
    assert_int_equal(store_prepare(path_r, STORE_DIRECTORY, NULL, &changed, NULL), ERR_NONE);
    assert_int_equal(store_open(path_r, STORE_DIRECTORY, STORE_WRITE, &other, NULL), ERR_NONE);
    for (size_t i = 0; i < domains; i++) {
        snprintf(name, sizeof name, "d%zu.example", i);
        assert_int_equal(domain_add(other, text_from_string(name), 1), ERR_NONE);
    }
    return other;
}

static void make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void test_out(void **state)
{
    struct ground *ground = *state;
    char path[128];

    ground_open(ground, STORE_DIRECTORY);
    add(ground, "one.example");
    make_file(ground_path(ground, "copy", path));
    store_begin_reading(ground->store);
    assert_int_equal(store_copy_out(ground->store, path, NULL), ERR_NONE);
    store_roll_back(ground->store);
    assert_int_equal(ground_ask(ground, "copy", "SELECT count(*) FROM domain"), 1);
}

/* Who has the database open sees a change like any other. */
static void test_in(void **state)
{
    struct ground *ground = *state;
    struct store *other;
    struct domain domain;
    int64_t before, after;
    char path[128];

    ground_open(ground, STORE_DIRECTORY);
    add(ground, "one.example");
    other = make_other(ground, 500, path);
    assert_int_equal(store_data_version(ground->store, &before), ERR_NONE);
    assert_int_equal(store_copy_in(other, ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
    assert_int_equal(store_data_version(ground->store, &after), ERR_NONE);
    assert_int_not_equal(before, after);
    assert_int_equal(
        domain_find(ground->store, TEXT("one.example"), ground->arena, &domain), ERR_ABSENT);
    assert_int_equal(
        domain_find(ground->store, TEXT("d7.example"), ground->arena, &domain), ERR_NONE);
    add(ground, "two.example");
    assert_int_equal(count(ground), 501);
    store_close(&other);
}

/* A reader keeps what it has begun to read, and nothing is torn. */
static void test_in_beside_a_reader(void **state)
{
    struct ground *ground = *state;
    struct store *other;
    struct domain_list list;
    char path[128];

    ground_open(ground, STORE_DIRECTORY);
    add(ground, "one.example");
    other = make_other(ground, 3, path);
    store_begin_reading(ground->store);
    assert_int_equal(domain_list(ground->store, ground->arena, &list), ERR_NONE);
    assert_int_equal(store_copy_in(other, ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
    assert_int_equal(domain_list(ground->store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    store_roll_back(ground->store);
    assert_int_equal(domain_list(ground->store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 3);
    store_close(&other);
}

static void test_other_pages(void **state)
{
    struct ground *ground = *state;
    struct store *other;
    struct failure failure;
    char path[128];

    ground_open(ground, STORE_DIRECTORY);
    store_close(&ground->store);
    other = make_other(ground, 3, path);
    store_close(&other);
    ground_run(ground, "other/directory/directory.db",
        "PRAGMA journal_mode = DELETE; PRAGMA page_size = 8192; VACUUM; PRAGMA journal_mode = WAL");
    assert_int_equal(store_open(path, STORE_DIRECTORY, STORE_READ, &other, NULL), ERR_NONE);
    assert_int_equal(
        store_copy_in(other, ground->directory, STORE_DIRECTORY, &failure), ERR_UNSUPPORTED);
    assert_non_null(strstr(failure.text, "pages of 8192 bytes"));
    store_close(&other);
}

static void test_new(void **state)
{
    struct ground *ground = *state;
    struct store *other = make_other(ground, 3, (char[128]){""});
    struct stat found;
    char path[128];

    assert_int_equal(
        store_copy_new(other, ground->directory, STORE_DIRECTORY, NULL, NULL), ERR_EXISTS);
    assert_int_equal(unlink(ground_path(ground, "directory/directory.db", path)), 0);
    /* Its log is left, and would be applied to the new one. */
    ground_write_file(ground, "directory/directory.db-wal", "left");
    assert_int_equal(
        store_copy_new(other, ground->directory, STORE_DIRECTORY, NULL, NULL), ERR_NONE);
    assert_int_equal(count(ground), 3);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0660);
    assert_int_equal(
        access(ground_path(ground, "directory/directory.db-wal.before-restore", path), F_OK), 0);
    ground_open(ground, STORE_DIRECTORY);
    store_close(&other);
}

static void test_aside_and_back(void **state)
{
    struct ground *ground = *state;
    char path[128];
    struct stat found;

    assert_int_equal(store_take_back(ground->directory, STORE_DIRECTORY, NULL), ERR_ABSENT);
    ground_open(ground, STORE_DIRECTORY);
    add(ground, "one.example");
    assert_int_equal(store_copy_aside(ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
    assert_int_equal(
        stat(ground_path(ground, "directory/directory.db.before-restore", path), &found), 0);
    assert_int_equal(found.st_mode & 07777, 0660);
    add(ground, "two.example");
    assert_int_equal(store_take_back(ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
    assert_int_equal(count(ground), 1);
    /* The next one takes its place. */
    add(ground, "three.example");
    assert_int_equal(store_copy_aside(ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
    assert_int_equal(
        ground_ask(ground, "directory/directory.db.before-restore", "SELECT count(*) FROM domain"),
        2);
}

static void test_moved_aside(void **state)
{
    struct ground *ground = *state;
    char path[128];

    ground_write_file(ground, "keys/keys.db", "not a database, and rather longer than a header");
    assert_int_equal(store_copy_aside(ground->directory, STORE_KEYS, NULL), ERR_FOREIGN);
    assert_int_equal(store_move_aside(ground->directory, STORE_KEYS, NULL), ERR_NONE);
    assert_int_not_equal(access(ground_path(ground, "keys/keys.db", path), F_OK), 0);
    assert_int_equal(access(ground_path(ground, "keys/keys.db.before-restore", path), F_OK), 0);
}

/* --- what is taken from elsewhere --- */

static void test_whole(void **state)
{
    static const struct {
        const char *name, *sql, *words;
    } rows[] = {
        {"a trigger",       "CREATE TRIGGER t AFTER INSERT ON domain BEGIN DELETE FROM domain; END",
         "never makes"                                                                                                },
        {"a view",          "CREATE VIEW v AS SELECT 1",                                             "never makes"    },
        {"a virtual table", "CREATE VIRTUAL TABLE v USING fts5(x)",                                  "never makes"    },
        {"a row of none",
         "PRAGMA foreign_keys = OFF; INSERT INTO mail_user (domain_id, local_part, created)"
            " VALUES (99, 'alice', 1)",                                                              "belongs to none"},
    };
    struct ground *ground = *state;
    struct failure failure;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        ground_open(ground, STORE_DIRECTORY);
        assert_int_equal(store_check_whole(ground->store, NULL), ERR_NONE);
        assert_int_equal(store_copy_aside(ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
        store_close(&ground->store);
        ground_run(ground, "directory/directory.db", rows[i].sql);
        ground_open(ground, STORE_DIRECTORY);
        assert_int_equal(store_check_whole(ground->store, &failure), ERR_CORRUPT);
        assert_non_null(strstr(failure.text, rows[i].words));
        store_close(&ground->store);
        assert_int_equal(store_take_back(ground->directory, STORE_DIRECTORY, NULL), ERR_NONE);
    }
}

/* Ahead by additions: for daemons to go on with, not to be taken from elsewhere. */
static void test_known(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    ground_run(ground, "keys/keys.db", "PRAGMA user_version = 1999");
    ground_open(ground, STORE_KEYS);
    assert_int_equal(store_check_known(ground->store, STORE_KEYS, &failure), ERR_NEWER);
    assert_non_null(strstr(failure.text, "schema 1999 is newer"));
    ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(store_check_known(ground->store, STORE_DIRECTORY, NULL), ERR_NONE);
}

static void test_tally(void **state)
{
    struct ground *ground = *state;
    struct tally tally;

    ground_open(ground, STORE_DIRECTORY);
    add(ground, "one.example");
    assert_int_equal(tally_take(ground->store, STORE_DIRECTORY, &tally), ERR_NONE);
    assert_int_equal(tally.count, 3);
    assert_string_equal(tally.items[0].noun, "domains");
    assert_int_equal(tally.items[0].count, 1);
    assert_int_equal(tally.items[1].count, 0);
    ground_open(ground, STORE_SEEN);
    assert_int_equal(tally_take(ground->store, STORE_SEEN, &tally), ERR_NONE);
    assert_int_equal(tally.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_out), TEST(test_in), TEST(test_in_beside_a_reader), TEST(test_other_pages),
    TEST(test_new), TEST(test_aside_and_back), TEST(test_moved_aside), TEST(test_whole),
    TEST(test_known), TEST(test_tally))
