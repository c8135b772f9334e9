/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailctl/fake-plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mailctl/attach/postfix-wiring.h"

char fake_plan_warnings[4096];

void plan_file_edit(struct plan *plan, struct plan_file *file, struct text content,
    struct text what, const char *why)
{
    (void)what;
    (void)why;
    file->after.content = arena_copy(plan->arena, content);
}

void plan_add_note(struct plan *plan, enum plan_weight weight, const char *format, ...)
{
    size_t len = strlen(fake_plan_warnings);
    va_list arguments;

    plan->note_count++;
    if (weight != PLAN_WARNING)
        return;
    va_start(arguments, format);
    (void)vsnprintf(fake_plan_warnings + len, sizeof fake_plan_warnings - len, format, arguments);
    va_end(arguments);
}

int invocation_complain(const struct invocation *invocation, int status, const char *format, ...)
{
    (void)invocation;
    (void)format;
    return status;
}

void wiring_tell_judge(struct wiring *wiring, const char *program)
{
    (void)wiring;
    (void)program;
}

void wiring_tell_amavis(struct wiring *wiring)
{
    (void)wiring;
}
