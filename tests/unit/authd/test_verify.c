/* SPDX-License-Identifier: MIT */

/*
 * What a login costs, counted in hashes that are computed, and what is remembered of the one before
 * it. A hash is one call of password_verify(), which the linker brings here first.
 */

#include <stdatomic.h>

#include "lib/base/clock.h"
#include "lib/store/app-password.h"
#include "lib/store/app-secret.h"
#include "lib/store/credential.h"
#include "tests/unit/authd/scene.h"
#include "tests/unit/unit.h"

#define NOW 1700000000
#define START_MS 1000

#define SSHA "{SSHA}V4TY9yyJKNfcNcj3oSwtxn2pkHBDq2/O" /* "open sesame" */
#define PHONE "00000-00000-00000-00000-00000a"

static atomic_int hashes;

enum password_result __real_password_verify(struct text hash, struct text password);
enum password_result __wrap_password_verify(struct text hash, struct text password);

enum password_result __wrap_password_verify(struct text hash, struct text password)
{
    atomic_fetch_add(&hashes, 1);
    return __real_password_verify(hash, password);
}

/* Whose stored hashes differ: alice's is of today's parameters, erin's of others, carol's SSHA. */
static int setup(void **state)
{
    struct scene *scene;

    scene_setup(state);
    scene = *state;
    ground_run_sql(&scene->ground, STORE_CREDENTIALS,
        "INSERT INTO credential (address, hash, changed) VALUES ('carol@example.org', '" SSHA
        "', 0)");
    scene_greet(scene);
    clock_test_set(NOW, START_MS);
    return 0;
}

static int teardown(void **state)
{
    clock_test_release();
    return scene_teardown(state);
}

/* One login to its end: its status, and how many hashes it cost. */
static void expect(
    struct scene *scene, const char *user, const char *password, const char *status, int cost)
{
    struct buffer line = BUFFER_NONE;
    char answer[32];

    peer_clear(&scene->peer);
    buffer_append_format(
        &line, "1\tverify\tuser=%s\tpassword=%s\tservice=imap\tremote=192.0.2.7\n", user, password);
    snprintf(answer, sizeof answer, "1\t%s", status);
    atomic_store(&hashes, 0);
    peer_send(&scene->peer, buffer_text(&line));
    peer_await_end(&scene->peer, "\n");
    scene_await_pool(scene);
    if (!text_starts_with(buffer_text(&scene->peer.got), text_from_string(answer)))
        fail_msg("%s, %s: %s", user, password, buffer_string(&scene->peer.got));
    if (atomic_load(&hashes) != cost)
        fail_msg("%s, %s: %d hashes, expected %d", user, password, atomic_load(&hashes), cost);
    buffer_done(&line);
}

/* In this order, in one process: what was proven counts for what comes behind. */
static const struct {
    const char *name, *user, *password, *status;
    int cost;
} rows[] = {
    {"an unknown user",                    "nobody@example.org",  "x",           "unknown",  1},
    {"a wrong password",                   "alice@example.org",   "x",           "mismatch", 1},
    {"of other parameters",                "erin@bare.example",   "x",           "mismatch", 2},
    {"of a quick method",                  "carol@example.org",   "x",           "mismatch", 2},
    {"a right one",                        "alice@example.org",   "alice's",     "ok",       1},
    {"once more",                          "ALICE@example.org",   "alice's",     "ok",       0},
    {"a wrong one behind it",              "alice@example.org",   "alice's2",    "mismatch", 1},
    {"the right one of another",           "erin@bare.example",   "alice's",     "mismatch", 2},
    {"right, to be hashed anew",           "erin@bare.example",   "erin's",      "ok",       1},
    {"right by the new hash",              "erin@bare.example",   "erin's",      "ok",       1},
    {"which was proven",                   "erin@bare.example",   "erin's",      "ok",       0},
    {"switched off, right",                "bob@example.org",     "bob's",       "disabled", 1},
    {"switched off, right again",          "bob@example.org",     "bob's",       "disabled", 1},
    {"the domain switched off",            "dave@closed.example", "dave's",      "disabled", 1},
    {"a quick method, right, hashed anew", "carol@example.org",   "open sesame", "ok",       1},
};

static void test_cost(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("# row: %s\n", rows[i].name);
        expect(*state, rows[i].user, rows[i].password, rows[i].status, rows[i].cost);
    }
}

static void test_time_is_over(void **state)
{
    struct scene *scene = *state;

    expect(scene, "alice@example.org", "alice's", "ok", 1);
    clock_test_set(NOW, START_MS + SCENE_PROVEN_MS - 1);
    expect(scene, "alice@example.org", "alice's", "ok", 0);
    clock_test_set(NOW, START_MS + SCENE_PROVEN_MS);
    expect(scene, "alice@example.org", "alice's", "ok", 1);
    proven_set_lifetime(scene->proven, 0);
    expect(scene, "alice@example.org", "alice's", "ok", 1);
    expect(scene, "alice@example.org", "alice's", "ok", 1);
}

