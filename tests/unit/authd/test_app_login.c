/* SPDX-License-Identifier: MIT */

/* Logins by app passwords, and by protocols: what is let in, what the log says, what is noted. */

#include "lib/base/clock.h"
#include "lib/store/app-password.h"
#include "lib/store/app-secret.h"
#include "tests/unit/authd/scene.h"
#include "tests/unit/logged.h"
#include "tests/unit/unit.h"

#define NOW 1700000000

#define ALICE                                                                                      \
    "1\tok\tuser=alice@example.org\thome=/mail/example.org/alice\tuid=5000\tgid=5001"              \
    "\tquota_bytes=1000\n"
#define CAROL                                                                                      \
    "1\tok\tuser=carol@example.org\thome=/mail/example.org/carol\tuid=5000\tgid=5001"              \
    "\tquota_bytes=0\n"

/* Whose, and what they are bound to; secrets are in plain view here alone. */
static const struct {
    const char *address, *label, *secret, *protocols, *networks;
    int64_t expires;
} passwords[] = {
    {"alice@example.org", "phone",    "00000-00000-00000-00000-00000a", "all",        "",             0  },
    {"alice@example.org", "old one",  "00000-00000-00000-00000-00000b", "all",        "",             NOW},
    {"alice@example.org", "printer",  "00000-00000-00000-00000-00000c", "submission", "192.0.2.0/24",
     NOW + 1                                                                                             },
    {"bob@example.org",   "off",      "00000-00000-00000-00000-00000d", "all",        "",             0  },
    {"carol@example.org", "her only", "00000-00000-00000-00000-00000e", "all",        "",             0  },
};

#define PHONE "00000-00000-00000-00000-00000a"
#define OLD "00000-00000-00000-00000-00000b"
#define PRINTER "00000-00000-00000-00000-00000c"
#define BOBS "00000-00000-00000-00000-00000d"
#define CAROLS "00000-00000-00000-00000-00000e"

static struct store *open_store(const struct scene *scene, enum store_kind kind)
{
    struct store *store = NULL;

    assert_int_equal(store_open(scene->ground.folder, kind, STORE_WRITE, &store, NULL), ERR_NONE);
    return store;
}

static void add_passwords(const struct scene *scene)
{
    struct store *store = open_store(scene, STORE_CREDENTIALS);

    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        char hash[APP_SECRET_HASH_MAX];
        struct app_password password = {
            .address = text_from_string(passwords[i].address),
            .label = text_from_string(passwords[i].label),
            .protocols = protocols_read(text_from_string(passwords[i].protocols)),
            .networks = text_from_string(passwords[i].networks),
            .expires = passwords[i].expires,
        };
        int64_t id;

        assert_int_equal(app_secret_hash(text_from_string(passwords[i].secret), hash), ERR_NONE);
        password.hash = text_from_string(hash);
        assert_int_equal(app_password_add(store, &password, NOW - 1000, &id), ERR_NONE);
        assert_int_equal(id, i + 1);
    }
    store_close(&store);
}

static int setup(void **state)
{
    struct scene *scene = scene_new(2, 50);

    add_passwords(scene);
    clock_test_set(NOW, 0);
    scene_greet(scene);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    clock_test_release();
    return scene_teardown(state);
}

static void bind_user(
    const struct scene *scene, const char *address, const char *protocols, bool needs_app_password)
{
    struct store *store = open_store(scene, STORE_DIRECTORY);
    struct arena *arena = arena_new();
    struct user user;

    assert_int_equal(user_find(store, text_from_string(address), arena, &user), ERR_NONE);
    user.protocols = protocols_read(text_from_string(protocols));
    user.needs_app_password = needs_app_password;
    assert_int_equal(user_update(store, &user), ERR_NONE);
    arena_free(&arena);
    store_close(&store);
}

