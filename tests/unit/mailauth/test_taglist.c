/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/taglist.h"
#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

#define MAX 4

/* Tags as "name=value|name=value". */
static void assert_tags(const struct taglist *list, const char *expected)
{
    char seen[256] = "";

    for (size_t i = 0; i < list->count; i++)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%.*s=%.*s", i != 0 ? "|" : "",
            TEXT_ARGS(list->tags[i].name), TEXT_ARGS(list->tags[i].value));
    assert_string_equal(seen, expected);
}

static const struct {
    const char *name, *input;
    enum taglist_status strict;
    const char *strict_tags;
    enum taglist_status forgiving;
    const char *forgiving_tags;
} rows[] = {
    {"one",                       "a=b",                            TAGLIST_OK,        "a=b",         TAGLIST_OK,        "a=b"        },
    {"semicolon at the end",      "a=b; c=d;",                      TAGLIST_OK,        "a=b|c=d",     TAGLIST_OK,        "a=b|c=d"    },
    {"blanks behind it",          "a=b; \r\n\t",                    TAGLIST_OK,        "a=b",         TAGLIST_OK,        "a=b"        },
    {"blanks everywhere",         "\r\n a \t=\r\n b  c \r\n ;d = ", TAGLIST_OK,        "a=b  c|d=",   TAGLIST_OK,
     "a=b  c|d="                                                                                                                      },
    {"equals sign in a value",    "a=b=c==",                        TAGLIST_OK,        "a=b=c==",     TAGLIST_OK,        "a=b=c=="    },
    {"case is kept",              "A=B;a=b",                        TAGLIST_OK,        "A=B|a=b",     TAGLIST_OK,        "A=B|a=b"    },
    {"digits and underscores",    "a_1=x",                          TAGLIST_OK,        "a_1=x",       TAGLIST_OK,        "a_1=x"      },
    {"UTF-8",                     "a=\u00fc",                       TAGLIST_OK,        "a=\u00fc",    TAGLIST_OK,        "a=\u00fc"   },
    {"most",                      "a=;b=;c=;d=;",                   TAGLIST_OK,        "a=|b=|c=|d=", TAGLIST_OK,        "a=|b=|c=|d="},
    {"one too many",              "a=;b=;c=;d=;e=",                 TAGLIST_TOO_MANY,  NULL,          TAGLIST_TOO_MANY,  NULL         },
    {"empty",                     "",                               TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        ""           },
    {"blanks alone",              " \t",                            TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        ""           },
    {"semicolon alone",           ";",                              TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        ""           },
    {"empty piece",               "a=b;;c=d",                       TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "a=b|c=d"    },
    {"two semicolons at the end", "a=b;;",                          TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "a=b"        },
    {"no equals sign",            "a=b; c",                         TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "a=b"        },
    {"no name",                   "=b; c=d",                        TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "c=d"        },
    {"digit first",               "1a=b; c=d",                      TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "c=d"        },
    {"blank in a name",           "a b=c; c=d",                     TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "c=d"        },
    {"hyphen in a name",          "a-b=c; c=d",                     TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "c=d"        },
    {"control byte in a value",   "a=b\001c; c=d",                  TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "c=d"        },
    {"DEL in a value",            "a=\177; c=d",                    TAGLIST_SYNTAX,    NULL,          TAGLIST_OK,        "c=d"        },
    {"duplicate",                 "a=b; c=d; a=b",                  TAGLIST_DUPLICATE, NULL,          TAGLIST_DUPLICATE, NULL         },
};

static void assert_parse(enum taglist_status status, const struct taglist *list,
    enum taglist_status expected, const char *tags)
{
    assert_int_equal(status, expected);
    if (status == TAGLIST_OK)
        assert_tags(list, tags);
    else
        assert_int_equal(list->count, 99); /* untouched */
}

static void test_parse(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text input = exact_row(rows[i].input);
        struct taglist list = {NULL, 99};

        unit_row(rows[i].name);
        assert_parse(
            taglist_parse(input, MAX, arena, &list), &list, rows[i].strict, rows[i].strict_tags);
        list.count = 99;
        assert_parse(taglist_parse_forgiving(input, MAX, arena, &list), &list, rows[i].forgiving,
            rows[i].forgiving_tags);
    }
    arena_free(&arena);
}

static void test_nul(void **state)
{
    struct arena *arena = arena_new();
    struct taglist list;

    (void)state;
    assert_int_equal(taglist_parse(TEXT("a=b\0c"), MAX, arena, &list), TAGLIST_SYNTAX);
    assert_int_equal(taglist_parse(TEXT_NONE, MAX, arena, &list), TAGLIST_SYNTAX);
    arena_free(&arena);
}

static void test_find(void **state)
{
    struct arena *arena = arena_new();
    struct taglist list;

    (void)state;
    assert_int_equal(taglist_parse(TEXT("ab=1; a=2; c="), MAX, arena, &list), TAGLIST_OK);
    assert_text_equal(*taglist_find(&list, "a"), "2");
    assert_text_equal(*taglist_find(&list, "ab"), "1");
    assert_int_equal(taglist_find(&list, "c")->len, 0);
    assert_null(taglist_find(&list, "A"));
    assert_null(taglist_find(&list, "b"));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_parse), cmocka_unit_test(test_nul), cmocka_unit_test(test_find))
