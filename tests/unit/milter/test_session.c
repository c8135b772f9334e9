/* SPDX-License-Identifier: MIT */
#include "milter/session.h"

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/metrics.h"
#include "milter/stats.h"
#include "tests/unit/logged.h"
#include "tests/unit/milter/scene.h"
#include "tests/unit/unit.h"

/* --- in --- */

static void test_good_mail_gets_its_results(void **state)
{
    struct scene *scene = *state;
    const struct reply *reply;

    scene_add_good_records(&scene->fake);
    reply = scene_send(scene->session, &(struct letter){0});
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    assert_changes(reply, " +Authentication-Results");
    assert_results(reply, " mx.example.net");
    assert_results(reply, "spf=pass");
    assert_results(reply, "dmarc=pass");
}

static void test_policy(void **state)
{
    static const struct {
        const char *name, *spf, *dmarc;
        int on_reject, on_dns_failure;
        enum reply_verdict verdict;
        const char *code, *changes;
    } rows[] = {
        {"no policy",                    "v=spf1 -all", "v=DMARC1; p=none",       0, 0, REPLY_CONTINUE, NULL,
         " +Authentication-Results"                                                                              },
        {"quarantine",                   "v=spf1 -all", "v=DMARC1; p=quarantine", 1, 0, REPLY_CONTINUE, NULL,
         " +Authentication-Results +X-Gatepost-Action"                                                           },
        {"reject softened",              "v=spf1 -all", "v=DMARC1; p=reject",     0, 0, REPLY_CONTINUE, NULL,
         " +Authentication-Results +X-Gatepost-Action"                                                           },
        {"reject",                       "v=spf1 -all", "v=DMARC1; p=reject",     1, 0, REPLY_REJECT,   "550", ""},
        {"pass",                         "v=spf1 +all", "v=DMARC1; p=reject",     1, 0, REPLY_CONTINUE, NULL,
         " +Authentication-Results"                                                                              },
        {"dns failure accepted",         "v=spf1 -all", NULL,                     1, 0, REPLY_CONTINUE, NULL,
         " +Authentication-Results"                                                                              },
        {"dns failure deferred",         "v=spf1 -all", NULL,                     1, 1, REPLY_TEMPFAIL, "451", ""},
        {"spf fails for now, dkim none", NULL,          "v=DMARC1; p=reject",     1, 1, REPLY_TEMPFAIL, "451",
         ""                                                                                                      },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *scene;
        const struct reply *reply;

        unit_row(rows[i].name);
        scene_up((void **)&scene);
        scene->fake.world->decisions.on_reject = (enum settings_on_reject)rows[i].on_reject;
        scene->fake.world->decisions.on_dns_failure =
            (enum settings_on_failure)rows[i].on_dns_failure;
        fake_world_add(&scene->fake, "example.org", DNS_TXT, rows[i].spf);
        fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, rows[i].dmarc);
        reply = scene_send(scene->session, &(struct letter){0});
        assert_int_equal(reply->verdict, rows[i].verdict);
        if (rows[i].code != NULL)
            assert_string_equal(reply->code, rows[i].code);
        if (rows[i].verdict == REPLY_REJECT)
            assert_non_null(strstr(reply->text, "DMARC policy of example.org"));
        assert_changes(reply, rows[i].changes);
        scene_down((void **)&scene);
    }
}

/* A signature that cannot be checked now does not matter where another method has passed. */
static void test_a_pass_is_not_deferred(void **state)
{
    static const char *const header[] = {"From: a@example.org",
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from; "
        "bh=Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=; b=AAAA",
        NULL};
    struct scene *scene = *state;
    const struct reply *reply;

    scene_add_good_records(&scene->fake);
    fake_world_add(&scene->fake, "x._domainkey.example.com", DNS_TXT, NULL);
    scene->fake.world->decisions.on_dns_failure = SETTINGS_ON_FAILURE_DEFER;
    reply = scene_send(scene->session, &(struct letter){.header = header});
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    assert_results(reply, "dkim=temperror");
    assert_results(reply, "dmarc=pass");
}

