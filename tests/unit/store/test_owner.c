/* SPDX-License-Identifier: MIT */

/*
 * Whose files they are when root works in the folders of the daemons' users. Where the tests do
 * not run as root, the same holds for the user that runs them.
 */

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store/credential.h"
#include "lib/store/domain.h"
#include "tests/unit/store/ground.h"

/* A user that every Debian has and that owns nothing. */
#define DAEMON "nobody"
#define DAEMON_GROUP "daemon"

static struct store_owner daemon_owner(void)
{
    return (struct store_owner){.user = geteuid() == 0 ? DAEMON : NULL};
}

static uid_t daemon_uid(void)
{
    return geteuid() == 0 ? getpwnam(DAEMON)->pw_uid : geteuid();
}

/* Every file of a folder belongs to uid and can be read by nobody whom mode leaves out. */
static void check_folder(struct ground *ground, const char *name, uid_t uid, mode_t mode)
{
    char path[128];
    DIR *folder = opendir(ground_path(ground, name, path));
    const struct dirent *entry;
    size_t files = 0;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        struct stat found;

        if (entry->d_name[0] == '.')
            continue;
        unit_row(entry->d_name);
        assert_int_equal(fstatat(dirfd(folder), entry->d_name, &found, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(found.st_uid, uid);
        assert_int_equal(found.st_mode & 07777, mode);
        files++;
    }
    closedir(folder);
    assert_int_equal(files, 3);
}

/* In another process, as another user; returns whether act() said yes. */
static bool as_user(struct ground *ground, uid_t uid, gid_t gid, bool (*act)(struct ground *))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(1, &gid) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
            _exit(2);
        _exit(act(ground) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static bool write_credential(struct ground *ground)
{
    struct store *store = NULL;
    enum err err = store_open(ground->directory, STORE_CREDENTIALS, STORE_WRITE, &store, NULL);

    if (err == ERR_NONE)
        err = credential_set(store, TEXT("bob@example.org"), TEXT("{CRYPT}b"), 2);
    store_close(&store);
    return err == ERR_NONE;
}

static bool read_directory(struct ground *ground)
{
    struct store *store = NULL;
    struct domain domain;
    enum err err = store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &store, NULL);

    if (err == ERR_NONE)
        err = domain_find(store, TEXT("example.org"), ground->arena, &domain);
    store_close(&store);
    return err == ERR_NONE;
}

static bool is_shut_out(struct ground *ground)
{
    struct store *store = NULL;
    struct failure failure;
    enum err err = store_open(ground->directory, STORE_DIRECTORY, STORE_READ, &store, &failure);

    store_close(&store);
    return err == ERR_ACCESS;
}

/* Root makes and writes it; its owner goes on writing; root again. */
static void test_daemons_own_folder(void **state)
{
    struct ground *ground = *state;
    const struct store_owner owner = daemon_owner();
    struct credential credential;
    bool changed;

    assert_int_equal(
        store_prepare(ground->directory, STORE_CREDENTIALS, &owner, &changed, NULL), ERR_NONE);
    check_folder(ground, "credentials", daemon_uid(), 0600);
    ground_open(ground, STORE_CREDENTIALS);
    assert_int_equal(
        credential_set(ground->store, TEXT("alice@example.org"), TEXT("{CRYPT}a"), 1), ERR_NONE);
    /* While root has it open, and after. */
    assert_true(as_user(ground, daemon_uid(), 65534, write_credential));
    store_close(&ground->store);
    assert_true(as_user(ground, daemon_uid(), 65534, write_credential));
    ground_open(ground, STORE_CREDENTIALS);
    assert_int_equal(
        credential_find(ground->store, TEXT("bob@example.org"), ground->arena, &credential),
        ERR_NONE);
    check_folder(ground, "credentials", daemon_uid(), 0600);
}

/* The log and its index are gone (a restored copy, say): whoever opens it first makes them. */
static void test_files_made_anew(void **state)
{
    struct ground *ground = *state;
    const struct store_owner owner = daemon_owner();
    char path[128];
    bool changed;

    assert_int_equal(
        store_prepare(ground->directory, STORE_CREDENTIALS, &owner, &changed, NULL), ERR_NONE);
    assert_int_equal(unlink(ground_path(ground, "credentials/credentials.db-wal", path)), 0);
    assert_int_equal(unlink(ground_path(ground, "credentials/credentials.db-shm", path)), 0);
    ground_open(ground, STORE_CREDENTIALS);
    assert_int_equal(
        credential_set(ground->store, TEXT("alice@example.org"), TEXT("{CRYPT}a"), 1), ERR_NONE);
    check_folder(ground, "credentials", daemon_uid(), 0600);
    assert_true(as_user(ground, daemon_uid(), 65534, write_credential));
}

/* Members of the group read while no writer is there; others do not. */
static void test_group_reads(void **state)
{
    struct ground *ground = *state;
    const struct store_owner owner = {.group = geteuid() == 0 ? DAEMON_GROUP : NULL};
    gid_t group = geteuid() == 0 ? getgrnam(DAEMON_GROUP)->gr_gid : getegid();
    bool changed;

    assert_int_equal(
        store_prepare(ground->directory, STORE_DIRECTORY, &owner, &changed, NULL), ERR_NONE);
    ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(domain_add(ground->store, TEXT("example.org"), 1), ERR_NONE);
    store_close(&ground->store);
    assert_true(as_user(ground, daemon_uid(), group, read_directory));
    check_folder(ground, "directory", geteuid(), 0660);
    if (geteuid() == 0)
        assert_true(as_user(ground, daemon_uid(), 65534, is_shut_out));
}

/* What the daemon's user could put there for root to step on. */
static void test_traps(void **state)
{
    static const char *const names[] = {"credentials/credentials.db",
        "credentials/credentials.db-wal", "credentials/credentials.db-shm"};
    struct ground *ground = *state;
    const struct store_owner owner = daemon_owner();
    char path[128], victim[128];
    struct stat before, after;
    bool changed;

    ground_write_file(ground, "victim", "");
    assert_int_equal(stat(ground_path(ground, "victim", victim), &before), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct store *store = NULL;

        unit_row(names[i]);
        assert_int_equal(
            store_prepare(ground->directory, STORE_CREDENTIALS, &owner, &changed, NULL), ERR_NONE);
        assert_int_equal(unlink(ground_path(ground, names[i], path)), 0);
        assert_int_equal(symlink(victim, path), 0);
        assert_int_not_equal(
            store_open(ground->directory, STORE_CREDENTIALS, STORE_WRITE, &store, NULL), ERR_NONE);
        assert_int_not_equal(
            store_prepare(ground->directory, STORE_CREDENTIALS, &owner, &changed, NULL), ERR_NONE);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(link(victim, path), 0);
        assert_int_not_equal(
            store_prepare(ground->directory, STORE_CREDENTIALS, &owner, &changed, NULL), ERR_NONE);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(stat(victim, &after), 0);
        assert_int_equal(after.st_size, 0);
        assert_int_equal(after.st_uid, before.st_uid);
        assert_int_equal(after.st_mode, before.st_mode);
    }
}

/* A folder above is closed to the daemon: said when it is made, not when the daemon starts. */
static void test_closed_above(void **state)
{
    struct ground *ground = *state;
    const struct store_owner owner = daemon_owner();
    struct failure failure;
    bool changed;
    enum err err;

    assert_int_equal(chmod(ground->directory, 0700), 0);
    err = store_prepare(ground->directory, STORE_KEYS, &owner, &changed, &failure);
    if (geteuid() != 0) {
        assert_int_equal(err, ERR_NONE);
        return;
    }
    assert_int_equal(err, ERR_ACCESS);
    assert_non_null(strstr(failure.text, "namei"));
    /* The thread has its rights back. */
    assert_int_equal(chmod(ground->directory, 0755), 0);
    assert_int_equal(
        store_prepare(ground->directory, STORE_KEYS, &owner, &changed, &failure), ERR_NONE);
}

/* Root does not work where others can exchange the folders. */
static void test_open_state_directory(void **state)
{
    struct ground *ground = *state;
    struct failure failure;
    bool changed;

    assert_int_equal(chmod(ground->directory, 0777), 0);
    if (geteuid() == 0) {
        assert_int_equal(
            store_prepare(ground->directory, STORE_KEYS, NULL, &changed, &failure), ERR_ACCESS);
        assert_non_null(strstr(failure.text, "chmod go-w"));
    } else
        assert_int_equal(
            store_prepare(ground->directory, STORE_KEYS, NULL, &changed, &failure), ERR_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ground_make_bare, ground_remove)

UNIT_MAIN(TEST(test_daemons_own_folder), TEST(test_files_made_anew), TEST(test_group_reads),
    TEST(test_traps), TEST(test_closed_above), TEST(test_open_state_directory))
