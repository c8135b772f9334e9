/* SPDX-License-Identifier: MIT */

/* OpenDKIM's tables: what is taken, and what is refused with which words. */

#include "mailctl/dkim/opendkim-tables.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name, *key_table, *signing_table;
    enum err err;
    const char *found; /* "DOMAIN SELECTOR PATH" of each, or a piece of the failure */
} rows[] = {
    {"nothing",                        "",                                  NULL,                                  ERR_NONE,   ""                                               },
    {"one key",                        "k example.org:s:/etc/k\n",          NULL,                                  ERR_NONE,   "example.org s /etc/k;"                          },
    {"blanks, comments, no last line",
     "# keys\n\n  k \t example.org:s:/etc/k  # the key\r\n\t\nl a.b:t:./l", NULL,                                  ERR_NONE,
     "example.org s /etc/k;a.b t ./l;"                                                                                                                                          },
    {"a path with a colon",            "k example.org:s:/etc/a:b\n",        NULL,                                  ERR_NONE,
     "example.org s /etc/a:b;"                                                                                                                                                  },
    {"a name twice: the first",        "k a.b:s:/1\nk a.b:s:/2\n",          NULL,                                  ERR_NONE,   "a.b s /1;"                                      },
    {"a word alone",                   "k\n",                               NULL,                                  ERR_SYNTAX, "KeyTable, line 1: expected a name and a value"  },
    {"no path",                        "\nk a.b:s\n",                       NULL,                                  ERR_SYNTAX, "KeyTable, line 2: expected DOMAIN:SELECTOR:FILE"},
    {"no selector",                    "k a.b::/k\n",                       NULL,                                  ERR_SYNTAX, "DOMAIN:SELECTOR:FILE"                           },
    {"the key itself",                 "k a.b:s:MIICXQIBAAKB\n",            NULL,                                  ERR_SYNTAX, "line 1: expected a file"                        },
    {"any domain, no senders",         "k %:s:/etc/%.key\n",                NULL,                                  ERR_SYNTAX, "--signing-table"                                },
    {"senders of one domain",          "k a.b:s:/k\nl c.d:t:/l\n",          "*@a.b k\n",                           ERR_NONE,   "a.b s /k;"                                      },
    {"senders of all kinds",           "k %:s:/etc/%.key\n",                "*@a.b k\nx@c.d k\ne.f k:someone@%\n", ERR_NONE,
     "a.b s /etc/a.b.key;c.d s /etc/c.d.key;e.f s /etc/e.f.key;"                                                                                                                },
    {"a key for each of two senders",  "k a.b:s:/k\n",                      "x@a.b k\ny@a.b k\n",                  ERR_NONE,   "a.b s /k;"                                      },
    {"two keys for a sender",          "k a.b:s:/k\nl a.b:t:/l\n",          "*@a.b k\n*@a.b l\n",                  ERR_NONE,
     "a.b s /k;a.b t /l;"                                                                                                                                                       },
    {"the key named by the sender",    "a.b a.b:s:/k\n",                    "*@a.b %\n",                           ERR_NONE,   "a.b s /k;"                                      },
    {"everybody, one domain",          "k a.b:s:/k\n",                      "* k\n",                               ERR_NONE,   "a.b s /k;"                                      },
    {"everybody, any domain",          "k %:s:/k\n",                        "* k\n",                               ERR_SYNTAX,
     "SigningTable, line 1: * is no single domain"                                                                                                                              },
    {"those below, any domain",        "k %:s:/k\n",                        ".a.b k\n",                            ERR_SYNTAX, "is no single domain"                            },
    {"a key that is not there",        "k a.b:s:/k\n",                      "#\n*@a.b l\n",                        ERR_ABSENT,
     "SigningTable, line 2: there is no key l"                                                                                                                                  },
    {"a sender alone",                 "k a.b:s:/k\n",                      "*@a.b\n",                             ERR_SYNTAX,
     "SigningTable, line 1: expected a name and a value"                                                                                                                        },
};

static void write_keys(const struct opendkim_keys *keys, struct buffer *out)
{
    for (size_t i = 0; i < keys->count; i++)
        buffer_append_format(out, "%.*s %.*s %.*s;", TEXT_ARGS(keys->items[i].domain),
            TEXT_ARGS(keys->items[i].selector), TEXT_ARGS(keys->items[i].path));
}

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text senders = text_from_string(rows[i].signing_table);
        struct arena *arena = arena_new();
        struct opendkim_keys keys = {NULL, 0};
        struct failure failure = {ERR_NONE, ""};
        struct buffer found = BUFFER_NONE;

        unit_row(rows[i].name);
        assert_int_equal(
            opendkim_tables_read(text_from_string(rows[i].key_table),
                rows[i].signing_table != NULL ? &senders : NULL, arena, &keys, &failure),
            rows[i].err);
        write_keys(&keys, &found);
        if (rows[i].err == ERR_NONE)
            assert_string_equal(buffer_string(&found), rows[i].found);
        else if (strstr(failure.text, rows[i].found) == NULL)
            fail_msg("%s", failure.text);
        buffer_done(&found);
        arena_free(&arena);
    }
}

/* What is written is read again. */
static void test_write(void **state)
{
    static const struct opendkim_key written[] = {
        {TEXT("a.b"), TEXT("s"), TEXT("/k/s.private")},
        {TEXT("a.b"), TEXT("t"), TEXT("/k/t.private")},
        {TEXT("c.d"), TEXT("s"), TEXT("/l/s.private")},
    };
    const struct opendkim_keys all = {written, sizeof written / sizeof *written};
    struct buffer key_table = BUFFER_NONE, signing_table = BUFFER_NONE, found = BUFFER_NONE;
    struct arena *arena = arena_new();
    struct opendkim_keys keys;
    struct text senders;

    (void)state;
    opendkim_tables_write(&all, &key_table, &signing_table);
    senders = buffer_text(&signing_table);
    assert_int_equal(
        opendkim_tables_read(buffer_text(&key_table), &senders, arena, &keys, NULL), ERR_NONE);
    write_keys(&keys, &found);
    assert_string_equal(
        buffer_string(&found), "a.b s /k/s.private;a.b t /k/t.private;c.d s /l/s.private;");
    buffer_done(&key_table);
    buffer_done(&signing_table);
    buffer_done(&found);
    arena_free(&arena);
}

static void test_bounds(void **state)
{
    struct arena *arena = arena_new();
    char *large = arena_alloc(arena, OPENDKIM_TABLES_MAX_BYTES + 1);
    struct opendkim_keys keys;

    (void)state;
    memset(large, ' ', OPENDKIM_TABLES_MAX_BYTES + 1);
    assert_int_equal(opendkim_tables_read(text_from_bytes(large, OPENDKIM_TABLES_MAX_BYTES), NULL,
                         arena, &keys, NULL),
        ERR_NONE);
    assert_int_equal(opendkim_tables_read(text_from_bytes(large, OPENDKIM_TABLES_MAX_BYTES + 1),
                         NULL, arena, &keys, NULL),
        ERR_LIMIT);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_read), cmocka_unit_test(test_write), cmocka_unit_test(test_bounds))