#define ACCEPTED " +Authentication-Results"
#define MARKED " +Authentication-Results +X-Gatepost-Action"

/* A From field that names nobody, or too many, is marked; one that names somebody has DMARC. */
static void test_hidden_authors_are_marked(void **state)
{
    static const struct {
        const char *name;
        const char *header[4];
        const char *changes, *dmarc;
    } rows[] = {
        {"two fields",                    {"From: a@example.org", "From: b@example.com"},                 MARKED,   "dmarc=permerror"},
        {"no field",                      {"Subject: x"},                                                 MARKED,   "dmarc=permerror"},
        {"nobody",                        {"From: CEO"},                                                  MARKED,   "dmarc=permerror"},
        {"an address literal",            {"From: a@[192.0.2.1]"},                                        MARKED,   "dmarc=permerror"},
        {"an empty group",                {"From: nobody:;"},                                             MARKED,   "dmarc=permerror"},
        {"six domains",                   {"From: a@a.tld, a@b.tld, a@c.tld, a@d.tld, a@e.tld, a@f.tld"}, MARKED,
         "dmarc=permerror"                                                                                                           },
        {"two domains, one fails",        {"From: a@example.org, b@example.com"},                         MARKED,
         "dmarc=fail reason=\"several domains in From\" header.from=example.com"                                                     },
        {"two domains, none fails",       {"From: a@example.org, b@a.tld"},                               ACCEPTED, "dmarc=permerror"},
        {"malformed, fails",              {"From: b@example.com <"},                                      MARKED,
         "dmarc=fail reason=\"malformed From field\" header.from=example.com"                                                        },
        {"malformed, does not fail",      {"From: a@example.org <"},                                      ACCEPTED, "dmarc=permerror"},
        {"unquoted name, passes",         {"From: Alice: Ltd <a@example.org>"},                           ACCEPTED, "dmarc=pass"     },
        {"unquoted comma, does not fail", {"From: Alice, Ltd <a@example.org>"},                           ACCEPTED,
         "dmarc=permerror"                                                                                                           },
        {"unquoted name, fails",          {"From: Bob, Ltd <b@example.com>"},                             MARKED,   "dmarc=fail"     },
    };
    struct scene *scene = *state;

    scene_add_good_records(&scene->fake);
    fake_world_add(&scene->fake, "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct reply *reply;

        unit_row(rows[i].name);
        reply = scene_send(scene->session, &(struct letter){.header = rows[i].header});
        assert_int_equal(reply->verdict, REPLY_CONTINUE);
        assert_changes(reply, rows[i].changes);
        assert_results(reply, rows[i].dmarc);
    }
}

/* Where the operator wants rejection, several domains are no way around it. */
static void test_several_domains_are_rejected(void **state)
{
    static const char *const header[] = {"From: a@example.org, b@example.com", NULL};
    struct scene *scene = *state;
    const struct reply *reply;

    scene_add_good_records(&scene->fake);
    fake_world_add(&scene->fake, "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject");
    scene->fake.world->decisions.on_reject = SETTINGS_ON_REJECT_REJECT;
    reply = scene_send(scene->session, &(struct letter){.header = header});
    assert_int_equal(reply->verdict, REPLY_REJECT);
    assert_non_null(strstr(reply->text, "DMARC policy of example.com"));
}

/* --- fields that only we may write --- */

#define OURS "Authentication-Results: mx.example.net; spf=pass"
#define THEIRS "Authentication-Results: mx.example.com; spf=pass"
#define FROM "From: a@example.org"

