/* SPDX-License-Identifier: MIT */

/* Guessers and owners at the login socket: who is refused, what the log says, what is kept. */

#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/store/app-password.h"
#include "lib/store/app-secret.h"
#include "lib/store/guess.h"
#include "tests/unit/authd/scene.h"
#include "tests/unit/logged.h"
#include "tests/unit/unit.h"

#define NOW 1700000000
#define HOUR 3600
#define DAY (24 * HOUR)

#define ALICE                                                                                      \
    "1\tok\tuser=alice@example.org\thome=/mail/example.org/alice\tuid=5000\tgid=5001"              \
    "\tquota_bytes=1000\n"
#define MISMATCH "1\tmismatch\n"
#define UNKNOWN "1\tunknown\n"
#define REFUSED "1\ttemporary\treason=too many wrong passwords lately; try again later\tretry=no\n"
#define BLOCKED "1\ttemporary\treason=logins from this network are not taken\tretry=no\n"
#define RIGHT "alice's"
#define PHONE "00000-00000-00000-00000-00000a"

/* Few, so that tests are short. */
#define LIMITS                                                                                     \
    "account_hour = 3\naccount_day = 0\naccounts_hour = 4\nunknown_hour = 2\nown_hour = 5\n"       \
    "allow = {\"198.51.100.0/24\"}\nblock = {\"203.0.113.7\"}\n"

static struct store *open_guard(const struct scene *scene)
{
    struct store *store = NULL;

    assert_int_equal(
        store_open(scene->ground.folder, STORE_GUARD, STORE_WRITE, &store, NULL), ERR_NONE);
    return store;
}

/* Bits of a hash with a random key could be the same for two passwords. */
static int setup(void **state)
{
    struct scene *scene = scene_new(1, 50);
    struct store *store;

    clock_test_set(NOW, 0);
    sentry_free(&scene->verifier.sentry);
    store = open_guard(scene);
    assert_int_equal(guess_key_keep(store, "000102030405060708090a0b0c0d0e0f"), ERR_NONE);
    store_close(&store);
    scene_open_sentry(scene, LIMITS);
    scene_greet(scene);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    clock_test_release();
    return scene_teardown(state);
}

/* What the log says of it is left in lines_r, of 1000 bytes. */
static void ask(struct scene *scene, const char *user, const char *password, const char *remote,
    const char *answer, char *lines_r)
{
    struct logged log = logged_begin();
    struct buffer request = BUFFER_NONE;

    buffer_append_format(&request, "1\tverify\tuser=%s\tpassword=%s\tservice=imap\tremote=%s\n",
        user, password, remote);
    peer_clear(&scene->peer);
    peer_send(&scene->peer, buffer_text(&request));
    peer_await(&scene->peer, strlen(answer));
    scene_await_pool(scene);
    logged_end(&log, lines_r, 1000);
    buffer_done(&request);
    assert_string_equal(buffer_string(&scene->peer.got), answer);
}

static void try(struct scene *scene, const char *password, const char *remote, const char *answer)
{
    char lines[1000];

    ask(scene, "alice@example.org", password, remote, answer, lines);
}

/* Three wrong passwords from a network each. */
static void guess(struct scene *scene)
{
    try(scene, "one", "10.0.1.1", MISMATCH);
    try(scene, "two", "10.0.2.1", MISMATCH);
    try(scene, "three", "10.0.3.1", MISMATCH);
}

static void test_strangers(void **state)
{
    struct scene *scene = *state;
    char lines[1000];

    guess(scene);
    ask(scene, "Alice@Example.org", RIGHT, "192.0.2.9", REFUSED, lines);
    assert_string_equal(lines,
        "test: login: user=<Alice@Example.org> service=imap remote=192.0.2.9 session=<>"
        " result=temporary"
        " reason=guessing count=account network=192.0.2.0/24 limit=3/hour"
        " until=2023-11-14T23:13:20Z\n");
    try(scene, "four", "192.0.2.9", REFUSED);
    clock_test_set(NOW + HOUR, 0);
    try(scene, RIGHT, "192.0.2.9", ALICE);
}

static void test_same_password_is_free(void **state)
{
    struct scene *scene = *state;

    for (int i = 0; i < 6; i++)
        try(scene, "forgotten", "10.0.1.1", MISMATCH);
    try(scene, "two", "10.0.1.1", MISMATCH);
    try(scene, RIGHT, "192.0.2.9", ALICE);
    try(scene, "three", "10.0.1.1", MISMATCH);
    try(scene, "forgotten", "10.0.1.1", REFUSED);
}

