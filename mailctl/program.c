/* SPDX-License-Identifier: MIT */
#include "mailctl/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"

#define PROGRAM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* What a shell says where there is no such program. */
#define STATUS_NOT_FOUND 127
#define STATUS_SIGNAL 128
/* Between two looks at whether a program that has closed its output has ended, too. */
#define WAIT_STEP_MS 5

/* One of the two pipes that a program writes to. */
struct pipe_end {
    int fd; /* -1: at its end */
    struct buffer content;
};

static bool shares_group;

struct running {
    pid_t pid;
    int input;               /* -1: nothing */
    struct pipe_end ends[2]; /* standard output, standard error */
    int64_t deadline_ms;
};

bool program_exists(const char *name)
{
    struct text rest = TEXT(PROGRAM_PATH), folder;

    if (strchr(name, '/') != NULL)
        return access(name, X_OK) == 0;
    while (text_split(&rest, ':', &folder)) {
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%.*s/%s", TEXT_ARGS(folder), name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

void program_share_group(void)
{
    shares_group = true;
}

/* In the child. Its own group, so that a kill reaches what it has started. */
static void __attribute__((noreturn)) become(const char *const *argv, int in, int out, int err)
{
    if (in < 0)
        in = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (!shares_group)
        setpgid(0, 0);
    (void)signal(SIGPIPE, SIG_DFL); /* which attach ignores for itself */
    if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(err, STDERR_FILENO) < 0 || setenv("PATH", PROGRAM_PATH, 1) != 0 ||
        setenv("LC_ALL", "C", 1) != 0)
        _exit(STATUS_NOT_FOUND);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(STATUS_NOT_FOUND);
}

static enum err launch(const char *const *argv, int out[2], int err[2], struct running *running,
    struct failure *failure)
{
    fflush(NULL);
    running->pid = fork();
    if (running->pid < 0)
        return failure_set_errno(failure, ERR_IO, "%s: cannot be started", argv[0]);
    if (running->pid == 0)
        become(argv, running->input, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    running->ends[0].fd = out[0];
    running->ends[1].fd = err[0];
    return ERR_NONE;
}

static enum err start(const char *const *argv, struct running *running, struct failure *failure)
{
    int out[2], err[2];

    if (!program_exists(argv[0]))
        return failure_set(failure, ERR_ABSENT, "%s: there is no such program", argv[0]);
    if (pipe2(out, O_CLOEXEC) != 0)
        return failure_set_errno(failure, ERR_IO, "pipe");
    if (pipe2(err, O_CLOEXEC) != 0) {
        failure_set_errno(failure, ERR_IO, "pipe");
        close(out[0]);
        close(out[1]);
        return ERR_IO;
    }
    return launch(argv, out, err, running, failure);
}

/* Takes what is there; past the bound it is read all the same, so that the program goes on. */
static void take(struct pipe_end *end)
{
    char bytes[16384];
    ssize_t got = read(end->fd, bytes, sizeof bytes);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        close(end->fd);
        end->fd = -1;
        return;
    }
    if (end->content.len + (size_t)got <= PROGRAM_OUTPUT_MAX)
        buffer_append(&end->content, bytes, (size_t)got);
}

static int left_ms(const struct running *running)
{
    int64_t left = running->deadline_ms - clock_monotonic_ms();

    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static bool collect(struct running *running)
{
    while (running->ends[0].fd >= 0 || running->ends[1].fd >= 0) {
        struct pollfd wait[2];
        int ready;

        for (size_t i = 0; i < 2; i++)
            wait[i] = (struct pollfd){.fd = running->ends[i].fd, .events = POLLIN};
        ready = poll(wait, 2, left_ms(running));
        if (ready == 0)
            return false;
        for (size_t i = 0; ready > 0 && i < 2; i++)
            if (running->ends[i].fd >= 0 && wait[i].revents != 0)
                take(&running->ends[i]);
    }
    return true;
}

/* Until it has ended; false where the deadline comes first. */
static bool await_end(const struct running *running, int *wait_status_r)
{
    for (;;) {
        pid_t ended = waitpid(running->pid, wait_status_r, WNOHANG);

        if (ended == running->pid)
            return true;
        if (ended < 0 && errno != EINTR)
            return false;
        if (left_ms(running) == 0)
            return false;
        (void)poll(NULL, 0, WAIT_STEP_MS);
    }
}

static void put_down(const struct running *running)
{
    kill(-running->pid, SIGKILL);
    kill(running->pid, SIGKILL);
    while (waitpid(running->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void forget(struct running *running)
{
    for (size_t i = 0; i < 2; i++) {
        if (running->ends[i].fd >= 0)
            close(running->ends[i].fd);
        buffer_done(&running->ends[i].content);
    }
}

static enum err run_on(const char *const *argv, int input, int64_t timeout_ms, struct arena *arena,
    struct program_result *result_r, struct failure *failure)
{
    struct running running = {
        .input = input,
        .deadline_ms = clock_monotonic_ms() + timeout_ms,
        .ends = {{-1, BUFFER_NONE}, {-1, BUFFER_NONE}}
    };
    int wait_status = 0;
    enum err err = start(argv, &running, failure);

    if (err != ERR_NONE)
        return err;
    if (!collect(&running) || !await_end(&running, &wait_status)) {
        put_down(&running);
        err = failure_set(
            failure, ERR_TIMEOUT, "%s: did not end within %lld ms", argv[0], (long long)timeout_ms);
    } else {
        result_r->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                                  : STATUS_SIGNAL + WTERMSIG(wait_status);
        result_r->output = arena_copy(arena, buffer_text(&running.ends[0].content));
        result_r->errors = arena_copy(arena, buffer_text(&running.ends[1].content));
    }
    forget(&running);
    return err;
}

enum err program_run(const char *const *argv, int64_t timeout_ms, struct arena *arena,
    struct program_result *result_r, struct failure *failure)
{
    return run_on(argv, -1, timeout_ms, arena, result_r, failure);
}

/* A file in memory: a program that writes before it has read all of it holds nobody up. */
static int make_input(struct text input)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    while (fd >= 0 && input.len != 0) {
        ssize_t done = write(fd, input.data, input.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            close(fd);
            return -1;
        }
        input = text_skip(input, (size_t)done);
    }
    if (fd >= 0)
        (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

enum err program_feed(const char *const *argv, struct text input, int64_t timeout_ms,
    struct arena *arena, struct program_result *result_r, struct failure *failure)
{
    int fd = make_input(input);
    enum err err;

    if (fd < 0)
        return failure_set_errno(failure, ERR_IO, "%s: no input could be made", argv[0]);
    err = run_on(argv, fd, timeout_ms, arena, result_r, failure);
    close(fd);
    return err;
}

/* What went wrong usually stands last. */
static struct text last_line(const struct program_result *result)
{
    struct text text = text_trim(result->errors);

    if (text.len == 0)
        text = text_trim(result->output);
    return text_find_last(text, '\n') < text.len ? text_skip(text, text_find_last(text, '\n') + 1)
                                                 : text;
}

/* What is run, for people: env only sets variables for the program behind them. */
static const char *shown_name(const char *const *argv)
{
    const char *const *word = argv + 1;

    if (strcmp(argv[0], "env") != 0)
        return argv[0];
    while (*word != NULL && strchr(*word, '=') != NULL)
        word++;
    return *word != NULL ? *word : argv[0];
}

enum err program_succeed(const char *const *argv, int64_t timeout_ms, struct arena *arena,
    struct text *output_r, struct failure *failure)
{
    struct program_result result;
    enum err err = program_run(argv, timeout_ms, arena, &result, failure);
    struct text reason;

    if (err != ERR_NONE)
        return err;
    if (result.status != 0) {
        reason = last_line(&result);
        return failure_set(failure, ERR_REFUSED, "%s: ended with status %d%s%.*s", shown_name(argv),
            result.status, reason.len != 0 ? ": " : "", TEXT_ARGS(reason));
    }
    *output_r = result.output;
    return ERR_NONE;
}
