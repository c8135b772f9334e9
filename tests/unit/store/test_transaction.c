/* SPDX-License-Identifier: MIT */

/* Transactions, locks, full and read-only databases, and what is left by a killed program. */

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/store-inside.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

static size_t count_domains(struct ground *ground)
{
    struct domain_list list;

    assert_int_equal(domain_list(ground->store, ground->arena, &list), ERR_NONE);
    return list.count;
}

static void test_commit(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    store_begin(store);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.net"), 1), ERR_NONE);
    assert_int_equal(store_commit(store, NULL), ERR_NONE);
    assert_int_equal(count_domains(ground), 2);
}

static void test_roll_back(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    store_begin(store);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    store_roll_back(store);
    assert_int_equal(count_domains(ground), 0);
    store_roll_back(store); /* without a transaction: nothing */
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(count_domains(ground), 1);
}

/* The first failure is what the commit says; what came behind it was not done. */
static void test_error_sticks(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    struct domain domain;
    struct failure failure;

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    store_begin(store);
    assert_int_equal(domain_add(store, TEXT("example.net"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_EXISTS);
    assert_int_equal(domain_add(store, TEXT("example.com"), 1), ERR_EXISTS);
    assert_int_equal(domain_find(store, TEXT("example.net"), ground->arena, &domain), ERR_EXISTS);
    assert_int_equal(store_commit(store, &failure), ERR_EXISTS);
    assert_int_equal(failure.err, ERR_EXISTS);
    assert_non_null(strstr(failure.text, "example.org"));
    assert_int_equal(count_domains(ground), 1);
}

static void test_absent_does_not_stick(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    struct domain domain;

    store_begin(store);
    assert_int_equal(domain_find(store, TEXT("example.org"), ground->arena, &domain), ERR_ABSENT);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(store_commit(store, NULL), ERR_NONE);
    assert_int_equal(count_domains(ground), 1);
}

static void test_close_takes_back(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);

    store_begin(store);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(count_domains(ground), 0);
}

/* --- locks --- */

static void be_impatient(struct store *store)
{
    assert_int_equal(store->driver->run(store->sql, "PRAGMA busy_timeout = 1"), ERR_NONE);
}

static void test_locked(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY), *other = NULL;
    struct user user = {.local_part = TEXT("alice"), .domain = TEXT("example.org")};
    struct failure failure;

    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(
        store_open(ground->directory, STORE_DIRECTORY, STORE_WRITE, &other, NULL), ERR_NONE);
    be_impatient(other);
    store_begin(store);
    /* Readers go on; whoever writes is told. */
    struct domain domain;
    assert_int_equal(domain_find(other, TEXT("example.org"), ground->arena, &domain), ERR_NONE);
    assert_int_equal(user_add(other, &user, 1), ERR_BUSY);
    assert_failure_says(other, ERR_BUSY, "directory.db: locked");
    store_begin(other);
    assert_int_equal(user_add(other, &user, 1), ERR_BUSY);
    assert_int_equal(store_commit(other, &failure), ERR_BUSY);
    assert_true(err_is_temporary(failure.err));
    store_roll_back(store);
    assert_int_equal(user_add(other, &user, 1), ERR_NONE);
    store_close(&other);
}

static void test_data_version(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY), *reader = NULL;
    int64_t before, between, after;

    assert_int_equal(
        store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &reader, NULL), ERR_NONE);
    assert_int_equal(store_data_version(reader, &before), ERR_NONE);
    assert_int_equal(store_data_version(reader, &between), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(store_data_version(reader, &after), ERR_NONE);
    assert_int_equal(before, between);
    assert_int_not_equal(before, after);
    store_close(&reader);
}

static void test_reader_does_not_write(void **state)
{
    struct ground *ground = *state;
    struct store *reader = NULL;

    assert_int_equal(
        store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &reader, NULL), ERR_NONE);
    assert_int_equal(domain_add(reader, TEXT("example.org"), 1), ERR_ACCESS);
    assert_failure_says(reader, ERR_ACCESS, "directory.db: not permitted");
    store_close(&reader);
}

