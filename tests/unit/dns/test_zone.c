/* SPDX-License-Identifier: MIT */
#include "lib/dns/zone.h"

#include <string.h>

#include "tests/unit/unit.h"

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct {
    const char *row;
    struct text name;
    const char *origin, *written;
} names[] = {
    {"origin",           T("example.org"),               "example.org", "@"              },
    {"below",            T("_dmarc.example.org"),        "example.org", "_dmarc"         },
    {"outside",          T("mx.example.net"),            "example.org", "mx.example.net."},
    {"looks like below", T("badexample.org"),            "example.org", "badexample.org."},
    {"no origin",        T("example.org"),               "",            "example.org."   },
    {"root",             T(""),                          "example.org", "."              },
    {"root, no origin",  T(""),                          "",            "."              },
    {"wildcard",         T("*.example.org"),             "example.org", "*"              },
    {"meaningful bytes", T("$a;b\"(c) @\\.example.org"), "example.org",
     "\\036a\\059b\\034\\040c\\041\\032\\064\\092"                                       },
    {"any byte",         T("\0\xff.example.org"),        "example.org", "\\000\\255"     },
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buffer out = BUFFER_NONE;

        unit_row(names[i].row);
        zone_name_format(names[i].name, text_from_string(names[i].origin), &out);
        assert_string_equal(buffer_string(&out), names[i].written);
        buffer_done(&out);
    }
}

static const struct {
    const char *row;
    struct text payload;
    const char *written;
} strings[] = {
    {"plain",         T("v=spf1 mx -all"),   "\"v=spf1 mx -all\""  },
    {"empty",         T(""),                 "\"\""                },
    {"semicolons",    T("v=DKIM1; p=; t=y"), "\"v=DKIM1; p=; t=y\""},
    {"quote",         T("say \"hi\""),       "\"say \\\"hi\\\"\""  },
    {"backslash",     T("a\\b\\"),           "\"a\\\\b\\\\\""      },
    {"end of line",   T("a\nb\r"),           "\"a\\010b\\013\""    },
    {"NUL and DEL",   T("\0\x7f"),           "\"\\000\\127\""      },
    {"eight bit",     T("\xc3\xbc"),         "\"\\195\\188\""      },
    {"digits behind",
     T("\xfe"
          "123"),
     "\"\\254123\""                                                },
};

static void test_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct buffer out = BUFFER_NONE;

        unit_row(strings[i].row);
        zone_strings_format(strings[i].payload, " ", &out);
        assert_string_equal(buffer_string(&out), strings[i].written);
        buffer_done(&out);
    }
}

static const struct {
    size_t len, first, strings;
} splits[] = {
    {254, 254, 1},
    {255, 255, 1},
    {256, 255, 2},
    {510, 255, 2},
    {511, 255, 3},
};

static void test_split(void **state)
{
    char payload[600];

    (void)state;
    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct buffer out = BUFFER_NONE;

        print_message("# row: %zu bytes\n", splits[i].len);
        zone_strings_format(text_from_bytes(payload, splits[i].len), "|", &out);
        assert_int_equal(out.len, splits[i].len + 3 * splits[i].strings - 1);
        assert_int_equal(out.data[splits[i].first + 1], '"');
        buffer_done(&out);
    }
}

static void assert_line(const struct zone_record *record, const char *origin, const char *expected)
{
    struct buffer out = BUFFER_NONE;

    zone_record_format(record, text_from_string(origin), &out);
    assert_string_equal(buffer_string(&out), expected);
    buffer_done(&out);
}

static void test_records(void **state)
{
    struct arena *arena = arena_new();
    struct zone_record record;
    struct text owner = TEXT("example.org");
    struct ip ip;
    char long_text[300];

    (void)state;
    record = zone_record_mx(owner, 0, 10, TEXT("mx.example.org"), arena);
    assert_line(&record, "example.org", "@\tIN\tMX\t10 mx.example.org.\n");
    record = zone_record_mx(owner, 60, 10, TEXT_NONE, arena);
    assert_line(&record, "", "example.org.\t60\tIN\tMX\t0 .\n");
    assert_true(ip_parse(TEXT("192.0.2.1"), &ip));
    record = zone_record_address(TEXT("mx.example.org"), 0, &ip, arena);
    assert_line(&record, "example.org", "mx\tIN\tA\t192.0.2.1\n");
    assert_true(ip_parse(TEXT("2001:db8::1"), &ip));
    record = zone_record_address(TEXT("mx.example.org"), 0, &ip, arena);
    assert_line(&record, "example.org", "mx\tIN\tAAAA\t2001:db8::1\n");
    record = zone_record_name(TEXT("www.example.org"), 0, "CNAME", TEXT("web.example.net"), arena);
    assert_line(&record, "example.org", "www\tIN\tCNAME\tweb.example.net.\n");
    record = zone_record_txt(TEXT("_dmarc.example.org"), 300, TEXT("v=DMARC1; p=none"));
    assert_line(&record, "example.org", "_dmarc\t300\tIN\tTXT\t\"v=DMARC1; p=none\"\n");

    memset(long_text, 'k', sizeof long_text);
    record = zone_record_txt(owner, 0, text_from_bytes(long_text, 256));
    assert_line(&record, "example.org",
        arena_print(arena, "@\tIN\tTXT\t( \"%.255s\"\n\t\t\"k\" )\n", long_text).data);
    arena_free(&arena);
}

