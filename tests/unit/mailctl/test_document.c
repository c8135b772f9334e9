/* SPDX-License-Identifier: MIT */

/* Files that declare things: what is taken, as JSON, and what is refused. */

#include "mailctl/document.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name, *content;
    const char *json; /* compact, keys sorted */
} taken[] = {
    {"nothing",                 "",                                                   "null"                                       },
    {"comments alone",          "# nothing\n# here\n",                                "null"                                       },
    {"an empty document",       "---\n",                                              "null"                                       },
    {"pairs",                   "a: x\nb: 2\n",                                       "{\"a\":\"x\",\"b\":2}"                      },
    {"a list",                  "- x\n- y\n",                                         "[\"x\",\"y\"]"                              },
    {"in one another",          "a:\n  - b: [c, d]\n    e: {f: g}\n",
     "{\"a\":[{\"b\":[\"c\",\"d\"],\"e\":{\"f\":\"g\"}}]}"                                                                         },
    {"what is true",            "[true, True, false, FALSE]",                         "[true,true,false,false]"                    },
    {"Norway",                  "[no, yes, on, off, y, n]",                           "[\"no\",\"yes\",\"on\",\"off\",\"y\",\"n\"]"},
    {"nothing at all",          "[~, null, ]",                                        "[null,null]"                                },
    {"a key without value",     "a:\n",                                               "{\"a\":null}"                               },
    {"numbers",                 "[0, 7, -7, 9223372036854775807]",                    "[0,7,-7,9223372036854775807]"               },
    {"no numbers",              "[007, 0x7, 1.5, 1e3, +7, 9223372036854775808]",
     "[\"007\",\"0x7\",\"1.5\",\"1e3\",\"+7\",\"9223372036854775808\"]"                                                            },
    {"quoted",                  "['true', \"7\", '']",                                "[\"true\",\"7\",\"\"]"                      },
    {"an address",              "a: \"@example.org\"",                                "{\"a\":\"@example.org\"}"                   },
    {"over lines",              "a: |\n  x\n  y\n",                                   "{\"a\":\"x\\ny\\n\"}"                       },
    {"JSON",                    " {\"a\": [1, true, null, \"x\"]}",                   "{\"a\":[1,true,null,\"x\"]}"                },
    {"sixteen deep",            "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",                   "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"           },
    {"JSON, sixteen deep",      "{\"a\":[[[[[[[[[[[[[{\"b\":[]}]]]]]]]]]]]]]}",
     "{\"a\":[[[[[[[[[[[[[{\"b\":[]}]]]]]]]]]]]]]}"                                                                                },
    {"JSON, brackets in texts", "{\"[[[[[[[[[[[[[[[[[\": \"\\\"{{{{{{{{{{{{{{{{{\"}",
     "{\"[[[[[[[[[[[[[[[[[\":\"\\\"{{{{{{{{{{{{{{{{{\"}"                                                                           },
};

static void test_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct failure failure = {ERR_NONE, ""};
        json_t *document = NULL;
        char *json;

        unit_row(taken[i].name);
        if (document_parse(text_from_string(taken[i].content), &document, &failure) != ERR_NONE)
            fail_msg("%s", failure.text);
        json = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        assert_string_equal(json, taken[i].json);
        free(json);
        json_decref(document);
    }
}

static const struct {
    const char *name, *content;
    enum err err;
    const char *words;
} refused[] = {
    {"an anchor",             "a: &x y\n",                                ERR_REFUSED, "line 1: anchors, aliases and tags"},
    {"an alias",              "a: b\nc: *x\n",                            ERR_REFUSED, "line 2: anchors, aliases and tags"},
    {"an alias as key",       "a: &x b\n*x : c\n",                        ERR_REFUSED, "line 1: anchors"                  },
    {"an anchor at a key",    "&x a: b\n",                                ERR_REFUSED, "line 1: a plain word"             },
    {"an anchor at a list",   "a: &x [b]\n",                              ERR_REFUSED, "anchors"                          },
    {"an anchor at pairs",    "a: &x {b: c}\n",                           ERR_REFUSED, "anchors"                          },
    {"a tag",                 "a: !!str 7\n",                             ERR_REFUSED, "anchors, aliases and tags"        },
    {"a tag at a list",       "a: !x [b]\n",                              ERR_REFUSED, "anchors, aliases and tags"        },
    {"a tag at a key",        "!!str a: b\n",                             ERR_REFUSED, "a plain word"                     },
    {"two documents",         "a: b\n---\nc: d\n",                        ERR_REFUSED, "one document"                     },
    {"a key twice",           "a: b\nc: d\na: e\n",                       ERR_REFUSED, "line 3: a key stands twice"       },
    {"a list as key",         "[a]: b\n",                                 ERR_REFUSED, "a plain word"                     },
    {"no key",                "'': b\n",                                  ERR_REFUSED, "no word"                          },
    {"a NUL in a key",        "\"a\\0b\": c\n",                           ERR_REFUSED, "no word"                          },
    {"seventeen deep",        "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",       ERR_LIMIT,   "too deep"                         },
    {"a tab",                 "a:\n\t- b\n",                              ERR_SYNTAX,  "line 2: "                         },
    {"no end",                "[a, b",                                    ERR_SYNTAX,  "line "                            },
    {"no UTF-8",              "a: \xff\n",                                ERR_SYNTAX,  "line "                            },
    {"a control",             "a: \x01\n",                                ERR_SYNTAX,  "line "                            },
    {"JSON, a key twice",     "{\"a\": 1,\n\"a\": 2}",                    ERR_REFUSED, "line 2: a key stands twice"       },
    {"JSON, cut off",         "{\"a\": ",                                 ERR_SYNTAX,  "line 1: this is no JSON"          },
    {"JSON, seventeen deep",  "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", ERR_LIMIT,   "too deep"                         },
    {"JSON, no whole number", "{\"a\": [1.5]}",                           ERR_REFUSED, "not whole"                        },
    {"JSON, no key",          "{\"\": 1}",                                ERR_REFUSED, "no word"                          },
    {"JSON, a NUL in a key",  "{\"a\\u0000\": 1}",                        ERR_SYNTAX,  "line 1"                           },
    {"JSON, and more",        "{\"a\": 1}\nb: 2",                         ERR_SYNTAX,  "line 2: this is no JSON"          },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct failure failure = {ERR_NONE, ""};
        json_t *document = NULL;

        unit_row(refused[i].name);
        assert_int_equal(document_parse(text_from_string(refused[i].content), &document, &failure),
            refused[i].err);
        assert_null(document);
        if (strstr(failure.text, refused[i].words) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", failure.text, refused[i].words);
    }
}

