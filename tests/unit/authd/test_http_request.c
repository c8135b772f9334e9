/* SPDX-License-Identifier: MIT */
#include "authd/http-request.h"

#include "tests/unit/unit.h"

#define HOST "Host: h\r\n"

static const struct {
    const char *name, *input;
    enum http_parse parse;
    const char *method, *path, *query, *body;
    bool is_last;
    int status;
} rows[] = {
    {"whole",               "POST /a?b=c HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",               HTTP_WHOLE, "POST",
     "/a",                                                                                                                         "b=c", "{}", false, 0  },
    {"no body",             "GET / HTTP/1.1\r\n" HOST "\r\n",                                            HTTP_WHOLE, "GET",  "/",  "",    "",   false, 0  },
    {"names in any case",   "POST / HTTP/1.1\r\nhost:h\r\ncontent-LENGTH:1\r\n\r\nx",                    HTTP_WHOLE,
     "POST",                                                                                                                 "/",  "",    "x",  false, 0  },
    {"to be closed",        "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",                       HTTP_WHOLE, "GET",  "/",
     "",                                                                                                                                  "",   true,  0  },
    {"an old version",      "GET / HTTP/1.0\r\n\r\n",                                                    HTTP_WHOLE, "GET",  "/",  "",    "",   true,  0  },
    {"nothing yet",         "",                                                                          HTTP_PART,  NULL,   NULL, NULL,  NULL, false, 0  },
    {"half a head",         "POST / HTTP/1.1\r\n" HOST,                                                  HTTP_PART,  NULL,   NULL, NULL,  NULL, false, 0  },
    {"half a body",         "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{",                     HTTP_PART,  NULL,   NULL,
     NULL,                                                                                                                                NULL, false, 0  },
    {"no host",             "GET / HTTP/1.1\r\n\r\n",                                                    HTTP_BAD,   NULL,   NULL, NULL,  NULL, false, 400},
    {"two hosts",           "GET / HTTP/1.1\r\n" HOST HOST "\r\n",                                       HTTP_BAD,   NULL,   NULL, NULL,  NULL, false,
     400                                                                                                                                                  },
    {"two lengths",         "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
     HTTP_BAD,                                                                                                       NULL,   NULL, NULL,  NULL, false, 400},
    {"two keys",            "GET / HTTP/1.1\r\n" HOST "X-API-Key: a\r\nX-API-Key: b\r\n\r\n",            HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 400},
    {"a negative length",   "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n",                      HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 400},
    {"a length too large",  "GET / HTTP/1.1\r\n" HOST "Content-Length: 8193\r\n\r\n",                    HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 413},
    {"a length of a flood",
     "GET / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\n",                           HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 400},
    {"chunks",              "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",             HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 411},
    {"expectations",        "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n",                   HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 417},
    {"another version",     "GET / HTTP/2.0\r\n" HOST "\r\n",                                            HTTP_BAD,   NULL,   NULL, NULL,  NULL, false,
     505                                                                                                                                                  },
    {"a line without CR",   "GET / HTTP/1.1\n" HOST "\r\n",                                              HTTP_BAD,   NULL,   NULL, NULL,  NULL, false,
     505                                                                                                                                                  },
    {"a folded field",      "GET / HTTP/1.1\r\n" HOST " more\r\n\r\n",                                   HTTP_BAD,   NULL,   NULL, NULL,  NULL,
     false,                                                                                                                                            400},
    {"blank and colon",     "GET / HTTP/1.1\r\nHost : h\r\n\r\n",                                        HTTP_BAD,   NULL,   NULL, NULL,  NULL,
     false,                                                                                                                                            400},
    {"a control",           "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n",                                HTTP_BAD,   NULL,   NULL, NULL,  NULL,
     false,                                                                                                                                            400},
    {"a bare line feed",    "GET / HTTP/1.1\r\n" HOST "X-API-Key:\nsecret\r\n\r\n",                      HTTP_BAD,   NULL,
     NULL,                                                                                                                         NULL,  NULL, false, 400},
    {"nothing in it",       "\r\n\r\n",                                                                  HTTP_BAD,   NULL,   NULL, NULL,  NULL, false, 400},
    {"another protocol",    "gatepost-login\t1\r\n\r\n",                                                 HTTP_BAD,   NULL,   NULL, NULL,  NULL, false, 400},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request request;
        struct http_problem problem = {0, NULL};
        size_t taken = 0;
        struct text input = text_from_string(rows[i].input);

        unit_row(rows[i].name);
        assert_int_equal(http_request_parse(input, &request, &taken, &problem), rows[i].parse);
        assert_int_equal(problem.status, rows[i].status);
        if (rows[i].parse != HTTP_WHOLE)
            continue;
        assert_int_equal(taken, input.len);
        assert_text_equal(request.method, rows[i].method);
        assert_text_equal(request.path, rows[i].path);
        assert_text_equal(request.query, rows[i].query);
        assert_text_equal(request.body, rows[i].body);
        assert_int_equal(request.is_last, rows[i].is_last);
    }
}

static void test_key(void **state)
{
    struct http_request request;
    struct http_problem problem;
    size_t taken;

    (void)state;
    assert_int_equal(
        http_request_parse(TEXT("GET / HTTP/1.1\r\n" HOST "X-Api-Key:  s3cret \r\n\r\n"), &request,
            &taken, &problem),
        HTTP_WHOLE);
    assert_text_equal(request.key, "s3cret");
    assert_int_equal(
        http_request_parse(TEXT("GET / HTTP/1.1\r\n" HOST "\r\n"), &request, &taken, &problem),
        HTTP_WHOLE);
    assert_null(request.key.data);
}

/* A header that does not end is not waited for. */
static void test_endless_header(void **state)
{
    struct buffer input = BUFFER_NONE;
    struct http_request request;
    struct http_problem problem;
    size_t taken;

    (void)state;
    buffer_append_string(&input, "GET / HTTP/1.1\r\n");
    while (input.len <= HTTP_HEAD_MAX)
        buffer_append_string(&input, "X: y\r\n");
    assert_int_equal(http_request_parse(buffer_text(&input), &request, &taken, &problem), HTTP_BAD);
    assert_int_equal(problem.status, 431);
    buffer_done(&input);
}

static void test_response(void **state)
{
    struct buffer out = BUFFER_NONE;

    (void)state;
    http_response_append(&out, 400, TEXT("{}"), true);
    assert_string_equal(buffer_string(&out),
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n{}");
    buffer_done(&out);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_key),
    cmocka_unit_test(test_endless_header), cmocka_unit_test(test_response))
