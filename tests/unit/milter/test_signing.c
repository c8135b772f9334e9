/* SPDX-License-Identifier: MIT */

/* Keys that the directory lets sign. */

#include "milter/signing.h"

#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/store/domain.h"
#include "tests/unit/unit.h"

#define NOW 1700000000

struct place {
    char folder[64];
    struct store *keys, *directory; /* what mailctl would hold */
    struct directory_pool *pool;
    struct keystore *keystore;
    struct signing *signing;
};

static struct store *open_writer(const struct place *place, enum store_kind kind)
{
    struct failure failure = {ERR_NONE, ""};
    struct store *store = NULL;
    bool changed;

    if (store_prepare(place->folder, kind, NULL, &changed, &failure) != ERR_NONE ||
        store_open(place->folder, kind, STORE_WRITE, &store, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
    return store;
}

static void add_key(struct place *place, const char *domain)
{
    struct buffer pem = BUFFER_NONE;
    struct private_key *key;
    struct dkim_key row = {.domain = text_from_string(domain),
        .selector = TEXT("s"),
        .algorithm = TEXT("ed25519"),
        .state = DKIM_KEY_ACTIVE,
        .record = TEXT("v=DKIM1")};

    assert_int_equal(private_key_generate(KEY_ED25519, 2048, &key, NULL), ERR_NONE);
    assert_int_equal(private_key_format_pem(key, &pem), ERR_NONE);
    row.pem = buffer_text(&pem);
    assert_int_equal(dkim_key_add(place->keys, &row, 1), ERR_NONE);
    private_key_release(&key);
    buffer_done_wiped(&pem);
}

static void set_signing(struct place *place, const char *name, bool signs)
{
    struct arena *arena = arena_new();
    struct domain domain;

    assert_int_equal(
        domain_find(place->directory, text_from_string(name), arena, &domain), ERR_NONE);
    domain.signs = signs;
    assert_int_equal(domain_update(place->directory, &domain), ERR_NONE);
    arena_free(&arena);
}

static int place_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    clock_test_set(NOW, 1000);
    strcpy(place->folder, "/tmp/gatepost-signing-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->keys = open_writer(place, STORE_KEYS);
    place->directory = open_writer(place, STORE_DIRECTORY);
    add_key(place, "example.org");
    add_key(place, "stranger.example");
    assert_int_equal(domain_add(place->directory, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(domain_add(place->directory, TEXT("quiet.example.org"), 1), ERR_NONE);
    set_signing(place, "quiet.example.org", false);
    place->pool = directory_pool_new(place->folder);
    place->keystore = keystore_new(place->folder);
    place->signing = signing_new(place->pool, place->keystore);
    *state = place;
    return 0;
}

static int place_down(void **state)
{
    struct place *place = *state;
    char command[128];

    clock_test_release();
    signing_free(&place->signing);
    keystore_free(&place->keystore);
    directory_pool_free(&place->pool);
    store_close(&place->keys);
    store_close(&place->directory);
    snprintf(command, sizeof command, "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static enum err find(struct place *place, const char *domain)
{
    struct failure failure = {ERR_NONE, ""};
    struct key_set *set = NULL;
    enum err err = signing_find_keys(place->signing, text_from_string(domain), &set, &failure);

    assert_int_equal(err == ERR_NONE, set != NULL);
    key_set_release(&set);
    return err;
}

static const struct {
    const char *name, *domain;
    enum err err;
} rows[] = {
    {"ours",                       "example.org",         ERR_NONE  },
    {"below ours",                 "x.example.org",       ERR_NONE  },
    {"switched off",               "quiet.example.org",   ERR_ABSENT},
    {"below what is switched off", "x.quiet.example.org", ERR_ABSENT},
    {"not in the directory",       "stranger.example",    ERR_NONE  },
    {"without a key",              "example.net",         ERR_ABSENT},
};

static void test_rows(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(find(place, rows[i].domain), rows[i].err);
    }
}

/* It counts once the answer before it is not believed any more, whichever that was. */
static void test_changes(void **state)
{
    struct place *place = *state;

    assert_int_equal(find(place, "example.org"), ERR_NONE);
    set_signing(place, "example.org", false);
    clock_test_set(NOW, 1000 + KEYSTORE_TRUST_MS - 1);
    assert_int_equal(find(place, "example.org"), ERR_NONE);
    clock_test_set(NOW, 1000 + KEYSTORE_TRUST_MS);
    assert_int_equal(find(place, "example.org"), ERR_ABSENT);
    set_signing(place, "example.org", true);
    assert_int_equal(find(place, "example.org"), ERR_ABSENT);
    clock_test_set(NOW, 1000 + 2 * KEYSTORE_TRUST_MS);
    assert_int_equal(find(place, "example.org"), ERR_NONE);
}

/* Answers in number that nobody has are no reason to keep them all, nor for a wrong one. */
static void test_many_names(void **state)
{
    struct place *place = *state;
    char name[64];

    for (int i = 0; i < SIGNING_NAMES_MAX + 10; i++) {
        snprintf(name, sizeof name, "n%d.example.org", i);
        assert_int_equal(find(place, name), ERR_NONE);
    }
    assert_int_equal(find(place, "quiet.example.org"), ERR_ABSENT);
}

/* A directory that is gone is no permission, and no "it does not sign" either. */
static void test_failure(void **state)
{
    struct place *place = *state;
    char path[128];
    enum err err;

    snprintf(path, sizeof path, "%s/directory/directory.db", place->folder);
    assert_int_equal(unlink(path), 0);
    err = find(place, "example.org");
    assert_true(err != ERR_NONE && err != ERR_ABSENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_up, place_down)

UNIT_MAIN(TEST(test_rows), TEST(test_changes), TEST(test_many_names), TEST(test_failure))
