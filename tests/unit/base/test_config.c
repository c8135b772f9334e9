/* SPDX-License-Identifier: MIT */
#include "lib/base/config.h"

#include <unistd.h>

#include "lib/base/ip.h"
#include "tests/unit/unit.h"

struct target {
    bool flag;
    int64_t number, size, time_ms;
    const char *name;
    int colour;
    struct config_list networks;
};

static bool is_network(struct text value)
{
    struct ip_network network;

    return ip_network_parse(value, &network);
}

static const char *const colours[] = {"red", "green", NULL};

static const struct config_setting general[] = {
    {.name = "name",
     .type = CONFIG_STRING,
     .default_text = "nobody",
     .offset = offsetof(struct target, name),
     .max = 10,
     .help = "a name"},
    {.name = "flag",
     .type = CONFIG_BOOL,
     .default_text = "no",
     .offset = offsetof(struct target,             flag),
     .help = "a flag"},
};

static const struct config_setting inner[] = {
    {.name = "number",
     .type = CONFIG_NUMBER,
     .default_text = "7",
     .offset = offsetof(struct target,            number),
     .min = 1,
     .max = 100,
     .help = "a number"  },
    {.name = "size",
     .type = CONFIG_SIZE,
     .default_text = "64K",
     .offset = offsetof(struct target,            size),
     .min = 1024,
     .max = 1024 * 1024,
     .help = "a size"    },
    {.name = "time",
     .type = CONFIG_DURATION,
     .default_text = "5s",
     .offset = offsetof(struct target,            time_ms),
     .min = 1,
     .max = 86400000,
     .help = "a time"    },
    {.name = "colour",
     .type = CONFIG_CHOICE,
     .default_text = "green",
     .offset = offsetof(struct target,            colour),
     .choices = colours,
     .help = "a choice"},
    {.name = "networks",
     .type = CONFIG_LIST,
     .default_text = "{127.0.0.0/8, \"::1\"}",
     .offset = offsetof(struct target, networks),
     .is_valid = is_network,
     .expected = "an IP address or network",
     .help = "a list"},
};

static const struct config_section sections[] = {
    {"",      "general", general, 2},
    {"inner", "inner",   inner,   5},
};

static enum err load(
    const char *content, struct target *target, struct arena *arena, struct failure *failure)
{
    char path[] = "/tmp/gatepost-config-XXXXXX";
    int fd = mkstemp(path);
    enum err err;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    err = config_load(path, sections, 2, target, sizeof *target, arena, failure);
    unlink(path);
    return err;
}

static void test_defaults(void **state)
{
    struct arena *arena = arena_new();
    struct target target = {0};

    (void)state;
    config_set_defaults(sections, 2, &target, arena);
    assert_string_equal(target.name, "nobody");
    assert_false(target.flag);
    assert_int_equal(target.number, 7);
    assert_int_equal(target.size, 65536);
    assert_int_equal(target.time_ms, 5000);
    assert_int_equal(target.colour, 1);
    assert_int_equal(target.networks.count, 2);
    assert_string_equal(target.networks.items[1], "::1");
    arena_free(&arena);
}

static void test_file(void **state)
{
    struct arena *arena = arena_new();
    struct target target = {0};
    struct failure failure;

    (void)state;
    assert_int_equal(load("# a comment\nname = joe\nflag = yes\n"
                          "inner {\n number = 100\n size = \"2K\"\n time = 90m\n colour = red\n"
                          " networks = {\"192.0.2.0/24\"}\n}\n",
                         &target, arena, &failure),
        ERR_NONE);
    assert_string_equal(target.name, "joe");
    assert_true(target.flag);
    assert_int_equal(target.number, 100);
    assert_int_equal(target.size, 2048);
    assert_int_equal(target.time_ms, 90 * 60000);
    assert_int_equal(target.colour, 0);
    assert_int_equal(target.networks.count, 1);
    assert_string_equal(target.networks.items[0], "192.0.2.0/24");
    assert_int_equal(load("name = \"a # b\" # \"c\"\n", &target, arena, &failure), ERR_NONE);
    assert_string_equal(target.name, "a # b");
    assert_int_equal(load("name = 'a # b'#'\n#\n#", &target, arena, &failure), ERR_NONE);
    assert_string_equal(target.name, "a # b");
    assert_int_equal(load("", &target, arena, &failure), ERR_NONE);
    assert_string_equal(target.name, "nobody");
    arena_free(&arena);
}

