/* SPDX-License-Identifier: MIT */
#include "authd/policy.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "tests/unit/authd/ground.h"
#include "tests/unit/unit.h"

#define NOW ((int64_t)1700000000)

/* What was noted last, and the verdict to give. */
struct witness {
    struct guard_verdict verdict;
    unsigned noted, right;
    bool exists;
    char account[100], password[100];
};

struct scene {
    struct ground ground;
    struct policy policy;
    struct witness witness;
    struct arena *arena;
};

static void copy(struct text text, char copy_r[100])
{
    assert_true(text.len < 100);
    memcpy(copy_r, text.data, text.len);
    copy_r[text.len] = '\0';
}

static struct guard_verdict judge(void *context, struct text account, const struct ip *client)
{
    struct witness *witness = context;

    (void)client;
    copy(account, witness->account);
    return witness->verdict;
}

static void note_wrong(
    void *context, struct text account, bool exists, const struct ip *client, struct text password)
{
    struct witness *witness = context;

    (void)client;
    witness->noted++;
    witness->exists = exists;
    copy(account, witness->account);
    copy(password, witness->password);
}

static void note_right(
    void *context, struct text account, const struct ip *client, struct text service)
{
    struct witness *witness = context;

    (void)client;
    (void)service;
    witness->right++;
    copy(account, witness->account);
}

static int setup(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);

    log_open("test", LOG_TO_NOWHERE);
    clock_test_set(NOW, 0);
    ground_make(&scene->ground);
    assert_int_equal(
        directory_open(scene->ground.folder, &scene->policy.directory, NULL), ERR_NONE);
    scene->policy.guard = (struct policy_guard){&scene->witness, judge, note_wrong, note_right};
    scene->policy.logins = policy_logins_new();
    scene->arena = arena_new();
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    policy_logins_free(&scene->policy.logins);
    directory_close(&scene->policy.directory);
    arena_free(&scene->arena);
    ground_remove(&scene->ground);
    clock_test_release();
    test_free(scene);
    return 0;
}

static struct policy_request request(const char *login)
{
    struct policy_request made = {.login = text_from_string(login),
        .pwhash = TEXT("0abc"),
        .session = TEXT("s"),
        .mech = TEXT("PLAIN"),
        .command = POLICY_REPORT};

    assert_true(ip_parse(TEXT("192.0.2.1"), &made.remote));
    return made;
}

/* How many of it were counted. */
static unsigned report(struct scene *scene, struct policy_request made)
{
    unsigned before = scene->witness.noted;

    policy_report(&scene->policy, &made, scene->arena);
    return scene->witness.noted - before;
}

/* --- answers --- */

static const struct {
    const char *name;
    struct guard_verdict verdict;
    int status;
} answers[] = {
    {"nothing",          {.percent = 0},                                                       0 },
    {"below half",       {.percent = 49},                                                      0 },
    {"half",             {.percent = 50},                                                      1 },
    {"nearly",           {.percent = 99},                                                      2 },
    {"at the limit",     {.percent = 100, .is_refused = true, .ground = GUARD_OVER_LIMIT},     3 },
    {"far beyond",       {.percent = 1000000, .is_refused = true, .ground = GUARD_OVER_LIMIT}, 8 },
    {"on the list",      {.is_refused = true, .ground = GUARD_IS_BLOCKED},                     -1},
    {"on the other one", {.percent = 300, .ground = GUARD_IS_ALLOWED},                         0 },
};

static void test_answers(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct policy_request asked = request("ALICE@Example.ORG");

        unit_row(answers[i].name);
        scene->witness.verdict = answers[i].verdict;
        assert_int_equal(policy_answer(&scene->policy, &asked, scene->arena), answers[i].status);
        assert_string_equal(scene->witness.account, "alice@example.org");
    }
}

static void test_forwarded_address(void **state)
{
    static const char *networks[] = {"203.0.113.0/24"};
    struct scene *scene = *state;
    struct proxies proxies = {.arena = NULL};
    struct policy_request asked = request("root");
    struct ip forwarded = asked.remote;

    proxies_set(&proxies, &(struct config_list){networks, 1});
    scene->policy.proxies = &proxies;
    policy_settle(&scene->policy, &asked, scene->arena); /* Dovecot did not say */
    assert_true(ip_equals(&asked.remote, &forwarded));
    assert_true(ip_parse(TEXT("203.0.113.5"), &asked.real_remote));
    policy_settle(&scene->policy, &asked, scene->arena);
    assert_true(ip_equals(&asked.remote, &forwarded));
    assert_true(ip_parse(TEXT("198.51.100.9"), &asked.real_remote));
    policy_settle(&scene->policy, &asked, scene->arena);
    assert_true(ip_equals(&asked.remote, &asked.real_remote));
    proxies_done(&proxies);
}

