/* SPDX-License-Identifier: MIT */

/* What is made of calls: facts as calls bring them, and the finding that each gives. */

#include "mailctl/check/host-calls.h"

#include "mailctl/command.h"
#include "mailctl/domain-records.h"
#include "tests/unit/unit.h"

#define NOW ((int64_t)1000000000)
#define DAY ((int64_t)86400)

#define GOOD                                                                                       \
    {                                                                                              \
        true, NOW - DAY, NOW + 60 * DAY, true, {"mail.example.org", 16}, NULL                      \
    }

#define FOUR                                                                                       \
    {                                                                                              \
        IP_V4,                                                                                     \
        {                                                                                          \
            192, 0, 2, 10                                                                          \
        }                                                                                          \
    }
#define OTHER                                                                                      \
    {                                                                                              \
        IP_V4,                                                                                     \
        {                                                                                          \
            10, 0, 0, 1                                                                            \
        }                                                                                          \
    }
#define SIX                                                                                        \
    {                                                                                              \
        IP_V6,                                                                                     \
        {                                                                                          \
            0x20, 0x01, 0x0d, 0xb8, 0, 1                                                           \
        }                                                                                          \
    }

static const struct host_port_kind smtp = {
    "smtp", 25, 0, {"220", NULL, NULL}
};
static const struct host_port_kind imaps = {
    "imaps", 993, 1, {NULL, NULL, NULL}
};

static const struct {
    const char *row;
    const struct host_port_kind *kind;
    struct call_server facts;
    const char *codes[3];
    int status;
} ports[] = {
    {"in order",                                      &smtp,  {CALL_TALKED, false, {"", 0}, true, GOOD},                                {"port"},             0},
    {"nobody listens",                                &imaps, {.outcome = CALL_REFUSED},                                                {"port-closed"},      2},
    {"a firewall",                                    &imaps, {.outcome = CALL_TIMEOUT},                                                {"port-unreachable"}, 2},
    {"somebody else",                                 &smtp,  {.outcome = CALL_TALKED, .is_dumb = true},                                {"port-dumb"},        2},
    {"no TLS for servers",                            &smtp,  {.outcome = CALL_TALKED},                                                 {"tls-missing"},      1},
    {"no TLS for users",                              &imaps, {.outcome = CALL_TALKED},                                                 {"tls-missing"},      2},
    {"no certificate",                                &smtp,  {CALL_TALKED, false, {"", 0}, true, {.is_there = false}},
     {"certificate-none"},                                                                                                                                    2},
    {"expired",                                       &smtp,  {CALL_TALKED, false, {"", 0}, true, {true, 0, NOW, true, {"", 0}, NULL}},
     {"certificate-expired"},                                                                                                                                 2},
    {"not valid yet",                                 &smtp,
     {CALL_TALKED, false, {"", 0}, true, {true, NOW + 1, NOW + 60 * DAY, true, {"", 0}, NULL}},
     {"certificate-early"},                                                                                                                                   2},
    {"expires soon",                                  &imaps,
     {CALL_TALKED, false, {"", 0}, true, {true, 0, NOW + 14 * DAY - 1, true, {"", 0}, NULL}},
     {"certificate-soon"},                                                                                                                                    1},
    {"expires not so soon",                           &imaps,
     {CALL_TALKED, false, {"", 0}, true, {true, 0, NOW + 14 * DAY, true, {"", 0}, NULL}},
     {"port"},                                                                                                                                                0},
    {"another name, for servers",                     &smtp,
     {CALL_TALKED, false, {"", 0}, true, {true, 0, NOW + 60 * DAY, false, {"a", 1}, NULL}},
     {"certificate-name"},                                                                                                                                    1},
    {"another name and of its own making, for users", &imaps,
     {CALL_TALKED, false, {"", 0}, true, {true, 0, NOW + 60 * DAY, false, {"a", 1}, "why"}},
     {"certificate-name", "certificate-untrusted"},                                                                                                           2},
};