static const struct {
    const char *name, *content, *line, *said;
} bad[] = {
    {"unknown setting",               "name = x\nnmae = y\n",                                        ":2: ", "nmae"                    },
    {"unknown section",               "\nouter {\n}\n",                                              ":2: ", "outer"                   },
    {"number too large",              "inner {\n number = 101\n}\n",                                 ":2: ", "a number from 1 to 100"  },
    {"number not one",                "inner {\n number = many\n}\n",                                ":2: ", "found \"many\""          },
    {"negative number",               "inner {\n number = -1\n}\n",                                  ":2: ", "found \"-1\""            },
    {"size too small",                "inner {\n\n\n size = 1\n}\n",                                 ":4: ", "a size from 1K to 1M"    },
    {"time with a wrong unit",        "inner {\n time = 5y\n}\n",                                    ":2: ", "a time from 1ms to 1d"   },
    {"bool",                          "flag = maybe\n",                                              ":1: ", "yes or no"               },
    {"choice",                        "inner { colour = blue }\n",                                   ":1: ", "red or green"            },
    {"list item",                     "inner {\n networks = {\"192.0.2.0/33\"}\n}\n",
     ":2: ",                                                                                                 "an IP address or network"},
    {"text too long",                 "name = \"12345678901\"\n",                                    ":1: ", "12345678901"             },
    {"control byte",                  "name = \"a\\x01b\"\n",                                        ":1: ", "a\\x01b"                 },
    {"after comments",                "# one\n  ## two\nflag = yes # three\n\nnumber = 1\n# four\n",
     ":5: ",                                                                                                 "number"                  },
    {"on the last line",              "# one\nnmae = x\n",                                           ":2: ", "nmae"                    },
    {"after quotes with a hash",      "# \"\nname = \"a#b\\\"#\" #\"\nnmae = x\n",                   ":3: ", "nmae"                    },
    {"a number of a thousand digits",
     "inner { number = 1"
        "00000000000000000000000000000000000"
        " }\n",                                                                                      ":1: ", "a number from 1 to 100"  },
};

static void test_bad_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena *arena = arena_new();
        struct target target = {.number = 4711};
        struct failure failure = {.text = ""};

        unit_row(bad[i].name);
        assert_int_not_equal(load(bad[i].content, &target, arena, &failure), ERR_NONE);
        print_message("# %s\n", failure.text);
        assert_non_null(strstr(failure.text, bad[i].line));
        assert_non_null(strstr(failure.text, bad[i].said));
        assert_int_equal(target.number, 4711);
        arena_free(&arena);
    }
}

