/* SPDX-License-Identifier: MIT */

/* detach: out of Postfix and Dovecot again. */

#include "mailctl/attach-run.h"
#include "mailctl/commands.h"
#include "mailctl/output.h"

static bool has_work(const struct attach_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (journal_state(run->targets[i].journal) != JOURNAL_NONE)
            return true;
    return false;
}

/* In the reverse order. A conflict in one part does not keep the others. */
static int take_out(struct invocation *invocation, struct attach_run *run)
{
    int worst = EX_OK;

    for (size_t i = run->count; i-- != 0;) {
        struct attach_target *target = &run->targets[i];
        int status;

        if (journal_state(target->journal) == JOURNAL_NONE) {
            invocation_tell(invocation, "%s: not attached", journal_name(target->journal));
            continue;
        }
        invocation_tell(invocation, "%s: %s", journal_name(target->journal),
            invocation->dry_run ? "would be detached" : "detaching");
        status = invocation->dry_run
                     ? EX_OK
                     : attach_take_out(&target->site, target->part, target->journal);
        if (status > worst)
            worst = status;
    }
    return worst;
}

static int run(struct invocation *invocation)
{
    struct attach_run run;
    int status = attach_run_open(invocation, ATTACH_JOURNALS, &run);

    if (status == EX_OK) {
        if (has_work(&run) && !invocation->dry_run &&
            !invocation_confirm(invocation, "Take Gatepost out?"))
            status = EX_USAGE;
        else
            status = take_out(invocation, &run);
        if (invocation->json)
            output_json(json_pack("{s:b}", "done", status == EX_OK && !invocation->dry_run));
    }
    attach_run_close(&run);
    return status;
}

static const struct command_option options[] = {
    ATTACH_RUN_OPTIONS,
    {NULL, NULL, NULL},
};
static const char *const examples[] = {"mailctl detach", "mailctl -y detach postfix", NULL};

const struct command command_detach = {
    .noun = "detach",
    .arguments = "[postfix] [dovecot]",
    .arguments_max = 2,
    .options = options,
    .help = "take Gatepost out of Postfix and Dovecot again",
    .details = "Where nothing is named, all that was attached is taken out, other instances too.\n"
               "Files that nobody touched since attach get their former bytes back. In others,\n"
               "what is still ours is taken out and the rest is kept; a setting that was changed\n"
               "since is named and left, and the exit status is 1. Databases and mail stay.",
    .examples = examples,
    .run = run,
};
