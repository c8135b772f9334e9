/* SPDX-License-Identifier: MIT */

/*
 * Runs the cases of an SPF suite that spf-suite.py has turned into lines, from standard input,
 * and reports each in TAP.
 */

#include <stdio.h>
#include <stdlib.h>

#include "lib/mailauth/spf.h"
#include "tests/unit/mailauth/canned.h"

#define FIELDS_MAX 8
#define WAVES_MAX 16

struct suite {
    struct arena *arena;
    struct canned *canned;
    struct text scenario;
    unsigned cases, failures;
};

/* Reads \xHH in place. */
static struct text unescape(struct text text)
{
    char *bytes = (char *)text.data;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\' && i + 3 < text.len) {
            bytes[len++] =
                (char)(text_hex_value(text.data[i + 2]) * 16 + text_hex_value(text.data[i + 3]));
            i += 3;
        } else {
            bytes[len++] = text.data[i];
        }
    }
    return text_from_bytes(bytes, len);
}

static size_t split_line(struct text line, struct text fields_r[FIELDS_MAX])
{
    size_t count = 0;

    while (count < FIELDS_MAX && text_split(&line, '\t', &fields_r[count]))
        count++;
    for (size_t i = 0; i < count; i++)
        fields_r[i] = unescape(fields_r[i]);
    return count;
}

static bool is_among(struct text word, struct text list)
{
    struct text item;

    while (text_split(&list, ',', &item))
        if (text_equals(word, item))
            return true;
    return false;
}

/* The address as a host byte string: the suite writes some that no client would have. */
static struct spf_verdict check(struct suite *suite, const struct text *fields)
{
    struct answers *answers = answers_new(suite->arena);
    struct spf_query query = {.helo = fields[3], .sender = fields[4], .now = 1794009600};
    struct spf_verdict verdict = {.result = AUTH_NONE};

    if (!ip_parse(fields[2], &query.client))
        abort();
    for (int wave = 0; wave < WAVES_MAX; wave++) {
        if (spf_check(&query, answers, suite->arena, &verdict) == AUTH_DONE)
            return verdict;
        canned_answer_wave(suite->canned, answers);
    }
    verdict.problem = "no end of waves";
    return verdict;
}

static void run_case(struct suite *suite, const struct text *fields)
{
    struct spf_verdict verdict = check(suite, fields);
    struct text result = text_from_string(auth_result_word(verdict.result));
    struct text wanted = text_equals(fields[6], TEXT("DEFAULT")) ? TEXT("") : fields[6];
    bool is_good = is_among(result, fields[5]) &&
                   (text_equals(fields[6], TEXT("-")) || text_equals(verdict.explanation, wanted));

    suite->cases++;
    suite->failures += !is_good;
    printf("%s %u - %.*s: %.*s\n", is_good ? "ok" : "not ok", suite->cases,
        TEXT_ARGS(suite->scenario), TEXT_ARGS(fields[1]));
    if (!is_good)
        printf("# wanted %.*s \"%.*s\", got %.*s \"%.*s\" (%s)\n", TEXT_ARGS(fields[5]),
            TEXT_ARGS(wanted), TEXT_ARGS(result), TEXT_ARGS(verdict.explanation),
            verdict.problem != NULL ? verdict.problem : "no problem");
}

static void run_line(struct suite *suite, struct text line)
{
    struct text fields[FIELDS_MAX];
    size_t count = split_line(line, fields);

    if (count == 2 && text_equals(fields[0], TEXT("scenario"))) {
        canned_clear(suite->canned);
        suite->scenario = arena_copy(suite->arena, fields[1]);
    } else if (count == 4 && text_equals(fields[0], TEXT("record"))) {
        if (!canned_add(suite->canned, fields[1], fields[2], fields[3]))
            abort();
    } else if (count == 7 && text_equals(fields[0], TEXT("case"))) {
        run_case(suite, fields);
    } else {
        printf("Bail out! a line of %zu fields\n", count);
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    struct suite suite = {.arena = arena_new()};
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    suite.canned = canned_new(suite.arena);
    while ((len = getline(&line, &room, stdin)) > 0)
        run_line(&suite, text_from_bytes(line, (size_t)len - 1));
    free(line);
    arena_free(&suite.arena);
    printf("# %u of %u cases\n1..%u\n", suite.cases - suite.failures, suite.cases, suite.cases);
    return suite.failures == 0 && suite.cases != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