/* The words are ours, whatever libconfuse would say: each message in full. */
static const struct {
    const char *name, *content, *said;
} malformed[] = {
    {"misspelt",                        "nmae = y\n",
     "1: there is no setting \"nmae\" outside of the sections; did you mean \"name\"?"                                                                                         },
    {"misspelt in a section",           "inner {\n nubmer = 5\n}\n",
     "2: there is no setting \"nubmer\" in inner; did you mean \"number\"?"                                                                                                    },
    {"unlike any",                      "inner {\n zzzzzzzz = 5\n}\n",
     "2: there is no setting \"zzzzzzzz\" in inner; expected one of number, size, time, colour, "
        "networks"                                                                                                                                                             },
    {"in the wrong section",            "inner {\n flag = no\n}\n",
     "2: there is no setting \"flag\" in inner; it belongs outside of the sections"                                                                                            },
    {"outside of its section",          "\n\ncolour = red\n",
     "3: there is no setting \"colour\" outside of the sections; it belongs into inner { }"                                                                                    },
    {"misspelt section",                "\niner {\n}\n",
     "2: there is no section \"iner\"; did you mean \"inner\"?"                                                                                                                },
    {"unlike any section",              "policy { }\n",
     "1: there is no section \"policy\"; expected one of inner"                                                                                                                },
    {"section with an equals sign",     "inner = {\n}\n",
     "1: inner is a section: expected \"{\", found \"=\""                                                                                                                      },
    {"section never closed",            "inner {\n number = 5\n",
     "2: the file ends inside of inner, which line 1 opens: expected \"}\""                                                                                                    },
    {"section in an open section",      "inner {\n number = 5\ninner {\n}\n",
     "3: the section inner cannot stand inside of inner, which line 1 opens: is a \"}\" "
        "missing?"                                                                                                                                                             },
    {"one brace too many",              "inner {\n}\n}\n",                               "3: this \"}\" closes nothing"                                                        },
    {"no value",                        "name\n",                                        "1: name: expected \"=\" and a value, found the end of the file"                      },
    {"nothing at the end",              "flag = no\nname =\n",
     "2: name: expected a text of at most 10 bytes, found the end of the file"                                                                                                 },
    {"nothing at the end, no newline",
     "inner { number = 5 }\nflag =",                                                     "2: flag: expected yes or no, found the end of the file"                              },
    {"nothing at the end of a section", "inner {\n number =",
     "2: inner.number: expected a number from 1 to 100, found the end of the file"                                                                                             },
    {"a list at the end",               "inner {\n networks =\n",
     "2: inner.networks: expected a list, each item an IP address or network, found the end of "
        "the file"                                                                                                                                                             },
    {"with a dot",                      "inner.number = 5\n",
     "1: there is no setting \"inner.number\" outside of the sections; write it as"
        " \"inner { number = ... }\""                                                                                                                                          },
    {"with a dot, in a section",        "inner {\n inner.zzzzzzzz = 5\n}\n",
     "2: there is no setting \"inner.zzzzzzzz\" in inner; write it as \"inner { zzzzzzzz = ... "
        "}\""                                                                                                                                                                  },
    {"with a dot, of no section",       "zzzzzzzz.number = 5\n",
     "1: there is no setting \"zzzzzzzz.number\" outside of the sections; expected one of name, "
        "flag"                                                                                                                                                                 },
    {"no equals sign",                  "name joe\n",                                    "1: name: expected \"=\" and a value, found \"joe\""                                  },
    {"a colon",                         "name: joe\n",
     "1: there is no setting \"name:\" outside of the sections; did you mean \"name\"?"                                                                                        },
    {"nothing behind the equals sign",  "inner {\n number =\n}\n",
     "3: inner.number: expected a number from 1 to 100, found \"}\""                                                                                                           },
    {"a list for a number",             "inner {\n number = {1, 2}\n}\n",
     "2: inner.number: expected a number from 1 to 100, found a list"                                                                                                          },
    {"something appended to a number",  "inner {\n number += 1\n}\n",
     "2: inner.number: expected \"=\" and a value, found \"+=\""                                                                                                               },
    {"two words",                       "name = joe bloggs\n",
     "1: name: \"bloggs\" stands behind the value; quotes hold several words together"                                                                                         },
    {"a list with two commas",          "inner {\n networks = {\"::1\",, \"::2\"}\n}\n",
     "2: inner.networks: expected a list, each item an IP address or network, found \",\""                                                                                     },
    {"a list without commas",           "inner {\n networks = {\"::1\" \"::2\"}\n}\n",
     "2: inner.networks: expected \",\" or \"}\" behind the item, found \"::2\""                                                                                               },
    {"a list never closed",             "inner {\n networks = {\"::1\"\n",
     "2: inner.networks: expected \",\" or \"}\" behind the item, found the end of the file"                                                                                   },
    {"double quotes never closed",      "flag = no\nname = \"joe\nflag = yes\n",
     "2: the quotes that begin here are never closed"                                                                                                                          },
    {"single quotes never closed",      "name = 'joe\n\n",
     "1: the quotes that begin here are never closed"                                                                                                                          },
    {"a comment never closed",          "flag = no\n/* so\nname = joe\n",
     "2: the comment that begins here is never closed: expected \"*/\""                                                                                                        },
    {"a sign alone",                    "flag = no\n= joe\n",                            "2: expected the name of a setting, found \"=\""                                      },
    {"a bad escape",                    "flag = no\nname = \"\\999\"\n",
     "2: expected \"name = value\" or a section in braces"                                                                                                                     },
    {"controls in a name",
     "na\x1b"
        "me = x\n",                                                                      "1: there is no setting \"na\\x1bme\" outside of the sections; did you mean \"name\"?"},
    {"behind comments",                 "# {\n// {\n/* {\n */ nmae = y\n",
     "4: there is no setting \"nmae\" outside of the sections; did you mean \"name\"?"                                                                                         },
    {"after a good section",            "inner { number = 5 colour = red }\nnmae = y",
     "2: there is no setting \"nmae\" outside of the sections; did you mean \"name\"?"                                                                                         },
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct arena *arena = arena_new();
        struct target target = {.number = 4711};
        struct failure failure = {.text = ""};
        const char *said;

        unit_row(malformed[i].name);
        assert_int_equal(load(malformed[i].content, &target, arena, &failure), ERR_SYNTAX);
        said = strchr(failure.text, ':');
        assert_non_null(said);
        assert_string_equal(said + 1, malformed[i].said);
        arena_free(&arena);
    }
}

