/* SPDX-License-Identifier: MIT */

/* Password hashes, DKIM keys, secrets of SRS. */

#include <string.h>

#include "lib/store/credential.h"
#include "lib/store/dkim-delegation.h"
#include "lib/store/dkim-key.h"
#include "lib/store/srs-secret.h"
#include "tests/unit/store/ground.h"

static void test_credential(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct text alice = TEXT("alice@example.org");
    struct credential credential = {.changed = -1};
    int64_t changed = -1;

    assert_int_equal(credential_find(store, alice, ground->arena, &credential), ERR_ABSENT);
    assert_int_equal(credential.changed, -1);
    assert_int_equal(credential_time(store, alice, &changed), ERR_ABSENT);
    assert_int_equal(credential_set(store, alice, TEXT("{A}1"), 5), ERR_NONE);
    assert_int_equal(credential_set(store, alice, TEXT("{A}2"), 6), ERR_NONE);
    assert_int_equal(credential_find(store, alice, ground->arena, &credential), ERR_NONE);
    assert_text_equal(credential.address, "alice@example.org");
    assert_text_equal(credential.hash, "{A}2");
    assert_int_equal(credential.changed, 6);
    assert_int_equal(credential_time(store, alice, &changed), ERR_NONE);
    assert_int_equal(changed, 6);
    assert_int_equal(credential_delete(store, alice), ERR_NONE);
    assert_int_equal(credential_delete(store, alice), ERR_ABSENT);
}

/* A rehash that took long must not bring an old password back. */
static void test_credential_replace(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct text alice = TEXT("alice@example.org");
    struct credential credential;

    assert_int_equal(credential_set(store, alice, TEXT("{A}old"), 5), ERR_NONE);
    assert_int_equal(
        credential_replace(store, alice, TEXT("{A}old"), TEXT("{B}rehashed")), ERR_NONE);
    assert_int_equal(credential_find(store, alice, ground->arena, &credential), ERR_NONE);
    assert_text_equal(credential.hash, "{B}rehashed");
    assert_int_equal(credential.changed, 5);
    assert_int_equal(credential_replace(store, alice, TEXT("{A}old"), TEXT("{B}late")), ERR_ABSENT);
    assert_failure_says(store, ERR_ABSENT, "changed meanwhile");
    assert_int_equal(credential_find(store, alice, ground->arena, &credential), ERR_NONE);
    assert_text_equal(credential.hash, "{B}rehashed");
    assert_int_equal(
        credential_replace(store, TEXT("b@example.org"), TEXT("x"), TEXT("y")), ERR_ABSENT);
}

/* No failure's words hold a hash. */
static void test_credential_bounds(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    char hash[CREDENTIAL_HASH_MAX + 1];
    struct failure failure;

    memset(hash, 'x', sizeof hash);
    assert_int_equal(
        credential_set(store, TEXT("a@b.de"), text_from_bytes(hash, CREDENTIAL_HASH_MAX), 1),
        ERR_NONE);
    assert_int_equal(
        credential_set(store, TEXT("a@b.de"), text_from_bytes(hash, sizeof hash), 1), ERR_REFUSED);
    store_failure(store, &failure);
    assert_null(strstr(failure.text, "xxxx"));
    assert_int_equal(credential_set(store, TEXT("a@b.de"), TEXT(""), 1), ERR_REFUSED);
}

static enum err add_key(
    struct store *store, const char *domain, const char *selector, enum dkim_key_state state)
{
    struct dkim_key key = {
        .domain = text_from_string(domain),
        .selector = text_from_string(selector),
        .algorithm = TEXT("rsa"),
        .bits = 2048,
        .state = state,
        .record = TEXT("v=DKIM1; k=rsa; p=AAAA"),
        .pem = TEXT("-----BEGIN PRIVATE KEY-----\n"),
    };

    return dkim_key_add(store, &key, 7);
}

static void populate(struct store *store)
{
    assert_int_equal(add_key(store, "example.org", "b", DKIM_KEY_ACTIVE), ERR_NONE);
    assert_int_equal(add_key(store, "example.org", "a", DKIM_KEY_ACTIVE), ERR_NONE);
    assert_int_equal(add_key(store, "example.org", "c", DKIM_KEY_MADE), ERR_NONE);
    assert_int_equal(add_key(store, "example.com", "a", DKIM_KEY_RETIRED), ERR_NONE);
}

