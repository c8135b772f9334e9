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
    {"nothing before, nothing now", {{0}},                                                            {{0}},                                      ""                                    },
    {"what is fine is no news",     {{0}},                                                            {{FINDING_FINE, "spf", "a", "b"}},          ""                                    },
    {"the first time",              {{0}},                                                            {{FINDING_ERROR, "spf-missing", "a", "b"}}, "new spf-missing;"                    },
    {"the same again",              {{FINDING_ERROR, "spf-missing", "a", "b"}},
     {{FINDING_ERROR, "spf-missing", "a", "b"}},                                                                                                  ""                                    },
    {"mended",                      {{FINDING_ERROR, "spf-missing", "a", "b"}},                       {{FINDING_FINE, "spf", "a", "b"}},
     "gone spf-missing;"                                                                                                                                                                },
    {"mended, by the same code",    {{FINDING_ERROR, "x", "a", "b"}},                                 {{FINDING_FINE, "x", "a", "b"}},
     "gone x;"                                                                                                                                                                          },
    {"of another code",             {{FINDING_ERROR, "x", "a", "b"}},                                 {{FINDING_ERROR, "y", "a", "b"}},
     "gone x;new y;"                                                                                                                                                                    },
    {"other words",                 {{FINDING_ERROR, "x", "a", "b"}},                                 {{FINDING_ERROR, "x", "a", "c"}},
     "changed x;"                                                                                                                                                                       },
    {"another level",               {{FINDING_WARNING, "x", "a", "b"}},                               {{FINDING_ERROR, "x", "a", "b"}},
     "changed x;"                                                                                                                                                                       },
    {"of another name",             {{FINDING_ERROR, "x", "a", "b"}},                                 {{FINDING_ERROR, "x", "c", "b"}},
     "gone x;new x;"                                                                                                                                                                    },
    {"one of two",                  {{FINDING_ERROR, "x", "a", "b"}, {FINDING_ERROR, "x", "a", "b"}},
     {{FINDING_ERROR, "x", "a", "b"}},                                                                                                            "gone x;"                             },
    {"in another order",            {{FINDING_ERROR, "x", "a", "b"}, {FINDING_ERROR, "y", "a", "b"}},
     {{FINDING_ERROR, "y", "a", "b"}, {FINDING_ERROR, "x", "a", "b"}},                                                                            ""                                    },
    {"it cannot be told now",       {{FINDING_ERROR, "spf-missing", "a", "b"}},
     {{FINDING_UNKNOWN, "spf-unknown", "a", "b"}},                                                                                                "unknown spf-missing;new spf-unknown;"},
    {"of another name it can",      {{FINDING_ERROR, "spf-missing", "a", "b"}},
     {{FINDING_UNKNOWN, "spf-unknown", "c", "b"}},                                                                                                "gone spf-missing;new spf-unknown;"   },
    {"of another kind it can",      {{FINDING_ERROR, "dmarc-missing", "a", "b"}},
     {{FINDING_UNKNOWN, "dmarc-report-unknown", "a", "b"}},
     "gone dmarc-missing;new dmarc-report-unknown;"                                                                                                                                     },
    {"nobody answers",              {{FINDING_ERROR, "dkim-missing", "a", "b"}},
     {{FINDING_UNKNOWN, "no-answer", "a", "b"}},                                                                                                  "unknown dkim-missing;new no-answer;" },
    {"nobody answers of another",   {{FINDING_ERROR, "dkim-missing", "a", "b"}},
     {{FINDING_UNKNOWN, "no-answer", "c", "b"}},                                                                                                  "gone dkim-missing;new no-answer;"    },
    {"a list is silent",            {{FINDING_ERROR, "blocklist-listed", "192.0.2.1", "b"}},
     {{FINDING_UNKNOWN, "blocklist-silent", "list.example", "b"}},
     "unknown blocklist-listed;new blocklist-silent;"                                                                                                                                   },
    {"it could not be told before", {{FINDING_UNKNOWN, "spf-unknown", "a", "b"}},
     {{FINDING_UNKNOWN, "no-answer", "a", "b"}},                                                                                                  "gone spf-unknown;new no-answer;"     },
    {"another one is still there",
     {{FINDING_ERROR, "spf-a", "a", "b"}, {FINDING_ERROR, "spf-b", "a", "b"}},
     {{FINDING_ERROR, "spf-a", "a", "b"}, {FINDING_UNKNOWN, "spf-unknown", "a", "b"}},
     "unknown spf-b;new spf-unknown;"                                                                                                                                                   },
};

