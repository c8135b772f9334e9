/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/systemd-idle.h"

#include <unistd.h>

#include "mailctl/attach/daemon-unit.h"
#include "mailctl/program.h"

#define ASK_TIMEOUT_MS ((int64_t)4000)

enum systemd_idle systemd_idle_judge(struct text states)
{
    struct text service = TEXT_NONE, socket;
    bool is_held = false;

    (void)text_split(&states, '\n', &service);
    while (text_split(&states, '\n', &socket))
        is_held = is_held || text_equals(socket, TEXT("active"));
    if (text_equals(service, TEXT("active")))
        return SYSTEMD_RUNS;
    if (is_held && text_equals(service, TEXT("inactive")))
        return SYSTEMD_STOPPED;
    return is_held && text_equals(service, TEXT("failed")) ? SYSTEMD_FAILED : SYSTEMD_NOT_IDLE;
}

enum systemd_idle systemd_idle_of(struct text instance, const char *daemon, struct arena *arena)
{
    const char *control = arena_print(arena, "%s-control", daemon).data;
    const char *const argv[] = {"systemctl", "is-active",
        daemon_unit(instance, daemon, ".service", arena),
        daemon_unit(instance, daemon, ".socket", arena),
        daemon_unit(instance, control, ".socket", arena), NULL};
    struct program_result result;

    /* It ends with 0 only where all are active: what it prints decides. */
    if (access("/run/systemd/system", F_OK) != 0 ||
        program_run(argv, ASK_TIMEOUT_MS, arena, &result, NULL) != ERR_NONE)
        return SYSTEMD_NOT_IDLE;
    return systemd_idle_judge(result.output);
}
