/* SPDX-License-Identifier: MIT */

/*
 * The table of decisions in gatepost-milter(8), held against the milter: each combination of
 * result, exception, the owner's policy and settings does what the first fitting line says, and
 * no line is there for nothing.
 */

#include "tests/unit/milter/scene.h"
#include "tests/unit/page.h"

#define LINES_MAX 32
#define CELL_MAX 48

struct line {
    char cells[4][CELL_MAX]; /* DMARC, exception, owner, action */
    size_t used;
};

struct table {
    struct line lines[LINES_MAX];
    size_t count;
};

static void read_cells(const char *at, struct line *line)
{
    struct text rest = text_head(text_from_string(at), text_find(text_from_string(at), '\n'));

    for (size_t i = 0; i < 4; i++) {
        size_t len = text_find_text(rest, TEXT(" Ta "));

        (void)snprintf(line->cells[i], CELL_MAX, "%.*s", TEXT_ARGS(text_head(rest, len)));
        rest = text_skip(rest, len + sizeof " Ta " - 1);
    }
    assert_true(line->cells[3][0] != '\0' && rest.len == 0);
}

static void read_table(struct table *table)
{
    char page[PAGE_SECTION_MAX];

    *table = (struct table){.count = 0};
    page_section("gatepost-milter.8", "Decisions", page);
    for (const char *at = strstr(page, "\n.It "); at != NULL; at = strstr(at + 1, "\n.It ")) {
        at += sizeof "\n.It " - 1;
        if (strncmp(at, "Em ", 3) == 0)
            continue;
        assert_true(table->count < LINES_MAX);
        read_cells(at, &table->lines[table->count++]);
    }
    assert_int_not_equal(table->count, 0);
}

/* --- all that can come together --- */

static const char *const results[] = {"pass", "fail", "none", "temperror", "permerror"};
static const char *const exceptions[] = {
    "none", "forwarder", "override accept", "override quarantine", "override reject", "own domain"};
static const char *const policies[] = {"none", "quarantine", "reject"};
static const char *const records[] = {
    "v=DMARC1; p=none", "v=DMARC1; p=quarantine", "v=DMARC1; p=reject"};
static const char *const on_reject[] = {"quarantine", "reject"};
static const char *const on_own_domain[] = {"mark", "quarantine", "reject"};
/* From the mildest to the strictest. */
static const char *const actions[] = {"accept", "quarantine", "reject"};

struct combination {
    size_t result, exception, policy, on_reject, on_own_domain;
};

/* The next one, like an odometer; false behind the last. */
static bool next(struct combination *at)
{
    if (++at->result < 5)
        return true;
    at->result = 0;
    if (++at->exception < 6)
        return true;
    at->exception = 0;
    if (++at->policy < 3)
        return true;
    at->policy = 0;
    if (++at->on_reject < 2)
        return true;
    at->on_reject = 0;
    return ++at->on_own_domain < 3;
}

/* --- what the page says --- */

/* Of the value the first words suffice: "override" fits "override accept". */
static bool cell_fits(const char *cell, const char *value)
{
    size_t len = strlen(cell);

    return strcmp(cell, "any") == 0 ||
           (strncmp(cell, value, len) == 0 && (value[len] == '\0' || value[len] == ' '));
}

static struct line *find_line(struct table *table, const struct combination *at)
{
    for (size_t i = 0; i < table->count; i++) {
        struct line *line = &table->lines[i];

        if (strcmp(line->cells[0], results[at->result]) == 0 &&
            cell_fits(line->cells[1], exceptions[at->exception]) &&
            cell_fits(line->cells[2], policies[at->policy]))
            return line;
    }
    fail_msg("no line for %s, %s, %s", results[at->result], exceptions[at->exception],
        policies[at->policy]);
    return NULL;
}

/* What the override says; empty where there is none. */
static struct text override_of(const struct combination *at)
{
    const struct text override = TEXT("override "),
                      name = text_from_string(exceptions[at->exception]);

    return text_starts_with(name, override) ? text_skip(name, override.len) : TEXT_NONE;
}

