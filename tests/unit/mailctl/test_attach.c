/* SPDX-License-Identifier: MIT */

/*
 * What is said of a detach while which somebody else is at the files, and an attach that is put
 * back when it has been settled: with a real journal, a part that knows one setting, and no server.
 */

#include "mailctl/attach/attach.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "mailctl/attach/attach-removal.h"
#include "mailctl/attach/scratch.h"
#include "tests/unit/unit.h"

#define FILES 3
#define NAME "postfix"

/* --- what attach.c asks of mailctl --- */

const struct attach_part attach_dovecot = {.name = "dovecot"}, attach_postfix = {.name = NAME};

static char said[4096]; /* all complaints, a line each */

int invocation_complain(const struct invocation *invocation, int status, const char *format, ...)
{
    size_t len = strlen(said);
    va_list arguments;

    (void)invocation;
    va_start(arguments, format);
    (void)vsnprintf(said + len, sizeof said - len, format, arguments);
    va_end(arguments);
    len = strlen(said);
    (void)snprintf(said + len, sizeof said - len, "\n");
    return status;
}

int invocation_complain_failure(const struct invocation *invocation, const struct failure *failure)
{
    return invocation_complain(invocation, EX_IOERR, "%s", failure->text);
}

void invocation_tell(const struct invocation *invocation, const char *format, ...)
{
    (void)invocation;
    (void)format;
}

struct plan *plan_new(struct arena *arena, const char *journal, const char *scratch_folder)
{
    (void)arena;
    (void)journal;
    (void)scratch_folder;
    return NULL;
}

struct plan_file *plan_file_add(
    struct plan *plan, const char *path, const struct file *now, const struct file *before)
{
    (void)plan;
    (void)path;
    (void)now;
    (void)before;
    return NULL;
}

void plan_file_become(struct plan *plan, struct plan_file *file, const struct file *after,
    struct text what, const char *why)
{
    (void)plan;
    (void)file;
    (void)after;
    (void)what;
    (void)why;
}

void plan_add_note(struct plan *plan, enum plan_weight weight, const char *format, ...)
{
    (void)plan;
    (void)weight;
    (void)format;
}

size_t plan_changes(
    const struct plan *plan, const struct journal_file **files_r, const struct file **now_r)
{
    (void)plan;
    (void)files_r;
    (void)now_r;
    return 0;
}

/* --- the ground: three files, attached --- */

struct ground {
    struct arena *arena;
    const char *top;
    struct journal_file files[FILES];
    struct journal_room *room;
    struct journal *journal;
    struct invocation invocation;
    struct attach_site site;
};

/* A file is one setting; a value that is not ours is a conflict, and stays. */
static void revert(const struct journal_file *file, struct text now, struct arena *arena,
    struct text *after_r, struct attach_conflicts *conflicts)
{
    (void)arena;
    *after_r = now;
    attach_conflicts_add(conflicts, &(struct attach_conflict){.path = file->path,
                                        .what = TEXT("a"),
                                        .before = file->before.content,
                                        .ours = file->ours.content,
                                        .now = now});
}

static const struct attach_part part = {.name = NAME, .revert = revert};

static struct file file_of(const char *content)
{
    return (struct file){.is_there = true,
        .content = text_from_string(content),
        .mode = 0644,
        .owner = geteuid(),
        .group = getegid()};
}

static void put(const char *path, const char *content)
{
    struct file file = file_of(content);
    struct failure failure;

    assert_int_equal(file_replace(path, &file, &failure), ERR_NONE);
}

static void assert_holds(const struct ground *ground, size_t index, const char *content)
{
    struct file found = {.is_there = false};
    struct failure failure;

    assert_int_equal(
        file_read(ground->files[index].path, ground->arena, &found, &failure), ERR_NONE);
    assert_text_equal(found.content, content);
}

