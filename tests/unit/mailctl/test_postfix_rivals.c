/* SPDX-License-Identifier: MIT */

/* Who signs beside us and was kept there by choice: what attach left, and what stands there now. */

#include "mailctl/attach/postfix-rivals.h"

#include <limits.h>
#include <stdlib.h>

#include "mailctl/attach/journal.h"
#include "mailctl/attach/scratch.h"
#include "tests/unit/unit.h"

#define OURS "$gatepost_milter"
#define OPENDKIM "inet:localhost:8891"
#define OPENDMARC "unix:opendmarc/opendmarc.sock"
#define SERVICE "submission inet n - y - - smtpd\n  -o smtpd_milters="

static const struct row {
    const char *name;
    const char *left_main, *left_master; /* by attach; NULL: nothing is attached */
    const char *lists;                   /* of main.cf now */
    const char *master;
    const char *kept, *others, *left;
} rows[] = {
    {"nobody",                     "smtpd_milters = " OURS "\n",                            "",                             "smtpd_milters = " OURS "\n",                           "",                             "",                   "",          ""        },
    {"kept",                       "smtpd_milters = " OURS ", " OPENDKIM "\n",              "",
     "smtpd_milters = " OURS ", " OPENDKIM "\n",                                                                                                                                    "",                             "opendkim",           "",          "opendkim"},
    {"came later",                 "smtpd_milters = " OURS "\n",                            "",                             "smtpd_milters = " OURS ", " OPENDKIM "\n",             "",
     "",                                                                                                                                                                                                                                  "opendkim",  ""        },
    {"one and one",                "smtpd_milters = " OURS " " OPENDKIM "\n",               "",
     "smtpd_milters = " OURS " " OPENDKIM " " OPENDMARC "\n",                                                                                                                       "",                             "opendkim",           "opendmarc",
     "opendkim"                                                                                                                                                                                                                                                  },
    {"kept both",                  "smtpd_milters = " OURS " " OPENDKIM " " OPENDMARC "\n", "",
     "smtpd_milters = " OURS " " OPENDKIM " " OPENDMARC "\n",                                                                                                                       "",                             "opendkim,opendmarc", "",
     "opendkim,opendmarc"                                                                                                                                                                                                                                        },
    {"plugged in by hand",         NULL,                                                    NULL,                           "smtpd_milters = unix:gatepost/milter, " OPENDKIM "\n", "",
     "",                                                                                                                                                                                                                                  "opendkim",  ""        },
    {"by a name of his own",       "smtpd_milters = " OURS ", $his\n",                      "",
     "his = " OPENDKIM "\nsmtpd_milters = " OURS ", $his\n",                                                                                                                        "",                             "opendkim",           "",          "opendkim"},
    {"replaced, its name is left", "his = " OPENDKIM "\nsmtpd_milters = " OURS "\n",        "",
     "smtpd_milters = " OURS ", " OPENDKIM "\n",                                                                                                                                    "",                             "",                   "opendkim",  ""        },
    {"kept in one list only",      "smtpd_milters = " OURS " " OPENDKIM "\n",               "",
     "smtpd_milters = " OURS " " OPENDKIM "\nnon_smtpd_milters = " OPENDKIM " " OURS "\n",                                                                                          "",
     "",                                                                                                                                                                                                                                  "opendkim",  ""        },
    {"not beside us",              "smtpd_milters = " OURS "\n",                            "",
     "smtpd_milters = " OURS "\nnon_smtpd_milters = " OPENDKIM "\n",                                                                                                                "",                             "",                   "",          ""        },
    {"no rival",                   "smtpd_milters = " OURS "\n",                            "",
     "smtpd_milters = " OURS " unix:clamav/clamav-milter.ctl\n",                                                                                                                    "",                             "",                   "",          ""        },
    {"kept in a service",          "smtpd_milters = " OURS "\n",                            SERVICE OPENDKIM "," OURS "\n",
     "smtpd_milters = " OURS "\n",                                                                                                                                                  SERVICE OPENDKIM "," OURS "\n", "opendkim",           "",          "opendkim"},
    {"came into a service",        "smtpd_milters = " OURS "\n",                            SERVICE OURS "\n",
     "smtpd_milters = " OURS "\n",                                                                                                                                                  SERVICE OPENDKIM "," OURS "\n", "",                   "opendkim",  ""        },
    {"ours was taken out",         "smtpd_milters = " OURS " " OPENDKIM "\n",               "",
     "smtpd_milters = " OPENDKIM "\n",                                                                                                                                              "",                             "",                   "",          "opendkim"},
};

struct scene {
    struct arena *arena;
    const char *folder;
    struct settings settings;
    struct postfix_instance instance;
};

