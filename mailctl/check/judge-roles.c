/* SPDX-License-Identifier: MIT */
#include "mailctl/check/judge-roles.h"

static void judge(const struct domain_role *role, struct findings *findings, struct arena *arena)
{
    if (role->is_somebody)
        findings_say(findings, FINDING_FINE, role->name, role->address, NULL,
            TEXT("somebody gets what others write to it"), TEXT_NONE);
    else
        findings_say(findings, FINDING_WARNING, arena_print(arena, "%s-nobody", role->name).data,
            role->address, NULL,
            TEXT("nobody gets what others write to it when something is wrong with the domain"),
            arena_print(arena,
                "mailctl alias add %.*s ADDRESS, or the setting postmaster for all domains",
                TEXT_ARGS(role->place)));
}

void judge_roles(const struct domain_roles *roles, struct findings *findings, struct arena *arena)
{
    for (size_t i = 0; i < DOMAIN_ROLES_COUNT; i++)
        if (!roles->of[i].is_elsewhere)
            judge(&roles->of[i], findings, arena);
}
