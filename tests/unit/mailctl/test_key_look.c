/* SPDX-License-Identifier: MIT */

/* What is seen of a key at the servers of its zone, and of the zone that an alias leads to. */

#include "mailctl/dkim/key-look.h"

#include "lib/dns/name.h"
#include "tests/unit/unit.h"

#define KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALOV"
#define OWNER "s._domainkey.example.org"
#define TARGET "s.example.org.keys.example"
#define RECORDS_MAX 6
#define WAVES_MAX 8

/* A record at one server, at both ("*"), or what becomes of the question. */
struct rr {
    const char *server, *name, *type, *data;
    uint32_t ttl_s;
};

static const struct {
    const char *name;
    struct rr records[RECORDS_MAX];
    enum rotation_sight sight;
    uint32_t ttl_s;
    const char *alias, *server;
} rows[] = {
    {"no record",                                   {{NULL}},                                                             ROTATION_NOTHING, 60,  "",     ""     },
    {"the key",                                     {{"*", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}},             ROTATION_KEY,     300, "",
     ""                                                                                                                                                         },
    {"the key, a short TTL",                        {{"*", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 30}},              ROTATION_KEY,
     60,                                                                                                                                         "",     ""     },
    {"the key, in other words",
     {{"*", OWNER, "TXT", "k=ed25519 ;p=11qYAYKxCrfVS/7TyWQHOg7 hcvPapiMlrwIaaPcHURo=", 300}},
     ROTATION_KEY,                                                                                                                          300, "",     ""     },
    {"another key",
     {{"*", OWNER, "TXT",
            "v=DKIM1; k=ed25519; p=22qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 300}},
     ROTATION_OTHER,                                                                                                                        300, "",     ""     },
    {"a key of another kind",                       {{"*", OWNER, "TXT", "v=DKIM1; k=rsa; p=" KEY, 300}},                 ROTATION_OTHER,
     300,                                                                                                                                        "",     ""     },
    {"a part of the key",                           {{"*", OWNER, "TXT", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7T", 300}},
     ROTATION_OTHER,                                                                                                                        300, "",     ""     },
    {"no key record",                               {{"*", OWNER, "TXT", "hello", 300}},                                  ROTATION_OTHER,   300, "",     ""     },
    {"two records",
     {{"*", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300},
            {"*", OWNER, "TXT", "v=DKIM1; p=" RSA, 300}},
     ROTATION_OTHER,                                                                                                                        300, "",     ""     },
    {"revoked",                                     {{"*", OWNER, "TXT", "v=DKIM1; p=", 300}},                            ROTATION_REVOKED, 300, "",     ""     },
    {"at one server alone",                         {{"ns1", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}},
     ROTATION_MIXED,                                                                                                                        300, "",     "ns2.a"},
    {"revoked at one server alone",
     {{"ns1", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300},
            {"ns2", OWNER, "TXT", "v=DKIM1; p=", 300}},
     ROTATION_MIXED,                                                                                                                        300, "",     "ns2.a"},
    {"one cannot tell",
     {{"ns1", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}, {"ns2", OWNER, "SILENT", "", 0}},
     ROTATION_UNKNOWN,                                                                                                                      300, "",     "ns2.a"},
    {"none can tell",                               {{"*", OWNER, "SILENT", "", 0}},                                      ROTATION_UNKNOWN, 0,   "",     "ns2.a"},
    {"a server without address",
     {{"*", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300},
            {"resolver", "ns2.a", "NOWHERE", "", 0}},
     ROTATION_UNKNOWN,                                                                                                                      300, "",     "ns2.a"},
    {"no zone",                                     {{"resolver", "example.org", "NOWHERE", "", 0}},                      ROTATION_UNKNOWN, 0,   "",     ""     },
    {"an alias to the key",
     {{"*", OWNER, "CNAME", TARGET, 500},
            {"ns3", TARGET, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}},
     ROTATION_KEY,                                                                                                                          500, TARGET, ""     },
    {"an alias, and its own server has both zones",
     {{"*", OWNER, "CNAME", TARGET, 500},
            {"*", OWNER, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 500}},
     ROTATION_NOTHING,                                                                                                                      500, TARGET, ""     },
    {"an alias to nothing",                         {{"*", OWNER, "CNAME", TARGET, 10}},                                  ROTATION_NOTHING, 60,  TARGET, ""     },
    {"an alias at one server alone",
     {{"ns1", OWNER, "CNAME", TARGET, 10},
            {"ns3", TARGET, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}},
     ROTATION_MIXED,                                                                                                                        300, TARGET, "ns3.b"},
    {"two aliases",
     {{"ns1", OWNER, "CNAME", TARGET, 10}, {"ns2", OWNER, "CNAME", "t.keys.example", 10},
            {"ns3", TARGET, "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}},
     ROTATION_MIXED,                                                                                                                        300, TARGET, "ns3.b"},
    {"an alias to an alias",
     {{"*", OWNER, "CNAME", TARGET, 10}, {"ns3", TARGET, "CNAME", "t.keys.example", 10},
            {"ns3", "t.keys.example", "TXT", "v=DKIM1; k=ed25519; p=" KEY, 300}},
     ROTATION_OTHER,                                                                                                                        60,  TARGET, ""     },
    {"an alias to itself",                          {{"*", OWNER, "CNAME", OWNER, 10}},                                   ROTATION_OTHER,   60,  OWNER,  ""     },
    {"an alias, its zone is silent",
     {{"*", OWNER, "CNAME", TARGET, 10}, {"ns3", TARGET, "SILENT", "", 0}},                                               ROTATION_UNKNOWN, 60,
     TARGET,                                                                                                                                             "ns3.b"},
    {"an alias to no zone",                         {{"*", OWNER, "CNAME", "s.nowhere.example", 10}},                     ROTATION_UNKNOWN, 60,
     "s.nowhere.example",                                                                                                                                ""     },
};

/* --- the world ------------------------------------------------------------ */

static const struct rr delegations[] = {
    {"resolver", "example.org",  "NS", "ns1.a",       0},
    {"resolver", "example.org",  "NS", "ns2.a",       0},
    {"resolver", "keys.example", "NS", "ns3.b",       0},
    {"resolver", "ns1.a",        "A",  "203.0.113.1", 0},
    {"resolver", "ns2.a",        "A",  "203.0.113.2", 0},
    {"resolver", "ns3.b",        "A",  "203.0.113.3", 0},
};

static bool is_at(const struct rr *record, const char *server, struct text name)
{
    return record->server != NULL && text_equals(name, text_from_string(record->name)) &&
           (strcmp(record->server, server) == 0 ||
               (strcmp(record->server, "*") == 0 && strcmp(server, "resolver") != 0));
}

/* NOWHERE and SILENT stand for what the name has not, or nobody tells. */
static enum dns_status find(const struct rr *records, size_t count, const char *server,
    const struct dns_question *question, struct dns_record *found, struct dns_answer *answer)
{
    enum dns_status status = DNS_NO_DATA;

    for (size_t i = 0; i < count; i++) {
        const struct rr *record = &records[i];

        if (!is_at(record, server, question->name))
            continue;
        if (strcmp(record->type, "SILENT") == 0)
            return DNS_TEMPORARY;
        if (strcmp(record->type, "NOWHERE") == 0)
            return DNS_NO_NAME;
        if (strcmp(record->type, dns_type_name(question->type)) != 0)
            continue;
        if (question->type == DNS_A)
            assert_true(ip_parse(text_from_string(record->data), &found[answer->count].ip));
        found[answer->count++].text = text_from_string(record->data);
        answer->ttl_s = record->ttl_s;
        status = DNS_FOUND;
    }
    return status;
}

static void answer_table(const struct rr *records, const char *server, struct answers *answers)
{
    const struct dns_question *missing;
    size_t count = answers_take_missing(answers, &missing);

    for (size_t i = 0; i < count; i++) {
        struct dns_record found[RECORDS_MAX] = {{.preference = 0}};
        struct dns_answer answer = {.ttl_s = 60, .records = found};

        answer.status = find(records, RECORDS_MAX, server, &missing[i], found, &answer);
        if (answer.status == DNS_NO_DATA && strcmp(server, "resolver") == 0)
            answer.status = find(delegations, sizeof delegations / sizeof *delegations, server,
                &missing[i], found, &answer);
        answers_put(answers, missing[i].name, missing[i].type, &answer);
    }
}

static const char *server_of(const struct zone_server *server)
{
    static const char *const names[] = {"ns1", "ns2", "ns3"};

    for (size_t i = 0; i < 3; i++)
        if (text_starts_with(server->name, text_from_string(names[i])))
            return names[i];
    fail_msg("no server: %.*s", TEXT_ARGS(server->name));
    return NULL;
}

static bool answer_all(const struct rr *records, struct zone_views *views)
{
    size_t missing = answers_missing_count(views->resolver);

    answer_table(records, "resolver", views->resolver);
    for (size_t i = 0; i < views->count; i++)
        for (size_t j = 0; j < views->items[i].server_count; j++) {
            const struct zone_server *server = &views->items[i].servers[j];

            missing += answers_missing_count(server->answers);
            answer_table(records, server_of(server), server->answers);
        }
    return missing != 0;
}

static void test_look(void **state)
{
    struct dkim_key key = {.domain = TEXT("example.org"),
        .selector = TEXT("s"),
        .record = TEXT("v=DKIM1; k=ed25519; p=" KEY)};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct zone_views views;
        struct key_look look;
        int waves = 0;

        unit_row(rows[i].name);
        zone_views_init(&views, false, arena);
        while (!key_look(&views, &key, &look)) {
            assert_true(answer_all(rows[i].records, &views));
            assert_true(++waves < WAVES_MAX);
        }
        assert_int_equal(look.look.sight, rows[i].sight);
        assert_int_equal(look.look.ttl_s, rows[i].ttl_s);
        assert_text_equal(look.alias, rows[i].alias);
        assert_text_equal(look.server, rows[i].server);
        arena_free(&arena);
    }
}

/* Several keys of a domain are looked at in the same waves. */
static void test_waves(void **state)
{
    struct dkim_key keys[] = {
        {.domain = TEXT("example.org"), .selector = TEXT("s"), .record = TEXT("v=DKIM1; p=" RSA)},
        {.domain = TEXT("example.org"), .selector = TEXT("t"), .record = TEXT("v=DKIM1; p=" RSA)}
    };
    static const struct rr none[RECORDS_MAX] = {{NULL}};
    struct arena *arena = arena_new();
    struct zone_views views;
    struct key_look looks[2];
    bool is_done = false;
    int waves = 0;

    (void)state;
    zone_views_init(&views, false, arena);
    while (!is_done) {
        is_done = key_look(&views, &keys[0], &looks[0]) & key_look(&views, &keys[1], &looks[1]);
        if (!is_done)
            waves += answer_all(none, &views);
    }
    /* The zone, the addresses of its servers, the records. */
    assert_int_equal(waves, 3);
    assert_int_equal(views.count, 1);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_look), cmocka_unit_test(test_waves))
