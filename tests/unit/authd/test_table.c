/* SPDX-License-Identifier: MIT */
#include "authd/table.h"

#include "lib/base/clock.h"
#include "lib/store/forward.h"
#include "lib/store/relay-recipient.h"
#include "tests/unit/authd/ground.h"
#include "tests/unit/unit.h"

/* No local part of ours (USER_LOCAL_PART_MAX). */
#define TOO_LONG "seventy-bytes-seventy-bytes-seventy-bytes-seventy-bytes-seventy-bytes-"

struct scene {
    struct ground ground;
    struct directory *directory;
    struct arena *arena;
    struct buffer value;
};

static struct scene scene;

static int setup(void **state)
{
    struct failure failure;

    (void)state;
    ground_make(&scene.ground);
    scene.arena = arena_new();
    buffer_init(&scene.value);
    return directory_open(scene.ground.folder, &scene.directory, &failure) == ERR_NONE ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    directory_close(&scene.directory);
    arena_free(&scene.arena);
    buffer_done(&scene.value);
    ground_remove(&scene.ground);
    return 0;
}

static const struct {
    const char *table, *key;
    const char *value; /* NULL: not found */
} rows[] = {
    {"domains",   "example.org",           "example.org"         },
    {"domains",   "EXAMPLE.org.",          "example.org"         },
    {"domains",   "closed.example",        NULL                  },
    {"domains",   "example.com",           NULL                  },
    {"domains",   "",                      NULL                  },
    {"domains",   "a b",                   NULL                  },
    {"mailboxes", "alice@example.org",     "example.org/alice/"  },
    {"mailboxes", "Alice@Example.Org",     "example.org/alice/"  },
    {"mailboxes", "bob@example.org",       "example.org/bob/"    },
    {"mailboxes", "dave@closed.example",   NULL                  },
    {"mailboxes", "nobody@example.org",    NULL                  },
    {"mailboxes", "alice+x@example.org",   "example.org/alice/"  },
    {"mailboxes", "alice+x+y@example.org", "example.org/alice/"  },
    {"mailboxes", "+x@example.org",        NULL                  },
    {"mailboxes", "nobody+x@example.org",  NULL                  },
    {"aliases",   "bob+shop@example.org",  "bob+shop@example.org"},
    {"aliases",   "boss+x@example.org",    "team@example.org"    },
    {"aliases",   "nobody+x@example.org",  "alice@example.org"   },
    {"aliases",   "x+y@bare.example",      NULL                  },
    {"senders",   "alice+x@example.org",   "alice@example.org"   },
    {"senders",   "boss+x@example.org",    "alice@example.org"   },
    {"senders",   "bob+x@example.org",     NULL                  },
    {"mailboxes", "team@example.org",      NULL                  },
    {"mailboxes", "@example.org",          NULL                  },
    {"mailboxes", "alice",                 NULL                  },
    {"mailboxes", "alice@",                NULL                  },
    {"mailboxes", "",                      NULL                  },
    {"mailboxes", "../x@example.org",      NULL                  },
    {"aliases",   "alice@example.org",     "alice@example.org"   },
    {"aliases",   "ALICE@example.org",     "alice@example.org"   },
    {"aliases",   "bob@example.org",       "bob@example.org"     },
    {"aliases",   "nobody@example.org",    "alice@example.org"   },
    {"aliases",   "@example.org",          "alice@example.org"   },
    {"aliases",   "@bare.example",         NULL                  },
    {"aliases",   "off@example.org",       "alice@example.org"   },
    {"aliases",   "x@bare.example",        NULL                  },
    {"aliases",   "dave@closed.example",   NULL                  },
    {"aliases",   "x@example.com",         NULL                  },
    {"senders",   "alice@example.org",     "alice@example.org"   },
    {"senders",   "bob@example.org",       NULL                  },
    {"senders",   "boss@example.org",      "alice@example.org"   },
    {"senders",   "loop@example.org",      "carol@example.org"   },
    {"senders",   "@example.org",          "alice@example.org"   },
    {"senders",   "nobody@example.org",    "alice@example.org"   },
    {"senders",   "x@bare.example",        NULL                  },
    {"senders",   "dave@closed.example",   NULL                  },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct table *table = table_find(text_from_string(rows[i].table));
        struct failure failure;
        enum err err;

        print_message("# row: %s %s\n", rows[i].table, rows[i].key);
        assert_non_null(table);
        buffer_clear(&scene.value);
        err = table->answer(
            scene.directory, text_from_string(rows[i].key), scene.arena, &scene.value, &failure);
        assert_int_equal(err, rows[i].value != NULL ? ERR_NONE : ERR_ABSENT);
        if (rows[i].value != NULL)
            assert_string_equal(buffer_string(&scene.value), rows[i].value);
    }
}

