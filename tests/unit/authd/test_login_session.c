/* SPDX-License-Identifier: MIT */
#include "authd/login-session.h"

#include <unistd.h>

#include "authd/authd-metrics.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "tests/unit/authd/scene.h"
#include "tests/unit/unit.h"

#define ALICE                                                                                      \
    "user=alice@example.org\thome=/mail/example.org/alice\tuid=5000\tgid=5001\tquota_bytes=1000\n"

static const struct {
    const char *name, *request, *answer;
} talks[] = {
    {"right",                         "1\tverify\tuser=alice@example.org\tpassword=alice's\tservice=imap", "1\tok\t" ALICE},
    {"name in capitals",              "1\tverify\tuser=ALICE@Example.ORG\tpassword=alice's",               "1\tok\t" ALICE},
    {"wrong",                         "2\tverify\tuser=alice@example.org\tpassword=Alice's",               "2\tmismatch\n"},
    {"right with a NUL behind",       "2\tverify\tuser=alice@example.org\tpassword=alice's\\0",
     "2\tmismatch\n"                                                                                                      },
    {"empty",                         "2\tverify\tuser=alice@example.org\tpassword=",                      "2\tmismatch\n"},
    {"another's",                     "2\tverify\tuser=alice@example.org\tpassword=bob's",                 "2\tmismatch\n"},
    {"unknown user",                  "3\tverify\tuser=nobody@example.org\tpassword=alice's",              "3\tunknown\n" },
    {"unknown domain",                "3\tverify\tuser=alice@example.com\tpassword=alice's",               "3\tunknown\n" },
    {"the unknown's own password",    "3\tverify\tuser=nobody@example.org\tpassword=nobody's",
     "3\tunknown\n"                                                                                                       },
    {"no address",                    "3\tverify\tuser=alice\tpassword=alice's",                           "3\tunknown\n" },
    {"empty name",                    "3\tverify\tuser=\tpassword=alice's",                                "3\tunknown\n" },
    {"name with a tab",               "3\tverify\tuser=al\\tice@example.org\tpassword=alice's",            "3\tunknown\n" },
    {"name with a NUL",               "3\tverify\tuser=alice\\0@example.org\tpassword=alice's",            "3\tunknown\n" },
    {"an alias does not log in",      "3\tverify\tuser=team@example.org\tpassword=alice's",
     "3\tunknown\n"                                                                                                       },
    {"without a password of his own", "4\tverify\tuser=carol@example.org\tpassword=nobody's",
     "4\tmismatch\n"                                                                                                      },
    {"switched off, right",           "5\tverify\tuser=bob@example.org\tpassword=bob's",                   "5\tdisabled\n"},
    {"switched off, wrong",           "5\tverify\tuser=bob@example.org\tpassword=x",                       "5\tmismatch\n"},
    {"domain off, right",             "5\tverify\tuser=dave@closed.example\tpassword=dave's",              "5\tdisabled\n"},
    {"look up",                       "6\tlookup\tuser=Alice@example.org\tservice=lmtp",                   "6\tok\t" ALICE},
    {"look up one switched off",      "6\tlookup\tuser=bob@example.org",
     "6\tok\tuser=bob@example.org\thome=/mail/example.org/"
        "bob\tuid=5000\tgid=5001\tquota_bytes=0\n"                                                                        },
    {"look up nobody",                "6\tlookup\tuser=nobody@example.org",                                "6\tunknown\n" },
    {"look up no address",            "6\tlookup\tuser=alice",                                             "6\tunknown\n" },
    {"list",                          "7\tlist",
     "7\titem\tuser=erin@bare.example\n7\titem\tuser=dave@closed.example\n"
        "7\titem\tuser=alice@example.org\n7\titem\tuser=bob@example.org\n"
        "7\titem\tuser=carol@example.org\n7\tend\n"                                                                       },
};

static void test_talks(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
        unit_row(talks[i].name);
        peer_send(&scene->peer, text_from_string(talks[i].request));
        peer_send(&scene->peer, TEXT("\n"));
        peer_await(&scene->peer, strlen(talks[i].answer));
        assert_string_equal(buffer_string(&scene->peer.got), talks[i].answer);
        peer_clear(&scene->peer);
    }
}

static const struct {
    const char *name, *request, *answer;
} realm_talks[] = {
    {"a name without a domain", "1\tverify\tuser=Alice\tpassword=alice's",              "1\tok\t" ALICE},
    {"wrong",                   "1\tverify\tuser=alice\tpassword=x",                    "1\tmismatch\n"},
    {"an address",              "1\tverify\tuser=alice@bare.example\tpassword=alice's", "1\tunknown\n" },
    {"look up",                 "1\tlookup\tuser=alice",                                "1\tok\t" ALICE},
    {"look up nobody",          "1\tlookup\tuser=nobody",                               "1\tunknown\n" },
    {"an empty name",           "1\tlookup\tuser=",                                     "1\tunknown\n" },
    {"a NUL in it",             "1\tlookup\tuser=alice\\0",                             "1\tunknown\n" },
};

