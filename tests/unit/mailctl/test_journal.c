/* SPDX-License-Identifier: MIT */

/*
 * The journal, and above all its end at any moment: the calls by which it changes the disk are
 * counted (the linker wraps them), and a child dies at each of them in turn. Whatever it left, the
 * next run must get all files back.
 */

#include "mailctl/attach/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/buffer.h"
#include "mailctl/attach/scratch.h"
#include "tests/unit/unit.h"

#define FILES 3
#define STATUS_DIED 42
#define STATUS_DONE 0
#define STATUS_FAILED 1

/* --- dying --- */

static int steps, die_at; /* 0: live */

static void step(void)
{
    steps++;
    if (die_at != 0 && steps == die_at)
        _exit(STATUS_DIED);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_fsync(int fd);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_remove(const char *path);
int __wrap_remove(const char *path);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);

int __wrap_rename(const char *from, const char *to)
{
    step();
    return __real_rename(from, to);
}
int __wrap_fsync(int fd)
{
    (void)fd; /* the disk is not what dies here */
    step();
    return 0;
}
int __wrap_unlink(const char *path)
{
    step();
    return __real_unlink(path);
}
int __wrap_mkdir(const char *path, mode_t mode)
{
    step();
    return __real_mkdir(path, mode);
}
int __wrap_remove(const char *path)
{
    step();
    return __real_remove(path);
}
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    step();
    return __real_write(fd, bytes, len);
}

/* --- the ground --- */

struct ground {
    struct arena *arena;
    const char *top;
    struct journal_file files[FILES]; /* one changed, one made, one with odd permissions */
};

static struct file file_of(const char *content, mode_t mode)
{
    return (struct file){.is_there = true,
        .content = text_from_string(content),
        .mode = mode,
        .owner = geteuid(),
        .group = getegid()};
}

static void put(const char *path, const struct file *file)
{
    struct failure failure;

    assert_int_equal(file_replace(path, file, &failure), ERR_NONE);
}

static void ground_make(struct ground *ground)
{
    struct failure failure;

    ground->arena = arena_new();
    assert_int_equal(scratch_make("/tmp", ground->arena, &ground->top, &failure), ERR_NONE);
    ground->files[0] =
        (struct journal_file){.before = file_of("a = 1\n", 0644), .ours = file_of("a = 2\n", 0644)};
    ground->files[1] = (struct journal_file){.ours = file_of("new\n", 0644)};
    ground->files[2] =
        (struct journal_file){.before = file_of("secret\n", 0604), .ours = file_of("", 0604)};
    for (size_t i = 0; i < FILES; i++) {
        ground->files[i].path = arena_print(ground->arena, "%s/file %zu%%", ground->top, i).data;
        if (ground->files[i].before.is_there)
            put(ground->files[i].path, &ground->files[i].before);
    }
}

static void ground_remove(struct ground *ground)
{
    scratch_remove(ground->top);
    arena_free(&ground->arena);
}

enum which { BEFORE, OURS };

static bool ground_holds(const struct ground *ground, enum which which)
{
    struct failure failure;

    for (size_t i = 0; i < FILES; i++) {
        const struct journal_file *file = &ground->files[i];
        struct file found = {.is_there = false};

        if (file_read(file->path, ground->arena, &found, &failure) != ERR_NONE ||
            !file_equals(&found, which == BEFORE ? &file->before : &file->ours) ||
            access(file_beside(file->path, ground->arena), F_OK) == 0)
            return false;
    }
    return true;
}

static enum err attach(const struct ground *ground, struct journal *journal)
{
    struct failure failure;
    enum err err = journal_begin(journal, ground->files, FILES, &failure);

    if (err == ERR_NONE)
        err = journal_apply(journal, &failure);
    return err == ERR_NONE ? journal_settle(journal, &failure) : err;
}

/* As the command does it; the files are taken to be as one of the two versions left them. */
static enum err detach(struct journal *journal, struct arena *arena)
{
    struct failure failure;
    struct file now[FILES], after[FILES];
    size_t count;
    const struct journal_file *files = journal_files(journal, &count);
    enum err err = ERR_NONE;