/* A restart in between, so that it is known from the database. */
static void test_owner(void **state)
{
    struct scene *scene = *state;

    try(scene, RIGHT, "192.0.2.9", ALICE);
    try(scene, RIGHT, "2001:db8:1:2::9", ALICE);
    scene_open_sentry(scene, LIMITS);
    guess(scene);
    try(scene, RIGHT, "192.0.2.200", ALICE);
    try(scene, "misspelt", "192.0.2.200", MISMATCH);
    try(scene, RIGHT, "2001:db8:1:2:3::4", ALICE);
    try(scene, RIGHT, "192.0.3.9", REFUSED);
    try(scene, RIGHT, "2001:db8:1:3::9", REFUSED);
    try(scene, RIGHT, "", REFUSED);
    /* The owner's network may err oftener than strangers, and not without end. */
    try(scene, "b", "192.0.2.9", MISMATCH);
    try(scene, "c", "192.0.2.9", MISMATCH);
    try(scene, "d", "192.0.2.9", MISMATCH);
    try(scene, "e", "192.0.2.9", MISMATCH);
    try(scene, RIGHT, "192.0.2.9", REFUSED);
    try(scene, RIGHT, "2001:db8:1:2::9", ALICE);
}

static void test_known_network_ends(void **state)
{
    struct scene *scene = *state;

    try(scene, RIGHT, "192.0.2.9", ALICE);
    scene_open_sentry(scene, LIMITS "known_network_days = 2\n");
    clock_test_set(NOW + 2 * DAY - 1, 0);
    guess(scene);
    try(scene, RIGHT, "192.0.2.9", ALICE);
    scene_open_sentry(scene, LIMITS "known_network_days = 2\n");
    clock_test_set(NOW + 4 * DAY - 1, 0);
    guess(scene);
    try(scene, RIGHT, "192.0.2.9", REFUSED);
}

static void test_network(void **state)
{
    struct scene *scene = *state;
    char lines[1000];

    ask(scene, "nobody1@example.org", "x", "10.0.1.1", UNKNOWN, lines);
    ask(scene, "no address", "x", "10.0.1.2", UNKNOWN, lines);
    ask(scene, "alice@example.org", RIGHT, "10.0.1.3", REFUSED, lines);
    assert_non_null(strstr(lines, "guessing count=unknown network=10.0.1.0/24 limit=2/hour"));
    try(scene, RIGHT, "10.0.2.1", ALICE);
    /* Behind a webmail are all. */
    for (int i = 0; i < 5; i++) {
        char name[40];

        snprintf(name, sizeof name, "nobody%d@example.org", i);
        ask(scene, name, "x", "127.0.0.1", UNKNOWN, lines);
    }
    try(scene, RIGHT, "127.0.0.1", ALICE);
}

static void test_lists(void **state)
{
    struct scene *scene = *state;
    char lines[1000];

    ask(scene, "alice@example.org", RIGHT, "203.0.113.7", BLOCKED, lines);
    assert_non_null(strstr(lines, "reason=blocked network=203.0.113.0/24\n"));
    try(scene, RIGHT, "203.0.113.8", ALICE);
    try(scene, "one", "198.51.100.7", MISMATCH);
    guess(scene);
    try(scene, "x", "198.51.100.7", MISMATCH);
    try(scene, RIGHT, "198.51.100.7", ALICE);
    scene_open_sentry(scene, LIMITS "enabled = no\n");
    try(scene, RIGHT, "203.0.113.7", ALICE);
    try(scene, RIGHT, "10.0.9.1", ALICE);
}

/* Of guesses that come all at once, no more are answered; and not the right one among them. */
static void test_at_once(void **state)
{
    struct scene *scene = *state;
    static const char *const guesses[] = {"one", "two", "three", "four", "five"};
    struct buffer request = BUFFER_NONE, answer = BUFFER_NONE;

    for (int i = 1; i <= 6; i++) {
        const char *password = i < 6 ? guesses[i - 1] : RIGHT;

        buffer_append_format(&request,
            "%d\tverify\tuser=alice@example.org\tpassword=%s\tremote=10.0.%d.1\n", i, password, i);
        if (i <= 3)
            buffer_append_format(&answer, "%d\tmismatch\n", i);
        else
            buffer_append_format(&answer, "%d%s", i, REFUSED + 1);
    }
    peer_clear(&scene->peer);
    peer_send(&scene->peer, buffer_text(&request));
    peer_await(&scene->peer, answer.len);
    assert_string_equal(buffer_string(&scene->peer.got), buffer_string(&answer));
    buffer_done(&request);
    buffer_done(&answer);
}

static void test_restart(void **state)
{
    struct scene *scene = *state;

    try(scene, "one", "10.0.1.1", MISMATCH);
    try(scene, "two", "10.0.2.1", MISMATCH);
    scene_open_sentry(scene, LIMITS);
    try(scene, "two", "10.0.3.1", MISMATCH); /* no further one */
    try(scene, "three", "10.0.3.1", MISMATCH);
    scene_open_sentry(scene, LIMITS);
    try(scene, RIGHT, "10.0.4.1", REFUSED);
    clock_test_set(NOW + HOUR, 0);
    scene_open_sentry(scene, LIMITS);
    try(scene, RIGHT, "10.0.4.1", ALICE);
}

