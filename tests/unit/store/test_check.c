/* SPDX-License-Identifier: MIT */

/* What "mailctl status" says of databases: looked at, never touched. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/domain.h"
#include "lib/store/store-check.h"
#include "tests/unit/store/ground.h"

#define FILE_NAME "directory/directory.db"

static void test_sound(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    assert_int_equal(store_check_sound(ground_open(ground, STORE_DIRECTORY), &failure), ERR_NONE);
}

/* Enough domains for a table of several pages, then other bytes in the last one. */
static void damage(struct ground *ground)
{
    const char garbage[256] = {'x', 'y'};
    char name[300], path[128];
    struct stat found;
    int fd;

    ground_open(ground, STORE_DIRECTORY);
    for (int i = 0; i < 100; i++) {
        int len = snprintf(name, sizeof name, "%0200d.example", i);

        assert_int_equal(
            domain_add(ground->store, text_from_bytes(name, (size_t)len), 1), ERR_NONE);
    }
    store_close(&ground->store);
    ground_run(ground, FILE_NAME, "PRAGMA wal_checkpoint(TRUNCATE)");
    fd = open(ground_path(ground, FILE_NAME, path), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &found), 0);
    assert_int_equal(pwrite(fd, garbage, sizeof garbage, found.st_size - 4096), sizeof garbage);
    close(fd);
}

static void test_damaged(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    damage(ground);
    assert_int_equal(
        store_check_sound(ground_open(ground, STORE_DIRECTORY), &failure), ERR_CORRUPT);
    assert_non_null(strstr(failure.text, "directory.db: damaged: "));
}

/* What is left of the file is no database. */
static void test_cut_off(void **state)
{
    struct ground *ground = *state;
    struct store *store = ground_open(ground, STORE_DIRECTORY);
    struct failure failure;
    char path[128];

    assert_int_equal(truncate(ground_path(ground, FILE_NAME, path), 100), 0);
    assert_int_not_equal(store_check_sound(store, &failure), ERR_NONE);
    assert_non_null(strstr(failure.text, "directory.db"));
}

/* --- owners and modes --- */

static void nothing(const char *path)
{
    (void)path;
}

static void readable_by_all(const char *path)
{
    assert_int_equal(chmod(path, 0664), 0);
}

static void open_folder(const char *path)
{
    char folder[128];

    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(chmod(folder, 0777), 0);
}

static void another_owner(const char *path)
{
    assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
}

static void second_name(const char *path)
{
    char other[140];

    snprintf(other, sizeof other, "%s.too", path);
    assert_int_equal(link(path, other), 0);
}

static void not_a_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
}

/* What is not there is for others to find: status opens the database, too. */
static void gone(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static const struct {
    const char *name;
    void (*spoil)(const char *path);
    bool needs_root;
    enum err err;
    const char *says;
} rights[] = {
    {"as made",         nothing,         false, ERR_NONE,    ""                               },
    {"readable by all", readable_by_all, false, ERR_ACCESS,
     "directory.db: has mode 0664, not 0660"                                                  },
    {"open folder",     open_folder,     false, ERR_ACCESS,  "has mode 0777, not 2770"        },
    {"another owner",   another_owner,   true,  ERR_ACCESS,  "directory.db: belongs to 65534:"},
    {"second name",     second_name,     false, ERR_FOREIGN, "not a plain file of one name"   },
    {"not a file",      not_a_file,      false, ERR_FOREIGN, "not a plain file of one name"   },
    {"gone",            gone,            false, ERR_NONE,    ""                               },
};

static void test_rights(void **state)
{
    const struct store_owner owner = {NULL, NULL};

    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        struct ground *ground;
        struct failure failure = {.text = ""};
        void *made = NULL;
        char path[128];

        if (rights[i].needs_root && geteuid() != 0)
            continue;
        unit_row(rights[i].name);
        assert_int_equal(ground_make(&made), 0);
        ground = made;
        rights[i].spoil(ground_path(ground, FILE_NAME, path));
        assert_int_equal(
            store_check_owner(ground->directory, STORE_DIRECTORY, &owner, &failure), rights[i].err);
        assert_non_null(strstr(failure.text, rights[i].says));
        assert_int_equal(ground_remove(&made), 0);
    }
    (void)state;
}

static void test_strange_owners(void **state)
{
    struct ground *ground = *state;
    const struct store_owner no_user = {"gatepost-nobody", NULL};
    const struct store_owner no_group = {NULL, "gatepost-nobodies"};
    struct failure failure;

    assert_int_equal(
        store_check_owner(ground->directory, STORE_DIRECTORY, &no_user, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "there is no user \"gatepost-nobody\""));
    assert_int_equal(
        store_check_owner(ground->directory, STORE_DIRECTORY, &no_group, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "there is no group \"gatepost-nobodies\""));
}

static void test_no_folder(void **state)
{
    struct ground *ground = *state;
    struct failure failure;

    assert_int_equal(
        store_check_owner(ground->directory, STORE_DIRECTORY, NULL, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "mailctl init"));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)

UNIT_MAIN(TEST(test_sound), TEST(test_damaged), TEST(test_cut_off), cmocka_unit_test(test_rights),
    TEST(test_strange_owners),
    cmocka_unit_test_setup_teardown(test_no_folder, ground_make_bare, ground_remove))