static void test_dkim_key(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    struct dkim_key key;

    populate(store);
    assert_int_equal(add_key(store, "example.org", "a", DKIM_KEY_MADE), ERR_EXISTS);
    assert_failure_says(store, ERR_EXISTS, "the key a of example.org exists");
    assert_int_equal(
        dkim_key_find(store, TEXT("example.org"), TEXT("c"), ground->arena, &key), ERR_NONE);
    assert_text_equal(key.domain, "example.org");
    assert_text_equal(key.selector, "c");
    assert_text_equal(key.algorithm, "rsa");
    assert_int_equal(key.bits, 2048);
    assert_int_equal(key.state, DKIM_KEY_MADE);
    assert_text_equal(key.record, "v=DKIM1; k=rsa; p=AAAA");
    assert_text_equal(key.pem, "-----BEGIN PRIVATE KEY-----\n");
    assert_int_equal(key.created, 7);
    assert_int_equal(
        dkim_key_find(store, TEXT("example.org"), TEXT("d"), ground->arena, &key), ERR_ABSENT);
    assert_failure_says(store, ERR_ABSENT, "no key d of example.org");
    assert_int_equal(dkim_key_delete(store, TEXT("example.org"), TEXT("c")), ERR_NONE);
    assert_int_equal(dkim_key_delete(store, TEXT("example.org"), TEXT("c")), ERR_ABSENT);
}

