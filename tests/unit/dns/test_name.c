/* SPDX-License-Identifier: MIT */
#include "lib/dns/name.h"

#include <string.h>

#include "tests/unit/unit.h"

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *row, *name;
    bool fits, is_valid, is_domain;
} kinds[] = {
    {"plain",             "example.org",                   true,  true,  true },
    {"upper case",        "EXAMPLE.Org",                   true,  true,  true },
    {"one label",         "localhost",                     true,  true,  false},
    {"underscore",        "_dmarc.example.org",            true,  true,  false},
    {"digits in front",   "1.2.0.192.in-addr.arpa",        true,  true,  true },
    {"last label digits", "192.0.2.1",                     true,  true,  false},
    {"last label half",   "example.1a",                    true,  true,  true },
    {"empty",             "",                              false, false, false},
    {"root",              ".",                             false, false, false},
    {"final dot",         "example.org.",                  false, false, false},
    {"first dot",         ".example.org",                  false, false, false},
    {"empty label",       "example..org",                  false, false, false},
    {"hyphen in front",   "-a.example.org",                true,  false, false},
    {"hyphen behind",     "a-.example.org",                true,  false, false},
    {"hyphens within",    "r3---sn.example.org",           true,  true,  true },
    {"hyphen alone",      "-",                             true,  false, false},
    {"blank",             "a b.example.org",               true,  false, false},
    {"plus",              "joe+list.example.org",          true,  false, false},
    {"eight bit",
     "b\xc3\xbc"
        "cher.example",                                    true,  false, false},
    {"longest label",     L63 ".org",                      true,  true,  true },
    {"label too long",    L63 "a.org",                     false, false, false},
    {"253 bytes",         L63 "." L63 "." L63 "." L61,     true,  true,  true },
    {"254 bytes",         L63 "." L63 "." L63 "." L61 "a", false, false, false},
};

static void test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct text name = text_from_string(kinds[i].name);

        unit_row(kinds[i].row);
        assert_int_equal(dns_name_fits(name), kinds[i].fits);
        assert_int_equal(dns_name_is_valid(name), kinds[i].is_valid);
        assert_int_equal(dns_name_is_domain(name), kinds[i].is_domain);
    }
    assert_false(dns_name_fits(TEXT_NONE));
    assert_false(dns_name_is_valid(TEXT_NONE));
    assert_true(dns_name_fits(TEXT("a\0b.org")));
    assert_false(dns_name_is_valid(TEXT("a\0b.org")));
}

static const struct {
    const char *row, *name, *normal; /* NULL: refused */
} normals[] = {
    {"already",             "example.org",                      "example.org"                 },
    {"case and dot",        "EXAMPLE.Org.",                     "example.org"                 },
    {"underscore",          "_DMARC.example.org",               "_dmarc.example.org"          },
    {"U-label",
     "b\xc3\xbc"
        "cher.example",                                         "xn--bcher-kva.example"       },
    {"U-label, capital",
     "B\xc3\x9c"
        "CHER.Example.",                                        "xn--bcher-kva.example"       },
    {"U-label, decomposed",
     "bu\xcc\x88"
        "cher.example",                                         "xn--bcher-kva.example"       },
    {"sharp s kept",        "fa\xc3\x9f.example",               "xn--fa-hia.example"          },
    {"underscore, U-label",
     "_dmarc.b\xc3\xbc"
        "cher.example",                                         "_dmarc.xn--bcher-kva.example"},
    {"ideographic stop",
     "b\xc3\xbc"
        "cher\xe3\x80\x82"
        "example",                                              "xn--bcher-kva.example"       },
    {"A-label stays",       "XN--BCHER-KVA.example",            "xn--bcher-kva.example"       },
    {"empty",               "",                                 NULL                          },
    {"root",                ".",                                NULL                          },
    {"two final dots",      "example.org..",                    NULL                          },
    {"blank",               "a b.org",                          NULL                          },
    {"blank, U-label",      "a b\xc3\xbc.org",                  NULL                          },
    {"control, U-label",    "a\x01\xc3\xbc.org",                NULL                          },
    {"not UTF-8",
     "b\xfc"
        "cher.example",                                         NULL                          },
    {"symbol",              "\xe2\x98\x83\xe2\x80\xae.example", NULL                          },
    {"label too long",      L63 "a.org",                        NULL                          },
};

static void test_normalize(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof normals / sizeof *normals; i++) {
        struct text name = TEXT("untouched");
        bool done = dns_name_normalize(text_from_string(normals[i].name), arena, &name);

        unit_row(normals[i].row);
        assert_int_equal(done, normals[i].normal != NULL);
        assert_text_equal(name, done ? normals[i].normal : "untouched");
    }
    arena_free(&arena);
}

static const struct {
    const char *name, *input;
    const char *unicode; /* NULL: there is no other form */
} unicodes[] = {
    {"one label",     "xn--bcher-kva.example",
     "b\xc3\xbc"
        "cher.example"                                  },
    {"not the first", "mail.xn--bcher-kva.example",
     "mail.b\xc3\xbc"
        "cher.example"                                  },
    {"two labels",    "xn--bcher-kva.xn--p1ai",
     "b\xc3\xbc"
        "cher.\xd1\x80\xd1\x84"                         },
    {"ASCII",         "example.org",                NULL},
    {"no letter",     "xn--a.example",              NULL},
    {"of nothing",    "xn--.example",               NULL},
    {"of ASCII",      "xn--abc-.example",           NULL},
    {"of capitals",   "xn--BCHER-kva.example",      NULL},
    {"no name",       "a b",                        NULL},
    {"nothing",       "",                           NULL},
};

