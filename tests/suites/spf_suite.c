/* SPDX-License-Identifier: MIT */

/*
 * Runs the cases of an SPF suite that spf-suite.py has turned into lines, from standard input,
 * and reports each in TAP.
 */

#include <stdlib.h>

#include "tests/suites/spf_cases.h"

struct tally {
    unsigned cases, failures;
};

static bool is_among(struct text word, struct text list)
{
    struct text item;

    while (text_split(&list, ',', &item))
        if (text_equals(word, item))
            return true;
    return false;
}

static void report(void *context, const struct spf_case *spf_case)
{
    struct tally *tally = context;
    const struct spf_verdict *verdict = &spf_case->verdict;
    struct text result = text_from_string(auth_result_word(verdict->result));
    struct text written = spf_case->explanation;
    struct text wanted = text_equals(written, TEXT("DEFAULT")) ? TEXT("") : written;
    bool is_good = is_among(result, spf_case->results) &&
                   (text_equals(written, TEXT("-")) || text_equals(verdict->explanation, wanted));

    tally->cases++;
    tally->failures += !is_good;
    printf("%s %u - %.*s: %.*s\n", is_good ? "ok" : "not ok", tally->cases,
        TEXT_ARGS(spf_case->scenario), TEXT_ARGS(spf_case->id));
    if (!is_good)
        printf("# wanted %.*s \"%.*s\", got %.*s \"%.*s\" (%s)\n", TEXT_ARGS(spf_case->results),
            TEXT_ARGS(wanted), TEXT_ARGS(result), TEXT_ARGS(verdict->explanation),
            verdict->problem != NULL ? verdict->problem : "no problem");
}

int main(void)
{
    struct tally tally = {0};

    spf_cases_run(stdin, &spf_engine_own, report, &tally);
    printf("# %u of %u cases\n1..%u\n", tally.cases - tally.failures, tally.cases, tally.cases);
    return tally.failures == 0 && tally.cases != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
