/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-running.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "mailctl/program.h"

#define ASK_TIMEOUT_MS ((int64_t)8000)

bool dovecot_is_running(struct arena *arena)
{
    static const char *const argv[] = {"doveconf", "-h", "base_dir", NULL};
    struct text folder = TEXT("/run/dovecot");
    const char *path;
    long pid = 0;
    FILE *file;

    (void)program_succeed(argv, ASK_TIMEOUT_MS, arena, &folder, NULL);
    path = arena_print(arena, "%.*s/master.pid", TEXT_ARGS(text_trim(folder))).data;
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fscanf(file, "%ld", &pid) != 1) /* NOLINT(cert-err34-c): 0 stays */
        pid = 0;
    fclose(file);
    return pid > 1 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}