static size_t action_of(struct text word, const struct combination *at)
{
    if (text_equals(word, TEXT("on_reject")))
        word = text_from_string(on_reject[at->on_reject]);
    else if (text_equals(word, TEXT("on_own_domain")))
        word = text_from_string(on_own_domain[at->on_own_domain]);
    else if (text_equals(word, TEXT("as it says")))
        word = override_of(at);
    if (text_equals(word, TEXT("mark")))
        return 0;
    for (size_t i = 0; i < 3; i++)
        if (text_equals(word, text_from_string(actions[i])))
            return i;
    fail_msg("no action: %.*s", TEXT_ARGS(word));
    return 0;
}

static const char *wanted(struct table *table, const struct combination *at)
{
    struct line *line = find_line(table, at);
    struct text rest = text_from_string(line->cells[3]), word;
    size_t strictest = 0;

    line->used++;
    while (text_split(&rest, ',', &word)) {
        size_t action = action_of(text_trim(word), at);

        strictest = action > strictest ? action : strictest;
    }
    return actions[strictest];
}

/* --- what the milter does --- */

static void add_records(struct fake_world *fake, const struct combination *at)
{
    const char *word = results[at->result];
    bool passes = strcmp(word, "pass") == 0;

    fake_world_add(fake, "example.org", DNS_TXT, passes ? "v=spf1 +all" : "v=spf1 -all");
    if (strcmp(word, "temperror") == 0)
        fake_world_add(fake, "_dmarc.example.org", DNS_TXT, NULL);
    else if (strcmp(word, "permerror") == 0)
        fake_world_add(fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=nonsense");
    else if (strcmp(word, "none") != 0)
        fake_world_add(fake, "_dmarc.example.org", DNS_TXT, records[at->policy]);
}

static struct exceptions_verdict exception_of(const struct combination *at)
{
    struct exceptions_verdict verdict = {.has_override = at->exception >= 2 && at->exception <= 4};

    if (at->exception == 1)
        verdict.forwarder = TEXT("client 192.0.2.0/24");
    if (verdict.has_override)
        verdict.override = (enum dmarc_action)(DMARC_ACTION_ACCEPT + (at->exception - 2));
    if (at->exception == 5)
        verdict.own_domain = TEXT("example.org");
    return verdict;
}

static const char *done(const struct combination *at)
{
    struct scene *scene;
    const struct reply *reply;
    const char *action = "reject";
    char result[32];

    scene_up((void **)&scene);
    scene->fake.world->decisions.on_reject = (enum settings_on_reject)at->on_reject;
    scene->fake.world->decisions.on_own_domain = (enum settings_on_own_domain)at->on_own_domain;
    scene->fake.exceptions = exception_of(at);
    add_records(&scene->fake, at);
    reply = scene_send(scene->session, &(struct letter){0});
    if (reply->verdict == REPLY_CONTINUE) {
        bool is_own = at->exception == 5 && strcmp(results[at->result], "fail") == 0;
        const char *mark = scene_inserted(reply, "X-Gatepost-Action");

        (void)snprintf(result, sizeof result, "dmarc=%s", results[at->result]);
        assert_results(reply, result);
        assert_int_equal(scene_inserted(reply, "X-Gatepost-Warning") != NULL, is_own);
        action = mark != NULL ? "quarantine" : "accept";
    }
    scene_down((void **)&scene);
    return action;
}

static void test_decisions(void **state)
{
    struct combination at = {0};
    struct table table;

    (void)state;
    read_table(&table);
    do {
        print_message("# %s, %s, %s, on_reject %s, on_own_domain %s\n", results[at.result],
            exceptions[at.exception], policies[at.policy], on_reject[at.on_reject],
            on_own_domain[at.on_own_domain]);
        assert_string_equal(done(&at), wanted(&table, &at));
    } while (next(&at));
    for (size_t i = 0; i < table.count; i++) {
        print_message("# line %zu: %s, %s, %s\n", i + 1, table.lines[i].cells[0],
            table.lines[i].cells[1], table.lines[i].cells[2]);
        assert_int_not_equal(table.lines[i].used, 0);
    }
}

UNIT_MAIN(cmocka_unit_test(test_decisions))
