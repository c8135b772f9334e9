/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "lib/mailauth/dmarc.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

#define NONE DMARC_POLICY_NONE
#define QUARANTINE DMARC_POLICY_QUARANTINE
#define REJECT DMARC_POLICY_REJECT
#define OK DMARC_PARSE_OK
#define UNUSABLE DMARC_PARSE_UNUSABLE
#define NOT_DMARC DMARC_PARSE_NOT_DMARC

static void test_policies(void **state)
{
    static const struct {
        const char *name, *text;
        enum dmarc_parse parse;
        enum dmarc_policy p, sp, np;
    } rows[] = {
        {"p alone",                    "v=DMARC1; p=reject",                            OK,        REJECT,     REJECT,     REJECT    },
        {"trailing semicolon",         "v=DMARC1; p=reject;",                           OK,        REJECT,     REJECT,     REJECT    },
        {"no blanks",                  "v=DMARC1;p=quarantine",                         OK,        QUARANTINE, QUARANTINE, QUARANTINE},
        {"many blanks",                "v \t=\t DMARC1 \t ; p = none ; ",               OK,        NONE,       NONE,       NONE      },
        {"p not second",               "v=DMARC1; sp=none; p=reject",                   OK,        REJECT,     NONE,       NONE      },
        {"sp for np",                  "v=DMARC1; p=none; sp=quarantine",               OK,        NONE,       QUARANTINE, QUARANTINE},
        {"np alone",                   "v=DMARC1; p=none; np=reject",                   OK,        NONE,       NONE,       REJECT    },
        {"all three",                  "v=DMARC1; p=none; sp=quarantine; np=reject",    OK,        NONE,       QUARANTINE, REJECT    },
        {"any case",                   "V=DMARC1; P=Reject; SP=NONE",                   OK,        REJECT,     NONE,       NONE      },
        {"unknown tags",               "v=DMARC1; p=reject; pct=0; rf=afrf; ri=1; x=y", OK,        REJECT,     REJECT,
         REJECT                                                                                                                      },
        {"a piece without sense",      "v=DMARC1; p=reject; nonsense; =x; 1=2",         OK,        REJECT,     REJECT,
         REJECT                                                                                                                      },
        {"no p, no rua",               "v=DMARC1",                                      UNUSABLE,  NONE,       NONE,       NONE      },
        {"no p, semicolon",            "v=DMARC1;",                                     UNUSABLE,  NONE,       NONE,       NONE      },
        {"no p, rua",                  "v=DMARC1; rua=mailto:d@b.org",                  OK,        NONE,       NONE,       NONE      },
        {"wrong p, no rua",            "v=DMARC1; p=deny",                              UNUSABLE,  NONE,       NONE,       NONE      },
        {"wrong p, rua",               "v=DMARC1; p=deny; rua=mailto:d@b.org",          OK,        NONE,       NONE,       NONE      },
        {"wrong p, wrong rua",         "v=DMARC1; p=deny; rua=d@b.org",                 UNUSABLE,  NONE,       NONE,       NONE      },
        {"wrong sp, no rua",           "v=DMARC1; p=reject; sp=x",                      UNUSABLE,  NONE,       NONE,       NONE      },
        {"wrong sp, rua",              "v=DMARC1; p=reject; sp=x; rua=mailto:d@b.org",  OK,        NONE,       NONE,       NONE      },
        {"wrong np, rua",              "v=DMARC1; p=reject; np=x; rua=mailto:d@b.org",  OK,        NONE,       NONE,       NONE      },
        {"empty p",                    "v=DMARC1; p=; rua=mailto:d@b.org",              OK,        NONE,       NONE,       NONE      },
        {"a tag twice",                "v=DMARC1; p=none; p=none",                      UNUSABLE,  NONE,       NONE,       NONE      },
        {"a tag twice in two cases",   "v=DMARC1; p=none; P=none",                      UNUSABLE,  NONE,       NONE,       NONE      },
        {"v twice",                    "v=DMARC1; p=none; v=DMARC1",                    UNUSABLE,  NONE,       NONE,       NONE      },
        {"another tag's name",         "x=DMARC1; p=none",                              NOT_DMARC, NONE,       NONE,       NONE      },
        {"no equals sign",             "v:DMARC1; p=none",                              NOT_DMARC, NONE,       NONE,       NONE      },
        {"another version",            "v=DMARC2; p=none",                              NOT_DMARC, NONE,       NONE,       NONE      },
        {"version in another case",    "v=dmarc1; p=none",                              NOT_DMARC, NONE,       NONE,       NONE      },
        {"version too long",           "v=DMARC10; p=none",                             NOT_DMARC, NONE,       NONE,       NONE      },
        {"no semicolon",               "v=DMARC1 p=none",                               NOT_DMARC, NONE,       NONE,       NONE      },
        {"v not first",                "p=none; v=DMARC1",                              NOT_DMARC, NONE,       NONE,       NONE      },
        {"leading blank",              " v=DMARC1; p=none",                             NOT_DMARC, NONE,       NONE,       NONE      },
        {"leading semicolon",          "; v=DMARC1; p=none",                            NOT_DMARC, NONE,       NONE,       NONE      },
        {"another tag that begins so", "vv=DMARC1; p=none",                             NOT_DMARC, NONE,       NONE,       NONE      },
        {"SPF",                        "v=spf1 -all",                                   NOT_DMARC, NONE,       NONE,       NONE      },
        {"empty",                      "",                                              NOT_DMARC, NONE,       NONE,       NONE      },
        {"v",                          "v",                                             NOT_DMARC, NONE,       NONE,       NONE      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dmarc_record record = {.p = NONE, .sp = NONE, .np = NONE};
        struct arena *arena = arena_new();

        unit_row(rows[i].name);
        assert_int_equal(
            dmarc_record_parse(exact_row(rows[i].text), arena, &record), rows[i].parse);
        assert_int_equal(record.p, rows[i].p);
        assert_int_equal(record.sp, rows[i].sp);
        assert_int_equal(record.np, rows[i].np);
        arena_free(&arena);
    }
}

static void test_flags(void **state)
{
    static const struct {
        const char *name, *text;
        enum dmarc_psd psd;
        bool testing, dkim_strict, spf_strict;
    } rows[] = {
        {"defaults",                  "v=DMARC1; p=none",                       DMARC_PSD_UNKNOWN, false, false, false},
        {"psd=y",                     "v=DMARC1; p=none; psd=Y",                DMARC_PSD_YES,     false, false, false},
        {"psd=n",                     "v=DMARC1; p=none; psd=n",                DMARC_PSD_NO,      false, false, false},
        {"psd=u",                     "v=DMARC1; p=none; psd=u",                DMARC_PSD_UNKNOWN, false, false, false},
        {"psd wrong",                 "v=DMARC1; p=none; psd=yes",              DMARC_PSD_UNKNOWN, false, false, false},
        {"psd of an unusable record", "v=DMARC1; psd=y",                        DMARC_PSD_YES,     false, false, false},
        {"t=y",                       "v=DMARC1; p=none; t=y",                  DMARC_PSD_UNKNOWN, true,  false, false},
        {"t wrong",                   "v=DMARC1; p=none; t=1",                  DMARC_PSD_UNKNOWN, false, false, false},
        {"adkim=s",                   "v=DMARC1; p=none; adkim=s",              DMARC_PSD_UNKNOWN, false, true,  false},
        {"aspf=S",                    "v=DMARC1; p=none; aspf=S",               DMARC_PSD_UNKNOWN, false, false, true },
        {"both wrong",                "v=DMARC1; p=none; adkim=x; aspf=strict", DMARC_PSD_UNKNOWN, false, false,
         false                                                                                                        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct dmarc_record record;

        unit_row(rows[i].name);
        assert_int_not_equal(
            dmarc_record_parse(exact_row(rows[i].text), arena, &record), NOT_DMARC);
        assert_int_equal(record.psd, rows[i].psd);
        assert_int_equal(record.testing, rows[i].testing);
        assert_int_equal(record.dkim_strict, rows[i].dkim_strict);
        assert_int_equal(record.spf_strict, rows[i].spf_strict);
        arena_free(&arena);
    }
}

/* What counts as a syntactically valid reporting URI: it saves a record without a policy. */
static void test_uris(void **state)
{
    static const struct {
        const char *list;
        bool is_valid;
    } rows[] = {
        {"mailto:d@b.org",        true },
        {"MAILTO:d@b.org",        true },
        {"mailto:d@b.org!10m",    true },
        {"mailto:d@b.org!10",     true },
        {"mailto:d@b.org!m",      false},
        {"mailto:d@b.org!10x",    false},
        {"mailto:d@b.org!10mm",   false},
        {"mailto:d%2Cx@b.org",    true },
        {"mailto:d%2@b.org",      false},
        {"mailto:d%20%02x@b.org", true },
        {"mailto:d@b.org%2",      false},
        {"mailto:d%2x@b.org",     false},
        {"mailto:d%x2@b.org",     false},
        {"mailto:d%zz@b.org",     false},
        {"mailto:d@b.org%",       false},
        {"mailto:",               false},
        {"mailto:d",              false},
        {"mailto:d@b.org!10",     true },
        {"mailto:d@b.org!10m",    true },
        {"mailto:d@b.org%4",      false},
        {"mailto:d@b.org%",       false},
        {"ht+t-p.s1://b.org",     true },
        {"mailto:@b.org",         false},
        {"mailto:d@",             false},
        {"https://b.org/r?x=1",   true },
        {"1https://b.org",        false},
        {"ht_tp://b.org",         false},
        {":b",                    false},
        {"d@b.org",               false},
        {"mailto:d x@b.org",      false},
        {"mailto:\xc3\xa9@b.org", false},
        {"junk, mailto:d@b.org",  true },
        {"junk,, ,more",          false},
        {"!",                     false},
        {"",                      false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct dmarc_record record;
        struct text text = exact_row(arena_print(arena, "v=DMARC1; rua=%s", rows[i].list).data);

        unit_row(rows[i].list);
        assert_int_equal(
            dmarc_record_parse(text, arena, &record), rows[i].is_valid ? OK : UNUSABLE);
        assert_text_equal(record.rua, rows[i].list);
        arena_free(&arena);
    }
}

static enum dmarc_parse parse_padded(size_t uris, size_t bytes)
{
    struct arena *arena = arena_new();
    struct buffer text = BUFFER_NONE;
    struct dmarc_record record;
    enum dmarc_parse parse;

    buffer_append_string(&text, "v=DMARC1; rua=");
    for (size_t i = 1; i < uris; i++)
        buffer_append_string(&text, "x,");
    buffer_append_string(&text, "mailto:d@b.org;");
    while (text.len < bytes)
        buffer_append_byte(&text, ' ');
    parse = dmarc_record_parse(buffer_text(&text), arena, &record);
    buffer_done(&text);
    arena_free(&arena);
    return parse;
}

static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(parse_padded(DMARC_URIS_MAX, 0), OK);
    assert_int_equal(parse_padded(DMARC_URIS_MAX + 1, 0), UNUSABLE);
    assert_int_equal(parse_padded(1, DMARC_RECORD_MAX_BYTES), OK);
    assert_int_equal(parse_padded(1, DMARC_RECORD_MAX_BYTES + 1), UNUSABLE);
}

UNIT_MAIN(cmocka_unit_test(test_policies), cmocka_unit_test(test_flags),
    cmocka_unit_test(test_uris), cmocka_unit_test(test_bounds))
