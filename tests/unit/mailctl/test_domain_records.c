/* SPDX-License-Identifier: MIT */

/* The records of a domain: what is composed from which facts, and what can be switched off. */

#include "mailctl/domain-records.h"

#include "lib/base/array.h"
#include "lib/dns/rdata.h"
#include "tests/unit/unit.h"

static const unsigned char digests[2][DOMAIN_RECORDS_DIGEST_BYTES] = {{0xaa}, {0xbb}};

/* All that there can be, as a request. */
static struct domain_records_request whole_request(void)
{
    static struct ip addresses[2];
    static const struct dkim_key keys[] = {
        {.domain = {"example.org", 11},
         .selector = {"s1", 2},
         .algorithm = {"rsa", 3},
         .state = DKIM_KEY_ACTIVE,
         .record = {"v=DKIM1; k=rsa; p=AAAA", 22}},
    };
    static const struct text includes[] = {
        {"spf.example.net", 15}
    };
    static const struct text issuers[] = {
        {"ca.example; validationmethods=http-01", 37}
    };
    struct domain_records_request request;

    domain_records_init(&request);
    assert_true(ip_parse(TEXT("192.0.2.1"), &addresses[0]));
    assert_true(ip_parse(TEXT("2001:db8::1"), &addresses[1]));
    request.domain = TEXT("example.org");
    request.host = TEXT("mail.example.net");
    request.web_host = TEXT("web.example.net");
    request.addresses = addresses;
    request.address_count = 2;
    request.keys = keys;
    request.key_count = 1;
    request.spf_includes = includes;
    request.spf_include_count = 1;
    request.dmarc_reports = TEXT("dmarc@reports.example");
    request.tls_reports = TEXT("tls@example.org");
    request.srs_domain = TEXT("srs.example.org");
    request.mta_sts_id = TEXT("0123abcd");
    request.pacc_digest = TEXT("AAAA");
    request.certificates = digests;
    request.certificate_count = 2;
    request.issuers = issuers;
    request.issuer_count = 1;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++)
        request.wants[i] = true;
    return request;
}

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

