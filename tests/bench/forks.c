/* SPDX-License-Identifier: MIT */
/*
 * usage: forks COUNT INPUT STATUS PROGRAM [ARGUMENT...]
 *
 * Runs a program so many times, one after the other, as Dovecot runs a checkpassword for a lookup:
 * INPUT (a file) is its descriptor 3, its descriptor 4 is read to the end. Each must end with
 * STATUS. Prints the microseconds for one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INPUT_FD 3
#define OUTPUT_FD 4

static void run_child(const char *input, int output, char **argv)
{
    int fd = open(input, O_RDONLY);

    if (fd < 0 || dup2(output, OUTPUT_FD) < 0 || dup2(fd, INPUT_FD) < 0)
        _exit(126);
    execv(argv[0], argv);
    _exit(127);
}

static void run_one(const char *input, int status, char **argv)
{
    char bytes[4096];
    int output[2], ended;
    pid_t child;

    if (pipe(output) != 0 || (child = vfork()) < 0)
        exit(1);
    if (child == 0)
        run_child(input, output[1], argv);
    close(output[1]);
    while (read(output[0], bytes, sizeof bytes) > 0)
        ;
    close(output[0]);
    waitpid(child, &ended, 0);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != status) {
        fprintf(stderr, "forks: %s ended with %#x\n", argv[0], (unsigned)ended);
        exit(1);
    }
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    long count;
    double began;

    if (argc < 5) {
        fputs("usage: forks COUNT INPUT STATUS PROGRAM [ARGUMENT...]\n", stderr);
        return 64;
    }
    /* The low descriptors are for the child's. */
    while (dup(STDERR_FILENO) <= OUTPUT_FD)
        ;
    (void)setenv("AUTHORIZED", "1", 1);
    count = atol(argv[1]);
    began = now_us();
    for (long i = 0; i < count; i++)
        run_one(argv[2], atoi(argv[3]), argv + 4);
    printf("%.1f\n", (now_us() - began) / (double)count);
    return 0;
}
