/* SPDX-License-Identifier: MIT */
#include "mailctl/attach.h"

#include <string.h>

#include "lib/base/array.h"
#include "mailctl/command.h"

const struct attach_part *const attach_parts[] = {&attach_dovecot, &attach_postfix, NULL};

const struct attach_part *attach_part_find(const char *name)
{
    size_t len = strcspn(name, "@");

    for (size_t i = 0; attach_parts[i] != NULL; i++)
        if (strlen(attach_parts[i]->name) == len && strncmp(attach_parts[i]->name, name, len) == 0)
            return attach_parts[i];
    return NULL;
}

void attach_conflicts_add(struct attach_conflicts *conflicts, const struct attach_conflict *item)
{
    array_push(conflicts, *item);
}

void attach_conflicts_done(struct attach_conflicts *conflicts)
{
    array_done(conflicts);
}

/* --- out --- */

/* What a file is to become: its former self, or, where somebody changed it, that without ours. */
static enum err revert_file(const struct attach_site *site, const struct attach_part *part,
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

static enum err begin_detach(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct attach_conflicts *conflicts, struct failure *failure)
{
    size_t count;
    const struct journal_file *files = journal_files(journal, &count);
    struct file *now = arena_alloc_zero(site->arena, count + 1, sizeof *now);
    struct file *after = arena_alloc_zero(site->arena, count + 1, sizeof *after);
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        err = revert_file(site, part, &files[i], &now[i], &after[i], conflicts, failure);
    if (err == ERR_NONE)
        err = journal_begin_detach(journal, now, after, failure);
    return err;
}

static void tell_conflicts(const struct invocation *invocation, const struct attach_conflicts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct attach_conflict *item = &list->items[i];

        (void)invocation_complain(invocation, COMMAND_CHECK_WARNING,
            "%s: %.*s was changed after attach; what is yours in it is kept:"
            " before attach \"%.*s\", by attach \"%.*s\", now \"%.*s\"",
            item->path, TEXT_ARGS(item->what), TEXT_ARGS(text_trim(item->before)),
            TEXT_ARGS(text_trim(item->ours)), TEXT_ARGS(text_trim(item->now)));
    }
}

static enum err reload(
    const struct attach_site *site, const struct attach_part *part, struct failure *failure)
{
    enum err err = site->is_offline ? ERR_NONE : part->reload(site, failure);

    return err == ERR_ABSENT ? ERR_NONE : err;
}

static enum err follow(const struct attach_site *site, const struct attach_part *part,
    const struct journal *journal, struct failure *failure)
{
    return site->is_offline || part->follow == NULL ? ERR_NONE
                                                    : part->follow(site, journal, failure);
}

/* An interrupted detach may meet files that somebody has changed meanwhile: then once more. */
static enum err apply_detach(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct attach_conflicts *conflicts, struct failure *failure)
{
    enum err err = journal_apply_detach(journal, failure);

    if (err != ERR_REFUSED)
        return err;
    err = journal_reconsider(journal, failure);
    if (err == ERR_NONE)
        err = begin_detach(site, part, journal, conflicts, failure);
    return err == ERR_NONE ? journal_apply_detach(journal, failure) : err;
}

/* The files move, the server reads them; only then is the journal forgotten. */
static enum err detach(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct attach_conflicts *conflicts, struct failure *failure)
{
    enum err err = ERR_NONE;

    if (journal_state(journal) != JOURNAL_DETACHING)
        err = begin_detach(site, part, journal, conflicts, failure);
    if (err == ERR_NONE)
        err = apply_detach(site, part, journal, conflicts, failure);
    if (err == ERR_NONE)
        err = reload(site, part, failure);
    if (err == ERR_NONE)
        err = follow(site, part, journal, failure);
    return err == ERR_NONE ? journal_forget(journal, failure) : err;
}

int attach_take_out(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal)
{
    struct attach_conflicts conflicts = {.count = 0};
    struct failure failure;
    int status = EX_OK;

    if (journal_state(journal) == JOURNAL_NONE)
        return EX_OK;
    if (detach(site, part, journal, &conflicts, &failure) != ERR_NONE)
        status = invocation_complain_failure(site->invocation, &failure);
    if (status == EX_OK && conflicts.count != 0) {
        tell_conflicts(site->invocation, &conflicts);
        status = COMMAND_CHECK_WARNING;
    }
    attach_conflicts_done(&conflicts);
    return status;
}

int attach_recover(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal)
{
    const struct invocation *invocation = site->invocation;

    switch (journal_state(journal)) {
    case JOURNAL_APPLYING:
        invocation_tell(
            invocation, "%s: an attach was interrupted: it is undone", journal_name(journal));
        return attach_take_out(site, part, journal);
    case JOURNAL_DETACHING:
        invocation_tell(
            invocation, "%s: a detach was interrupted: it is finished", journal_name(journal));
        return attach_take_out(site, part, journal);
    case JOURNAL_NONE:
    case JOURNAL_ATTACHED:
        break;
    }
    return EX_OK;
}

/* --- in --- */

static enum err apply(const struct attach_site *site, const struct attach_part *part,
    struct journal *journal, struct failure *failure)
{
    enum err err = journal_apply(journal, failure);

    if (err != ERR_NONE || site->is_offline)
        return err;
    err = follow(site, part, journal, failure);
    if (err == ERR_NONE)
        err = part->reload(site, failure);
    return err == ERR_NONE ? part->prove(site, failure) : err;
}

/* The complaint has been made; what follows says what became of it. */
static int undo(
    const struct attach_site *site, const struct attach_part *part, struct journal *journal)
{
    const char *name = journal_name(journal);
    int status = attach_take_out(site, part, journal);

    if (status == EX_OK)
        (void)invocation_complain(
            site->invocation, EX_UNAVAILABLE, "%s: everything is as it was before", name);
    return status == EX_OK ? EX_UNAVAILABLE : status;
}

int attach_carry_out(const struct attach_site *site, const struct attach_part *part,
    const struct plan *plan, struct journal *journal)
{
    const struct journal_file *files = NULL;
    size_t count = plan_changes(plan, &files);
    struct failure failure;
    int status = part->prepare != NULL ? part->prepare(site, plan) : EX_OK;

    if (status != EX_OK)
        return status;
    if (part->try_out(site, plan, &failure) != ERR_NONE)
        return invocation_complain(site->invocation, EX_CONFIG,
            "%s: the new configuration was tried on a copy and found wanting: %s",
            journal_name(journal), failure.text);
    if (journal_begin(journal, files, count, &failure) != ERR_NONE)
        return invocation_complain_failure(site->invocation, &failure);
    if (apply(site, part, journal, &failure) != ERR_NONE) {
        (void)invocation_complain_failure(site->invocation, &failure);
        return undo(site, part, journal);
    }
    if (journal_settle(journal, &failure) != ERR_NONE) {
        (void)invocation_complain_failure(site->invocation, &failure);
        return undo(site, part, journal);
    }
    return EX_OK;
}
