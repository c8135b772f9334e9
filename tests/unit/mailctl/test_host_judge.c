/* SPDX-License-Identifier: MIT */

/*
 * Hosts that are wrong, each in one way that has a name, and the finding that each gives: its own
 * and no other. The resolver is a table.
 */

#include "mailctl/check/host-judge.h"

#include "mailctl/check/judge-domain-lists.h"
#include "mailctl/command.h"
#include "tests/unit/unit.h"

#define CHANGES_MAX 4
#define RECORDS_MAX 64
#define CODES_MAX 4
#define WAVES_MAX 10

/* data NULL: what there is of that name and type is taken away; type TIMEOUT: nobody answers. */
struct rr {
    const char *name, *type, *data;
};

static const struct rr base[] = {
    {"10.2.0.192.in-addr.arpa", "PTR", "mail.example.org"},
    {"mail.example.org",        "A",   "192.0.2.10"      },
    {"2.0.0.127.bl.example",    "A",   "127.0.0.2"       },
    {"2.0.0.127.other.example", "A",   "127.0.0.2"       },
    {"test.dom.example",        "A",   "127.0.1.2"       },
};

static const char *const blocklists[] = {"bl.example", "other.example"};
static const char *const domain_blocklists[] = {"dom.example"};

#define PTR "10.2.0.192.in-addr.arpa", "PTR"
#define LISTED "10.2.0.192.bl.example", "A"
#define TEST "2.0.0.127.bl.example", "A"
#define NAMED "mail.example.org.dom.example", "A"
#define NAMED_TEST "test.dom.example", "A"
#define SIX "a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."

#define NO_POSTFIX "-"

