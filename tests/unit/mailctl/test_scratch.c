/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/unit.h"

static void read_back(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, bytes, size - 1);

    assert_true(got >= 0);
    bytes[got] = '\0';
    close(fd);
}

/* What stands where a file is to go, copied from elsewhere, may be a link to the original. */
static void test_links_are_not_followed(void **state)
{
    struct arena *arena = arena_new();
    const char *scratch = NULL, *outside = NULL, *path = NULL, *elsewhere = NULL;
    struct failure failure;
    char bytes[32];

    (void)state;
    assert_int_equal(scratch_make("/tmp", arena, &elsewhere, &failure), ERR_NONE);
    assert_int_equal(
        scratch_write(arena, elsewhere, "real", TEXT("theirs"), &outside, &failure), ERR_NONE);
    assert_int_equal(scratch_make("/tmp", arena, &scratch, &failure), ERR_NONE);
    assert_int_equal(symlink(outside, arena_print(arena, "%s/real", scratch).data), 0);
    assert_int_equal(
        scratch_write(arena, scratch, "real", TEXT("tried"), &path, &failure), ERR_NONE);
    read_back(outside, bytes, sizeof bytes);
    assert_string_equal(bytes, "theirs");
    read_back(path, bytes, sizeof bytes);
    assert_string_equal(bytes, "tried");
    scratch_remove(scratch);
    scratch_remove(elsewhere);
    assert_int_not_equal(access(elsewhere, F_OK), 0);
    arena_free(&arena);
}

/* Copies of configurations hold passwords. */
static void test_root_alone(void **state)
{
    struct arena *arena = arena_new();
    const char *scratch = NULL, *path = NULL;
    struct failure failure;
    struct stat found;
    mode_t old = umask(0);

    (void)state;
    assert_int_equal(scratch_make("/tmp", arena, &scratch, &failure), ERR_NONE);
    assert_int_equal(
        scratch_write(arena, scratch, "a/b", TEXT("secret"), &path, &failure), ERR_NONE);
    (void)umask(old);
    assert_int_equal(stat(scratch, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    scratch_remove(scratch);
    arena_free(&arena);
}

/* What was killed before it came to its own removal. */
static void test_sweep(void **state)
{
    struct arena *arena = arena_new();
    const char *top = NULL, *first = NULL, *second = NULL, *path = NULL;
    struct failure failure;

    (void)state;
    assert_int_equal(scratch_make("/tmp", arena, &top, &failure), ERR_NONE);
    assert_int_equal(scratch_write(arena, top, "else", TEXT(""), &path, &failure), ERR_NONE);
    assert_int_equal(scratch_make(top, arena, &first, &failure), ERR_NONE);
    assert_int_equal(scratch_make(top, arena, &second, &failure), ERR_NONE);
    assert_int_equal(scratch_write(arena, first, "a/b/c", TEXT("x"), &path, &failure), ERR_NONE);
    scratch_sweep(top);
    assert_int_not_equal(access(first, F_OK), 0);
    assert_int_not_equal(access(second, F_OK), 0);
    assert_int_equal(access(arena_print(arena, "%s/else", top).data, F_OK), 0);
    scratch_remove(top);
    scratch_sweep(top);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_links_are_not_followed), cmocka_unit_test(test_root_alone),
    cmocka_unit_test(test_sweep))