static void test_forged_fields_go(void **state)
{
    static const struct {
        const char *name;
        const char *header[8];
        const char *changes;
    } rows[] = {
        {"none",                           {FROM, THEIRS},                                                     " +Authentication-Results"                          },
        {"one",                            {OURS, FROM},                                                       " -Authentication-Results:1 +Authentication-Results"},
        {"between others, the last first", {THEIRS, OURS, THEIRS, FROM, OURS},
         " -Authentication-Results:4 -Authentication-Results:2 +Authentication-Results"                                                                            },
        {"other case",                     {FROM, "AUTHENTICATION-results: MX.Example.NET; dkim=pass"},
         " -Authentication-Results:1 +Authentication-Results"                                                                                                      },
        {"comment and folding",            {FROM, "Authentication-Results: (x)\n mx.example.net 1; spf=pass"},
         " -Authentication-Results:1 +Authentication-Results"                                                                                                      },
        {"quoted",                         {FROM, "Authentication-Results: \"mx.example.net\"; spf=pass"},
         " -Authentication-Results:1 +Authentication-Results"                                                                                                      },
        {"our action field",               {"X-Gatepost-Action: quarantine", FROM, "x-gatepost-action: none"},
         " -X-Gatepost-Action:2 -X-Gatepost-Action:1 +Authentication-Results"                                                                                      },
        {"names that only begin alike",    {FROM, "Authentication-Results-Old: mx.example.net; x=y"},
         " +Authentication-Results"                                                                                                                                },
    };
    struct scene *scene = *state;

    scene_add_good_records(&scene->fake);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_row(rows[i].name);
        assert_changes(scene_send(scene->session, &(struct letter){.header = rows[i].header}),
            rows[i].changes);
    }
}

static void test_forged_fields_of_a_login(void **state)
{
    static const char *const header[] = {OURS, FROM, NULL};
    struct scene *scene = *state;

    assert_changes(scene_send(scene->session, &(struct letter){.header = header, .login = "alice"}),
        " -Authentication-Results:1");
    assert_changes(
        scene_send(scene->session, &(struct letter){.header = header, .client = "192.0.2.1"}), "");
}

/* --- in or out --- */

static void test_direction(void **state)
{
    static const struct {
        const char *name;
        struct letter letter;
        bool is_judged;
    } rows[] = {
        {"from outside",             {0},                                       true },
        {"a login",                  {.login = "alice@example.org"},            false},
        {"a trusted network",        {.client = "192.0.2.15"},                  false},
        {"beside a trusted network", {.client = "192.0.2.16"},                  true },
        {"a daemon of ours",         {.daemon = "ORIGINATING"},                 false},
        {"another daemon",           {.daemon = "ORIGIN"},                      true },
        {"local",                    {.client = "127.0.0.1", .is_local = true}, false},
        {"IPv6 from outside",        {.client = "2001:db8::1"},                 true },
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct reply *reply;

        unit_row(rows[i].name);
        reply = scene_send(scene->session, &rows[i].letter);
        assert_int_equal(
            scene_inserted(reply, "Authentication-Results") != NULL, rows[i].is_judged);
    }
}

/* --- out --- */

static void test_signed_mail_verifies(void **state)
{
    static const enum key_algorithm algorithms[] = {KEY_RSA, KEY_ED25519};
    struct scene *scene = *state;
    const char *record;

    fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject");
    for (size_t i = 0; i < 2; i++) {
        struct fake_world *fake = &scene->fake;
        const struct reply *reply;
        const char *header[8] = {NULL};
        struct text field;

        unit_row(i == 0 ? "rsa" : "ed25519");
        fake->keys = fake_keys_make(fake->arena, "example.org", "s1", algorithms[i], &record);
        reply = scene_send(scene->session, &(struct letter){.login = "alice"});
        assert_changes(reply, " +DKIM-Signature");
        assert_string_equal(fake->key_domain, "example.org");
        field =
            arena_print(fake->arena, "DKIM-Signature:%s", scene_inserted(reply, "DKIM-Signature"));
        assert_int_equal(text_find(field, '\r'), field.len);
        header[0] = field.data;
        memcpy(header + 1, scene_plain_header, sizeof scene_plain_header);

        fake->record_count = 1;
        fake_world_add(fake, "s1._domainkey.example.org", DNS_TXT, record);
        reply = scene_send(scene->session, &(struct letter){.header = header});
        assert_results(reply, "dkim=pass");
        assert_results(reply, "dmarc=pass");
        reply = scene_send(scene->session, &(struct letter){.header = header, .body = "Hell0\r\n"});
        assert_results(reply, "dkim=fail");
        assert_results(reply, "dmarc=fail");
        key_set_release(&fake->keys);
    }
}

