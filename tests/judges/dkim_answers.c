/* SPDX-License-Identifier: MIT */

/*
 * Signs and judges messages, one request a line:
 *
 *     forge MESSAGE { KEY TAGS NAMES CANON LIMIT }...     answer: the message with the fields
 *     judge NOW MESSAGE { NAME STATUS RECORD }...         answer: lines of ours, of theirs, and why
 *     table                                               answer: the entries' names and sections
 *
 * A line of results has one field for each signature: "success", "tempfail" or "permfail" (RFC
 * 6376 §6.1), the latter two with words. The line of reasons has the name of the table's entry
 * where the two differ, and nothing where they agree or there is none.
 */

#include <stdlib.h>

#include "lib/engines/dkim-differences.h"
#include "tests/judges/lines.h"
#include "tests/unit/mailauth/dkim.h"

#define FORGE_FIELDS 5
#define KEY_FIELDS 3

static const char *find_pem(struct text word)
{
    if (text_equals(word, TEXT("ed25519")))
        return dkim_ed25519_pem;
    return text_equals(word, TEXT("short")) ? dkim_short_pem : dkim_rsa_pem;
}

/* "sr": simple for the header, relaxed for the body. */
static enum canon canon_of(char letter)
{
    return letter == 's' ? CANON_SIMPLE : CANON_RELAXED;
}

static struct text forge_one(struct arena *arena, struct text message, const struct text *fields)
{
    struct dkim_forge forge = {
        .pem = find_pem(fields[0]),
        .tags = arena_copy_string(arena, fields[1]),
        .names = arena_copy_string(arena, fields[2]),
        .header_canon = canon_of(fields[3].data[0]),
        .body_canon = canon_of(fields[3].data[1]),
    };

    if (!text_to_number(fields[4], INT64_MAX, &forge.limit))
        forge.limit = 0;
    else if (forge.limit == 0)
        forge.limit = DKIM_NO_BODY;
    return dkim_forged(arena, message, &forge);
}

static void forge(const struct lines *lines)
{
    struct arena *arena = arena_new();
    struct text message = lines->fields[1];

    for (size_t i = 2; i + FORGE_FIELDS <= lines->count; i += FORGE_FIELDS)
        message = forge_one(arena, message, &lines->fields[i]);
    lines_write(message, '\n');
    arena_free(&arena);
}

/* Answers of the DNS: name, word ("FOUND", "ABSENT", "FAILED") and the record's text. */
struct keys {
    const struct text *fields;
    size_t count; /* of fields, three a key */
};

static void put_answers(struct answers *answers, const struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i += KEY_FIELDS) {
        struct dns_record record = {.text = keys->fields[i + 2]};
        struct dns_answer answer = {.status = DNS_FOUND, .count = 1, .records = &record};

        if (text_equals(keys->fields[i + 1], TEXT("FAILED")))
            answer = (struct dns_answer){.status = DNS_TEMPORARY};
        else if (text_equals(keys->fields[i + 1], TEXT("ABSENT")))
            answer = (struct dns_answer){.status = DNS_NO_NAME};
        answers_put(answers, keys->fields[i], DNS_TXT, &answer);
    }
}

static struct text our_result(struct signature *signature, struct dkim_run *run, int64_t now)
{
    struct signature_verdict verdict;
    const struct dns_question *missing;

    if (signature_evaluate(signature, run->answers, now, &verdict) == AUTH_WAITING) {
        /* Whatever nobody published is not there. */
        for (size_t i = answers_take_missing(run->answers, &missing); i > 0; i--)
            answers_put(run->answers, missing[i - 1].name, missing[i - 1].type,
                &(struct dns_answer){.status = DNS_NO_NAME});
        assert_int_equal(signature_evaluate(signature, run->answers, now, &verdict), AUTH_DONE);
    }
    return dkim_difference_ours(&verdict, run->arena);
}

/* The library asks the clock whether a signature has expired; DKIM_OPTS_FIXEDTIME is for signing.
 */
static time_t fixed_time;

