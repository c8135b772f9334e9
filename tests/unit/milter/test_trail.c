/* SPDX-License-Identifier: MIT */

/*
 * Mail that comes by relays of our own. The world has 192.0.2.14 and 2001:db8:7::/64 as such, and
 * the daemon INTERNAL_RELAY; mx2.example.net and mx3.example.net are their authserv-ids. SPF of
 * example.org is passed by CLIENT alone, and its policy is reject.
 */
#include "lib/mailauth/authres.h"
#include "tests/unit/logged.h"
#include "tests/unit/milter/scene.h"
#include "tests/unit/unit.h"

#define RELAY "192.0.2.14"
#define DATE "; Sat, 21 Nov 2026 13:00:00 +0000"
#define RECEIVED(ip, by) "Received: from h.example (n.example [" ip "]) by " by " (Postfix) with "
#define FROM_CLIENT RECEIVED(CLIENT, "mx2") "ESMTPS id 1" DATE
#define FROM_STRANGER RECEIVED("198.51.100.66", "mx2") "ESMTP id 1" DATE
#define FROM_SECOND_RELAY RECEIVED("IPv6:2001:db8:7::3", "mx2") "ESMTP id 1" DATE
#define FROM_LOOPBACK RECEIVED("127.0.0.1", "mx2") "ESMTP id 1" DATE
#define FROM_LOGIN RECEIVED("198.51.100.66", "mx2") "ESMTPSA id 1" DATE
#define FROM "From: a@example.org"
#define RESULTS "Authentication-Results: "
#define KEPT " +Authentication-Results"
#define REMOVED(index) " -Authentication-Results:" #index KEPT
#define MARKED KEPT " +X-Gatepost-Action"

struct row {
    const char *name;
    const char *header[8];
    const char *results, *changes, *logged;
    const char *client, *daemon, *sender;
};

