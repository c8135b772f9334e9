/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signature-field.h"

#include "lib/mailauth/signature.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

#define HASH "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA;"
#define HEAD "v=1; a=rsa-sha256; h=from; " HASH

/* What other verifiers take; the grammar does not. */
static void test_grammar(void **state)
{
    static const struct {
        const char *name, *value, *problem;
    } rows[] = {
        {"good",                            HEAD " d=example.org; s=sel",                                     NULL               },
        {"domain with a final dot",         HEAD " d=example.org.; s=sel",                                    "d= is no domain"  },
        {"selector with a final dot",       HEAD " d=example.org; s=sel.",                                    "s= is no selector"},
        {"identity with a final dot",       HEAD " d=example.org; s=sel; i=a@example.org.",
         "i= is malformed"                                                                                                       },
        {"identity quoted",                 HEAD " d=example.org; s=sel; i=a=40b@example.org",                NULL               },
        {"identity quoted, bad high digit", HEAD " d=example.org; s=sel; i=a=z4b@example.org",
         "i= is malformed"                                                                                                       },
        {"identity quoted, bad low digit",  HEAD " d=example.org; s=sel; i=a=4zb@example.org",
         "i= is malformed"                                                                                                       },
        {"identity ends in a quote",
         HEAD " d=example.org; s=sel; i=a@example.org=",                                                      "i= is malformed"  },
        {"identity ends in half a quote",   HEAD " d=example.org; s=sel; i=a@example.org=4",
         "i= is malformed"                                                                                                       },
        {"identity badly quoted",           HEAD " d=example.org; s=sel; i=a=4@example.org",
         "i= is malformed"                                                                                                       },
        {"blanks in c=",                    HEAD " d=example.org; s=sel; c=simple / simple",
         "unknown canonicalization"                                                                                              },
        {"bare CR between names",           "v=1; a=rsa-sha256; h=from:\r to; " HASH " d=example.org; s=sel",
         NULL                                                                                                                    },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct signature_field field;
        const char *problem =
            signature_field_parse(SIGNATURE_DKIM, exact_row(rows[i].value), arena, &field);

        unit_row(rows[i].name);
        if (rows[i].problem == NULL)
            assert_null(problem);
        else
            assert_string_equal(problem, rows[i].problem);
        arena_free(&arena);
    }
}

/* RFC 8617 §4.1: what an ARC-Message-Signature has otherwise than a DKIM-Signature. */
static void test_arc_grammar(void **state)
{
    static const struct {
        const char *name, *value, *problem;
    } rows[] = {
        {"good",                "i=1; h=from",          NULL                   },
        {"an empty name in h=", "i=1; h=from::to",      NULL                   },
        {"instance 0",          "i=0; h=from",          "i= is no instance"    },
        {"highest instance",    "i=50; h=from",         NULL                   },
        {"instance 51",         "i=51; h=from",         "i= is no instance"    },
        {"a seal is signed",    "i=1; h=from:arc-seal", "an ARC-Seal is signed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new();
        struct signature_field field;
        const char *problem = signature_field_parse(SIGNATURE_ARC_MESSAGE,
            arena_print(arena, "a=rsa-sha256; d=example.org; s=sel; " HASH " %s", rows[i].value),
            arena, &field);

        unit_row(rows[i].name);
        if (rows[i].problem == NULL)
            assert_null(problem);
        else
            assert_string_equal(problem, rows[i].problem);
        arena_free(&arena);
    }
}

/* Without c=, a DKIM-Signature is simple (RFC 6376 §3.5) and one of ARC relaxed. */
static void test_canon_by_default(void **state)
{
    struct arena *arena = arena_new();
    struct signature_field field;

    (void)state;
    assert_null(
        signature_field_parse(SIGNATURE_DKIM, TEXT(HEAD " d=example.org; s=sel"), arena, &field));
    assert_int_equal(field.header_canon, CANON_SIMPLE);
    assert_int_equal(field.body_canon, CANON_SIMPLE);
    assert_null(signature_field_parse(SIGNATURE_ARC_MESSAGE,
        TEXT("i=1; a=rsa-sha256; h=from; d=example.org; s=sel; " HASH), arena, &field));
    assert_int_equal(field.header_canon, CANON_RELAXED);
    assert_int_equal(field.body_canon, CANON_RELAXED);
    arena_free(&arena);
}

/* A field is read up to its bound, and not beyond. */
static void test_length(void **state)
{
    static const char head[] = HEAD " d=example.org; s=sel; zz=";
    static char value[SIGNATURE_FIELD_MAX + 1];
    struct arena *arena = arena_new();
    struct signature_field field;

    (void)state;
    memset(value, 'x', sizeof value);
    memcpy(value, head, sizeof head - 1);
    assert_null(signature_field_parse(
        SIGNATURE_DKIM, text_from_bytes(value, SIGNATURE_FIELD_MAX), arena, &field));
    assert_string_equal(
        signature_field_parse(SIGNATURE_DKIM, text_from_bytes(value, sizeof value), arena, &field),
        "signature field too long");
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_length), cmocka_unit_test(test_grammar),
    cmocka_unit_test(test_arc_grammar), cmocka_unit_test(test_canon_by_default))
