/* SPDX-License-Identifier: MIT */

/* attach: into a running Postfix and Dovecot. */

#include <stdio.h>

#include "mailctl/attach/attach-run.h"
#include "mailctl/attach/interrupt.h"
#include "mailctl/commands.h"

/*
 * What is attached already is left alone: its plan would be made on top of our own lines. Asked
 * once, since is_stale() asks the server: from here on, what is settled is what has no plan.
 */
static bool is_settled(const struct attach_target *target)
{
    return journal_state(target->journal) == JOURNAL_ATTACHED &&
           (target->part->is_stale == NULL ||
               !target->part->is_stale(&target->site, target->journal));
}

static int make_plans(struct attach_run *run)
{
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < run->count; i++)
        if (!is_settled(&run->targets[i]))
            status = attach_run_plan(&run->targets[i]);
    return status;
}

static void tell_settled(const struct attach_target *target)
{
    invocation_tell(target->site.invocation, "%s: attached already (to do it anew, detach first)",
        journal_name(target->journal));
    if (target->part->review != NULL)
        target->part->review(&target->site);
}

static int show_plans(const struct invocation *invocation, const struct attach_run *run)
{
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < run->count; i++)
        if (run->targets[i].plan == NULL)
            tell_settled(&run->targets[i]);
        else if (!invocation->json)
            status = plan_show(run->targets[i].plan, invocation);
    return status;
}

static bool has_work(const struct attach_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->targets[i].plan != NULL && !plan_is_empty(run->targets[i].plan))
            return true;
    return false;
}

/* What has to be decided, once more: the diffs stand between the notes and the last line. */
static void repeat(
    const struct invocation *invocation, const struct attach_run *run, enum plan_weight weight)
{
    fflush(stdout);
    for (size_t i = 0; i < run->count; i++) {
        const struct plan *plan = run->targets[i].plan;

        for (size_t note = 0; plan != NULL && note < plan->note_count; note++)
            if (plan->notes[note].weight == weight)
                (void)invocation_complain(invocation, EX_CONFIG, "%s: %.*s", plan->journal,
                    TEXT_ARGS(plan->notes[note].text));
    }
}

static int judge(const struct invocation *invocation, const struct attach_run *run)
{
    enum plan_weight weight = PLAN_NOTE;

    for (size_t i = 0; i < run->count; i++)
        if (run->targets[i].plan != NULL && plan_weight(run->targets[i].plan) > weight)
            weight = plan_weight(run->targets[i].plan);
    if (weight < PLAN_CHOICE)
        return EX_OK;
    repeat(invocation, run, weight);
    return invocation_complain(invocation, EX_CONFIG,
        weight == PLAN_REFUSAL
            ? "nothing was changed: that stands in the way; mend it, then attach again"
            : "nothing was changed: choose first, then attach again");
}

/* Before anything is begun, and before it is told to stay: until then all can be put back. */
static int heed_interrupt(const struct invocation *invocation)
{
    return interrupt_came() ? invocation_complain(invocation, EX_TEMPFAIL, "interrupted") : EX_OK;
}

static int carry_out_one(const struct invocation *invocation, struct attach_target *target)
{
    bool is_new = journal_state(target->journal) == JOURNAL_NONE;
    int status;

    if (target->plan == NULL || plan_is_empty(target->plan))
        return EX_OK;
    status = heed_interrupt(invocation);
    if (status == EX_OK)
        status = attach_carry_out(&target->site, target->part, target->plan, target->journal);
    if (status == EX_OK)
        target->outcome = is_new ? ATTACH_ANEW : ATTACH_RENEWED;
    return status;
}

static int settle(const struct invocation *invocation, const struct attach_run *run)
{
    int status = heed_interrupt(invocation);

    for (size_t i = 0; status == EX_OK && i < run->count; i++)
        if (run->targets[i].outcome != ATTACH_UNTOUCHED)
            status = attach_settle(&run->targets[i].site, run->targets[i].journal);
    for (size_t i = 0; status == EX_OK && i < run->count; i++)
        if (run->targets[i].outcome != ATTACH_UNTOUCHED)
            invocation_tell(invocation, "%s: attached", journal_name(run->targets[i].journal));
    return status;
}

/* What was renewed and settled has no way back: what was there before is forgotten. */
static void put_back(const struct invocation *invocation, const struct attach_target *target)
{
    if (target->outcome == ATTACH_RENEWED && journal_state(target->journal) == JOURNAL_ATTACHED)
        (void)invocation_complain(invocation, EX_OK,
            "%s: stays attached, with its files written anew: \"mailctl status\" says whether all"
            " goes together",
            journal_name(target->journal));
    else if (target->outcome != ATTACH_UNTOUCHED)
        (void)attach_put_back(&target->site, target->part, target->journal);
}

/* Where a later part fails, the earlier ones of this run are put back, too. */
static int carry_out(const struct invocation *invocation, const struct attach_run *run)
{
    int status = EX_OK;

    interrupt_begin();
    for (size_t i = 0; status == EX_OK && i < run->count; i++)
        status = carry_out_one(invocation, &run->targets[i]);
    if (status == EX_OK)
        status = settle(invocation, run);
    for (size_t i = run->count; status != EX_OK && i-- != 0;)
        put_back(invocation, &run->targets[i]);
    interrupt_end();
    return status;
}

static int act(const struct invocation *invocation, struct attach_run *run)
{
    int status = judge(invocation, run);

    if (status != EX_OK || invocation->dry_run)
        return status;
    if (!has_work(run)) {
        invocation_tell(invocation, "nothing to do");
        run->is_done = true;
        return EX_OK;
    }
    fflush(stdout);
    if (!invocation_confirm(invocation, "Make these changes?"))
        return EX_USAGE;
    status = carry_out(invocation, run);
    run->is_done = status == EX_OK;
    return status;
}

static int run(struct invocation *invocation)
{
    static const struct attach_verb verb = {
        .scope = ATTACH_USUAL, .plan = make_plans, .show = show_plans, .act = act};

    return attach_run(invocation, &verb);
}

static const struct command_option options[] = {
    ATTACH_RUN_OPTIONS,
    {"install", NULL,   "install the packages that are missing"                 },
    {"replace", "LIST", "take these out, their work is ours: opendkim,opendmarc"},
    {"keep",    "LIST", "leave these beside us: opendkim,opendmarc,rspamd"      },
    {NULL,      NULL,   NULL                                                    },
};
static const char *const examples[] = {"mailctl --dry-run attach", "mailctl attach",
    "mailctl attach postfix --replace opendkim,opendmarc", NULL};

const struct command command_attach = {
    .noun = "attach",
    .arguments = "[postfix] [dovecot]",
    .arguments_max = 2,
    .options = options,
    .help = "plug Gatepost into the running Postfix and Dovecot",
    .details = "Shows what would change, as a diff with a reason for each edit, asks, makes the\n"
               "changes, and proves them with real sessions. Where anything fails, all is put\n"
               "back. \"mailctl detach\" takes it out again.",
    .examples = examples,
    .run = run,
};
