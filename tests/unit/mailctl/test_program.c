/* SPDX-License-Identifier: MIT */
#include "mailctl/program.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/unit.h"

#define SECONDS(n) ((int64_t)(n)*1000)

static const struct row {
    const char *name;
    const char *argv[4];
    int status;
    const char *output, *errors;
} rows[] = {
    {"both outputs",        {"sh", "-c", "echo out; echo err >&2; exit 3"},   3,   "out\n",    "err\n"},
    {"silent",              {"true"},                                         0,   "",         ""     },
    {"killed by itself",    {"sh", "-c", "kill -TERM $$"},                    143, "",         ""     },
    {"nothing to read",     {"cat"},                                          0,   "",         ""     },
    {"by its whole path",   {"/bin/echo", "a b", "$c"},                       0,   "a b $c\n", ""     },
    {"the C locale",        {"sh", "-c", "echo $LC_ALL"},                     0,   "C\n",      ""     },
    {"output closed early", {"sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 5"}, 5,   "",         ""     },
};

static void test_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct program_result result;

        unit_row(rows[i].name);
        assert_int_equal(program_run(rows[i].argv, SECONDS(60), arena, &result, NULL), ERR_NONE);
        assert_int_equal(result.status, rows[i].status);
        assert_text_equal(result.output, rows[i].output);
        assert_text_equal(result.errors, rows[i].errors);
        arena_free(&arena);
    }
}

/* More than a pipe holds goes in and comes out; who does not read it holds nobody up. */
static void test_feed(void **state)
{
    static const char *const cat[] = {"cat", NULL}, *const deaf[] = {"true", NULL};
    struct arena *arena = arena_new();
    char *bytes = arena_alloc_zero(arena, 300000, 1);
    struct text much = text_from_bytes(bytes, 300000);
    struct program_result result;

    (void)state;
    assert_int_equal(program_feed(cat, much, SECONDS(60), arena, &result, NULL), ERR_NONE);
    assert_true(text_equals(result.output, much));
    assert_int_equal(program_feed(cat, TEXT(""), SECONDS(60), arena, &result, NULL), ERR_NONE);
    assert_int_equal(result.output.len, 0);
    assert_int_equal(program_feed(deaf, much, SECONDS(60), arena, &result, NULL), ERR_NONE);
    assert_int_equal(result.status, 0);
    arena_free(&arena);
}

/* More than a pipe holds, on both sides at once. */
static void test_much_output(void **state)
{
    static const char *const argv[] = {
        "sh", "-c", "head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2", NULL};
    struct arena *arena = arena_new();
    struct program_result result;

    (void)state;
    assert_int_equal(program_run(argv, SECONDS(60), arena, &result, NULL), ERR_NONE);
    assert_int_equal(result.output.len, 300000);
    assert_int_equal(result.errors.len, 200000);
    arena_free(&arena);
}

/* What the program itself started holds the pipe open: it is killed, too. */
static void test_deadline(void **state)
{
    static const char *const argv[] = {"sh", "-c", "sleep 250 & sleep 250", NULL};
    struct arena *arena = arena_new();
    struct program_result result;
    struct failure failure;
    int64_t began_ms = clock_monotonic_ms();

    (void)state;
    assert_int_equal(program_run(argv, 200, arena, &result, &failure), ERR_TIMEOUT);
    assert_true(clock_monotonic_ms() - began_ms < SECONDS(200));
    assert_non_null(strstr(failure.text, "200 ms"));
    arena_free(&arena);
}

/* The group of what runs: the fifth field of its line. */
static const char *const own_group[] = {
    "sh", "-c", "read -r pid name state parent group rest </proc/self/stat; echo $group", NULL};

static long ask_group(void)
{
    struct arena *arena = arena_new();
    struct text output = TEXT("0");
    long group;

    (void)program_succeed(own_group, SECONDS(60), arena, &output, NULL);
    group = strtol(output.data, NULL, 10);
    arena_free(&arena);
    return group;
}

/* Usually a program can be killed alone; where its caller wants it, whoever kills him kills it. */
static void test_group(void **state)
{
    pid_t pid;
    int wait_status = 0;

    (void)state;
    assert_int_not_equal(ask_group(), 0);
    assert_int_not_equal(ask_group(), getpgrp());
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        program_share_group();
        _exit(ask_group() == getpid() ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &wait_status, 0), pid);
    assert_int_equal(wait_status, 0);
}

static void test_absent(void **state)
{
    static const char *const argv[] = {"no-program-of-this-name", NULL};
    struct arena *arena = arena_new();
    struct program_result result;

    (void)state;
    assert_int_equal(program_run(argv, SECONDS(60), arena, &result, NULL), ERR_ABSENT);
    assert_false(program_exists(argv[0]));
    assert_true(program_exists("sh"));
    assert_true(program_exists("/bin/sh"));
    arena_free(&arena);
}

static void test_succeed(void **state)
{
    static const char *const good[] = {"echo", "yes", NULL};
    static const char *const bad[] = {"sh", "-c", "echo first >&2; echo second >&2; exit 4", NULL};
    static const char *const env[] = {"env", "A=b", "sh", "-c", "echo third >&2; exit 4", NULL};
    struct arena *arena = arena_new();
    struct text output = TEXT_NONE;
    struct failure failure;

    (void)state;
    assert_int_equal(program_succeed(good, SECONDS(60), arena, &output, NULL), ERR_NONE);
    assert_text_equal(output, "yes\n");
    assert_int_equal(program_succeed(bad, SECONDS(60), arena, &output, &failure), ERR_REFUSED);
    assert_string_equal(failure.text, "sh: ended with status 4: second");
    assert_int_equal(program_succeed(env, SECONDS(60), arena, &output, &failure), ERR_REFUSED);
    assert_string_equal(failure.text, "sh: ended with status 4: third");
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_run), cmocka_unit_test(test_feed),
    cmocka_unit_test(test_much_output), cmocka_unit_test(test_deadline),
    cmocka_unit_test(test_group), cmocka_unit_test(test_absent), cmocka_unit_test(test_succeed))
