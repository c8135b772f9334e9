/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/interrupt.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "tests/unit/unit.h"

/* Longer than any test may take: who waits for so long was not interrupted. */
#define FOR_EVER_MS ((int64_t)3600 * 1000)

/* Whoever runs the tests may ignore them, as nohup does and shells do in the background. */
static int usual_signals(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)signal(numbers[i], SIG_DFL);
    return 0;
}

static enum err wait_for_ever(struct failure *failure)
{
    return interrupt_wait(NULL, 0, clock_monotonic_ms() + FOR_EVER_MS, failure);
}

/* From outside, at some moment before the waiting or during it. */
static pid_t send_later(int number)
{
    pid_t parent = getpid(), child = fork();

    if (child == 0) {
        kill(parent, number);
        _exit(0);
    }
    return child;
}

static void test_ends_the_waiting(void **state)
{
    static const struct {
        int number;
        const char *said;
    } rows[] = {
        {SIGINT,  "interrupted (SIGINT)" },
        {SIGTERM, "interrupted (SIGTERM)"},
        {SIGHUP,  "interrupted (SIGHUP)" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct failure failure;
        pid_t child;

        unit_row(rows[i].said);
        interrupt_begin();
        assert_false(interrupt_came());
        child = send_later(rows[i].number);
        assert_int_equal(wait_for_ever(&failure), ERR_REFUSED);
        assert_string_equal(failure.text, rows[i].said);
        assert_true(interrupt_came());
        /* And whoever waits from now on. */
        assert_int_equal(wait_for_ever(&failure), ERR_REFUSED);
        interrupt_end();
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
}

static void test_ready_and_late(void **state)
{
    struct failure failure;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    interrupt_begin();
    struct pollfd wanted = {.fd = ends[0], .events = POLLIN};

    assert_int_equal(interrupt_wait(&wanted, 1, clock_monotonic_ms() + 1, &failure), ERR_TIMEOUT);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(
        interrupt_wait(&wanted, 1, clock_monotonic_ms() + FOR_EVER_MS, NULL), ERR_NONE);
    interrupt_end();
    close(ends[0]);
    close(ends[1]);
}

/* As under nohup: who ignores a signal goes on doing so, and gets all others back. */
static void test_what_was_before(void **state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL}, found;

    (void)state;
    assert_int_equal(sigaction(SIGHUP, &ignore, NULL), 0);
    interrupt_begin();
    raise(SIGHUP);
    assert_false(interrupt_came());
    interrupt_end();
    assert_int_equal(sigaction(SIGHUP, &usual, &found), 0);
    assert_true(found.sa_handler == SIG_IGN);
    assert_int_equal(sigaction(SIGINT, NULL, &found), 0);
    assert_true(found.sa_handler == SIG_DFL);
}

UNIT_MAIN(cmocka_unit_test_setup(test_ends_the_waiting, usual_signals),
    cmocka_unit_test_setup(test_ready_and_late, usual_signals),
    cmocka_unit_test_setup(test_what_was_before, usual_signals))
