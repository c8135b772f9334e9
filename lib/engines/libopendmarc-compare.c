/* SPDX-License-Identifier: MIT */
#include "lib/engines/dmarc-differences.h"
#include "lib/engines/libopendmarc.h"

static void add_identifier(struct dmarc_identifier *identifiers, size_t *count, struct text domain,
    bool is_spf, enum auth_result result)
{
    if (result == AUTH_PASS || result == AUTH_TEMPERROR)
        identifiers[(*count)++] = (struct dmarc_identifier){
            .domain = domain, .is_spf = is_spf, .is_temporary = result == AUTH_TEMPERROR};
}

/* As mailauth.c tells DMARC of them. */
static struct dmarc_query query_of(const struct mailauth_verdict *verdict, struct arena *arena)
{
    struct dmarc_identifier *identifiers =
        arena_alloc_zero(arena, verdict->signature_count + 1, sizeof *identifiers);
    struct dmarc_query query = {
        .author_domain = verdict->author_domain, .identifiers = identifiers};

    add_identifier(
        identifiers, &query.identifier_count, verdict->spf.domain, true, verdict->spf.result);
    for (size_t i = 0; i < verdict->signature_count; i++)
        if (!verdict->signatures[i].testing)
            add_identifier(identifiers, &query.identifier_count, verdict->signatures[i].domain,
                false, verdict->signatures[i].result);
    return query;
}

/* Without one author, or a record, there is nothing to ask: the walk is ours alone. */
enum auth_progress libopendmarc_compare(
    const struct compare_input *input, struct compare_rows *rows)
{
    const struct mailauth_verdict *verdict = input->verdict;
    struct compare_row row = {.method = "dmarc", .library = "libopendmarc"};
    struct dmarc_query query;
    struct dmarc_difference_input asked = {.query = &query, .ours = &verdict->dmarc};

    if (verdict->from != MAILAUTH_FROM_ONE || verdict->dmarc.record == NULL)
        return AUTH_DONE;
    query = query_of(verdict, input->arena);
    row.about = verdict->author_domain;
    row.ours = dmarc_difference_ours(&verdict->dmarc, input->arena);
    row.theirs = dmarc_difference_theirs(libopendmarc_ask(&query, &verdict->dmarc, input->arena));
    row.agrees = text_equals(row.ours, row.theirs) || (verdict->dmarc.result == AUTH_PERMERROR &&
                                                          text_equals(row.theirs, TEXT("unread")));
    compare_add(rows, &row, dmarc_differences, &asked);
    return AUTH_DONE;
}