#define OF(findings) "{\"domain\": {\"example.org\": " findings "}}"

static const struct {
    const char *row, *content;
} hostile[] = {
    {"empty",                ""                                             },
    {"no JSON",              "{\"example.org\": ["                          },
    {"a list",               "[1, 2]"                                       },
    {"a number",             OF("7")                                        },
    {"numbers",              OF("[7, null, [], {}]")                        },
    {"wrong kinds",          OF("[{\"level\": 7, \"code\": \"x\"}]")        },
    {"a level that is none", OF("[{\"level\": \"worse\", \"code\": \"x\"}]")},
    {"what was fine",        OF("[{\"level\": \"fine\", \"code\": \"x\"}]") },
    {"no code",              OF("[{\"level\": \"error\"}]")                 },
    {"no domains",           "{\"domain\": []}"                             },
    {"another number",       OF("[]") "7"                                   },
};

static void fill(
    const struct item items[FINDINGS_MAX], const char *aside, struct findings *findings)
{
    for (size_t i = 0; i < FINDINGS_MAX && items[i].code != NULL; i++) {
        findings_say(findings, items[i].level, items[i].code, text_from_string(items[i].name),
            "TXT", text_from_string(items[i].message), TEXT("do"));
        findings_add_aside(findings, text_from_string(aside));
    }
}

/* One run: what is looked at, and what it says is different. */
struct run_once {
    enum last_run_kind kind;
    struct text about;
    const struct item *items; /* FINDINGS_MAX of them */
    const char *aside;        /* of each; NULL: none */
    const char *left_out;     /* a name; NULL: none */
    bool is_all;
    const struct item *beside; /* of something else; NULL: nothing */
};

static struct text run(const char *folder, const struct run_once *once, struct arena *arena)
{
    const struct text left_out = text_from_string(once->left_out);
    struct findings findings = {ARRAY_NONE}, beside = {ARRAY_NONE};
    const struct last_run_look look = {.kind = once->kind,
        .about = once->about,
        .findings = &findings,
        .beside = &beside,
        .left_out = &left_out,
        .left_out_count = once->left_out != NULL};
    struct changes changes = {ARRAY_NONE};
    struct text said = TEXT("");
    struct failure failure;
    struct last_run run;
    size_t cut = 1;

    fill(once->items, once->aside, &findings);
    if (once->beside != NULL)
        fill(once->beside, NULL, &beside);
    assert_int_equal(last_run_open(folder, arena, &run, &failure), ERR_NONE);
    last_run_take(&run, &look, &changes);
    if (once->is_all)
        last_run_forget(&run, &changes);
    for (size_t i = 0; i < changes.list.count; i++)
        said = arena_print(arena, "%.*s%s %s %.*s;", TEXT_ARGS(said),
            change_kind_word(changes.list.items[i].kind), changes.list.items[i].finding.code,
            TEXT_ARGS(changes.list.items[i].about));
    assert_int_equal(last_run_save(&run, &cut, &failure), ERR_NONE);
    assert_int_equal(cut, 0);
    last_run_done(&run);
    array_done(&changes.list);
    findings_done(&findings);
    findings_done(&beside);
    return said;
}