    if (journal_state(journal) == JOURNAL_NONE)
        return ERR_NONE;
    if (journal_state(journal) != JOURNAL_DETACHING) {
        for (size_t i = 0; err == ERR_NONE && i < count; i++) {
            after[i] = files[i].before;
            err = file_read(files[i].path, arena, &now[i], &failure);
        }
        if (err == ERR_NONE)
            err = journal_begin_detach(journal, now, after, &failure);
    }
    if (err == ERR_NONE)
        err = journal_apply_detach(journal, &failure);
    return err == ERR_NONE ? journal_forget(journal, &failure) : err;
}

static enum err open_journal(
    const struct ground *ground, struct journal_room **room_r, struct journal **journal_r)
{
    struct failure failure;
    enum err err = journal_room_open(ground->top, JOURNAL_WRITE, room_r, &failure);

    return err == ERR_NONE ? journal_open(*room_r, "postfix@/etc/p.2", journal_r, &failure) : err;
}

typedef enum err work(const struct ground *ground, struct journal *journal);

static enum err do_attach(const struct ground *ground, struct journal *journal)
{
    return attach(ground, journal);
}
static enum err do_detach(const struct ground *ground, struct journal *journal)
{
    return detach(journal, ground->arena);
}

/* Anew: the first file once more, the second no longer, one that was not ours before. */
static enum err do_renew(const struct ground *ground, struct journal *journal)
{
    struct journal_file next[FILES];
    struct file now[FILES];
    struct failure failure;
    size_t count;
    enum err err;

    for (size_t i = 0; i < FILES; i++) {
        next[i] = ground->files[i];
        now[i] = ground->files[i].ours;
    }
    next[0].ours = file_of("a = 3\n", 0644);
    next[1].ours = next[1].before;
    next[2].path = arena_print(ground->arena, "%s/late", ground->top).data;
    next[2].before = now[2] = (struct file){.is_there = false};
    next[2].ours = file_of("late\n", 0640);
    err = journal_begin_renewal(journal, next, now, FILES, &failure);
    if (err == ERR_NONE)
        err = journal_apply(journal, &failure);
    if (err == ERR_NONE)
        err = journal_settle(journal, &failure);
    return err == ERR_NONE && strcmp(journal_files(journal, &count)[2].path, next[2].path) != 0
               ? ERR_CORRUPT
               : err;
}
static enum err do_undo_renewal(const struct ground *ground, struct journal *journal)
{
    struct failure failure;
    enum err err;

    (void)ground;
    if (journal_state(journal) != JOURNAL_RENEWING)
        return ERR_NONE;
    err = journal_undo_renewal(journal, &failure);
    return err == ERR_NONE || err == ERR_REFUSED ? journal_reconsider(journal, &failure) : err;
}

/* Opens, works, closes; in this process. */
static enum err run(const struct ground *ground, work *worker)
{
    struct journal_room *room = NULL;
    struct journal *journal = NULL;
    enum err err = open_journal(ground, &room, &journal);

    if (err == ERR_NONE)
        err = worker(ground, journal);
    journal_close(&journal);
    journal_room_close(&room);
    return err;
}

