/* SPDX-License-Identifier: MIT */

/*
 * The same cases by libspf2 under our rules. It is wrong in many; what counts is that it never
 * says pass where the suite does not, and says so where nothing divides the two.
 */

#include <stdlib.h>

#include "lib/engines/libspf2.h"
#include "tests/suites/spf_cases.h"

/* Of the cases that pass, by the suite, so many do. */
#define PASSES_MIN 35

struct tally {
    unsigned cases, right, passes, false_passes;
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
    struct text result = text_from_string(auth_result_word(spf_case->verdict.result));
    bool is_right = is_among(result, spf_case->results);

    tally->cases++;
    tally->right += is_right;
    if (spf_case->verdict.result != AUTH_PASS)
        return;
    tally->passes++;
    if (is_right)
        return;
    tally->false_passes++;
    printf("# %.*s: %.*s passes\n", TEXT_ARGS(spf_case->scenario), TEXT_ARGS(spf_case->id));
}

int main(void)
{
    struct tally tally = {0};
    struct failure failure;

    if (libspf2_open(&failure) != ERR_NONE) {
        printf("Bail out! %s\n", failure.text);
        return EXIT_FAILURE;
    }
    spf_cases_run(stdin, &libspf2_engine, report, &tally);
    printf("1..2\n%s 1 - %u false passes\n", tally.false_passes == 0 ? "ok" : "not ok",
        tally.false_passes);
    printf("%s 2 - %u passes, %u of %u results right\n",
        tally.passes >= PASSES_MIN ? "ok" : "not ok", tally.passes, tally.right, tally.cases);
    return tally.false_passes == 0 && tally.passes >= PASSES_MIN ? EXIT_SUCCESS : EXIT_FAILURE;
}
