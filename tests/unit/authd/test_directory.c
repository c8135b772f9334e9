/* SPDX-License-Identifier: MIT */
#include "authd/directory.h"

#include <event2/event.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/authd/ground.h"
#include "tests/unit/unit.h"

struct scene {
    struct ground ground;
    struct directory *directory;
    struct arena *arena;
    struct failure failure;
    char path[256];
    int64_t now_ms;
};

static struct scene *current;

static void pass(int64_t ms)
{
    current->now_ms += ms;
    clock_test_set(1700000000, current->now_ms);
}

static int setup(void **state)
{
    current = test_calloc(1, sizeof *current);
    ground_make(&current->ground);
    current->arena = arena_new();
    ground_path(&current->ground, STORE_DIRECTORY, current->path);
    pass(1000000);
    *state = current;
    return directory_open(current->ground.folder, &current->directory, &current->failure) ==
                   ERR_NONE
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    clock_test_release();
    directory_close(&scene->directory);
    arena_free(&scene->arena);
    ground_remove(&scene->ground);
    test_free(scene);
    return 0;
}

static enum err find(struct scene *scene, const char *address)
{
    struct user user;

    return directory_user(
        scene->directory, text_from_string(address), scene->arena, &user, &scene->failure);
}

static bool is_failed(enum err err)
{
    return err != ERR_NONE && err != ERR_ABSENT;
}

static void test_three_outcomes(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(find(scene, "alice@example.org"), ERR_NONE);
    assert_int_equal(find(scene, "nobody@example.org"), ERR_ABSENT);
    ground_run_sql(&scene->ground, STORE_DIRECTORY,
        "DROP TABLE alias_target; DROP TABLE alias; DROP TABLE mail_user");
    assert_true(is_failed(find(scene, "alice@example.org")));
    assert_non_null(strstr(scene->failure.text, scene->path));
}

/* Taken away under us, and put back: failed, never absent, and found again by itself. */
static void test_taken_away(void **state)
{
    struct scene *scene = *state;
    char aside[300];

    snprintf(aside, sizeof aside, "%s.aside", scene->path);
    assert_int_equal(rename(scene->path, aside), 0);
    pass(2000);
    assert_true(is_failed(find(scene, "alice@example.org")));
    assert_non_null(strstr(scene->failure.text, scene->path));
    assert_true(is_failed(find(scene, "nobody@example.org")));
    assert_int_equal(rename(aside, scene->path), 0);
    assert_true(is_failed(find(scene, "alice@example.org"))); /* not tried again at once */
    pass(1000);
    assert_int_equal(find(scene, "alice@example.org"), ERR_NONE);
    assert_int_equal(find(scene, "nobody@example.org"), ERR_ABSENT);
}

static void test_not_a_database(void **state)
{
    struct scene *scene = *state;
    FILE *file;

    directory_close(&scene->directory);
    unlink(scene->path);
    file = fopen(scene->path, "w");
    assert_non_null(file);
    fputs("this is no database, whatever its name says; it goes on for a while, so that it is "
          "longer than the header of one would be\n",
        file);
    fclose(file);
    assert_true(
        is_failed(directory_open(scene->ground.folder, &scene->directory, &scene->failure)));
    assert_non_null(strstr(scene->failure.text, scene->path));
    assert_null(scene->directory);
}

static void test_missing_at_start(void **state)
{
    struct scene *scene = *state;

    directory_close(&scene->directory);
    unlink(scene->path);
    assert_int_equal(
        directory_open(scene->ground.folder, &scene->directory, &scene->failure), ERR_ABSENT);
    assert_non_null(strstr(scene->failure.text, "mailctl init"));
}

static void test_newer(void **state)
{
    struct scene *scene = *state;

    directory_close(&scene->directory);
    ground_run_sql(&scene->ground, STORE_DIRECTORY, "PRAGMA user_version = 2000000000");
    assert_int_equal(
        directory_open(scene->ground.folder, &scene->directory, &scene->failure), ERR_NEWER);
}

/* One line for each cause, and one more when it comes back after it had gone. */
static void test_news(void **state)
{
    struct scene *scene = *state;
    struct failure failure = {ERR_IO, "the disk is on fire"};

    assert_true(directory_is_news(scene->directory, &failure));
    assert_false(directory_is_news(scene->directory, &failure));
    assert_int_equal(find(scene, "alice@example.org"), ERR_NONE);
    assert_true(directory_is_news(scene->directory, &failure));
    snprintf(failure.text, sizeof failure.text, "the disk is full");
    assert_true(directory_is_news(scene->directory, &failure));
}

