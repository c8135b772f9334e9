/* SPDX-License-Identifier: MIT */
#include "mailctl/transport-argument.h"

#include "lib/base/buffer.h"
#include "tests/unit/unit.h"

/* after NULL: refused. */
static const struct {
    const char *input, *after;
} transports[] = {
    {"smtp:[mx.inside.example]:25",              "smtp:[mx.inside.example]:25"              },
    {"smtp:[MX.Inside.Example.]:25",             "smtp:[mx.inside.example]:25"              },
    {"smtp:inside.example",                      "smtp:inside.example"                      },
    {"smtp:inside.example:smtp",                 "smtp:inside.example:smtp"                 },
    {"smtp:localhost:2525",                      "smtp:localhost:2525"                      },
    {"relay:[192.0.2.1]",                        "relay:[192.0.2.1]"                        },
    {"smtp:[2001:DB8::1]:25",                    "smtp:[2001:db8::1]:25"                    },
    {"smtp:[ipv6:2001:db8::1]",                  "smtp:[2001:db8::1]"                       },
    {"smtp:a.example,b.example  [c.example]:26", "smtp:a.example, b.example, [c.example]:26"},
    {"smtp:b\xc3\xbc"
     "cher.example",                        "smtp:xn--bcher-kva.example"               },
    {"smtp:",                                    "smtp:"                                    },
    {"virtual:",                                 "virtual:"                                 },
    {"lmtp:unix:private/dovecot-lmtp",           "lmtp:unix:private/dovecot-lmtp"           },
    {"lmtp:unix:/run/dovecot/lmtp",              "lmtp:unix:/run/dovecot/lmtp"              },
    {"lmtp:inet:[127.0.0.1]:24",                 "lmtp:inet:[127.0.0.1]:24"                 },
    {"error:5.1.1 nobody here: \"sorry\"",       "error:5.1.1 nobody here: \"sorry\""       },
    {"retry: later ",                            "retry:later"                              },
    {"discard:",                                 "discard:"                                 },

    {"",                                         NULL                                       },
    {":",                                        NULL                                       },
    {":[mx.inside.example]",                     NULL                                       },
    {"smtp",                                     NULL                                       },
    {"[mx.inside.example]:25",                   NULL                                       },
    {"smtp:[mx.inside.example",                  NULL                                       },
    {"smtp:mx.inside.example]",                  NULL                                       },
    {"smtp:[]",                                  NULL                                       },
    {"smtp:[]:25",                               NULL                                       },
    {"smtp:[a.example]25",                       NULL                                       },
    {"smtp:[a.example]:",                        NULL                                       },
    {"smtp:a.example:",                          NULL                                       },
    {"smtp:a.example:0",                         NULL                                       },
    {"smtp:a.example:65536",                     NULL                                       },
    {"smtp:a.example:25:25",                     NULL                                       },
    {"smtp:a.example:-",                         NULL                                       },
    {"smtp:192.0.2.1",                           NULL                                       },
    {"smtp:192.0.2.1.",                          NULL                                       },
    {"smtp:2001:db8::1",                         NULL                                       },
    {"smtp:[192.0.2.256x]:25:1",                 NULL                                       },
    {"smtp:a..example",                          NULL                                       },
    {"smtp:a.example\nX",                        NULL                                       },
    {"error:a\nb",                               NULL                                       },
    {"error:\xc3\xbc",                           NULL                                       },
    {"sm/tp:a.example",                          NULL                                       },
    {"-smtp:a.example",                          NULL                                       },
    {"sm tp:a.example",                          NULL                                       },
    {"lmtp:unix:",                               NULL                                       },
    {"lmtp:unix:../x",                           NULL                                       },
    {"lmtp:unix:a/../b",                         NULL                                       },
    {"lmtp:unix:a/..",                           NULL                                       },
    {"lmtp:unix:a/",                             NULL                                       },
    {"lmtp:unix:$x",                             NULL                                       },
    {"relayauth:[a.example]:587",                NULL                                       },
    {"relayauth:",                               NULL                                       },
};

