/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/received.h"

#include "tests/unit/mailauth/exact.h"
#include "tests/unit/unit.h"

#define DATE "; Sat, 21 Nov 2026 13:00:00 +0000"
#define BY "\r\n\tby mx2.example.net (Postfix) with ESMTPS id 4bXyz\r\n\tfor <b@example.net>" DATE

struct row {
    const char *name, *value;
    enum received_kind kind;
    const char *client, *helo; /* NULL: none */
    bool is_authenticated;
};

static void check(const struct row *row)
{
    struct received received = received_parse(exact_row(row->value));
    char client[IP_TEXT_MAX];

    unit_row(row->name);
    ip_format(&received.client, client);
    assert_int_equal(received.kind, row->kind);
    assert_string_equal(client, row->client != NULL ? row->client : "unknown");
    if (row->helo != NULL)
        assert_text_equal(received.helo, row->helo);
    assert_int_equal(received.is_authenticated, row->is_authenticated);
}

/* What mail programs write of their clients. */
static void test_clients(void **state)
{
    static const struct row rows[] = {
        {"Postfix",                               " from a.example (mail.a.example [203.0.113.5])" BY,                           RECEIVED_BY_SMTP,
         "203.0.113.5",                                                                                                                                            "a.example",           false},
        {"Postfix, no name, IPv6",                " from a (unknown [IPv6:2001:db8::5])" BY,                                     RECEIVED_BY_SMTP,
         "2001:db8::5",                                                                                                                                            "a",                   false},
        {"Postfix, mapped",                       " from a (unknown [::ffff:203.0.113.5])" BY,                                   RECEIVED_BY_SMTP,
         "203.0.113.5",                                                                                                                                            "a",                   false},
        {"Postfix, TLS",
         " from a (mail.a.example [203.0.113.5])\r\n\t(using TLSv1.3 with cipher X "
            "(256/256 bits)\r\n\t key-exchange X25519)\r\n\t(Client CN \"by evil with SMTP\", "
            "Issuer \"x (y)\" (not verified))" BY,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Postfix, a login",
         " from a (dsl.example [203.0.113.5])\r\n\t(Authenticated sender: ann@example.net)"
            "\r\n\tby mx2.example.net (Postfix) with ESMTPSA id 4b" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   true },
        {"Postfix, SMTPUTF8",                     " from a (n [203.0.113.5]) by h (Postfix) with UTF8SMTPSA id 4b" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   true },
        {"HELO with an address of another",       " from [198.51.100.1] (dsl.example [203.0.113.5])" BY,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "[198.51.100.1]",      false},
        {"HELO as Postfix leaves it",             " from ?198.51.100.1??by?x (dsl.example [203.0.113.5])" BY,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "?198.51.100.1??by?x", false},
        {"Sendmail",
         " from a (mail.a.example [203.0.113.5] (may be forged))"
            " by h (8.18.1/8.18.1) with ESMTP id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Sendmail, no name",                     " from a ([203.0.113.5]) by h (8.18.1/8.18.1) with SMTP id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Exim",
         " from mail.a.example ([203.0.113.5]:4711 helo=a)\r\n\tby h with esmtps "
            "(TLS1.3) tls X\r\n\t(Exim 4.96)\r\n\t(envelope-from <a@b>) id 1abc" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Exim, no name",                         " from [203.0.113.5] (helo=a)\r\n\tby h with esmtp (Exim 4.96) id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Exim, no name, a port and no HELO",
         " from [203.0.113.5] (port=4711)\r\n\tby h with esmtp (Exim 4.96) id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "",                    false},
        {"Exim, HELO with an address of another",
         " from [203.0.113.5] (helo=[198.51.100.1]) by h with esmtp (Exim 4.96) id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "[198.51.100.1]",      false},
        {"Exim, ident",
         " from n ([203.0.113.5]:4711 ident=x helo=a) by h with esmtp (Exim 4.96) id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Exim, no name, ident",
         " from [203.0.113.5] (port=4711 ident=x helo=a) by h with esmtp (Exim 4.96) id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"Exim, a login",                         " from n ([203.0.113.5] helo=a) by h with esmtpsa (Exim 4.96) id x" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   true },
        {"Exchange",                              " from a (203.0.113.5) by h (10.0.0.1) with Microsoft SMTP Server id 15" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"via",                                   " from a (n [203.0.113.5]) by h via TCP with SMTP" DATE,                       RECEIVED_BY_SMTP,
         "203.0.113.5",                                                                                                                                            "a",                   false},
        {"no blanks around the comment",          " from a(n.example [203.0.113.5])by h with SMTP" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"an escaped parenthesis",                " from a (n [203.0.113.5] \\) x) by h with SMTP" DATE,
         RECEIVED_BY_SMTP,                                                                                                                          "203.0.113.5", "a",                   false},
        {"fetchmail",
         " from pop.a.example [203.0.113.7]\r\n\tby localhost with POP3 "
            "(fetchmail-6.4.37)\r\n\tfor <b@localhost> (single-drop)" DATE,
         RECEIVED_BY_OTHER,                                                                                                                         "203.0.113.7", "pop.a.example",       false},
        {"Dovecot's LMTP",                        " from a ([203.0.113.5])\r\n\tby h with LMTP id x" DATE,
         RECEIVED_BY_OTHER,                                                                                                                         "203.0.113.5", "a",                   false},
        {"an unknown protocol",                   " from a (n [203.0.113.5]) by h with mapi id 15" DATE,
         RECEIVED_BY_OTHER,                                                                                                                         "203.0.113.5", "a",                   false},
        {"no protocol",                           " from a (n [203.0.113.5]) by h id 15" DATE,                                   RECEIVED_BY_OTHER,
         "203.0.113.5",                                                                                                                                            "a",                   false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

static void test_without_clients(void **state)
{
    static const struct row rows[] = {
        {"Postfix's sendmail",         " by h (Postfix, from userid 33)\r\n\tid 4b" DATE,
         RECEIVED_FROM_PROGRAM,                                                                                   NULL, NULL, false},
        {"Exim's",                     " from root by h with local (Exim 4.96) id x" DATE, RECEIVED_FROM_PROGRAM, NULL,
         NULL,                                                                                                                false},
        {"forwarded by Postfix",       " by h (Postfix)\r\n\tid 4b" DATE,                  RECEIVED_WITHIN,       NULL, NULL,
         false                                                                                                                     },
        {"Dovecot's LMTP by a socket", " from h\r\n\tby h with LMTP\r\n\tid x" DATE,
         RECEIVED_WITHIN,                                                                                         NULL, NULL, false},
        {"no client in SMTP",          " by 2002:a05:6a10:1 with SMTP id x" DATE,          RECEIVED_UNREADABLE,   NULL,
         NULL,                                                                                                                false},
        {"not the writer's comment",   " by h with X (Postfix, from userid 33)" DATE,
         RECEIVED_UNREADABLE,                                                                                     NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

/* Nothing is guessed: an address in a wrong place is the client's own word. */
static void test_unreadable(void **state)
{
    static const struct row rows[] = {
        {"nothing",                                       "",                                                             RECEIVED_UNREADABLE, NULL, NULL, false},
        {"blanks",                                        " \r\n\t",                                                      RECEIVED_UNREADABLE, NULL, NULL, false},
        {"from alone",                                    " from",                                                        RECEIVED_UNREADABLE, NULL, NULL, false},
        {"qmail, HELO with an address of another",
         " from unknown (HELO [198.51.100.1]) (203.0.113.5)\r\n\tby 0 with SMTP" DATE,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"CommuniGate, HELO with a loopback address",
         " from [203.0.113.5] (HELO [127.0.0.1]) by h (CommuniGate Pro SMTP 6.3) with ESMTP id "
            "1" DATE,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"James, HELO with an address of another",
         " from 203.0.113.5 (EHLO [198.51.100.1]) ([203.0.113.5]) by h with ESMTP id 1" DATE,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"a looked-up name that looks like Exim's words",
         " from [198.51.100.1] (helo=a [203.0.113.5])" BY,                                                                RECEIVED_UNREADABLE, NULL, NULL,
         false                                                                                                                                                  },
        {"a looked-up name with an address in it",        " from a (n [198.51.100.1] [203.0.113.5])" BY,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"no by",                                         " from a (n [203.0.113.5])" DATE,                               RECEIVED_UNREADABLE, NULL, NULL, false},
        {"by nobody",                                     " from a (n [203.0.113.5]) by" DATE,                            RECEIVED_UNREADABLE, NULL, NULL, false},
        {"not known",                                     " from unknown (unknown [unknown])" BY,                         RECEIVED_UNREADABLE, NULL, NULL,
         false                                                                                                                                                  },
        {"a name alone",                                  " from a.example" BY,                                           RECEIVED_UNREADABLE, NULL, NULL, false},
        {"a literal that the client gave",                " from [203.0.113.5]" BY,                                       RECEIVED_UNREADABLE, NULL,
         NULL,                                                                                                                                             false},
        {"HELO with a blank",                             " from a [203.0.113.5]" BY,                                     RECEIVED_UNREADABLE, NULL, NULL, false},
        {"HELO with a blank and more",                    " from a [203.0.113.5] (n [198.51.100.1])" BY,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"HELO that closes a comment",                    " from a (n [203.0.113.5]) (dsl.example [198.51.100.1]" BY,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"HELO with a semicolon",                         " from a;b (n [203.0.113.5])" BY,                               RECEIVED_UNREADABLE, NULL, NULL,
         false                                                                                                                                                  },
        {"ident with an address",                         " from a (x[198.51.100.1]y@n [203.0.113.5])" BY,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"two names",                                     " from a (n m [203.0.113.5])" BY,                               RECEIVED_UNREADABLE, NULL, NULL, false},
        {"a name in quotes",                              " from a (\"n\" [203.0.113.5])" BY,                             RECEIVED_UNREADABLE, NULL, NULL,
         false                                                                                                                                                  },
        {"more behind the address",                       " from a (n [203.0.113.5]x)" BY,                                RECEIVED_UNREADABLE, NULL,
         NULL,                                                                                                                                             false},
        {"no end of the address",                         " from a (n [203.0.113.5)" BY,                                  RECEIVED_UNREADABLE, NULL, NULL,
         false                                                                                                                                                  },
        {"an empty address",                              " from a (n [])" BY,                                            RECEIVED_UNREADABLE, NULL, NULL, false},
        {"a network",                                     " from a (n [203.0.113.0/24])" BY,                              RECEIVED_UNREADABLE, NULL, NULL, false},
        {"Exim's comment, no literal",                    " from a (helo=[203.0.113.5])" BY,                              RECEIVED_UNREADABLE, NULL,
         NULL,                                                                                                                                             false},
        {"Exim's comment, a port behind",                 " from [203.0.113.5]:25 (helo=a)" BY,                           RECEIVED_UNREADABLE,
         NULL,                                                                                                                                       NULL, false},
        {"Exim's comment, half a literal",                " from x203.0.113.5] (helo=a)" BY,                              RECEIVED_UNREADABLE,
         NULL,                                                                                                                                       NULL, false},
        {"half a literal",                                " from a (n x203.0.113.5])" BY,                                 RECEIVED_UNREADABLE, NULL, NULL, false},
        {"an empty comment",                              " from a ()" BY,                                                RECEIVED_UNREADABLE, NULL, NULL, false},
        {"an unended comment",                            " from a (n [203.0.113.5] by h with SMTP id x" DATE,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
        {"comments too deep",                             " from a (n [203.0.113.5] ((((((((x)))))))))" BY,               RECEIVED_UNREADABLE,
         NULL,                                                                                                                                       NULL, false},
        {"qmail",                                         " (qmail 1234 invoked from network)" DATE,                      RECEIVED_UNREADABLE, NULL, NULL,
         false                                                                                                                                                  },
        {"Sendmail's own",                                " (from root@localhost) by h (8.18.1/8.18.1/Submit) id x" DATE,
         RECEIVED_UNREADABLE,                                                                                                                  NULL, NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
}

static void test_bounds(void **state)
{
    static char value[RECEIVED_BYTES_MAX + 2];
    static const char start[] = " from a (n [203.0.113.5]) by h with SMTP id ";
    static const char deepest[] = " from a (n [203.0.113.5] (((((((x)))))))) by h with SMTP";

    (void)state;
    memset(value, 'x', sizeof value);
    memcpy(value, start, sizeof start - 1);
    assert_int_equal(
        received_parse(text_from_bytes(value, RECEIVED_BYTES_MAX)).kind, RECEIVED_BY_SMTP);
    assert_int_equal(
        received_parse(text_from_bytes(value, RECEIVED_BYTES_MAX + 1)).kind, RECEIVED_UNREADABLE);
    value[sizeof start + 10] = '\0';
    assert_int_equal(received_parse(text_from_bytes(value, 100)).kind, RECEIVED_UNREADABLE);
    assert_int_equal(received_parse(text_from_string(deepest)).kind, RECEIVED_BY_SMTP);
}

UNIT_MAIN(cmocka_unit_test(test_clients), cmocka_unit_test(test_without_clients),
    cmocka_unit_test(test_unreadable), cmocka_unit_test(test_bounds))
