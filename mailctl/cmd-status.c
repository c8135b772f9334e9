/* SPDX-License-Identifier: MIT */

/* status: is all as it should be, and what mends it. */

#include <stdio.h>

#include "mailctl/commands.h"
#include "mailctl/output.h"
#include "mailctl/status/status.h"

static int exit_status_of(enum status_level level)
{
    static const int statuses[] = {
        [STATUS_OK] = COMMAND_CHECK_OK,
        [STATUS_WARNING] = COMMAND_CHECK_WARNING,
        [STATUS_UNKNOWN] = COMMAND_CHECK_UNKNOWN,
        [STATUS_ERROR] = COMMAND_CHECK_ERROR,
    };

    return statuses[level];
}

static void print_table(struct invocation *invocation, const struct status_findings *findings)
{
    static const char *const headings[] = {"check", "state", "finding", "mends it", NULL};
    struct output_table *table = output_table_new(invocation, headings);

    for (size_t i = 0; i < findings->count; i++) {
        const struct status_finding *finding = &findings->items[i];
        struct text cells[] = {
            arena_print(invocation->arena, "%s.%s", finding->group, finding->check),
            text_from_string(status_level_word(finding->level)), finding->text, finding->mend};

        if (finding->level != STATUS_OK || !invocation->quiet)
            output_table_add(table, cells);
    }
    output_table_print(table);
}

static void print_json(const struct status_findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const struct status_finding *finding = &findings->items[i];

        json_array_append_new(list,
            json_pack("{s:s, s:s, s:s, s:o, s:o}", "group", finding->group, "check", finding->check,
                "state", status_level_word(finding->level), "finding",
                output_json_text(finding->text), "mend",
                text_is_empty(finding->mend) ? json_null() : output_json_text(finding->mend)));
    }
    output_json(
        json_pack("{s:s, s:o}", "state", status_level_word(findings->worst), "checks", list));
}

static int run(struct invocation *invocation)
{
    struct status_findings findings;

    status_run(invocation, &findings);
    if (invocation->json)
        print_json(&findings);
    else
        print_table(invocation, &findings);
    return exit_status_of(findings.worst);
}

static const char *const examples[] = {
    "mailctl status", "mailctl -q status", "mailctl --json status", NULL};

const struct command command_status = {
    .noun = "status",
    .help = "is all as it should be: daemons, databases, Postfix, Dovecot, certificates, disk",
    .details =
        "Changes nothing. Each finding names the command that mends it; --quiet shows only\n"
        "what is not in order. Ends with 0 where all is well, 1 after a warning, 2 after an\n"
        "error, and 3 where something could not be seen (an ordinary user sees less than\n"
        "root). Takes at most half a minute.",
    .examples = examples,
    .run = run,
};
