/* SPDX-License-Identifier: MIT */

/* What earlier versions left is there after the upgrade, and means what it meant. */

#include "lib/store/alias.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/domain.h"
#include "lib/store/forward.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

static void upgrade(const struct ground *ground, enum store_kind kind)
{
    struct failure failure = {.text = ""};
    bool changed = false;
    enum err err = store_prepare(ground->directory, kind, NULL, &changed, &failure);

    if (err != ERR_NONE)
        print_message("# %s\n", failure.text);
    assert_int_equal(err, ERR_NONE);
    assert_true(changed);
}

/* The step that lets sealers be trusted makes the table anew. */
static void test_forwarders(void **state)
{
    struct ground *ground = *state;

    ground_age(ground, STORE_DIRECTORY, 3);
    ground_run(ground, "directory/directory.db",
        "INSERT INTO trusted_forwarder VALUES ('signer', 'lists.example', 7)");
    upgrade(ground, STORE_DIRECTORY);
    assert_int_equal(ground_ask(ground, "directory/directory.db",
                         "SELECT created FROM trusted_forwarder WHERE kind = 'signer' AND value = "
                         "'lists.example'"),
        7);
    ground_run(ground, "directory/directory.db",
        "INSERT INTO trusted_forwarder VALUES ('sealer', 'lists.example', 8)");
}

static void populate_former(const struct ground *ground)
{
    ground_age(ground, STORE_DIRECTORY, 4);
    ground_run(ground, "directory/directory.db",
        "INSERT INTO domain VALUES (1, 'example.org', 1, 11), (2, 'off.example', 0, 12);"
        "INSERT INTO mail_user VALUES (5, 1, 'alice', 'Alice', 1000, 1, 21),"
        " (6, 1, 'bob', '', 0, 0, 22);"
        "INSERT INTO alias VALUES (7, 1, 'info', 1, 31), (8, 1, '', 0, 32);"
        "INSERT INTO alias_target VALUES (7, 0, 'alice@example.org'), (8, 0, 'bob@example.org');"
        "INSERT INTO send_as VALUES (5, '@lists.example', 0, 41)");
}

static void test_directory(void **state)
{
    struct ground *ground = *state;
    struct store *store;
    struct domain domain;
    struct user user;
    struct alias alias;
    struct forward forward;

    populate_former(ground);
    upgrade(ground, STORE_DIRECTORY);
    store = ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(domain_find(store, TEXT("off.example"), ground->arena, &domain), ERR_NONE);
    assert_false(domain.enabled);
    assert_int_equal(domain.kind, DOMAIN_MAILBOX);
    assert_true(domain.signs);
    assert_int_equal(domain.created, 12);
    assert_int_equal(domain.spf_includes.len + domain.report_address.len + domain.target.len, 0);
    assert_int_equal(domain.default_quota_bytes, 0);
    assert_int_equal(user_find(store, TEXT("alice@example.org"), ground->arena, &user), ERR_NONE);
    assert_int_equal(user.quota_bytes, 1000);
    assert_false(user.inherits_quota);
    assert_int_equal(user.protocols, PROTOCOLS_ALL);
    assert_false(user.needs_app_password);
    assert_int_equal(
        forward_find(store, TEXT("alice@example.org"), ground->arena, &forward), ERR_ABSENT);
    assert_int_equal(alias_find(store, TEXT("info@example.org"), ground->arena, &alias), ERR_NONE);
    assert_int_equal(alias.expires, 0);
    assert_false(alias.receive_only);
    assert_true(alias_is_in_force(&alias, INT64_MAX));
    assert_int_equal(
        ground_ask(ground, "directory/directory.db", "SELECT count(*) FROM send_as"), 1);
    assert_int_equal(
        ground_ask(ground, "directory/directory.db.1004", "SELECT count(*) FROM mail_user"), 2);
}

static void test_credentials(void **state)
{
    struct ground *ground = *state;
    struct app_password_list list;
    struct credential credential;
    struct store *store;

    ground_age(ground, STORE_CREDENTIALS, 1);
    ground_run(ground, "credentials/credentials.db",
        "INSERT INTO credential VALUES ('alice@example.org', '{ARGON2ID}x', 7)");
    upgrade(ground, STORE_CREDENTIALS);
    store = ground_open(ground, STORE_CREDENTIALS);
    assert_int_equal(
        credential_find(store, TEXT("alice@example.org"), ground->arena, &credential), ERR_NONE);
    assert_text_equal(credential.hash, "{ARGON2ID}x");
    assert_int_equal(credential.changed, 7);
    assert_int_equal(
        app_password_list(store, TEXT("alice@example.org"), ground->arena, &list), ERR_NONE);
    assert_int_equal(list.count, 0);
}

/* From each version that there has been. */
static void test_each_step(void **state)
{
    static const enum store_kind kinds[] = {STORE_DIRECTORY, STORE_CREDENTIALS};
    static const size_t steps[] = {4, 1};
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (size_t step = 1; step <= steps[i]; step++) {
            unit_row(store_kind_name(kinds[i]));
            ground_age(ground, kinds[i], step);
            upgrade(ground, kinds[i]);
            ground_open(ground, kinds[i]);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_forwarders), TEST(test_directory), TEST(test_credentials), TEST(test_each_step))