static void test_each_key_signs(void **state)
{
    struct scene *scene = *state;
    struct arena *arena = scene->fake.arena;
    struct private_key *key;
    struct buffer pem = BUFFER_NONE;
    struct dkim_key rows[2] = {{.selector = TEXT("r")}, {.selector = TEXT("e")}};
    const struct dkim_key_list list = {rows, 2};
    const struct reply *reply;

    for (int i = 0; i < 2; i++) {
        buffer_clear(&pem);
        assert_int_equal(
            private_key_generate(i == 0 ? KEY_RSA : KEY_ED25519, 2048, &key, NULL), ERR_NONE);
        assert_int_equal(private_key_format_pem(key, &pem), ERR_NONE);
        rows[i].pem = arena_copy(arena, buffer_text(&pem));
        private_key_release(&key);
    }
    buffer_done_wiped(&pem);
    assert_int_equal(key_set_parse(TEXT("example.org"), &list, &scene->fake.keys, NULL), ERR_NONE);
    assert_int_equal(rows[0].pem.data[0], '\0'); /* wiped */
    reply = scene_send(scene->session, &(struct letter){.login = "alice"});
    assert_changes(reply, " +DKIM-Signature +DKIM-Signature");
    assert_non_null(strstr(reply->changes[0].value, "a=ed25519-sha256"));
    assert_non_null(strstr(reply->changes[1].value, "a=rsa-sha256"));
    assert_non_null(strstr(reply->changes[1].value, "d=example.org"));
}

static void test_no_key_and_no_domain(void **state)
{
    static const struct {
        const char *name;
        enum err key_error;
        const char *header[4];
        enum reply_verdict verdict;
        const char *code;
    } rows[] = {
        {"no key",                      ERR_ABSENT,  {FROM},         REPLY_CONTINUE, NULL },
        {"database gone",               ERR_IO,      {FROM},         REPLY_TEMPFAIL, "451"},
        {"database locked",             ERR_BUSY,    {FROM},         REPLY_TEMPFAIL, "451"},
        {"database foreign",            ERR_FOREIGN, {FROM},         REPLY_TEMPFAIL, "451"},
        {"no From: nothing to look up", ERR_IO,      {"Subject: x"}, REPLY_CONTINUE, NULL },
        {"two From fields",             ERR_IO,      {FROM, FROM},   REPLY_CONTINUE, NULL },
        {"From without domain",         ERR_IO,      {"From: root"}, REPLY_CONTINUE, NULL },
        {"From of nonsense",            ERR_IO,      {"From: <<>"},  REPLY_CONTINUE, NULL },
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct reply *reply;

        unit_row(rows[i].name);
        scene->fake.key_error = rows[i].key_error;
        reply = scene_send(
            scene->session, &(struct letter){.login = "alice", .header = rows[i].header});
        assert_int_equal(reply->verdict, rows[i].verdict);
        if (rows[i].code != NULL)
            assert_string_equal(reply->code, rows[i].code);
        assert_changes(reply, "");
    }
}

/* --- bounds --- */