/* Nobody can tell who is known: then the owner is not kept out, and no login fails. */
static void test_damaged_database(void **state)
{
    struct scene *scene = *state;
    char lines[1000];

    ground_run_sql(&scene->ground, STORE_GUARD, "DROP TABLE known_network");
    ask(scene, "alice@example.org", RIGHT, "10.0.9.1", ALICE, lines);
    assert_non_null(strstr(lines, "all are judged as owners: "));
    assert_non_null(strstr(lines, "guard/guard.db"));
    ask(scene, "alice@example.org", RIGHT, "10.0.9.1", ALICE, lines);
    assert_null(strstr(lines, "judged"));
    guess(scene);
    try(scene, RIGHT, "10.0.9.1", ALICE);
}

static size_t count_of(const char *text, const char *piece)
{
    size_t count = 0;

    while ((text = strstr(text, piece)) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* Somebody else writes without an end: that costs a line in the log, and no login. */
static void test_locked_database(void **state)
{
    struct scene *scene = *state;
    struct store *other = open_guard(scene);
    struct logged log;
    char lines[4000];

    sentry_free(&scene->verifier.sentry);
    store_begin(other);
    log = logged_begin();
    scene_open_sentry(scene, LIMITS);
    peer_clear(&scene->peer);
    peer_send(
        &scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=x\tremote=10.0.1.1\n"));
    peer_await_end(&scene->peer, MISMATCH);
    peer_clear(&scene->peer);
    peer_send(&scene->peer,
        TEXT("1\tverify\tuser=alice@example.org\tpassword=" RIGHT "\tremote=10.0.1.1\n"));
    peer_await_end(&scene->peer, ALICE);
    sentry_free(&scene->verifier.sentry);
    logged_end(&log, lines, sizeof lines);
    store_roll_back(other);
    store_close(&other);
    assert_int_equal(count_of(lines, "is not written now; logins go on: "), 1);
    assert_int_equal(count_of(lines, "guard/guard.db: locked"), 1);
    assert_int_equal(count_of(lines, "login: "), 2);
    scene_open_sentry(scene, LIMITS);
}

/* Nobody can tell who is known: nobody is kept out, and guesses count for when it is back. */
static void test_unreadable_networks(void **state)
{
    struct scene *scene = *state;

    ground_run_sql(&scene->ground, STORE_GUARD, "ALTER TABLE known_network RENAME TO away");
    guess(scene);
    try(scene, RIGHT, "192.0.2.9", ALICE);
    ground_run_sql(&scene->ground, STORE_GUARD, "ALTER TABLE away RENAME TO known_network");
    clock_test_set(NOW, 60000);
    try(scene, RIGHT, "192.0.4.9", REFUSED);
}

/* An owner on a journey has one at least that lets him in. */
static void test_app_password(void **state)
{
    struct scene *scene = *state;
    char hash[APP_SECRET_HASH_MAX];
    struct app_password password = {.address = TEXT("alice@example.org"),
        .label = TEXT("phone"),
        .protocols = protocols_read(TEXT("all")),
        .networks = TEXT("")};
    struct store *store = NULL;
    int64_t id;

    assert_int_equal(
        store_open(scene->ground.folder, STORE_CREDENTIALS, STORE_WRITE, &store, NULL), ERR_NONE);
    assert_int_equal(app_secret_hash(TEXT(PHONE), hash), ERR_NONE);
    password.hash = text_from_string(hash);
    assert_int_equal(app_password_add(store, &password, NOW, &id), ERR_NONE);
    store_close(&store);
    guess(scene);
    try(scene, RIGHT, "192.0.2.9", REFUSED);
    try(scene, "00000-00000-00000-00000-00000b", "192.0.2.9", REFUSED);
    try(scene, PHONE, "192.0.2.9", ALICE);
    try(scene, PHONE, "203.0.113.7", BLOCKED);
}

/* It is made where it is missing; without it logins go on. */
static void test_missing_database(void **state)
{
    struct scene *scene = *state;
    char path[256], log[300];

    ground_path(&scene->ground, STORE_GUARD, path);
    sentry_free(&scene->verifier.sentry);
    assert_int_equal(unlink(path), 0);
    snprintf(log, sizeof log, "%s-wal", path);
    unlink(log);
    snprintf(log, sizeof log, "%s-shm", path);
    unlink(log);
    scene_open_sentry(scene, LIMITS);
    assert_int_equal(access(path, F_OK), 0);
    try(scene, "one", "10.0.9.1", MISMATCH);
    try(scene, RIGHT, "10.0.9.1", ALICE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_strangers), TEST(test_same_password_is_free), TEST(test_owner),
    TEST(test_known_network_ends), TEST(test_network), TEST(test_lists), TEST(test_at_once),
    TEST(test_restart), TEST(test_damaged_database), TEST(test_locked_database),
    TEST(test_unreadable_networks), TEST(test_app_password), TEST(test_missing_database))
