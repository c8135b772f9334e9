/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/taglist.h"
#include "tests/unit/mailauth/dkim.h"

#define PLAIN                                                                                      \
    "Received: from x by y; Sat, 21 Nov 2026 04:00:00 +0000\n"                                     \
    "Return-Path: <a@example.org>\n"                                                               \
    "From: Alice <a@example.org>\n"                                                                \
    "To: b@example.net\n"                                                                          \
    "Subject: one\n"                                                                               \
    "Date: Sat, 21 Nov 2026 04:00:00 +0000\n"                                                      \
    "Message-ID: <1@example.org>\n"                                                                \
    "MIME-Version: 1.0\n"                                                                          \
    "X-Mailer: pencil\n"                                                                           \
    "\n"                                                                                           \
    "Hello.\n"

static const struct signing_request plain_request = {
    .domain = {"example.org", 11},
    .selector = {"sel",         3 },
    .header_canon = CANON_RELAXED,
    .body_canon = CANON_RELAXED,
    .now = DKIM_NOW,
};

/* The value that signing gives; ERR_NONE is expected. */
static struct text value_of(
    struct arena *arena, const char *text, const struct signing_request *request, const char *pem)
{
    struct text whole = dkim_signed(arena, text_from_string(text), request, pem);
    struct text rest = text_skip(whole, strlen("DKIM-Signature:"));

    for (size_t end = 0;;) {
        end += text_find_text(text_skip(rest, end), TEXT("\r\n"));
        if (rest.data[end + 2] != ' ')
            return text_head(rest, end);
        end += 2;
    }
}

/* The whole output, so that any change of it is seen. */
static void test_exact(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_text_equal(value_of(arena, PLAIN, &plain_request, dkim_ed25519_pem),
        " v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;\r\n"
        " s=sel; t=1528637909; h=From:From:Reply-To:Subject:Subject:Date:To:To:Cc:\r\n"
        " Message-ID:MIME-Version; bh=yZQq1c8wjBl0fZ4Wc/oraMCAG1mZJv5v/hlvyFy+t6A=; b=+\r\n"
        " ktxxaPUJpy+e+Zbq8xwtqodW7toP7slNn++x75tSl8OZlsD/8wbgfI8bUv8JGEYdvWNGNgH1ANRxM\r\n"
        " Eot07mDw==");
    arena_free(&arena);
}

static void test_deterministic(void **state)
{
    struct arena *arena = arena_new();
    struct text one = value_of(arena, PLAIN, &plain_request, dkim_rsa_pem);
    struct text two = value_of(arena, PLAIN, &plain_request, dkim_rsa_pem);

    (void)state;
    assert_true(text_equals(one, two));
    arena_free(&arena);
}

/* Line by line: at most 78 columns, CRLF and a blank between. */
static void assert_folded(struct text value)
{
    size_t column = strlen("DKIM-Signature:");

    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '\n') {
            assert_true(i != 0 && value.data[i - 1] == '\r');
            assert_int_equal(value.data[i + 1], ' ');
            column = 0;
        } else if (value.data[i] != '\r')
            column++;
        assert_true(column <= 78);
    }
    assert_int_equal(value.data[0], ' ');
    assert_int_not_equal(value.data[value.len - 1], '\n');
}