static void test_changed_password(void **state)
{
    struct scene *scene = *state;
    struct store *store = NULL;
    char hash[PASSWORD_HASH_MAX];

    expect(scene, "alice@example.org", "alice's", "ok", 1);
    assert_int_equal(password_hash(TEXT("another"), GROUND_MEMORY, GROUND_PASSES, hash), ERR_NONE);
    assert_int_equal(
        store_open(scene->ground.folder, STORE_CREDENTIALS, STORE_WRITE, &store, NULL), ERR_NONE);
    assert_int_equal(
        credential_set(store, TEXT("alice@example.org"), text_from_string(hash), 1), ERR_NONE);
    expect(scene, "alice@example.org", "alice's", "mismatch", 1);
    expect(scene, "alice@example.org", "another", "ok", 1);
    assert_int_equal(credential_delete(store, TEXT("alice@example.org")), ERR_NONE);
    expect(scene, "alice@example.org", "another", "mismatch", 1);
    store_close(&store);
}

/* Each takes effect at once, though the password was proven, and what undoes it does so, too. */
static const struct {
    const char *name, *sql, *undo, *status;
} changes[] = {
    {"suspended",           "UPDATE mail_user SET enabled = 0 WHERE local_part = 'alice'",
     "UPDATE mail_user SET enabled = 1 WHERE local_part = 'alice'",                                                                                                         "disabled"},
    {"domain suspended",    "UPDATE domain SET enabled = 0 WHERE name = 'example.org'",
     "UPDATE domain SET enabled = 1 WHERE name = 'example.org'",                                                                                                            "disabled"},
    {"another protocol",    "UPDATE mail_user SET protocols = 'pop3' WHERE local_part = 'alice'",
     "UPDATE mail_user SET protocols = 'all' WHERE local_part = 'alice'",                                                                                                   "disabled"},
    {"app passwords alone",
     "UPDATE mail_user SET needs_app_password = 1 WHERE local_part = 'alice'",                    "UPDATE mail_user SET needs_app_password = 0 WHERE local_part = 'alice'", "mismatch"},
};

static void test_changed_user(void **state)
{
    struct scene *scene = *state;

    expect(scene, "alice@example.org", "alice's", "ok", 1);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        print_message("# row: %s\n", changes[i].name);
        ground_run_sql(&scene->ground, STORE_DIRECTORY, changes[i].sql);
        expect(scene, "alice@example.org", "alice's", changes[i].status, 1);
        expect(scene, "alice@example.org", "wrong", "mismatch", 1);
        ground_run_sql(&scene->ground, STORE_DIRECTORY, changes[i].undo);
        expect(scene, "alice@example.org", "alice's", "ok", 0);
    }
}

/* A right password that counts for a wrong one takes as long as one, by a quick method, too. */
static void test_quick_but_told_wrong(void **state)
{
    struct scene *scene = *state;

    ground_run_sql(&scene->ground, STORE_DIRECTORY, "UPDATE mail_user SET needs_app_password = 1");
    expect(scene, "carol@example.org", "open sesame", "mismatch", 2);
    expect(scene, "carol@example.org", "x", "mismatch", 2);
    expect(scene, "erin@bare.example", "erin's", "mismatch", 2);
}

/* No place before the threads is needed: a flood keeps nobody out who needs no hash. */
static void test_full_queue(void **state)
{
    struct scene *scene = *state;
    struct app_password password = {
        .address = TEXT("alice@example.org"), .label = TEXT("phone"), .protocols = PROTOCOLS_ALL};
    char hash[APP_SECRET_HASH_MAX];
    struct store *store = NULL;

    assert_int_equal(app_secret_hash(TEXT(PHONE), hash), ERR_NONE);
    password.hash = text_from_string(hash);
    assert_int_equal(
        store_open(scene->ground.folder, STORE_CREDENTIALS, STORE_WRITE, &store, NULL), ERR_NONE);
    assert_int_equal(app_password_add(store, &password, 1, &password.id), ERR_NONE);
    store_close(&store);
    expect(scene, "alice@example.org", "alice's", "ok", 1);
    pool_set_bounds(scene->pool, &(struct pool_bounds){0, 0, 0});
    expect(scene, "alice@example.org", "alice's", "ok", 0);
    expect(scene, "alice@example.org", PHONE, "ok", 0);
    expect(scene, "alice@example.org", "wrong", "temporary\treason=too many logins are", 0);
    expect(scene, "erin@bare.example", "erin's", "temporary\treason=too many logins from", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_cost), TEST(test_time_is_over), TEST(test_changed_password),
    TEST(test_changed_user), TEST(test_quick_but_told_wrong), TEST(test_full_queue))
