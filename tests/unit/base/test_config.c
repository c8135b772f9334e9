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
    {"unknown setting",          "name = x\nnmae = y\n",                                        ":2: ", "nmae"                    },
    {"unknown section",          "\nouter {\n}\n",                                              ":2: ", "outer"                   },
    {"number too large",         "inner {\n number = 101\n}\n",                                 ":2: ", "a number from 1 to 100"  },
    {"number not one",           "inner {\n number = many\n}\n",                                ":2: ", "found \"many\""          },
    {"negative number",          "inner {\n number = -1\n}\n",                                  ":2: ", "found \"-1\""            },
    {"size too small",           "inner {\n\n\n size = 1\n}\n",                                 ":4: ", "a size from 1K to 1M"    },
    {"time with a wrong unit",   "inner {\n time = 5y\n}\n",                                    ":2: ", "a time from 1ms to 1d"   },
    {"bool",                     "flag = maybe\n",                                              ":1: ", "yes or no"               },
    {"choice",                   "inner { colour = blue }\n",                                   ":1: ", "red or green"            },
    {"list item",                "inner {\n networks = {\"192.0.2.0/33\"}\n}\n",
     ":2: ",                                                                                            "an IP address or network"},
    {"text too long",            "name = \"12345678901\"\n",                                    ":1: ", "12345678901"             },
    {"control byte",             "name = \"a\\x01b\"\n",                                        ":1: ", "a\\x01b"                 },
    {"unbalanced brace",         "inner {\n number = 5\n",                                      ":",    ""                        },
    {"after comments",           "# one\n  ## two\nflag = yes # three\n\nnumber = 1\n# four\n",
     ":5: ",                                                                                            "number"                  },
    {"on the last line",         "# one\nnmae = x\n",                                           ":2: ", "nmae"                    },
    {"after quotes with a hash", "# \"\nname = \"a#b\\\"#\" #\"\nnmae = x\n",                   ":3: ", "nmae"                    },
    {"no value",                 "name\n",                                                      ":",    ""                        },
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
    cmocka_unit_test(test_bad_file), cmocka_unit_test(test_missing_file),
    cmocka_unit_test(test_format))
