/* SPDX-License-Identifier: MIT */

/* Each format beside what was written by hand from its own documentation. */

#include "mailctl/dns/record-format.h"

#include "tests/unit/unit.h"

#define A10 "AAAAAAAAAA"
#define A50 A10 A10 A10 A10 A10
/* With "v=DKIM1; k=rsa; p=", which has 18 bytes, the first string of a TXT. */
#define A237 A50 A50 A50 A50 A10 A10 A10 "AAAAAAA"
#define KEY "v=DKIM1; k=rsa; p=" A237
#define KEY_REST "AAAAAAAAAAAAA"
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct domain_record items[] = {
    {RECORD_MX,      {T("example.org"), 0, "MX", T("10 mail.example.org.")},                   T("takes mail")    },
    {RECORD_ADDRESS, {T("mail.example.org"), 0, "A", T("192.0.2.1")},                          T("is here")       },
    {RECORD_ADDRESS, {T("mail.example.org"), 0, "AAAA", T("2001:db8::1")},                     T("is here")       },
    {RECORD_PTR,     {T("1.2.0.192.in-addr.arpa"), 0, "PTR", T("mail.example.org.")},          T("elsewhere")     },
    {RECORD_SPF,     {T("example.org"), 0, "TXT", T("v=spf1 mx exists:%{i}.x.example ~all")},
     T("sends")                                                                                                   },
    {RECORD_DKIM,    {T("2026q4r._domainkey.example.org"), 0, "TXT", T(KEY KEY_REST)},         T("a key")         },
    {RECORD_DKIM,    {T("10._domainkey.example.org"), 600, "TXT", T("a \"b\" \\ 'c'")},        T("odd")           },
    {RECORD_TLSA,    {T("_25._tcp.mail.example.org"), 0, "TLSA", T("3 1 1 " DIGEST)},          T("dane")          },
    {RECORD_SRV,     {T("_imaps._tcp.example.org"), 0, "SRV", T("0 1 993 mail.example.org.")},
     T("reads")                                                                                                   },
    {RECORD_SRV,     {T("_pop3._tcp.example.org"), 0, "SRV", T("0 0 0 .")},                    T("is not offered")},
    {RECORD_MTA_STS, {T("mta-sts.example.org"), 0, "CNAME", T("mail.example.org.")},           T("policy")        },
    {RECORD_CAA,     {T("example.org"), 0, "CAA", T("0 issue \"ca.example; a=b\"")},           T("issues")        },
};
static const struct domain_records records = {items, sizeof items / sizeof *items};

static const char zone_text[] =
    "; takes mail\n"
    "example.org.\tIN\tMX\t10 mail.example.org.\n"
    "; is here\n"
    "mail.example.org.\tIN\tA\t192.0.2.1\n"
    "; is here\n"
    "mail.example.org.\tIN\tAAAA\t2001:db8::1\n"
    "; sends\n"
    "example.org.\tIN\tTXT\t\"v=spf1 mx exists:%{i}.x.example ~all\"\n"
    "; a key\n"
    "2026q4r._domainkey.example.org.\tIN\tTXT\t( \"" KEY "\"\n"
    "\t\t\"" KEY_REST "\" )\n"
    "; odd\n"
    "10._domainkey.example.org.\t600\tIN\tTXT\t\"a \\\"b\\\" \\\\ 'c'\"\n"
    "; dane\n"
    "_25._tcp.mail.example.org.\tIN\tTLSA\t3 1 1 " DIGEST "\n"
    "; reads\n"
    "_imaps._tcp.example.org.\tIN\tSRV\t0 1 993 mail.example.org.\n"
    "; is not offered\n"
    "_pop3._tcp.example.org.\tIN\tSRV\t0 0 0 .\n"
    "; policy\n"
    "mta-sts.example.org.\tIN\tCNAME\tmail.example.org.\n"
    "; issues\n"
    "example.org.\tIN\tCAA\t0 issue \"ca.example; a=b\"\n";

