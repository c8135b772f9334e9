/* SPDX-License-Identifier: MIT */
#include "mailctl/attach.h"

static int plan(const struct attach_site *site, struct plan *plan)
{
    (void)site;
    plan_add_note(plan, PLAN_WARNING, "not served yet");
    return EX_OK;
}

static enum err try_out(
    const struct attach_site *site, const struct plan *plan, struct failure *failure)
{
    (void)site, (void)plan, (void)failure;
    return ERR_NONE;
}

static enum err reload(const struct attach_site *site, struct failure *failure)
{
    (void)site, (void)failure;
    return ERR_NONE;
}

static void revert(const struct journal_file *file, struct text now, struct arena *arena,
    struct text *after_r, struct attach_conflicts *conflicts)
{
    (void)file, (void)arena, (void)conflicts;
    *after_r = now;
}

const struct attach_part attach_postfix = {
    .name = "postfix",
    .plan = plan,
    .try_out = try_out,
    .reload = reload,
    .prove = reload,
    .revert = revert,
};