static const struct host_row {
    const char *row;
    struct rr changes[CHANGES_MAX];
    const char *codes[CODES_MAX];
    int status;
    const char *address, *helo, *settings; /* NULL: as usual */
} rows[] = {
    {"in order",                                             {{NULL}},                                                                  {NULL},                     0, NULL,          NULL,                NULL                          },

    {"no reverse name",                                      {{PTR, NULL}},                                                             {"ptr-missing"},            2, NULL,          NULL,                NULL                          },
    {"nobody tells the reverse name",                        {{"10.2.0.192.in-addr.arpa", "TIMEOUT", ""}},                              {"ptr-unknown"},
     3,                                                                                                                                                                NULL,          NULL,                NULL                          },
    {"two reverse names",                                    {{PTR, "www.example.org"}},                                                {"ptr-several"},            1, NULL,          NULL,                NULL                          },
    {"a reverse name that leads nowhere",                    {{PTR, NULL}, {PTR, "gone.example.org"}},
     {"ptr-unconfirmed"},                                                                                                                                           2, NULL,          NULL,                NULL                          },
    {"reverse names that lead nowhere",
     {{PTR, NULL}, {PTR, "gone.example.org"}, {PTR, "far.example.org"}},                                                                {"ptr-unconfirmed"},        2,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a reverse name that leads elsewhere",
     {{PTR, NULL}, {PTR, "www.example.org"}, {"www.example.org", "A", "192.0.2.11"}},
     {"ptr-unconfirmed"},                                                                                                                                           2, NULL,          NULL,                NULL                          },
    {"a reverse name whose zone is silent",
     {{PTR, NULL}, {PTR, "www.example.org"}, {"www.example.org", "TIMEOUT", ""}},
     {"ptr-unknown"},                                                                                                                                               3, NULL,          NULL,                NULL                          },
    {"a provider's name",
     {{PTR, NULL}, {PTR, "192-0-2-10.isp.example"},
            {"192-0-2-10.isp.example", "A", "192.0.2.10"}},
     {"ptr-generic"},                                                                                                                                               1, NULL,          NULL,                NULL                          },
    {"a provider's name backwards",
     {{PTR, NULL}, {PTR, "h10.2.0.192.isp.example"},
            {"h10.2.0.192.isp.example", "A", "192.0.2.10"}},
     {"ptr-generic"},                                                                                                                                               1, NULL,          NULL,                NULL                          },
    {"a name of one who dials in",
     {{PTR, NULL}, {PTR, "x.dyn.isp.example"}, {"x.dyn.isp.example", "A", "192.0.2.10"}},
     {"ptr-generic"},                                                                                                                                               1, NULL,          NULL,                NULL                          },
    {"another name of ours",
     {{PTR, NULL}, {PTR, "mx10.example.org"}, {"mx10.example.org", "A", "192.0.2.10"}},
     {"ptr-not-helo"},                                                                                                                                              1, NULL,          NULL,                NULL                          },

    {"numbers of another address",
     {{PTR, NULL}, {PTR, "h1-2-3-4.example.org"}, {"h1-2-3-4.example.org", "A", "192.0.2.10"}},
     {"ptr-not-helo"},                                                                                                                                              1, NULL,          NULL,                NULL                          },
    {"the same numbers of IPv6",
     {{SIX "ip6.arpa", "PTR", "h32-1-13-184.example.org"},
            {"h32-1-13-184.example.org", "AAAA", "2001:db8::a"},
            {"mail.example.org", "AAAA", "2001:db8::a"}},
     {"ptr-not-helo"},                                                                                                                                              1, "2001:db8::a", NULL,                NULL                          },
    {"a provider's name that the host says",
     {{PTR, NULL}, {PTR, "a.dyn.example.org"}, {"a.dyn.example.org", "A", "192.0.2.10"}},                                               {NULL},
     0,                                                                                                                                                                NULL,          "a.dyn.example.org", NULL                          },
    {"one reverse name of two that nobody tells",
     {{PTR, NULL}, {PTR, "silent.example.org"}, {PTR, "gone.example.org"},
            {"silent.example.org", "TIMEOUT", ""}},
     {"ptr-unknown"},                                                                                                                                               3, NULL,          NULL,                NULL                          },

    {"no name is known",                                     {{NULL}},                                                                  {NULL},                     0, NULL,          "",                  NULL                          },
    {"a name that leads elsewhere, by IPv6",                 {{"six.example.org", "AAAA", "2001:db8::1"}},
     {"helo-elsewhere"},                                                                                                                                            1, NULL,          "six.example.org",   NULL                          },
    {"a name without a dot",                                 {{NULL}},                                                                  {"helo-invalid"},           2, NULL,          "mail",              NULL                          },
    {"an address as name",                                   {{NULL}},                                                                  {"helo-invalid"},           2, NULL,          "[192.0.2.10]",      NULL                          },
    {"a name that leads nowhere",                            {{NULL}},                                                                  {"helo-no-address"},        2, NULL,          "gone.example.org",  NULL                          },
    {"a name that leads elsewhere",                          {{"www.example.org", "A", "192.0.2.11"}},                                  {"helo-elsewhere"},         1,
     NULL,                                                                                                                                                                            "www.example.org",   NULL                          },
    {"a name whose zone is silent",                          {{"www.example.org", "TIMEOUT", ""}},                                      {"helo-unknown"},           3, NULL,
     "www.example.org",                                                                                                                                                                                    NULL                          },

    {"listed",                                               {{LISTED, "127.0.0.4"}, {"10.2.0.192.bl.example", "TXT", "a spam\ntrap"}},
     {"blocklist-listed"},                                                                                                                                          2, NULL,          NULL,                NULL                          },
    {"listed by a code with a 255",                          {{LISTED, "127.255.0.4"}, {LISTED, "127.0.255.4"}},
     {"blocklist-listed"},                                                                                                                                          2, NULL,          NULL,                NULL                          },
    {"listed by a code with two 255",                        {{LISTED, "127.0.255.255"}},                                               {"blocklist-listed"},       2, NULL,
     NULL,                                                                                                                                                                                                 NULL                          },
    {"listed by a code that ends in 0.1",                    {{LISTED, "127.1.0.1"}},                                                   {"blocklist-listed"},       2, NULL,
     NULL,                                                                                                                                                                                                 NULL                          },
    {"listed for two reasons",                               {{LISTED, "127.0.0.4"}, {LISTED, "127.0.0.10"}},
     {"blocklist-listed"},                                                                                                                                          2, NULL,          NULL,                NULL                          },
    {"listed without a reason",                              {{LISTED, "127.0.0.10"}},                                                  {"blocklist-listed"},       2, NULL,          NULL,
     NULL                                                                                                                                                                                                                                },
    {"a public resolver",                                    {{TEST, NULL}, {TEST, "127.255.255.254"}},                                 {"blocklist-refused"},      3, NULL,
     NULL,                                                                                                                                                                                                 NULL                          },
    {"too many questions, from the second on",               {{LISTED, "127.255.255.255"}},                                             {"blocklist-refused"},
     3,                                                                                                                                                                NULL,          NULL,                NULL                          },
    {"listed, and we may not ask",                           {{LISTED, "127.0.0.2"}, {LISTED, "127.0.0.1"}},
     {"blocklist-refused"},                                                                                                                                         3, NULL,          NULL,                NULL                          },
    {"a resolver that makes answers up",                     {{TEST, NULL}, {TEST, "203.0.113.9"}},                                     {"blocklist-lie"},
     3,                                                                                                                                                                NULL,          NULL,                NULL                          },
    {"a resolver that makes up what is not there",           {{LISTED, "203.0.113.9"}},                                                 {"blocklist-lie"},          3,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a list that is no more",                               {{TEST, NULL}},                                                            {"blocklist-dead"},         3, NULL,          NULL,                NULL                          },
    {"a list that has everybody",
     {{"1.0.0.127.bl.example", "A", "127.0.0.2"}, {LISTED, "127.0.0.2"}},                                                               {"blocklist-all"},          3,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a list that does not answer",                          {{"2.0.0.127.bl.example", "TIMEOUT", ""}},                                 {"blocklist-silent"},
     3,                                                                                                                                                                NULL,          NULL,                NULL                          },
    {"a list that does not answer to the second",            {{"10.2.0.192.bl.example", "TIMEOUT", ""}},
     {"blocklist-silent"},                                                                                                                                          3, NULL,          NULL,                NULL                          },
    {"listed by IPv6",
     {{SIX "bl.example", "A", "127.0.0.3"}, {SIX "ip6.arpa", "PTR", "mail.example.org"},
            {"mail.example.org", "AAAA", "2001:db8::a"}},
     {"blocklist-listed"},                                                                                                                                          2, "2001:db8::a", NULL,                NULL                          },

    {"a list of domains among those of addresses",           {{TEST, NULL}, {TEST, "127.0.1.255"}},
     {"blocklist-refused"},                                                                                                                                         3, NULL,          NULL,                NULL                          },

    {"the host's name is listed",
     {{NAMED, "127.0.1.4"}, {"mail.example.org.dom.example", "TXT", "https://list.example/why"}},
     {"blocklist-listed"},                                                                                                                                          2, NULL,          NULL,                NULL                          },
    {"the host's name is listed by another's code",          {{NAMED, "127.0.0.64"}},                                                   {"blocklist-listed"},
     2,                                                                                                                                                                NULL,          NULL,                NULL                          },
    {"too many questions for the name",                      {{NAMED, "127.255.255.255"}},                                              {"blocklist-refused"},      3,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a list that takes it for an address",                  {{NAMED, "127.0.1.255"}},                                                  {"blocklist-refused"},      3,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a list of domains, and a public resolver",
     {{NAMED_TEST, NULL}, {NAMED_TEST, "127.255.255.254"}},                                                                             {"blocklist-refused"},      3, NULL,          NULL,
     NULL                                                                                                                                                                                                                                },
    {"a public resolver that gets a listing for each name",
     {{NAMED_TEST, NULL}, {NAMED_TEST, "127.255.255.254"}, {NAMED, "127.0.1.2"}},
     {"blocklist-refused"},                                                                                                                                         3, NULL,          NULL,                NULL                          },
    {"a list of domains that is no more",                    {{NAMED_TEST, NULL}},                                                      {"blocklist-dead"},         3, NULL,          NULL,
     NULL                                                                                                                                                                                                                                },
    {"its entry for tests is that of addresses",
     {{NAMED_TEST, NULL}, {"2.0.0.127.dom.example", "A", "127.0.0.254"}, {NAMED, "127.0.0.64"}},
     {"blocklist-listed"},                                                                                                                                          2, NULL,          NULL,                NULL                          },
    {"it has no entries, and refuses that of addresses",
     {{NAMED_TEST, NULL}, {"2.0.0.127.dom.example", "A", "127.0.1.255"}},                                                               {"blocklist-dead"},         3,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a list that has every domain",
     {{"invalid.dom.example", "A", "127.0.1.2"}, {NAMED, "127.0.1.2"}},                                                                 {"blocklist-all"},          3,
     NULL,                                                                                                                                                                            NULL,                NULL                          },
    {"a list of domains that does not answer",               {{"test.dom.example", "TIMEOUT", ""}},
     {"blocklist-silent"},                                                                                                                                          3, NULL,          NULL,                NULL                          },
    {"a list of domains that does not answer to the second",
     {{"mail.example.org.dom.example", "TIMEOUT", ""}},                                                                                 {"blocklist-silent"},       3, NULL,          NULL,
     NULL                                                                                                                                                                                                                                },
    {"a resolver that makes names up",                       {{NAMED, "203.0.113.9"}},                                                  {"blocklist-lie"},          3, NULL,          NULL,
     NULL                                                                                                                                                                                                                                },

    {"a private address that was given",                     {{NULL}},                                                                  {"address-private"},        3, "10.0.0.1",    NULL,                NULL                          },
    {"behind a NAT",                                         {{NULL}},                                                                  {"address-unknown"},        3, "",            NULL,                NULL                          },

    {"header checks of the client",                          {{NULL}},                                                                  {"postfix-smtp-checks"},    1, NULL,          NULL,
     "smtp_header_checks = pcre:/etc/postfix/x\n"                                                                                                                                                                                        },
    {"generic maps",                                         {{NULL}},                                                                  {"postfix-generic-maps"},   1, NULL,          NULL,
     "smtp_generic_maps = hash:/etc/postfix/generic\n"                                                                                                                                                                                   },
    {"no 8BITMIME",                                          {{NULL}},                                                                  {"postfix-8bitmime"},       1, NULL,          NULL,
     "smtp_discard_ehlo_keywords = pipelining, 8bitmime\n"                                                                                                                                                                               },
    {"no 8BITMIME, in capitals",                             {{NULL}},                                                                  {"postfix-8bitmime"},       1, NULL,          NULL,
     "smtp_discard_ehlo_keywords = 8BITMIME\n"                                                                                                                                                                                           },
    {"no Postfix",                                           {{NULL}},                                                                  {"postfix-unknown"},        3, NULL,          NULL,                NO_POSTFIX                    },
    {"short lines",                                          {{NULL}},                                                                  {"postfix-line-length"},    1, NULL,          NULL,
     "smtp_line_length_limit = 990\n"                                                                                                                                                                                                    },
    {"lines of any length",                                  {{NULL}},                                                                  {NULL},                     0, NULL,          NULL,                "smtp_line_length_limit = 0\n"},
    {"no TLS",                                               {{NULL}},                                                                  {"postfix-no-tls"},         2, NULL,          NULL,                "smtp_tls_security_level =\n" },
    {"TLS switched off",                                     {{NULL}},                                                                  {"postfix-no-tls"},         2, NULL,          NULL,
     "smtp_tls_security_level = none\n"                                                                                                                                                                                                  },
    {"checks of what milters add",                           {{NULL}},                                                                  {"postfix-milter-checks"},  1, NULL,          NULL,
     "milter_header_checks = pcre:/x\n"                                                                                                                                                                                                  },
    {"rewriting of others' mail",                            {{NULL}},                                                                  {"postfix-remote-rewrite"}, 1, NULL,          NULL,
     "remote_header_rewrite_domain = domain.invalid\n"                                                                                                                                                                                   },
};

/* --- the world ------------------------------------------------------------ */

struct table {
    struct rr records[RECORDS_MAX];
    size_t count;
};

static bool is_reversed; /* the records of an answer come the other way round */

static bool is_of(const struct rr *rr, const char *name, const char *type)
{
    return strcmp(rr->name, name) == 0 && strcmp(rr->type, type) == 0;
}

static void table_change(struct table *table, const struct rr *change)
{
    size_t kept = 0;

    if (change->data != NULL) {
        assert_true(table->count < RECORDS_MAX);
        table->records[table->count++] = *change;
        return;
    }
    for (size_t i = 0; i < table->count; i++)
        if (!is_of(&table->records[i], change->name, change->type))
            table->records[kept++] = table->records[i];
    table->count = kept;
}

static struct dns_answer answer_of(
    const struct table *table, const struct dns_question *question, struct arena *arena)
{
    struct dns_record *records = arena_alloc_zero(arena, RECORDS_MAX, sizeof *records);
    struct dns_answer answer = {.status = DNS_NO_NAME, .records = records};
    const char *name = arena_copy_string(arena, question->name);

    for (size_t i = 0; i < table->count; i++) {
        const struct rr *rr = &table->records[is_reversed ? table->count - 1 - i : i];

        if (is_of(rr, name, "TIMEOUT"))
            return (struct dns_answer){.status = DNS_TEMPORARY};
        if (!is_of(rr, name, dns_type_name(question->type)))
            continue;
        answer.status = DNS_FOUND;
        records[answer.count].text = text_from_string(rr->data);
        (void)ip_parse(text_from_string(rr->data), &records[answer.count].ip);
        answer.count++;
    }
    return answer;
}

static void answer_wave(const struct table *table, struct answers *answers, struct arena *arena)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(answers, &questions);

    for (size_t i = 0; i < count; i++) {
        struct dns_answer answer = answer_of(table, &questions[i], arena);

        answers_put(answers, questions[i].name, questions[i].type, &answer);
    }
}