/* What is signed here verifies here, whatever the message looks like. */
static const struct {
    const char *name, *text;
} messages[] = {
    {"plain",                        PLAIN                                                         },
    {"no body",                      "From: a@example.org\n"                                       },
    {"empty body",                   "From: a@example.org\n\n"                                     },
    {"blank lines alone",            "From: a@example.org\n\n\n \n\t\n"                            },
    {"no final line end",            "From: a@example.org\n\nx"                                    },
    {"lone CR in the body",          "From: a@example.org\n\na\rb\r"                               },
    {"no blank behind the colon",    "From:a@example.org\nSubject:x\n\nx\n"                        },
    {"blanks in front of the colon", "From \t: a@example.org\n\nx\n"                               },
    {"folded",                       "From:\n Alice\n\t<a@example.org>\nSubject: a\n b \n c\n\nx\n"},
    {"empty fields",                 "From: a@example.org\nSubject:\nTo: \n\nx\n"                  },
    {"repeated fields",              "From: a@example.org\nTo: 1\nTo: 2\nTo: 3\n\nx\n"             },
    {"two From",                     "From: a@example.org\nFrom: b@example.org\n\nx\n"             },
    {"blanks in the body",           "From: a@example.org\n\n  a \t b \n\n\n c\n\n \n"             },
    {"UTF-8",                        "From: J\u00f6rg <a@example.org>\nSubject: \u00fc\n\n\u00fc\n"},
    {"other signatures",             "DKIM-Signature: v=1; a=x\nFrom: a@example.org\n\nx\n"        },
};

static void assert_verifies(struct text text, const char *record)
{
    for (size_t piece = 0; piece < 3; piece++) {
        struct dkim_run run;
        struct signature_verdict verdict;

        dkim_start_text(&run, text, NULL);
        dkim_answer(&run, "sel._domainkey.example.org", record);
        dkim_end_body(&run, piece);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_null(verdict.reason);
        assert_int_equal(verdict.result, AUTH_PASS);
        dkim_done(&run);
    }
}

static void test_round_trips(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        unit_row(messages[i].name);
        for (unsigned kind = 0; kind < 8; kind++) {
            struct arena *arena = arena_new();
            struct signing_request request = plain_request;
            bool is_rsa = (kind & 4) != 0;

            request.header_canon = (kind & 1) != 0 ? CANON_RELAXED : CANON_SIMPLE;
            request.body_canon = (kind & 2) != 0 ? CANON_RELAXED : CANON_SIMPLE;
            assert_verifies(dkim_signed(arena, text_from_string(messages[i].text), &request,
                                is_rsa ? dkim_rsa_pem : dkim_ed25519_pem),
                is_rsa ? dkim_rsa_record : dkim_ed25519_record);
            arena_free(&arena);
        }
    }
}

/* The value of one tag, blanks removed. */
static const char *tag_of(struct arena *arena, struct text value, const char *name)
{
    struct taglist list;
    const struct text *found;
    char *plain;
    size_t len = 0;

    assert_int_equal(taglist_parse(value, 64, arena, &list), TAGLIST_OK);
    found = taglist_find(&list, name);
    if (found == NULL)
        return NULL;
    plain = arena_copy_string(arena, *found);
    for (size_t i = 0; i < found->len; i++)
        if (!text_is_blank(plain[i]))
            plain[len++] = plain[i];
    plain[len] = '\0';
    return plain;
}

static const char *const x_mailer[] = {"X-Mailer", "X-Missing", "from", NULL};
static const char *const oversigned[] = {"From", "Date", "X-None", NULL};
static const char *const none[] = {NULL};