static const struct {
    enum record_kind kind;
    const char *owner, *type, *data;
} whole[] = {
    {RECORD_MX,           "example.org",                                                              "MX",    "10 mail.example.net."                             },
    {RECORD_ADDRESS,      "mail.example.net",                                                         "A",     "192.0.2.1"                                        },
    {RECORD_ADDRESS,      "mail.example.net",                                                         "AAAA",  "2001:db8::1"                                      },
    {RECORD_PTR,          "1.2.0.192.in-addr.arpa",                                                   "PTR",   "mail.example.net."                                },
    {RECORD_PTR,          "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR",
     "mail.example.net."                                                                                                                                          },
    {RECORD_SPF,          "example.org",                                                              "TXT",   "v=spf1 mx include:spf.example.net ~all"           },
    {RECORD_HOST_SPF,     "mail.example.net",                                                         "TXT",   "v=spf1 a -all"                                    },
    {RECORD_SRS,          "srs.example.org",                                                          "MX",    "10 mail.example.net."                             },
    {RECORD_SRS,          "srs.example.org",                                                          "TXT",   "v=spf1 mx ~all"                                   },
    {RECORD_DKIM,         "s1._domainkey.example.org",                                                "TXT",   "v=DKIM1; k=rsa; p=AAAA"                           },
    {RECORD_DMARC,        "_dmarc.example.org",                                                       "TXT",
     "v=DMARC1; p=quarantine; rua=mailto:dmarc@reports.example"                                                                                                   },
    {RECORD_DMARC_REPORT, "example.org._report._dmarc.reports.example",                               "TXT",   "v=DMARC1"                                         },
    {RECORD_TLS_RPT,      "_smtp._tls.example.org",                                                   "TXT",   "v=TLSRPTv1; rua=mailto:tls@example.org"           },
    {RECORD_TLS_RPT,      "_smtp._tls.mail.example.net",                                              "TXT",
     "v=TLSRPTv1; rua=mailto:tls@example.org"                                                                                                                     },
    {RECORD_MTA_STS,      "_mta-sts.example.org",                                                     "TXT",   "v=STSv1; id=0123abcd"                             },
    {RECORD_MTA_STS,      "mta-sts.example.org",                                                      "CNAME", "web.example.net."                                 },
    {RECORD_TLSA,         "_25._tcp.mail.example.net",                                                "TLSA",  "3 1 1 aa" ZEROS                                   },
    {RECORD_TLSA,         "_25._tcp.mail.example.net",                                                "TLSA",  "3 1 1 bb" ZEROS                                   },
    {RECORD_SRV,          "_submissions._tcp.example.org",                                            "SRV",   "0 1 465 mail.example.net."                        },
    {RECORD_SRV,          "_submission._tcp.example.org",                                             "SRV",   "0 0 0 ."                                          },
    {RECORD_SRV,          "_imaps._tcp.example.org",                                                  "SRV",   "0 1 993 mail.example.net."                        },
    {RECORD_SRV,          "_imap._tcp.example.org",                                                   "SRV",   "0 0 0 ."                                          },
    {RECORD_SRV,          "_pop3s._tcp.example.org",                                                  "SRV",   "0 0 0 ."                                          },
    {RECORD_SRV,          "_pop3._tcp.example.org",                                                   "SRV",   "0 0 0 ."                                          },
    {RECORD_SRV,          "_sieve._tcp.example.org",                                                  "SRV",   "0 0 0 ."                                          },
    {RECORD_AUTOCONFIG,   "autoconfig.example.org",                                                   "CNAME", "web.example.net."                                 },
    {RECORD_AUTODISCOVER, "autodiscover.example.org",                                                 "CNAME", "web.example.net."                                 },
    {RECORD_AUTODISCOVER, "_autodiscover._tcp.example.org",                                           "SRV",   "0 1 443 web.example.net."                         },
    {RECORD_PACC,         "_ua-auto-config.example.org",                                              "TXT",   "v=UAAC1; a=sha256; d=AAAA"                        },
    {RECORD_PACC,         "ua-auto-config.example.org",                                               "CNAME", "web.example.net."                                 },
    {RECORD_CAA,          "example.org",                                                              "CAA",   "0 issue \"ca.example; validationmethods=http-01\""},
};
#define WHOLE_COUNT (sizeof whole / sizeof *whole)

static void test_whole(void **state)
{
    struct arena *arena = arena_new();
    struct domain_records_request request = whole_request();
    struct domain_records records = domain_records_make(&request, arena);

    (void)state;
    assert_int_equal(records.count, WHOLE_COUNT);
    for (size_t i = 0; i < WHOLE_COUNT; i++) {
        const struct domain_record *item = &records.items[i];
        struct buffer wire = BUFFER_NONE;

        unit_row(whole[i].owner);
        assert_int_equal(item->kind, whole[i].kind);
        assert_text_equal(item->record.owner, whole[i].owner);
        assert_string_equal(item->record.type, whole[i].type);
        assert_text_equal(item->record.data, whole[i].data);
        assert_true(item->purpose.len != 0 && !text_has_control(item->purpose));
        /* Whatever is composed can be pushed. */
        assert_true(rdata_write(&item->record, &wire));
        buffer_done(&wire);
    }
    arena_free(&arena);
}

/* Each kind by itself takes away its own records and nothing else. */
static void test_switches(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++) {
        struct arena *arena = arena_new();
        struct domain_records_request request = whole_request();
        struct domain_records records;
        size_t gone = 0;

        unit_row(record_kind_word((enum record_kind)kind));
        request.wants[kind] = false;
        records = domain_records_make(&request, arena);
        for (size_t i = 0; i < WHOLE_COUNT; i++)
            gone += whole[i].kind == kind;
        assert_int_not_equal(gone, 0);
        assert_int_equal(records.count, WHOLE_COUNT - gone);
        for (size_t i = 0; i < records.count; i++)
            assert_int_not_equal(records.items[i].kind, kind);
        arena_free(&arena);
    }
}