static const struct text name_servers[] = {T("ns1.example.org"), T("ns.example.net")};

/* A zone whose records are made by each test. */
static struct zone zone_of(const struct zone_record *records, size_t count)
{
    return (struct zone){.origin = TEXT("example.org"),
        .name_servers = name_servers,
        .name_server_count = 2,
        .contact = TEXT("john.doe+dns@example.net"),
        .serial = 2026112101,
        .records = records,
        .record_count = count};
}

static void test_whole_zone(void **state)
{
    static const struct zone_record records[] = {
        {T("ns1.example.org"),    0,   "A",   T("192.0.2.53")        },
        {T("example.org"),        0,   "MX",  T("10 mx.example.net.")},
        {T("_dmarc.example.org"), 300, "TXT", T("v=DMARC1; p=none")  },
    };
    struct zone zone = zone_of(records, 3);
    struct buffer out = BUFFER_NONE;

    (void)state;
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_NONE);
    assert_string_equal(buffer_string(&out),
        "$ORIGIN example.org.\n"
        "$TTL 3600\n"
        "@\tIN\tSOA\tns1.example.org. john\\046doe\\043dns.example.net. (\n"
        "\t\t2026112101\t; serial\n"
        "\t\t14400\t; refresh\n"
        "\t\t3600\t; retry\n"
        "\t\t1209600\t; expire\n"
        "\t\t300 )\t; negative answers\n"
        "@\tIN\tNS\tns1.example.org.\n"
        "@\tIN\tNS\tns.example.net.\n"
        "ns1\tIN\tA\t192.0.2.53\n"
        "@\tIN\tMX\t10 mx.example.net.\n"
        "_dmarc\t300\tIN\tTXT\t\"v=DMARC1; p=none\"\n");
    buffer_clear(&out);
    zone.contact = TEXT_NONE;
    zone.ttl_s = 60;
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_NONE);
    assert_non_null(strstr(out.data, "$TTL 60\n"));
    assert_non_null(strstr(out.data, " hostmaster.example.org. ("));
    buffer_clear(&out);
    assert_int_equal(zone_fragment_format(records, 3, &out, NULL), ERR_NONE);
    assert_string_equal(buffer_string(&out),
        "ns1.example.org.\tIN\tA\t192.0.2.53\n"
        "example.org.\tIN\tMX\t10 mx.example.net.\n"
        "_dmarc.example.org.\t300\tIN\tTXT\t\"v=DMARC1; p=none\"\n");
    buffer_done(&out);
}

#define ADDRESS                                                                                    \
    {                                                                                              \
        T("ns1.example.org"), 0, "A", T("192.0.2.53")                                              \
    }