static const struct {
    const char *row;
    enum host_trust trust;
    struct call_relay facts;
    const char *code; /* NULL: nothing is said */
    int status;
} relays[] = {
    {"refused",                 HOST_STRANGER,      {CALL_TALKED, true, 554, {"554 no", 6}},    "relay",         0},
    {"refused, though trusted", HOST_TRUSTED,       {CALL_TALKED, true, 554, {"554 no", 6}},    "relay",         0},
    {"deferred",                HOST_STRANGER,      {CALL_TALKED, true, 454, {"454 no", 6}},    "relay",         0},
    {"greylisted",              HOST_STRANGER,      {CALL_TALKED, true, 450, {"450 later", 9}}, "relay-unsure",  3},
    {"open",                    HOST_STRANGER,      {CALL_TALKED, true, 250, {"250 ok", 6}},    "relay-open",    2},
    {"trusted",                 HOST_TRUSTED,       {CALL_TALKED, true, 250, {"250 ok", 6}},    "relay-unknown", 3},
    {"a table",                 HOST_TRUST_UNKNOWN, {CALL_TALKED, true, 250, {"250 ok", 6}},    "relay-unknown", 3},
    {"something else",          HOST_STRANGER,      {CALL_TALKED, false, 250, {"", 0}},         "relay-unsure",  3},
    {"and again",               HOST_STRANGER,      {CALL_TALKED, false, 554, {"", 0}},         "relay-unsure",  3},
    {"no reply",                HOST_STRANGER,      {CALL_TALKED, false, 0, {"", 0}},           "relay-unsure",  3},
    {"nobody there",            HOST_STRANGER,      {.outcome = CALL_REFUSED},                  NULL,            0},
};

static const struct {
    const char *row;
    struct host_outside way;
    const char *code;
    int status;
} outsides[] = {
    {"open",         {.facts = {CALL_TALKED, true, {"220", 3}}},                "outside",             0},
    {"swallowed",    {.facts = {.outcome = CALL_TIMEOUT}},                      "outside-blocked",     2},
    {"refused",      {.facts = {.outcome = CALL_REFUSED}},                      "outside-refused",     2},
    {"no route",     {.facts = {.outcome = CALL_UNREACHABLE}},                  "outside-unreachable", 2},
    {"turned away",  {.facts = {CALL_TALKED, false, {"554", 3}}},               "outside-unwelcome",   1},
    {"no IPv6",      {.family = IP_V6, .facts = {.outcome = CALL_UNREACHABLE}}, "outside-unreachable",
     2                                                                                                  },
    {"no DNS",       {.is_unknown = true, .is_nobody = true},                   "outside-unknown",     3},
    {"nobody there", {.is_nobody = true},                                       "outside-nobody",      3},
};

static void assert_code(const struct findings *findings, size_t at, const char *code)
{
    const struct finding *finding = &findings->list.items[at];

    assert_true(at < findings->list.count);
    assert_string_equal(finding->code, code);
    assert_true(finding->level == FINDING_FINE || finding->change.len != 0);
}

static const struct host host = {
    .name = {"mail.example.org", 16                                 },
      .local = {.count = 1,         .items = {{IP_V4, {192, 0, 2, 10}}}}
};

static void test_ports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        struct findings findings = {ARRAY_NONE};
        struct arena *arena = arena_new();
        struct host_calls calls = {.host = &host, .port_count = 1};
        size_t count = 0;

        unit_row(ports[i].row);
        calls.ports[0] = (struct host_port){
            .kind = ports[i].kind, .ip = host.local.items[0], .facts = ports[i].facts};
        host_judge_ports(&calls, NOW, arena, &findings);
        for (; count < 3 && ports[i].codes[count] != NULL; count++)
            assert_code(&findings, count, ports[i].codes[count]);
        assert_int_equal(findings.list.count, count);
        assert_int_equal(findings_status(&findings), ports[i].status);
        findings_done(&findings);
        arena_free(&arena);
    }
}

/* Postfix listens to this machine alone. */
static void test_no_ports(void **state)
{
    const struct host deaf = {.name = TEXT("mail.example.org")};
    const struct host_calls calls = {.host = &deaf};
    struct findings findings = {ARRAY_NONE};
    struct arena *arena = arena_new();

    (void)state;
    host_judge_ports(&calls, NOW, arena, &findings);
    assert_int_equal(findings.list.count, 1);
    assert_code(&findings, 0, "port-none");
    findings_done(&findings);
    arena_free(&arena);
}

