/* SPDX-License-Identifier: MIT */

/*
 * usage: kill-at N COMMAND...
 *
 * Runs a command and ends it with SIGKILL at the N-th call by which it would change a file or a
 * folder, before that is done. Exits with 137 where it came to that, else with the command's own
 * status. For programs of one process.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_BAD 99

static bool is_change(long number)
{
    static const long calls[] = {
        SYS_write, SYS_pwrite64, SYS_ftruncate, SYS_fsync, SYS_fdatasync, SYS_fallocate,
        SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_fchmod, SYS_fchown,
#ifdef SYS_rename
        SYS_rename, SYS_unlink, SYS_mkdir, SYS_rmdir
#endif
    };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i] == number)
            return true;
    return false;
}

static pid_t start(char **argv)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(STATUS_BAD);
    execvp(argv[0], argv);
    _exit(STATUS_BAD);
}

/* At the entry of a call, not at its end. */
static bool enters_change(pid_t child)
{
    struct __ptrace_syscall_info info;

    return ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY && is_change((long)info.entry.nr);
}

static int end(pid_t child)
{
    int status;

    while (kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child)
        if (WIFSIGNALED(status))
            return 128 + WTERMSIG(status);
    return STATUS_BAD;
}

static int follow(pid_t child, long kill_at)
{
    long changes = 0;
    int status, signal_number = 0;

    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0)
        return STATUS_BAD;
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, signal_number) != 0 ||
            waitpid(child, &status, 0) != child)
            return STATUS_BAD;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            return 128 + WTERMSIG(status);
        signal_number = WSTOPSIG(status);
        if (signal_number != (SIGTRAP | 0x80))
            continue;
        signal_number = 0;
        if (enters_change(child) && ++changes == kill_at)
            return end(child);
    }
}

int main(int argc, char **argv)
{
    pid_t child;

    if (argc < 3) {
        fputs("usage: kill-at N COMMAND...\n", stderr);
        return STATUS_BAD;
    }
    child = start(argv + 2);
    return child > 0 ? follow(child, strtol(argv[1], NULL, 10)) : STATUS_BAD;
}