static const struct {
    const char *name, *text;
    const char *const *extra, *const *oversigned;
    const char *list, *names;
} name_rows[] = {
    {"by default",               PLAIN,                                                                  NULL,     NULL,       NULL,
     "From:From:Reply-To:Subject:Subject:Date:To:To:Cc:Message-ID:MIME-Version"                                                                                                                       },
    {"as often as they occur",   "From: a\nReferences: 1\nReferences: 2\n",                              NULL,     NULL,       NULL,
     "From:From:Reply-To:Subject:To:Cc:References:References"                                                                                                                                         },
    {"extra ones where present", PLAIN,                                                                  x_mailer, none,       NULL,
     "From:Subject:Date:To:Message-ID:MIME-Version:X-Mailer"                                                                                                                                          },
    {"others oversigned",        "From: a\nSubject: b\n",                                                NULL,     oversigned, NULL,
     "From:From:Subject:Date:X-None"                                                                                                                                                                  },
    {"none oversigned",          "From: a\nTo: b\n",                                                     NULL,     none,       NULL,             "From:To"                                            },
    {"exactly these",            PLAIN,                                                                  x_mailer, oversigned, "to : from:To:x", "to:from:To:x"                                       },
    {"lists",                    "From: a\nList-Unsubscribe: b\nList-Unsubscribe-Post: c\nList-Id: d\n", NULL,     none,
     NULL,                                                                                                                                       "From:List-Id:List-Unsubscribe:List-Unsubscribe-Post"},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof name_rows / sizeof *name_rows; i++) {
        struct arena *arena = arena_new();
        struct signing_request request = plain_request;
        struct text value;

        unit_row(name_rows[i].name);
        request.extra_fields = name_rows[i].extra;
        request.oversigned_fields = name_rows[i].oversigned;
        request.field_list = text_from_string(name_rows[i].list);
        value = value_of(arena, name_rows[i].text, &request, dkim_ed25519_pem);
        assert_string_equal(tag_of(arena, value, "h"), name_rows[i].names);
        assert_folded(value);
        arena_free(&arena);
    }
}

static void test_tags(void **state)
{
    struct arena *arena = arena_new();
    struct signing_request request = plain_request;
    struct text value;

    (void)state;
    request.lifetime_s = 86400;
    request.identity = TEXT("a;b=c@mail.example.org");
    value = value_of(arena, PLAIN, &request, dkim_rsa_pem);
    assert_string_equal(tag_of(arena, value, "v"), "1");
    assert_string_equal(tag_of(arena, value, "a"), "rsa-sha256");
    assert_string_equal(tag_of(arena, value, "c"), "relaxed/relaxed");
    assert_string_equal(tag_of(arena, value, "d"), "example.org");
    assert_string_equal(tag_of(arena, value, "s"), "sel");
    assert_string_equal(tag_of(arena, value, "t"), "1528637909");
    assert_string_equal(tag_of(arena, value, "x"), "1528724309");
    assert_string_equal(tag_of(arena, value, "i"), "a=3Bb=3Dc@mail.example.org");
    assert_null(tag_of(arena, value, "l"));
    assert_folded(value);
    request.now = 0;
    request.lifetime_s = 0;
    request.identity = TEXT("");
    request.header_canon = CANON_SIMPLE;
    value = value_of(arena, PLAIN, &request, dkim_rsa_pem);
    assert_null(tag_of(arena, value, "t"));
    assert_null(tag_of(arena, value, "x"));
    assert_null(tag_of(arena, value, "i"));
    assert_string_equal(tag_of(arena, value, "c"), "simple/relaxed");
    assert_folded(value);
    arena_free(&arena);
}

/* --- what is not signed --- */

static const struct {
    const char *name, *text, *domain, *selector, *identity, *list;
} refused_rows[] = {
    {"no From",                   "To: a\n\nx\n", "example.org",         "sel", "",             ""        },
    {"domain of one label",       "From: a\n",    "org",                 "sel", "",             ""        },
    {"domain with a line end",    "From: a\n",    "example.org\r\nX: y", "sel", "",             ""        },
    {"selector with a semicolon", "From: a\n",    "example.org",         "a;b", "",             ""        },
    {"no selector",               "From: a\n",    "example.org",         "",    "",             ""        },
    {"identity elsewhere",        "From: a\n",    "example.org",         "sel", "@example.net", ""        },
    {"identity without at",       "From: a\n",    "example.org",         "sel", "example.org",  ""        },
    {"list without From",         "From: a\n",    "example.org",         "sel", "",             "to:cc"   },
    {"list with an empty name",   "From: a\n",    "example.org",         "sel", "",             "from::to"},
    {"list with a semicolon",     "From: a\n",    "example.org",         "sel", "",             "from:a;b"},
};