/* --- running -------------------------------------------------------------- */

static void fill_host(const struct host_row *row, struct arena *arena, struct host *host)
{
    static const char usual[] = "smtp_line_length_limit = 998\nsmtp_tls_security_level = may\n";
    struct postfix_instance *postfix = arena_alloc_zero(arena, 1, sizeof *postfix);
    const char *address = row->address != NULL ? row->address : "192.0.2.10";

    postfix->arena = arena;
    postfix->raw = postfix->expanded =
        arena_print(arena, "%s%s", row->settings != NULL ? row->settings : "", usual);
    *host = (struct host){.name = TEXT("mail.example.org"),
        .helo = text_from_string(row->helo != NULL ? row->helo : "mail.example.org"),
        .postfix = postfix};
    if (row->settings != NULL && strcmp(row->settings, NO_POSTFIX) == 0) {
        host->postfix = NULL;
        host->blind = "postconf: not found";
    }
    host->is_hidden = *address == '\0';
    if (!host->is_hidden)
        assert_true(ip_parse(text_from_string(address), &host->mail.items[host->mail.count++]));
}

static void run_check(const struct host_row *row, struct arena *arena, struct findings *findings)
{
    struct table table = {.count = 0};
    struct host host;
    struct host_check check = {.host = &host,
        .blocklists = blocklists,
        .blocklist_count = 2,
        .domain_blocklists = domain_blocklists,
        .domain_blocklist_count = 1,
        .answers = answers_new(arena),
        .arena = arena,
        .findings = findings};

    for (size_t i = 0; i < sizeof base / sizeof *base; i++)
        table_change(&table, &base[i]);
    for (size_t i = 0; i < CHANGES_MAX && row->changes[i].name != NULL; i++)
        table_change(&table, &row->changes[i]);
    fill_host(row, arena, &host);
    for (int waves = 0; !host_judge_names(&check); waves++) {
        assert_int_equal(findings->list.count, 0);
        assert_true(waves < WAVES_MAX);
        answer_wave(&table, check.answers, arena);
    }
}