/* What "metrics" says of deferred messages of a direction. */
static long deferred(const char *direction)
{
    struct buffer all = BUFFER_NONE;
    char name[128];
    const char *found;
    long count;

    metrics_format(&all);
    snprintf(name, sizeof name,
        "gatepost_milter_messages_total{direction=\"%s\",action=\"defer\"} ", direction);
    found = strstr(buffer_string(&all), name);
    assert_non_null(found);
    count = strtol(found + strlen(name), NULL, 10);
    buffer_done(&all);
    return count;
}

static void test_bounds_on_the_header(void **state)
{
    static const struct {
        const char *name;
        size_t bytes, fields;
        bool is_too_large;
        const char *login;
    } rows[] = {
        {"within",                      1000, 10, false, NULL   },
        {"bytes",                       60,   10, true,  NULL   },
        {"fields",                      1000, 4,  true,  NULL   },
        {"as many fields as permitted", 1000, 5,  false, NULL   },
        {"bytes, out",                  60,   10, true,  "alice"},
        {"fields, out",                 1000, 4,  true,  "alice"},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct reply *reply;
        const char *direction = rows[i].login != NULL ? "out" : "in";
        long before = deferred(direction);

        unit_row(rows[i].name);
        scene->fake.world->rules.limits.header_bytes = rows[i].bytes;
        scene->fake.world->rules.limits.fields = rows[i].fields;
        reply = scene_send(scene->session, &(struct letter){.login = rows[i].login});
        assert_int_equal(reply->verdict, rows[i].is_too_large ? REPLY_TEMPFAIL : REPLY_CONTINUE);
        assert_int_equal(deferred(direction), before + rows[i].is_too_large);
        if (rows[i].is_too_large) {
            assert_string_equal(reply->enhanced, "4.3.4");
            assert_changes(reply, "");
        }
    }
}

static void test_long_names_are_cut(void **state)
{
    struct scene *scene = *state;
    char *name = calloc(1, 100000);
    const struct session_sender sender = {text_from_bytes(name, 100000), TEXT_NONE};
    const struct reply *reply;

    memset(name, 'a', 100000);
    scene_send_connect(scene->session, &(struct letter){0});
    session_helo(scene->session, text_from_bytes(name, 100000));
    session_mail(scene->session, &sender);
    session_end_header(scene->session);
    assert_int_equal(
        session_end_message(scene->session, text_from_bytes(name, 100000), &reply), SESSION_NOW);
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    free(name);
}

/* Many signatures do not push the decision off the line, and are not passed over in silence. */
static void test_many_signatures_in_the_log(void **state)
{
    static const char signature[] =
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=none; h=from; bh=x; b=x";
    static const struct {
        const char *name;
        size_t count;
        const char *said;
    } rows[] = {
        {"none",  0, " dkim=none "                 },
        {"six",   6, "(example.net:none) dmarc="   },
        {"seven", 7, "(example.net:none),+1 dmarc="},
        {"nine",  9, "(example.net:none),+3 dmarc="},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *header[12] = {"From: a@example.org"};
        char line[LOG_LINE_MAX];
        struct logged logged;

        unit_row(rows[i].name);
        for (size_t j = 0; j < rows[i].count; j++)
            header[1 + j] = signature;
        logged = logged_begin();
        scene_send(scene->session, &(struct letter){.header = header});
        logged_end(&logged, line, sizeof line);
        assert_non_null(strstr(line, rows[i].said));
        assert_non_null(strstr(line, " action=accept "));
    }
}

/* --- waiting --- */

static void test_parks_until_the_answers_are_in(void **state)
{
    struct scene *scene = *state;
    const struct reply *reply = NULL;
    size_t rounds = 0;

    scene_add_good_records(&scene->fake);
    scene->fake.is_holding = true;
    scene_send_up_to_end(scene->session, &(struct letter){0});
    assert_int_equal(scene->fake.waves_seen, 2); /* at MAIL FROM and at the end of the header */
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_LATER);
    assert_true(session_has_message(scene->session));
    assert_int_equal(scene->resumed, 0);
    do {
        size_t resumed = scene->resumed;

        assert_true(fake_world_answer(&scene->fake) != 0);
        assert_int_equal(scene->resumed, resumed + 1);
        assert_true(++rounds < 10);
    } while (session_resume(scene->session, &reply) == SESSION_LATER);
    assert_results(reply, "spf=pass");
    assert_results(reply, "dmarc=pass");
}

