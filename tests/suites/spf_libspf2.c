/* SPDX-License-Identifier: MIT */

/*
 * The same cases by libspf2. Under our rules it is wrong in some; what counts is that it never says
 * pass where the suite does not. Without them it is wrong in many more, and each difference from
 * ours has its entry in the table that "mailctl verify --compare" shows.
 */

#include <stdlib.h>

#include "lib/engines/libspf2.h"
#include "lib/engines/spf-differences.h"
#include "tests/suites/spf_cases.h"

/* Of the cases that pass, by the suite, so many do. */
#define PASSES_MIN 35

#define ENTRIES_MAX 32

struct tally {
    unsigned cases, right, passes, false_passes;
    unsigned differences, unexplained, seen[ENTRIES_MAX];
};

static bool is_among(struct text word, struct text list)
{
    struct text item;

    while (text_split(&list, ',', &item))
        if (text_equals(word, item))
            return true;
    return false;
}

static void judge_ruled(struct tally *tally, const struct spf_case *spf_case)
{
    struct text result = text_from_string(auth_result_word(spf_case->verdict.result));
    bool is_right = is_among(result, spf_case->results);

    tally->cases++;
    tally->right += is_right;
    tally->passes += spf_case->verdict.result == AUTH_PASS;
    if (is_right || spf_case->verdict.result != AUTH_PASS)
        return;
    tally->false_passes++;
    printf("# %.*s: %.*s passes\n", TEXT_ARGS(spf_case->scenario), TEXT_ARGS(spf_case->id));
}

static struct spf_verdict drive(
    const struct spf_case *spf_case, enum auth_progress (*check)(const struct spf_query *,
                                         struct answers *, struct arena *, struct spf_verdict *))
{
    struct spf_verdict verdict;

    while (check(spf_case->query, spf_case->answers, spf_case->arena, &verdict) == AUTH_WAITING)
        canned_answer_wave(spf_case->canned, spf_case->answers);
    return verdict;
}

static void compare(struct tally *tally, const struct spf_case *spf_case)
{
    const struct spf_difference_input input = {spf_case->query, spf_case->answers};
    struct spf_verdict own = drive(spf_case, spf_check), other = drive(spf_case, libspf2_ask);
    struct text ours = spf_difference_result(&own, spf_case->arena);
    struct text theirs = spf_difference_result(&other, spf_case->arena);
    const struct difference *entry;

    if (compare_same_word(ours, theirs))
        return;
    tally->differences++;
    entry = difference_explain(spf_differences, &input, ours, theirs);
    if (entry == NULL) {
        tally->unexplained++;
        printf("# %.*s: %.*s: we say %.*s, they say %.*s\n", TEXT_ARGS(spf_case->scenario),
            TEXT_ARGS(spf_case->id), TEXT_ARGS(ours), TEXT_ARGS(theirs));
    } else {
        tally->seen[entry - spf_differences]++;
    }
}

static void report(void *context, const struct spf_case *spf_case)
{
    judge_ruled(context, spf_case);
    compare(context, spf_case);
}

static bool report_all(const struct tally *tally)
{
    bool is_safe = tally->false_passes == 0, is_useful = tally->passes >= PASSES_MIN;
    bool is_explained = tally->unexplained == 0 && tally->differences != 0;

    for (const struct difference *entry = spf_differences; entry->name != NULL; entry++)
        printf("# %s (%s): %u times\n", entry->name, entry->section,
            tally->seen[entry - spf_differences]);
    printf("1..3\n%s 1 - %u false passes\n", is_safe ? "ok" : "not ok", tally->false_passes);
    printf("%s 2 - %u passes, %u of %u results right\n", is_useful ? "ok" : "not ok", tally->passes,
        tally->right, tally->cases);
    printf("%s 3 - %u of %u differences without an entry\n", is_explained ? "ok" : "not ok",
        tally->unexplained, tally->differences);
    return is_safe && is_useful && is_explained;
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
    return report_all(&tally) ? EXIT_SUCCESS : EXIT_FAILURE;
}
