/* SPDX-License-Identifier: MIT */

#include "tests/suites/spf_cases.h"

#include <stdlib.h>

#define WAVES_MAX 40

/* A scenario's records and answers go with the scenario. */
struct run {
    struct arena *arena;
    struct canned *canned;
    struct text scenario;
    const struct spf_engine *engine;
    spf_cases_report report;
    void *context;
};

static void start_scenario(struct run *run, struct text name)
{
    arena_free(&run->arena);
    run->arena = arena_new();
    run->canned = canned_new(run->arena);
    run->scenario = arena_copy(run->arena, name);
}

static void check(struct run *run, struct spf_case *spf_case)
{
    for (int wave = 0; wave < WAVES_MAX; wave++) {
        if (run->engine->check(
                spf_case->query, spf_case->answers, run->arena, &spf_case->verdict) == AUTH_DONE)
            return;
        canned_answer_wave(run->canned, spf_case->answers);
    }
    spf_case->verdict = (struct spf_verdict){.result = AUTH_NONE, .problem = "no end of waves"};
}

static void run_case(struct run *run, const struct text *fields)
{
    struct spf_query query = {.helo = fields[3], .sender = fields[4], .now = SPF_CASES_NOW};
    struct spf_case spf_case = {
        .scenario = run->scenario,
        .id = fields[1],
        .results = fields[5],
        .explanation = fields[6],
        .query = &query,
        .answers = answers_new(run->arena),
        .canned = run->canned,
        .arena = run->arena,
    };

    if (!ip_parse(fields[2], &query.client))
        abort();
    check(run, &spf_case);
    run->report(run->context, &spf_case);
}

void spf_cases_run(
    FILE *file, const struct spf_engine *engine, spf_cases_report report, void *context)
{
    struct run run = {.engine = engine, .report = report, .context = context};
    struct lines lines;

    lines_init(&lines, file);
    while (lines_next(&lines)) {
        if (lines_is(&lines, "scenario", 2))
            start_scenario(&run, lines.fields[1]);
        else if (run.arena == NULL)
            lines_bail_out(&lines);
        else if (lines_is(&lines, "record", 4)) {
            if (!canned_add(run.canned, lines.fields[1], lines.fields[2], lines.fields[3]))
                abort();
        } else if (lines_is(&lines, "case", 7))
            run_case(&run, lines.fields);
        else
            lines_bail_out(&lines);
    }
    lines_done(&lines);
    arena_free(&run.arena);
}
