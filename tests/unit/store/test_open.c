/* SPDX-License-Identifier: MIT */

/* Making, opening and upgrading databases, and what is refused. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/schema.h"
#include "tests/unit/store/ground.h"

#define MODE_BITS 07777

static mode_t mode_of(const struct ground *ground, const char *name)
{
    char path[128];
    struct stat found;

    assert_int_equal(lstat(ground_path(ground, name, path), &found), 0);
    return found.st_mode & MODE_BITS;
}

static bool is_there(const struct ground *ground, const char *name)
{
    char path[128];
    struct stat found;

    return lstat(ground_path(ground, name, path), &found) == 0;
}

static const struct {
    const char *name;
    enum store_kind kind;
    const char *folder, *file;
    mode_t folder_mode, file_mode;
} made[] = {
    {"directory",   STORE_DIRECTORY,   "directory",   "directory/directory.db",     02770, 0660},
    {"credentials", STORE_CREDENTIALS, "credentials", "credentials/credentials.db", 0700,  0600},
    {"keys",        STORE_KEYS,        "keys",        "keys/keys.db",               0700,  0600},
    {"limits",      STORE_LIMITS,      "limits",      "limits/limits.db",           0700,  0600},
    {"seen",        STORE_SEEN,        "seen",        "seen/seen.db",               0700,  0600},
    {"srs",         STORE_SRS,         "srs",         "srs/srs.db",                 02770, 0660},
    {"guard",       STORE_GUARD,       "guard",       "guard/guard.db",             0700,  0600},
};

static void test_prepare_makes(void **state)
{
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char with_tail[128];
        bool changed = false;

        unit_row(made[i].name);
        assert_string_equal(store_kind_name(made[i].kind), made[i].name);
        assert_int_equal(
            store_prepare(ground->directory, made[i].kind, NULL, &changed, NULL), ERR_NONE);
        assert_true(changed);
        assert_int_equal(mode_of(ground, made[i].folder), made[i].folder_mode);
        assert_int_equal(mode_of(ground, made[i].file), made[i].file_mode);
        /* They stay, so that readers can open what no writer has open. */
        snprintf(with_tail, sizeof with_tail, "%s-wal", made[i].file);
        assert_int_equal(mode_of(ground, with_tail), made[i].file_mode);
        snprintf(with_tail, sizeof with_tail, "%s-shm", made[i].file);
        assert_int_equal(mode_of(ground, with_tail), made[i].file_mode);
        assert_int_equal(
            store_prepare(ground->directory, made[i].kind, NULL, &changed, NULL), ERR_NONE);
        assert_false(changed);
    }
}

static void test_prepare_puts_modes_right(void **state)
{
    struct ground *ground = *state;
    char path[128];
    bool changed = false;

    assert_int_equal(chmod(ground_path(ground, "keys", path), 0755), 0);
    assert_int_equal(chmod(ground_path(ground, "keys/keys.db", path), 0644), 0);
    assert_int_equal(store_prepare(ground->directory, STORE_KEYS, NULL, &changed, NULL), ERR_NONE);
    assert_true(changed);
    assert_int_equal(mode_of(ground, "keys"), 0700);
    assert_int_equal(mode_of(ground, "keys/keys.db"), 0600);
}

static void test_pragmas(void **state)
{
    struct ground *ground = *state;

    assert_int_equal(ground_ask(ground, "directory/directory.db",
                         "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"),
        1);
    assert_int_equal(ground_ask(ground, "directory/directory.db",
                         "SELECT count(*) FROM pragma_table_list"
                         " WHERE strict = 0 AND name NOT LIKE 'sqlite%'"),
        0);
    assert_int_equal(ground_ask(ground, "directory/directory.db", "PRAGMA user_version"),
        schema_version(&schema_directory));
}

/* --- what is not opened --- */

static void without_folder(struct ground *ground)
{
    char path[128];

    ground_run(ground, "directory/directory.db", "PRAGMA journal_mode = DELETE");
    unlink(ground_path(ground, "directory/directory.db", path));
    unlink(ground_path(ground, "directory/directory.db-wal", path));
    unlink(ground_path(ground, "directory/directory.db-shm", path));
    assert_int_equal(rmdir(ground_path(ground, "directory", path)), 0);
}