/* A name as long as the file may be: cut in the message. */
static void test_endless_name(void **state)
{
    struct arena *arena = arena_new();
    char *content = arena_alloc(arena, 100001);
    struct target target;
    struct failure failure;

    (void)state;
    memset(content, 'x', 100000);
    content[100000] = '\0';
    assert_int_equal(load(content, &target, arena, &failure), ERR_SYNTAX);
    assert_non_null(strstr(failure.text, "expected one of name, flag"));
    arena_free(&arena);
}

/* What a text editor would not write. */
static void test_nul(void **state)
{
    static const char content[] = "name = joe\nflag = yes\0\n";
    char path[] = "/tmp/gatepost-config-XXXXXX";
    struct arena *arena = arena_new();
    struct target target;
    struct failure failure;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, sizeof content - 1), sizeof content - 1);
    close(fd);
    assert_int_equal(
        config_load(path, sections, 2, &target, sizeof target, arena, &failure), ERR_SYNTAX);
    assert_non_null(strstr(failure.text, ":2: a NUL byte"));
    unlink(path);
    arena_free(&arena);
}

static void test_missing_file(void **state)
{
    struct arena *arena = arena_new();
    struct target target;
    struct failure failure;

    (void)state;
    assert_int_equal(config_load("/nonexistent/gatepost.conf", sections, 2, &target, sizeof target,
                         arena, &failure),
        ERR_ABSENT);
    assert_non_null(strstr(failure.text, "/nonexistent/gatepost.conf"));
    arena_free(&arena);
}

/* What is printed can be read again and means the same. */
static void test_format(void **state)
{
    static const char *const expected[] = {
        "\"nobody\"", "no", "7", "64K", "5s", "green", "{\"127.0.0.0/8\", \"::1\"}"};
    struct arena *arena = arena_new();
    struct target target = {0};
    size_t row = 0;

    (void)state;
    config_set_defaults(sections, 2, &target, arena);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < sections[i].count; j++) {
            struct buffer out = BUFFER_NONE;

            config_format_value(&sections[i].settings[j], &target, &out);
            assert_string_equal(buffer_string(&out), expected[row++]);
            buffer_done(&out);
        }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_defaults), cmocka_unit_test(test_file),
    cmocka_unit_test(test_bad_file), cmocka_unit_test(test_malformed),
    cmocka_unit_test(test_endless_name), cmocka_unit_test(test_nul),
    cmocka_unit_test(test_missing_file), cmocka_unit_test(test_format))
