/* SPDX-License-Identifier: MIT */

/*
 * The section RESULTS of gatepost-milter(8) and the engine, held against each other both ways:
 * each result of each method on the page is seen here, with the properties that the page names,
 * and nothing is seen that is not on the page.
 */

#include "tests/unit/mailauth/judgement.h"
#include "tests/unit/page.h"

#define PAGE "gatepost-milter.8"

static const struct canned_record zone[] = {
    {"pass.example",               "TXT",     "v=spf1 ip4:192.0.2.0/24 -all"},
    {"_dmarc.pass.example",        "TXT",     "v=DMARC1; p=reject"          },
    {"mail.example.net",           "TXT",     "v=spf1 ip4:192.0.2.25 -all"  },
    {"neutral.example",            "TXT",     "v=spf1 ?all"                 },
    {"softfail.example",           "TXT",     "v=spf1 ~all"                 },
    {"fail.example",               "TXT",     "v=spf1 -all"                 },
    {"slow.example",               "TIMEOUT", ""                            },
    {"_dmarc.slow.example",        "TIMEOUT", ""                            },
    {"wrong.example",              "TXT",     "v=spf1 nonsense"             },
    {"_dmarc.wrong.example",       "TXT",     "v=DMARC1; p=nonsense"        },
    {"s1._domainkey.pass.example", "TXT",     dkim_rsa_record               },
    {"s1._domainkey.slow.example", "TIMEOUT", ""                            },
    {NULL,                         NULL,      NULL                          },
};

#define FROM_PASS "From: a@pass.example\n"
#define HASH "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA; h=from; "
#define SIGNATURE(tags) "DKIM-Signature: v=1; d=pass.example; s=s1; " HASH tags "\n"
#define D " header.d header.i header.a header.s header.b"

static const struct row {
    const char *method, *word;
    const char *properties; /* " ptype.name" each, in their order */
    const char *sender, *header;
    const char *signer;     /* who signs, or seals for arc; NULL: nobody does */
    const char *name, *ptr; /* of the client; NULL: not told */
} rows[] = {
    {"iprev", "pass",      " policy.iprev",                        "a@pass.example",     FROM_PASS,                                          NULL,           "mx.example",
     "mx.example"                                                                                                                                                                      },
    {"iprev", "fail",      " policy.iprev",                        "a@pass.example",     FROM_PASS,                                          NULL,           "unknown",    "mx.example"},
    {"iprev", "fail",      " policy.iprev",                        "a@pass.example",     FROM_PASS,                                          NULL,           "unknown",    NULL        },
    {"iprev", "permerror", " policy.iprev",                        "a@pass.example",     FROM_PASS,                                          NULL,           "unknown",
     "unknown"                                                                                                                                                                         },
    {"spf",   "none",      " smtp.mailfrom",                       "a@nothing.example",  FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "neutral",   " smtp.mailfrom",                       "a@neutral.example",  FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "pass",      " smtp.mailfrom",                       "a@pass.example",     FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "pass",      " smtp.helo",                           "",                   FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "softfail",  " smtp.mailfrom",                       "a@softfail.example", FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "fail",      " smtp.mailfrom",                       "a@fail.example",     FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "temperror", " smtp.mailfrom",                       "a@slow.example",     FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"spf",   "permerror", " smtp.mailfrom",                       "a@wrong.example",    FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"dkim",  "none",      "",                                     "a@pass.example",     FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"dkim",  "pass",      D,                                      "a@pass.example",     FROM_PASS,                                          "pass.example", NULL,         NULL        },
    {"dkim",  "fail",      D,                                      "a@pass.example",     SIGNATURE("a=rsa-sha256") FROM_PASS,                NULL,           NULL,         NULL        },
    {"dkim",  "policy",    D,                                      "a@pass.example",     SIGNATURE("a=rsa-sha256; t=99999999999") FROM_PASS,
     NULL,                                                                                                                                                   NULL,         NULL        },
    {"dkim",  "temperror", D,                                      "a@pass.example",     FROM_PASS,                                          "slow.example", NULL,         NULL        },
    {"dkim",  "permerror", D,                                      "a@pass.example",     SIGNATURE("a=rsa-sha1") FROM_PASS,                  NULL,           NULL,         NULL        },
    {"dkim",  "permerror", " header.d header.i header.s header.b", "a@pass.example",
     SIGNATURE("a=rsa-sha256-and-a-word-that-is-too-long") FROM_PASS,                                                                        NULL,           NULL,         NULL        },
    {"arc",   "pass",      " smtp.remote-ip",                      "a@pass.example",     FROM_PASS,                                          "pass.example", NULL,         NULL        },
    {"arc",   "fail",      " smtp.remote-ip",                      "a@pass.example",     "ARC-Seal: i=1; cv=none\n" FROM_PASS,               NULL,
     NULL,                                                                                                                                                                 NULL        },
    {"dmarc", "none",      " header.from",                         "a@pass.example",     "From: a@nothing.example\n",                        NULL,           NULL,
     NULL                                                                                                                                                                              },
    {"dmarc", "pass",      " header.from policy.dmarc",            "a@pass.example",     FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"dmarc", "fail",      " header.from policy.dmarc",            "a@fail.example",     FROM_PASS,                                          NULL,           NULL,         NULL        },
    {"dmarc", "temperror", " header.from",                         "a@pass.example",     "From: a@slow.example\n",                           NULL,           NULL,
     NULL                                                                                                                                                                              },
    {"dmarc", "permerror", " header.from",                         "a@pass.example",     "From: a@wrong.example\n",                          NULL,           NULL,
     NULL                                                                                                                                                                              },
    {"dmarc", "permerror", "",                                     "a@pass.example",     "",                                                 NULL,           NULL,         NULL        },
};