static void assert_codes(const struct host_row *row, const struct findings *findings)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->list.count; i++) {
        const struct finding *finding = &findings->list.items[i];

        if (finding->level == FINDING_FINE)
            continue;
        print_message("# %s %s %.*s: %.*s; %.*s\n", finding_level_word(finding->level),
            finding->code, TEXT_ARGS(finding->name), TEXT_ARGS(finding->message),
            TEXT_ARGS(finding->change));
        assert_true(count < CODES_MAX && row->codes[count] != NULL);
        assert_string_equal(finding->code, row->codes[count++]);
        assert_true(finding->message.len != 0 && finding->change.len != 0);
        assert_false(text_has_control(finding->message));
    }
    assert_true(count == CODES_MAX || row->codes[count] == NULL);
    assert_int_equal(findings_status(findings), row->status);
}

/* What is not in order is not said to be, too. */
static void assert_one_word(const struct findings *findings)
{
    static const char *const kinds[] = {"ptr", "helo", "postfix"};
    size_t lists = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t fine = 0, others = 0, len = strlen(kinds[i]);

        for (size_t j = 0; j < findings->list.count; j++) {
            const char *code = findings->list.items[j].code;

            fine += strcmp(code, kinds[i]) == 0;
            others += strncmp(code, kinds[i], len) == 0 && code[len] == '-';
        }
        assert_true(fine == 0 || others == 0);
    }
    for (size_t j = 0; j < findings->list.count; j++)
        lists += strncmp(findings->list.items[j].code, "blocklist", 9) == 0;
    assert_true(lists <= 3);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings findings = {ARRAY_NONE};
        struct arena *arena = arena_new();

        unit_row(rows[i].row);
        run_check(&rows[i], arena, &findings);
        assert_codes(&rows[i], &findings);
        assert_one_word(&findings);
        findings_done(&findings);
        arena_free(&arena);
    }
}