/*
 * twin.example stands for example.org; relay.example is passed on, and so is listed.example, for
 * joe alone; alice's mail goes on from here.
 */
static void add_kinds(void)
{
    const struct text targets[] = {TEXT("alice@away.example")};
    const struct forward kept = {targets, 1, true}, alone = {targets, 1, false};
    struct domain twin = {.name = TEXT("twin.example"),
                      .kind = DOMAIN_ALIAS,
                      .target = TEXT("example.org"),
                      .enabled = true},
                  relay = {.name = TEXT("relay.example"),
                      .kind = DOMAIN_RELAY,
                      .enabled = true,
                      .transport = TEXT("smtp:[mx.inside.example]:25")},
                  listed = {.name = TEXT("listed.example"), .kind = DOMAIN_RELAY, .enabled = true};
    struct store *store = NULL;

    assert_int_equal(
        store_open(scene.ground.folder, STORE_DIRECTORY, STORE_WRITE, &store, NULL), ERR_NONE);
    assert_int_equal(domain_add(store, twin.name, 1), ERR_NONE);
    assert_int_equal(domain_update(store, &twin), ERR_NONE);
    assert_int_equal(domain_add(store, relay.name, 1), ERR_NONE);
    assert_int_equal(domain_update(store, &relay), ERR_NONE);
    assert_int_equal(domain_add(store, listed.name, 1), ERR_NONE);
    assert_int_equal(domain_update(store, &listed), ERR_NONE);
    assert_int_equal(relay_recipient_add(store, TEXT("joe@listed.example"), 1), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("quiet.example"), 1), ERR_NONE);
    assert_int_equal(forward_set(store, TEXT("alice@example.org"), &kept), ERR_NONE);
    assert_int_equal(forward_set(store, TEXT("bob@example.org"), &alone), ERR_NONE);
    store_close(&store);
}