time_t time(time_t *time_r)
{
    if (time_r != NULL)
        *time_r = fixed_time;
    return fixed_time;
}

static bool is_signature(const struct header_field *field)
{
    return text_equals_nocase(field->name, TEXT("DKIM-Signature"));
}

static struct text their_result(const struct dkim_difference_input *input, struct arena *arena)
{
    struct libopendkim_opinion opinion = libopendkim_ask(
        input->fields, input->field_count, input->index, input->body, input->answers);

    return dkim_difference_theirs(&opinion, arena);
}

static struct text why(
    const struct dkim_difference_input *input, struct text ours, struct text theirs)
{
    const struct difference *entry;

    if (compare_same_word(ours, theirs))
        return TEXT("");
    entry = difference_explain(dkim_differences, input, ours, theirs);
    return entry != NULL ? text_from_string(entry->name) : TEXT("");
}

/* For each signature. */
struct outcome {
    struct text ours, theirs, why;
};

static void print_outcomes(const struct outcome *outcomes, size_t count)
{
    for (size_t line = 0; line < 3; line++) {
        static const char *const words[] = {"ours", "theirs", "why"};

        printf("%s", words[line]);
        for (size_t i = 0; i < count; i++) {
            const struct text fields[] = {outcomes[i].ours, outcomes[i].theirs, outcomes[i].why};

            printf("\t%.*s", TEXT_ARGS(fields[line]));
        }
        putchar('\n');
    }
}

static void judge_message(struct text text, struct dkim_difference_input *input,
    const struct keys *keys, struct arena *arena)
{
    struct outcome *outcomes = arena_alloc_zero(arena, input->field_count, sizeof *outcomes);
    struct dkim_run run;
    size_t count = 0;

    dkim_start_text(&run, text, NULL);
    put_answers(run.answers, keys);
    dkim_end_body(&run, 0);
    for (input->index = 0; input->index < input->field_count; input->index++) {
        struct outcome *outcome = &outcomes[count];

        if (!is_signature(&input->fields[input->index]))
            continue;
        assert_true(count < run.signatures.count);
        outcome->ours = our_result(run.signatures.items[count++], &run, input->now);
        outcome->theirs = their_result(input, arena);
        outcome->why = why(input, outcome->ours, outcome->theirs);
    }
    print_outcomes(outcomes, count);
    dkim_done(&run);
}

static void judge(const struct lines *lines)
{
    struct keys keys = {&lines->fields[3], (lines->count - 3) / KEY_FIELDS * KEY_FIELDS};
    struct arena *arena = arena_new();
    struct dkim_difference_input input = {.index = 0};
    struct answers *answers = answers_new(arena);
    uint64_t now;

    if (!text_to_number(lines->fields[1], INT64_MAX, &now) ||
        message_split_file(
            lines->fields[2], arena, &input.fields, &input.field_count, &input.body) != ERR_NONE)
        lines_bail_out(lines);
    put_answers(answers, &keys);
    input.answers = answers;
    input.now = (int64_t)now;
    fixed_time = (time_t)now;
    judge_message(lines->fields[2], &input, &keys, arena);
    arena_free(&arena);
}

static void print_table(void)
{
    for (const struct difference *entry = dkim_differences; entry->name != NULL; entry++) {
        lines_write(text_from_string(entry->name), '\t');
        lines_write(text_from_string(entry->section), '\n');
    }
}

int main(void)
{
    struct failure failure;
    struct lines lines;

    if (libopendkim_open(&failure) != ERR_NONE) {
        printf("Bail out! %s\n", failure.text);
        return EXIT_FAILURE;
    }
    lines_init(&lines, stdin);
    while (lines_next(&lines)) {
        if (lines.count >= 2 && text_equals(lines.fields[0], TEXT("forge")))
            forge(&lines);
        else if (lines.count >= 3 && text_equals(lines.fields[0], TEXT("judge")))
            judge(&lines);
        else if (lines_is(&lines, "table", 1))
            print_table();
        else
            lines_bail_out(&lines);
    }
    lines_done(&lines);
    return EXIT_SUCCESS;
}
