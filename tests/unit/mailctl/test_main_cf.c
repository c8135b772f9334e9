/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/main-cf.h"

#include "mailctl/attach/postfix-list.h"
#include "tests/unit/unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct {
    const char *name, *file, *parameter, *value; /* NULL: not defined */
} values[] = {
    {"plain",                 "a = 1\n",                    "a", "1"       },
    {"no blanks",             "a=1\n",                      "a", "1"       },
    {"no line end",           "a = 1",                      "a", "1"       },
    {"empty",                 "a =\n",                      "a", ""        },
    {"not there",             "ab = 1\n",                   "a", NULL      },
    {"commented out",         "#a = 1\n",                   "a", NULL      },
    {"twice",                 "a = 1\na = 2\n",             "a", "2"       },
    {"over lines",            "a = 1,\n  2\n\t3\nb = 4\n",  "a", "1, 2 3"  },
    {"starts on the next",    "a =\n  1\n",                 "a", "1"       },
    {"comment within",        "a = 1,\n# no\n  2\n",        "a", "1, 2"    },
    {"indented comment",      "a = 1,\n  # no\n  2\n",      "a", "1, 2"    },
    {"empty line within",     "a = 1,\n\n  2\n",            "a", "1, 2"    },
    {"comment behind",        "a = 1\n# not of a\nb = 2\n", "a", "1"       },
    {"an equals sign within", "a = b=c\n",                  "a", "b=c"     },
    {"refers",                "a = $b, ${c}\n",             "a", "$b, ${c}"},
    {"nothing",               "",                           "a", NULL      },
    {"no entry",              "hello\n",                    "a", NULL      },
};

static void test_get(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct text value = TEXT("-");
        bool is_there = main_cf_get(
            text_from_string(values[i].file), text_from_string(values[i].parameter), arena, &value);

        unit_row(values[i].name);
        assert_int_equal(is_there, values[i].value != NULL);
        if (is_there)
            assert_text_equal(value, values[i].value);
    }
    arena_free(&arena);
}

enum how { SET, FIRST, LAST };

static const struct {
    const char *name;
    enum how how;
    const char *file, *item, *after; /* of the parameter a */
} edits[] = {
    {"set",                            SET,   "a = 1\nb = 2\n",            "9", "a = 9\nb = 2\n"              },
    {"set what is not there",          SET,   "b = 2\n",                   "9", "b = 2\na = 9\n"              },
    {"set behind no line end",         SET,   "b = 2",                     "9", "b = 2\na = 9\n"              },
    {"set in an empty file",           SET,   "",                          "9", "a = 9\n"                     },
    {"set to nothing",                 SET,   "a = 1\n",                   "",  "a = \n"                      },
    {"define as nothing",              SET,   "",                          "",  "a =\n"                       },
    {"set what was empty",             SET,   "a =\nb = 2\n",              "9", "a = 9\nb = 2\n"              },
    {"set what had a blank",           SET,   "a = \nb = 2\n",             "9", "a = 9\nb = 2\n"              },
    {"set the last of two",            SET,   "a = 1\na = 2\n",            "9", "a = 1\na = 9\n"              },
    {"set over lines",                 SET,   "a = 1,\n  2\nb = 3\n",      "9", "a = 9\nb = 3\n"              },
    {"set what starts with a comment", SET,   "a =\n# c\n  1\nb = 3\n",    "9", "a = 9\nb = 3\n"              },
    {"set without blanks",             SET,   "a=1\n",                     "9", "a=9\n"                       },
    {"keep a comment behind",          SET,   "a = 1\n# c\nb = 3\n",       "9", "a = 9\n# c\nb = 3\n"         },
    {"first",                          FIRST, "a = 1, 2\n",                "9", "a = 9, 1, 2\n"               },
    {"first without blanks",           FIRST, "a=1\n",                     "9", "a= 9, 1\n"                   },
    {"first of none",                  FIRST, "a =\n",                     "9", "a = 9\n"                     },
    {"first, not there",               FIRST, "",                          "9", "a = 9\n"                     },
    {"first over lines",               FIRST, "a =\n  1\n  2\n",           "9", "a = 9,\n  1\n  2\n"          },
    {"first before a comment",         FIRST, "a =\n# one\n  1\n",         "9", "a = 9,\n# one\n  1\n"        },
    {"last",                           LAST,  "a = 1, 2\nb = 3\n",         "9", "a = 1, 2, 9\nb = 3\n"        },
    {"last, blanks between",           LAST,  "a = 1 2\n",                 "9", "a = 1 2, 9\n"                },
    {"last behind a comma",            LAST,  "a = 1,\n",                  "9", "a = 1, 9\n"                  },
    {"last over lines",                LAST,  "a = 1,\n  2\n# c\nb = 3\n", "9", "a = 1,\n  2, 9\n# c\nb = 3\n"},
    {"last of none",                   LAST,  "a =\n",                     "9", "a = 9\n"                     },
};

static struct text edit(enum how how, struct text file, struct text item, struct arena *arena)
{
    switch (how) {
    case FIRST:
        return main_cf_put_first(file, TEXT("a"), item, arena);
    case LAST:
        return main_cf_put_last(file, TEXT("a"), item, arena);
    case SET:
        break;
    }
    return main_cf_set(file, TEXT("a"), item, arena);
}

static void test_edit(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(edits); i++) {
        struct text after = edit(
            edits[i].how, text_from_string(edits[i].file), text_from_string(edits[i].item), arena);

        unit_row(edits[i].name);
        assert_text_equal(after, edits[i].after);
    }
    arena_free(&arena);
}

static void test_comment(void **state)
{
    struct arena *arena = arena_new();
    struct text once = main_cf_comment(TEXT("a = 1"), TEXT("# c"), arena);

    (void)state;
    assert_text_equal(once, "a = 1\n# c\n");
    assert_text_equal(main_cf_comment(once, TEXT("# c"), arena), "a = 1\n# c\n");
    arena_free(&arena);
}

/* --- lists --- */

static const struct {
    const char *name, *list, *items; /* with "|" behind each */
} lists[] = {
    {"commas",        "a,b,c",                   "a|b|c|"                 },
    {"blanks",        " a  b\tc ",               "a|b|c|"                 },
    {"both",          "a, b ,c,",                "a|b|c|"                 },
    {"braces",        "{ unix:x, d=e }, inet:y", "{ unix:x, d=e }|inet:y|"},
    {"nested braces", "p:{u:{a, b}, c}, d",      "p:{u:{a, b}, c}|d|"     },
    {"never closed",  "{ a, b",                  "{ a, b|"                },
    {"a stray brace", "a} b",                    "a}|b|"                  },
    {"none",          " , ",                     ""                       },
};

static void test_list(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct text rest = text_from_string(lists[i].list), item, all = TEXT("");

        unit_row(lists[i].name);
        while (postfix_list_next(&rest, &item))
            all = arena_print(arena, "%.*s%.*s|", TEXT_ARGS(all), TEXT_ARGS(item));
        assert_text_equal(all, lists[i].items);
    }
    assert_true(postfix_list_has(TEXT("a, b"), TEXT("b")));
    assert_false(postfix_list_has(TEXT("a, bc"), TEXT("b")));
    assert_true(postfix_list_refers(TEXT("x,$name,y"), TEXT("name")));
    assert_false(postfix_list_refers(TEXT("x,$name_2,y"), TEXT("name")));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_get), cmocka_unit_test(test_edit), cmocka_unit_test(test_comment),
    cmocka_unit_test(test_list))