/* Of the one domain, without its name. */
static struct text run_domain(
    const char *folder, const struct item items[FINDINGS_MAX], struct arena *arena)
{
    const struct run_once once = {LAST_RUN_DOMAIN, ABOUT, items, NULL, NULL, true, NULL};
    struct text said = run(folder, &once, arena), change, kept = TEXT("");

    while (said.len != 0 && text_split(&said, ';', &change))
        kept = arena_print(arena, "%.*s%.*s;", TEXT_ARGS(kept),
            TEXT_ARGS(text_head(change, text_find_last(change, ' '))));
    return kept;
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
        (void)run_domain(folder, rows[i].before, arena);
        assert_text_equal(run_domain(folder, rows[i].now, arena), rows[i].changes);
        assert_text_equal(run_domain(folder, rows[i].now, arena), "");
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
        assert_text_equal(run_domain(folder, now, arena), "new x;");
        assert_text_equal(run_domain(folder, now, arena), "");
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        scratch_remove(folder);
        arena_free(&arena);
    }
}

/* What cannot be read, or kept, is a failure that names the file. */
static void test_failures(void **state)
{
    struct arena *arena = arena_new();
    const char *folder = make_folder(arena);
    struct last_run run;
    struct failure failure;
    size_t cut;

    (void)state;
    assert_int_equal(last_run_open("/nowhere/at/all", arena, &run, &failure), ERR_NONE);
    assert_int_equal(last_run_save(&run, &cut, &failure), ERR_IO);
    assert_non_null(strstr(failure.text, "/nowhere/at/all/check"));
    last_run_done(&run);
    assert_int_equal(mkdir(arena_print(arena, "%s/check", folder).data, 0700), 0);
    assert_int_equal(mkdir(arena_print(arena, "%s/check/last-run.json", folder).data, 0700), 0);
    assert_int_equal(last_run_open(folder, arena, &run, &failure), ERR_FOREIGN);
    assert_non_null(strstr(failure.text, "last-run.json"));
    scratch_remove(folder);
    arena_free(&arena);
}

static const struct item found[FINDINGS_MAX] = {
    {FINDING_ERROR, "x", "a", "b"}
};
static const struct item nothing[FINDINGS_MAX] = {{0}};

/* Runs one after the other over the same file. */
struct step {
    const char *row;
    struct run_once once;
    const char *changes;
};

static void assert_steps(const struct step *steps, size_t count)
{
    struct arena *arena = arena_new();
    const char *folder = make_folder(arena);

    for (size_t i = 0; i < count; i++) {
        unit_row(steps[i].row);
        assert_text_equal(run(folder, &steps[i].once, arena), steps[i].changes);
    }
    scratch_remove(folder);
    arena_free(&arena);
}
#define ASSERT_STEPS(steps) assert_steps(steps, sizeof(steps) / sizeof *(steps))

/*
 * Who looks at one domain leaves what is known of the others. Who looks at all is told once of what
 * is gone with a domain that is no more.
 */
static void test_others(void **state)
{
    static const struct step steps[] = {
        {"one",                {LAST_RUN_DOMAIN, {"a.example", 9}, found, NULL, NULL, true, NULL},
         "new x a.example;"                                                                           },
        {"another alone",      {LAST_RUN_DOMAIN, {"b.example", 9}, found, NULL, NULL, false, NULL},
         "new x b.example;"                                                                           },
        {"the first is known", {LAST_RUN_DOMAIN, {"a.example", 9}, found, NULL, NULL, false, NULL},
         ""                                                                                           },
        {"the host of a name", {LAST_RUN_HOST, {"a.example", 9}, nothing, NULL, NULL, false, NULL},
         ""                                                                                           },
        {"which is no domain", {LAST_RUN_DOMAIN, {"a.example", 9}, found, NULL, NULL, false, NULL},
         ""                                                                                           },
        {"all, without a",     {LAST_RUN_DOMAIN, {"b.example", 9}, found, NULL, NULL, true, NULL},
         "gone x a.example;"                                                                          },
        {"told once",          {LAST_RUN_DOMAIN, {"b.example", 9}, found, NULL, NULL, true, NULL},  ""},
        {"a is there again",   {LAST_RUN_DOMAIN, {"a.example", 9}, found, NULL, NULL, false, NULL},
         "new x a.example;"                                                                           },
    };

    (void)state;
    ASSERT_STEPS(steps);
}