/* The same in a child that dies at that step. Returns how it ended. */
static int run_and_die(const struct ground *ground, work *worker, int at)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        steps = 0;
        die_at = at;
        _exit(run(ground, worker) == ERR_NONE ? STATUS_DONE : STATUS_FAILED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static enum journal_state state_of(const struct ground *ground)
{
    struct journal_room *room = NULL;
    struct journal *journal = NULL;
    enum journal_state state;

    assert_int_equal(open_journal(ground, &room, &journal), ERR_NONE);
    state = journal_state(journal);
    journal_close(&journal);
    journal_room_close(&room);
    return state;
}

/* --- the tests --- */

static void test_there_and_back(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    assert_int_equal(state_of(&ground), JOURNAL_NONE);
    assert_int_equal(run(&ground, do_attach), ERR_NONE);
    assert_true(ground_holds(&ground, OURS));
    assert_int_equal(state_of(&ground), JOURNAL_ATTACHED);
    assert_int_equal(run(&ground, do_detach), ERR_NONE);
    assert_true(ground_holds(&ground, BEFORE));
    assert_int_equal(state_of(&ground), JOURNAL_NONE);
    ground_remove(&ground);
}

/* Nothing in the room but the lock and the one journal. */
static bool ground_is_swept(const struct ground *ground)
{
    DIR *room = opendir(arena_print(ground->arena, "%s/attach", ground->top).data);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(room);
    while ((entry = readdir(room)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                 strcmp(entry->d_name, "lock") != 0;
    closedir(room);
    return count == 1;
}

/* After the death, the next run attaches or takes out: either way the files are whole. */
static void walk(work *first, work *victim)
{
    int at = 1, ended = STATUS_DIED;

    for (; ended == STATUS_DIED; at++) {
        struct ground ground;

        ground_make(&ground);
        if (first != NULL)
            assert_int_equal(run(&ground, first), ERR_NONE);
        ended = run_and_die(&ground, victim, at);
        assert_int_not_equal(ended, STATUS_FAILED);
        assert_int_equal(run(&ground, do_detach), ERR_NONE);
        if (!ground_holds(&ground, BEFORE))
            fail_msg("died at step %d: not as before", at);
        assert_int_equal(run(&ground, do_attach), ERR_NONE);
        assert_true(ground_holds(&ground, OURS));
        assert_true(ground_is_swept(&ground));
        ground_remove(&ground);
    }
    assert_true(at > 20);
}

static void test_death_while_attaching(void **state)
{
    (void)state;
    walk(NULL, do_attach);
}

static void test_death_while_detaching(void **state)
{
    (void)state;
    walk(do_attach, do_detach);
}

/* Dies at every step of the recovery, too. */
static void test_death_while_recovering(void **state)
{
    struct ground ground;
    int ended = STATUS_DIED;

    (void)state;
    for (int at = 1; ended == STATUS_DIED; at++) {
        ground_make(&ground);
        (void)run_and_die(&ground, do_attach, 60);
        ended = run_and_die(&ground, do_detach, at);
        assert_int_not_equal(ended, STATUS_FAILED);
        assert_int_equal(run(&ground, do_detach), ERR_NONE);
        assert_true(ground_holds(&ground, BEFORE));
        ground_remove(&ground);
    }
}

static bool is_renewed(const struct ground *ground)
{
    struct failure failure;
    struct file first, second, late;
    const char *path = arena_print(ground->arena, "%s/late", ground->top).data;

    return file_read(ground->files[0].path, ground->arena, &first, &failure) == ERR_NONE &&
           file_read(ground->files[1].path, ground->arena, &second, &failure) == ERR_NONE &&
           file_read(path, ground->arena, &late, &failure) == ERR_NONE && !second.is_there &&
           text_equals(first.content, TEXT("a = 3\n")) &&
           text_equals(late.content, TEXT("late\n")) && late.mode == 0640;
}

static bool is_late_gone(const struct ground *ground)
{
    return access(arena_print(ground->arena, "%s/late", ground->top).data, F_OK) != 0;
}

/*
 * Whenever it dies, what was attached before is back, or the new is in; and detach finds the way
 * home. The third file is no part of the new generation: it stays as it was left.
 */
static void test_death_while_renewing(void **state)
{
    int at = 1, ended = STATUS_DIED;

    (void)state;
    for (; ended == STATUS_DIED; at++) {
        struct ground ground;
        bool is_in;

        ground_make(&ground);
        assert_int_equal(run(&ground, do_attach), ERR_NONE);
        ended = run_and_die(&ground, do_renew, at);
        assert_int_not_equal(ended, STATUS_FAILED);
        assert_int_equal(run(&ground, do_undo_renewal), ERR_NONE);
        assert_int_equal(state_of(&ground), JOURNAL_ATTACHED);
        is_in = is_renewed(&ground);
        if (!is_in && (!ground_holds(&ground, OURS) || !is_late_gone(&ground)))
            fail_msg("died at step %d: neither the old nor the new", at);
        assert_true(ended != STATUS_DONE || is_in);
        if (is_in)
            put(ground.files[2].path, &ground.files[2].before);
        assert_int_equal(run(&ground, do_detach), ERR_NONE);
        if (!ground_holds(&ground, BEFORE) || !is_late_gone(&ground))
            fail_msg("died at step %d: not as before", at);
        ground_remove(&ground);
    }
    assert_true(at > 30);
}

/* Twice, and a file of the second that somebody changes while it is under way. */
static void test_renewed_again(void **state)
{
    struct ground ground;
    struct file his = file_of("his\n", 0644);
    struct file found;
    struct failure failure;

    (void)state;
    ground_make(&ground);
    assert_int_equal(run(&ground, do_attach), ERR_NONE);
    assert_int_equal(run(&ground, do_renew), ERR_NONE);
    ground.files[0].ours = file_of("a = 3\n", 0644);
    ground.files[1].ours = ground.files[1].before;
    assert_int_equal(unlink(arena_print(ground.arena, "%s/late", ground.top).data), 0);
    for (int at = 1; state_of(&ground) != JOURNAL_RENEWING; at++)
        assert_int_equal(run_and_die(&ground, do_renew, at), STATUS_DIED);
    put(ground.files[0].path, &his);
    assert_int_equal(run(&ground, do_undo_renewal), ERR_NONE);
    assert_int_equal(file_read(ground.files[0].path, ground.arena, &found, &failure), ERR_NONE);
    assert_true(file_equals(&found, &his));
    assert_true(is_late_gone(&ground));
    assert_int_equal(state_of(&ground), JOURNAL_ATTACHED);
    ground_remove(&ground);
}

static void test_somebody_else(void **state)
{
    struct ground ground;
    struct file his = file_of("his\n", 0644);
    struct journal_room *room = NULL;
    struct journal *journal = NULL;
    struct failure failure;

    (void)state;
    ground_make(&ground);
    assert_int_equal(open_journal(&ground, &room, &journal), ERR_NONE);
    assert_int_equal(journal_begin(journal, ground.files, FILES, &failure), ERR_NONE);
    put(ground.files[0].path, &his);
    assert_int_equal(journal_apply(journal, &failure), ERR_REFUSED);
    journal_close(&journal);
    journal_room_close(&room);
    ground_remove(&ground);
}

static void test_one_at_a_time(void **state)
{
    struct ground ground;
    struct journal_room *first = NULL, *second = NULL;
    struct failure failure;

    (void)state;
    ground_make(&ground);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_READ, &first, &failure), ERR_ABSENT);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_WRITE, &first, &failure), ERR_NONE);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_WRITE, &second, &failure), ERR_BUSY);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_READ, &second, &failure), ERR_NONE);
    journal_room_close(&second);
    journal_room_close(&first);
    ground_remove(&ground);
}