static const char nsupdate_text[] =
    "zone example.org.\n"
    "; takes mail\n"
    "update add example.org. 3600 IN MX 10 mail.example.org.\n"
    "; is here\n"
    "update add mail.example.org. 3600 IN A 192.0.2.1\n"
    "; is here\n"
    "update add mail.example.org. 3600 IN AAAA 2001:db8::1\n"
    "; sends\n"
    "update add example.org. 3600 IN TXT \"v=spf1 mx exists:%{i}.x.example ~all\"\n"
    "; a key\n"
    "update add 2026q4r._domainkey.example.org. 3600 IN TXT \"" KEY "\" \"" KEY_REST "\"\n"
    "; odd\n"
    "update add 10._domainkey.example.org. 600 IN TXT \"a \\\"b\\\" \\\\ 'c'\"\n"
    "; dane\n"
    "update add _25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 " DIGEST "\n"
    "; reads\n"
    "update add _imaps._tcp.example.org. 3600 IN SRV 0 1 993 mail.example.org.\n"
    "; is not offered\n"
    "update add _pop3._tcp.example.org. 3600 IN SRV 0 0 0 .\n"
    "; policy\n"
    "update add mta-sts.example.org. 3600 IN CNAME mail.example.org.\n"
    "; issues\n"
    "update add example.org. 3600 IN CAA 0 issue \"ca.example; a=b\"\n"
    "show\n"
    "send\n";

static const char octodns_text[] =
    "---\n"
    "'':\n"
    "  - ttl: 3600\n    type: CAA\n    values:\n"
    "      - flags: 0\n        tag: 'issue'\n        value: 'ca.example; a=b'\n"
    "  - ttl: 3600\n    type: MX\n    values:\n"
    "      - exchange: 'mail.example.org.'\n        preference: 10\n"
    "  - ttl: 3600\n    type: TXT\n    values:\n"
    "      - 'v=spf1 mx exists:%{i}.x.example ~all'\n"
    "'10._domainkey':\n"
    "  - ttl: 600\n    type: TXT\n    values:\n"
    "      - 'a \"b\" \\ ''c'''\n"
    "'2026q4r._domainkey':\n"
    "  - ttl: 3600\n    type: TXT\n    values:\n"
    "      - 'v=DKIM1\\; k=rsa\\; p=" A237 KEY_REST "'\n"
    "'_25._tcp.mail':\n"
    "  - ttl: 3600\n    type: TLSA\n    values:\n"
    "      - certificate_association_data: '" DIGEST "'\n"
    "        certificate_usage: 3\n        matching_type: 1\n        selector: 1\n"
    "'_imaps._tcp':\n"
    "  - ttl: 3600\n    type: SRV\n    values:\n"
    "      - port: 993\n        priority: 0\n        target: 'mail.example.org.'\n"
    "        weight: 1\n"
    "'_pop3._tcp':\n"
    "  - ttl: 3600\n    type: SRV\n    values:\n"
    "      - port: 0\n        priority: 0\n        target: '.'\n        weight: 0\n"
    "'mail':\n"
    "  - ttl: 3600\n    type: A\n    values:\n      - '192.0.2.1'\n"
    "  - ttl: 3600\n    type: AAAA\n    values:\n      - '2001:db8::1'\n"
    "'mta-sts':\n"
    "  - ttl: 3600\n    type: CNAME\n    value: 'mail.example.org.'\n";

#define RESOURCE(kind, label, name, ttl)                                                           \
    "resource \"" kind "\" \"" label "\" {\n  zone = \"example.org.\"\n" name "  ttl = " ttl "\n"
#define NAME(name) "  name = \"" name "\"\n"

static const char terraform_text[] = RESOURCE("dns_mx_record_set", "mail", "",
    "3600") "  mx {\n    preference = 10\n    exchange = \"mail.example.org.\"\n  "
            "}\n}\n\n" RESOURCE("dns_a_record_set", "mail-mail", NAME("mail"),
                "3600") "  addresses = [\"192.0.2.1\"]\n}\n\n" RESOURCE("dns_aaaa_record_set",
                "mail-mail", NAME("mail"),
                "3600") "  addresses = [\"2001:db8::1\"]\n}\n\n" RESOURCE("dns_txt_record_set",
                "mail", "",
                "3600") "  txt = [\"v=spf1 mx exists:%%{i}.x.example ~all\"]\n}\n\n" RESOURCE("dns_"
                                                                                              "txt_"
                                                                                              "reco"
                                                                                              "rd_"
                                                                                              "set",
                "mail-2026q4r-_domainkey", NAME("2026q4r._domainkey"),
                "3600") "  txt = [\"" KEY KEY_REST "\"]\n}\n\n" RESOURCE("dns_txt_record_set",
                "mail-10-_domainkey", NAME("10._domainkey"),
                "600") "  txt = [\"a \\\\\\\"b\\\\\\\" \\\\\\\\ 'c'\"]\n}\n\n"
                       "# The provider has no resource for TLSA:\n"
                       "# _25._tcp.mail.example.org.\tIN\tTLSA\t3 1 1 " DIGEST "\n\n" RESOURCE(
                           "dns_srv_record_set", "mail-_imaps-_tcp", NAME("_imaps._tcp"),
                           "3600") "  srv {\n    priority = 0\n    weight = 1\n    port = 993\n"
                                   "    target = \"mail.example.org.\"\n  }\n}\n\n" RESOURCE(
                                       "dns_srv_record_set", "mail-_pop3-_tcp", NAME("_pop3._tcp"),
                                       "3600") "  srv {\n    priority = 0\n    weight = 0\n    "
                                               "port = 0\n    target = \".\"\n  "
                                               "}\n}\n\n" RESOURCE("dns_cname_record",
                                                   "mail-mta--sts", NAME("mta-sts"),
                                                   "3600") "  cname = "
                                                           "\"mail.example.org.\"\n}\n\n"
                                                           "# The provider has no resource for "
                                                           "CAA:\n"
                                                           "# example.org.\tIN\tCAA\t0 issue "
                                                           "\"ca.example; a=b\"\n";