static struct journal_file plant(const struct scene *scene, const char *name, const char *content)
{
    struct journal_file file = {.path = NULL};
    const char *path;

    assert_int_equal(
        scratch_write(scene->arena, scene->folder, name, TEXT("# before\n"), &path, NULL),
        ERR_NONE);
    assert_int_equal(file_resolve(path, scene->arena, &file.path, NULL), ERR_NONE);
    assert_int_equal(file_read(file.path, scene->arena, &file.before, NULL), ERR_NONE);
    file.ours = file.before;
    file.ours.content = text_from_string(content);
    return file;
}

static void attach(const struct scene *scene, const struct row *row)
{
    struct journal_file files[] = {
        plant(scene, "main.cf", row->left_main), plant(scene, "master.cf", row->left_master)};
    struct journal_room *room = NULL;
    struct journal *journal = NULL;
    char real[PATH_MAX];
    const char *name;

    assert_non_null(realpath(scene->folder, real));
    name = arena_print(scene->arena, "postfix@%s", real).data;
    assert_int_equal(journal_room_open(scene->folder, JOURNAL_WRITE, &room, NULL), ERR_NONE);
    assert_int_equal(journal_open(room, name, &journal, NULL), ERR_NONE);
    assert_int_equal(journal_begin(journal, files, 2, NULL), ERR_NONE);
    assert_int_equal(journal_apply(journal, NULL), ERR_NONE);
    assert_int_equal(journal_settle(journal, NULL), ERR_NONE);
    journal_close(&journal);
    journal_room_close(&room);
}

static void open_scene(struct scene *scene, const struct row *row)
{
    static const char gatepost[] =
        "gatepost_milter = { unix:gatepost/milter }\nhis = " OPENDKIM "\n";
    const char *path;

    *scene = (struct scene){.arena = arena_new()};
    assert_int_equal(scratch_make("/tmp", scene->arena, &scene->folder, NULL), ERR_NONE);
    if (row->left_main != NULL)
        attach(scene, row);
    assert_int_equal(scratch_write(scene->arena, scene->folder, "master.cf",
                         text_from_string(row->master), &path, NULL),
        ERR_NONE);
    scene->settings.state_directory = (char *)(uintptr_t)scene->folder;
    scene->settings.milter.listen = (char *)(uintptr_t) "unix:/var/spool/postfix/gatepost/milter";
    scene->instance = (struct postfix_instance){.arena = scene->arena, .directory = scene->folder};
    scene->instance.raw = text_from_string(row->lists);
    scene->instance.expanded = text_from_string(gatepost);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct postfix_rivals rivals;

        unit_row(rows[i].name);
        open_scene(&scene, &rows[i]);
        assert_int_equal(
            postfix_rivals_find(&scene.settings, &scene.instance, &rivals, NULL), ERR_NONE);
        assert_int_equal(rivals.is_attached, rows[i].left_main != NULL);
        assert_text_equal(rivals.kept, rows[i].kept);
        assert_text_equal(rivals.others, rows[i].others);
        assert_text_equal(rivals.left, rows[i].left);
        scratch_remove(scene.folder);
        arena_free(&scene.arena);
    }
}

static const struct {
    const char *name, *directory;
    bool is_attached;
    const char *left, *others, *command;
} commands[] = {
    {"not attached",               "/etc/postfix",     false, "",                   "",         "mailctl attach postfix"                        },
    {"not attached, with a rival", "/etc/postfix",     false, "",                   "opendkim",
     "mailctl attach postfix --replace opendkim"                                                                                                },
    {"no choice",                  "/etc/postfix",     true,  "",                   "",         "mailctl detach postfix; mailctl attach postfix"},
    {"another instance",           "/etc/postfix-out", true,  "",                   "",
     "mailctl detach postfix --config-directory /etc/postfix-out;"
        " mailctl attach postfix --config-directory /etc/postfix-out"                                                                           },
    {"with earlier choices",       "/etc/postfix",     true,  "opendkim,opendmarc", "",
     "mailctl detach postfix; mailctl attach postfix --keep opendkim,opendmarc"                                                                 },
    {"with a new one",             "/etc/postfix",     true,  "opendkim",           "dkimpy",
     "mailctl detach postfix; mailctl attach postfix --replace dkimpy --keep opendkim"                                                          },
};

static void test_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct arena *arena = arena_new();
        struct postfix_instance instance = {.arena = arena, .directory = commands[i].directory};
        struct postfix_rivals rivals = {.kept = TEXT(""),
            .others = text_from_string(commands[i].others),
            .left = text_from_string(commands[i].left),
            .is_attached = commands[i].is_attached};

        unit_row(commands[i].name);
        assert_string_equal(postfix_rivals_again(&rivals, &instance), commands[i].command);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_commands))
