/* SPDX-License-Identifier: MIT */

/* App passwords: their secrets, what is kept of them, and when they may be used. */

#include "lib/store/app-password.h"

#include "lib/store/app-secret.h"
#include "tests/unit/store/ground.h"

/* --- secrets --- */

static void test_made(void **state)
{
    char first[APP_SECRET_TEXT_MAX], second[APP_SECRET_TEXT_MAX], canonical[APP_SECRET_LEN];
    char hash[APP_SECRET_HASH_MAX], again[APP_SECRET_HASH_MAX];

    (void)state;
    app_secret_make(first);
    app_secret_make(second);
    assert_int_equal(strlen(first), APP_SECRET_LEN + 4);
    assert_string_not_equal(first, second);
    assert_int_equal(app_secret_hash(text_from_string(first), hash), ERR_NONE);
    assert_int_equal(app_secret_hash(text_from_string(first), again), ERR_NONE);
    assert_string_not_equal(hash, again);
    assert_true(app_secret_parse(text_from_string(first), canonical));
    assert_true(app_secret_matches(text_from_string(hash), canonical));
    assert_true(app_secret_matches(text_from_string(again), canonical));
    assert_true(app_secret_parse(text_from_string(second), canonical));
    assert_false(app_secret_matches(text_from_string(hash), canonical));
}

static const struct {
    const char *name, *given;
    const char *canonical; /* NULL: none */
} forms[] = {
    {"as it is shown",      "abcde-fghjk-mnpqr-stvwx-yz0123",                                     "abcdefghjkmnpqrstvwxyz0123"},
    {"without hyphens",     "abcdefghjkmnpqrstvwxyz0123",                                         "abcdefghjkmnpqrstvwxyz0123"},
    {"with blanks",         " abcde fghjk mnpqr stvwx yz0123",                                    "abcdefghjkmnpqrstvwxyz0123"},
    {"in capitals",         "ABCDE-FGHJK-MNPQR-STVWX-YZ0123",                                     "abcdefghjkmnpqrstvwxyz0123"},
    {"letters for figures", "OIL00-00000-00000-00000-000000",                                     "01100000000000000000000000"},
    {"too short",           "abcde-fghjk-mnpqr-stvwx-yz012",                                      NULL                        },
    {"too long",            "abcde-fghjk-mnpqr-stvwx-yz01234",                                    NULL                        },
    {"a foreign letter",    "ubcde-fghjk-mnpqr-stvwx-yz0123",                                     NULL                        },
    {"another sign",        "abcde_fghjk-mnpqr-stvwx-yz0123",                                     NULL                        },
    {"nothing",             "",                                                                   NULL                        },
    {"hyphens alone",       "------------------------------",                                     NULL                        },
    {"blanks without end",  "abcdefghjkmnpqrstvwxyz0123                                        ",
     NULL                                                                                                                     },
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char canonical[APP_SECRET_LEN], hash[APP_SECRET_HASH_MAX];
        struct text given = text_from_string(forms[i].given);
        bool is_one = app_secret_parse(given, canonical);

        unit_row(forms[i].name);
        assert_int_equal(is_one, forms[i].canonical != NULL);
        assert_int_equal(app_secret_hash(given, hash), is_one ? ERR_NONE : ERR_SYNTAX);
        if (is_one)
            assert_text_equal(text_from_bytes(canonical, APP_SECRET_LEN), forms[i].canonical);
    }
}

/* A byte that ends strings is no sign of the alphabet. */
static void test_nul(void **state)
{
    char canonical[APP_SECRET_LEN];

    (void)state;
    assert_false(app_secret_parse(TEXT("abcdefghjkmnpqrstvwxyz012\0"), canonical));
}

static void test_hash_forms(void **state)
{
    static const char *const hashes[] = {"", "{APP}",
        "{ARGON2ID}$argon2id$v=19$m=1,t=1,p=1$c2E$aGE", "{APP}!!!!", "{APP}YWJj",
        "{APP}YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj"
        "YWJjYWJjYWJj"};
    char canonical[APP_SECRET_LEN];

    (void)state;
    assert_true(app_secret_parse(TEXT("abcdefghjkmnpqrstvwxyz0123"), canonical));
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        assert_false(app_secret_matches(text_from_string(hashes[i]), canonical));
}

/* --- rows --- */

static enum err add(struct store *store, const char *address, const char *label, int64_t *id_r)
{
    const struct app_password password = {
        .address = text_from_string(address),
        .label = text_from_string(label),
        .hash = TEXT("{APP}hash"),
        .protocols = 1U << PROTOCOL_IMAP,
        .networks = TEXT("192.0.2.0/24"),
        .expires = 900,
    };

    return app_password_add(store, &password, 100, id_r);
}

