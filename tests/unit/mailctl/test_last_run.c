/* SPDX-License-Identifier: MIT */
#include "mailctl/check/last-run.h"

#include <sys/stat.h>

#include "mailctl/attach/scratch.h"
#include "mailctl/file.h"
#include "tests/unit/unit.h"

#define FINDINGS_MAX 3
#define ABOUT TEXT("example.org")

struct item {
    enum finding_level level;
    const char *code, *name, *message;
};

static const struct {
    const char *row;
    struct item before[FINDINGS_MAX], now[FINDINGS_MAX];
    const char *changes; /* "new spf-missing" ... */
} rows[] = {
    {"nothing before, nothing now", {{0}},                                                            {{0}},                                      ""                },
    {"what is fine is no news",     {{0}},                                                            {{FINDING_FINE, "spf", "a", "b"}},          ""                },
    {"the first time",              {{0}},                                                            {{FINDING_ERROR, "spf-missing", "a", "b"}}, "new spf-missing;"},
    {"the same again",              {{FINDING_ERROR, "spf-missing", "a", "b"}},
     {{FINDING_ERROR, "spf-missing", "a", "b"}},                                                                                                  ""                },
    {"mended",                      {{FINDING_ERROR, "spf-missing", "a", "b"}},                       {{FINDING_FINE, "spf", "a", "b"}},
     "gone spf-missing;"                                                                                                                                            },
    {"other words",                 {{FINDING_ERROR, "x", "a", "b"}},                                 {{FINDING_ERROR, "x", "a", "c"}},
     "changed x;"                                                                                                                                                   },
    {"another level",               {{FINDING_WARNING, "x", "a", "b"}},                               {{FINDING_ERROR, "x", "a", "b"}},
     "changed x;"                                                                                                                                                   },
    {"of another name",             {{FINDING_ERROR, "x", "a", "b"}},                                 {{FINDING_ERROR, "x", "c", "b"}},
     "gone x;new x;"                                                                                                                                                },
    {"one of two",                  {{FINDING_ERROR, "x", "a", "b"}, {FINDING_ERROR, "x", "a", "b"}},
     {{FINDING_ERROR, "x", "a", "b"}},                                                                                                            "gone x;"         },
    {"in another order",            {{FINDING_ERROR, "x", "a", "b"}, {FINDING_ERROR, "y", "a", "b"}},
     {{FINDING_ERROR, "y", "a", "b"}, {FINDING_ERROR, "x", "a", "b"}},                                                                            ""                },
};

static const struct {
    const char *row, *content;
} hostile[] = {
    {"empty",                ""                                                            },
    {"no JSON",              "{\"example.org\": ["                                         },
    {"a list",               "[1, 2]"                                                      },
    {"a number",             "{\"example.org\": 7}"                                        },
    {"numbers",              "{\"example.org\": [7, null, [], {}]}"                        },
    {"wrong kinds",          "{\"example.org\": [{\"level\": 7, \"code\": \"x\"}]}"        },
    {"a level that is none", "{\"example.org\": [{\"level\": \"worse\", \"code\": \"x\"}]}"},
    {"what was fine",        "{\"example.org\": [{\"level\": \"fine\", \"code\": \"x\"}]}" },
    {"no code",              "{\"example.org\": [{\"level\": \"error\"}]}"                 },
};

static void fill(const struct item items[FINDINGS_MAX], struct findings *findings)
{
    for (size_t i = 0; i < FINDINGS_MAX && items[i].code != NULL; i++)
        findings_say(findings, items[i].level, items[i].code, text_from_string(items[i].name),
            "TXT", text_from_string(items[i].message), TEXT("do"));
}

/* One run: what it says is different. */
static struct text run_once(const char *folder, const struct item items[FINDINGS_MAX], bool is_all,
    struct text about, struct arena *arena)
{
    struct findings findings = {ARRAY_NONE};
    struct changes changes = {ARRAY_NONE};
    struct text said = TEXT("");
    struct failure failure;
    struct last_run run;

    fill(items, &findings);
    assert_int_equal(last_run_open(folder, arena, &run, &failure), ERR_NONE);
    last_run_take(&run, about, &findings, &changes);
    for (size_t i = 0; i < changes.list.count; i++)
        said = arena_print(arena, "%.*s%s %s;", TEXT_ARGS(said),
            change_kind_word(changes.list.items[i].kind), changes.list.items[i].finding.code);
    assert_int_equal(last_run_save(&run, is_all, &failure), ERR_NONE);
    last_run_done(&run);
    array_done(&changes.list);
    findings_done(&findings);
    return said;
}

static const char *make_folder(struct arena *arena)
{
    const char *folder = NULL;

    assert_int_equal(scratch_make("/tmp", arena, &folder, NULL), ERR_NONE);
    return folder;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        const char *folder = make_folder(arena);

        unit_row(rows[i].row);
        (void)run_once(folder, rows[i].before, true, ABOUT, arena);
        assert_text_equal(run_once(folder, rows[i].now, true, ABOUT, arena), rows[i].changes);
        assert_text_equal(run_once(folder, rows[i].now, true, ABOUT, arena), "");
        scratch_remove(folder);
        arena_free(&arena);
    }
}

/* What cannot be used is as if it were not there, and is put right. */
static void test_hostile(void **state)
{
    static const struct item now[FINDINGS_MAX] = {
        {FINDING_ERROR, "x", "a", "b"}
    };

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct arena *arena = arena_new();
        const char *folder = make_folder(arena);
        const char *path = arena_print(arena, "%s/check/last-run.json", folder).data;
        struct file file = {.is_there = true,
            .content = text_from_string(hostile[i].content),
            .mode = 0644,
            .owner = geteuid(),
            .group = getegid()};
        struct stat status;

        unit_row(hostile[i].row);
        assert_int_equal(mkdir(arena_print(arena, "%s/check", folder).data, 0700), 0);
        assert_int_equal(file_replace(path, &file, NULL), ERR_NONE);
        assert_text_equal(run_once(folder, now, true, ABOUT, arena), "new x;");
        assert_text_equal(run_once(folder, now, true, ABOUT, arena), "");
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        scratch_remove(folder);
        arena_free(&arena);
    }
}

/* Who looks at one domain leaves what is known of the others, who looks at all does not. */
static void test_others(void **state)
{
    static const struct item found[FINDINGS_MAX] = {
        {FINDING_ERROR, "x", "a", "b"}
    };
    struct arena *arena = arena_new();
    const char *folder = make_folder(arena);

    (void)state;
    (void)run_once(folder, found, true, ABOUT, arena);
    assert_text_equal(run_once(folder, found, false, TEXT("example.net"), arena), "new x;");
    assert_text_equal(run_once(folder, found, false, ABOUT, arena), "");
    assert_text_equal(run_once(folder, found, true, TEXT("example.net"), arena), "");
    assert_text_equal(run_once(folder, found, true, ABOUT, arena), "new x;");
    scratch_remove(folder);
    arena_free(&arena);
}

UNIT_MAIN(
    cmocka_unit_test(test_rows), cmocka_unit_test(test_hostile), cmocka_unit_test(test_others))