static void test_full(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    char name[300];
    enum err err = ERR_NONE;
    size_t kept = 0;

    assert_int_equal(store->driver->run(store->sql, "PRAGMA max_page_count = 12"), ERR_NONE);
    for (int i = 0; err == ERR_NONE && i < 1000; i++) {
        int len = snprintf(name, sizeof name, "%0200d.example", i);

        err = domain_add(store, text_from_bytes(name, (size_t)len), 1);
        kept += err == ERR_NONE;
    }
    assert_int_equal(err, ERR_LIMIT);
    assert_failure_says(store, ERR_LIMIT, "full");
    assert_true(err_is_temporary(err));
    assert_int_equal(count_domains(ground), kept);
}

static void test_damaged_inside(void **state)
{
    struct ground *ground = *state;
    struct domain_list list;
    char path[128];

    ground_open(ground, STORE_DIRECTORY);
    store_close(&ground->store);
    ground_run(ground, "directory/directory.db", "PRAGMA wal_checkpoint(TRUNCATE)");
    /* The first page says that there are more. */
    assert_int_equal(truncate(ground_path(ground, "directory/directory.db", path), 4096), 0);
    if (store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &ground->store, NULL) ==
        ERR_NONE) {
        assert_int_equal(domain_list(ground->store, ground->arena, &list), ERR_CORRUPT);
        assert_failure_says(ground->store, ERR_CORRUPT, "directory.db");
        assert_false(err_is_temporary(ERR_CORRUPT));
    }
}

/* --- SIGKILL --- */

static void add_pair(struct store *store, unsigned number)
{
    char name[40];
    struct text domain;
    struct text target = TEXT("postmaster@example.net");
    struct alias alias = {.targets = &target, .target_count = 1, .enabled = true};
    char address[60];

    domain = text_from_bytes(name, (size_t)snprintf(name, sizeof name, "d%u.example", number));
    alias.address =
        text_from_bytes(address, (size_t)snprintf(address, sizeof address, "@%s", name));
    domain_add(store, domain, 1);
    alias_add(store, &alias, 1);
}

/* Commits pairs, says so after each, and stops in the middle of one. */
static void work_until_killed(struct ground *ground, int say)
{
    struct store *store = NULL;

    if (store_open(ground->directory, STORE_DIRECTORY, STORE_WRITE, &store, NULL) != ERR_NONE)
        _exit(1);
    for (unsigned i = 0;; i++) {
        store_begin(store);
        add_pair(store, i);
        if (i == 20) {
            if (write(say, "!", 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        if (store_commit(store, NULL) != ERR_NONE || write(say, ".", 1) != 1)
            _exit(1);
    }
}

static void test_killed(void **state)
{
    struct ground *ground = *state;
    unsigned said = 0;
    int pipe_fds[2], status;
    pid_t child;
    char byte;

    assert_int_equal(pipe(pipe_fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(pipe_fds[0]);
        work_until_killed(ground, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    while (read(pipe_fds[0], &byte, 1) == 1 && byte == '.')
        said++;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    close(pipe_fds[0]);
    assert_int_equal(said, 20);
    ground_open(ground, STORE_DIRECTORY);
    /* Every commit that was reported, nothing of the one that was not; no repair needed. */
    assert_int_equal(count_domains(ground), said);
    assert_int_equal(
        ground_ask(ground, "directory/directory.db", "SELECT count(*) FROM alias"), said);
    assert_int_equal(
        ground_ask(ground, "directory/directory.db",
            "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1);
    assert_int_equal(domain_add(ground->store, TEXT("after.example"), 1), ERR_NONE);
}

/* What it reads is of one moment, and others write meanwhile. */
static void test_reading(void **state)
{
    struct ground *ground = *state;
    struct store *reader = NULL;
    struct domain_list list;

    ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(domain_add(ground->store, TEXT("one.example"), 1), ERR_NONE);
    assert_int_equal(
        store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &reader, NULL), ERR_NONE);
    store_begin_reading(reader);
    assert_int_equal(domain_list(reader, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_int_equal(domain_add(ground->store, TEXT("two.example"), 1), ERR_NONE);
    assert_int_equal(domain_list(reader, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    store_roll_back(reader);
    assert_int_equal(domain_list(reader, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    store_close(&reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_commit), TEST(test_roll_back), TEST(test_error_sticks),
    TEST(test_absent_does_not_stick), TEST(test_close_takes_back), TEST(test_locked),
    TEST(test_data_version), TEST(test_reader_does_not_write), TEST(test_full),
    TEST(test_damaged_inside), TEST(test_killed), TEST(test_reading))
