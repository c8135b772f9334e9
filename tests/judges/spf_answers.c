/* SPDX-License-Identifier: MIT */

/*
 * What our SPF says about the cases on standard input, one line each: id, result, explanation,
 * problem, the terms that caused lookups, the void ones.
 */

#include <stdlib.h>

#include "tests/suites/spf_cases.h"

static void report(void *context, const struct spf_case *spf_case)
{
    const struct spf_verdict *verdict = &spf_case->verdict;

    (void)context;
    lines_write(spf_case->id, '\t');
    lines_write(text_from_string(auth_result_word(verdict->result)), '\t');
    lines_write(verdict->explanation, '\t');
    lines_write(text_from_string(verdict->problem), '\t');
    printf("%u\t%u\n", verdict->lookup_terms, verdict->void_lookups);
}

int main(void)
{
    spf_cases_run(stdin, &spf_engine_own, report, NULL);
    return EXIT_SUCCESS;
}