static void test_relays(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof relays / sizeof *relays; i++) {
        struct findings findings = {ARRAY_NONE};
        struct arena *arena = arena_new();
        struct host_calls calls = {.host = &host, .relay_count = 1};

        unit_row(relays[i].row);
        calls.relays[0] = (struct host_relay){
            .ip = host.local.items[0], .trust = relays[i].trust, .facts = relays[i].facts};
        host_judge_relays(&calls, arena, &findings);
        assert_int_equal(findings.list.count, relays[i].code != NULL);
        if (relays[i].code != NULL) {
            struct text message = findings.list.items[0].message;

            assert_code(&findings, 0, relays[i].code);
            assert_int_equal(text_find_text(message, TEXT("table")) < message.len,
                relays[i].trust == HOST_TRUST_UNKNOWN);
        }
        assert_int_equal(findings_status(&findings), relays[i].status);
        findings_done(&findings);
        arena_free(&arena);
    }
}

static void test_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outsides / sizeof *outsides; i++) {
        struct findings findings = {ARRAY_NONE};
        struct arena *arena = arena_new();
        struct host_calls calls = {.host = &host, .outside_count = 1};

        unit_row(outsides[i].row);
        calls.outsides[0] = outsides[i].way;
        calls.outsides[0].name = TEXT("mx.example.net");
        if (calls.outsides[0].family == IP_NONE)
            calls.outsides[0].family = IP_V4;
        host_judge_outside(&calls, arena, &findings);
        assert_int_equal(findings.list.count, 1);
        assert_code(&findings, 0, outsides[i].code);
        assert_text_equal(findings.list.items[0].name, calls.outsides[0].family == IP_V4
                                                           ? "port 25 of others (IPv4)"
                                                           : "port 25 of others (IPv6)");
        /* Postfix can do without IPv6, and not without IPv4. */
        assert_int_equal(text_find_text(findings.list.items[0].change, TEXT("inet_protocols")) <
                             findings.list.items[0].change.len,
            outsides[i].way.family == IP_V6);
        assert_int_equal(findings_status(&findings), outsides[i].status);
        findings_done(&findings);
        arena_free(&arena);
    }
}

/* --- the plan ------------------------------------------------------------- */

static bool has_name(const struct text *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equals(names[i], text_from_string(name)))
            return true;
    return false;
}

/* Each port of each address is called or left out. */
static void test_plan(void **state)
{
    struct arena *arena = arena_new();
    struct host_calls calls = {.host = &host, .outside = ""};
    const struct text *names;
    size_t count;

    (void)state;
    host_calls_plan(&calls, RECORD_SERVICE_IMAPS);
    assert_int_equal(calls.port_count, 2);
    assert_int_equal(calls.relay_count + calls.outside_count, 0);
    count = host_calls_left_out(&calls, arena, &names);
    assert_int_equal(count, 6);
    assert_true(has_name(names, count, "192.0.2.10 port 465 (submissions)"));
    assert_true(has_name(names, count, "192.0.2.10 port 4190 (sieve)"));
    assert_false(has_name(names, count, "192.0.2.10 port 25 (smtp)"));
    assert_false(has_name(names, count, "192.0.2.10 port 993 (imaps)"));
    calls.outside = "example.net";
    host_calls_plan(&calls, 0);
    assert_int_equal(calls.port_count, 1);
    assert_int_equal(calls.relay_count, 1);
    assert_int_equal(host_calls_left_out(&calls, arena, &names), 7);
    arena_free(&arena);
}

/* From where, and over what: as far as there are addresses, and not where Postfix has a relay. */
static const struct {
    const char *row;
    struct host_addresses mail, local;
    bool is_hidden;
    const char *settings;
    size_t count;
    enum ip_family family;
    bool is_bound; /* to the first address of mail */
} outside_plans[] = {
    {"an address of the machine",  {{FOUR}, 1},        {{FOUR}, 1},        false, "",                           1, IP_V4, true },
    {"behind a NAT that is known", {{FOUR}, 1},        {{OTHER}, 1},       false, "",                           1, IP_V4, false},
    {"behind a NAT",               {{{0}}, 0},         {{OTHER}, 1},       true,  "",                           1, IP_V4, false},
    {"IPv6 alone",                 {{SIX}, 1},         {{SIX}, 1},         false, "",                           1, IP_V6, true },
    {"both",                       {{FOUR, SIX}, 2},   {{FOUR}, 1},        false, "",                           2, IP_V4, true },
    {"two of a kind",              {{FOUR, OTHER}, 2}, {{FOUR, OTHER}, 2}, false, "",                           1, IP_V4, true },
    {"by somebody else",           {{FOUR}, 1},        {{FOUR}, 1},        false, "relayhost = [mx.example]\n", 0, IP_V4,
     false                                                                                                                     },
};

