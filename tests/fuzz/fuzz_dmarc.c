/* SPDX-License-Identifier: MIT */

/*
 * DMARC records, walks and results: a line each for the author domain and for an identifier, then
 * records as canned_add_lines() reads them.
 */

#include <stdlib.h>

#include "lib/dns/name.h"
#include "lib/mailauth/dmarc.h"
#include "tests/unit/mailauth/canned.h"

#define WAVES_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_record(struct text text, struct arena *arena)
{
    struct dmarc_record record;

    if (dmarc_record_parse(text, arena, &record) == DMARC_PARSE_NOT_DMARC)
        return;
    if (record.p > DMARC_POLICY_REJECT || record.sp > DMARC_POLICY_REJECT ||
        record.np > DMARC_POLICY_REJECT || (record.has_sp && !record.has_p))
        abort();
}

static void check_verdict(const struct dmarc_query *query, const struct dmarc_verdict *verdict)
{
    bool is_aligned = verdict->spf_aligned || verdict->dkim_aligned;

    if ((verdict->result == AUTH_PASS) != is_aligned)
        abort();
    if (verdict->organizational_domain.len != 0 &&
        !dns_name_is_within(query->author_domain, verdict->organizational_domain))
        abort();
    if (verdict->result == AUTH_FAIL && verdict->record == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_from_bytes((const char *)data, size), author = TEXT_NONE;
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct canned *canned = canned_new(arena);
    struct dmarc_identifier identifier = {.domain = TEXT_NONE};
    struct dmarc_query query = {.identifiers = &identifier, .identifier_count = 1};
    struct dmarc_verdict verdict;
    int waves = 0;

    parse_record(rest, arena);
    text_split(&rest, '\n', &author);
    text_split(&rest, '\n', &identifier.domain);
    canned_add_lines(canned, &rest);
    if (dns_name_normalize(author, arena, &query.author_domain)) {
        dmarc_prefetch(query.author_domain, answers, arena);
        while (dmarc_evaluate(&query, answers, arena, &verdict) == AUTH_WAITING)
            if (canned_answer_wave(canned, answers) == 0 || ++waves > WAVES_MAX)
                abort();
        check_verdict(&query, &verdict);
    }
    arena_free(&arena);
    return 0;
}
