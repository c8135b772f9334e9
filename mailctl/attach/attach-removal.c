/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/attach-removal.h"

#include "lib/base/array.h"

void attach_conflicts_add(struct attach_conflicts *conflicts, const struct attach_conflict *item)
{
    array_push(conflicts, *item);
}

void attach_conflicts_done(struct attach_conflicts *conflicts)
{
    array_done(conflicts);
}

/* What a file is to become: its former self, or, where somebody changed it, that without ours. */
static enum err look_at(const struct attach_site *site, const struct attach_part *part,
    const struct journal_file *file, struct file *now_r, struct file *after_r,
    struct attach_conflicts *conflicts, struct failure *failure)
{
    enum err err = file_read(file->path, site->arena, now_r, failure);

    if (err != ERR_NONE)
        return err;
    if (file_equals(now_r, &file->ours) || file_equals(now_r, &file->before)) {
        *after_r = file->before;
        return ERR_NONE;
    }
    /* What he removed stays removed; of what we made and he changed, his part stays. */
    *after_r = *now_r;
    if (!now_r->is_there)
        return ERR_NONE;
    if (text_equals(now_r->content, file->ours.content)) {
        after_r->content = file->before.content;
        after_r->is_there = file->before.is_there;
        return ERR_NONE;
    }
    part->revert(file, now_r->content, site->arena, &after_r->content, conflicts);
    after_r->changed = (struct timespec){.tv_sec = 0};
    if (!file->before.is_there && text_trim(after_r->content).len == 0)
        after_r->is_there = false;
    return ERR_NONE;
}

enum err attach_removal_look(const struct attach_site *site, const struct attach_part *part,
    const struct journal *journal, struct attach_removal *removal, struct failure *failure)
{
    enum err err = ERR_NONE;

    *removal = (struct attach_removal){.count = 0};
    removal->files = journal_files(journal, &removal->count);
    removal->now = arena_alloc_zero(site->arena, removal->count + 1, sizeof *removal->now);
    removal->after = arena_alloc_zero(site->arena, removal->count + 1, sizeof *removal->after);
    for (size_t i = 0; err == ERR_NONE && i < removal->count; i++)
        err = look_at(site, part, &removal->files[i], &removal->now[i], &removal->after[i],
            &removal->conflicts, failure);
    return err;
}

void attach_removal_done(struct attach_removal *removal)
{
    attach_conflicts_done(&removal->conflicts);
}

/* --- telling --- */

static struct text sentence(const struct attach_conflict *conflict, struct arena *arena)
{
    return arena_print(arena,
        "%s: %.*s was changed after attach; what is yours in it is kept:"
        " before attach \"%.*s\", by attach \"%.*s\", now \"%.*s\"",
        conflict->path, TEXT_ARGS(conflict->what), TEXT_ARGS(text_trim(conflict->before)),
        TEXT_ARGS(text_trim(conflict->ours)), TEXT_ARGS(text_trim(conflict->now)));
}

static void note_conflicts(const struct attach_removal *removal, struct plan *plan)
{
    for (size_t i = 0; i < removal->conflicts.count; i++)
        plan_add_note(plan, PLAN_WARNING, "%.*s",
            TEXT_ARGS(sentence(&removal->conflicts.items[i], plan->arena)));
}

void attach_removal_tell(const struct attach_removal *removal, const struct invocation *invocation)
{
    for (size_t i = 0; i < removal->conflicts.count; i++)
        (void)invocation_complain(invocation, COMMAND_CHECK_WARNING, "%.*s",
            TEXT_ARGS(sentence(&removal->conflicts.items[i], invocation->arena)));
}

struct plan *attach_removal_plan(const struct attach_site *site, const struct journal *journal,
    const struct attach_removal *removal)
{
    struct plan *plan = plan_new(site->arena, journal_name(journal), site->scratch_folder);

    note_conflicts(removal, plan);
    for (size_t i = 0; i < removal->count; i++) {
        bool is_former = file_equals(&removal->after[i], &removal->files[i].before);

        plan_file_become(plan,
            plan_file_add(plan, removal->files[i].path, &removal->now[i], &removal->now[i]),
            &removal->after[i], TEXT("what attach wrote"),
            !is_former ? "is taken out; what was changed since is kept"
            : removal->files[i].before.is_there
                ? "is taken out: the file gets its former bytes back"
                : "is taken out: the file was not there before");
    }
    return plan;
}

void attach_removal_underlay(const struct attach_removal *removal, struct plan *plan)
{
    plan_add_note(plan, PLAN_NOTE,
        "what attach wrote earlier does not suit the server and the settings any more: it is "
        "written anew");
    note_conflicts(removal, plan);
    for (size_t i = 0; i < removal->count; i++)
        (void)plan_file_add(plan, removal->files[i].path, &removal->now[i], &removal->after[i]);
}
