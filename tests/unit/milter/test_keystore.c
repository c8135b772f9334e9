/* SPDX-License-Identifier: MIT */
#include "milter/keystore.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/unit.h"

#define NOW 1700000000

struct place {
    char folder[64];
    struct store *writer; /* what mailctl would hold */
    struct keystore *keystore;
    struct arena *arena;
};

static int place_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct failure failure = {ERR_NONE, ""};
    bool changed;

    strcpy(place->folder, "/tmp/gatepost-keys-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->arena = arena_new();
    clock_test_set(NOW, 1000);
    if (store_prepare(place->folder, STORE_KEYS, NULL, &changed, &failure) != ERR_NONE ||
        store_open(place->folder, STORE_KEYS, STORE_WRITE, &place->writer, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
    place->keystore = keystore_new(place->folder);
    *state = place;
    return 0;
}

static int place_down(void **state)
{
    struct place *place = *state;
    char command[128];

    keystore_free(&place->keystore);
    store_close(&place->writer);
    arena_free(&place->arena);
    clock_test_release();
    snprintf(command, sizeof command, "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static void add_key(struct place *place, const char *domain, const char *selector,
    enum key_algorithm algorithm, enum dkim_key_state key_state)
{
    struct buffer pem = BUFFER_NONE;
    struct private_key *key;
    struct dkim_key row = {.domain = text_from_string(domain),
        .selector = text_from_string(selector),
        .bits = 2048,
        .state = key_state,
        .record = TEXT("v=DKIM1")};

    row.algorithm = algorithm == KEY_RSA ? TEXT("rsa") : TEXT("ed25519");
    assert_int_equal(private_key_generate(algorithm, 2048, &key, NULL), ERR_NONE);
    assert_int_equal(private_key_format_pem(key, &pem), ERR_NONE);
    row.pem = buffer_text(&pem);
    assert_int_equal(dkim_key_add(place->writer, &row, NOW), ERR_NONE);
    private_key_release(&key);
    buffer_done_wiped(&pem);
}

/* "domain:selector,selector", or the error's words. */
static const char *look_up(struct place *place, const char *domain)
{
    struct key_set *set;
    struct text words;
    enum err err = keystore_find(place->keystore, text_from_string(domain), &set, NULL);

    if (err != ERR_NONE)
        return err_text(err);
    words = arena_print(place->arena, "%.*s:", TEXT_ARGS(key_set_domain(set)));
    for (size_t i = 0; i < key_set_count(set); i++)
        words = arena_print(place->arena, "%.*s%s%.*s", TEXT_ARGS(words), i == 0 ? "" : ",",
            TEXT_ARGS(key_set_item(set, i)->selector));
    key_set_release(&set);
    return words.data;
}

static void test_finds_the_nearest_parent(void **state)
{
    static const struct {
        const char *name, *domain, *found;
    } rows[] = {
        {"itself",             "example.org",         "example.org:e,r"    },
        {"below",              "news.example.org",    "example.org:e,r"    },
        {"far below",          "a.b.c.d.example.org", "example.org:e,r"    },
        {"nearer",             "x.lists.example.org", "lists.example.org:l"},
        {"other",              "example.com",         "no such entry"      },
        {"only alike",         "badexample.org",      "no such entry"      },
        {"not active",         "example.net",         "no such entry"      },
        {"a top level domain", "org",                 "no such entry"      },
    };
    struct place *place = *state;

    add_key(place, "example.org", "r", KEY_RSA, DKIM_KEY_ACTIVE);
    add_key(place, "example.org", "e", KEY_ED25519, DKIM_KEY_ACTIVE);
    add_key(place, "example.org", "old", KEY_ED25519, DKIM_KEY_RETIRED);
    add_key(place, "lists.example.org", "l", KEY_ED25519, DKIM_KEY_ACTIVE);
    add_key(place, "example.net", "m", KEY_ED25519, DKIM_KEY_MADE);
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            unit_row(rows[i].name);
            assert_string_equal(look_up(place, rows[i].domain), rows[i].found);
        }
}

/* Without a restart: at once where there was no key, within the second where there was one. */
static void test_sees_changes(void **state)
{
    struct place *place = *state;

    assert_string_equal(look_up(place, "example.org"), "no such entry");
    add_key(place, "example.org", "a", KEY_ED25519, DKIM_KEY_ACTIVE);
    assert_string_equal(look_up(place, "example.org"), "example.org:a");
    add_key(place, "example.org", "b", KEY_ED25519, DKIM_KEY_ACTIVE);
    clock_test_set(NOW + 1, 1000 + KEYSTORE_TRUST_MS);
    assert_string_equal(look_up(place, "example.org"), "example.org:a,b");
    assert_int_equal(
        dkim_key_set_state(place->writer, TEXT("example.org"), TEXT("a"), DKIM_KEY_RETIRED, 1),
        ERR_NONE);
    clock_test_set(NOW + 2, 1000 + 2 * KEYSTORE_TRUST_MS);
    assert_string_equal(look_up(place, "example.org"), "example.org:b");
    assert_int_equal(dkim_key_delete(place->writer, TEXT("example.org"), TEXT("b")), ERR_NONE);
    clock_test_set(NOW + 3, 1000 + 3 * KEYSTORE_TRUST_MS);
    assert_string_equal(look_up(place, "example.org"), "no such entry");
}

static void test_a_hit_needs_no_parsing(void **state)
{
    struct place *place = *state;
    struct key_set *first, *second;

    add_key(place, "example.org", "a", KEY_ED25519, DKIM_KEY_ACTIVE);
    assert_int_equal(keystore_find(place->keystore, TEXT("example.org"), &first, NULL), ERR_NONE);
    assert_int_equal(keystore_find(place->keystore, TEXT("example.org"), &second, NULL), ERR_NONE);
    assert_ptr_equal(first, second);
    /* A set in use outlives the cache. */
    keystore_free(&place->keystore);
    assert_text_equal(key_set_item(first, 0)->selector, "a");
    key_set_release(&first);
    key_set_release(&second);
}

static void test_failure_is_not_absence(void **state)
{
    struct place *place = *state;
    struct keystore *lost = keystore_new("/nonexistent");
    struct failure failure = {ERR_NONE, ""};
    struct key_set *set;
    struct dkim_key bad = {.domain = TEXT("example.org"),
        .selector = TEXT("bad"),
        .algorithm = TEXT("rsa"),
        .bits = 2048,
        .state = DKIM_KEY_ACTIVE,
        .record = TEXT("v=DKIM1"),
        .pem = TEXT("-----BEGIN PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END PRIVATE KEY-----\n")};
    enum err err = keystore_find(lost, TEXT("example.org"), &set, &failure);

    assert_true(err != ERR_NONE && strstr(failure.text, "/nonexistent") != NULL);
    keystore_free(&lost);
    /* A key that does not parse: the domain is not signed for by halves. */
    add_key(place, "example.org", "good", KEY_ED25519, DKIM_KEY_ACTIVE);
    assert_int_equal(dkim_key_add(place->writer, &bad, NOW), ERR_NONE);
    err = keystore_find(place->keystore, TEXT("example.org"), &set, &failure);
    assert_true(err != ERR_NONE && err != ERR_ABSENT);
    assert_non_null(strstr(failure.text, "bad"));
    assert_null(strstr(failure.text, "bm9u"));
}

/* A database that comes later is taken when it is there. */
static void test_opens_when_it_can(void **state)
{
    struct place *place = *state;
    char there[96], away[128];

    snprintf(there, sizeof there, "%s/keys", place->folder);
    snprintf(away, sizeof away, "%s.away", there);
    add_key(place, "example.org", "a", KEY_ED25519, DKIM_KEY_ACTIVE);
    assert_int_equal(rename(there, away), 0);
    assert_int_not_equal(keystore_try(place->keystore, NULL), ERR_NONE);
    assert_string_not_equal(look_up(place, "example.org"), "no such entry");
    assert_int_equal(rename(away, there), 0);
    assert_string_equal(look_up(place, "example.org"), "example.org:a");
}

/* The database alone, or its whole folder; the milter has it open and has looked keys up. */
static void test_moved_away_is_not_absence(void **state)
{
    static const struct {
        const char *name, *what;
    } rows[] = {
        {"the file",   "keys/keys.db"},
        {"the folder", "keys"        },
    };
    struct place *place = *state;
    int64_t ms = 1000;

    add_key(place, "example.org", "a", KEY_ED25519, DKIM_KEY_ACTIVE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char there[96], away[128];
        struct failure failure = {ERR_NONE, ""};
        struct key_set *set;
        enum err err;

        unit_row(rows[i].name);
        snprintf(there, sizeof there, "%s/%s", place->folder, rows[i].what);
        snprintf(away, sizeof away, "%s.away", there);
        assert_string_equal(look_up(place, "example.org"), "example.org:a");
        assert_string_equal(look_up(place, "example.com"), "no such entry");
        assert_int_equal(rename(there, away), 0);
        /* At once where there was no key, within the second where there was one. */
        err = keystore_find(place->keystore, TEXT("example.com"), &set, &failure);
        assert_true(err != ERR_NONE && err != ERR_ABSENT);
        assert_non_null(strstr(failure.text, "keys"));
        clock_test_set(NOW, ms += KEYSTORE_TRUST_MS);
        err = keystore_find(place->keystore, TEXT("example.org"), &set, NULL);
        assert_true(err != ERR_NONE && err != ERR_ABSENT);
        assert_int_equal(rename(away, there), 0);
        assert_string_equal(look_up(place, "example.org"), "example.org:a");
    }
}

/* A database from elsewhere with another key, at the path of the one that is open. */
static void put_another_database(struct place *place)
{
    char there[96], away[128];
    struct failure failure = {ERR_NONE, ""};
    bool changed;

    snprintf(there, sizeof there, "%s/keys", place->folder);
    snprintf(away, sizeof away, "%s.away", there);
    store_close(&place->writer);
    assert_int_equal(rename(there, away), 0);
    if (store_prepare(place->folder, STORE_KEYS, NULL, &changed, &failure) != ERR_NONE ||
        store_open(place->folder, STORE_KEYS, STORE_WRITE, &place->writer, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
    add_key(place, "example.org", "new", KEY_ED25519, DKIM_KEY_ACTIVE);
    add_key(place, "example.com", "other", KEY_ED25519, DKIM_KEY_ACTIVE);
}

static void test_replaced_is_read(void **state)
{
    struct place *place = *state;

    add_key(place, "example.org", "old", KEY_ED25519, DKIM_KEY_ACTIVE);
    assert_string_equal(look_up(place, "example.org"), "example.org:old");
    assert_string_equal(look_up(place, "example.com"), "no such entry");
    put_another_database(place);
    assert_string_equal(look_up(place, "example.com"), "example.com:other");
    /* That look has emptied the cache of what the old file said. */
    assert_string_equal(look_up(place, "example.org"), "example.org:new");
}

#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, place_up, place_down)

UNIT_MAIN(PLACE_TEST(test_finds_the_nearest_parent), PLACE_TEST(test_sees_changes),
    PLACE_TEST(test_a_hit_needs_no_parsing), PLACE_TEST(test_failure_is_not_absence),
    PLACE_TEST(test_opens_when_it_can), PLACE_TEST(test_moved_away_is_not_absence),
    PLACE_TEST(test_replaced_is_read))
