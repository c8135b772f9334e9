/* SPDX-License-Identifier: MIT */
#include "lib/engines/libspf2.h"
#include "lib/engines/spf-differences.h"

/* Without a client there is nothing to ask. */
enum auth_progress libspf2_compare(const struct compare_input *input, struct compare_rows *rows)
{
    const struct mailauth_facts *facts = input->facts;
    const struct spf_query query = {
        .client = facts->client,
        .helo = facts->helo,
        .sender = facts->mail_from,
        .now = facts->now,
    };
    struct spf_difference_input asked = {.query = &query, .answers = input->answers};
    struct compare_row row = {.method = "spf", .library = "libspf2"};
    struct spf_verdict theirs;

    if (facts->client.family == IP_NONE || text_has_control(facts->helo) ||
        text_has_control(facts->mail_from))
        return AUTH_DONE;
    if (libspf2_ask(&query, input->answers, input->arena, &theirs) == AUTH_WAITING)
        return AUTH_WAITING;
    row.about = input->verdict->spf.domain;
    row.ours = spf_difference_result(&input->verdict->spf, input->arena);
    row.theirs = spf_difference_result(&theirs, input->arena);
    row.agrees = compare_same_word(row.ours, row.theirs);
    compare_add(rows, &row, spf_differences, &asked);
    return AUTH_DONE;
}
