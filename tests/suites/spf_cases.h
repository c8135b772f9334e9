/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SPF cases as lines (tests/judges/lines.h), each scenario with records of its own:
 *
 *     scenario NAME
 *     record   NAME TYPE DATA
 *     case     ID IP HELO MAIL-FROM RESULT[,RESULT...] EXPLANATION
 */

#include "lib/mailauth/spf.h"
#include "tests/judges/lines.h"
#include "tests/unit/mailauth/canned.h"

/* The time of every case, for %{t}. */
#define SPF_CASES_NOW 1794009600

struct spf_case {
    struct text scenario, id, results, explanation; /* as written */
    struct spf_verdict verdict;                     /* the engine's */
    const struct spf_query *query;
    struct answers *answers; /* with all that the engine has asked for */
    struct canned *canned;   /* for who asks for more */
    struct arena *arena;
};

typedef void (*spf_cases_report)(void *context, const struct spf_case *spf_case);

/* Runs that engine on every case of the file, and reports each. */
void spf_cases_run(
    FILE *file, const struct spf_engine *engine, spf_cases_report report, void *context);