static void test_answers_during_the_body_send_the_next_wave(void **state)
{
    struct scene *scene = *state;
    const struct reply *reply;

    fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 include:spf.example.com -all");
    fake_world_add(&scene->fake, "spf.example.com", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
    scene->fake.is_holding = true;
    scene_send_up_to_end(scene->session, &(struct letter){0});
    fake_world_answer(&scene->fake);
    session_body(scene->session, TEXT("more\r\n"));
    assert_int_equal(scene->fake.waves_seen, 3);
    /* All that the message asked for counts towards its share of the room. */
    assert_int_equal(scene->fake.asked_before, scene->fake.questions_seen - 1);
    fake_world_answer(&scene->fake);
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_NOW);
    assert_results(reply, "spf=pass");
}

static void test_gives_up_at_the_deadline(void **state)
{
    struct scene *scene = *state;
    const struct reply *reply = NULL;

    scene_add_good_records(&scene->fake);
    scene->fake.is_holding = true;
    scene_send_up_to_end(scene->session, &(struct letter){0});
    clock_test_set(NOW + 100, 101000); /* a slow client: its time is not the name servers' */
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_LATER);
    clock_test_set(NOW + 104, 105999);
    assert_int_equal(session_resume(scene->session, &reply), SESSION_LATER);
    clock_test_set(NOW + 105, 106000);
    assert_int_equal(session_resume(scene->session, &reply), SESSION_NOW);
    assert_results(reply, "spf=temperror");
    assert_results(reply, "dmarc=temperror");
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    assert_int_equal(scene->fake.waves_cancelled, 2);
}

/*
 * A forger signs with a key whose name hangs: neither the victim's SPF, four lookups deep, nor its
 * DMARC record waits for that.
 */
static void test_a_slow_name_holds_up_nothing_else(void **state)
{
    static const char slow[] = "slow._domainkey.example.net";
    static const char *const header[] = {"From: Alice <a@example.org>",
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=slow; h=from;"
        " bh=Ba3gj8+xBPQLJTahTfzW6RbWQ/XPgESxkCi2B66PSQg=; b=AAAA",
        NULL};
    struct scene *scene = *state;
    const struct reply *reply = NULL;
    size_t rounds = 0;

    fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 include:a.example.org -all");
    fake_world_add(&scene->fake, "a.example.org", DNS_TXT, "v=spf1 include:b.example.org ?all");
    fake_world_add(&scene->fake, "b.example.org", DNS_TXT, "v=spf1 include:c.example.org ?all");
    fake_world_add(&scene->fake, "c.example.org", DNS_TXT, "v=spf1 ip4:192.0.2.0/24 ?all");
    fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=quarantine");
    scene->fake.is_holding = true;
    scene_send_up_to_end(scene->session, &(struct letter){.header = header});
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_LATER);
    while (fake_world_answer_but(&scene->fake, slow) != 0) {
        assert_true(++rounds < 10);
        assert_int_equal(scene->resumed, rounds);
        assert_int_equal(session_resume(scene->session, &reply), SESSION_LATER);
    }
    assert_true(rounds >= 4);
    assert_int_equal(scene->fake.held_count, 1); /* the forger's name alone is still out */
    clock_test_set(NOW + 5, 1000000);
    assert_int_equal(session_resume(scene->session, &reply), SESSION_NOW);
    assert_results(reply, "spf=fail");
    assert_results(reply, "dkim=temperror");
    assert_int_equal(scene->fake.waves_cancelled, 1);
}