/* What passes by itself, and other people's words, are no news. */
static void test_aside(void **state)
{
    static const struct step steps[] = {
        {"with words",       {LAST_RUN_HOST, {"h", 1}, found, "300 seconds", NULL, false, NULL},
         "new x h;"                                                                                },
        {"with other words", {LAST_RUN_HOST, {"h", 1}, found, "299 seconds", NULL, false, NULL},
         ""                                                                                        },
        {"without",          {LAST_RUN_HOST, {"h", 1}, found, NULL, NULL, false, NULL},          ""},
    };

    (void)state;
    ASSERT_STEPS(steps);
}

/* A port that was not called this time is as it was, and as it is when it is called again. */
static void test_left_out(void **state)
{
    static const struct step steps[] = {
        {"looked at",           {LAST_RUN_HOST, {"h", 1}, found, NULL, NULL, false, NULL},  "new x h;"},
        {"left out",            {LAST_RUN_HOST, {"h", 1}, nothing, NULL, "a", false, NULL}, ""        },
        {"as it was",           {LAST_RUN_HOST, {"h", 1}, found, NULL, "c", false, NULL},   ""        },
        {"another is left out", {LAST_RUN_HOST, {"h", 1}, nothing, NULL, "c", false, NULL},
         "gone x h;"                                                                                  },
    };

    (void)state;
    ASSERT_STEPS(steps);
}

/* Told once while it lasts; what was found before is known when it can be told again. */
static void test_unknown(void **state)
{
    static const struct item broken[FINDINGS_MAX] = {
        {FINDING_ERROR, "spf-missing", "a", "b"}
    };
    static const struct item unknown[FINDINGS_MAX] = {
        {FINDING_UNKNOWN, "spf-unknown", "a", "b"}
    };
    static const struct step steps[] = {
        {"broken",           {LAST_RUN_DOMAIN, {"d", 1}, broken, NULL, NULL, false, NULL},
         "new spf-missing d;"                                                                 },
        {"unknown",          {LAST_RUN_DOMAIN, {"d", 1}, unknown, NULL, NULL, false, NULL},
         "unknown spf-missing d;new spf-unknown d;"                                           },
        {"told once",        {LAST_RUN_DOMAIN, {"d", 1}, unknown, NULL, NULL, false, NULL}, ""},
        {"broken as before", {LAST_RUN_DOMAIN, {"d", 1}, broken, NULL, NULL, false, NULL},
         "gone spf-unknown d;"                                                                },
        {"unknown again",    {LAST_RUN_DOMAIN, {"d", 1}, unknown, NULL, NULL, false, NULL},
         "unknown spf-missing d;new spf-unknown d;"                                           },
        {"mended",           {LAST_RUN_DOMAIN, {"d", 1}, nothing, NULL, NULL, false, NULL},
         "gone spf-missing d;gone spf-unknown d;"                                             },
        {"and forgotten",    {LAST_RUN_DOMAIN, {"d", 1}, nothing, NULL, NULL, true, NULL},  ""},
    };

    (void)state;
    ASSERT_STEPS(steps);
}

