/* SPDX-License-Identifier: MIT */
#include "lib/engines/dkim-differences.h"
#include "lib/engines/libopendkim.h"

static void compare_signature(const struct compare_input *input,
    const struct dkim_difference_input *asked, const struct signature_verdict *verdict,
    struct compare_rows *rows)
{
    struct libopendkim_opinion opinion = libopendkim_ask(
        asked->fields, asked->field_count, asked->index, asked->body, asked->answers);
    struct compare_row row = {
        .method = "dkim",
        .library = "libopendkim",
        .about = arena_print(
            input->arena, "%.*s:%.*s", TEXT_ARGS(verdict->domain), TEXT_ARGS(verdict->selector)),
        .ours = dkim_difference_ours(verdict, input->arena),
        .theirs = dkim_difference_theirs(&opinion, input->arena),
    };

    row.agrees = compare_same_word(row.ours, row.theirs);
    compare_add(rows, &row, dkim_differences, asked);
}

/* The first fields of that name, malformed ones among them; what stands below is left out. */
enum auth_progress libopendkim_compare(const struct compare_input *input, struct compare_rows *rows)
{
    struct dkim_difference_input asked = {
        .fields = input->fields,
        .field_count = input->field_count,
        .body = input->body,
        .answers = input->answers,
        .now = input->facts->now,
    };
    size_t count = 0;

    for (; asked.index < asked.field_count; asked.index++) {
        if (!text_equals_nocase(asked.fields[asked.index].name, TEXT("DKIM-Signature")))
            continue;
        if (count == input->verdict->signature_count || count == SIGNATURES_MAX)
            break;
        compare_signature(input, &asked, &input->verdict->signatures[count++], rows);
    }
    return AUTH_DONE;
}