static void ground_make(struct ground *ground)
{
    struct failure failure;

    *ground = (struct ground){.arena = arena_new()};
    said[0] = '\0';
    assert_int_equal(scratch_make("/tmp", ground->arena, &ground->top, &failure), ERR_NONE);
    for (size_t i = 0; i < FILES; i++) {
        ground->files[i] = (struct journal_file){
            .path = arena_print(ground->arena, "%s/file-%zu", ground->top, i).data,
            .before = file_of("a = 1\n"),
            .ours = file_of("a = 2\n")};
        put(ground->files[i].path, "a = 1\n");
    }
    assert_int_equal(
        journal_room_open(ground->top, JOURNAL_WRITE, &ground->room, &failure), ERR_NONE);
    assert_int_equal(journal_open(ground->room, NAME, &ground->journal, &failure), ERR_NONE);
    assert_int_equal(journal_begin(ground->journal, ground->files, FILES, &failure), ERR_NONE);
    assert_int_equal(journal_apply(ground->journal, &failure), ERR_NONE);
    assert_int_equal(journal_settle(ground->journal, &failure), ERR_NONE);
    ground->invocation.arena = ground->arena;
    ground->site = (struct attach_site){
        .invocation = &ground->invocation, .arena = ground->arena, .is_offline = true};
}

static void ground_remove(struct ground *ground)
{
    journal_close(&ground->journal);
    journal_room_close(&ground->room);
    scratch_remove(ground->top);
    arena_free(&ground->arena);
}

static void look(const struct ground *ground, struct attach_removal *removal_r)
{
    struct failure failure;

    assert_int_equal(
        attach_removal_look(&ground->site, &part, ground->journal, removal_r, &failure), ERR_NONE);
}

/* A folder in place of the file: it cannot be read any more. */
static void spoil(const struct ground *ground, size_t index)
{
    assert_int_equal(unlink(ground->files[index].path), 0);
    assert_int_equal(mkdir(ground->files[index].path, 0700), 0);
}

static int count_of(const char *wanted)
{
    int count = 0;

    for (const char *at = said; (at = strstr(at, wanted)) != NULL; at++)
        count++;
    return count;
}

/* --- the tests --- */

static void test_nothing_was_changed(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    spoil(&ground, 2);
    assert_int_not_equal(attach_take_out(&ground.site, &part, ground.journal, NULL), EX_OK);
    assert_int_equal(count_of("nothing was changed, it is still attached"), 1);
    assert_holds(&ground, 0, "a = 2\n");
    ground_remove(&ground);
}

/* The first file is back, the second was changed, and then the third cannot be looked at. */
static void test_some_files_moved(void **state)
{
    struct attach_removal shown;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    look(&ground, &shown);
    put(ground.files[1].path, "a = 7\n");
    spoil(&ground, 2);
    assert_int_not_equal(attach_take_out(&ground.site, &part, ground.journal, &shown), EX_OK);
    assert_holds(&ground, 0, "a = 1\n");
    assert_int_equal(count_of("nothing was changed"), 0);
    assert_int_equal(count_of("not wholly detached: mend that, then detach again"), 1);
    attach_removal_done(&shown);
    ground_remove(&ground);
}

/* One conflict is shown, one more comes before the files move: each is told once, as it is then. */
static void test_conflicts_are_told_once(void **state)
{
    struct attach_removal shown;
    struct ground ground;

    (void)state;
    ground_make(&ground);
    put(ground.files[0].path, "a = 6\n");
    look(&ground, &shown);
    assert_int_equal(shown.conflicts.count, 1);
    put(ground.files[1].path, "a = 7\n");
    assert_int_equal(
        attach_take_out(&ground.site, &part, ground.journal, &shown), COMMAND_CHECK_WARNING);
    assert_int_equal(count_of("a was changed after attach"), 2);
    assert_int_equal(count_of("now \"a = 6\""), 1);
    assert_int_equal(count_of("now \"a = 7\""), 1);
    assert_int_equal(count_of("detached; 2 settings were"), 1);
    assert_holds(&ground, 2, "a = 1\n");
    attach_removal_done(&shown);
    ground_remove(&ground);
}

/* Where another part of the same run cannot be settled. */
static void test_settled_and_put_back(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    assert_int_not_equal(attach_put_back(&ground.site, &part, ground.journal), EX_OK);
    for (size_t i = 0; i < FILES; i++)
        assert_holds(&ground, i, "a = 1\n");
    assert_int_equal(count_of("everything is as it was before"), 1);
    assert_int_equal(journal_state(ground.journal), JOURNAL_NONE);
    ground_remove(&ground);
}

UNIT_MAIN(cmocka_unit_test(test_nothing_was_changed), cmocka_unit_test(test_some_files_moved),
    cmocka_unit_test(test_conflicts_are_told_once), cmocka_unit_test(test_settled_and_put_back))