#define POST(type, name, ttl)                                                                      \
    "    {\n      \"type\": \"" type "\",\n      \"name\": \"" name "\",\n      \"ttl\": " ttl "," \
    "\n"
#define COMMENT(comment) "      \"comment\": \"" comment "\"\n    }"
#define DNS_ONLY "      \"proxied\": false,\n"

static const char cloudflare_text[] =
    "{\n  \"posts\": [\n" POST("MX", "example.org",
        "1") "      \"priority\": 10,\n      \"content\": \"mail.example.org\",\n" COMMENT("takes "
                                                                                           "mail") ",\n" POST("A",
        "mail.example.org",
        "1") "      \"content\": \"192.0.2.1\",\n" DNS_ONLY COMMENT("is here") ",\n" POST("AAAA",
        "mail.example.org",
        "1") "      \"content\": \"2001:db8::1\",\n" DNS_ONLY COMMENT("is here") ",\n" POST("TXT",
        "example.org",
        "1") "      \"content\": \"\\\"v=spf1 mx exists:%{i}.x.example ~all\\\"\",\n" COMMENT("send"
                                                                                              "s") ",\n" POST("TXT",
        "2026q4r._domainkey.example.org",
        "1") "      \"content\": \"\\\"" KEY "\\\" \\\"" KEY_REST
             "\\\"\",\n" COMMENT("a key") ",\n" POST("TXT", "10._domainkey.example.org",
                 "600") "      \"content\": \"\\\"a \\\\\\\"b\\\\\\\" \\\\\\\\ "
                        "'c'\\\"\",\n" COMMENT("odd") ",\n" POST("TLSA",
                            "_25._tcp.mail.example.org",
                            "1") "      \"data\": {\n        \"usage\": 3,\n        \"selector\": "
                                 "1,\n"
                                 "        \"matching_type\": 1,\n        \"certificate\": \"" DIGEST
                                 "\"\n      },\n" COMMENT("dane") ",\n" POST("SRV",
                                     "_imaps._tcp.example.org",
                                     "1") "      \"data\": {\n        \"priority\": 0,\n        "
                                          "\"weight\": 1,\n        \"port\": 993,\n"
                                          "        \"target\": \"mail.example.org\"\n      "
                                          "},\n" COMMENT("reads") ",\n" POST("SRV",
                                              "_pop3._tcp.example.org",
                                              "1") "      \"data\": {\n        \"priority\": 0,\n  "
                                                   "      \"weight\": 0,\n        \"port\": 0,\n"
                                                   "        \"target\": \".\"\n      },\n" COMMENT(
                                                       "is not offered") ",\n" POST("CNAME",
                                                       "mta-sts.example.org",
                                                       "1") "      \"content\": "
                                                            "\"mail.example.org\",\n" DNS_ONLY
                                                                COMMENT("policy") ",\n" POST("CAA",
                                                                    "example.org",
                                                                    "1") "      \"data\": {\n      "
                                                                         "  \"flags\": 0,\n        "
                                                                         "\"tag\": \"issue\",\n"
                                                                         "        \"value\": "
                                                                         "\"ca.example; a=b\"\n    "
                                                                         "  },\n" COMMENT(
                                                                             "issues") "\n"
                                                                                       "  ]\n}\n";