/*
 * Records come in another order each time. What is found is the same nevertheless, to the word:
 * else it would be news each day.
 */
static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings one = {ARRAY_NONE}, other = {ARRAY_NONE};
        struct arena *arena = arena_new();

        unit_row(rows[i].row);
        run_check(&rows[i], arena, &one);
        is_reversed = true;
        run_check(&rows[i], arena, &other);
        is_reversed = false;
        assert_int_equal(one.list.count, other.list.count);
        for (size_t j = 0; j < one.list.count; j++) {
            assert_string_equal(one.list.items[j].code, other.list.items[j].code);
            assert_true(text_equals(one.list.items[j].name, other.list.items[j].name));
            assert_true(text_equals(one.list.items[j].message, other.list.items[j].message));
        }
        findings_done(&one);
        findings_done(&other);
        arena_free(&arena);
    }
}

/* Of a host that is in order each judge says so. */
static void test_fine(void **state)
{
    static const char *const codes[] = {
        "ptr", "helo", "blocklist", "blocklist", "blocklist", "postfix"};
    struct findings findings = {ARRAY_NONE};
    struct arena *arena = arena_new();

    (void)state;
    run_check(&rows[0], arena, &findings);
    assert_int_equal(findings.list.count, sizeof codes / sizeof *codes);
    for (size_t i = 0; i < findings.list.count; i++)
        assert_string_equal(findings.list.items[i].code, codes[i]);
    findings_done(&findings);
    arena_free(&arena);
}

