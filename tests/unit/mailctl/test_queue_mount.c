/* SPDX-License-Identifier: MIT */

/* The unit that shows our sockets to another Postfix instance. */

#include "mailctl/attach/queue-mount.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* What "systemd-escape --path --suffix=mount" says. */
static void test_unit(void **state)
{
    static const struct {
        const char *name, *folder, *unit;
    } rows[] = {
        {"letters alone", "/srv/mail",                       "srv-mail.mount"                          },
        {"a dash",        "/var/spool/postfix-out/gatepost", "var-spool-postfix\\x2dout-gatepost.mount"},
        {"dots",          "/.a/b.c",                         "\\x2ea-b.c.mount"                        },
        {"others",        "/a_b:c/d+e",                      "a_b:c-d\\x2be.mount"                     },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_string_equal(queue_mount_unit(rows[i].folder, arena), rows[i].unit);
    }
    arena_free(&arena);
}

static void test_plan(void **state)
{
    static const struct {
        const char *name, *from, *queue;
        bool is_planned;
    } rows[] = {
        {"usual",             "/var/spool/postfix/gatepost", "/var/spool/postfix-out", true },
        {"a blank",           "/var/spool/post fix",         "/var/spool/postfix-out", false},
        {"a specifier",       "/var/spool/postfix/gatepost", "/var/spool/%i",          false},
        {"a quote",           "/var/spool/postfix/gatepost", "/var/spool/\"q",         false},
        {"the end of a line", "/var/spool\n/x",              "/var/spool/postfix-out", false},
    };
    struct arena *arena = arena_new();
    struct queue_mount mount;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(
            queue_mount_plan(rows[i].from, rows[i].queue, arena, &mount), rows[i].is_planned);
    }
    arena_free(&arena);
}

/* What is written is found again, under its own name only. */
static void test_parse(void **state)
{
    struct arena *arena = arena_new();
    struct queue_mount mount, found;
    struct text text;
    const char *path;

    (void)state;
    assert_true(
        queue_mount_plan("/var/spool/postfix/gatepost", "/var/spool/postfix-out", arena, &mount));
    text = queue_mount_text(&mount, arena);
    path = queue_mount_path(mount.unit, arena);
    assert_true(text_find_text(text, TEXT("\nWhat=/var/spool/postfix/gatepost\n")) < text.len);
    assert_true(queue_mount_parse(path, text, arena, &found));
    assert_string_equal(found.to, "/var/spool/postfix-out/gatepost");
    assert_string_equal(found.unit, mount.unit);
    assert_false(queue_mount_parse("/etc/postfix-out/main.cf", text, arena, &found));
    assert_false(queue_mount_parse(path, TEXT("[Mount]\n"), arena, &found));
    arena_free(&arena);
}

static void test_is_free(void **state)
{
    char folder[] = "/tmp/queue-mount-XXXXXX";
    char place[64], file[80];
    struct queue_mount mount = {.from = "/tmp", .to = place};

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(place, sizeof place, "%s/gatepost", folder);
    (void)snprintf(file, sizeof file, "%s/milter", place);
    assert_true(queue_mount_is_free(&mount)); /* not there */
    assert_int_equal(mkdir(place, 0700), 0);
    assert_true(queue_mount_is_free(&mount)); /* empty */
    assert_int_equal(mkdir(file, 0700), 0);
    assert_false(queue_mount_is_free(&mount));
    mount.from = place;
    assert_true(queue_mount_is_free(&mount)); /* ours already */
    assert_int_equal(rmdir(file), 0);
    assert_int_equal(rmdir(place), 0);
    assert_int_equal(rmdir(folder), 0);
}

UNIT_MAIN(cmocka_unit_test(test_unit), cmocka_unit_test(test_plan), cmocka_unit_test(test_parse),
    cmocka_unit_test(test_is_free))
