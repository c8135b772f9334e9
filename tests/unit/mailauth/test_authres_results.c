/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "lib/mailauth/authres.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

/* "method=result ptype.name=value ...; ..." */
static void describe(const struct authres_result *results, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(out, "%s%.*s=%.*s", i == 0 ? "" : "; ", TEXT_ARGS(results[i].method),
            TEXT_ARGS(results[i].result));
        for (size_t j = 0; j < results[i].property_count; j++) {
            const struct authres_property *property = &results[i].properties[j];

            buffer_append_format(out, " %.*s.%.*s=%.*s", TEXT_ARGS(property->ptype),
                TEXT_ARGS(property->name), TEXT_ARGS(property->value));
        }
    }
}

static void test_results(void **state)
{
    static const struct {
        const char *name, *value, *results; /* NULL: malformed */
    } rows[] = {
        {"none",                                 " mx.example.net; none",                                        ""                                  },
        {"none in capitals",                     " mx.example.net 1; NONE",                                      ""                                  },
        {"nothing at all",                       " mx.example.net",                                              ""                                  },
        {"a semicolon behind",                   " mx.example.net; spf=pass;",                                   "spf=pass"                          },
        {"one method",                           " mx.example.net; spf=pass smtp.mailfrom=a@example.org",
         "spf=pass smtp.mailfrom=a@example.org"                                                                                                      },
        {"ours, folded",
         " mx.example.net;\r\n\tiprev=pass policy.iprev=203.0.113.5;\r\n\tdkim=pass "
            "header.d=example.org header.b=\"a/b=\";\r\n\tdmarc=pass header.from=example.org",                   "iprev=pass policy.iprev=203.0.113.5; dkim=pass header.d=example.org header.b=a/b=; "
            "dmarc=pass header.from=example.org"       },
        {"blanks and comments everywhere",
         " (x) \"mx.example.net\" (y) 1 (z) ; (a) spf (b) = (c) pass (d) smtp (e) . (f) "
            "mailfrom "
            "(g) = (h) example.org (i)",                                                                         "spf=pass smtp.mailfrom=example.org"},
        {"a reason",                             " mx.example.net; dkim=fail reason=\"no; key\" header.d=x.tld",
         "dkim=fail header.d=x.tld"                                                                                                                  },
        {"a property named reason",              " mx.example.net; dkim=fail policy.reason=x",
         "dkim=fail policy.reason=x"                                                                                                                 },
        {"a quoted local part",                  " mx.example.net; spf=pass smtp.mailfrom=\"a; b\"@example.org",
         "spf=pass smtp.mailfrom=a; b@example.org"                                                                                                   },
        {"Base64 without quotes",
         " mx.example.net; dkim=pass header.b=a/b+c=",                                                           "dkim=pass header.b=a/b+c="         },
        {"a method's version",                   " mx.example.net; spf/1=pass",                                  "spf=pass"                          },
        {"another version of a method",          " mx.example.net; spf/2=pass x.y=z; dkim=pass",
         "dkim=pass"                                                                                                                                 },
        {"another version of the field",         " mx.example.net 2; spf=pass",                                  NULL                                },
        {"results in a comment",                 " mx.example.net; none (; dmarc=pass)",                         ""                                  },
        {"results in quotes",                    " mx.example.net; spf=fail smtp.mailfrom=\"; dmarc=pass\"",
         "spf=fail smtp.mailfrom=; dmarc=pass"                                                                                                       },
        {"names with hyphens",                   " x; dkim-adsp=pass x-a.b-c=d",                                 "dkim-adsp=pass x-a.b-c=d"          },
        {"names with low lines",                 " x; a_b=pass c_d.e_f=g",                                       "a_b=pass c_d.e_f=g"                },
        {"none, and an unended comment",         " x; none (",                                                   NULL                                },
        {"a semicolon, and an unended comment",  " x; spf=pass; (",                                              NULL                                },
        {"a name that ends",                     " x; spf=pass smtp",                                            NULL                                },
        {"a reason that ends",                   " x; spf=pass reason",                                          NULL                                },
        {"a method that ends behind its slash",  " x; spf/",                                                     NULL                                },
        {"a semicolon, and a comment behind",    " x; spf=pass; (y)",                                            "spf=pass"                          },
        {"no id",                                " ; spf=pass",                                                  NULL                                },
        {"no result",                            " mx.example.net; spf=",                                        NULL                                },
        {"no equals sign",                       " mx.example.net; spf pass",                                    NULL                                },
        {"a value without a name",               " mx.example.net; spf=pass example.org",                        NULL                                },
        {"a name without a value",               " mx.example.net; spf=pass smtp.mailfrom=",                     NULL                                },
        {"a name without its second half",       " mx.example.net; spf=pass smtp=x",                             NULL                                },
        {"two values",                           " mx.example.net; spf=pass smtp.mailfrom=\"a\"b",               NULL                                },
        {"an unended quote",                     " mx.example.net; spf=pass smtp.mailfrom=\"a",                  NULL                                },
        {"an unended comment",                   " mx.example.net; spf=pass (smtp.mailfrom=a",                   NULL                                },
        {"an unended comment behind a good one", " mx.example.net; dmarc=pass; spf=pass (",                      NULL                                },
        {"no version of a method",               " mx.example.net; spf/=pass",                                   NULL                                },
        {"a bad version of a method",            " mx.example.net; spf/x=pass",                                  NULL                                },
        {"a method alone that is not none",      " mx.example.net; spf",                                         NULL                                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct buffer out = BUFFER_NONE;
        const struct authres_result *results;
        size_t count;

        unit_row(rows[i].name);
        if (rows[i].results == NULL) {
            assert_false(authres_read_results(exact_row(rows[i].value), arena, &results, &count));
        } else {
            assert_true(authres_read_results(exact_row(rows[i].value), arena, &results, &count));
            describe(results, count, &out);
            assert_string_equal(buffer_string(&out), rows[i].results);
        }
        buffer_done(&out);
        arena_free(&arena);
    }
}

/* As many results, and as many properties of one, as there may be; and one more. */
static void test_bounds(void **state)
{
    static const struct {
        const char *name, *start, *piece;
        size_t max;
    } rows[] = {
        {"results",    " mx.example.net",           "; x=y",  AUTHRES_RESULTS_MAX   },
        {"properties", " mx.example.net; spf=pass", " a.b=c", AUTHRES_PROPERTIES_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct buffer value = BUFFER_NONE;
        const struct authres_result *results;
        size_t count;

        unit_row(rows[i].name);
        buffer_append_string(&value, rows[i].start);
        for (size_t j = 0; j < rows[i].max; j++)
            buffer_append_string(&value, rows[i].piece);
        assert_true(authres_read_results(buffer_text(&value), arena, &results, &count));
        assert_int_equal(i == 0 ? count : results[0].property_count, rows[i].max);
        buffer_append_string(&value, rows[i].piece);
        assert_false(authres_read_results(buffer_text(&value), arena, &results, &count));
        buffer_done(&value);
        arena_free(&arena);
    }
}

/* A header of the largest size, full of quotes: what is kept of it is no more than it has. */
static void test_memory(void **state)
{
    struct buffer value = BUFFER_NONE;
    struct arena *arena = arena_new();
    const struct authres_result *results;
    size_t count;

    (void)state;
    buffer_append_string(&value, "mx.example.net; spf=fail");
    for (size_t i = 0; i < 4000; i++)
        buffer_append_string(&value, " reason=\"abc\"");
    assert_true(authres_read_results(buffer_text(&value), arena, &results, &count));
    assert_int_equal(count, 1);
    assert_true(arena_used_bytes(arena) < 16 * value.len);
    buffer_done(&value);
    arena_free(&arena);
}

static void test_find_property(void **state)
{
    struct arena *arena = arena_new();
    const struct authres_result *results;
    size_t count;

    (void)state;
    assert_true(authres_read_results(
        TEXT(" x; spf=pass smtp.mailfrom=a.tld SMTP.Helo=b.tld smtp.mailfrom=c.tld"), arena,
        &results, &count));
    assert_text_equal(authres_find_property(&results[0], "smtp", "mailfrom"), "a.tld");
    assert_text_equal(authres_find_property(&results[0], "smtp", "helo"), "b.tld");
    assert_text_equal(authres_find_property(&results[0], "header", "helo"), "");
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_results), cmocka_unit_test(test_bounds),
    cmocka_unit_test(test_memory), cmocka_unit_test(test_find_property))