/* --- domains on lists ----------------------------------------------------- */

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONGEST LONG "." LONG "." LONG "." LONG ".example"

static const struct {
    const char *row, *domain;
    struct rr changes[3];
    const char *code, *message; /* code NULL: nothing is said */
} listings[] = {
    {"in order",                                        "example.org", {{NULL}},                                              "blocklist",        "the domain is not on it"                                                },
    {"listed",                                          "example.org", {{"example.org.dom.example", "A", "127.0.1.5"}},       "blocklist-listed",
     "example.org is on it (127.0.1.5, malware)"                                                                                                                                                                           },
    {"by a code that we do not know",                   "example.org",
     {{"example.org.dom.example", "A", "127.0.1.77"}},                                                                        "blocklist-listed",
     "example.org is on it (127.0.1.77)"                                                                                                                                                                                   },
    {"another's code",                                  "example.org", {{"example.org.dom.example", "A", "127.0.0.4"}},
     "blocklist-listed",                                                                                                                          "example.org is on it (127.0.0.4)"                                       },
    {"refused",                                         "example.org", {{"example.org.dom.example", "A", "127.255.255.254"}},
     "blocklist-refused",                                                                                                                         "we may not ask it: it does not serve public resolvers (127.255.255.254)"},
    {"no answer",                                       "example.org", {{"example.org.dom.example", "TIMEOUT", ""}},          "blocklist-silent",
     "it does not answer"                                                                                                                                                                                                  },
    {"what is wrong with the list is told of the host", "example.org",
     {{NAMED_TEST, NULL}, {NAMED_TEST, "127.255.255.254"},
            {"example.org.dom.example", "A", "127.255.255.254"}},
     NULL,                                                                                                                                        NULL                                                                     },
    {"no such list",                                    "example.org", {{NAMED_TEST, NULL}},                                  NULL,               NULL                                                                     },
    {"too long to be there",                            LONGEST,       {{NULL}},                                              NULL,               NULL                                                                     },
};