static void without_file(struct ground *ground)
{
    char path[128];

    assert_int_equal(unlink(ground_path(ground, "directory/directory.db", path)), 0);
}

static void empty_file(struct ground *ground)
{
    without_file(ground);
    ground_write_file(ground, "directory/directory.db", "");
}

static void text_file(struct ground *ground)
{
    without_file(ground);
    ground_write_file(ground, "directory/directory.db",
        "Dear administrator, this is a letter that somebody saved at a wrong place. It goes on "
        "for a while, so that it is longer than the header of a database would be.");
}

static void database_of_others(struct ground *ground)
{
    without_file(ground);
    ground_run(ground, "directory/directory.db", "CREATE TABLE picture (id INTEGER)");
}

static void other_kind(struct ground *ground)
{
    char from[128], to[128];

    assert_int_equal(rename(ground_path(ground, "keys/keys.db", from),
                         ground_path(ground, "directory/directory.db", to)),
        0);
}

static void newer_major(struct ground *ground)
{
    ground_run(ground, "directory/directory.db", "PRAGMA user_version = 2000");
}

static void ahead_by_additions(struct ground *ground)
{
    ground_run(ground, "directory/directory.db",
        "ALTER TABLE domain ADD COLUMN color TEXT NOT NULL DEFAULT 'blue';"
        "PRAGMA user_version = 1999");
}

static void older(struct ground *ground)
{
    ground_run(ground, "directory/directory.db", "PRAGMA user_version = 1000");
}

static void overwritten(struct ground *ground)
{
    char path[128], noise[512];
    int fd = open(ground_path(ground, "directory/directory.db", path), O_WRONLY);

    memset(noise, 0xa5, sizeof noise);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, noise, sizeof noise, 100), sizeof noise);
    close(fd);
}

static void symbolic_link(struct ground *ground)
{
    char from[128], to[128];

    assert_int_equal(rename(ground_path(ground, "directory/directory.db", from),
                         ground_path(ground, "elsewhere.db", to)),
        0);
    assert_int_equal(symlink(to, from), 0);
}

static void folder_is_link(struct ground *ground)
{
    char from[128], to[128];

    assert_int_equal(
        rename(ground_path(ground, "directory", from), ground_path(ground, "elsewhere", to)), 0);
    assert_int_equal(symlink(to, from), 0);
}

static void folder_is_file(struct ground *ground)
{
    without_folder(ground);
    ground_write_file(ground, "directory", "");
}

static void file_is_folder(struct ground *ground)
{
    char path[128];

    without_file(ground);
    assert_int_equal(mkdir(ground_path(ground, "directory/directory.db", path), 0700), 0);
}

static const struct {
    const char *name;
    void (*harm)(struct ground *ground);
    enum err open, prepare;
    const char *words; /* of the failure to open */
} harmed[] = {
    {"no folder",                  without_folder,     ERR_ABSENT,  ERR_NONE,    "mailctl init"    },
    {"no file",                    without_file,       ERR_ABSENT,  ERR_NONE,    "mailctl init"    },
    {"an empty file",              empty_file,         ERR_ABSENT,  ERR_NONE,    "mailctl init"    },
    {"a text file",                text_file,          ERR_FOREIGN, ERR_FOREIGN, "directory.db"    },
    {"a database of others",       database_of_others, ERR_FOREIGN, ERR_FOREIGN, "not Gatepost's"  },
    {"a database of another kind", other_kind,         ERR_FOREIGN, ERR_FOREIGN, "not Gatepost's"  },
    {"of a newer major version",   newer_major,        ERR_NEWER,   ERR_NEWER,   "upgrade Gatepost"},
    {"ahead by additions",         ahead_by_additions, ERR_NONE,    ERR_NONE,    NULL              },
    {"older",                      older,              ERR_OLDER,   ERR_REFUSED, "mailctl upgrade" },
    {"overwritten",                overwritten,        ERR_CORRUPT, ERR_CORRUPT, "directory.db"    },
    {"a symbolic link",            symbolic_link,      ERR_FOREIGN, ERR_FOREIGN, "directory.db"    },
    {"the folder is a link",       folder_is_link,     ERR_FOREIGN, ERR_FOREIGN, "directory"       },
    {"the folder is a file",       folder_is_file,     ERR_FOREIGN, ERR_FOREIGN, "directory"       },
    {"the file is a folder",       file_is_folder,     ERR_FOREIGN, ERR_FOREIGN, "directory.db"    },
};