static void test_realm(void **state)
{
    struct scene *scene = *state;

    scene->service.realm = TEXT("example.org");
    scene_greet(scene);
    for (size_t i = 0; i < sizeof realm_talks / sizeof *realm_talks; i++) {
        unit_row(realm_talks[i].name);
        peer_send(&scene->peer, text_from_string(realm_talks[i].request));
        peer_send(&scene->peer, TEXT("\n"));
        peer_await(&scene->peer, strlen(realm_talks[i].answer));
        assert_string_equal(buffer_string(&scene->peer.got), realm_talks[i].answer);
        peer_clear(&scene->peer);
    }
}

/* A password beyond every bound is nobody's. */
static void test_long_password(void **state)
{
    struct scene *scene = *state;
    char password[LOGIN_PASSWORD_MAX + 2] = "";

    scene_greet(scene);
    memset(password, 'x', LOGIN_PASSWORD_MAX + 1);
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword="));
    peer_send(&scene->peer, text_from_string(password));
    peer_send(&scene->peer, TEXT("\n"));
    peer_await_end(&scene->peer, "1\tmismatch\n");
}

static const struct {
    const char *name;
    struct text input;
    const char *answer;
} malformed[] = {
    {"no greeting",               TEXT("1\tlist\n"),                                    "error\treason=this is gatepost-login version 1\n"},
    {"another version",           TEXT("gatepost-login\t2\n"),
     "error\treason=this is gatepost-login version 1\n"                                                                                   },
    {"unknown verb",              TEXT(HELLO "1\tx\n"),                                 HELLO "error\treason=an unknown verb\n"           },
    {"bare NUL",                  TEXT(HELLO "1\tlookup\tuser=\0\n"),
     HELLO "error\treason=a value is not escaped as it should be\n"                                                                       },
    {"what follows is not taken", TEXT(HELLO "x\n1\tlookup\tuser=alice@example.org\n"),
     HELLO "error\treason=no request number\n"                                                                                            },
};

static void test_malformed(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct peer peer;
        int64_t before = authd_malformed.value;

        unit_row(malformed[i].name);
        peer_open(&peer, scene->base);
        login_session_open(&scene->group, &scene->service, peer.session_fd);
        peer_send(&peer, malformed[i].input);
        peer_await_close(&peer);
        assert_string_equal(buffer_string(&peer.got), malformed[i].answer);
        assert_int_equal(authd_malformed.value, before + 1);
        peer_done(&peer);
    }
}

static void test_endless_line(void **state)
{
    struct scene *scene = *state;
    char part[1000];

    memset(part, 'x', sizeof part);
    for (size_t sent = 0; sent < 100000; sent += sizeof part)
        peer_send(&scene->peer, text_from_bytes(part, sizeof part));
    peer_await_close(&scene->peer);
    assert_text_equal(
        text_head(buffer_text(&scene->peer.got), 32), "error\treason=a line is too long\n");
}

static void test_byte_by_byte(void **state)
{
    struct scene *scene = *state;
    struct text all = TEXT(HELLO "1\tverify\tuser=alice@example.org\tpassword=alice's\n");

    for (size_t i = 0; i < all.len; i++)
        peer_send(&scene->peer, text_from_bytes(all.data + i, 1));
    peer_await_end(&scene->peer, "1\tok\t" ALICE);
}

static size_t count_lines(struct text text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

/* True where request i was answered so; each answer stands behind the end of another line. */
static bool was_answered(const struct scene *scene, size_t i, const char *answer)
{
    char line[128];

    snprintf(line, sizeof line, "\n%zu\t%s", i, answer);
    return strstr(buffer_string(&scene->peer.got), line) != NULL;
}

/* More at once than the pipeline and the queue hold: each gets one answer, with its number. */
static void test_pipeline(void **state)
{
    struct scene *scene = *state;
    struct buffer requests = BUFFER_NONE;
    size_t count = 2 * LOGIN_PIPELINE_MAX;

    buffer_append_string(&requests, HELLO);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&requests, "%zu\tverify\tuser=alice@example.org\tpassword=%s\n", i,
            i % 2 == 0 ? "alice's" : "wrong");
    peer_send(&scene->peer, buffer_text(&requests));
    buffer_done(&requests);
    while (count_lines(buffer_text(&scene->peer.got)) < 1 + count) {
        peer_await(&scene->peer, scene->peer.got.len + 1);
        assert_false(scene->peer.is_closed);
    }
    for (size_t i = 0; i < count; i++)
        assert_true(
            was_answered(scene, i, "temporary\treason=too many logins are waiting\tretry=no\n") ||
            was_answered(scene, i, i % 2 == 0 ? "ok\t" : "mismatch\n"));
    assert_int_equal(count_lines(buffer_text(&scene->peer.got)), 1 + count);
}

