/* SPDX-License-Identifier: MIT */

/*
 * SPF records and macros, evaluated with canned answers: a line each for client, HELO name and
 * sender, then records as canned_add_lines() reads them.
 */

#include <stdlib.h>

#include "lib/mailauth/spf.h"
#include "tests/unit/mailauth/canned.h"

/* Ten nested terms of three waves each, and an explanation: a longer chain breaks a limit. */
#define WAVES_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_verdict(const struct spf_verdict *verdict)
{
    if (verdict->lookup_terms > SPF_LOOKUP_TERMS_MAX + 1 ||
        verdict->void_lookups > SPF_VOID_LOOKUPS_MAX + 1 ||
        verdict->explanation.len > SPF_EXPLANATION_MAX)
        abort();
    if (text_has_control(verdict->explanation))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_from_bytes((const char *)data, size), client = TEXT_NONE;
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct spf_query query = {.now = 1794009600};
    struct spf_verdict verdict;
    int waves = 0;

    text_split(&rest, '\n', &client);
    text_split(&rest, '\n', &query.helo);
    text_split(&rest, '\n', &query.sender);
    canned_add_lines(canned, &rest);
    if (!ip_parse(client, &query.client))
        ip_parse(TEXT("192.0.2.1"), &query.client);
    while (spf_check(&query, answers, arena, &verdict) == AUTH_WAITING)
        if (canned_answer_wave(canned, answers) == 0 || ++waves > WAVES_MAX)
            abort();
    check_verdict(&verdict);
    arena_free(&arena);
    return 0;
}