static const struct {
    const char *word, *text;
} goldens[] = {
    {"zone",       zone_text      },
    {"nsupdate",   nsupdate_text  },
    {"octodns",    octodns_text   },
    {"terraform",  terraform_text },
    {"cloudflare", cloudflare_text},
};

static void test_goldens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        const struct record_format *format = record_format_find(goldens[i].word);
        struct buffer out = BUFFER_NONE;

        unit_row(goldens[i].word);
        assert_non_null(format);
        assert_int_equal(format->write(TEXT("example.org"), &records, &out, NULL), ERR_NONE);
        assert_string_equal(buffer_string(&out), goldens[i].text);
        buffer_done(&out);
    }
}

static void test_json(void **state)
{
    static const struct domain_records two = {items + 3, 3};
    static const char text[] =
        "[\n  {\n    \"name\": \"1.2.0.192.in-addr.arpa\",\n    \"type\": \"PTR\",\n"
        "    \"data\": \"mail.example.org.\",\n    \"kind\": \"ptr\",\n"
        "    \"purpose\": \"elsewhere\",\n    \"required\": true,\n    \"in_zone\": false\n  },\n"
        "  {\n    \"name\": \"example.org\",\n    \"type\": \"TXT\",\n"
        "    \"data\": \"v=spf1 mx exists:%{i}.x.example ~all\",\n    \"kind\": \"spf\",\n"
        "    \"purpose\": \"sends\",\n    \"required\": true,\n    \"in_zone\": true,\n"
        "    \"strings\": [\n      \"v=spf1 mx exists:%{i}.x.example ~all\"\n    ]\n  },\n"
        "  {\n    \"name\": \"2026q4r._domainkey.example.org\",\n    \"type\": \"TXT\",\n"
        "    \"data\": \"" KEY KEY_REST "\",\n    \"kind\": \"dkim\",\n"
        "    \"purpose\": \"a key\",\n    \"required\": true,\n    \"in_zone\": true,\n"
        "    \"strings\": [\n      \"" KEY "\",\n      \"" KEY_REST "\"\n    ]\n  }\n]\n";
    struct buffer out = BUFFER_NONE;

    (void)state;
    assert_int_equal(record_format_json.write(TEXT("example.org"), &two, &out, NULL), ERR_NONE);
    assert_string_equal(buffer_string(&out), text);
    buffer_done(&out);
}

/* What no record can hold is refused, and nothing is half written. */
static void test_refused(void **state)
{
    static const struct domain_record bad[] = {
        {RECORD_MX,  {T("example.org"), 0, "MX", T("10 mail.example.org.")}, T("takes mail")},
        {RECORD_CAA, {T("a b.example.org"), 0, "TXT", T("x")},               T("bad")       }
    };
    static const struct domain_records both = {bad, 2};
    static const struct record_format *const checked[] = {
        &record_format_zone, &record_format_nsupdate};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buffer out = BUFFER_NONE;

        buffer_append_string(&out, "kept");
        assert_int_equal(checked[i]->write(TEXT("example.org"), &both, &out, NULL), ERR_SYNTAX);
        assert_text_equal(buffer_text(&out), "kept");
        buffer_done(&out);
    }
}

/* The order that octoDNS's loader demands of names. */
static void test_order(void **state)
{
    static const char *const owners[] = {"example.org", "2.example.org", "10.example.org",
        "*.example.org", "_a.example.org", "a.example.org", "a2.example.org", "a10.example.org",
        "a-b.example.org", "ab.example.org"};
    struct domain_record shuffled[10];
    struct domain_records all = {shuffled, 10};
    struct arena *arena = arena_new();
    const struct record_group *groups;

    (void)state;
    for (size_t i = 0; i < 10; i++)
        shuffled[i] = (struct domain_record){
            RECORD_ADDRESS, {text_from_string(owners[(i * 7 + 3) % 10]), 0, "A", TEXT("192.0.2.1")},
            TEXT("x")
        };
    assert_int_equal(record_format_groups(TEXT("example.org"), &all, true, arena, &groups), 10);
    for (size_t i = 0; i < 10; i++)
        assert_true(text_equals(groups[i].owner,
            record_format_relative(TEXT("example.org"), text_from_string(owners[i]))));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_goldens), cmocka_unit_test(test_json),
    cmocka_unit_test(test_refused), cmocka_unit_test(test_order))