/* Names without a domain are addresses then, and counted where they are verified. */
static void test_realm(void **state)
{
    struct scene *scene = *state;
    struct policy_request asked = request("Alice");

    scene->policy.proxies = &(struct proxies){.arena = NULL};
    scene->policy.realm = TEXT("example.org");
    policy_settle(&scene->policy, &asked, scene->arena);
    assert_text_equal(asked.login, "Alice@example.org");
    assert_int_equal(report(scene, asked), 0);
}

/* --- reports --- */

static void test_system_user(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(report(scene, request("Root")), 1);
    assert_string_equal(scene->witness.account, "root");
    assert_string_equal(scene->witness.password, "0abc");
    assert_true(scene->witness.exists);
}

/* They were noted when they were verified. */
static void test_own_addresses(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(report(scene, request("alice@example.org")), 0);
    assert_int_equal(report(scene, request("nobody@EXAMPLE.org")), 0);
    assert_int_equal(report(scene, request("dave@closed.example")), 0);
    assert_int_equal(report(scene, request("x@elsewhere.example")), 1);
}

static void test_what_is_no_guess(void **state)
{
    struct scene *scene = *state;
    struct policy_request made = request("root");

    made.success = true;
    made.fail = POLICY_FAIL_CREDENTIALS; /* to be ignored then */
    assert_int_equal(report(scene, made), 0);
    assert_int_equal(scene->witness.right, 1);
    made.login = TEXT("alice@example.org");
    assert_int_equal(report(scene, made), 0);
    assert_int_equal(scene->witness.right, 1);
    made = request("root");
    made.policy_reject = true;
    assert_int_equal(report(scene, made), 0);
    made = request("root");
    made.fail = POLICY_FAIL_OTHER;
    assert_int_equal(report(scene, made), 0);
    made.fail = POLICY_FAIL_ACCOUNT;
    assert_int_equal(report(scene, made), 1);
    assert_false(scene->witness.exists);
}

/* A broken directory is nobody's guess. */
static void test_broken_directory(void **state)
{
    struct scene *scene = *state;

    ground_run_sql(&scene->ground, STORE_DIRECTORY,
        "DROP TABLE alias_target; DROP TABLE alias; DROP TABLE mail_user; DROP TABLE domain");
    assert_int_equal(report(scene, request("x@elsewhere.example")), 0);
    assert_int_equal(report(scene, request("root")), 1);
}

static struct policy_request by(const char *mech, const char *pwhash)
{
    struct policy_request made = request("root");

    made.mech = text_from_string(mech);
    made.pwhash = text_from_string(pwhash);
    return made;
}

static void test_one_login_by_three_mechanisms(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(report(scene, by("CRAM-MD5", "0000")), 1);
    assert_int_equal(report(scene, by("PLAIN", "0abc")), 0);
    assert_int_equal(report(scene, by("LOGIN", "0abc")), 0);
    /* The same again is another login, of the same password: the guard's to say. */
    assert_int_equal(report(scene, by("PLAIN", "0abc")), 1);
    assert_string_equal(scene->witness.password, "0abc");
}

static void test_passwords_in_one_session(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(report(scene, by("PLAIN", "0001")), 1);
    assert_int_equal(report(scene, by("PLAIN", "0002")), 1);
    assert_int_equal(report(scene, by("LOGIN", "0003")), 1);
    assert_int_equal(report(scene, by("LOGIN", "0003")), 1);
}

/* Its pwhash is the same whatever the password was. */
static void test_hidden_passwords(void **state)
{
    struct scene *scene = *state;
    char first[100];

    assert_int_equal(report(scene, by("CRAM-MD5", "")), 1);
    memcpy(first, scene->witness.password, sizeof first);
    assert_int_equal(report(scene, by("CRAM-MD5", "")), 1);
    assert_memory_not_equal(first, scene->witness.password, 8);
}

static void test_others_and_later_ones(void **state)
{
    struct scene *scene = *state;
    struct policy_request made = by("CRAM-MD5", "");

    assert_int_equal(report(scene, made), 1);
    made = by("PLAIN", "0abc");
    made.session = TEXT("t");
    assert_int_equal(report(scene, made), 1);
    made = by("LOGIN", "0abc");
    made.login = TEXT("toor");
    assert_int_equal(report(scene, made), 1);
    clock_test_set(NOW + 60, 0);
    assert_int_equal(report(scene, by("PLAIN", "0abc")), 1);
    clock_test_set(NOW - 60, 0); /* a clock that was put back */
    assert_int_equal(report(scene, by("LOGIN", "0abc")), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_answers), TEST(test_forwarded_address), TEST(test_realm),
    TEST(test_system_user), TEST(test_own_addresses), TEST(test_what_is_no_guess),
    TEST(test_broken_directory), TEST(test_one_login_by_three_mechanisms),
    TEST(test_passwords_in_one_session), TEST(test_hidden_passwords),
    TEST(test_others_and_later_ones))