/* A queue that is full is answered at once, and a lookup does not stand behind the hashes. */
static void test_full_queue(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    pool_set_bounds(scene->pool, &(struct pool_bounds){0, 0, 1});
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"
                                 "2\tlookup\tuser=alice@example.org\n"));
    peer_await_end(&scene->peer, "2\tok\t" ALICE);
    assert_text_equal(buffer_text(&scene->peer.got),
        "1\ttemporary\treason=too many logins are waiting\tretry=no\n2\tok\t" ALICE);
}

/* So is a network that has its share of the queue. */
static void test_full_share(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    pool_set_bounds(scene->pool, &(struct pool_bounds){1, 1, 0});
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"));
    peer_await_end(&scene->peer, "\n");
    assert_text_equal(buffer_text(&scene->peer.got),
        "1\ttemporary\treason=too many logins from this network are waiting\tretry=no\n");
}

/* The client goes while its password is hashed: nobody is answered, nothing is leaked. */
static void test_client_goes(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"
                                 "2\tverify\tuser=nobody@example.org\tpassword=x\n"));
    close(scene->peer.fd);
    scene->peer.fd = -1;
    while (scene->group.count != 0 || pool_outstanding(scene->pool) != 0)
        event_base_loop(scene->base, EVLOOP_ONCE);
}

/* A client that has said all still gets its answer, and then the end. */
static void test_half_closed(void **state)
{
    struct scene *scene = *state;

    peer_send(&scene->peer, TEXT(HELLO "1\tverify\tuser=alice@example.org\tpassword=alice's\n"));
    assert_int_equal(shutdown(scene->peer.fd, SHUT_WR), 0);
    peer_await_close(&scene->peer);
    assert_string_equal(buffer_string(&scene->peer.got), HELLO "1\tok\t" ALICE);
}

static void test_rehash(void **state)
{
    struct scene *scene = *state;
    char before[CREDENTIAL_HASH_MAX], after[CREDENTIAL_HASH_MAX];

    scene_greet(scene);
    ground_hash(&scene->ground, "erin@bare.example", before);
    peer_send(&scene->peer, TEXT("1\tverify\tuser=erin@bare.example\tpassword=wrong\n"));
    peer_await_end(&scene->peer, "1\tmismatch\n");
    ground_hash(&scene->ground, "erin@bare.example", after);
    assert_string_equal(before, after);
    for (int i = 0; i < 2; i++) {
        peer_clear(&scene->peer);
        peer_send(&scene->peer, TEXT("1\tverify\tuser=erin@bare.example\tpassword=erin's\n"));
        peer_await_end(&scene->peer, "quota_bytes=0\n");
        scene_await_pool(scene);
    }
    ground_hash(&scene->ground, "erin@bare.example", after);
    assert_string_not_equal(before, after);
    assert_false(password_needs_rehash(text_from_string(after), GROUND_MEMORY, GROUND_PASSES));
}

/* One login of erin, and how long it takes until her new hash was stored, or was not. */
static int64_t log_in_erin(struct scene *scene)
{
    int64_t begun_ms = clock_monotonic_ms();

    peer_clear(&scene->peer);
    peer_send(&scene->peer, TEXT("1\tverify\tuser=erin@bare.example\tpassword=erin's\n"));
    peer_await_end(&scene->peer, "quota_bytes=0\n");
    scene_await_pool(scene);
    return clock_monotonic_ms() - begun_ms;
}

/*
 * Somebody else writes: nobody waits for that (one that did would always take longer), and the next
 * login brings the hash.
 */
static void test_rehash_beside_writer(void **state)
{
    struct scene *scene = *state;
    char before[CREDENTIAL_HASH_MAX], after[CREDENTIAL_HASH_MAX];
    int64_t quickest_ms = INT64_MAX;
    struct store *writer = NULL;

    scene_greet(scene);
    ground_hash(&scene->ground, "erin@bare.example", before);
    assert_int_equal(
        store_open(scene->ground.folder, STORE_CREDENTIALS, STORE_WRITE, &writer, NULL), ERR_NONE);
    store_begin(writer);
    for (int i = 0; i < 5 && quickest_ms >= STORE_BUSY_TIMEOUT_MS; i++) {
        int64_t took_ms = log_in_erin(scene);

        quickest_ms = took_ms < quickest_ms ? took_ms : quickest_ms;
    }
    assert_true(quickest_ms < STORE_BUSY_TIMEOUT_MS);
    store_roll_back(writer);
    store_close(&writer);
    ground_hash(&scene->ground, "erin@bare.example", after);
    assert_string_equal(before, after);
    (void)log_in_erin(scene);
    ground_hash(&scene->ground, "erin@bare.example", after);
    assert_string_not_equal(before, after);
}