/* The result of a method in a field, from its name to the semicolon. */
static struct text find_result(struct text field, const char *method, struct arena *arena)
{
    struct text start = arena_print(arena, "\t%s=", method);
    size_t at = text_find_text(field, start);

    assert_true(at < field.len);
    field = text_skip(field, at + 1);
    return text_head(field, text_find(field, ';'));
}

/* The names of its properties, " ptype.name" each. */
static struct text list_properties(struct text result, struct arena *arena)
{
    struct text all = TEXT(""), word;

    while (text_split(&result, ' ', &word)) {
        struct text line = word, part;

        while (text_split(&line, '\t', &part)) {
            struct text name = text_head(part, text_find(part, '='));

            if (text_find(name, '.') < name.len)
                all = arena_print(arena, "%.*s %.*s", TEXT_ARGS(all), TEXT_ARGS(name));
        }
    }
    return all;
}

static bool has(const struct judgement *run, const char *piece)
{
    const struct text field = run->verdict.results_field;

    return text_find_text(field, text_from_string(piece)) < field.len;
}

/* That a key is being tested is why a pass counts for nothing; a fail has its own reason. */
static void test_fail_by_a_tested_key(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "a@pass.example");
    struct judgement run;

    (void)state;
    judgement_start(&run, &facts, zone);
    canned_add(run.canned, TEXT("s2._domainkey.pass.example"), TEXT("TXT"),
        arena_print(run.arena, "t=y; %s", dkim_rsa_record + strlen("v=DKIM1; ")));
    judgement_drive(&run, TEXT("DKIM-Signature: v=1; d=pass.example; s=s2; a=rsa-sha256; " HASH
                               "\n" FROM_PASS "\nHello.\n"));
    assert_true(has(&run, "dkim=fail reason=\"body hash did not verify\""));
    judgement_finish(&run);
}

static void test_chain_by_a_tested_key(void **state)
{
    struct mailauth_facts facts = judgement_facts("192.0.2.25", "a@pass.example");
    struct judgement run;

    (void)state;
    judgement_start(&run, &facts, zone);
    canned_add(run.canned, TEXT("s1._domainkey.tested.example"), TEXT("TXT"),
        arena_print(run.arena, "t=y; %s", dkim_rsa_record + strlen("v=DKIM1; ")));
    judgement_drive(
        &run, judgement_seal(run.arena, "tested.example", TEXT(FROM_PASS "\nHello.\n")));
    assert_true(has(&run, "arc=pass reason=\"the key is being tested\""));
    judgement_finish(&run);
}