static void test_dkim_key_lists(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    struct dkim_key_list list;

    populate(store);
    assert_int_equal(dkim_key_list(store, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 4);
    assert_text_equal(list.items[0].domain, "example.com");
    assert_text_equal(list.items[1].selector, "a");
    assert_text_equal(list.items[3].selector, "c");
    /* Lists are for people: the secret stays where it is. */
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(list.items[i].pem.len, 0);
    assert_int_equal(dkim_key_list(store, TEXT("example.com"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
    assert_int_equal(
        dkim_key_list_active(store, TEXT("example.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_text_equal(list.items[0].selector, "a");
    assert_true(list.items[0].pem.len != 0);
    assert_int_equal(
        dkim_key_list_active(store, TEXT("example.com"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

static void test_dkim_key_states(void **state)
{
    static const struct {
        enum dkim_key_state state;
        const char *word;
    } words[] = {
        {DKIM_KEY_MADE,      "made"     },
        {DKIM_KEY_PUBLISHED, "published"},
        {DKIM_KEY_ACTIVE,    "active"   },
        {DKIM_KEY_RETIRED,   "retired"  },
    };
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    struct text domain = TEXT("example.org"), selector = TEXT("a");
    struct dkim_key key;

    populate(store);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        unit_row(words[i].word);
        assert_string_equal(dkim_key_state_word(words[i].state), words[i].word);
        assert_int_equal(
            dkim_key_set_state(store, domain, selector, words[i].state, 1000 + (int64_t)i),
            ERR_NONE);
        assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
        assert_int_equal(key.state, words[i].state);
    }
    assert_int_equal(dkim_key_set_state(store, domain, TEXT("zz"), DKIM_KEY_ACTIVE, 9), ERR_ABSENT);
    /* Since when: the first time that it was set so. */
    assert_int_equal(dkim_key_set_state(store, domain, selector, DKIM_KEY_RETIRED, 2000), ERR_NONE);
    assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
    assert_int_equal(key.state_since, 1003);
    assert_int_equal(key.created, 7);
    assert_int_equal(dkim_key_find(store, domain, TEXT("b"), ground->arena, &key), ERR_NONE);
    assert_int_equal(key.state_since, 7);
    /* ... unless a clock that was ahead has said so; never set, it is as old as the key. */
    assert_int_equal(dkim_key_set_state(store, domain, selector, DKIM_KEY_RETIRED, 900), ERR_NONE);
    assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
    assert_int_equal(key.state_since, 900);
    assert_int_equal(dkim_key_set_state(store, domain, TEXT("b"), DKIM_KEY_ACTIVE, 5), ERR_NONE);
    assert_int_equal(dkim_key_find(store, domain, TEXT("b"), ground->arena, &key), ERR_NONE);
    assert_int_equal(key.state_since, 5);
    /* A state that a later version has brought does not sign here. */
    ground_run(ground, "keys/keys.db", "UPDATE dkim_key SET state = 'rotating'");
    assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
    assert_int_equal(key.state, DKIM_KEY_UNKNOWN);
    assert_text_equal(dkim_key_word(&key), "rotating");
    assert_text_equal(dkim_key_wanted(&key), "v=DKIM1; k=rsa; p=AAAA");
    assert_int_equal(key.pem.len == 0, false);
    /* ... and goes nowhere. */
    for (int to = DKIM_KEY_MADE; to <= DKIM_KEY_GONE; to++) {
        unit_row(dkim_key_state_word((enum dkim_key_state)to));
        assert_int_equal(
            dkim_key_set_state(store, domain, selector, (enum dkim_key_state)to, 9), ERR_REFUSED);
        assert_failure_says(store, ERR_REFUSED, "only a later version");
    }
}

/* What the DNS was seen to show belongs to a state; a key that signs keeps it. */
static void test_dkim_key_seen(void **state)
{
    static const struct {
        const char *name;
        enum dkim_key_state state;
        int64_t seen;
    } steps[] = {
        {"published: it was seen",         DKIM_KEY_PUBLISHED, 101},
        {"published once more",            DKIM_KEY_PUBLISHED, 101},
        {"active: it still is",            DKIM_KEY_ACTIVE,    101},
        {"retired: it stays",              DKIM_KEY_RETIRED,   101},
        {"made again: it was taken out",   DKIM_KEY_MADE,      0  },
        {"published again",                DKIM_KEY_PUBLISHED, 106},
        {"revoked: p= was not seen yet",   DKIM_KEY_REVOKED,   0  },
        {"gone: its end was not seen yet", DKIM_KEY_GONE,      0  },
    };
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    struct text domain = TEXT("example.org"), selector = TEXT("a");
    struct dkim_key key;

    populate(store);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        unit_row(steps[i].name);
        assert_int_equal(
            dkim_key_set_state(store, domain, selector, steps[i].state, 101 + (int64_t)i),
            ERR_NONE);
        assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
        assert_int_equal(key.seen, steps[i].seen);
        assert_int_equal(key.pem.len == 0, steps[i].state >= DKIM_KEY_REVOKED);
    }
    assert_int_equal(dkim_key_set_seen(store, domain, selector, 200, 3600), ERR_NONE);
    assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
    assert_int_equal(key.seen, 200);
    assert_int_equal(key.ttl_s, 3600);
    assert_int_equal(dkim_key_set_seen(store, domain, TEXT("zz"), 1, 1), ERR_ABSENT);
}

/* What was destroyed does not come back, whoever says so. */
static void test_dkim_key_end(void **state)
{
    static const struct {
        const char *name;
        enum dkim_key_state from, to;
        enum err err;
    } rows[] = {
        {"revoked, to sign",       DKIM_KEY_REVOKED, DKIM_KEY_ACTIVE,    ERR_REFUSED},
        {"revoked, as never made", DKIM_KEY_REVOKED, DKIM_KEY_MADE,      ERR_REFUSED},
        {"revoked, as published",  DKIM_KEY_REVOKED, DKIM_KEY_PUBLISHED, ERR_REFUSED},
        {"revoked, as retired",    DKIM_KEY_REVOKED, DKIM_KEY_RETIRED,   ERR_REFUSED},
        {"revoked once more",      DKIM_KEY_REVOKED, DKIM_KEY_REVOKED,   ERR_NONE   },
        {"revoked, its end",       DKIM_KEY_REVOKED, DKIM_KEY_GONE,      ERR_NONE   },
        {"gone, to sign",          DKIM_KEY_GONE,    DKIM_KEY_ACTIVE,    ERR_REFUSED},
        {"gone, as revoked",       DKIM_KEY_GONE,    DKIM_KEY_REVOKED,   ERR_REFUSED},
        {"gone once more",         DKIM_KEY_GONE,    DKIM_KEY_GONE,      ERR_NONE   },
        {"retired, to sign again", DKIM_KEY_RETIRED, DKIM_KEY_ACTIVE,    ERR_NONE   },
    };
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    struct text domain = TEXT("example.org"), selector = TEXT("a");
    struct dkim_key key;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(add_key(store, "example.org", "a", rows[i].from), ERR_NONE);
        assert_int_equal(dkim_key_set_state(store, domain, selector, rows[i].to, 9), rows[i].err);
        if (rows[i].err != ERR_NONE)
            assert_failure_says(store, ERR_REFUSED, "the key a of example.org was revoked");
        assert_int_equal(dkim_key_find(store, domain, selector, ground->arena, &key), ERR_NONE);
        assert_int_equal(key.state, rows[i].err == ERR_NONE ? rows[i].to : rows[i].from);
        assert_int_equal(dkim_key_delete(store, domain, selector), ERR_NONE);
    }
}

static void test_dkim_key_wanted(void **state)
{
    static const struct {
        enum dkim_key_state state;
        const char *wanted;
    } rows[] = {
        {DKIM_KEY_MADE,      "v=DKIM1; k=rsa; p=AAAA"},
        {DKIM_KEY_PUBLISHED, "v=DKIM1; k=rsa; p=AAAA"},
        {DKIM_KEY_ACTIVE,    "v=DKIM1; k=rsa; p=AAAA"},
        {DKIM_KEY_RETIRED,   "v=DKIM1; k=rsa; p=AAAA"},
        {DKIM_KEY_REVOKED,   "v=DKIM1; p="           },
        {DKIM_KEY_GONE,      ""                      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dkim_key key = {.state = rows[i].state, .record = TEXT("v=DKIM1; k=rsa; p=AAAA")};

        unit_row(dkim_key_state_word(rows[i].state));
        assert_text_equal(dkim_key_wanted(&key), rows[i].wanted);
    }
}

/* The successor names the key whose place it takes. */
static void test_dkim_key_replaces(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    struct dkim_key key = {.domain = TEXT("example.org"),
        .selector = TEXT("new"),
        .algorithm = TEXT("rsa"),
        .record = TEXT("v=DKIM1; p=AAAA"),
        .pem = TEXT("x"),
        .replaces = TEXT("a")};

    assert_int_equal(dkim_key_add(store, &key, 7), ERR_NONE);
    assert_int_equal(dkim_key_find(store, key.domain, key.selector, ground->arena, &key), ERR_NONE);
    assert_text_equal(key.replaces, "a");
    /* Who gets the name of the one before is not meant. */
    assert_int_equal(add_key(store, "example.org", "a", DKIM_KEY_MADE), ERR_NONE);
    assert_int_equal(dkim_key_delete(store, key.domain, TEXT("a")), ERR_NONE);
    assert_int_equal(dkim_key_find(store, key.domain, key.selector, ground->arena, &key), ERR_NONE);
    assert_text_equal(key.replaces, "");
}

/* --- keys in another zone ------------------------------------------------- */

static struct text zone_of(struct ground *ground, struct store *store, const char *domain)
{
    struct text zone = TEXT("?");

    assert_int_equal(
        dkim_delegation_find(store, text_from_string(domain), ground->arena, &zone), ERR_NONE);
    return zone;
}

static void test_dkim_delegation(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);

    assert_text_equal(zone_of(ground, store, "example.org"), "");
    assert_int_equal(
        dkim_delegation_set(store, TEXT("example.org"), TEXT("keys.example")), ERR_NONE);
    assert_int_equal(dkim_delegation_set(store, TEXT("example.com"), TEXT("a.example")), ERR_NONE);
    assert_int_equal(dkim_delegation_set(store, TEXT("example.com"), TEXT("b.example")), ERR_NONE);
    assert_text_equal(zone_of(ground, store, "example.org"), "keys.example");
    assert_text_equal(zone_of(ground, store, "example.com"), "b.example");
    assert_int_equal(dkim_delegation_set(store, TEXT("example.org"), TEXT_NONE), ERR_NONE);
    assert_text_equal(zone_of(ground, store, "example.org"), "");
    assert_int_equal(dkim_delegation_set(store, TEXT("example.org"), TEXT_NONE), ERR_NONE);
}

/* The names that take turns lead there, all others do not. */
static void test_dkim_key_place(void **state)
{
    static const struct {
        const char *selector, *place;
    } rows[] = {
        {"s1r",  "s1r._domainkey.example.org.keys.example"},
        {"s2r",  "s2r._domainkey.example.org.keys.example"},
        {"s1e",  "s1e._domainkey.example.org.keys.example"},
        {"s2e",  "s2e._domainkey.example.org.keys.example"},
        {"s3r",  "s3r._domainkey.example.org"             },
        {"s1",   "s1._domainkey.example.org"              },
        {"s1r2", "s1r2._domainkey.example.org"            },
    };
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);

    assert_int_equal(
        dkim_delegation_set(store, TEXT("example.org"), TEXT("keys.example")), ERR_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text selector = text_from_string(rows[i].selector);
        struct dkim_key key;

        unit_row(rows[i].selector);
        assert_int_equal(add_key(store, "example.org", rows[i].selector, DKIM_KEY_MADE), ERR_NONE);
        assert_int_equal(
            dkim_key_find(store, TEXT("example.org"), selector, ground->arena, &key), ERR_NONE);
        assert_text_equal(dkim_key_place(&key, ground->arena), rows[i].place);
        assert_int_equal(dkim_delegation_has(selector), i < 4);
        if (i < 4)
            assert_text_equal(
                dkim_delegation_selector(i < 2 ? TEXT("rsa") : TEXT("ed25519"), i % 2),
                rows[i].selector);
    }
    assert_int_equal(add_key(store, "example.com", "s1r", DKIM_KEY_MADE), ERR_NONE);
}

/* --- what is destroyed -------------------------------------------------- */

#define SECRET_LEN 3300 /* as long as the PEM of RSA-4096: it does not fit into one page */

/* A private key that is told from all others by each piece of it. */
static struct text secret_of(const struct ground *ground, unsigned number)
{
    char *bytes = arena_alloc(ground->arena, SECRET_LEN);

    for (size_t i = 0; i < SECRET_LEN; i++)
        bytes[i] = (char)('!' + (number * 7919 + i * (i + number) * 31) % 89);
    return text_from_bytes(bytes, SECRET_LEN);
}

static void add_secret(const struct ground *ground, struct store *store, unsigned number)
{
    struct dkim_key key = {.domain = TEXT("example.org"),
        .selector = arena_print(ground->arena, "s%u", number),
        .algorithm = TEXT("rsa"),
        .state = DKIM_KEY_RETIRED,
        .record = TEXT("v=DKIM1; p=AAAA"),
        .pem = secret_of(ground, number)};

    assert_int_equal(dkim_key_add(store, &key, 7), ERR_NONE);
}

static bool file_holds(const struct ground *ground, const char *name, struct text piece)
{
    static char content[1 << 20];
    char path[128];
    FILE *file = fopen(ground_path(ground, name, path), "r");
    size_t len;

    assert_non_null(file);
    len = fread(content, 1, sizeof content, file);
    assert_true(len < sizeof content);
    fclose(file);
    return memmem(content, len, piece.data, piece.len) != NULL;
}

/* Whether any piece of it is in any file of the database. */
static bool is_kept(const struct ground *ground, unsigned number)
{
    struct text secret = secret_of(ground, number);

    for (size_t at = 0; at + 16 <= secret.len; at += 16) {
        struct text piece = text_from_bytes(secret.data + at, 16);

        if (file_holds(ground, "keys/keys.db", piece) ||
            file_holds(ground, "keys/keys.db-wal", piece))
            return true;
    }
    return false;
}

static enum err revoke_key(struct store *store, const char *selector)
{
    return dkim_key_set_state(
        store, TEXT("example.org"), text_from_string(selector), DKIM_KEY_REVOKED, 9);
}

static struct store *open_reader(const struct ground *ground)
{
    struct store *reader = NULL;
    struct failure failure;

    assert_int_equal(
        store_open(ground->directory, STORE_KEYS, STORE_READ, &reader, &failure), ERR_NONE);
    return reader;
}

/* While a daemon has the database open, which keeps the log from being emptied by itself. */
static void test_dkim_key_destroyed(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS), *reader = open_reader(ground);
    struct dkim_key_list list;
    struct failure failure;

    for (unsigned i = 0; i < 5; i++)
        add_secret(ground, store, i);
    assert_int_equal(dkim_key_list(reader, TEXT(""), ground->arena, &list), ERR_NONE);
    store_begin(store);
    assert_int_equal(revoke_key(store, "s0"), ERR_NONE);
    assert_int_equal(dkim_key_set_seen(store, TEXT("example.org"), TEXT("s0"), 9, 3600), ERR_NONE);
    assert_int_equal(store_commit(store, &failure), ERR_NONE);
    assert_false(is_kept(ground, 0));
    assert_int_equal(revoke_key(store, "s1"), ERR_NONE);
    assert_false(is_kept(ground, 1));
    assert_int_equal(dkim_key_delete(store, TEXT("example.org"), TEXT("s2")), ERR_NONE);
    assert_false(is_kept(ground, 2));
    assert_false(store_keeps_traces(store));
    store_begin(store);
    assert_int_equal(revoke_key(store, "s3"), ERR_NONE);
    store_roll_back(store);
    assert_true(is_kept(ground, 3));
    assert_true(is_kept(ground, 4));
    store_close(&reader);
}

/* Somebody who reads just then keeps the log as it is: it is done all the same, and told. */
static void test_dkim_key_traces(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS), *reader = open_reader(ground);
    struct dkim_key_list list;

    add_secret(ground, store, 0);
    add_secret(ground, store, 1);
    store_set_patience(store, 0);
    store_begin_reading(reader);
    assert_int_equal(dkim_key_list(reader, TEXT(""), ground->arena, &list), ERR_NONE);
    assert_int_equal(revoke_key(store, "s0"), ERR_NONE);
    assert_true(store_keeps_traces(store));
    assert_true(is_kept(ground, 0));
    store_roll_back(reader);
    assert_int_equal(revoke_key(store, "s1"), ERR_NONE);
    assert_false(store_keeps_traces(store));
    assert_false(is_kept(ground, 0));
    assert_false(is_kept(ground, 1));
    store_close(&reader);
}

/* The newest signs; what it replaced goes with time, or by hand. */
static void test_srs_secret(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_SRS);
    struct text secrets[SRS_SECRETS_MAX];
    struct srs_secret_list list;
    size_t count = 7;

    assert_int_equal(srs_secret_load(store, ground->arena, secrets, &count), ERR_NONE);
    assert_int_equal(count, 0);
    assert_int_equal(srs_secret_add(store, TEXT("1234567"), 1), ERR_REFUSED);
    assert_failure_says(store, ERR_REFUSED, "8 to 1024 bytes");
    assert_int_equal(srs_secret_add(store, TEXT("first123"), 10), ERR_NONE);
    assert_int_equal(srs_secret_add(store, TEXT("second12"), 20), ERR_NONE);
    assert_int_equal(srs_secret_add(store, TEXT("third123"), 30), ERR_NONE);
    assert_int_equal(srs_secret_load(store, ground->arena, secrets, &count), ERR_NONE);
    assert_int_equal(count, 3);
    assert_text_equal(secrets[0], "third123");
    assert_text_equal(secrets[2], "first123");
    assert_int_equal(srs_secret_list(store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.items[0].superseded, 0);
    assert_int_equal(list.items[1].superseded, 30);
    assert_int_equal(list.items[2].created, 10);
    assert_int_equal(srs_secret_expire(store, 20), ERR_NONE);
    assert_int_equal(srs_secret_list(store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 3);
    assert_int_equal(srs_secret_expire(store, 21), ERR_NONE);
    assert_int_equal(srs_secret_list(store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_int_equal(srs_secret_delete(store, list.items[0].id), ERR_REFUSED);
    assert_failure_says(store, ERR_REFUSED, "signs: make another");
    assert_int_equal(srs_secret_delete(store, 1), ERR_ABSENT);
    assert_int_equal(srs_secret_delete(store, list.items[1].id), ERR_NONE);
    assert_int_equal(srs_secret_expire(store, 1000), ERR_NONE);
    assert_int_equal(srs_secret_list(store, ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
}

static void test_srs_secrets_bound(void **state)
{
    struct store *store = ground_open(*state, STORE_SRS);

    for (int i = 0; i < SRS_SECRETS_MAX; i++)
        assert_int_equal(srs_secret_add(store, TEXT("tops3cret"), i), ERR_NONE);
    assert_int_equal(srs_secret_add(store, TEXT("tops3cret"), 99), ERR_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_credential), TEST(test_credential_replace), TEST(test_credential_bounds),
    TEST(test_dkim_key), TEST(test_dkim_key_lists), TEST(test_dkim_key_states),
    TEST(test_dkim_key_seen), TEST(test_dkim_key_end), TEST(test_dkim_key_wanted),
    TEST(test_dkim_key_replaces), TEST(test_dkim_delegation), TEST(test_dkim_key_place),
    TEST(test_dkim_key_destroyed), TEST(test_dkim_key_traces), TEST(test_srs_secret),
    TEST(test_srs_secrets_bound))
