/* SPDX-License-Identifier: MIT */

/* Keys that earlier versions left are there after the upgrade, sign as they did, and can rotate. */

#include "lib/store/dkim-key.h"
#include "lib/store/schema.h"
#include "tests/unit/store/ground.h"

#define FILE_NAME "keys/keys.db"
#define UNDO_LAST "ALTER TABLE dkim_key DROP COLUMN doubted;"

static const struct {
    const char *name;
    size_t steps; /* that the earlier version knew */
    const char *undo, *insert;
    int64_t since;
} versions[] = {
    {"before the time of a state", 1,
     UNDO_LAST "DROP TABLE dkim_delegation; ALTER TABLE dkim_key DROP COLUMN replaces;"
                  "ALTER TABLE dkim_key DROP COLUMN seen; ALTER TABLE dkim_key DROP COLUMN ttl;"
                  "ALTER TABLE dkim_key DROP COLUMN changed",                                    "INSERT INTO dkim_key VALUES"
        " ('example.org', 'a', 'rsa', 2048, 'active', 'v=DKIM1; p=AAAA', 'pem', 11)",                                        11},
    {"before rotation",            2,
     UNDO_LAST "DROP TABLE dkim_delegation; ALTER TABLE dkim_key DROP COLUMN replaces;"
                  "ALTER TABLE dkim_key DROP COLUMN seen; ALTER TABLE dkim_key DROP COLUMN ttl", "INSERT INTO dkim_key VALUES"
        " ('example.org', 'a', 'rsa', 2048, 'active', 'v=DKIM1; p=AAAA', 'pem', 11, 12)", 12},
    {"before doubts",              3, UNDO_LAST,
     "INSERT INTO dkim_key VALUES ('example.org', 'a', 'rsa', 2048, 'active', 'v=DKIM1; p=AAAA',"
        " 'pem', 11, 13, '', 0, 0)",                                                                                                                                                      13},
};

static void test_upgrade(void **state)
{
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct dkim_key_list list = {NULL, 0};
        bool changed = false;
        char version[64];

        unit_row(versions[i].name);
        snprintf(version, sizeof version, "PRAGMA user_version = %lld",
            (long long)(schema_keys.major * SCHEMA_STEPS_MAX) + (long long)versions[i].steps);
        ground_run(ground, FILE_NAME, "DELETE FROM dkim_key");
        ground_run(ground, FILE_NAME, versions[i].undo);
        ground_run(ground, FILE_NAME, version);
        ground_run(ground, FILE_NAME, versions[i].insert);
        assert_int_equal(
            store_prepare(ground->directory, STORE_KEYS, NULL, &changed, NULL), ERR_NONE);
        assert_true(changed);
        assert_int_equal(dkim_key_list_active(ground_open(ground, STORE_KEYS), TEXT("example.org"),
                             ground->arena, &list),
            ERR_NONE);
        assert_int_equal(list.count, 1);
        assert_text_equal(list.items[0].pem, "pem");
        assert_int_equal(list.items[0].created, 11);
        assert_int_equal(list.items[0].state_since, versions[i].since);
        assert_int_equal(list.items[0].seen + list.items[0].ttl_s, 0);
        assert_int_equal(list.items[0].replaces.len, 0);
        store_close(&ground->store);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make, ground_remove)

UNIT_MAIN(TEST(test_upgrade))