static void test_to_unicode(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof unicodes / sizeof *unicodes; i++) {
        struct text unicode = TEXT("untouched");

        unit_row(unicodes[i].name);
        assert_int_equal(dns_name_to_unicode(text_from_string(unicodes[i].input), arena, &unicode),
            unicodes[i].unicode != NULL);
        assert_text_equal(unicode, unicodes[i].unicode != NULL ? unicodes[i].unicode : "untouched");
    }
    arena_free(&arena);
}

static void test_normalize_bounded(void **state)
{
    struct arena *arena = arena_new();
    char long_name[4096];
    struct text name = TEXT_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof long_name; i += 2)
        memcpy(long_name + i, "\xc3\xbc", 2);
    assert_false(dns_name_normalize(text_from_bytes(long_name, 4096), arena, &name));
    assert_false(dns_name_normalize(text_from_bytes(long_name, 400), arena, &name));
    arena_free(&arena);
}

/* Soft hyphens go, so that what is too long to be converted would be a short name at its end. */
static void test_input_bounded(void **state)
{
    struct arena *arena = arena_new();
    char written[1026];
    struct text name;

    (void)state;
    for (size_t i = 0; i < sizeof written; i += 2)
        memcpy(written + i, "\xc2\xad", 2);
    memcpy(written, "fa\xc3\x9f.ab", 7);
    memcpy(written + 7, "c", 1);
    assert_true(dns_name_normalize(text_from_bytes(written, 1024), arena, &name));
    assert_text_equal(name, "xn--fa-hia.abc");
    memcpy(written + 1024, "d", 1);
    assert_false(dns_name_normalize(text_from_bytes(written, 1025), arena, &name));
    arena_free(&arena);
}

/* A name that goes on behind a NUL is not the name in front of it. */
static void test_normalize_nul(void **state)
{
    struct arena *arena = arena_new();
    struct text name;

    (void)state;
    assert_false(dns_name_normalize(TEXT("fa\xc3\x9f.example\0.org"), arena, &name));
    arena_free(&arena);
}

static void test_labels(void **state)
{
    struct text name = TEXT("a.b.example.org");

    (void)state;
    assert_int_equal(dns_name_label_count(name), 4);
    assert_int_equal(dns_name_label_count(TEXT("org")), 1);
    assert_int_equal(dns_name_label_count(TEXT("")), 0);
    assert_text_equal(dns_name_last_labels(name, 0), "");
    assert_text_equal(dns_name_last_labels(name, 1), "org");
    assert_text_equal(dns_name_last_labels(name, 2), "example.org");
    assert_text_equal(dns_name_last_labels(name, 4), "a.b.example.org");
    assert_text_equal(dns_name_last_labels(name, 9), "a.b.example.org");
    assert_text_equal(dns_name_last_labels(TEXT(""), 2), "");
    assert_text_equal(dns_name_parent(name), "b.example.org");
    assert_text_equal(dns_name_parent(TEXT("org")), "");
    assert_text_equal(dns_name_parent(TEXT("")), "");
}

static const struct {
    const char *row, *name, *domain;
    bool is_within;
} withins[] = {
    {"itself",          "example.org",     "example.org", true },
    {"case",            "A.Example.ORG",   "exAmple.org", true },
    {"below",           "a.b.example.org", "example.org", true },
    {"no label border", "badexample.org",  "example.org", false},
    {"above",           "org",             "example.org", false},
    {"sibling",         "example.net",     "example.org", false},
    {"empty domain",    "example.org",     "",            false},
    {"empty name",      "",                "example.org", false},
    {"both empty",      "",                "",            false},
};

static void test_is_within(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof withins / sizeof *withins; i++) {
        unit_row(withins[i].row);
        assert_int_equal(dns_name_is_within(text_from_string(withins[i].name),
                             text_from_string(withins[i].domain)),
            withins[i].is_within);
    }
}

static const struct {
    const char *ip, *name;
} reverses[] = {
    {"192.0.2.1",          "1.2.0.192.in-addr.arpa"                            },
    {"255.254.0.10",       "10.0.254.255.in-addr.arpa"                         },
    {"2001:db8::567:89ab",
     "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
};

static void test_reverse(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof reverses / sizeof *reverses; i++) {
        struct ip ip;

        unit_row(reverses[i].ip);
        assert_true(ip_parse(text_from_string(reverses[i].ip), &ip));
        assert_text_equal(dns_name_reverse(&ip, arena), reverses[i].name);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_kinds), cmocka_unit_test(test_normalize),
    cmocka_unit_test(test_to_unicode), cmocka_unit_test(test_normalize_bounded),
    cmocka_unit_test(test_input_bounded), cmocka_unit_test(test_normalize_nul),
    cmocka_unit_test(test_labels), cmocka_unit_test(test_is_within), cmocka_unit_test(test_reverse))