static void test_abort_at_any_time(void **state)
{
    struct scene *scene = *state;
    const struct reply *reply;

    scene_add_good_records(&scene->fake);
    session_abort(scene->session); /* before anything */
    scene->fake.is_holding = true;
    scene_send_up_to_end(scene->session, &(struct letter){0});
    session_abort(scene->session); /* in the body */
    session_abort(scene->session);
    assert_int_equal(scene->fake.held_count, 0);
    scene_send_up_to_end(scene->session, &(struct letter){0});
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_LATER);
    session_abort(scene->session); /* parked */
    assert_int_equal(scene->fake.held_count, 0);
    assert_int_equal(session_resume(scene->session, &reply), SESSION_NOW); /* a late wake-up */
    assert_int_equal(reply->change_count, 0);
    scene->fake.is_holding = false;
    assert_results(scene_send(scene->session, &(struct letter){0}), "spf=pass");
    session_abort(scene->session); /* Postfix says it twice after a good end */
    session_abort(scene->session);
    scene->fake.is_holding = true;
    scene_send_up_to_end(scene->session, &(struct letter){0});
    /* scene_down() frees the session in the middle of it */
}

static void test_events_out_of_order(void **state)
{
    struct scene *scene = *state;
    const struct reply *reply;

    session_rcpt(scene->session, TEXT("x"));
    session_header(scene->session, TEXT("From"), TEXT(" x"));
    session_body(scene->session, TEXT("x"));
    session_end_header(scene->session);
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_NOW);
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    session_mail(scene->session, &(struct session_sender){TEXT("<>"), TEXT_NONE});
    session_body(scene->session, TEXT("x")); /* without the end of the header */
    session_header(scene->session, TEXT("From"), TEXT(" x"));
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_NOW);
    session_mail(scene->session, &(struct session_sender){TEXT("<>"), TEXT_NONE});
    session_mail(scene->session, &(struct session_sender){TEXT("<>"), TEXT_NONE});
    assert_int_equal(session_end_message(scene->session, TEXT("q"), &reply), SESSION_NOW);
}

static void test_messages_of_one_connection_are_apart(void **state)
{
    struct scene *scene = *state;

    scene_add_good_records(&scene->fake);
    fake_world_add(&scene->fake, "example.com", DNS_TXT, "v=spf1 -all");
    assert_results(scene_send(scene->session, &(struct letter){0}), "smtp.mailfrom=example.org");
    assert_results(
        scene_send(scene->session, &(struct letter){.sender = "<x@example.com>"}), "spf=fail");
    assert_results(scene_send(scene->session, &(struct letter){0}), "spf=pass");
    assert_changes(scene_send(scene->session, &(struct letter){.login = "alice"}), "");
}

UNIT_MAIN(SCENE_TEST(test_good_mail_gets_its_results), cmocka_unit_test(test_policy),
    SCENE_TEST(test_many_signatures_in_the_log), SCENE_TEST(test_a_pass_is_not_deferred),
    SCENE_TEST(test_hidden_authors_are_marked), SCENE_TEST(test_several_domains_are_rejected),
    SCENE_TEST(test_forged_fields_go), SCENE_TEST(test_forged_fields_of_a_login),
    SCENE_TEST(test_direction), SCENE_TEST(test_signed_mail_verifies),
    SCENE_TEST(test_each_key_signs), SCENE_TEST(test_no_key_and_no_domain),
    SCENE_TEST(test_bounds_on_the_header), SCENE_TEST(test_long_names_are_cut),
    SCENE_TEST(test_parks_until_the_answers_are_in),
    SCENE_TEST(test_answers_during_the_body_send_the_next_wave),
    SCENE_TEST(test_gives_up_at_the_deadline), SCENE_TEST(test_a_slow_name_holds_up_nothing_else),
    SCENE_TEST(test_abort_at_any_time), SCENE_TEST(test_events_out_of_order),
    SCENE_TEST(test_messages_of_one_connection_are_apart))