static void add_records(struct fake_world *fake)
{
    scene_add_good_records(fake);
    /* What would be a false pass: the relay's own address is good for our own domain. */
    fake_world_add(fake, "example.net", DNS_TXT, "v=spf1 ip4:" RELAY " -all");
    fake_world_add(fake, "_dmarc.example.net", DNS_TXT, "v=DMARC1; p=reject");
    fake_world_add(fake, "n.example", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    fake_world_add(fake, "h.example", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    fake_world_add(fake, "list.example", DNS_TXT, "v=spf1 -all");
}

static void check(struct scene *scene, const struct row *row)
{
    const struct letter letter = {.client = row->client != NULL ? row->client : RELAY,
        .daemon = row->daemon,
        .sender = row->sender,
        .header = row->header};
    struct logged logged;
    const struct reply *reply;
    char text[2048];

    unit_row(row->name);
    logged = logged_begin();
    reply = scene_send(scene->session, &letter);
    logged_end(&logged, text, sizeof text);
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    assert_changes(reply, row->changes);
    if (row->results != NULL)
        assert_results(reply, row->results);
    /* An address is named where one was judged. */
    if (row->results != NULL && strstr(row->results, "is not known") != NULL)
        assert_null(strstr(scene_inserted(reply, "Authentication-Results"), "(client"));
    if (row->logged != NULL && strstr(text, row->logged) == NULL)
        fail_msg("no \"%s\" in: %s", row->logged, text);
}

static void check_all(struct scene *scene, const struct row *rows, size_t count)
{
    add_records(&scene->fake);
    for (size_t i = 0; i < count; i++)
        check(scene, &rows[i]);
}

/* --- by the hop before --- */

static void test_hop(void **state)
{
    static const struct row rows[] = {
        {"the client of the relay",                            {FROM_CLIENT, FROM},
         " mx.example.net;\n\tspf=pass smtp.mailfrom=example.org (client " CLIENT ");",                                                          KEPT,
         "mail.example.org[192.0.2.14] from=<a@example.org> hop=" CLIENT " nrcpt=1 spf=pass",
         NULL,                                                                                                                                                                                 NULL, NULL},
        {"a stranger",                                         {FROM_STRANGER, FROM},                                                "spf=fail", MARKED, "hop=198.51.100.66", NULL,            NULL,
         NULL                                                                                                                                                                                            },
        {"a stranger with a field of his own",                 {FROM_STRANGER, FROM_CLIENT, FROM},                                   "spf=fail",
         MARKED,                                                                                                                                         "hop=198.51.100.66", NULL,            NULL, NULL},
        {"over two relays",                                    {FROM_SECOND_RELAY, FROM_CLIENT, FROM},                               "spf=pass", KEPT,   "hop=" CLIENT,
         NULL,                                                                                                                                                                                 NULL, NULL},
        {"over two relays, a stranger",                        {FROM_SECOND_RELAY, FROM_STRANGER, FROM_CLIENT, FROM},
         "spf=fail",                                                                                                                             MARKED, NULL,                NULL,            NULL, NULL},
        {"over a filter of the relay",                         {FROM_LOOPBACK, FROM_LOOPBACK, FROM_CLIENT, FROM},
         "spf=pass",                                                                                                                             KEPT,   NULL,                NULL,            NULL, NULL},
        {"by a program of the relay that had it from outside",
         {"Received: by mx2 (Postfix, from userid 65534) id 1" DATE, FROM_CLIENT, FROM},
         "spf=pass",                                                                                                                             KEPT,   NULL,                NULL,            NULL, NULL},
        {"forwarded within the relay",                         {"Received: by mx2 (Postfix) id 1" DATE, FROM_CLIENT, FROM},
         "spf=pass",                                                                                                                             KEPT,   NULL,                NULL,            NULL, NULL},
        {"fields between",                                     {"X-A: 1", FROM_SECOND_RELAY, "X-B: 1", "X-C: 1", FROM_CLIENT, FROM},
         "spf=pass",                                                                                                                             KEPT,   NULL,                NULL,            NULL, NULL},
        {"no field at all",                                    {FROM},
         "spf=none reason=\"who gave the message to our relay is not known\"",                                                                   MARKED,
         "hop=unknown",                                                                                                                                                       NULL,            NULL, NULL},
        {"the second relay wrote none",                        {FROM_SECOND_RELAY, FROM},                                            "spf=none", MARKED,
         "hop=unknown",                                                                                                                                                       NULL,            NULL, NULL},
        {"not readable",                                       {"Received: from a (n [" CLIENT "]x) by mx2 with SMTP" DATE, FROM},
         "spf=none",                                                                                                                             MARKED, "hop=unknown",       NULL,            NULL, NULL},
        {"not readable, the next is",                          {"Received: x", FROM_CLIENT, FROM},                                   "spf=none", MARKED,
         "hop=unknown",                                                                                                                                                       NULL,            NULL, NULL},
        {"fetched",
         {"Received: from pop [" CLIENT "] by localhost with POP3 (fetchmail-6)" DATE,
                FROM_CLIENT, FROM},
         "spf=none",                                                                                                                             MARKED, "hop=unknown",       NULL,            NULL, NULL},
        {"fetched from a host that is listed",
         {"Received: from pop [2001:db8:7::9] by localhost with IMAP (fetchmail-6)" DATE,
                FROM_CLIENT, FROM},
         "spf=pass",                                                                                                                             KEPT,   "hop=" CLIENT,       NULL,            NULL, NULL},
        {"HELO of the null sender",                            {FROM_CLIENT, "From: a@h.example"},
         "spf=pass smtp.helo=h.example (client " CLIENT ")",                                                                                     KEPT,   NULL,                NULL,            NULL, "<>"},
        {"not by a relay",                                     {FROM_CLIENT, FROM},                                                  "spf=fail", MARKED, NULL,                "198.51.100.66", NULL,
         NULL                                                                                                                                                                                            },
        {"by a daemon of relays",                              {FROM_CLIENT, FROM},                                                  "spf=pass", KEPT,   NULL,                "127.0.0.1",
         "internal_relay",                                                                                                                                                                           NULL},
    };
    struct scene *scene = *state;

    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* What began at one of our relays: the relay is the hop, as for everybody else. */
static void test_begun_at_a_relay(void **state)
{
    static const struct row rows[] = {
        {"a login",                                              {FROM_LOGIN, "From: b@example.net"},                       "spf=pass", KEPT,                                          "hop=" RELAY,        NULL,        NULL,
         "b@example.net"                                                                                                                                                                                                                                  },
        {"from a trusted network",
         {RECEIVED("192.0.2.3", "mx2") "ESMTP id 1" DATE, "From: b@example.net"},                                           "spf=pass",
         KEPT,                                                                                                                                                                         "hop=" RELAY,        NULL,        NULL,             "b@example.net"},
        {"a program",
         {"Received: by mx2 (Postfix, from userid 33) id 1" DATE, "From: b@example.net"},
         "spf=pass",                                                                                                                    KEPT,                                          "hop=" RELAY,        NULL,        NULL,             "b@example.net"},
        {"a program by SMTP",                                    {FROM_LOOPBACK, "From: b@example.net"},                    "spf=pass", KEPT,
         "hop=" RELAY,                                                                                                                                                                                      NULL,        NULL,             "b@example.net"},
        {"a program of the relay before",                        {FROM_SECOND_RELAY, FROM_LOOPBACK, "From: b@example.net"},
         "spf=fail",                                                                                                                    " +Authentication-Results +X-Gatepost-Action", "hop=2001:db8:7::3", NULL,
         NULL,                                                                                                                                                                                                                             "b@example.net"},
        {"a stranger in our name",                               {FROM_STRANGER, "From: b@example.net"},                    "spf=fail", MARKED,
         "hop=198.51.100.66",                                                                                                                                                                               NULL,        NULL,             "b@example.net"},
        {"nobody knows",                                         {"From: b@example.net"},                                   "spf=none", MARKED,                                        "hop=unknown",       NULL,        NULL,
         "b@example.net"                                                                                                                                                                                                                                  },
        {"forwarded within the relay, and no more",
         {"Received: by mx2 (Postfix) id 1" DATE, "From: b@example.net"},                                                   "spf=none", MARKED,
         "hop=unknown",                                                                                                                                                                                     NULL,        NULL,             "b@example.net"},
        {"a login on the relay itself, with a field of his own",
         {RECEIVED("127.0.0.1", "mx2") "ESMTPSA id 1" DATE,
                RESULTS "mx2.example.net; spf=pass smtp.mailfrom=example.org", FROM_CLIENT, FROM},
         "spf=fail",                                                                                                                    REMOVED(1) " +X-Gatepost-Action",              "hop=" RELAY,        NULL,        NULL,             NULL           },
        {"a login elsewhere, fetched by a program here",         {FROM_LOGIN, "From: b@example.net"},
         "spf=none",                                                                                                                    MARKED,                                        "hop=unknown",       "127.0.0.1", "INTERNAL_RELAY", "b@example.net"},
        {"a trusted network, fetched by a program here",
         {RECEIVED("192.0.2.3", "mx2") "ESMTP id 1" DATE, "From: b@example.net"},                                           "spf=none",
         MARKED,                                                                                                                                                                       "hop=unknown",       "127.0.0.1", "INTERNAL_RELAY", "b@example.net"},
        {"a program here, by a daemon of relays",                {FROM_LOOPBACK, "From: b@example.net"},
         "spf=none",                                                                                                                    MARKED,                                        "hop=unknown",       "127.0.0.1", "INTERNAL_RELAY", "b@example.net"},
    };
    struct scene *scene = *state;

    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* What a program on a relay writes below the relay's one field: nothing there tells it from what a
   filter had from outside. */
#define PROGRAM "Received: by mx2 (Postfix, from userid 33) id 1" DATE
#define PLANTED RESULTS "mx2.example.net; spf=pass smtp.mailfrom=example.org"

static void test_programs_that_filter(void **state)
{
    static const struct row rows[] = {
        {"by sendmail(1), a hop",   {PROGRAM, FROM_CLIENT, FROM},
         "spf=pass smtp.mailfrom=example.org (client " CLIENT ")", KEPT, "hop=" CLIENT, NULL,
         NULL,                                                                                      NULL},
        {"by sendmail(1), results", {PROGRAM, PLANTED, FROM_STRANGER, FROM},
         "spf=pass reason=\"as mx2.example.net found\"",           KEPT, NULL,          NULL, NULL, NULL},
        {"by SMTP, results",        {FROM_LOOPBACK, PLANTED, FROM_STRANGER, FROM},
         "spf=pass reason=\"as mx2.example.net found\"",           KEPT, NULL,          NULL, NULL, NULL},
    };
    struct scene *scene = *state;

    check_all(scene, rows, sizeof rows / sizeof *rows);
}

static void test_programs_that_send(void **state)
{
    static const struct row rows[] = {
        {"by sendmail(1), a hop",                 {PROGRAM, FROM_CLIENT, FROM},
         "spf=fail smtp.mailfrom=example.org (client " RELAY ")",                                                       MARKED,                           "hop=" RELAY,        NULL,
         NULL,                                                                                                                                                                             NULL           },
        {"by SMTP, a hop",                        {FROM_LOOPBACK, FROM_CLIENT, FROM},
         "spf=fail smtp.mailfrom=example.org (client " RELAY ")",                                                       MARKED,                           "hop=" RELAY,        NULL,
         NULL,                                                                                                                                                                             NULL           },
        {"by sendmail(1), results",               {PROGRAM, PLANTED, FROM_STRANGER, FROM},                  "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                                                NULL,                NULL, NULL, NULL           },
        {"by SMTP, results",                      {FROM_LOOPBACK, PLANTED, FROM_STRANGER, FROM},            "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                                                NULL,                NULL, NULL, NULL           },
        {"by sendmail(1), results on top",        {PLANTED, PROGRAM, FROM_CLIENT, FROM},
         "spf=pass reason=\"as mx2.example.net found\"",                                                                KEPT,                             NULL,                NULL, NULL, NULL           },
        {"of the relay before",                   {FROM_SECOND_RELAY, PROGRAM, PLANTED, FROM_CLIENT, FROM},
         "spf=fail",                                                                                                    REMOVED(1) " +X-Gatepost-Action", "hop=2001:db8:7::3", NULL, NULL, NULL           },
        {"forwarded within, then by sendmail(1)",
         {"Received: by mx2 (Postfix) id 1" DATE, PROGRAM, FROM_CLIENT, FROM},                              "spf=fail",
         MARKED,                                                                                                                                          "hop=" RELAY,        NULL, NULL, NULL           },
        {"the client of the relay",               {FROM_CLIENT, FROM},                                      "spf=pass", KEPT,                             "hop=" CLIENT,       NULL,
         NULL,                                                                                                                                                                             NULL           },
        {"in our own name",                       {PROGRAM, "From: b@example.net"},                         "spf=pass", KEPT,                             "hop=" RELAY,        NULL,
         NULL,                                                                                                                                                                             "b@example.net"},
    };
    struct scene *scene = *state;

    scene->fake.world->decisions.relay_programs = SETTINGS_RELAY_PROGRAMS_SENDERS;
    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* Postfix would have ended a loop before. */
static void test_no_end_of_relays(void **state)
{
    static const char *header[60];
    struct scene *scene = *state;
    const struct reply *reply;

    add_records(&scene->fake);
    for (size_t i = 0; i < 49; i++)
        header[i] = FROM_SECOND_RELAY;
    header[49] = FROM_CLIENT;
    header[50] = FROM;
    reply = scene_send(scene->session, &(struct letter){.client = RELAY, .header = header});
    assert_results(reply, "spf=pass");
    header[49] = FROM_SECOND_RELAY;
    header[50] = FROM_CLIENT;
    header[51] = FROM;
    reply = scene_send(scene->session, &(struct letter){.client = RELAY, .header = header});
    assert_results(reply, "spf=none");
}

/* --- by what the relay has found --- */

#define MX2 RESULTS "mx2.example.net; "
#define SPF_PASS MX2 "spf=pass smtp.mailfrom=a@example.org"
#define FOUND "reason=\"as mx2.example.net found\""

static void test_results_on_top(void **state)
{
    static const struct row rows[] = {
        {"above the relay's field",                                  {SPF_PASS, FROM_STRANGER, FROM},
         "spf=pass " FOUND " smtp.mailfrom=example.org;\n\tdkim=none;\n\tdmarc=pass "
            "header.from=example.org policy.dmarc=reject",                                                                                          KEPT,                             "hop=198.51.100.66 results=mx2.example.net nrcpt=1 spf=pass", NULL,            NULL, NULL},
        {"below it",                                                 {FROM_STRANGER, SPF_PASS, FROM},                            "spf=fail",        REMOVED(1) " +X-Gatepost-Action",
         "forged=removed",                                                                                                                                                                                                                          NULL,            NULL, NULL},
        {"the relay's below its field, from outside",                {FROM_STRANGER, SPF_PASS, FROM},                            "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                                                                            NULL,                                                         "198.51.100.66", NULL, NULL},
        {"above the stranger's field",                               {FROM_STRANGER, SPF_PASS, FROM_CLIENT, FROM},               "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                                                                            NULL,                                                         NULL,            NULL, NULL},
        {"no field below",                                           {SPF_PASS, FROM},                                           "spf=none",        REMOVED(1) " +X-Gatepost-Action", NULL,
         NULL,                                                                                                                                                                                                                                                       NULL, NULL},
        {"from a stranger",                                          {SPF_PASS, FROM_CLIENT, FROM},                              "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                                                                            NULL,                                                         "198.51.100.66", NULL, NULL},
        {"spelt otherwise, from a stranger",                         {RESULTS "(x) \"MX2.Example.NET\" ; spf=pass", FROM},
         "spf=fail",                                                                                                                                REMOVED(1) " +X-Gatepost-Action", NULL,                                                         "198.51.100.66", NULL, NULL},
        {"of the relay before",
         {FROM_SECOND_RELAY, RESULTS "mx3.example.net; spf=pass smtp.mailfrom=example.org",
                FROM_STRANGER, FROM},
         "spf=pass reason=\"as mx3.example.net found\"",                                                                                            KEPT,                             NULL,                                                         NULL,            NULL, NULL},
        {"of both: the nearer counts, both stay",
         {MX2 "spf=fail smtp.mailfrom=example.org", FROM_SECOND_RELAY,
                RESULTS "mx3.example.net; spf=pass smtp.mailfrom=example.org", FROM_CLIENT, FROM},
         "spf=fail " FOUND,                                                                                                                         MARKED,                           NULL,                                                         NULL,            NULL, NULL},
        {"in two fields of one relay",
         {MX2 "dkim=pass header.d=other.example", SPF_PASS, FROM_STRANGER, FROM},
         "dkim=pass " FOUND " header.d=other.example;\n\tdmarc=pass",                                                                               KEPT,                             NULL,                                                         NULL,            NULL,
         NULL                                                                                                                                                                                                                                                                  },
        {"of one who is not listed",                                 {RESULTS "mx4.example.net; spf=pass", FROM_STRANGER, FROM},
         "spf=fail",                                                                                                                                MARKED,                           NULL,                                                         NULL,            NULL, NULL},
        {"malformed",                                                {MX2 "spf=pass smtp.mailfrom=\"a", FROM_CLIENT, FROM},
         "spf=pass smtp.mailfrom=example.org (client",                                                                                              KEPT,                             NULL,                                                         NULL,            NULL, NULL},
        {"without SPF: by the hop",                                  {MX2 "dkim=none", FROM_CLIENT, FROM},
         "spf=pass smtp.mailfrom=example.org (client",                                                                                              KEPT,                             NULL,                                                         NULL,            NULL, NULL},
        {"in our own name",
         {RESULTS "mx.example.net; spf=pass smtp.mailfrom=example.org", FROM_STRANGER, FROM},
         "spf=fail",                                                                                                                                REMOVED(1) " +X-Gatepost-Action", NULL,                                                         NULL,            NULL, NULL},
        {"not readable below: the field above is still the relay's",
         {SPF_PASS, "Received: x", FROM},                                                                                        "spf=pass " FOUND, KEPT,                             "hop=unknown",                                                NULL,            NULL,
         NULL                                                                                                                                                                                                                                                                  },
    };
    struct scene *scene = *state;

    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* As many fields of relays as are read; one more does not count, and goes. */
static void test_bound_of_results(void **state)
{
    const char *header[20] = {NULL};
    struct scene *scene = *state;
    const struct reply *reply;

    add_records(&scene->fake);
    for (size_t i = 0; i < 15; i++)
        header[i] = MX2 "dkim=none";
    header[15] = SPF_PASS;
    header[16] = FROM_STRANGER;
    header[17] = FROM;
    reply = scene_send(scene->session, &(struct letter){.client = RELAY, .header = header});
    assert_results(reply, "spf=pass " FOUND);
    assert_changes(reply, KEPT);
    header[15] = MX2 "dkim=none";
    header[16] = SPF_PASS;
    header[17] = FROM_STRANGER;
    header[18] = FROM;
    reply = scene_send(scene->session, &(struct letter){.client = RELAY, .header = header});
    assert_results(reply, "spf=fail");
    assert_changes(reply, REMOVED(17) " +X-Gatepost-Action");
}

/* Relays that write no results: what is there in our name is no relay's. */
static void test_results_of_no_relay(void **state)
{
    static const struct row rows[] = {
        {"in our own name",
         {RESULTS "mx.example.net; spf=pass smtp.mailfrom=example.org", FROM_STRANGER, FROM},
         "spf=fail",                                                                                      REMOVED(1) " +X-Gatepost-Action", NULL, NULL, NULL, NULL},
        {"in another's",    {SPF_PASS, FROM_STRANGER, FROM},                                  "spf=fail", MARKED,                           NULL, NULL, NULL,
         NULL                                                                                                                                                     },
    };
    struct scene *scene = *state;

    scene->fake.world->decisions.relay_authserv_ids = NULL;
    check_all(scene, rows, sizeof rows / sizeof *rows);
}

static void test_results_anywhere(void **state)
{
    static const struct row rows[] = {
        {"below the relay's field", {FROM_STRANGER, SPF_PASS, FROM},                           "spf=pass " FOUND, KEPT,   NULL,
         NULL,                                                                                                                                            NULL, NULL},
        {"above it",                {SPF_PASS, FROM_STRANGER, FROM},                           "spf=pass " FOUND, KEPT,   NULL,          NULL,            NULL,
         NULL                                                                                                                                                       },
        {"without any",             {SPF_PASS, FROM},                                          "spf=pass " FOUND, KEPT,   "hop=unknown", NULL,            NULL, NULL},
        {"the topmost name counts",
         {FROM_STRANGER, RESULTS "mx3.example.net; spf=fail smtp.mailfrom=example.org", SPF_PASS,
                FROM},
         "spf=fail reason=\"as mx3.example.net found\"",                                                          MARKED, NULL,          NULL,            NULL, NULL},
        {"in our own name",         {FROM_STRANGER, RESULTS "mx.example.net; spf=pass", FROM}, "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                NULL,          NULL,            NULL, NULL},
        {"from a stranger",         {FROM_CLIENT, SPF_PASS, FROM},                             "spf=fail",
         REMOVED(1) " +X-Gatepost-Action",                                                                                NULL,          "198.51.100.66", NULL, NULL},
    };
    struct scene *scene = *state;

    scene->fake.world->decisions.relay_results = SETTINGS_RELAY_RESULTS_ANYWHERE;
    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* One name for all our hosts (RFC 8601 §2.5): taken over, and still replaced by our own field. */
static void test_one_name_for_all(void **state)
{
    static const char *const ids[] = {"mx.example.net", NULL};
    static const struct row rows[] = {
        {"above",
         {RESULTS "mx.example.net; spf=pass smtp.mailfrom=example.org", FROM_STRANGER, FROM},
         "spf=pass reason=\"as mx.example.net found\"", REMOVED(1),                       NULL, NULL, NULL, NULL},
        {"below",
         {FROM_STRANGER, RESULTS "mx.example.net; spf=pass smtp.mailfrom=example.org", FROM},
         "spf=fail",                                    REMOVED(1) " +X-Gatepost-Action", NULL, NULL, NULL, NULL},
    };
    struct scene *scene = *state;

    scene->fake.world->decisions.relay_authserv_ids = ids;
    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* What is taken over of a relay's word, and what is not. */
static void test_what_is_taken_over(void **state)
{
    static const struct row rows[] = {
        {"spf: softfail",                           {MX2 "spf=softfail smtp.mailfrom=example.org", FROM_CLIENT, FROM},
         "spf=softfail " FOUND,                                                                                                           MARKED, NULL, NULL, NULL, NULL},
        {"spf: temperror: asked once more",
         {MX2 "spf=temperror smtp.mailfrom=example.org", FROM_CLIENT, FROM},
         "spf=pass smtp.mailfrom=example.org (client " CLIENT ");",                                                                       KEPT,   NULL, NULL, NULL,
         NULL                                                                                                                                                           },
        {"spf: temperror, and nobody to ask for",
         {MX2 "spf=temperror smtp.mailfrom=example.org", "Received: x", FROM},                                         "dmarc=temperror",
         KEPT,                                                                                                                                    NULL, NULL, NULL, NULL},
        {"spf: a word that nobody knows",
         {MX2 "spf=great smtp.mailfrom=example.org", FROM_CLIENT, FROM},
         "spf=pass smtp.mailfrom=example.org (client",                                                                                    KEPT,   NULL, NULL, NULL, NULL},
        {"spf: of whom it does not say",            {MX2 "spf=pass", FROM_STRANGER, FROM},                             "spf=fail",        MARKED,
         NULL,                                                                                                                                          NULL, NULL, NULL},
        {"spf: of HELO, for a sender",              {MX2 "spf=pass smtp.helo=example.org", FROM_STRANGER, FROM},
         "spf=fail",                                                                                                                      MARKED, NULL, NULL, NULL, NULL},
        {"spf: of HELO, for the null sender",
         {MX2 "spf=pass smtp.helo=example.org", FROM_STRANGER, FROM},
         "spf=pass " FOUND " smtp.helo=example.org",                                                                                      KEPT,   NULL, NULL, NULL, "<>"},
        {"spf: of another domain",                  {MX2 "spf=pass smtp.mailfrom=x@list.example", FROM_CLIENT, FROM},
         "spf=pass " FOUND " smtp.mailfrom=list.example;\n\tdkim=none;\n\tdmarc=fail",                                                    MARKED,
         NULL,                                                                                                                                          NULL, NULL, NULL},
        {"dkim: pass",
         {MX2 "dkim=pass header.d=example.org header.s=s1 header.b=abc", FROM_STRANGER, FROM},
         "dkim=pass " FOUND " header.d=example.org header.s=s1\n\theader.b=abc;\n\tdmarc=pass",
         KEPT,                                                                                                                                    NULL, NULL, NULL, NULL},
        {"dkim: fail",                              {MX2 "dkim=fail header.d=example.org", FROM_STRANGER, FROM},       "dkim=none",
         MARKED,                                                                                                                                  NULL, NULL, NULL, NULL},
        {"dkim: by whom it does not say",
         {MX2 "dkim=pass header.i=@example.org", FROM_STRANGER, FROM},                                                 "dkim=none",       MARKED, NULL,
         NULL,                                                                                                                                                NULL, NULL},
        {"dmarc: pass",                             {MX2 "dmarc=pass header.from=example.org", FROM_STRANGER, FROM},
         "dmarc=pass " FOUND " header.from=example.org\n\tpolicy.dmarc=reject",                                                           KEPT,   NULL, NULL,
         NULL,                                                                                                                                                      NULL},
        {"dmarc: pass of another author",
         {MX2 "dmarc=pass header.from=list.example", FROM_STRANGER, FROM},                                             "dmarc=fail",      MARKED,
         NULL,                                                                                                                                          NULL, NULL, NULL},
        {"dmarc: pass of a field with two authors",
         {MX2 "dmarc=pass header.from=example.org", FROM_STRANGER,
                "From: a@example.org, b@list.example"},
         "dmarc=fail",                                                                                                                    MARKED, NULL, NULL, NULL, NULL},
        {"dmarc: fail counts for nothing",
         {MX2 "dmarc=fail header.from=example.org", FROM_CLIENT, FROM},                                                "dmarc=pass",      KEPT,   NULL,
         NULL,                                                                                                                                                NULL, NULL},
    };
    struct scene *scene = *state;

    check_all(scene, rows, sizeof rows / sizeof *rows);
}

/* A signature that the relay has seen whole; then the relay, or somebody with it, changed the body.
 */
static void test_broken_signatures(void **state)
{
#define SIGNATURE(selector, algorithm, more)                                                       \
    "DKIM-Signature: v=1; a=" algorithm "; d=example.org; s=" selector "; h=from; " more           \
    "bh=Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=; b=AAAABBBBCCCC"
    static const struct row rows[] = {
        {"broken",
         {MX2 "dkim=pass header.d=example.org header.s=s1 header.b=AAAABBBB", FROM_STRANGER,
                SIGNATURE("s1", "ed25519-sha256", ""), FROM},
         "dkim=pass " FOUND " header.d=example.org",                                     KEPT,   NULL, NULL, NULL, NULL},
        {"nobody vouches",                                    {FROM_STRANGER, SIGNATURE("s1", "ed25519-sha256", ""), FROM},
         "dkim=fail",                                                                    MARKED, NULL, NULL, NULL, NULL},
        {"its key cannot be had",
         {MX2 "dkim=pass header.d=example.org", FROM_STRANGER,
                SIGNATURE("s2", "ed25519-sha256", ""), FROM},
         "dkim=pass " FOUND,                                                             KEPT,   NULL, NULL, NULL, NULL},
        {"a key that is being tested",
         {MX2 "dkim=pass header.d=example.org header.s=s3", FROM_STRANGER,
                SIGNATURE("s3", "ed25519-sha256", ""), FROM},
         "dkim=pass reason=\"as mx2.example.net found, by a key that is being tested\"", MARKED,
         NULL,                                                                                         NULL, NULL, NULL},
        {"a key that is being tested, the signature is gone",
         {MX2 "dkim=pass header.d=example.org header.s=s3", FROM_STRANGER, FROM},
         "reason=\"as mx2.example.net found, by a key that is being tested\""
            "\n\theader.d=example.org header.s=s3;\n\tdmarc=fail",                       MARKED, NULL, NULL, NULL, NULL},
        {"another one of the same domain",
         {MX2 "dkim=pass header.d=example.org header.b=ZZZZBBBB", FROM_STRANGER,
                SIGNATURE("s1", "ed25519-sha256", ""), FROM},
         "header.b=AAAABBBB;\n\tdkim=pass " FOUND,                                       KEPT,   NULL, NULL, NULL, NULL},
        {"one that we refuse stays refused",
         {MX2 "dkim=pass header.d=example.org header.b=AAAABBBB", FROM_STRANGER,
                SIGNATURE("s1", "rsa-sha1", ""), FROM},
         "dkim=permerror",                                                               MARKED, NULL, NULL, NULL, NULL},
        {"one that may leave some of the body out",
         {MX2 "dkim=pass header.d=example.org header.b=AAAABBBB", FROM_STRANGER,
                SIGNATURE("s1", "ed25519-sha256", "l=7; "), FROM},
         "dkim=fail",                                                                    MARKED, NULL, NULL, NULL, NULL},
    };
    struct scene *scene = *state;
    const char *record;
    struct key_set *keys =
        fake_keys_make(scene->fake.arena, "example.org", "s1", KEY_ED25519, &record);

    fake_world_add(&scene->fake, "s1._domainkey.example.org", DNS_TXT, record);
    fake_world_add(&scene->fake, "s2._domainkey.example.org", DNS_TXT, NULL);
    fake_world_add(&scene->fake, "s3._domainkey.example.org", DNS_TXT,
        arena_print(scene->fake.arena, "t=y; %s", strstr(record, "k=")).data);
    check_all(scene, rows, sizeof rows / sizeof *rows);
    key_set_release(&keys);
}

/* --- with what else the operator says --- */

/* Which clients are relays, and which mail is ours. */
static void test_directions(void **state)
{
    static const struct {
        const char *name;
        struct letter letter;
        bool is_judged;
    } rows[] = {
        {"a relay in a trusted network",        {.client = RELAY},                           true },
        {"its neighbour",                       {.client = "192.0.2.13"},                    false},
        {"a relay outside",                     {.client = "2001:db8:7::8"},                 true },
        {"a login at a relay",                  {.client = RELAY, .login = "b@example.net"}, false},
        {"a relay at a daemon that originates", {.client = RELAY, .daemon = "ORIGINATING"},  false},
        {"a trusted one at a daemon of relays",
         {.client = "192.0.2.13", .daemon = "INTERNAL_RELAY"},                               true },
        {"local",                               {.is_local = true, .client = RELAY},         false},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply *reply;

        unit_row(rows[i].name);
        reply = scene_send(scene->session, &rows[i].letter);
        assert_int_equal(
            scene_inserted(reply, "Authentication-Results") != NULL, rows[i].is_judged);
    }
}

/* A login may not write a relay's results. */
static void test_logins_do_not_plant(void **state)
{
    static const char *const header[] = {SPF_PASS, FROM, NULL};
    struct scene *scene = *state;
    const struct reply *reply =
        scene_send(scene->session, &(struct letter){.login = "a@example.org", .header = header});

    assert_changes(reply, " -Authentication-Results:1");
}

/* A trusted forwarder is known by the address that it had before our relay. */
static void test_exceptions_see_the_hop(void **state)
{
    static const char *const header[] = {FROM_STRANGER, FROM, NULL};
    struct scene *scene = *state;

    add_records(&scene->fake);
    scene_send(scene->session, &(struct letter){.client = RELAY, .header = header});
    assert_int_equal(scene->fake.exceptions_asked, 1);
    assert_string_equal(scene->fake.exceptions_request, "198.51.100.66 ;; example.org");
}

/* No question is asked before the header says whom it is about. */
static void test_questions_wait_for_the_hop(void **state)
{
    struct scene *scene = *state;
    const struct session_sender mail = {TEXT("<a@example.org>"), TEXT_NONE};

    scene_send_connect(scene->session, &(struct letter){.client = RELAY});
    session_mail(scene->session, &mail);
    assert_int_equal(scene->fake.waves_seen, 0);
    session_header(scene->session, TEXT("From"), TEXT(" a@example.org"));
    session_end_header(scene->session);
    assert_int_equal(scene->fake.waves_seen, 1);
}

UNIT_MAIN(SCENE_TEST(test_hop), SCENE_TEST(test_begun_at_a_relay),
    SCENE_TEST(test_programs_that_filter), SCENE_TEST(test_programs_that_send),
    SCENE_TEST(test_no_end_of_relays), SCENE_TEST(test_results_on_top),
    SCENE_TEST(test_bound_of_results), SCENE_TEST(test_results_of_no_relay),
    SCENE_TEST(test_results_anywhere), SCENE_TEST(test_one_name_for_all),
    SCENE_TEST(test_what_is_taken_over), SCENE_TEST(test_broken_signatures),
    SCENE_TEST(test_directions), SCENE_TEST(test_logins_do_not_plant),
    SCENE_TEST(test_exceptions_see_the_hop), SCENE_TEST(test_questions_wait_for_the_hop))
