/* SPDX-License-Identifier: MIT */

/* How far a session with a service can go, by its configuration. */

#include "mailctl/attach/postfix-submission.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "mailctl/attach/scratch.h"
#include "tests/unit/unit.h"

#define SASL "smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private-auth\n"
#define CERT "smtpd_tls_cert_file = /etc/ssl/one.pem\n"
#define SERVICE(name, options) name " inet n - y - - smtpd" options "\n"

static const struct row {
    const char *name, *main_cf, *master_cf;
    bool is_one, has_dovecot, has_domain;
    const char *host, *port;
    bool is_wrapped;
    enum submission_depth depth;
    const char *obstacle; /* a piece of it */
} rows[] = {
    {"all is there",          SASL CERT,                                SERVICE("submission",                ""),                              true,  true,        true,  "192.0.2.1", "587",
     false,                                                                                                                                                                                                                            SUBMISSION_MESSAGE, NULL                     },
    {"by number and address", SASL CERT,                                SERVICE("127.0.0.1:587",             ""),                              true,  true,        true,
     "127.0.0.1",                                                                                                                                                                      "587",              false,                      SUBMISSION_MESSAGE, NULL                     },
    {"IPv6",                  SASL CERT,                                SERVICE("[::1]:submission",          ""),                              true,  true,        true,  "::1",       "587",              false,
     SUBMISSION_MESSAGE,                                                                                                                                                                                                                                   NULL                     },
    {"wrapped",               SASL CERT,                                SERVICE("smtps",                     " -o smtpd_tls_wrappermode=yes"), true,  true,        true,
     "192.0.2.1",                                                                                                                                                                      "465",              true,                       SUBMISSION_MESSAGE, NULL                     },
    {"port 25",               SASL CERT,                                SERVICE("smtp",                      ""),                              false, true,        true,  NULL,        NULL,               false,
     SUBMISSION_ANSWERS,                                                                                                                                                                                                                                   NULL                     },
    {"a socket",              SASL CERT,                                "submission unix n - y - - smtpd\n", false,                            true,  true,        NULL,  NULL,
     false,                                                                                                                                                                                                SUBMISSION_ANSWERS,         NULL              },
    {"another program",              SASL CERT,      "submission inet n - y - - spawn\n",                               false,                             true,  true,        NULL,
     NULL,                                                                                                                                                                      false, SUBMISSION_ANSWERS,                       NULL                  },
    {"no certificate",   SASL,                                        SERVICE("submission",                                ""),                             true,  true, true, "192.0.2.1",       "587",                                                                                                                                                                                   false,
     SUBMISSION_ANSWERS,                                                                                                                                                                                                           "has no certificate"                         },
    {"a certificate of none",   SASL "smtpd_tls_cert_file = none\n",                                        SERVICE("submission",                                ""),                                                                                                                                     true,
     true,                                                                                                                                      true, "192.0.2.1",       "587", false,       SUBMISSION_ANSWERS,                   "has no certificate"          },
    {"a certificate of its own",   SASL,      SERVICE("submission",                                                                                                   " -o smtpd_tls_chain_files=/one.pem"),
     true,                                                                                                                                true, true, "192.0.2.1",       "587", false,                       SUBMISSION_MESSAGE,                   NULL},
    {"clients need one",   SASL CERT,             SERVICE("submission",                                " -o smtpd_tls_req_ccert=yes"),                                                                                                                                     true,
     true,                                                                                                                                      true, "192.0.2.1",       "587", false,      SUBMISSION_ANSWERS,                   "smtpd_tls_req_ccert"},
    {"no socket",   SASL CERT,           SERVICE("submission",                                " -o smtpd_sasl_path=elsewhere"),                            true,                                                                                                                                            false,
     true,                                                                                                                                            "192.0.2.1",       "587", false,      SUBMISSION_ANSWERS,                   "answer at elsewhere"                              },
    {"a socket's type",   SASL CERT,   SERVICE("submission",                                                                                                   " -o smtpd_sasl_path=unix:private-auth"),
     true,                                                                                                                                true, true, "192.0.2.1",       "587", false,                       SUBMISSION_MESSAGE,                   NULL                         },
    {"a socket far away",   SASL CERT,        SERVICE("submission",                                                                                                   " -o smtpd_sasl_path=inet:[::1]:9"),
     true,                                                                                                                                true, true, "192.0.2.1",       "587", false,                       SUBMISSION_MESSAGE,                   NULL},
    {"Cyrus",   SASL CERT,               SERVICE("submission",                                " -o smtpd_sasl_type=cyrus"),                             true,  true,                                                                                                                                                  true,
     "192.0.2.1",                                                                                                                                                        "587", false,                SUBMISSION_ANSWERS,                   "\"cyrus\""},
    {"Dovecot is not attached",   SASL CERT,                                        SERVICE("submission",                                ""),                            true,  false,                                                                                                                                                  true,
     "192.0.2.1",                                                                                                                                                        "587",     false,             SUBMISSION_TLS,                   "not attached"                                        },
    {"no domain",   SASL CERT,                                        SERVICE("submission",                                ""),                             true, true, false, "192.0.2.1",                                                                                                                                                                            "587",
     false,                                                                                                                                                                                               SUBMISSION_TLS,                   "no domain"                   },
    {"no milters",   SASL CERT, SERVICE("submission",                                                                                                   " -o receive_override_options=no_milters"),
     true,                                                                                                                                true, true, "192.0.2.1",       "587",   false, SUBMISSION_LOGIN,                   "receive_override_options"},
    {"a filter in front",   SASL CERT,          SERVICE("submission",                                " -o smtpd_proxy_filter=[::1]:9"),                                                                                                                                     true,
     true,                                                                                                                                      true, "192.0.2.1",       "587",   false,       SUBMISSION_LOGIN,                   "smtpd_proxy_filter"},
};

