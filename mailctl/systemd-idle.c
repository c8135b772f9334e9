/* SPDX-License-Identifier: MIT */
#include "mailctl/systemd-idle.h"

#include <unistd.h>

#include "mailctl/program.h"

#define ASK_TIMEOUT_MS ((int64_t)4000)

enum systemd_idle systemd_idle_judge(struct text states)
{
    struct text service = TEXT_NONE, socket;
    bool is_held = false;

    (void)text_split(&states, '\n', &service);
    while (text_split(&states, '\n', &socket))
        is_held = is_held || text_equals(socket, TEXT("active"));
    if (is_held && text_equals(service, TEXT("inactive")))
        return SYSTEMD_STOPPED;
    return is_held && text_equals(service, TEXT("failed")) ? SYSTEMD_FAILED : SYSTEMD_NOT_IDLE;
}

enum systemd_idle systemd_idle_of(const char *daemon, struct arena *arena)
{
    const char *const argv[] = {"systemctl", "is-active",
        arena_print(arena, "gatepost-%s.service", daemon).data,
        arena_print(arena, "gatepost-%s.socket", daemon).data,
        arena_print(arena, "gatepost-%s-control.socket", daemon).data, NULL};
    struct program_result result;

    /* It ends with 0 only where all are active: what it prints decides. */
    if (access("/run/systemd/system", F_OK) != 0 ||
        program_run(argv, ASK_TIMEOUT_MS, arena, &result, NULL) != ERR_NONE)
        return SYSTEMD_NOT_IDLE;
    return systemd_idle_judge(result.output);
}
