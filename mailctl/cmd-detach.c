/* SPDX-License-Identifier: MIT */

/* detach: out of Postfix and Dovecot again. */

#include <stdio.h>

#include "mailctl/attach/attach-run.h"
#include "mailctl/commands.h"

/* Parts are taken out, and shown, in the reverse order. */
static int make_plans(struct attach_run *run)
{
    for (size_t i = run->count; i-- != 0;) {
        struct attach_target *target = &run->targets[i];
        struct failure failure;

        if (journal_state(target->journal) == JOURNAL_NONE)
            continue;
        if (target->is_renewal) {
            int status = attach_run_plan(target);

            if (status != EX_OK)
                return status;
            continue;
        }
        if (attach_removal_look(&target->site, target->part, target->journal, &target->removal,
                &failure) != ERR_NONE)
            return invocation_complain_failure(target->site.invocation, &failure);
        target->plan = attach_removal_plan(&target->site, target->journal, &target->removal);
        if (target->part == &attach_postfix)
            plan_add_note(target->plan, PLAN_NOTE,
                "from then on Postfix refuses mail to the users and aliases of the directory; the "
                "daemons go on running (\"systemctl disable --now gatepost.target\" ends them)");
    }
    return EX_OK;
}

static int show_plans(const struct invocation *invocation, const struct attach_run *run)
{
    int status = EX_OK;

    for (size_t i = run->count; status == EX_OK && i-- != 0;)
        if (run->targets[i].plan == NULL)
            invocation_tell(invocation, "%s: not attached", journal_name(run->targets[i].journal));
        else if (!invocation->json)
            status = plan_show(run->targets[i].plan, invocation);
    return status;
}

static bool has_work(const struct attach_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->targets[i].plan != NULL)
            return true;
    return false;
}

static int take_out_one(const struct attach_target *target)
{
    int status = attach_take_out(&target->site, target->part, target->journal, &target->removal);

    if (status == EX_OK && target->plan != NULL)
        invocation_tell(target->site.invocation, "%s: detached", journal_name(target->journal));
    return status;
}

static int write_anew(const struct attach_target *target)
{
    int status = EX_CONFIG;

    if (plan_weight(target->plan) < PLAN_CHOICE)
        status = attach_carry_out(&target->site, target->part, target->plan, target->journal);
    if (status == EX_OK)
        status = attach_settle(&target->site, target->journal);
    if (status != EX_OK && journal_state(target->journal) == JOURNAL_RENEWING)
        (void)attach_put_back(&target->site, target->part, target->journal);
    return status;
}

/* Behind the instances: until then their Postfix needs the sockets. */
static int renew(const struct attach_target *target)
{
    const struct invocation *invocation = target->site.invocation;
    const char *name = journal_name(target->journal);
    int status = EX_OK;

    if (target->plan == NULL ||
        (plan_is_empty(target->plan) && plan_weight(target->plan) < PLAN_CHOICE))
        return EX_OK;
    status = write_anew(target);
    if (status == EX_OK)
        invocation_tell(invocation, "%s: its sockets for what was detached are gone", name);
    else
        (void)invocation_complain(invocation, status,
            "%s: it keeps its sockets in the queue of what was detached, and will not start without"
            " that folder: mend what is named above, then run \"mailctl attach %s\"",
            name, name);
    return status;
}

/* A conflict in one part does not keep the others; but a renewal takes from what is still in. */
static int take_out(const struct attach_run *run)
{
    int worst = EX_OK;

    for (size_t i = run->count; i-- != 0;) {
        const struct attach_target *target = &run->targets[i];
        bool is_out = worst == EX_OK || worst == COMMAND_CHECK_WARNING;
        int status = EX_OK;

        if (!target->is_renewal)
            status = take_out_one(target);
        else if (is_out)
            status = renew(target);
        if (status > worst)
            worst = status;
    }
    return worst;
}

static int act(const struct invocation *invocation, struct attach_run *run)
{
    int status = EX_OK;

    if (invocation->dry_run)
        return EX_OK;
    fflush(stdout);
    if (has_work(run) && !invocation_confirm(invocation, "Take Gatepost out?"))
        return EX_USAGE;
    status = take_out(run);
    run->is_done = status == EX_OK || status == COMMAND_CHECK_WARNING;
    return status;
}

static int run(struct invocation *invocation)
{
    static const struct attach_verb verb = {
        .scope = ATTACH_JOURNALS, .plan = make_plans, .show = show_plans, .act = act};

    return attach_run(invocation, &verb);
}

static const struct command_option options[] = {
    ATTACH_RUN_OPTIONS,
    {NULL, NULL, NULL},
};
static const char *const examples[] = {
    "mailctl --dry-run detach", "mailctl detach", "mailctl -y detach postfix", NULL};

const struct command command_detach = {
    .noun = "detach",
    .arguments = "[postfix] [dovecot]",
    .arguments_max = 2,
    .options = options,
    .help = "take Gatepost out of Postfix and Dovecot again",
    .details =
        "Shows what would change, as a diff, and asks. Where nothing is named, all that was\n"
        "attached is taken out, other instances too.\n"
        "Files that nobody touched since attach get their former bytes back. In others,\n"
        "what is still ours is taken out and the rest is kept; a setting that was changed\n"
        "since is named and left, and the exit status is 1. Databases and mail stay.",
    .examples = examples,
    .run = run,
};