static void test_plan_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof outside_plans / sizeof *outside_plans; i++) {
        struct arena *arena = arena_new();
        const struct postfix_instance postfix = {
            .arena = arena, .expanded = text_from_string(outside_plans[i].settings)};
        const struct host planned = {.mail = outside_plans[i].mail,
            .local = outside_plans[i].local,
            .is_hidden = outside_plans[i].is_hidden,
            .postfix = &postfix};
        struct host_calls calls = {.host = &planned, .outside = "example.net"};

        unit_row(outside_plans[i].row);
        host_calls_plan(&calls, 0);
        assert_int_equal(calls.outside_count, outside_plans[i].count);
        if (calls.outside_count != 0) {
            assert_int_equal(calls.outsides[0].family, outside_plans[i].family);
            assert_int_equal(calls.outsides[0].source.family,
                outside_plans[i].is_bound ? outside_plans[i].family : IP_NONE);
            if (outside_plans[i].is_bound)
                assert_true(ip_equals(&calls.outsides[0].source, &planned.mail.items[0]));
        }
        arena_free(&arena);
    }
}

/* More addresses than are called. */
static void test_plan_bounds(void **state)
{
    struct host many = {.name = TEXT("mail.example.org")};
    struct host_calls calls = {.host = &many, .outside = "example.net"};

    (void)state;
    for (unsigned char i = 0; i < HOST_CALLS_ADDRESSES_MAX + 1; i++)
        many.local.items[many.local.count++] = (struct ip){
            IP_V4, {192, 0, 2, i}
        };
    host_calls_plan(&calls, ~0U);
    assert_int_equal(calls.port_count, HOST_CALLS_PORTS_MAX);
    assert_int_equal(calls.relay_count, HOST_CALLS_ADDRESSES_MAX);
    host_calls_plan(&calls, 0);
    assert_int_equal(calls.port_count, HOST_CALLS_ADDRESSES_MAX);
}

/* --- trust ---------------------------------------------------------------- */

static const struct {
    const char *mynetworks, *ip;
    enum host_trust trust;
} trusts[] = {
    {"127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128", "192.0.2.10",  HOST_STRANGER     },
    {"127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128", "127.0.0.2",   HOST_TRUSTED      },
    {"[::ffff:127.0.0.0]/104",                       "127.0.0.2",   HOST_TRUSTED      },
    {"127.0.0.0/8, 192.0.2.0/24",                    "192.0.2.10",  HOST_TRUSTED      },
    {"!192.0.2.10 192.0.2.0/24",                     "192.0.2.10",  HOST_STRANGER     },
    {"[2001:db8::]/32",                              "2001:db8::1", HOST_TRUSTED      },
    {"127.0.0.0/8 cidr:/etc/postfix/networks",       "192.0.2.10",  HOST_TRUST_UNKNOWN},
    {"192.0.2.10 /etc/postfix/networks",             "192.0.2.10",  HOST_TRUSTED      },
    {"",                                             "192.0.2.10",  HOST_STRANGER     },
    {"[::ffff:127.0.0.0]/4",                         "192.0.2.10",  HOST_TRUST_UNKNOWN},
    {"192.0.2.0/",                                   "192.0.2.10",  HOST_TRUST_UNKNOWN},
};

static void test_trust(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trusts / sizeof *trusts; i++) {
        struct ip ip;

        unit_row(trusts[i].mynetworks);
        assert_true(ip_parse(text_from_string(trusts[i].ip), &ip));
        assert_int_equal(
            host_trust_of(text_from_string(trusts[i].mynetworks), &ip), trusts[i].trust);
    }
}

/* --- ways ----------------------------------------------------------------- */

