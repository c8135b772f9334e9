/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-lines.h"

#include "tests/unit/unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define PIECE "$gatepost_milter"

static const struct {
    const char *name;
    enum postfix_file kind;
    const char *before, *ours, *now, *after;
    const char *conflicts; /* the keys, with a blank behind each */
} rows[] = {
    {"a line of his added",               POSTFIX_MAIN,   "a = 1\n",                  "a = 2\n",                            "his = 1\na = 2\n",
     "his = 1\na = 1\n",                                                                                                                                                                                                        ""                },
    {"a line of ours added",              POSTFIX_MAIN,   "a = 1\n",                  "a = 1\nb = 2\n",                     "a = 9\nb = 2\n",                                             "a = 9\n",
     ""                                                                                                                                                                                                                                           },
    {"he took it out himself",            POSTFIX_MAIN,   "a = 1\n",                  "a = 1\nb = 2\n",                     "a = 9\n",                                                    "a = 9\n",                            ""                },
    {"he put it back himself",            POSTFIX_MAIN,   "a = 1\n",                  "a = 2\n",                            "a = 1\nc = 1\n",
     "a = 1\nc = 1\n",                                                                                                                                                                                                          ""                },
    {"his change of ours",                POSTFIX_MAIN,   "a = 1\n",                  "a = 2\n",                            "a = 3\n",                                                    "a = 3\n",                            "a "              },
    {"his change of what we made",        POSTFIX_MAIN,   "",                         "b = 2\n",                            "b = 3\n",                                                    "b = 3\n",                            "b "              },
    {"he deleted what we changed",        POSTFIX_MAIN,   "a = 1\n",                  "a = 2\n",                            "c = 3\n",                                                    "c = 3\n",                            "a "              },
    {"his item beside ours",              POSTFIX_MAIN,   "m = x\n",                  "m = " PIECE ", x\n",
     "m = " PIECE ", x, his\n",                                                                                                                                                           "m = x, his\n",                       ""                },
    {"his item, ours last",               POSTFIX_MAIN,   "m = x\n",                  "m = x, " PIECE "\n",
     "m = x, " PIECE ", his\n",                                                                                                                                                           "m = x, his\n",                       ""                },
    {"ours twice",                        POSTFIX_MAIN,   "m = x\n",                  "m = " PIECE ", x\n",                 "m = " PIECE ", " PIECE ", x\n",
     "m = x\n",                                                                                                                                                                                                                 "m "              },
    {"a conflict without our references", POSTFIX_MAIN,   "",                         "m = $gatepost_milter\n",
     "m = $gatepost_milter, his\n",                                                                                                                                                       "m = his\n",                          "m "              },
    {"a conflict, ours last",             POSTFIX_MAIN,   "m = x\n",                  "m = y, $gatepost_milter\n",
     "m = z, $gatepost_milter\n",                                                                                                                                                         "m = z\n",                            "m "              },
    {"a conflict over lines",             POSTFIX_MAIN,   "m = x\n",                  "m = $gatepost_milter,\n  y\n",
     "m = $gatepost_milter,\n  z\n",                                                                                                                                                      "m = \n  z\n",                        "m "              },
    {"a parameter of ours alone",         POSTFIX_MAIN,   "",                         "gatepost_policy = 1\n",
     "gatepost_policy = 2\n",                                                                                                                                                             "",                                   "gatepost_policy "},
    {"our comment goes",                  POSTFIX_MAIN,   "a = 1\n",                  "a = 1\n# ours\nb = 2\n",
     "a = 7\n# ours\nb = 2\n# his\n",                                                                                                                                                     "a = 7\n# his\n",                     ""                },
    {"a comment that was there stays",    POSTFIX_MAIN,   "# x\na = 1\n",             "# x\na = 2\n",
     "# x\n\na = 2\n",                                                                                                                                                                    "# x\n\na = 1\n",                     ""                },
    {"no end behind the last line",       POSTFIX_MAIN,   "a = 1",                    "a = 1\nb = 2\n",
     "a = 1\nb = 2\nc = 3\n",                                                                                                                                                             "a = 1\nc = 3\n",                     ""                },
    {"the last line changed",             POSTFIX_MAIN,   "a = 1",                    "a = 2",                              "a = 2\nc = 3\n",                                             "a = 1\nc = 3\n",
     ""                                                                                                                                                                                                                                           },
    {"several lines",                     POSTFIX_MAIN,   "a = 1,\n  2\n",            "a = 1,\n  2, 3\n",                   "b = 1\na = 1,\n  2, 3\n",
     "b = 1\na = 1,\n  2\n",                                                                                                                                                                                                    ""                },
    {"the last of two counts",            POSTFIX_MAIN,   "a = 0\na = 1\n",           "a = 0\na = 2\n",
     "a = 0\na = 2\nb = 1\n",                                                                                                                                                             "a = 0\na = 1\nb = 1\n",              ""                },
    {"a service of ours",                 POSTFIX_MASTER, "s inet n - y - - smtpd\n",
     "s inet n - y - - smtpd\nt inet n - y - - smtpd\n  -o a=1\n",                                                          "s inet n - n - - smtpd\nt inet n - y - - smtpd\n  -o a=1\n", "s inet n - n - - smtpd\n",
     ""                                                                                                                                                                                                                                           },
    {"a service of ours, changed",        POSTFIX_MASTER, "",                         "t inet n - y - - smtpd\n  -o a=1\n",
     "t inet n - y - - smtpd\n  -o a=2\n",                                                                                                                                                "t inet n - y - - smtpd\n  -o a=2\n", "t/inet "         },
    {"an override of ours",               POSTFIX_MASTER, "s inet n - y - - smtpd\n",
     "s inet n - y - - smtpd\n  -o smtpd_x=1\n",                                                                            "s inet n - y - - smtpd\n  -o his=1\n  -o smtpd_x=1\n",
     "s inet n - y - - smtpd\n  -o his=1\n",                                                                                                                                                                                    ""                },
};

struct heard {
    struct arena *arena;
    struct text keys;
};

static void hear(
    void *state, struct text key, struct text before, struct text ours, struct text now)
{
    struct heard *heard = state;

    (void)before;
    (void)ours;
    (void)now;
    heard->keys = arena_print(heard->arena, "%.*s%.*s ", TEXT_ARGS(heard->keys), TEXT_ARGS(key));
}

static void test_revert(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct heard heard = {.arena = arena, .keys = TEXT("")};
        struct text after = postfix_lines_revert(rows[i].kind, text_from_string(rows[i].before),
            text_from_string(rows[i].ours), text_from_string(rows[i].now), arena, hear, &heard);

        unit_row(rows[i].name);
        assert_text_equal(after, rows[i].after);
        assert_text_equal(heard.keys, rows[i].conflicts);
    }
    arena_free(&arena);
}

/* Whatever the file: the lines are its bytes. */
static void test_whole(void **state)
{
    static const char *const files[] = {
        "", "\n", "a", " a\n b\n", "a = 1\n#\n\n b\n#", "#\n \n", "a inet\n", "\ta = 1\n"};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct postfix_lines lines =
            postfix_lines_parse(text_from_string(files[i]), POSTFIX_MASTER, arena);
        size_t len = 0;

        unit_row(arena_print(arena, "%zu", i).data);
        for (size_t line = 0; line < lines.count; line++) {
            assert_ptr_equal(lines.items[line].bytes.data, files[i] + len);
            len += lines.items[line].bytes.len;
        }
        assert_int_equal(len, strlen(files[i]));
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_revert), cmocka_unit_test(test_whole))
