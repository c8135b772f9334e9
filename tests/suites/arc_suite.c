/* SPDX-License-Identifier: MIT */

/*
 * Runs the cases of an ARC suite that arc-suite.py has turned into lines, from standard input, and
 * reports each in TAP.
 */

#include <stdlib.h>

#include "lib/mailauth/arc.h"
#include "lib/mailauth/authres.h"
#include "lib/mailauth/taglist.h"
#include "tests/judges/lines.h"
#include "tests/unit/mailauth/canned.h"

#define NOW 1794009600
#define TAGS_MAX 32

struct run {
    struct arena *arena;
    struct canned *canned;
    struct text scenario;
    unsigned cases, failures;
};

/* One message, its header in; its body comes with end(). */
struct loaded {
    struct message *message;
    const struct header_field *fields;
    size_t field_count;
    struct text body;
};

static void report(struct run *run, struct text id, bool is_good)
{
    run->cases++;
    run->failures += !is_good;
    printf("%s %u - %.*s: %.*s\n", is_good ? "ok" : "not ok", run->cases, TEXT_ARGS(run->scenario),
        TEXT_ARGS(id));
}

static void load(struct run *run, struct text text, struct loaded *loaded)
{
    loaded->field_count = 0;
    loaded->body = TEXT("");
    /* A message without any header field has no chain: it is a case, too. */
    if (message_split_file(
            text, run->arena, &loaded->fields, &loaded->field_count, &loaded->body) != ERR_NONE)
        loaded->field_count = 0;
    loaded->message = message_new(run->arena, NULL);
    for (size_t i = 0; i < loaded->field_count; i++)
        if (message_add_field(loaded->message, &loaded->fields[i]) != ERR_NONE)
            abort();
}

static struct arc_verdict judge(struct run *run, struct loaded *loaded, int64_t now)
{
    struct answers *answers = answers_new(run->arena);
    struct arc_chain *chain = arc_find(loaded->message, NULL, run->arena);
    struct arc_verdict verdict;

    if (arc_seal_prepare(loaded->message) != ERR_NONE)
        abort();
    message_add_body(loaded->message, loaded->body);
    message_end_body(loaded->message);
    while (arc_evaluate(chain, answers, now, &verdict) == AUTH_WAITING)
        if (canned_answer_wave(run->canned, answers) == 0)
            abort();
    return verdict;
}

/* Where the suite wants no result, the newest sealer has given the chain up, or one before it. */
static void validate(struct run *run, const struct text *fields)
{
    struct text wanted = fields[2].len == 0 ? TEXT("fail") : fields[2];
    struct loaded loaded;
    struct arc_verdict verdict;
    bool is_good;

    load(run, fields[3], &loaded);
    verdict = judge(run, &loaded, NOW);
    is_good = text_equals(text_from_string(auth_result_word(verdict.result)), wanted);
    report(run, fields[1], is_good);
    if (!is_good)
        printf("# wanted %.*s, got %s (%s)\n", TEXT_ARGS(wanted), auth_result_word(verdict.result),
            verdict.reason != NULL ? verdict.reason : "no reason");
    message_done(&loaded.message);
}

/* --- sealing --- */

static struct text squeezed(struct text text, struct arena *arena)
{
    char *copy = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++)
        if (!text_is_blank(text.data[i]))
            copy[len++] = text.data[i];
    return text_from_bytes(copy, len);
}

/* The same tags with the same values, in any order and however folded. */
static bool same_tags(struct text one, struct text other, struct arena *arena)
{
    struct taglist a, b;

    if (taglist_parse(one, TAGS_MAX, arena, &a) != TAGLIST_OK ||
        taglist_parse(other, TAGS_MAX, arena, &b) != TAGLIST_OK || a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++) {
        const char *name = arena_copy_string(arena, a.tags[i].name);
        const struct text *value = taglist_find(&b, name);

        if (value == NULL ||
            !text_equals(squeezed(*value, arena), squeezed(a.tags[i].value, arena)))
            return false;
    }
    return true;
}

static bool same_set(const struct arc_seal *seal, const struct text *fields, struct arena *arena)
{
    return text_equals(squeezed(seal->results, arena), squeezed(fields[8], arena)) &&
           same_tags(seal->message, fields[9], arena) && same_tags(seal->seal, fields[10], arena);
}

static bool is_refused(enum err err, const struct text *fields)
{
    return err == ERR_REFUSED && fields[8].len == 0 && fields[9].len == 0 && fields[10].len == 0;
}

static void seal(struct run *run, const struct text *fields)
{
    struct arc_seal_request request = {.field_list = fields[3],
        .authserv_id = fields[4],
        .domain = fields[5],
        .selector = fields[6]};
    struct loaded loaded;
    struct arc_verdict verdict;
    struct arc_seal made = {TEXT_NONE, TEXT_NONE, TEXT_NONE};
    struct private_key *key;
    struct failure failure = {ERR_NONE, ""};
    uint64_t now;
    bool is_good;
    enum err err;

    if (!text_to_number(fields[2], INT64_MAX, &now) ||
        private_key_parse(fields[7], true, &key, &failure) != ERR_NONE)
        abort();
    request.now = (int64_t)now;
    load(run, fields[11], &loaded);
    request.results = arc_results_collect(loaded.message, request.authserv_id, run->arena);
    verdict = judge(run, &loaded, NOW);
    err = arc_seal_format(loaded.message, &verdict, &request, key, run->arena, &made, &failure);
    is_good = err == ERR_NONE ? same_set(&made, fields, run->arena) : is_refused(err, fields);
    report(run, fields[1], is_good);
    if (!is_good)
        printf("# %s; made\n# %.*s\n# %.*s\n# %.*s\n", failure.text,
            TEXT_ARGS(squeezed(made.results, run->arena)),
            TEXT_ARGS(squeezed(made.message, run->arena)),
            TEXT_ARGS(squeezed(made.seal, run->arena)));
    private_key_release(&key);
    message_done(&loaded.message);
}

/* --- the cases --- */

static void start_scenario(struct run *run, struct text name)
{
    arena_free(&run->arena);
    run->arena = arena_new();
    run->canned = canned_new(run->arena);
    run->scenario = arena_copy(run->arena, name);
}

/* A record, or a case of the scenario. False: neither. */
static bool run_line(struct run *run, const struct lines *lines)
{
    if (lines_is(lines, "record", 4))
        (void)canned_add(run->canned, lines->fields[1], lines->fields[2], lines->fields[3]);
    else if (lines_is(lines, "validate", 4))
        validate(run, lines->fields);
    else if (lines_is(lines, "seal", 12))
        seal(run, lines->fields);
    else
        return false;
    return true;
}

static void run_cases(struct run *run, FILE *file)
{
    struct lines lines;

    lines_init(&lines, file);
    while (lines_next(&lines)) {
        if (lines_is(&lines, "scenario", 2))
            start_scenario(run, lines.fields[1]);
        else if (run->arena == NULL || !run_line(run, &lines))
            lines_bail_out(&lines);
    }
    lines_done(&lines);
    arena_free(&run->arena);
}

int main(void)
{
    struct run run = {.cases = 0};

    run_cases(&run, stdin);
    printf("# %u of %u cases\n1..%u\n", run.cases - run.failures, run.cases, run.cases);
    return run.failures == 0 && run.cases != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