static enum err find_hash(struct scene *scene)
{
    struct credential credential;

    pass(1000);
    return directory_credential(
        scene->directory, TEXT("alice@example.org"), scene->arena, &credential, &scene->failure);
}

/* The one fails, the other answers in between: still one line. */
static void test_news_of_one(void **state)
{
    struct scene *scene = *state;

    ground_run_sql(&scene->ground, STORE_CREDENTIALS, "ALTER TABLE credential RENAME TO away");
    assert_true(is_failed(find_hash(scene)));
    assert_true(directory_is_news(scene->directory, &scene->failure));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(find(scene, "alice@example.org"), ERR_NONE);
        assert_true(is_failed(find_hash(scene)));
        assert_false(directory_is_news(scene->directory, &scene->failure));
    }
    ground_run_sql(&scene->ground, STORE_CREDENTIALS, "ALTER TABLE away RENAME TO credential");
    assert_int_equal(find_hash(scene), ERR_NONE);
    ground_run_sql(&scene->ground, STORE_CREDENTIALS, "ALTER TABLE credential RENAME TO away");
    assert_true(is_failed(find_hash(scene)));
    assert_true(directory_is_news(scene->directory, &scene->failure));
}

/* What one turn of the loop reads is of one moment, the next one sees what was changed meanwhile.
 */
static void test_turns(void **state)
{
    struct scene *scene = *state;
    struct event_base *loop = event_base_new();

    assert_int_equal(directory_join_loop(scene->directory, loop, &scene->failure), ERR_NONE);
    assert_int_equal(find(scene, "carol@example.org"), ERR_NONE);
    ground_run_sql(
        &scene->ground, STORE_DIRECTORY, "DELETE FROM mail_user WHERE local_part = 'carol'");
    assert_int_equal(find(scene, "carol@example.org"), ERR_NONE);
    (void)event_base_loop(loop, EVLOOP_NONBLOCK);
    assert_int_equal(find(scene, "carol@example.org"), ERR_ABSENT);
    (void)event_base_loop(loop, EVLOOP_NONBLOCK);
    directory_close(&scene->directory);
    event_base_free(loop);
}

static bool is_enabled(struct scene *scene, const char *address)
{
    struct user user;

    assert_int_equal(directory_user(scene->directory, text_from_string(address), scene->arena,
                         &user, &scene->failure),
        ERR_NONE);
    return user.enabled && user.domain_enabled;
}

/* A user who is remembered from an earlier turn is as the database has him now. */
static void test_turns_see_changes(void **state)
{
    static const char *const changes[] = {
        "UPDATE mail_user SET enabled = 0 WHERE local_part = 'alice'",
        "UPDATE mail_user SET enabled = 1",
        "UPDATE domain SET enabled = 0 WHERE name = 'example.org'",
        "UPDATE domain SET enabled = 1",
    };
    struct scene *scene = *state;
    struct event_base *loop = event_base_new();

    assert_int_equal(directory_join_loop(scene->directory, loop, &scene->failure), ERR_NONE);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bool was_enabled = i % 2 == 0;

        for (int turn = 0; turn < 2; turn++) {
            assert_true(is_enabled(scene, "alice@example.org") == was_enabled);
            assert_true(is_enabled(scene, "alice@example.org") == was_enabled);
            (void)event_base_loop(loop, EVLOOP_NONBLOCK);
        }
        ground_run_sql(&scene->ground, STORE_DIRECTORY, changes[i]);
    }
    assert_true(is_enabled(scene, "alice@example.org"));
    directory_close(&scene->directory);
    event_base_free(loop);
}

/* A failure in the middle of a turn ends what was begun, and a file that is gone does. */
static void test_failure_in_a_turn(void **state)
{
    struct scene *scene = *state;
    struct event_base *loop = event_base_new();

    assert_int_equal(directory_join_loop(scene->directory, loop, &scene->failure), ERR_NONE);
    assert_int_equal(find(scene, "alice@example.org"), ERR_NONE);
    assert_int_equal(unlink(scene->path), 0);
    pass(2000);
    assert_true(is_failed(find(scene, "alice@example.org")));
    (void)event_base_loop(loop, EVLOOP_NONBLOCK);
    assert_true(is_failed(find(scene, "alice@example.org")));
    directory_close(&scene->directory);
    event_base_free(loop);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_three_outcomes), TEST(test_taken_away), TEST(test_not_a_database),
    TEST(test_missing_at_start), TEST(test_newer), TEST(test_news), TEST(test_news_of_one),
    TEST(test_turns), TEST(test_turns_see_changes), TEST(test_failure_in_a_turn))