/* alice logs in at her provider's; what others of example.org send goes out by another host. */
static void add_relayhosts(void)
{
    static const struct relayhost hosts[] = {
        {.sender = TEXT("alice@example.org"),
         .host = TEXT("[smtp.provider.example]:587"),
         .login = TEXT("ann"),
         .password = TEXT("se:cret word")},
        {.sender = TEXT("@example.org"),
         .host = TEXT("[out.example]:25"),
         .login = TEXT(""),
         .password = TEXT("")            },
        {.sender = TEXT("@closed.example"),
         .host = TEXT("[out.example]:25"),
         .login = TEXT("a"),
         .password = TEXT("b")           },
        {.sender = TEXT("alice@elsewhere.example"),
         .host = TEXT("[out.example]:25"),
         .login = TEXT("a"),
         .password = TEXT("b")           },
    };
    struct store *store = NULL;

    assert_int_equal(
        store_open(scene.ground.folder, STORE_CREDENTIALS, STORE_WRITE, &store, NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(relayhost_set(store, &hosts[i], 1), ERR_NONE);
    store_close(&store);
}

static const struct {
    const char *table, *key;
    const char *value; /* NULL: not found */
} kinds[] = {
    {"domains",           "twin.example",                "twin.example"                          },
    {"domains",           "relay.example",               NULL                                    },
    {"relays",            "Relay.Example.",              "relay.example"                         },
    {"relays",            "example.org",                 NULL                                    },
    {"relays",            "twin.example",                NULL                                    },
    {"relays",            "closed.example",              NULL                                    },
    {"mailboxes",         "alice@twin.example",          NULL                                    },
    {"mailboxes",         "alice@relay.example",         NULL                                    },
    {"aliases",           "alice@twin.example",          "alice@example.org"                     },
    {"aliases",           "bob+x@twin.example",          "bob+x@example.org"                     },
    {"aliases",           "team@twin.example",           "team@example.org"                      },
    {"aliases",           "zoe@twin.example",            "zoe@example.org"                       },
    {"aliases",           "@twin.example",               NULL                                    },
    {"aliases",           "alice@relay.example",         NULL                                    },
    {"aliases",           "alice@example.org",           "alice@example.org,alice@away.example"  },
    {"aliases",           "alice+x@example.org",         "alice+x@example.org,alice@away.example"},
    {"aliases",           "bob@example.org",             "alice@away.example"                    },
    {"mailboxes",         "bob@example.org",             "example.org/bob/"                      },
    {"senders",           "alice@twin.example",          "alice@example.org"                     },
    {"senders",           "boss@twin.example",           "alice@example.org"                     },
    {"senders",           "zoe@twin.example",            "alice@example.org"                     },
    {"senders",           "x@relay.example",             NULL                                    },
    {"aliases",           "Abuse@quiet.example",         "op@away.example"                       },
    {"aliases",           "joe@quiet.example",           NULL                                    },
    {"transports",        "joe@relay.example",           "smtp:[mx.inside.example]:25"           },
    {"transports",        "Joe+x@Relay.Example.",        "smtp:[mx.inside.example]:25"           },
    {"transports",        "\"a b\"@relay.example",       "smtp:[mx.inside.example]:25"           },
    {"transports",        "relay.example",               NULL                                    },
    {"transports",        "@relay.example",              NULL                                    },
    {"transports",        "joe@sub.relay.example",       NULL                                    },
    {"transports",        "alice@example.org",           NULL                                    },
    {"transports",        "alice@twin.example",          NULL                                    },
    {"transports",        "joe@listed.example",          NULL                                    },
    {"transports",        "dave@closed.example",         NULL                                    },
    {"transports",        "x@elsewhere.example",         NULL                                    },
    {"transports",        "*",                           NULL                                    },
    {"transports",        "",                            NULL                                    },
    {"sender-transports", "alice@example.org",           "relayauth:[smtp.provider.example]:587" },
    {"sender-transports", "Alice+x@Example.Org",         "relayauth:[smtp.provider.example]:587" },
    {"sender-transports", "bob@example.org",             "smtp:[out.example]:25"                 },
    {"sender-transports", "zoe@example.org",             "smtp:[out.example]:25"                 },
    {"sender-transports", "x@closed.example",            NULL                                    },
    {"sender-transports", "x@twin.example",              NULL                                    },
    {"sender-transports", "alice@elsewhere.example",     NULL                                    },
    {"sender-transports", "@example.org",                NULL                                    },
    {"sender-transports", "<>",                          NULL                                    },
    {"sender-transports", "",                            NULL                                    },
    {"sender-transports", "*",                           NULL                                    },
    {"relay-passwords",   "alice@example.org",           "ann:se:cret word"                      },
    {"relay-passwords",   "alice+x@example.org",         "ann:se:cret word"                      },
    {"relay-passwords",   "bob@example.org",             NULL                                    },
    {"relay-passwords",   "x@closed.example",            NULL                                    },
    {"relay-passwords",   "alice@elsewhere.example",     NULL                                    },
    {"relay-passwords",   "smtp.provider.example",       NULL                                    },
    {"relay-passwords",   "[smtp.provider.example]:587", NULL                                    },
    {"relay-passwords",   "example.org",                 NULL                                    },
    {"relay-passwords",   "@example.org",                NULL                                    },
    {"relay-passwords",   "*",                           NULL                                    },
    {"relay-passwords",   "",                            NULL                                    },
    {"mailboxes",         "abuse@quiet.example",         NULL                                    },
    {"relay-recipients",  "anybody@relay.example",       "relay.example"                         },
    {"relay-recipients",  "Any.Body@RELAY.example.",     "relay.example"                         },
    {"relay-recipients",  "\"a b\"@relay.example",       "relay.example"                         },
    {"relay-recipients",  "@relay.example",              NULL                                    },
    {"relay-recipients",  "relay.example",               NULL                                    },
    {"relay-recipients",  "joe@listed.example",          "listed.example"                        },
    {"relay-recipients",  "Joe@Listed.Example",          "listed.example"                        },
    {"relay-recipients",  "joe+x@listed.example",        "listed.example"                        },
    {"relay-recipients",  "ann@listed.example",          NULL                                    },
    {"relay-recipients",  "ann+joe@listed.example",      NULL                                    },
    {"relay-recipients",  "\"joe\"@listed.example",      NULL                                    },
    {"relay-recipients",  "@listed.example",             NULL                                    },
    {"relay-recipients",  "Postmaster@listed.example",   "listed.example"                        },
    {"relay-recipients",  "alice@example.org",           NULL                                    },
    {"relay-recipients",  "alice@twin.example",          NULL                                    },
    {"relay-recipients",  "x@closed.example",            NULL                                    },
    {"relay-recipients",  "x@elsewhere.example",         NULL                                    },
    {"relay-recipients",  "joe@sub.listed.example",      NULL                                    },
    {"relay-recipients",  "",                            NULL                                    },
    {"relay-recipients",  TOO_LONG "@relay.example",     "relay.example"                         },
    {"relay-recipients",  TOO_LONG "@listed.example",    NULL                                    },
};

static void test_kinds(void **state)
{
    (void)state;
    add_kinds();
    add_relayhosts();
    directory_set_postmaster(scene.directory, TEXT("op@away.example"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct table *table = table_find(text_from_string(kinds[i].table));
        struct failure failure;
        enum err err;

        print_message("# row: %s %s\n", kinds[i].table, kinds[i].key);
        assert_non_null(table);
        buffer_clear(&scene.value);
        err = table->answer(
            scene.directory, text_from_string(kinds[i].key), scene.arena, &scene.value, &failure);
        assert_int_equal(err, kinds[i].value != NULL ? ERR_NONE : ERR_ABSENT);
        if (kinds[i].value != NULL)
            assert_string_equal(buffer_string(&scene.value), kinds[i].value);
    }
}

/* What parts names is told to a directory that is open, too; as a reload does. */
static void test_delimiter(void **state)
{
    const struct table *table = table_find(TEXT("mailboxes"));
    struct failure failure;

    (void)state;
    directory_set_delimiter(scene.directory, '-');
    buffer_clear(&scene.value);
    assert_int_equal(table->answer(scene.directory, TEXT("alice-x@example.org"), scene.arena,
                         &scene.value, &failure),
        ERR_NONE);
    assert_string_equal(buffer_string(&scene.value), "example.org/alice/");
    assert_int_equal(table->answer(scene.directory, TEXT("alice+x@example.org"), scene.arena,
                         &scene.value, &failure),
        ERR_ABSENT);
    directory_set_delimiter(scene.directory, '+');
}

/* The order of an alias' targets is the store's. */
static void test_all_targets(void **state)
{
    const struct table *table = table_find(TEXT("aliases"));
    static const char *const targets[] = {"alice@example.org", "bob@example.org", "x@example.com"};
    struct failure failure;

    (void)state;
    buffer_clear(&scene.value);
    assert_int_equal(table->answer(scene.directory, TEXT("team@example.org"), scene.arena,
                         &scene.value, &failure),
        ERR_NONE);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        assert_non_null(strstr(buffer_string(&scene.value), targets[i]));
    assert_int_equal(scene.value.len, strlen("alice@example.org,bob@example.org,x@example.com"));
}

/* An alias with the most targets that one may have, each of so many bytes. */
static void add_wide(const char *address, size_t target_len)
{
    struct arena *arena = arena_new();
    struct text *targets = arena_alloc_zero(arena, ALIAS_TARGETS_MAX, sizeof *targets);
    struct alias alias = {.address = text_from_string(address),
        .targets = targets,
        .target_count = ALIAS_TARGETS_MAX,
        .enabled = true};
    struct store *store = NULL;

    for (size_t i = 0; i < ALIAS_TARGETS_MAX; i++)
        targets[i] = arena_print(arena, "%0*zu@away.example", (int)(target_len - 13), i);
    assert_int_equal(
        store_open(scene.ground.folder, STORE_DIRECTORY, STORE_WRITE, &store, NULL), ERR_NONE);
    assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
    store_close(&store);
    arena_free(&arena);
}

/* What Postfix would not read is refused with a reason, and not cut off. */
static void test_wide(void **state)
{
    const struct table *table = table_find(TEXT("aliases"));
    struct failure failure;

    (void)state;
    add_wide("many@example.org", 60);
    add_wide("too-many@example.org", 120);
    buffer_clear(&scene.value);
    assert_int_equal(table->answer(scene.directory, TEXT("many@example.org"), scene.arena,
                         &scene.value, &failure),
        ERR_NONE);
    assert_int_equal(scene.value.len, ALIAS_TARGETS_MAX * 61 - 1);
    buffer_clear(&scene.value);
    assert_int_equal(table->answer(scene.directory, TEXT("too-many@example.org"), scene.arena,
                         &scene.value, &failure),
        ERR_LIMIT);
    assert_true(scene.value.len <= TABLE_ANSWER_MAX);
    assert_non_null(strstr(failure.text, "longer than 99000 bytes"));
}

/* Whatever a client names: no table has it, and none fails. */
static void test_hostile(void **state)
{
    static const char *const names[] = {"domains", "relays", "relay-recipients", "transports",
        "sender-transports", "relay-passwords", "mailboxes", "aliases", "senders", "srs"};
    static char dots[4096], signs[4096], letters[4096];
    const struct text keys[] = {
        TEXT("alice\0@example.org"),
        TEXT("alice@example.org\0"),
        TEXT("alice@example.org\t"),
        TEXT("al\tice@exam\nple.org"),
        TEXT("\xff\xfe@\xff.org"),
        TEXT("@"),
        TEXT("@@"),
        TEXT("alice@[192.0.2.1]"),
        {dots,    sizeof dots   },
        {signs,   sizeof signs  },
        {letters, sizeof letters},
    };

    (void)state;
    memset(dots, '.', sizeof dots);
    memset(signs, '@', sizeof signs);
    memset(letters, 'a', sizeof letters);
    letters[2000] = '@';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            struct failure failure;

            unit_row(names[i]);
            buffer_clear(&scene.value);
            assert_int_equal(
                table_find(text_from_string(names[i]))
                    ->answer(scene.directory, keys[k], scene.arena, &scene.value, &failure),
                ERR_ABSENT);
        }
}

static enum err ask_srs(const char *address)
{
    struct failure failure;

    buffer_clear(&scene.value);
    return table_find(TEXT("srs"))
        ->answer(scene.directory, text_from_string(address), scene.arena, &scene.value, &failure);
}

/* Nothing is found but what the milter has made; without a domain nothing at all. */
static void test_srs(void **state)
{
    static const char address[] = "SRS0=Q7KJ=G3=example.org=ann@srs.example.net";

    (void)state;
    clock_test_set(1700000000, 1000);
    assert_int_equal(ask_srs(address), ERR_ABSENT);
    directory_set_srs(scene.directory, TEXT("srs.example.net"), 21);
    assert_int_equal(ask_srs(address), ERR_NONE);
    assert_string_equal(buffer_string(&scene.value), "ann@example.org");
    assert_int_equal(ask_srs("SRS0=Q7KK=G3=example.org=ann@srs.example.net"), ERR_ABSENT);
    assert_int_equal(ask_srs("ann@srs.example.net"), ERR_ABSENT);
    clock_test_set(1700000000 + 22 * 86400, 1000);
    assert_int_equal(ask_srs(address), ERR_ABSENT);
    assert_string_equal(buffer_string(&scene.value), "");
    directory_set_srs(scene.directory, TEXT("srs.example.com"), 21);
    assert_int_equal(ask_srs(address), ERR_ABSENT);
    clock_test_release();
}

/* No secret, or no database: that is not "no such address". */
static void test_srs_failures(void **state)
{
    const char *address = "SRS0=Q7KJ=G3=example.org=ann@srs.example.net";
    enum err err;

    (void)state;
    directory_set_srs(scene.directory, TEXT("srs.example.net"), 21);
    ground_run_sql(&scene.ground, STORE_SRS, "DELETE FROM srs_secret");
    err = ask_srs(address);
    assert_true(err != ERR_NONE && err != ERR_ABSENT);
    ground_run_sql(&scene.ground, STORE_SRS, "DROP TABLE srs_secret");
    err = ask_srs(address);
    assert_true(err != ERR_NONE && err != ERR_ABSENT);
}

static void test_no_table(void **state)
{
    (void)state;
    assert_null(table_find(TEXT("mailbox")));
    assert_null(table_find(TEXT("")));
}

/* A database that is gone is a failure for each table: nothing is "not found" then. */
static void test_failures(void **state)
{
    static const char *const names[] = {"domains", "mailboxes", "aliases", "senders",
        "relay-recipients", "transports", "sender-transports", "relay-passwords"};
    char path[256];

    (void)state;
    directory_close(&scene.directory);
    assert_int_equal(directory_open(scene.ground.folder, &scene.directory, NULL), ERR_NONE);
    ground_run_sql(&scene.ground, STORE_DIRECTORY,
        "DROP TABLE alias_target; DROP TABLE alias;"
        "DROP TABLE mail_user; DROP TABLE domain");
    ground_path(&scene.ground, STORE_DIRECTORY, path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct table *table = table_find(text_from_string(names[i]));
        struct failure failure = {ERR_NONE, ""};
        struct text key = i == 0 ? TEXT("example.org") : TEXT("alice@example.org");
        enum err err;

        unit_row(names[i]);
        buffer_clear(&scene.value);
        err = table->answer(scene.directory, key, scene.arena, &scene.value, &failure);
        assert_true(err != ERR_NONE && err != ERR_ABSENT);
        assert_non_null(strstr(failure.text, path));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rows),
    cmocka_unit_test(test_delimiter),
    cmocka_unit_test(test_all_targets),
    cmocka_unit_test(test_wide),
    cmocka_unit_test(test_hostile),
    cmocka_unit_test(test_srs),
    cmocka_unit_test(test_srs_failures),
    cmocka_unit_test(test_kinds),
    cmocka_unit_test(test_no_table),
    cmocka_unit_test(test_failures),
};

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, setup, teardown);
}