static void test_words(void **state)
{
    enum record_kind kind;
    enum record_service service;

    (void)state;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++) {
        assert_true(
            record_kind_parse(text_from_string(record_kind_word((enum record_kind)i)), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(record_kind_parse(TEXT("bimi"), &kind));
    assert_true(record_service_parse(TEXT("sieve"), &service));
    assert_int_equal(service, RECORD_SERVICE_SIEVE);
    assert_false(record_service_parse(TEXT("telnet"), &service));
}

/* With nothing but a domain, a host and the usual. */
static void test_usual(void **state)
{
    static const char *const owners[] = {"example.org", "example.org", "_dmarc.example.org",
        "_submissions._tcp.example.org", "_submission._tcp.example.org", "_imaps._tcp.example.org",
        "_imap._tcp.example.org", "_pop3s._tcp.example.org", "_pop3._tcp.example.org",
        "_sieve._tcp.example.org"};
    struct arena *arena = arena_new();
    struct domain_records_request request;
    struct domain_records records;

    (void)state;
    domain_records_init(&request);
    request.domain = request.host = request.web_host = TEXT("example.org");
    records = domain_records_make(&request, arena);
    assert_int_equal(records.count, sizeof owners / sizeof *owners);
    for (size_t i = 0; i < records.count; i++)
        assert_text_equal(records.items[i].record.owner, owners[i]);
    assert_text_equal(records.items[1].record.data, "v=spf1 mx ~all");
    assert_text_equal(records.items[2].record.data, "v=DMARC1; p=quarantine");
    arena_free(&arena);
}

/* Of a relay's records those of this host alone; the rest is there for who asks for it. */
static void test_relay(void **state)
{
    static const struct {
        enum record_kind kind;
        const char *data;
    } wanted[] = {
        {RECORD_MX,       "20 mail.example.net."  },
        {RECORD_HOST_SPF, "v=spf1 a -all"         },
        {RECORD_DKIM,     "v=DKIM1; k=rsa; p=AAAA"},
    };
    struct arena *arena = arena_new();
    struct domain_records_request whole_one = whole_request(), request;
    struct domain_records records;

    (void)state;
    domain_records_init_relay(&request);
    request.domain = TEXT("example.org");
    request.host = request.web_host = TEXT("mail.example.net");
    request.keys = whole_one.keys;
    request.key_count = 1;
    records = domain_records_make(&request, arena);
    assert_int_equal(records.count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < records.count; i++) {
        assert_int_equal(records.items[i].kind, wanted[i].kind);
        assert_text_equal(records.items[i].record.data, wanted[i].data);
    }
    request.wants[RECORD_DMARC] = true;
    assert_int_equal(domain_records_make(&request, arena).count, records.count + 1);
    arena_free(&arena);
}

/* Reports inside one's own organization need nobody's agreement. */
static void test_own_reports(void **state)
{
    static const char *const addresses[] = {"a@example.org", "a@mail.example.org", "a@org"};

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct arena *arena = arena_new();
        struct domain_records_request request = whole_request();
        struct domain_records records;

        request.dmarc_reports = text_from_string(addresses[i]);
        records = domain_records_make(&request, arena);
        for (size_t j = 0; j < records.count; j++)
            assert_int_not_equal(records.items[j].kind, RECORD_DMARC_REPORT);
        arena_free(&arena);
    }
}

static void test_silent(void **state)
{
    static const char *const data[] = {"0 .", "v=spf1 -all",
        "v=DKIM1; p=", "v=DMARC1; p=reject; rua=mailto:dmarc@reports.example", "v=DMARC1"};
    struct arena *arena = arena_new();
    struct domain_records_request request = whole_request();
    struct domain_records records;

    (void)state;
    request.ttl_s = 600;
    records = domain_records_make_silent(&request, arena);
    assert_int_equal(records.count, sizeof data / sizeof *data);
    for (size_t i = 0; i < records.count; i++) {
        assert_text_equal(records.items[i].record.data, data[i]);
        assert_int_equal(records.items[i].record.ttl_s, 600);
    }
    assert_text_equal(records.items[2].record.owner, "*._domainkey.example.org");
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_whole), cmocka_unit_test(test_switches),
    cmocka_unit_test(test_words), cmocka_unit_test(test_usual), cmocka_unit_test(test_relay),
    cmocka_unit_test(test_own_reports), cmocka_unit_test(test_silent))
