/* SPDX-License-Identifier: MIT */

/* Files of somebody else's that are replaced: what hangs on them stays, or they stay. */

#include "mailctl/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "mailctl/attach/scratch.h"
#include "tests/unit/unit.h"

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

/* --- a system that refuses, or knows no attributes --- */

static int set_errno, list_errno; /* 0: as the system does it */

int __real_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
int __wrap_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
ssize_t __real_flistxattr(int fd, char *names, size_t size);
ssize_t __wrap_flistxattr(int fd, char *names, size_t size);

int __wrap_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
    errno = set_errno;
    return set_errno != 0 ? -1 : __real_fsetxattr(fd, name, value, size, flags);
}

ssize_t __wrap_flistxattr(int fd, char *names, size_t size)
{
    errno = list_errno;
    return list_errno != 0 ? -1 : __real_flistxattr(fd, names, size);
}

/* --- the ground --- */

struct ground {
    struct arena *arena;
    const char *top, *path;
};

/* Version 2; owner, the user 4711, group, mask, others. As the kernel takes it, little endian. */
static const unsigned char list[] = "\2\0\0\0"
                                    "\1\0\6\0\xff\xff\xff\xff"
                                    "\2\0\4\0\x67\x12\0\0"
                                    "\4\0\0\0\xff\xff\xff\xff"
                                    "\x10\0\4\0\xff\xff\xff\xff"
                                    "\x20\0\0\0\xff\xff\xff\xff";
#define LIST_LEN (sizeof list - 1)

static struct file file_of(const char *content)
{
    return (struct file){.is_there = true,
        .content = text_from_string(content),
        .mode = 0640,
        .owner = geteuid(),
        .group = getegid()};
}

static int ground_make(void **state)
{
    static struct ground ground;
    struct file file = file_of("before\n");
    struct failure failure;

    ground.arena = arena_new();
    assert_int_equal(scratch_make("/tmp", ground.arena, &ground.top, &failure), ERR_NONE);
    ground.path = arena_print(ground.arena, "%s/main.cf", ground.top).data;
    assert_int_equal(file_replace(ground.path, &file, &failure), ERR_NONE);
    *state = &ground;
    set_errno = list_errno = 0;
    return 0;
}

static int ground_remove(void **state)
{
    struct ground *ground = *state;

    set_errno = list_errno = 0;
    scratch_remove(ground->top);
    arena_free(&ground->arena);
    return 0;
}

static enum err replace(const struct ground *ground, struct failure *failure)
{
    struct file file = file_of("after\n");

    return file_replace(ground->path, &file, failure);
}

static bool holds(const struct ground *ground, const char *content)
{
    struct file file, wanted = file_of(content);
    struct failure failure;

    return file_read(ground->path, ground->arena, &file, &failure) == ERR_NONE &&
           file_equals(&file, &wanted);
}

static void test_kept(void **state)
{
    static const struct {
        const char *name;
        const void *value;
        size_t len;
    } rows[] = {
        {"user.comment", "ours since 2011", 15      },
        {"user.empty",   "",                0       },
        {ACCESS,         list,              LIST_LEN},
    };
    const struct ground *ground = *state;
    struct failure failure;
    char value[128];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(setxattr(ground->path, rows[i].name, rows[i].value, rows[i].len, 0), 0);
    assert_int_equal(replace(ground, &failure), ERR_NONE);
    assert_true(holds(ground, "after\n"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(
            getxattr(ground->path, rows[i].name, value, sizeof value), (ssize_t)rows[i].len);
        assert_memory_equal(value, rows[i].value, rows[i].len);
    }
}

/* A list that the folder gives to what is made in it would let others read. */
static void test_nothing_added(void **state)
{
    const struct ground *ground = *state;
    struct failure failure;
    char value[128];

    assert_int_equal(setxattr(ground->top, DEFAULT, list, LIST_LEN, 0), 0);
    assert_int_equal(replace(ground, &failure), ERR_NONE);
    assert_true(holds(ground, "after\n"));
    assert_int_equal(getxattr(ground->path, ACCESS, value, sizeof value), -1);
    assert_int_equal(errno, ENODATA);
}

static void test_refused(void **state)
{
    const struct ground *ground = *state;
    struct failure failure;

    assert_int_equal(setxattr(ground->path, "user.label", "x", 1, 0), 0);
    set_errno = EPERM;
    assert_int_equal(replace(ground, &failure), ERR_ACCESS);
    assert_non_null(strstr(failure.text, "main.cf: user.label cannot be kept"));
    assert_true(holds(ground, "before\n"));
    assert_int_not_equal(access(file_beside(ground->path, ground->arena), F_OK), 0);
    set_errno = 0;
    list_errno = EIO;
    assert_int_equal(replace(ground, &failure), ERR_IO);
    assert_true(holds(ground, "before\n"));
}

static void test_not_supported(void **state)
{
    const struct ground *ground = *state;
    struct failure failure;

    list_errno = ENOTSUP;
    assert_int_equal(replace(ground, &failure), ERR_NONE);
    assert_true(holds(ground, "after\n"));
}

/* The other name of a file is told of (plan.c), and leads to the old content. */
static void test_hard_links(void **state)
{
    const struct ground *ground = *state;
    const char *other = arena_print(ground->arena, "%s/copy", ground->top).data;
    struct failure failure;
    struct file file;

    assert_int_equal(link(ground->path, other), 0);
    assert_int_equal(file_read(ground->path, ground->arena, &file, &failure), ERR_NONE);
    assert_int_equal(file.links, 2);
    assert_int_equal(replace(ground, &failure), ERR_NONE);
    assert_int_equal(file_read(other, ground->arena, &file, &failure), ERR_NONE);
    assert_text_equal(file.content, "before\n");
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, ground_make, ground_remove)

UNIT_MAIN(ROW(test_kept), ROW(test_nothing_added), ROW(test_refused), ROW(test_not_supported),
    ROW(test_hard_links))
