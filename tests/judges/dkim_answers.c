/* SPDX-License-Identifier: MIT */

/*
 * Signs and judges messages, one request a line:
 *
 *     forge MESSAGE { KEY TAGS NAMES CANON LIMIT }...     answer: the message with the fields
 *     judge NOW MESSAGE { NAME STATUS RECORD }...         answer: a line of ours and one of theirs
 *
 * A line of results has one field for each signature: "success", "tempfail" or "permfail" (RFC
 * 6376 §6.1), the latter two with words.
 */

#include <stdlib.h>

#include "lib/engines/libopendkim.h"
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

static void write_verdict(struct signature *signature, struct answers *answers, int64_t now)
{
    struct signature_verdict verdict;
    const struct dns_question *missing;

    if (signature_evaluate(signature, answers, now, &verdict) == AUTH_WAITING) {
        /* Whatever nobody published is not there. */
        for (size_t i = answers_take_missing(answers, &missing); i > 0; i--)
            answers_put(answers, missing[i - 1].name, missing[i - 1].type,
                &(struct dns_answer){.status = DNS_NO_NAME});
        assert_int_equal(signature_evaluate(signature, answers, now, &verdict), AUTH_DONE);
    }
    if (verdict.result == AUTH_PASS)
        printf("\tsuccess");
    else
        printf("\t%s %s", verdict.result == AUTH_TEMPERROR ? "tempfail" : "permfail",
            verdict.reason != NULL ? verdict.reason : auth_result_word(verdict.result));
}

static void judge_ourselves(struct text text, const struct keys *keys, int64_t now)
{
    struct dkim_run run;

    dkim_start_text(&run, text, NULL);
    put_answers(run.answers, keys);
    dkim_end_body(&run, 0);
    printf("ours");
    for (size_t i = 0; i < run.signatures.count; i++)
        write_verdict(run.signatures.items[i], run.answers, now);
    putchar('\n');
    dkim_done(&run);
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

static void write_opinion(const struct libopendkim_opinion *opinion)
{
    static const char *const words[] = {"success", "tempfail", "permfail", "permfail unread:"};

    printf("\t%s", words[opinion->status]);
    if (opinion->words != NULL)
        printf(" %s", opinion->words);
}

static void judge_theirs(const struct header_field *fields, size_t count, struct text body,
    const struct keys *keys, struct arena *arena)
{
    struct answers *answers = answers_new(arena);

    put_answers(answers, keys);
    printf("theirs");
    for (size_t i = 0; i < count; i++) {
        struct libopendkim_opinion opinion;

        if (!text_equals_nocase(fields[i].name, TEXT("DKIM-Signature")))
            continue;
        opinion = libopendkim_ask(fields, count, i, body, answers);
        write_opinion(&opinion);
    }
    putchar('\n');
}

static void judge(const struct lines *lines)
{
    struct keys keys = {&lines->fields[3], (lines->count - 3) / KEY_FIELDS * KEY_FIELDS};
    struct arena *arena = arena_new();
    const struct header_field *fields;
    size_t count;
    struct text body;
    uint64_t now;

    if (!text_to_number(lines->fields[1], INT64_MAX, &now) ||
        message_split_file(lines->fields[2], arena, &fields, &count, &body) != ERR_NONE)
        lines_bail_out(lines);
    judge_ourselves(lines->fields[2], &keys, (int64_t)now);
    fixed_time = (time_t)now;
    judge_theirs(fields, count, body, &keys, arena);
    arena_free(&arena);
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
        else
            lines_bail_out(&lines);
    }
    lines_done(&lines);
    return EXIT_SUCCESS;
}