/* A file of before 1970, by a clock that was wrong. */
static void test_old_file(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground);
    ground.files[0].before.changed = (struct timespec){.tv_sec = -86400, .tv_nsec = 5};
    assert_int_equal(run(&ground, do_attach), ERR_NONE);
    assert_int_equal(run(&ground, do_detach), ERR_NONE);
    assert_true(ground_holds(&ground, BEFORE));
    ground_remove(&ground);
}

static void test_names(void **state)
{
    struct ground ground;
    struct journal_room *room = NULL;
    const char *const *names;
    struct failure failure;
    size_t count;

    (void)state;
    ground_make(&ground);
    assert_int_equal(run(&ground, do_attach), ERR_NONE);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_READ, &room, &failure), ERR_NONE);
    assert_int_equal(journal_room_list(room, ground.arena, &names, &count, &failure), ERR_NONE);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "postfix@/etc/p.2");
    journal_room_close(&room);
    ground_remove(&ground);
}

/* The folders of instances may be called what they like: no run takes one for a leftover. */
static void test_odd_names(void **state)
{
    static const char *const rows[] = {"dovecot", "postfix@/etc/p", "postfix@/etc/p.gone",
        "postfix@/etc/p.new", "postfix@/etc/p.scratch-1"};
    const size_t row_count = sizeof rows / sizeof *rows;
    struct ground ground;
    struct journal_room *room = NULL;
    struct journal *journal = NULL;
    const char *const *names = NULL;
    struct failure failure;
    size_t count = 0;

    (void)state;
    ground_make(&ground);
    for (size_t i = row_count; i-- != 0;) {
        unit_row(rows[i]);
        assert_int_equal(journal_room_open(ground.top, JOURNAL_WRITE, &room, &failure), ERR_NONE);
        assert_int_equal(journal_open(room, rows[i], &journal, &failure), ERR_NONE);
        assert_int_equal(journal_begin(journal, ground.files, FILES, &failure), ERR_NONE);
        journal_close(&journal);
        journal_room_close(&room);
    }
    assert_int_equal(journal_room_open(ground.top, JOURNAL_WRITE, &room, &failure), ERR_NONE);
    assert_int_equal(journal_room_list(room, ground.arena, &names, &count, &failure), ERR_NONE);
    assert_int_equal(count, row_count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names[i], rows[i]);
    journal_room_close(&room);
    ground_remove(&ground);
}

