/* SPDX-License-Identifier: MIT */
#include "mailctl/socketmap-client.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static const struct {
    const char *name, *reply;
    enum err err;
    const char *said; /* the value, or words of the failure */
} rows[] = {
    {"found",               "20:OK alice@example.org,", ERR_NONE,    "alice@example.org"      },
    {"found, empty",        "3:OK ,",                   ERR_NONE,    ""                       },
    {"a comma in it",       "9:OK a@b,c@,",             ERR_NONE,    "a@b,c@"                 },
    {"not found",           "9:NOTFOUND ,",             ERR_ABSENT,  ""                       },
    {"temporary",           "17:TEMP out of order,",    ERR_BUSY,    "out of order"           },
    {"timeout",             "15:TIMEOUT too slo,",      ERR_BUSY,    "too slo"                },
    {"permanent",           "13:PERM no table,",        ERR_REFUSED, "no table"               },
    {"another word",        "5:HELLO,",                 ERR_FOREIGN, "no word of the protocol"},
    {"nothing",             "",                         ERR_FOREIGN, "too early"              },
    {"half",                "20:OK alice@",             ERR_FOREIGN, "too early"              },
    {"no netstring",        "OK alice@example.org\n",   ERR_FOREIGN, "no netstring"           },
    {"no length",           ":OK a,",                   ERR_FOREIGN, "no netstring"           },
    {"no comma",            "4:OK aX",                  ERR_FOREIGN, "no netstring"           },
    {"more behind it",      "4:OK a,x",                 ERR_FOREIGN, "no netstring"           },
    {"a length beyond all", "99999999:OK a,",           ERR_FOREIGN, "no netstring"           },
    {"digits without end",  "0000000000000000",         ERR_FOREIGN, "no netstring"           },
};

static void test_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer value = BUFFER_NONE;
        struct failure failure = {.text = ""};
        char request[64] = "";
        int pair[2];

        unit_row(rows[i].name);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(
            write(pair[1], rows[i].reply, strlen(rows[i].reply)), strlen(rows[i].reply));
        assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
        assert_int_equal(
            socketmap_client_talk(pair[0], TEXT("aliases"), TEXT("a@b.example"), &value, &failure),
            rows[i].err);
        assert_int_equal(read(pair[1], request, sizeof request - 1), 23);
        assert_string_equal(request, "19:aliases a@b.example,");
        if (rows[i].err == ERR_NONE)
            assert_string_equal(buffer_string(&value), rows[i].said);
        else
            assert_non_null(strstr(failure.text, rows[i].said));
        buffer_done(&value);
        close(pair[0]);
        close(pair[1]);
    }
}

static void test_nobody_there(void **state)
{
    struct buffer value = BUFFER_NONE;
    struct failure failure;

    (void)state;
    assert_int_equal(socketmap_client_ask("unix:/nonexistent/lookup", TEXT("aliases"), TEXT("a"),
                         1000, &value, &failure),
        ERR_IO);
    assert_non_null(strstr(failure.text, "/nonexistent/lookup"));
    assert_int_equal(
        socketmap_client_ask("nonsense", TEXT("aliases"), TEXT("a"), 1000, &value, &failure),
        ERR_SYNTAX);
}

UNIT_MAIN(cmocka_unit_test(test_replies), cmocka_unit_test(test_nobody_there))