static void check(const struct row *row, const char *queue, struct arena *arena)
{
    const struct postfix_instance instance = {.arena = arena,
        .queue_directory = queue,
        .raw = text_from_string(row->main_cf),
        .expanded = text_from_string(row->main_cf)};
    const struct submission_facts facts = {
        .host = "192.0.2.1", .has_dovecot = row->has_dovecot, .has_domain = row->has_domain};
    struct master_cf master = master_cf_parse(text_from_string(row->master_cf), arena);
    struct submission submission;

    assert_int_equal(master.count, 1);
    assert_int_equal(
        postfix_submission_read(&instance, &master.services[0], &facts, &submission), row->is_one);
    if (!row->is_one)
        return;
    assert_string_equal(submission.host, row->host);
    assert_string_equal(submission.port, row->port);
    assert_int_equal(submission.is_wrapped, row->is_wrapped);
    assert_int_equal(submission.depth, row->depth);
    if (row->obstacle == NULL)
        assert_null(submission.obstacle);
    else if (strstr(submission.obstacle, row->obstacle) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", submission.obstacle, row->obstacle);
}

static void read_one(
    const char *master_cf, const char *queue, struct arena *arena, struct submission *submission_r)
{
    const struct postfix_instance instance = {.arena = arena,
        .queue_directory = queue,
        .raw = TEXT(SASL CERT),
        .expanded = TEXT(SASL CERT)};
    const struct submission_facts facts = {
        .host = "192.0.2.1", .has_dovecot = true, .has_domain = true};
    struct master_cf master = master_cf_parse(text_from_string(master_cf), arena);

    assert_int_equal(master.count, 1);
    assert_true(postfix_submission_read(&instance, &master.services[0], &facts, submission_r));
}

/* As Dovecot does in Postfix's queue. */
static int listen_in(const char *queue)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(name.sun_path, sizeof name.sun_path, "%s/private-auth", queue);
    assert_int_equal(bind(server, (const struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(server, 64), 0);
    return server;
}

static void test_depth(void **state)
{
    struct arena *arena = arena_new();
    const char *scratch = NULL;
    int server;

    (void)state;
    assert_int_equal(scratch_make("/tmp", arena, &scratch, NULL), ERR_NONE);
    server = listen_in(scratch);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        check(&rows[i], scratch, arena);
    }
    close(server);
    scratch_remove(scratch);
    arena_free(&arena);
}

/* An attached Dovecot that does not answer is no reason to try less: it is waited for. */
static void test_knock(void **state)
{
    static const struct {
        const char *name, *master_cf;
        enum err before, behind; /* what comes of a knock, and once Dovecot listens */
    } knocks[] = {
        {"Dovecot is late",  SERVICE("submission", " -o smtpd_sasl_path=private-auth"), ERR_REFUSED,
         ERR_NONE                                                                                            },
        {"never there",      SERVICE("submission", " -o smtpd_sasl_path=elsewhere"),    ERR_REFUSED,
         ERR_REFUSED                                                                                         },
        {"over the network", SERVICE("submission", " -o smtpd_sasl_path=inet:[::1]:9"), ERR_NONE,
         ERR_NONE                                                                                            },
        {"Cyrus",            SERVICE("submission", " -o smtpd_sasl_type=cyrus"),        ERR_NONE,    ERR_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof knocks / sizeof *knocks; i++) {
        struct arena *arena = arena_new();
        const char *scratch = NULL;
        struct submission submission;
        struct failure failure;
        int server;

        unit_row(knocks[i].name);
        assert_int_equal(scratch_make("/tmp", arena, &scratch, NULL), ERR_NONE);
        read_one(knocks[i].master_cf, scratch, arena, &submission);
        assert_int_equal(postfix_submission_knock(&submission, &failure), knocks[i].before);
        if (knocks[i].before != ERR_NONE)
            assert_non_null(strstr(failure.text, "Dovecot does not answer at "));
        server = listen_in(scratch);
        assert_int_equal(postfix_submission_knock(&submission, &failure), knocks[i].behind);
        close(server);
        scratch_remove(scratch);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_depth), cmocka_unit_test(test_knock))