static void put(struct answers *answers, const char *name, enum dns_type type,
    const struct dns_record *records, size_t count, enum dns_status status)
{
    const struct dns_answer answer = {.status = status, .count = count, .records = records};

    answers_put(answers, text_from_string(name), type, &answer);
}

/* The best first, of equal ones by name, whatever the order of the records; without MX the domain
 * itself. */
static void test_ways(void **state)
{
    static const struct dns_record exchanges[] = {
        {.text = {"c.example", 9}, .preference = 20},
        {.text = {"a.example", 9}, .preference = 10},
        {.text = {"b.example", 9}, .preference = 20}
    };
    static const struct dns_record one = {
        .ip = {IP_V4, {192, 0, 2, 1}}
    };
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;
    struct host_way ways[HOST_WAYS_MAX];
    size_t count = 0;
    bool is_unknown = false;

    (void)state;
    assert_false(host_ways_find(answers, TEXT("example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(answers_take_missing(answers, &questions), 1);
    put(answers, "example", DNS_MX, exchanges, 3, DNS_FOUND);
    assert_false(host_ways_find(answers, TEXT("example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(answers_take_missing(answers, &questions), 3);
    put(answers, "a.example", DNS_A, NULL, 0, DNS_TEMPORARY);
    put(answers, "b.example", DNS_A, &one, 1, DNS_FOUND);
    put(answers, "c.example", DNS_A, &one, 1, DNS_FOUND);
    assert_true(host_ways_find(answers, TEXT("example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(count, 2);
    assert_text_equal(ways[0].name, "b.example");
    assert_false(is_unknown);

    put(answers, "plain.example", DNS_MX, NULL, 0, DNS_NO_DATA);
    put(answers, "plain.example", DNS_A, &one, 1, DNS_FOUND);
    assert_true(host_ways_find(answers, TEXT("plain.example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(count, 1);
    put(answers, "dead.example", DNS_MX, NULL, 0, DNS_TEMPORARY);
    assert_true(host_ways_find(answers, TEXT("dead.example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(count, 0);
    assert_true(is_unknown);
    arena_free(&arena);
}

/* Of many servers and addresses the first few. */
static void test_ways_bounds(void **state)
{
    static const struct dns_record exchanges[] = {
        {.text = {"b.example", 9}, .preference = 30},
        {.text = {"c.example", 9}, .preference = 20},
        {.text = {"d.example", 9}, .preference = 10},
        {.text = {"a.example", 9}, .preference = 40},
    };
    static const struct dns_record two[] = {{.ip = FOUR}, {.ip = OTHER}};
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;
    struct host_way ways[HOST_WAYS_MAX];
    size_t count = 0;
    bool is_unknown = false;

    (void)state;
    put(answers, "example", DNS_MX, exchanges, 4, DNS_FOUND);
    assert_false(host_ways_find(answers, TEXT("example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(answers_take_missing(answers, &questions), 3);
    for (size_t i = 0; i < 3; i++)
        answers_put(answers, questions[i].name, DNS_A,
            &(struct dns_answer){.status = DNS_FOUND, .count = 2, .records = two});
    assert_true(host_ways_find(answers, TEXT("example"), IP_V4, ways, &count, &is_unknown));
    assert_int_equal(count, HOST_WAYS_MAX);
    assert_text_equal(ways[0].name, "d.example");
    assert_text_equal(ways[1].name, "d.example");
    assert_text_equal(ways[2].name, "c.example");
    put(answers, "six.example", DNS_MX, NULL, 0, DNS_NO_DATA);
    put(answers, "six.example", DNS_AAAA, NULL, 0, DNS_NO_DATA);
    assert_true(host_ways_find(answers, TEXT("six.example"), IP_V6, ways, &count, &is_unknown));
    assert_int_equal(count, 0);
    assert_false(is_unknown);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_ports), cmocka_unit_test(test_no_ports),
    cmocka_unit_test(test_plan_outside), cmocka_unit_test(test_plan_bounds),
    cmocka_unit_test(test_ways_bounds), cmocka_unit_test(test_relays),
    cmocka_unit_test(test_outside), cmocka_unit_test(test_plan), cmocka_unit_test(test_trust),
    cmocka_unit_test(test_ways))