/* A copy that a run left when it was killed goes with the next one, not while somebody reads. */
static void test_left_over_copies(void **state)
{
    struct ground ground;
    struct journal_room *room = NULL;
    const char *scratch = NULL, *const * names;
    struct failure failure;
    size_t count;

    (void)state;
    ground_make(&ground);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_WRITE, &room, &failure), ERR_NONE);
    assert_int_equal(
        scratch_make(journal_room_folder(room), ground.arena, &scratch, &failure), ERR_NONE);
    journal_room_close(&room);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_READ, &room, &failure), ERR_NONE);
    assert_int_equal(journal_room_list(room, ground.arena, &names, &count, &failure), ERR_NONE);
    assert_int_equal(count, 0);
    assert_int_equal(access(scratch, F_OK), 0);
    journal_room_close(&room);
    assert_int_equal(journal_room_open(ground.top, JOURNAL_WRITE, &room, &failure), ERR_NONE);
    assert_int_not_equal(access(scratch, F_OK), 0);
    journal_room_close(&room);
    ground_remove(&ground);
}

/* A kept original that rotted must not be put back. */
static void test_rot(void **state)
{
    static const char *const rows[] = {"before.0", "before.list", "ours.1", "state"};
    struct ground ground;
    struct journal_room *room = NULL;
    struct journal *journal = NULL;
    struct file bad = file_of("there 9\n", 0600);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i]);
        ground_make(&ground);
        assert_int_equal(run(&ground, do_attach), ERR_NONE);
        put(arena_print(ground.arena, "%s/attach/postfix@%%2Fetc%%2Fp.2/%s", ground.top, rows[i])
                .data,
            &bad);
        assert_int_equal(open_journal(&ground, &room, &journal), ERR_CORRUPT);
        journal_room_close(&room);
        ground_remove(&ground);
    }
}

UNIT_MAIN(cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_death_while_attaching),
    cmocka_unit_test(test_death_while_detaching), cmocka_unit_test(test_death_while_recovering),
    cmocka_unit_test(test_death_while_renewing), cmocka_unit_test(test_renewed_again),
    cmocka_unit_test(test_somebody_else), cmocka_unit_test(test_one_at_a_time),
    cmocka_unit_test(test_old_file), cmocka_unit_test(test_names), cmocka_unit_test(test_odd_names),
    cmocka_unit_test(test_left_over_copies), cmocka_unit_test(test_rot))