/* A list that cannot be asked is told of the host, and hides what it said of a domain. */
static void test_beside(void **state)
{
    static const struct item listed[FINDINGS_MAX] = {
        {FINDING_ERROR, "blocklist-listed", "d", "b"}
    };
    static const struct item silent[FINDINGS_MAX] = {
        {FINDING_UNKNOWN, "blocklist-silent", "list.example", "b"},
        {FINDING_UNKNOWN, "spf-unknown",      "d",            "b"}
    };
    static const struct item broken[FINDINGS_MAX] = {
        {FINDING_ERROR, "spf-missing", "d", "b"}
    };
    static const struct step steps[] = {
        {"listed",                   {LAST_RUN_DOMAIN, {"d", 1}, listed, NULL, NULL, false, NULL},
         "new blocklist-listed d;"                                                                                        },
        {"the list is silent",       {LAST_RUN_DOMAIN, {"d", 1}, broken, NULL, NULL, false, silent},
         "unknown blocklist-listed d;new spf-missing d;"                                                                  },
        {"no other thing is hidden",
         {LAST_RUN_DOMAIN, {"d", 1}, nothing, NULL, NULL, false, silent},                            "gone spf-missing d;"},
        {"it answers",               {LAST_RUN_DOMAIN, {"d", 1}, nothing, NULL, NULL, false, found},
         "gone blocklist-listed d;"                                                                                       },
    };

    (void)state;
    ASSERT_STEPS(steps);
}

static void take_found(struct last_run *run, enum last_run_kind kind, const char *about)
{
    struct findings findings = {ARRAY_NONE};
    const struct last_run_look look = {
        .kind = kind, .about = text_from_string(about), .findings = &findings};
    struct changes changes = {ARRAY_NONE};

    fill(found, NULL, &findings);
    last_run_take(run, &look, &changes);
    array_done(&changes.list);
    findings_done(&findings);
}

/* What is written can be read again: it holds the host, and as many domains as there is room for.
 */
static void test_room(void **state)
{
    struct arena *arena = arena_new();
    const char *folder = make_folder(arena);
    const struct run_once host =
                              {
                                  LAST_RUN_HOST, {"h", 1},
                                   found, NULL, NULL, false, NULL
    },
                          other = {LAST_RUN_DOMAIN, {"z", 1}, found, NULL, NULL, false, NULL};
    struct last_run run_of_many;
    struct failure failure;
    struct stat status;
    size_t cut = 0;

    (void)state;
    assert_int_equal(last_run_open(folder, arena, &run_of_many, &failure), ERR_NONE);
    assert_int_equal(run_of_many.bytes_max, FILE_BYTES_MAX);
    run_of_many.bytes_max = 4096;
    for (int i = 0; i < 100; i++)
        take_found(&run_of_many, LAST_RUN_DOMAIN, arena_print(arena, "\"%d.example", i).data);
    take_found(&run_of_many, LAST_RUN_HOST, "h");
    assert_int_equal(last_run_save(&run_of_many, &cut, &failure), ERR_NONE);
    assert_int_equal(stat(run_of_many.path, &status), 0);
    assert_in_range(status.st_size, 3900, 4096);
    assert_in_range(cut, 1, 99);
    last_run_done(&run_of_many);
    assert_text_equal(run(folder, &host, arena), "");
    assert_text_equal(run(folder, &other, arena), "new x z;");
    scratch_remove(folder);
    arena_free(&arena);
}

/* One that is larger, whoever wrote it, is as if it were not there. */
static void test_too_large(void **state)
{
    struct arena *arena = arena_new();
    const char *folder = make_folder(arena);
    const struct run_once once = {
        LAST_RUN_HOST, {"h", 1},
         found, NULL, NULL, false, NULL
    };

    (void)state;
    assert_text_equal(run(folder, &once, arena), "new x h;");
    assert_int_equal(truncate(arena_print(arena, "%s/check/last-run.json", folder).data,
                         (off_t)FILE_BYTES_MAX + 1),
        0);
    assert_text_equal(run(folder, &once, arena), "new x h;");
    assert_text_equal(run(folder, &once, arena), "");
    scratch_remove(folder);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_hostile),
    cmocka_unit_test(test_others), cmocka_unit_test(test_aside), cmocka_unit_test(test_left_out),
    cmocka_unit_test(test_unknown), cmocka_unit_test(test_beside), cmocka_unit_test(test_room),
    cmocka_unit_test(test_too_large), cmocka_unit_test(test_failures))