static void test_listings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof listings / sizeof *listings; i++) {
        struct findings findings = {ARRAY_NONE};
        struct arena *arena = arena_new();
        struct answers *answers = answers_new(arena);
        struct table table = {.count = 0};

        unit_row(listings[i].row);
        for (size_t j = 0; j < sizeof base / sizeof *base; j++)
            table_change(&table, &base[j]);
        for (size_t j = 0; j < 3 && listings[i].changes[j].name != NULL; j++)
            table_change(&table, &listings[i].changes[j]);
        while (!judge_domain_lists(text_from_string(listings[i].domain), domain_blocklists, 1,
            answers, arena, &findings)) {
            array_clear(&findings.list);
            assert_int_not_equal(answers_missing_count(answers), 0);
            answer_wave(&table, answers, arena);
        }
        assert_int_equal(findings.list.count, listings[i].code != NULL);
        if (listings[i].code != NULL) {
            assert_string_equal(findings.list.items[0].code, listings[i].code);
            assert_text_equal(findings.list.items[0].message, listings[i].message);
            assert_text_equal(findings.list.items[0].name, "dom.example");
        }
        findings_done(&findings);
        arena_free(&arena);
    }
}

/* A client that does without what all others are set to makes nothing good. */
static void test_override_clean(void **state)
{
    static const char master[] = "relay unix - - y - - smtp -o smtp_generic_maps=\n";
    static const struct host_row row = {.settings = "smtp_generic_maps = hash:/x\n"};
    struct findings findings = {ARRAY_NONE};
    struct arena *arena = arena_new();
    struct host host;
    struct host_check check = {.host = &host, .arena = arena, .findings = &findings};

    (void)state;
    fill_host(&row, arena, &host);
    host.master = master_cf_parse(text_from_string(master), arena);
    host_judge_postfix(&check);
    assert_int_equal(findings.list.count, 1);
    assert_text_equal(findings.list.items[0].name, "smtp_generic_maps");
    findings_done(&findings);
    arena_free(&arena);
}

/* What one client of master.cf overrides counts as well, of what is the clients'. */
static void test_override(void **state)
{
    static const char master[] = "smtp inet n - y - - smtpd -o smtp_generic_maps=hash:/y\n"
                                 "relay unix - - y - - smtp -o smtp_generic_maps=hash:/x\n"
                                 "slow unix - - y - - smtp -o milter_header_checks=pcre:/x\n";
    struct findings findings = {ARRAY_NONE};
    struct arena *arena = arena_new();
    struct host host;
    struct host_check check = {.host = &host, .arena = arena, .findings = &findings};

    (void)state;
    fill_host(&rows[0], arena, &host);
    host.master = master_cf_parse(text_from_string(master), arena);
    host_judge_postfix(&check);
    assert_int_equal(findings.list.count, 1);
    assert_string_equal(findings.list.items[0].code, "postfix-generic-maps");
    assert_text_equal(findings.list.items[0].name, "smtp_generic_maps (relay/unix)");
    findings_done(&findings);
    arena_free(&arena);
}

/* --- which addresses ------------------------------------------------------ */