/* A tree of them would take more memory than a small machine has. */
static void test_many(void **state)
{
    static const char head[] = "{\"a\":\n[";
    size_t len = sizeof head - 1 + DOCUMENT_NODES_MAX * 2;
    char *content = malloc(len);
    struct failure failure = {ERR_NONE, ""};
    json_t *document = NULL;

    (void)state;
    assert_non_null(content);
    memcpy(content, head, sizeof head - 1);
    for (size_t i = sizeof head - 1; i < len; i += 2)
        memcpy(content + i, "7,", 2);
    assert_int_equal(document_parse(text_from_bytes(content, len), &document, &failure), ERR_LIMIT);
    assert_string_equal(failure.text, "line 2: more values than can be taken at a time");
    free(content);
}

/* What is written is read as the same, whatever its texts look like. */
static void test_written(void **state)
{
    static const char *const texts[] = {"", "x", "true", "null", "~", "7", "007", "-",
        "@example.org", "a: b", "# x", "two\nlines", " blank ", "\"quoted\"", "it's", "[", "*x",
        "&x", "!x", "\xc3\xa4", "2027-01-31", "yes", "%", "1e3", "12:30"};
    json_t *array = json_array(), *object = json_object(), *again = NULL;
    struct buffer yaml = BUFFER_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_array_append_new(array, json_string(texts[i]));
    json_array_append_new(array, json_stringn("a\0b", 3));
    json_object_set_new(object, "texts", array);
    json_object_set_new(object, "true", json_true());
    json_object_set_new(object, "number", json_integer(-7));
    json_object_set_new(object, "none", json_null());
    json_object_set_new(object, "empty", json_array());
    assert_int_equal(document_format(object, &yaml), ERR_NONE);
    assert_int_equal(document_parse(buffer_text(&yaml), &again, NULL), ERR_NONE);
    assert_int_equal(json_equal(object, again), 1);
    json_decref(object);
    json_decref(again);
    buffer_done(&yaml);
}

static const struct {
    const char *name, *text, *yaml;
} forms[] = {
    {"a word",               "example.org",          "example.org"             },
    {"a size",               "2G",                   "2G"                      },
    {"beyond ASCII",         "b\xc3\xbc",            "b\xc3\xbc"               },
    {"an address",           "alice@example.org",    "alice@example.org"       },
    {"a catch-all",          "@example.org",         "'@example.org'"          },
    {"a number",             "7",                    "\"7\""                   },
    {"a number elsewhere",   "1e3",                  "\"1e3\""                 },
    {"a time elsewhere",     "2027-01-31T12:00:00Z", "\"2027-01-31T12:00:00Z\""},
    {"a flag",               "true",                 "\"true\""                },
    {"a flag elsewhere",     "Off",                  "\"Off\""                 },
    {"nothing",              "",                     "\"\""                    },
    {"what breaks the line", "a: b",                 "'a: b'"                  },
};

/* As people and other readers of YAML would write it. */
static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        json_t *document = json_pack("{s:s}", "x", forms[i].text);
        struct buffer yaml = BUFFER_NONE;
        char expected[100];

        unit_row(forms[i].name);
        snprintf(expected, sizeof expected, "x: %s\n", forms[i].yaml);
        assert_int_equal(document_format(document, &yaml), ERR_NONE);
        assert_text_equal(buffer_text(&yaml), expected);
        json_decref(document);
        buffer_done(&yaml);
    }
}

/* A small file that would be a large tree. */
static void test_bomb(void **state)
{
    struct failure failure = {ERR_NONE, ""};
    json_t *document = NULL;

    (void)state;
    assert_int_equal(document_parse(TEXT("a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"),
                         &document, &failure),
        ERR_REFUSED);
}

/* What it says of a file does not say what stands in it. */
static void test_secrets(void **state)
{
    struct failure failure = {ERR_NONE, ""};
    json_t *document = NULL;

    (void)state;
    assert_int_not_equal(
        document_parse(TEXT("{\"password_hash\": topsecret"), &document, &failure), ERR_NONE);
    assert_null(strstr(failure.text, "topsecret"));
    assert_int_not_equal(
        document_parse(TEXT("password_hash: 'topsecret\nx: ]"), &document, &failure), ERR_NONE);
    assert_null(strstr(failure.text, "topsecret"));
}

UNIT_MAIN(cmocka_unit_test(test_taken), cmocka_unit_test(test_refused), cmocka_unit_test(test_many),
    cmocka_unit_test(test_written), cmocka_unit_test(test_forms), cmocka_unit_test(test_bomb),
    cmocka_unit_test(test_secrets))