static void test_harmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof harmed / sizeof *harmed; i++) {
        void *inner = NULL;
        struct ground *ground;
        struct store *store = NULL;
        struct failure failure = {.text = ""};
        bool changed = false;

        unit_row(harmed[i].name);
        ground_make(&inner);
        ground = inner;
        harmed[i].harm(ground);
        assert_int_equal(
            store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &store, &failure),
            harmed[i].open);
        assert_true((store != NULL) == (harmed[i].open == ERR_NONE));
        if (harmed[i].words != NULL && strstr(failure.text, harmed[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", failure.text, harmed[i].words);
        store_close(&store);
        /* "older" has its tables already here, so the steps cannot run again: all stays. */
        if (harmed[i].prepare != ERR_REFUSED)
            assert_int_equal(
                store_prepare(ground->directory, STORE_DIRECTORY, NULL, &changed, &failure),
                harmed[i].prepare);
        ground_remove(&inner);
    }
}

/* --- upgrades --- */

static void test_upgrade_copies(void **state)
{
    struct ground *ground = *state;
    bool changed = false;

    /* Keys as they were before the first step, with something in them. */
    ground_run(ground, "keys/keys.db",
        "DROP TABLE dkim_key; DROP TABLE dkim_delegation;"
        "CREATE TABLE early (word TEXT); INSERT INTO early VALUES ('kept');"
        "PRAGMA user_version = 1000");
    assert_int_equal(store_prepare(ground->directory, STORE_KEYS, NULL, &changed, NULL), ERR_NONE);
    assert_true(changed);
    ground_open(ground, STORE_KEYS);
    assert_int_equal(mode_of(ground, "keys/keys.db.1000"), 0600);
    assert_false(is_there(ground, "keys/keys.db.new"));
    assert_int_equal(ground_ask(ground, "keys/keys.db.1000", "SELECT count(*) FROM early"), 1);
    assert_int_equal(ground_ask(ground, "keys/keys.db.1000",
                         "SELECT count(*) FROM sqlite_schema WHERE name = 'dkim_key'"),
        0);
    assert_int_equal(ground_ask(ground, "keys/keys.db", "SELECT count(*) FROM early"), 1);
}

static void test_upgrade_fails_whole(void **state)
{
    struct ground *ground = *state;
    struct failure failure;
    bool changed = false;

    /* A step that cannot run: its table is there, though the version says it is not. */
    ground_run(ground, "keys/keys.db", "PRAGMA user_version = 1000");
    assert_int_not_equal(
        store_prepare(ground->directory, STORE_KEYS, NULL, &changed, &failure), ERR_NONE);
    assert_false(changed);
    assert_int_equal(ground_ask(ground, "keys/keys.db", "PRAGMA user_version"), 1000);
}

static void test_unknown_owner(void **state)
{
    struct ground *ground = *state;
    const struct store_owner user = {.user = "no-such-user"}, group = {.group = "no-such-group"};
    struct failure failure;
    bool changed;

    assert_int_equal(
        store_prepare(ground->directory, STORE_KEYS, &user, &changed, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "no-such-user"));
    assert_non_null(strstr(failure.text, "systemd-sysusers"));
    assert_int_equal(
        store_prepare(ground->directory, STORE_DIRECTORY, &group, &changed, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "no-such-group"));
    assert_false(is_there(ground, "keys"));
}

/* An open store tells when its path names another file, or none. */
static void test_is_current(void **state)
{
    struct ground *ground = *state;
    const struct store *store = ground_open(ground, STORE_KEYS);
    char there[128], away[128];
    bool changed;

    ground_path(ground, "keys/keys.db", there);
    ground_path(ground, "keys/away.db", away);
    assert_true(store_is_current(store));
    ground_run(ground, "keys/keys.db", "PRAGMA user_version = 1000");
    assert_true(store_is_current(store));
    assert_int_equal(rename(there, away), 0);
    assert_false(store_is_current(store));
    ground_write_file(ground, "keys/keys.db", "");
    assert_false(store_is_current(store));
    assert_int_equal(rename(away, there), 0);
    assert_true(store_is_current(store));
    assert_int_equal(
        rename(ground_path(ground, "keys", there), ground_path(ground, "old", away)), 0);
    assert_false(store_is_current(store));
    assert_int_equal(store_prepare(ground->directory, STORE_KEYS, NULL, &changed, NULL), ERR_NONE);
    assert_false(store_is_current(store));
}

static bool was_made_later(const char *one, const char *other, bool *known_r)
{
    struct statx first, second;

    assert_int_equal(statx(AT_FDCWD, one, 0, STATX_BTIME, &first), 0);
    assert_int_equal(statx(AT_FDCWD, other, 0, STATX_BTIME, &second), 0);
    *known_r = (first.stx_mask & second.stx_mask & STATX_BTIME) != 0;
    return first.stx_btime.tv_sec != second.stx_btime.tv_sec
               ? first.stx_btime.tv_sec > second.stx_btime.tv_sec
               : first.stx_btime.tv_nsec > second.stx_btime.tv_nsec;
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    size_t len;

    assert_non_null(in);
    assert_non_null(out);
    while ((len = fread(bytes, 1, sizeof bytes, in)) > 0)
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* A backup put back beside the log of the database before it, which SQLite would apply to it. */
static void test_foreign_log(void **state)
{
    struct ground *ground = *state;
    struct store *store = NULL;
    char file[128], log[128], index[128], backup[128];
    struct failure failure;
    bool known, changed;

    ground_path(ground, "keys/keys.db", file);
    ground_path(ground, "keys/keys.db-wal", log);
    ground_path(ground, "keys/keys.db-shm", index);
    ground_path(ground, "keys/backup", backup);
    ground_open(ground, STORE_KEYS); /* while it is open the log stays, as after a crash */
    ground_run(ground, "keys/keys.db", "CREATE TABLE later (x INTEGER) STRICT");
    do {
        unlink(backup);
        copy_file(file, backup);
    } while (!was_made_later(backup, log, &known) && known);
    assert_int_equal(rename(backup, file), 0);
    if (known) {
        assert_int_equal(
            store_open(ground->directory, STORE_KEYS, STORE_READ, &store, &failure), ERR_FOREIGN);
        assert_non_null(strstr(failure.text, "keys.db-wal"));
        assert_int_equal(
            store_prepare(ground->directory, STORE_KEYS, NULL, &changed, &failure), ERR_FOREIGN);
    }
    assert_false(store_is_current(ground->store));
    store_close(&ground->store); /* which leaves the log: the database is not in its place */
    assert_int_equal(unlink(log), 0);
    assert_int_equal(unlink(index), 0);
    assert_int_equal(
        store_open(ground->directory, STORE_KEYS, STORE_WRITE, &store, &failure), ERR_NONE);
    ground->store = store;
    assert_int_equal(ground_ask(ground, "keys/keys.db",
                         "SELECT count(*) FROM sqlite_schema WHERE name = 'later'"),
        0);
}

/* Copied over in place: that can be told while the log is empty. */
static void test_overwritten(void **state)
{
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_KEYS);
    char file[128];

    ground_path(ground, "keys/keys.db", file);
    assert_true(store_is_current(store));
    assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0);
    assert_false(store_is_current(store));
    ground_run(ground, "keys/keys.db", "CREATE TABLE later (x INTEGER) STRICT");
    assert_true(store_is_current(store)); /* a checkpoint may have written it */
}

UNIT_MAIN(cmocka_unit_test_setup_teardown(test_foreign_log, ground_make, ground_remove),
    cmocka_unit_test_setup_teardown(test_overwritten, ground_make, ground_remove),
    cmocka_unit_test_setup_teardown(test_prepare_makes, ground_make_bare, ground_remove),
    cmocka_unit_test_setup_teardown(test_prepare_puts_modes_right, ground_make, ground_remove),
    cmocka_unit_test_setup_teardown(test_pragmas, ground_make, ground_remove),
    cmocka_unit_test(test_harmed),
    cmocka_unit_test_setup_teardown(test_is_current, ground_make, ground_remove),
    cmocka_unit_test_setup_teardown(test_upgrade_copies, ground_make, ground_remove),
    cmocka_unit_test_setup_teardown(test_upgrade_fails_whole, ground_make, ground_remove),
    cmocka_unit_test_setup_teardown(test_unknown_owner, ground_make_bare, ground_remove))
