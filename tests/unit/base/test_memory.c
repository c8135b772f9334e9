/* SPDX-License-Identifier: MIT */

/* What does not fit ends the process, with a word on standard error. */

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base/memory.h"
#include "tests/unit/unit.h"

#define WORD "gatepost: out of memory\n"

/* Volatile, or the compiler would know that these cannot be had. */
static volatile size_t too_much = SIZE_MAX / 4;

static void too_large(void)
{
    memory_alloc(too_much);
}

static void too_large_zeroed(void)
{
    memory_alloc_zero(2, too_much);
}

static void too_large_resized(void)
{
    memory_resize(memory_alloc(1), 2, too_much);
}

/* 8 times this many bytes is a small number once the carry is lost. */
static void overflowing(void)
{
    memory_resize(memory_alloc(1), SIZE_MAX / 8 + 2, 8);
}

static void exhausted(void)
{
    memory_exhausted();
}

static const struct {
    const char *name;
    void (*act)(void);
} ends[] = {
    {"alloc",           too_large        },
    {"alloc_zero",      too_large_zeroed },
    {"resize",          too_large_resized},
    {"resize overflow", overflowing      },
    {"exhausted",       exhausted        },
};

/* In a child, whose standard error is the pipe: never returns. */
static void act_in_child(void (*act)(void), int error)
{
    const struct rlimit no_core = {0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    dup2(error, STDERR_FILENO);
    act();
    _exit(0);
}

static void test_ends_the_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char said[sizeof WORD] = "";
        int pipe_fds[2], status;
        pid_t child;

        unit_row(ends[i].name);
        assert_int_equal(pipe(pipe_fds), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            act_in_child(ends[i].act, pipe_fds[1]);
        close(pipe_fds[1]);
        assert_true(read(pipe_fds[0], said, sizeof said - 1) >= 0);
        close(pipe_fds[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        if (WIFSIGNALED(status)) { /* a sanitizer's allocator has its own end */
            assert_int_equal(WTERMSIG(status), SIGABRT);
            assert_string_equal(said, WORD);
        }
    }
}

static void test_sizes(void **state)
{
    char *bytes;
    int *numbers;

    (void)state;
    bytes = memory_alloc(0);
    assert_non_null(bytes);
    memory_free(&bytes);
    assert_null(bytes);
    numbers = memory_alloc_zero(0, sizeof *numbers);
    assert_non_null(numbers);
    numbers = memory_resize(numbers, 0, sizeof *numbers);
    assert_non_null(numbers);
    numbers = memory_resize(numbers, 3, sizeof *numbers);
    numbers[2] = 7;
    numbers = memory_resize(numbers, 300, sizeof *numbers);
    assert_int_equal(numbers[2], 7);
    memory_free(&numbers);
}

static void test_copies(void **state)
{
    char *copy;

    (void)state;
    copy = memory_copy_string("alice");
    assert_string_equal(copy, "alice");
    memory_wipe(copy, 5);
    assert_memory_equal(copy, "\0\0\0\0\0", 5);
    memory_free(&copy);
    copy = memory_copy_bytes("a\0b", 3);
    assert_memory_equal(copy, "a\0b", 4);
    memory_free(&copy);
    copy = memory_copy_bytes(NULL, 0);
    assert_string_equal(copy, "");
    memory_wipe(NULL, 0);
    memory_free(&copy);
}

UNIT_MAIN(cmocka_unit_test(test_ends_the_process), cmocka_unit_test(test_sizes),
    cmocka_unit_test(test_copies))