/* Several at once, after the cost was changed: each gets a new hash. */
static void test_rehash_of_many(void **state)
{
    static const char *const users[] = {"alice@example.org", "erin@bare.example"};
    const struct verify_cost cost = {GROUND_MEMORY, GROUND_PASSES + 2};
    struct scene *scene = *state;

    scene_greet(scene);
    assert_int_equal(verifier_set_cost(&scene->verifier, &cost, NULL), ERR_NONE);
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"
                                 "2\tverify\tuser=erin@bare.example\tpassword=erin's\n"));
    while (count_lines(buffer_text(&scene->peer.got)) < 2)
        peer_await(&scene->peer, scene->peer.got.len + 1);
    scene_await_pool(scene);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        char hash[CREDENTIAL_HASH_MAX];

        unit_row(users[i]);
        ground_hash(&scene->ground, users[i], hash);
        assert_false(password_needs_rehash(text_from_string(hash), cost.memory_bytes, cost.passes));
    }
}

/* A user of whom no mailbox can be: that is not the database's fault. */
static void test_impossible_name(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    ground_run_sql(&scene->ground, STORE_DIRECTORY,
        "UPDATE mail_user SET local_part = 'a/b' WHERE local_part = 'alice'");
    peer_send(&scene->peer, TEXT("1\tverify\tuser=a/b@example.org\tpassword=alice's\n"
                                 "2\tlookup\tuser=a/b@example.org\n"));
    peer_await_end(&scene->peer, "1\ttemporary\treason=there can be no mailbox of that name\n"
                                 "2\ttemporary\treason=there can be no mailbox of that name\n");
}

static void test_failing_database(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    ground_run_sql(&scene->ground, STORE_DIRECTORY,
        "DROP TABLE alias_target; DROP TABLE alias; DROP TABLE mail_user");
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"
                                 "2\tverify\tuser=nobody@example.org\tpassword=alice's\n"
                                 "3\tlookup\tuser=nobody@example.org\n4\tlist\n"));
    peer_await(&scene->peer, 4 * strlen("1\ttemporary\treason=the database cannot be read now\n"));
    for (int i = 1; i <= 4; i++) {
        char line[64];

        snprintf(line, sizeof line, "%d\ttemporary\treason=the database cannot be read now\n", i);
        assert_non_null(strstr(buffer_string(&scene->peer.got), line));
    }
}

static void test_failing_credentials(void **state)
{
    struct scene *scene = *state;

    scene_greet(scene);
    ground_run_sql(&scene->ground, STORE_CREDENTIALS, "DROP TABLE credential");
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"));
    peer_await_end(&scene->peer, "1\ttemporary\treason=the database cannot be read now\n");
}

/* Draining: what is under way is answered, then each connection is closed. */
static void test_drain(void **state)
{
    struct scene *scene = *state;
    struct peer idle;

    peer_open(&idle, scene->base);
    login_session_open(&scene->group, &scene->service, idle.session_fd);
    scene_greet(scene);
    peer_send(&scene->peer, TEXT("1\tverify\tuser=alice@example.org\tpassword=alice's\n"));
    while (pool_outstanding(scene->pool) == 0)
        event_base_loop(scene->base, EVLOOP_ONCE);
    connection_group_drain(&scene->group);
    peer_await_close(&idle);
    peer_await_close(&scene->peer);
    assert_string_equal(buffer_string(&scene->peer.got), "1\tok\t" ALICE);
    assert_int_equal(scene->group.count, 0);
    peer_done(&idle);
}

static void test_too_many(void **state)
{
    struct scene *scene = *state;
    struct peer more;

    scene->group.max = 1;
    peer_open(&more, scene->base);
    login_session_open(&scene->group, &scene->service, more.session_fd);
    peer_await_close(&more);
    peer_done(&more);
    scene_greet(scene);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

UNIT_MAIN(TEST(test_talks), TEST(test_realm), TEST(test_long_password), TEST(test_malformed),
    TEST(test_endless_line), TEST(test_byte_by_byte), TEST(test_pipeline), TEST(test_full_queue),
    TEST(test_full_share), TEST(test_client_goes), TEST(test_half_closed), TEST(test_rehash),
    TEST(test_rehash_beside_writer), TEST(test_rehash_of_many), TEST(test_impossible_name),
    TEST(test_failing_database), TEST(test_failing_credentials), TEST(test_drain),
    TEST(test_too_many))