static void test_rows(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct app_password_list list;
    int64_t phone = 0, tablet = 0, other = 0, again = 0;

    assert_int_equal(add(store, "ann@home.org", "phone", &phone), ERR_NONE);
    assert_int_equal(add(store, "ann@home.org", "tablet", &tablet), ERR_NONE);
    assert_int_equal(add(store, "bob@home.org", "phone", &other), ERR_NONE);
    assert_int_equal(add(store, "ann@home.org", "phone", &again), ERR_EXISTS);
    assert_failure_says(store, ERR_EXISTS, "ann@home.org has an app password \"phone\" already");
    assert_int_equal(again, 0);
    assert_int_equal(
        app_password_list(store, TEXT("ann@home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].id, phone);
    assert_text_equal(list.items[0].label, "phone");
    assert_text_equal(list.items[0].hash, "{APP}hash");
    assert_int_equal(list.items[0].protocols, 1U << PROTOCOL_IMAP);
    assert_text_equal(list.items[0].networks, "192.0.2.0/24");
    assert_int_equal(list.items[0].expires, 900);
    assert_int_equal(list.items[0].created, 100);
    assert_int_equal(list.items[0].last_used, 0);
    assert_int_equal(app_password_delete(store, TEXT("ann@home.org"), other), ERR_ABSENT);
    assert_int_equal(app_password_delete(store, TEXT("ann@home.org"), tablet), ERR_NONE);
    /* Its number is not given again. */
    assert_int_equal(add(store, "ann@home.org", "tablet", &again), ERR_NONE);
    assert_true(again > other);
    assert_int_equal(app_password_delete_all(store, TEXT("ann@home.org")), ERR_NONE);
    assert_int_equal(app_password_delete_all(store, TEXT("ann@home.org")), ERR_NONE);
    assert_int_equal(
        app_password_list(store, TEXT("ann@home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
    assert_int_equal(
        app_password_list(store, TEXT("bob@home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 1);
}

static void test_use_is_noted(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    struct app_password_list list;
    int64_t id = 0;

    assert_int_equal(add(store, "ann@home.org", "phone", &id), ERR_NONE);
    assert_int_equal(app_password_note_use(store, id, 500), ERR_NONE);
    assert_int_equal(app_password_note_use(store, id, 400), ERR_NONE);
    assert_int_equal(
        app_password_list(store, TEXT("ann@home.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.items[0].last_used, 500);
    assert_int_equal(app_password_note_use(store, id + 1, 500), ERR_ABSENT);
}

static void test_bound(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_CREDENTIALS);
    char label[20];
    int64_t id;

    store_begin(store);
    for (int i = 0; i < APP_PASSWORDS_MAX; i++) {
        snprintf(label, sizeof label, "n%d", i);
        assert_int_equal(add(store, "ann@home.org", label, &id), ERR_NONE);
    }
    assert_int_equal(store_commit(store, NULL), ERR_NONE);
    assert_int_equal(add(store, "ann@home.org", "more", &id), ERR_REFUSED);
    assert_int_equal(add(store, "bob@home.org", "more", &id), ERR_NONE);
}

/* --- use --- */

#define NETWORKS "192.0.2.0/24 2001:db8::/32 nonsense"

static const struct {
    const char *name, *networks;
    int64_t expires, now;
    const char *service, *remote;
    enum app_password_use use;
} uses[] = {
    {"anywhere",              "",         0,   100, "imap", "198.51.100.1",      APP_PASSWORD_FITS    },
    {"anywhere, unknown",     "",         0,   100, "imap", "",                  APP_PASSWORD_FITS    },
    {"before its end",        "",         101, 100, "imap", "",                  APP_PASSWORD_FITS    },
    {"at its end",            "",         100, 100, "imap", "",                  APP_PASSWORD_EXPIRED },
    {"after its end",         "",         99,  100, "imap", "",                  APP_PASSWORD_EXPIRED },
    {"another protocol",      "",         0,   100, "pop3", "",                  APP_PASSWORD_PROTOCOL},
    {"within",                NETWORKS,   0,   100, "imap", "192.0.2.77",        APP_PASSWORD_FITS    },
    {"within, the second",    NETWORKS,   0,   100, "imap", "2001:db8::1",       APP_PASSWORD_FITS    },
    {"within, mapped",        NETWORKS,   0,   100, "imap", "::ffff:192.0.2.77", APP_PASSWORD_FITS    },
    {"outside",               NETWORKS,   0,   100, "imap", "192.0.3.1",         APP_PASSWORD_NETWORK },
    {"unknown",               NETWORKS,   0,   100, "imap", "",                  APP_PASSWORD_NETWORK },
    {"not an address",        NETWORKS,   0,   100, "imap", "nonsense",          APP_PASSWORD_NETWORK },
    {"none that can be read", "nonsense", 0,   100, "imap", "192.0.2.77",        APP_PASSWORD_NETWORK },
};

static void test_uses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        const struct app_password password = {
            .networks = text_from_string(uses[i].networks),
            .expires = uses[i].expires,
            .protocols = 1U << PROTOCOL_IMAP,
        };
        enum app_password_use use = app_password_judge(&password, text_from_string(uses[i].service),
            text_from_string(uses[i].remote), uses[i].now);

        unit_row(uses[i].name);
        assert_string_equal(app_password_use_word(use), app_password_use_word(uses[i].use));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(cmocka_unit_test(test_made), cmocka_unit_test(test_forms), cmocka_unit_test(test_nul),
    cmocka_unit_test(test_hash_forms), TEST(test_rows), TEST(test_use_is_noted), TEST(test_bound),
    cmocka_unit_test(test_uses))
