/* SPDX-License-Identifier: MIT */
#include "tests/unit/authd/ground.h"

#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>

#include "lib/store/password.h"
#include "lib/store/srs-secret.h"
#include "tests/unit/unit.h"

#define BUSY_TIMEOUT_MS 20000

#define NOW 1700000000

static struct store *open_store(const struct ground *ground, enum store_kind kind)
{
    struct store *store = NULL;
    struct failure failure;
    bool changed;

    if (store_prepare(ground->folder, kind, NULL, &changed, &failure) != ERR_NONE ||
        store_open(ground->folder, kind, STORE_WRITE, &store, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
    return store;
}

static void add_user(
    struct store *store, const char *local_part, const char *domain, int64_t quota, bool enabled)
{
    struct arena *arena = arena_new();
    struct user user = {.local_part = text_from_string(local_part),
        .domain = text_from_string(domain),
        .display_name = TEXT(""),
        .quota_bytes = quota,
        .enabled = true};

    assert_int_equal(user_add(store, &user, NOW), ERR_NONE);
    if (!enabled) {
        struct text address = arena_print(arena, "%s@%s", local_part, domain);

        assert_int_equal(user_find(store, address, arena, &user), ERR_NONE);
        user.enabled = false;
        assert_int_equal(user_update(store, &user), ERR_NONE);
    }
    arena_free(&arena);
}

static void add_alias(struct store *store, const char *address, const char *targets, bool enabled)
{
    struct text rest = text_from_string(targets), items[8];
    struct alias alias = {
        .address = text_from_string(address), .targets = items, .enabled = enabled};

    while (text_split(&rest, ' ', &items[alias.target_count]))
        alias.target_count++;
    assert_int_equal(alias_add(store, &alias, NOW), ERR_NONE);
}

static void fill_directory(struct store *store)
{
    assert_int_equal(domain_add(store, TEXT("example.org"), NOW), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("closed.example"), NOW), ERR_NONE);
    assert_int_equal(domain_add(store, TEXT("bare.example"), NOW), ERR_NONE);
    add_user(store, "alice", "example.org", 1000, true);
    add_user(store, "bob", "example.org", 0, false);
    add_user(store, "carol", "example.org", 0, true);
    add_user(store, "dave", "closed.example", 0, true);
    add_user(store, "erin", "bare.example", 0, true);
    add_alias(store, "team@example.org", "alice@example.org bob@example.org x@example.com", true);
    add_alias(store, "boss@example.org", "team@example.org", true);
    add_alias(store, "loop@example.org", "pool@example.org", true);
    add_alias(store, "pool@example.org", "loop@example.org carol@example.org", true);
    add_alias(store, "off@example.org", "alice@example.org", false);
    add_alias(store, "@example.org", "alice@example.org", true);
}

static void set_password(
    struct store *store, const char *address, const char *password, unsigned passes)
{
    char hash[PASSWORD_HASH_MAX];

    assert_int_equal(
        password_hash(text_from_string(password), GROUND_MEMORY, passes, hash), ERR_NONE);
    assert_int_equal(
        credential_set(store, text_from_string(address), text_from_string(hash), NOW), ERR_NONE);
}

static void fill_credentials(struct store *store)
{
    set_password(store, "alice@example.org", "alice's", GROUND_PASSES);
    set_password(store, "bob@example.org", "bob's", GROUND_PASSES);
    set_password(store, "dave@closed.example", "dave's", GROUND_PASSES);
    set_password(store, "erin@bare.example", "erin's", GROUND_PASSES + 1);
}

void ground_run_sql(const struct ground *ground, enum store_kind kind, const char *sql)
{
    char path[256];
    sqlite3 *handle;

    ground_path(ground, kind, path);
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS); /* a daemon's thread may be writing */
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

void ground_make(struct ground *ground)
{
    struct store *store;

    snprintf(ground->folder, sizeof ground->folder, "/tmp/gatepost-test-XXXXXX");
    assert_non_null(mkdtemp(ground->folder));
    store = open_store(ground, STORE_DIRECTORY);
    fill_directory(store);
    store_close(&store);
    ground_run_sql(
        ground, STORE_DIRECTORY, "UPDATE domain SET enabled = 0 WHERE name = 'closed.example'");
    store = open_store(ground, STORE_CREDENTIALS);
    fill_credentials(store);
    store_close(&store);
    store = open_store(ground, STORE_SRS);
    assert_int_equal(srs_secret_add(store, TEXT("tops3cret"), NOW), ERR_NONE);
    store_close(&store);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void ground_remove(struct ground *ground)
{
    nftw(ground->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void ground_path(const struct ground *ground, enum store_kind kind, char path_r[256])
{
    const char *name = store_kind_name(kind);

    snprintf(path_r, 256, "%s/%s/%s.db", ground->folder, name, name);
}

void ground_hash(const struct ground *ground, const char *address, char hash_r[CREDENTIAL_HASH_MAX])
{
    struct store *store = open_store(ground, STORE_CREDENTIALS);
    struct arena *arena = arena_new();
    struct credential credential;

    assert_int_equal(
        credential_find(store, text_from_string(address), arena, &credential), ERR_NONE);
    snprintf(hash_r, CREDENTIAL_HASH_MAX, "%.*s", TEXT_ARGS(credential.hash));
    arena_free(&arena);
    store_close(&store);
}
