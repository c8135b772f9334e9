/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/proof-user.h"

#include "lib/store/credential.h"
#include "lib/store/domain.h"
#include "lib/store/password.h"
#include "mailctl/attach/dovecot-cache.h"
#include "tests/unit/store/ground.h"

/* --- what it tells, and whom: here nobody --- */

static unsigned told, warned, forgotten;

void invocation_tell(const struct invocation *invocation, const char *format, ...)
{
    (void)invocation;
    (void)format;
    told++;
}

void invocation_warn(struct invocation *invocation, const char *format, ...)
{
    (void)invocation;
    (void)format;
    warned++;
}

void dovecot_cache_forget(struct invocation *invocation, struct text address)
{
    (void)invocation;
    (void)address;
    forgotten++;
}

/* --- the tests --- */

static void test_which_one_is_ours(void **state)
{
    static const struct {
        const char *name, *local_part, *display_name;
        bool is_one;
    } rows[] = {
        {"ours",                PROOF_USER_PREFIX "0123456789abcdef",  PROOF_USER_NAME, true },
        {"no display name",     PROOF_USER_PREFIX "0123456789abcdef",  "",              false},
        {"another one",         PROOF_USER_PREFIX "0123456789abcdef",  "Bob",           false},
        {"too short",           PROOF_USER_PREFIX "0123456789abcde",   PROOF_USER_NAME, false},
        {"too long",            PROOF_USER_PREFIX "0123456789abcdef0", PROOF_USER_NAME, false},
        {"upper case",          PROOF_USER_PREFIX "0123456789ABCDEF",  PROOF_USER_NAME, false},
        {"no digit",            PROOF_USER_PREFIX "0123456789abcdeg",  PROOF_USER_NAME, false},
        {"nothing behind it",   PROOF_USER_PREFIX,                     PROOF_USER_NAME, false},
        {"another's beginning", "gatepost-prove-0123456789abcdef",     PROOF_USER_NAME, false},
        {"a user",              "alice",                               "Alice",         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct user user = {.local_part = text_from_string(rows[i].local_part),
            .display_name = text_from_string(rows[i].display_name)};

        unit_row(rows[i].name);
        assert_int_equal(proof_user_is_one(&user), rows[i].is_one);
    }
}

struct scene {
    struct ground *ground;
    struct invocation invocation;
    struct settings settings;
};

static struct scene make_scene(void **state)
{
    struct ground *ground = *state;
    struct scene scene = {.ground = ground, .invocation = {.arena = ground->arena}};

    told = warned = forgotten = 0;
    scene.settings.state_directory = ground->directory;
    scene.settings.run_directory = ground->directory; /* no daemon is there */
    scene.settings.authd.hash_memory_bytes = 8192 * 1024;
    scene.settings.authd.hash_passes = 1;
    assert_int_equal(
        domain_add(ground_open(ground, STORE_DIRECTORY), TEXT("example.org"), 1), ERR_NONE);
    return scene;
}

static int64_t users(const struct ground *ground)
{
    return ground_ask(ground, "directory/directory.db", "SELECT count(*) FROM mail_user");
}

static int64_t passwords(const struct ground *ground)
{
    return ground_ask(ground, "credentials/credentials.db", "SELECT count(*) FROM credential");
}

static void test_made_and_removed(void **state)
{
    struct scene scene = make_scene(state);
    const struct proof_user nobody = {.password = ""};
    struct credential credential;
    struct proof_user user;

    assert_int_equal(
        proof_user_make(&scene.invocation, &scene.settings, TEXT("example.org"), &user, NULL),
        ERR_NONE);
    assert_int_equal(credential_find(ground_open(scene.ground, STORE_CREDENTIALS), user.address,
                         scene.ground->arena, &credential),
        ERR_NONE);
    assert_int_equal(
        password_verify(credential.hash, text_from_string(user.password)), PASSWORD_MATCHES);
    assert_int_equal(users(scene.ground), 1);
    proof_user_remove(&scene.invocation, &scene.settings, &user);
    assert_int_equal(users(scene.ground), 0);
    assert_int_equal(passwords(scene.ground), 0);
    assert_memory_equal(user.password, nobody.password, sizeof user.password);
    assert_int_equal(warned, 0);
    assert_int_equal(forgotten, 1);
}

/* Where the password cannot be set, no user stays; where there is no domain, none is made. */
static void test_made_half(void **state)
{
    struct scene scene = make_scene(state);
    struct failure failure;
    struct proof_user user;

    scene.settings.authd.hash_memory_bytes = 1;
    assert_int_not_equal(
        proof_user_make(&scene.invocation, &scene.settings, TEXT("example.org"), &user, &failure),
        ERR_NONE);
    assert_non_null(strstr(failure.text, "a user to log in with could not be made: "));
    assert_int_equal(users(scene.ground), 0);
    assert_int_equal(
        proof_user_make(&scene.invocation, &scene.settings, TEXT("example.net"), &user, &failure),
        ERR_ABSENT);
}

static void test_sweep(void **state)
{
    struct scene scene = make_scene(state);
    const struct user other = {.local_part = TEXT(PROOF_USER_PREFIX "0123456789abcdef"),
        .domain = TEXT("example.org"),
        .display_name = TEXT("")};
    struct proof_user user;

    proof_user_sweep(&scene.invocation, &scene.settings);
    assert_int_equal(told, 0);
    assert_int_equal(
        proof_user_make(&scene.invocation, &scene.settings, TEXT("example.org"), &user, NULL),
        ERR_NONE);
    assert_int_equal(user_add(ground_open(scene.ground, STORE_DIRECTORY), &other, 1), ERR_NONE);
    /* Killed between the two steps of its making, too. */
    ground_run(scene.ground, "directory/directory.db",
        "INSERT INTO mail_user (domain_id, local_part, display_name, quota_bytes, created)"
        " SELECT id, '" PROOF_USER_PREFIX "fedcba9876543210', '" PROOF_USER_NAME "', 0, 1"
        " FROM domain");
    proof_user_sweep(&scene.invocation, &scene.settings);
    assert_int_equal(told, 2);
    assert_int_equal(warned, 0);
    assert_int_equal(users(scene.ground), 1);
    assert_int_equal(passwords(scene.ground), 0);
}

/* A database that cannot be written: warned of, and the user is found the next time. */
static void test_sweep_fails(void **state)
{
    struct scene scene = make_scene(state);
    struct proof_user user;
    char from[128], to[128];

    assert_int_equal(
        proof_user_make(&scene.invocation, &scene.settings, TEXT("example.org"), &user, NULL),
        ERR_NONE);
    ground_path(scene.ground, "credentials/credentials.db", from);
    ground_path(scene.ground, "credentials/aside", to);
    assert_int_equal(rename(from, to), 0);
    ground_write_file(scene.ground, "credentials/credentials.db", "nothing of ours");
    proof_user_sweep(&scene.invocation, &scene.settings);
    assert_int_equal(warned, 1);
    assert_int_equal(users(scene.ground), 1);
    assert_int_equal(rename(to, from), 0);
    proof_user_sweep(&scene.invocation, &scene.settings);
    assert_int_equal(told, 1);
    assert_int_equal(users(scene.ground), 0);
}

#define GROUND_TEST(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)

UNIT_MAIN(cmocka_unit_test(test_which_one_is_ours), GROUND_TEST(test_made_and_removed),
    GROUND_TEST(test_made_half), GROUND_TEST(test_sweep), GROUND_TEST(test_sweep_fails))
