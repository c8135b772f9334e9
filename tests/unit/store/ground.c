/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/ground.h"

#include <ftw.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/memory.h"
#include "lib/store/schema.h"

int ground_make_bare(void **state)
{
    struct ground *ground = memory_alloc_zero(1, sizeof *ground);

    strcpy(ground->directory, "/tmp/gatepost-store-XXXXXX");
    assert_non_null(mkdtemp(ground->directory));
    /* As the real one: daemons' users pass through it. */
    assert_int_equal(chmod(ground->directory, 0755), 0);
    ground->arena = arena_new();
    *state = ground;
    return 0;
}

int ground_make(void **state)
{
    struct ground *ground;
    struct failure failure = {.text = ""};
    bool changed;

    ground_make_bare(state);
    ground = *state;
    for (int kind = 0; kind < STORE_KIND_COUNT; kind++) {
        enum err err =
            store_prepare(ground->directory, (enum store_kind)kind, NULL, &changed, &failure);

        if (err != ERR_NONE)
            print_message("# %s\n", failure.text);
        assert_int_equal(err, ERR_NONE);
    }
    return 0;
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found;
    (void)kind;
    (void)walk;
    return remove(path);
}

int ground_remove(void **state)
{
    struct ground *ground = *state;

    store_close(&ground->store);
    arena_free(&ground->arena);
    nftw(ground->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(ground);
    return 0;
}

struct store *ground_open(struct ground *ground, enum store_kind kind)
{
    struct failure failure = {.text = ""};
    enum err err;

    store_close(&ground->store);
    err = store_open(ground->directory, kind, STORE_WRITE, &ground->store, &failure);
    if (err != ERR_NONE)
        print_message("# %s\n", failure.text);
    assert_int_equal(err, ERR_NONE);
    return ground->store;
}

const char *ground_path(const struct ground *ground, const char *name, char path_r[128])
{
    assert_true(snprintf(path_r, 128, "%s/%s", ground->directory, name) < 128);
    return path_r;
}

void ground_run(const struct ground *ground, const char *name, const char *sql)
{
    char path[128];
    sqlite3 *db;

    assert_int_equal(sqlite3_open(ground_path(ground, name, path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void ground_age(const struct ground *ground, enum store_kind kind, size_t steps)
{
    const struct schema *schema = schema_of(kind);
    char name[40], path[128], mark[128];
    int64_t id;

    snprintf(name, sizeof name, "%s/%s.db", store_kind_name(kind), store_kind_name(kind));
    id = ground_ask(ground, name, "PRAGMA application_id");
    for (size_t i = 0; i < 3; i++) {
        static const char *const tails[] = {"", "-wal", "-shm"};

        snprintf(path, sizeof path, "%s/%s%s", ground->directory, name, tails[i]);
        unlink(path);
    }
    ground_run(ground, name, "PRAGMA journal_mode = WAL");
    for (size_t i = 0; i < steps; i++)
        ground_run(ground, name, schema->steps[i]);
    snprintf(mark, sizeof mark, "PRAGMA application_id = %lld; PRAGMA user_version = %lld",
        (long long)id, (long long)(schema->major * SCHEMA_STEPS_MAX + (int64_t)steps));
    ground_run(ground, name, mark);
}

int64_t ground_ask(const struct ground *ground, const char *name, const char *sql)
{
    char path[128];
    sqlite3_stmt *statement;
    sqlite3 *db;
    int64_t number;

    assert_int_equal(sqlite3_open(ground_path(ground, name, path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

void ground_write_file(const struct ground *ground, const char *name, const char *content)
{
    char path[128];
    FILE *file = fopen(ground_path(ground, name, path), "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void assert_failure_says(const struct store *store, enum err err, const char *piece)
{
    struct failure failure;

    assert_int_equal(store_failure(store, &failure), err);
    if (strstr(failure.text, piece) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", failure.text, piece);
}