static const struct {
    const char *row;
    struct zone_record records[3];
    size_t count;
    enum err err;
    const char *said;
} refused[] = {
    {"no address of a name server", {{T("example.org"), 0, "TXT", T("x")}},                               1, ERR_REFUSED,
     "name server ns1.example.org"                                                                                                                  },
    {"no address of a mail host",   {ADDRESS, {T("example.org"), 0, "MX", T("10 mx.example.org.")}},
     2,                                                                                                      ERR_REFUSED, "mail host mx.example.org"},
    {"no address of a service",
     {ADDRESS, {T("_imaps._tcp.example.org"), 0, "SRV", T("0 1 993 mx.example.org.")}},                   2,
     ERR_REFUSED,                                                                                                         "host mx.example.org"     },
    {"outside",                     {ADDRESS, {T("example.net"), 0, "TXT", T("x")}},                      2, ERR_RANGE,   "example.net"             },
    {"owner is no name",            {ADDRESS, {T("a b.example.org"), 0, "TXT", T("x")}},                  2, ERR_SYNTAX,
     "a b.example.org"                                                                                                                              },
    {"wildcard within",             {ADDRESS, {T("a.*.example.org"), 0, "TXT", T("x")}},                  2, ERR_SYNTAX,  "*"                       },
    {"type is no word",             {ADDRESS, {T("example.org"), 0, "TXT x", T("x")}},                    2, ERR_SYNTAX,  "type"                    },
    {"a second line",               {ADDRESS, {T("a.example.org"), 0, "A", T("192.0.2.1\nb A 1.2.3.4")}}, 2,
     ERR_SYNTAX,                                                                                                          "bad data"                },
    {"no data",                     {ADDRESS, {T("a.example.org"), 0, "A", T("")}},                       2, ERR_SYNTAX,  "bad data"                },
    {"CNAME of the zone",           {ADDRESS, {T("example.org"), 0, "CNAME", T("a.example.net.")}},       2,
     ERR_REFUSED,                                                                                                         "CNAME"                   },
    {"CNAME beside others",         {ADDRESS, {T("NS1.example.org"), 0, "CNAME", T("a.example.net.")}},   2,
     ERR_REFUSED,                                                                                                         "CNAME"                   },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct zone zone = zone_of(refused[i].records, refused[i].count);
        struct buffer out = BUFFER_NONE;
        struct failure failure = {.text = ""};

        unit_row(refused[i].row);
        assert_int_equal(zone_format(&zone, &out, &failure), refused[i].err);
        print_message("# %s\n", failure.text);
        assert_non_null(strstr(failure.text, refused[i].said));
        assert_int_equal(out.len, 0);
        buffer_done(&out);
    }
}

static void test_permitted(void **state)
{
    static const struct zone_record records[] = {
        {T("*.example.org"),          0, "AAAA",  T("2001:db8::1")       },
        {T("example.org"),            0, "MX",    T("10 mx.example.org.")},
        {T("www.example.org"),        0, "CNAME", T("a.example.net.")    },
        {T("none.example.org"),       0, "MX",    T("0 .")               },
        {T("_pop3._tcp.example.org"), 0, "SRV",   T("0 0 0 .")           },
    };
    struct zone zone = zone_of(records, 5);
    struct buffer out = BUFFER_NONE;
    struct failure failure = {.text = ""};

    (void)state;
    assert_int_equal(zone_format(&zone, &out, &failure), ERR_NONE);
    buffer_done(&out);
}

static void test_bad_head(void **state)
{
    static const struct text bad_server = T("a b");
    struct zone_record address = ADDRESS;
    struct buffer out = BUFFER_NONE;
    struct zone zone;

    (void)state;
    zone = zone_of(&address, 1);
    zone.origin = TEXT("example..org");
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_SYNTAX);
    zone = zone_of(&address, 1);
    zone.name_server_count = 0;
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_SYNTAX);
    zone.name_servers = &bad_server;
    zone.name_server_count = 1;
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_SYNTAX);
    zone = zone_of(&address, 1);
    zone.contact = TEXT("hostmaster.example.org");
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_SYNTAX);
    zone.contact = TEXT("@example.org");
    assert_int_equal(zone_format(&zone, &out, NULL), ERR_SYNTAX);
    assert_int_equal(out.len, 0);
    buffer_done(&out);
}

static void test_txt_bound(void **state)
{
    char *payload = calloc(1, ZONE_TXT_MAX_BYTES + 1);
    struct zone_record record =
        zone_record_txt(TEXT("example.org"), 0, text_from_bytes(payload, ZONE_TXT_MAX_BYTES + 1));
    struct buffer out = BUFFER_NONE;

    (void)state;
    assert_int_equal(zone_fragment_format(&record, 1, &out, NULL), ERR_LIMIT);
    assert_int_equal(out.len, 0);
    record.data.len--;
    assert_int_equal(zone_fragment_format(&record, 1, &out, NULL), ERR_NONE);
    buffer_done(&out);
    free(payload);
}

UNIT_MAIN(cmocka_unit_test(test_names), cmocka_unit_test(test_strings),
    cmocka_unit_test(test_split), cmocka_unit_test(test_records), cmocka_unit_test(test_whole_zone),
    cmocka_unit_test(test_refused), cmocka_unit_test(test_permitted),
    cmocka_unit_test(test_bad_head), cmocka_unit_test(test_txt_bound))