/* Sends one request and takes its whole answer; the log lines are left in *log. */
static void talk(struct scene *scene, const char *request, const char *answer, const char *logged)
{
    struct logged log = logged_begin();
    char lines[1000];

    peer_clear(&scene->peer);
    peer_send(&scene->peer, text_from_string(request));
    peer_await(&scene->peer, strlen(answer));
    scene_await_pool(scene);
    logged_end(&log, lines, sizeof lines);
    assert_string_equal(buffer_string(&scene->peer.got), answer);
    if (logged != NULL && strstr(lines, logged) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", lines, logged);
}

#define VERIFY(user, password, rest)                                                               \
    "1\tverify\tuser=" user "@example.org\tpassword=" password rest "\n"

/* The printer's network, as somebody forwards it. */
#define FROM(peer) "\tservice=smtp\tremote=192.0.2.9\treal_remote=" peer

static const struct {
    const char *name, *request, *answer, *logged;
} logins[] = {
    {"an app password",           VERIFY("alice",  PHONE,                            "\tservice=imap"),                      ALICE,
     "app_password=1 label=phone result=ok"                                                                                                                                                                 },
    {"in capitals, no hyphens",   VERIFY("alice",  "0000000000000000000000000A",     ""),                                    ALICE,
     "app_password=1"                                                                                                                                                                                       },
    {"the password, too",         VERIFY("alice",  "alice's",                        "\tservice=imap"),                      ALICE,
     "session=<> result=ok"                                                                                                                                                                                 },
    {"another user's",            VERIFY("alice",  CAROLS,                           ""),                                    "1\tmismatch\n", "session=<> result=mismatch"                                  },
    {"nobody's",                  VERIFY("alice",  "00000-00000-00000-00000-00000z", ""),                                    "1\tmismatch\n",
     "session=<> result=mismatch"                                                                                                                                                                           },
    {"that is over",              VERIFY("alice",  OLD,                              ""),                                    "1\tmismatch\n",
     "app_password=2 label=old?one result=mismatch reason=expired"                                                                                                                                          },
    {"bound, as it should be",    VERIFY("alice",  PRINTER,                          "\tservice=smtp\tremote=192.0.2.9"),    ALICE,
     "app_password=3 label=printer result=ok"                                                                                                                                                               },
    {"bound, another protocol",   VERIFY("alice",  PRINTER,                          "\tservice=imap\tremote=192.0.2.9"),
     "1\tmismatch\n",                                                                                                                         "app_password=3 label=printer result=mismatch reason=protocol"},
    {"bound, another network",    VERIFY("alice",  PRINTER,                          "\tservice=smtp\tremote=198.51.100.9"),
     "1\tmismatch\n",                                                                                                                         "app_password=3 label=printer result=mismatch reason=network" },
    {"bound, from who knows",     VERIFY("alice",  PRINTER,                          "\tservice=smtp"),                      "1\tmismatch\n",
     "reason=network"                                                                                                                                                                                       },
    {"of one switched off",       VERIFY("bob",    BOBS,                             ""),                                    "1\tdisabled\n",
     "app_password=4 label=off result=disabled"                                                                                                                                                             },
    {"of one without a password", VERIFY("carol",  CAROLS,                           ""),                                    CAROL,           "app_password=5"                                              },
    {"of an unknown user",        VERIFY("nobody", PHONE,                            ""),                                    "1\tunknown\n",  "result=unknown"                                              },
    {"of an alias",               VERIFY("team",   PHONE,                            ""),                                    "1\tunknown\n",  "result=unknown"                                              },
};

static const struct {
    const char *name, *request, *answer, *logged;
} forwarded[] = {
    {"by a proxy",    VERIFY("alice", PRINTER, FROM("203.0.113.5")),  ALICE,
     "remote=192.0.2.9 session=<> app_password=3 label=printer result=ok"                              },
    {"by a stranger", VERIFY("alice", PRINTER, FROM("198.51.100.9")), "1\tmismatch\n",
     "remote=198.51.100.9 session=<> app_password=3"                                                   },
    {"by no address", VERIFY("alice", PRINTER, FROM("proxy")),        "1\tmismatch\n", "reason=network"},
};

/* The network that counts is that of the forwarded address, or of who forwarded it. */
static void test_forwarded(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++) {
        unit_row(forwarded[i].name);
        talk(scene, forwarded[i].request, forwarded[i].answer, forwarded[i].logged);
    }
}

static void test_logins(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        unit_row(logins[i].name);
        talk(scene, logins[i].request, logins[i].answer, logins[i].logged);
    }
}