/* What the engine writes is what its row says. */
static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct mailauth_facts facts = judgement_facts("192.0.2.25", row->sender);
        struct text message, result;
        struct judgement run;

        print_message("# row: %s=%s\n", row->method, row->word);
        facts.client_name_known = row->name != NULL;
        facts.client_name = text_from_string(row->name);
        facts.client_ptr_known = row->ptr != NULL;
        facts.client_ptr = text_from_string(row->ptr);
        judgement_start(&run, &facts, zone);
        message = arena_print(run.arena, "%sTo: b@example.org\n\nHello.\n", row->header);
        if (row->signer != NULL)
            message = (strcmp(row->method, "arc") == 0 ? judgement_seal : judgement_sign)(
                run.arena, row->signer, message);
        judgement_drive(&run, message);
        result = find_result(run.verdict.results_field, row->method, run.arena);
        result = text_skip(result, strlen(row->method) + 1);
        assert_text_equal(
            text_head(result, text_find(text_head(result, text_find(result, ' ')), '\r')),
            row->word);
        assert_text_equal(list_properties(result, run.arena), row->properties);
        assert_int_equal(has(&run, "\tiprev="), row->name != NULL);
        assert_int_equal(has(&run, "(i=1 d=pass.example)"),
            strcmp(row->method, "arc") == 0 && strcmp(row->word, "pass") == 0);
        judgement_finish(&run);
    }
}

/* --- the page --- */

static const char *const methods[] = {"iprev", "spf", "dkim", "arc", "dmarc"};

static bool is_row(const char *method, const char *word)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].method, method) == 0 && strcmp(rows[i].word, word) == 0)
            return true;
    return false;
}

static void test_words(void **state)
{
    char page[PAGE_SECTION_MAX], item[64];

    (void)state;
    for (enum auth_result result = AUTH_NONE; result <= AUTH_PERMERROR; result++) {
        const char *word = auth_result_word(result);
        size_t seen = 0;

        (void)snprintf(item, sizeof item, "\n.It Li %s\n", word);
        for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
            print_message("# row: %s=%s\n", methods[i], word);
            page_section(PAGE, methods[i], page);
            assert_int_equal(strstr(page, item) != NULL, is_row(methods[i], word));
            seen += is_row(methods[i], word);
        }
        assert_int_not_equal(seen, 0);
    }
}

/* No item of the page is a word that there is not. */
static void test_no_other_words(void **state)
{
    char page[PAGE_SECTION_MAX], word[64];

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        page_section(PAGE, methods[i], page);
        for (const char *at = strstr(page, "\n.It "); at != NULL; at = strstr(at + 1, "\n.It ")) {
            assert_int_equal(sscanf(at, "\n.It Li %63s\n", word), 1);
            unit_row(word);
            assert_true(is_row(methods[i], word));
        }
    }
}

/* Each property of a row is on the page of its method, and each there in a row. */
static void test_properties(void **state)
{
    static const char *const kinds[] = {"smtp.", "header.", "policy."};
    char page[PAGE_SECTION_MAX], name[64], spaced[70];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text rest = text_from_string(rows[i].properties), property;

        page_section(PAGE, rows[i].method, page);
        while (text_split(&rest, ' ', &property)) {
            (void)snprintf(name, sizeof name, ".Li %.*s", TEXT_ARGS(property));
            unit_row(name);
            assert_true(text_is_empty(property) || strstr(page, name) != NULL);
        }
    }
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        page_section(PAGE, methods[i], page);
        for (const char *at = strstr(page, "\n.Li "); at != NULL; at = strstr(at + 1, "\n.Li ")) {
            bool is_property = false, is_seen = false;

            assert_int_equal(sscanf(at, "\n.Li %63s", name), 1);
            for (size_t j = 0; j < 3; j++)
                is_property = is_property || strncmp(name, kinds[j], strlen(kinds[j])) == 0;
            (void)snprintf(spaced, sizeof spaced, " %s", name);
            for (size_t j = 0; j < sizeof rows / sizeof rows[0]; j++)
                is_seen = is_seen || (strcmp(rows[j].method, methods[i]) == 0 &&
                                         strstr(rows[j].properties, spaced) != NULL);
            unit_row(name);
            assert_true(is_seen || !is_property);
        }
    }
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_fail_by_a_tested_key),
    cmocka_unit_test(test_chain_by_a_tested_key), cmocka_unit_test(test_words),
    cmocka_unit_test(test_no_other_words), cmocka_unit_test(test_properties))