static const struct {
    const char *row;
    const char *bind, *proxy, *inet, *protocols, *given, *system; /* lists; NULL: empty */
    const char *mail, *local;
} sources[] = {
    {"an interface",                     NULL,        NULL,           "all",                          "all",  NULL,          "127.0.0.1 192.0.2.1 ::1 2001:db8::1",
     "192.0.2.1 2001:db8::1",                                                                                                                                                      "192.0.2.1 2001:db8::1"},
    {"IPv4 alone",                       NULL,        NULL,           "all",                          "ipv4", NULL,          "192.0.2.1 2001:db8::1",               "192.0.2.1",
     "192.0.2.1"                                                                                                                                                                                          },
    {"several interfaces, one for mail", NULL,        NULL,           "192.0.2.2, localhost.example", "ipv4", NULL,
     "192.0.2.1 192.0.2.2",                                                                                                                                         "192.0.2.2",   "192.0.2.2"            },
    {"a client of its own",              "192.0.2.3", NULL,           "192.0.2.2",                    "ipv4", NULL,          "192.0.2.1",                           "192.0.2.3",
     "192.0.2.2"                                                                                                                                                                                          },
    {"behind a NAT",                     NULL,        NULL,           "all",                          "all",  NULL,          "127.0.0.1 10.0.0.5",                  "",            "10.0.0.5"             },
    {"behind a NAT that is known",       NULL,        "192.0.2.9",    "all",                          "all",  NULL,          "127.0.0.1 10.0.0.5",
     "192.0.2.9",                                                                                                                                                                  "10.0.0.5"             },
    {"bound to what is behind a NAT",    "10.0.0.5",  "192.0.2.9",    "[10.0.0.5]",                   "all",  NULL,
     "127.0.0.1",                                                                                                                                                   "192.0.2.9",   "10.0.0.5"             },
    {"said by the administrator",        "192.0.2.3", "192.0.2.9",    "all",                          "all",  "203.0.113.1",
     "10.0.0.5 192.0.2.1",                                                                                                                                          "203.0.113.1", "10.0.0.5 192.0.2.1"   },
    {"it takes no mail",                 NULL,        NULL,           "loopback-only",                "all",  NULL,          "127.0.0.1 192.0.2.1",
     "192.0.2.1",                                                                                                                                                                  ""                     },
    {"a hostile list",                   NULL,        "{ [ ] [] , ,", "[",                            "all",  NULL,          "192.0.2.1",                           "192.0.2.1",
     "192.0.2.1"                                                                                                                                                                                          },
};

static struct host_addresses addresses_of(const char *list)
{
    struct host_addresses addresses = {.count = 0};
    struct text rest = text_from_string(list), item;

    while (rest.len != 0 && text_split(&rest, ' ', &item))
        assert_true(ip_parse(item, &addresses.items[addresses.count++]));
    return addresses;
}

static void assert_addresses(const struct host_addresses *found, const char *wanted)
{
    struct host_addresses expected = addresses_of(wanted);

    assert_int_equal(found->count, expected.count);
    for (size_t i = 0; i < found->count; i++)
        assert_true(ip_equals(&found->items[i], &expected.items[i]));
}

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct host_addresses given = addresses_of(sources[i].given);
        struct host_addresses system = addresses_of(sources[i].system);
        struct host_sources from = {.bind4 = text_from_string(sources[i].bind),
            .proxy_interfaces = text_from_string(sources[i].proxy),
            .inet_interfaces = text_from_string(sources[i].inet),
            .inet_protocols = text_from_string(sources[i].protocols),
            .given = &given,
            .system = &system};
        struct host host = {.is_hidden = false};

        unit_row(sources[i].row);
        host_find_addresses(&from, &host);
        assert_addresses(&host.mail, sources[i].mail);
        assert_addresses(&host.local, sources[i].local);
        assert_int_equal(host.is_hidden, *sources[i].mail == '\0');
    }
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_order), cmocka_unit_test(test_fine),
    cmocka_unit_test(test_listings), cmocka_unit_test(test_override),
    cmocka_unit_test(test_override_clean), cmocka_unit_test(test_addresses))