static const struct {
    const char *name, *protocols;
    bool needs_app_password;
    const char *request, *answer, *logged;
} bounds[] = {
    {"the password alone",                                          "all",                      true,                                                              VERIFY("alice","alice's",                                                                                                                                                                                                                                                                    ""),                                                                                                                                                                                                                          "1\tmismatch\n",
     "result=mismatch reason=needs an app password"},
    {"a wrong one",                "all",                                          true,                                                                                               VERIFY("alice","wrong",                                                                                                                             ""),                                                                                                                                                                                                                                             "1\tmismatch\n",
     "result=mismatch\n"},
    {"an app password",                                                          "all",                                                                     true,                                                                                                                                          VERIFY("alice",PHONE,                                                                                                                                                                                                                         ""),                                                                                                                                                                                                                                                                                                                                                                                       ALICE, "result=ok"},
    {"a permitted protocol",                                               "imap submission",                                                                    false,VERIFY("alice","alice's","\tservice=imap"),
     ALICE, "result=ok"},
    {"Postfix","imap submission",false,           VERIFY("alice","alice's",                                                                                                                                                                                                                                                                                                                                                   "\tservice=smtp"),                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         ALICE,
     "result=ok"},
    {"another protocol",                                                             "imap submission",                                                                               false,                                                                                                                                  VERIFY("alice", "alice's",                                                                                                                                                                                                                                                     "\tservice=pop3"),
     "1\tdisabled\n", "result=disabled reason=protocol"},
    {"another protocol, wrong",                                                        "imap submission",                                                                               false,
     VERIFY("alice","wrong",                                                                                                                                                 "\tservice=pop3"),                                                                                                                                                                                                                                                                                          "1\tmismatch\n", "result=mismatch\n"},
    {"app password, other protocol",                                                    "imap",                                                             false,                                                                                                                                              VERIFY("alice",PHONE,                                                                                                                                                                                                            "\tservice=pop3"),
     "1\tdisabled\n", "app_password=1 label=phone result=disabled reason=protocol"},
    {"no protocol at all",                                                        "none",                                                                            false,                                                                                                                                      VERIFY("alice","alice's",                                                                                                    "\tservice=imap"),
     "1\tdisabled\n", "reason=protocol"},
    {"who does not say",                                "imap", false, VERIFY("alice","alice's", ""), "1\tdisabled\n",
     "reason=protocol"},
    {"delivery goes on", "none",                           true,                                                                         "1\tlookup\tuser=alice@example.org\tservice=lmtp\n",ALICE,
     NULL                                                                                                   },
};

static void test_bounds(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        unit_row(bounds[i].name);
        bind_user(scene, "alice@example.org", bounds[i].protocols, bounds[i].needs_app_password);
        talk(scene, bounds[i].request, bounds[i].answer, bounds[i].logged);
    }
}

static int64_t last_use(const struct scene *scene, size_t index)
{
    struct store *store = open_store(scene, STORE_CREDENTIALS);
    struct arena *arena = arena_new();
    struct app_password_list list;
    int64_t last_used;

    assert_int_equal(app_password_list(store, TEXT("alice@example.org"), arena, &list), ERR_NONE);
    last_used = list.items[index].last_used;
    arena_free(&arena);
    store_close(&store);
    return last_used;
}

static void test_use_is_noted(void **state)
{
    struct scene *scene = *state;

    talk(scene, VERIFY("alice", OLD, ""), "1\tmismatch\n", NULL);
    assert_int_equal(last_use(scene, 1), 0);
    talk(scene, VERIFY("alice", PHONE, ""), ALICE, NULL);
    assert_int_equal(last_use(scene, 0), NOW);
    clock_test_set(NOW + APP_PASSWORD_USE_STEP_SECONDS - 1, 0);
    talk(scene, VERIFY("alice", PHONE, ""), ALICE, NULL);
    assert_int_equal(last_use(scene, 0), NOW);
    clock_test_set(NOW + APP_PASSWORD_USE_STEP_SECONDS, 0);
    talk(scene, VERIFY("alice", PHONE, ""), ALICE, NULL);
    assert_int_equal(last_use(scene, 0), NOW + APP_PASSWORD_USE_STEP_SECONDS);
    assert_int_equal(last_use(scene, 1), 0);
}

/* Somebody else writes: the login does not wait, and the next one brings it. */
static void test_use_beside_writer(void **state)
{
    struct scene *scene = *state;
    struct store *writer = open_store(scene, STORE_CREDENTIALS);

    store_begin(writer);
    talk(scene, VERIFY("alice", PHONE, ""), ALICE, NULL);
    store_roll_back(writer);
    store_close(&writer);
    assert_int_equal(last_use(scene, 0), 0);
    talk(scene, VERIFY("alice", PHONE, ""), ALICE, NULL);
    assert_int_equal(last_use(scene, 0), NOW);
}

/* What was taken away does not let in, and its use is not noted. */
static void test_taken_away(void **state)
{
    struct scene *scene = *state;
    struct store *store = open_store(scene, STORE_CREDENTIALS);

    talk(scene, VERIFY("alice", PHONE, ""), ALICE, NULL);
    assert_int_equal(app_password_delete(store, TEXT("alice@example.org"), 1), ERR_NONE);
    store_close(&store);
    talk(scene, VERIFY("alice", PHONE, ""), "1\tmismatch\n", NULL);
}

/* App passwords that cannot be read are no wrong password. */
static void test_failing_database(void **state)
{
    struct scene *scene = *state;

    ground_run_sql(&scene->ground, STORE_CREDENTIALS, "DROP TABLE app_password");
    talk(scene, VERIFY("alice", "alice's", ""),
        "1\ttemporary\treason=the database cannot be read now\n", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_MAIN(TEST(test_logins), TEST(test_forwarded), TEST(test_bounds), TEST(test_use_is_noted),
    TEST(test_use_beside_writer), TEST(test_taken_away), TEST(test_failing_database))