static void test_transports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
        struct arena *arena = arena_new();
        struct failure failure = {ERR_NONE, ""};
        struct text transport = TEXT_NONE;
        enum err err = transport_argument_parse(
            text_from_string(transports[i].input), arena, &transport, &failure);

        unit_row(transports[i].input);
        assert_int_equal(err, transports[i].after != NULL ? ERR_NONE : ERR_SYNTAX);
        if (transports[i].after != NULL)
            assert_text_equal(transport, transports[i].after);
        else
            assert_non_null(strstr(failure.text, "another transport") != NULL
                                ? strstr(failure.text, "another transport")
                                : strstr(failure.text, "was expected, as smtp:[mx"));
        arena_free(&arena);
    }
}

static const struct {
    const char *input, *after;
} hosts[] = {
    {"smtp.provider.example:587",          "[smtp.provider.example]:587"       },
    {"Smtp.Provider.Example",              "[smtp.provider.example]:587"       },
    {"[smtp.provider.example]:submission", "[smtp.provider.example]:submission"},
    {"[192.0.2.1]",                        "[192.0.2.1]:587"                   },
    {"[2001:db8::1]:2525",                 "[2001:db8::1]:2525"                },

    {"",                                   NULL                                },
    {"192.0.2.1",                          NULL                                },
    {"2001:db8::1",                        NULL                                },
    {"a.example b.example",                NULL                                },
    {"a.example,b.example",                NULL                                },
    {"smtp:a.example:587",                 NULL                                },
    {"unix:a",                             "[unix]:a"                          },
    {"a.example:",                         NULL                                },
    {"a.example\n",                        NULL                                },
};

static void test_hosts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct arena *arena = arena_new();
        struct failure failure = {ERR_NONE, ""};
        struct text host = TEXT_NONE;
        enum err err =
            transport_argument_parse_host(text_from_string(hosts[i].input), arena, &host, &failure);

        unit_row(hosts[i].input);
        assert_int_equal(err, hosts[i].after != NULL ? ERR_NONE : ERR_SYNTAX);
        if (hosts[i].after != NULL)
            assert_text_equal(host, hosts[i].after);
        arena_free(&arena);
    }
}

/* No byte is passed over, whatever C makes of it. */
static void test_nul(void **state)
{
    static const struct text inputs[] = {TEXT("lmtp:unix:a\0b"), TEXT("sm\0tp:"),
        TEXT("smtp:a\0.example"), TEXT("smtp:a.example:smtp\0"), TEXT("error:a\0")};
    struct arena *arena = arena_new();
    struct failure failure;
    struct text text;

    (void)state;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        assert_int_equal(transport_argument_parse(inputs[i], arena, &text, &failure), ERR_SYNTAX);
    arena_free(&arena);
}

/* Unread, however it goes on; and no shorter one makes something longer. */
static void test_length(void **state)
{
    struct arena *arena = arena_new();
    struct buffer input = BUFFER_NONE;
    struct failure failure;
    struct text text;

    (void)state;
    buffer_append_text(&input, TEXT("smtp:"));
    while (input.len < TRANSPORT_ARGUMENT_MAX - 1)
        buffer_append_text(&input, TEXT("a "));
    assert_int_equal(
        transport_argument_parse(buffer_text(&input), arena, &text, &failure), ERR_RANGE);
    buffer_append_text(&input, TEXT("xx"));
    assert_int_equal(
        transport_argument_parse(buffer_text(&input), arena, &text, &failure), ERR_RANGE);
    assert_int_equal(
        transport_argument_parse_host(buffer_text(&input), arena, &text, &failure), ERR_RANGE);
    buffer_done(&input);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_transports), cmocka_unit_test(test_hosts),
    cmocka_unit_test(test_nul), cmocka_unit_test(test_length))