/* Signs without a net under it; what comes back is the error. */
static enum err try_to_sign(struct arena *arena, struct message *message,
    const struct signing_request *request, struct failure *failure)
{
    struct private_key *key = dkim_private_key(dkim_ed25519_pem);
    struct text value;
    enum err err = signer_format(message, request, key, arena, &value, failure);

    private_key_release(&key);
    return err;
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
        struct arena *arena = arena_new();
        struct signing_request request = plain_request;
        struct failure failure = {ERR_NONE, ""};
        struct text body;
        struct message *message =
            dkim_message(arena, text_from_string(refused_rows[i].text), &body);

        unit_row(refused_rows[i].name);
        request.domain = text_from_string(refused_rows[i].domain);
        request.selector = text_from_string(refused_rows[i].selector);
        request.identity = text_from_string(refused_rows[i].identity);
        request.field_list = text_from_string(refused_rows[i].list);
        assert_int_equal(signer_prepare(message, &request), ERR_NONE);
        message_end_body(message);
        assert_int_equal(try_to_sign(arena, message, &request, &failure), ERR_REFUSED);
        assert_int_equal(failure.err, ERR_REFUSED);
        message_done(&message);
        arena_free(&arena);
    }
}

/* h= has room for so many names, and a verifier for so many bytes. */
static void test_too_many_fields(void **state)
{
    static const struct {
        const char *name, *field;
        size_t count;
        enum err err;
    } rows[] = {
        {"just enough names", "To",                        994, ERR_NONE   },
        {"too many names",    "To",                        995, ERR_REFUSED},
        {"just enough bytes", "Content-Transfer-Encoding", 200, ERR_NONE   },
        {"too many bytes",    "Content-Transfer-Encoding", 350, ERR_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct message *message = message_new(arena, NULL);
        struct header_field from = header_field_make(TEXT("From"), TEXT(" a"), arena);
        struct header_field field =
            header_field_make(text_from_string(rows[i].field), TEXT(" x"), arena);

        unit_row(rows[i].name);
        assert_int_equal(message_add_field(message, &from), ERR_NONE);
        for (size_t j = 0; j < rows[i].count; j++)
            assert_int_equal(message_add_field(message, &field), ERR_NONE);
        assert_int_equal(signer_prepare(message, &plain_request), ERR_NONE);
        message_end_body(message);
        assert_int_equal(try_to_sign(arena, message, &plain_request, NULL), rows[i].err);
        message_done(&message);
        arena_free(&arena);
    }
}

static void test_truncated(void **state)
{
    const struct message_limits limits = {1000, 1};
    struct arena *arena = arena_new();
    struct message *message = message_new(arena, &limits);
    struct header_field field = header_field_make(TEXT("From"), TEXT(" a"), arena);

    (void)state;
    assert_int_equal(message_add_field(message, &field), ERR_NONE);
    assert_int_equal(message_add_field(message, &field), ERR_LIMIT);
    assert_int_equal(signer_prepare(message, &plain_request), ERR_NONE);
    message_end_body(message);
    assert_int_equal(try_to_sign(arena, message, &plain_request, NULL), ERR_REFUSED);
    message_done(&message);
    arena_free(&arena);
}

static void test_not_prepared(void **state)
{
    struct arena *arena = arena_new();
    struct text body;
    struct message *message = dkim_message(arena, TEXT(PLAIN), &body);

    (void)state;
    message_end_body(message);
    assert_int_equal(try_to_sign(arena, message, &plain_request, NULL), ERR_CRYPTO);
    message_done(&message);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_exact), cmocka_unit_test(test_deterministic),
    cmocka_unit_test(test_round_trips), cmocka_unit_test(test_names), cmocka_unit_test(test_tags),
    cmocka_unit_test(test_refused), cmocka_unit_test(test_too_many_fields),
    cmocka_unit_test(test_truncated), cmocka_unit_test(test_not_prepared))
