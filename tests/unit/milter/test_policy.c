/* SPDX-License-Identifier: MIT */

/* What the operator and the directory say about a message: who writes as whom, exceptions. */

#include "tests/unit/logged.h"
#include "tests/unit/milter/scene.h"
#include "tests/unit/unit.h"

#define FROM "From: a@example.org"

/* Mail that fails DMARC, and what the operator has said about such mail. */
static void test_exceptions(void **state)
{
    static const struct {
        const char *name, *dmarc;
        struct exceptions_verdict found;
        int on_reject, on_own_domain;
        enum reply_verdict verdict;
        const char *changes, *logged;
    } rows[] = {
        {"a forwarder",                  "v=DMARC1; p=reject",     {.forwarder = TEXT("client 192.0.2.0/24")}, 1, 0,
         REPLY_CONTINUE,                                                                                                                                       " +Authentication-Results", "action=accept(client 192.0.2.0/24)"},
        {"an override lets in",          "v=DMARC1; p=reject",
         {.has_override = true, .override = DMARC_ACTION_ACCEPT},                                              1, 0,                           REPLY_CONTINUE,
         " +Authentication-Results",                                                                                                                                                       "action=accept(override)"           },
        {"an override quarantines",      "v=DMARC1; p=none",
         {.has_override = true, .override = DMARC_ACTION_QUARANTINE},                                          1, 0,                           REPLY_CONTINUE,
         " +Authentication-Results +X-Gatepost-Action",                                                                                                                                    "action=quarantine(override)"       },
        {"an override rejects",          "v=DMARC1; p=none",
         {.has_override = true, .override = DMARC_ACTION_REJECT},                                              0, 0,                           REPLY_REJECT,   "",
         "action=reject(override)"                                                                                                                                                                                             },
        {"ours, marked",                 "v=DMARC1; p=none",       {.own_domain = TEXT("example.org")},        0,
         SETTINGS_ON_OWN_DOMAIN_MARK,                                                                                                          REPLY_CONTINUE,
         " +Authentication-Results +X-Gatepost-Warning",                                                                                                                                   "action=accept(own domain)"         },
        {"ours, by its record",          "v=DMARC1; p=quarantine", {.own_domain = TEXT("example.org")},        0,
         SETTINGS_ON_OWN_DOMAIN_MARK,                                                                                                          REPLY_CONTINUE,
         " +Authentication-Results +X-Gatepost-Warning +X-Gatepost-Action",                                                                                                                "action=quarantine "                },
        {"ours, quarantined",            "v=DMARC1; p=none",       {.own_domain = TEXT("example.org")},        0,
         SETTINGS_ON_OWN_DOMAIN_QUARANTINE,                                                                                                    REPLY_CONTINUE,
         " +Authentication-Results +X-Gatepost-Warning +X-Gatepost-Action",                                                                                                                "action=quarantine(own domain)"     },
        {"ours, rejected",               "v=DMARC1; p=quarantine", {.own_domain = TEXT("example.org")},        0,
         SETTINGS_ON_OWN_DOMAIN_REJECT,                                                                                                        REPLY_REJECT,   "",                         "action=reject(own domain)"         },
        {"ours, rejected by its record", "v=DMARC1; p=reject",     {.own_domain = TEXT("example.org")},
         1,                                                                                                       SETTINGS_ON_OWN_DOMAIN_MARK, REPLY_REJECT,   "",                         "action=reject "                    },
        {"nothing said",                 "v=DMARC1; p=quarantine", {.has_override = false},                    1,
         SETTINGS_ON_OWN_DOMAIN_REJECT,                                                                                                        REPLY_CONTINUE,
         " +Authentication-Results +X-Gatepost-Action",                                                                                                                                    "action=quarantine "                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *scene;
        const struct reply *reply;
        struct logged logged;
        char log[4096];

        unit_row(rows[i].name);
        scene_up((void **)&scene);
        scene->fake.world->decisions.on_reject = (enum settings_on_reject)rows[i].on_reject;
        scene->fake.world->decisions.on_own_domain =
            (enum settings_on_own_domain)rows[i].on_own_domain;
        scene->fake.exceptions = rows[i].found;
        fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 -all");
        fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, rows[i].dmarc);
        logged = logged_begin();
        reply = scene_send(scene->session, &(struct letter){0});
        logged_end(&logged, log, sizeof log);
        assert_int_equal(reply->verdict, rows[i].verdict);
        assert_changes(reply, rows[i].changes);
        assert_non_null(strstr(log, rows[i].logged));
        assert_string_equal(scene->fake.exceptions_request, CLIENT " ;; example.org");
        scene_down((void **)&scene);
    }
}

/* What is asked: identities that have passed, and only where DMARC fails. */
static void test_exceptions_asked(void **state)
{
    static const char *const header[] = {"From: a@example.com", NULL};
    struct scene *scene = *state;

    scene_add_good_records(&scene->fake);
    scene_send(scene->session, &(struct letter){0});
    assert_int_equal(scene->fake.exceptions_asked, 0);
    fake_world_add(&scene->fake, "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject");
    scene_send(scene->session, &(struct letter){.header = header});
    assert_string_equal(scene->fake.exceptions_request, CLIENT " example.org;; example.com");
    scene->fake.exceptions_error = ERR_IO;
    assert_int_equal(
        scene_send(scene->session, &(struct letter){.header = header})->verdict, REPLY_TEMPFAIL);
}

/* What is said of one author lets no other one off; one who cannot be judged hides none. */
static void test_several_authors(void **state)
{
    static const struct {
        const char *name, *from, *spf;
        struct exceptions_verdict found;
        int on_reject, on_own_domain;
        const char *request, *logged, *refused; /* refused: the domain that the sender is told */
        size_t failed;
    } rows[] = {
        {"an owner asks for more",             "From: a@example.com, b@example.org",  "v=spf1 -all",
         {.has_override = true, .override = DMARC_ACTION_QUARANTINE}, SETTINGS_ON_REJECT_REJECT,
         0,                                 " ;; example.com example.org",            "action=reject ",              "policy of example.org", 2},
        {"the operator does",                  "From: a@example.com, b@example.org",  "v=spf1 -all",
         {.has_override = true, .override = DMARC_ACTION_REJECT},     SETTINGS_ON_REJECT_QUARANTINE,
         0,                                 " ;; example.com example.org",            "action=reject(override)",     "mail from example.org",
         2                                                                                                                                     },
        {"beside one who passes",              "From: b@example.org, a@example.com",  "v=spf1 +all",
         {.has_override = true, .override = DMARC_ACTION_QUARANTINE}, SETTINGS_ON_REJECT_REJECT,
         0,                                 " example.org;; example.com example.org", "action=quarantine(override)", NULL,                    1},
        {"beside one without an answer",       "From: a@slow.example, b@example.com", "v=spf1 -all",
         {.has_override = true, .override = DMARC_ACTION_REJECT},     SETTINGS_ON_REJECT_QUARANTINE,
         0,                                 " ;; example.com slow.example",           "action=reject(override)",     "mail from example.com",
         1                                                                                                                                     },
        {"ours, beside one without an answer", "From: a@slow.example, b@example.com", "v=spf1 -all",
         {.own_domain = TEXT("example.com")},                         SETTINGS_ON_REJECT_QUARANTINE,
         SETTINGS_ON_OWN_DOMAIN_QUARANTINE, " ;; example.com slow.example",
         "action=quarantine(own domain)",                                                                            NULL,                    1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const header[] = {rows[i].from, NULL};
        struct scene *scene;
        struct fake_world *fake;
        const struct reply *reply;
        struct logged logged;
        char log[4096];

        unit_row(rows[i].name);
        scene_up((void **)&scene);
        fake = &scene->fake;
        fake->world->decisions.on_reject = (enum settings_on_reject)rows[i].on_reject;
        fake->world->decisions.on_own_domain = (enum settings_on_own_domain)rows[i].on_own_domain;
        fake->exceptions = rows[i].found;
        fake_world_add(fake, "example.org", DNS_TXT, rows[i].spf);
        fake_world_add(fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject");
        fake_world_add(fake, "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=none");
        fake_world_add(fake, "_dmarc.slow.example", DNS_TXT, NULL);
        logged = logged_begin();
        reply = scene_send(scene->session, &(struct letter){.header = header});
        logged_end(&logged, log, sizeof log);
        assert_string_equal(fake->exceptions_request + strlen(CLIENT), rows[i].request);
        assert_int_equal(fake->exceptions_failed, rows[i].failed);
        assert_non_null(strstr(log, rows[i].logged));
        assert_int_equal(reply->verdict == REPLY_REJECT, rows[i].refused != NULL);
        if (rows[i].refused != NULL)
            assert_non_null(strstr(reply->text, rows[i].refused));
        scene_down((void **)&scene);
    }
}

/* Who signs with a key that is being tested has not signed. */
static void test_tested_key_is_no_signer(void **state)
{
    struct scene *scene = *state;
    struct fake_world *fake = &scene->fake;
    const char *header[SCENE_PLAIN_FIELDS + 2] = {NULL}, *record;
    const struct reply *reply;

    fake->keys = fake_keys_make(fake->arena, "example.org", "one", KEY_ED25519, &record);
    fake_world_add(fake, "one._domainkey.example.org", DNS_TXT,
        arena_copy_string(fake->arena, arena_print(fake->arena, "%s; t=y", record)));
    fake_world_add(fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject");
    reply = scene_send(scene->session, &(struct letter){.is_local = true});
    header[0] = arena_copy_string(fake->arena,
        arena_print(fake->arena, "DKIM-Signature:%s", scene_inserted(reply, "DKIM-Signature")));
    memcpy(header + 1, scene_plain_header, sizeof scene_plain_header);
    reply = scene_send(scene->session, &(struct letter){.header = header});
    assert_results(reply, "dkim=pass reason=\"the key is being tested\"");
    assert_string_equal(fake->exceptions_request, CLIENT " ;; example.org");
}

/* --- sealers --- */

#define SEALED_BODY "Hello\r\n"

/* A message that others have sealed, field by field. */
struct sealed {
    struct arena *arena;
    struct private_key *key;
    struct text lines[8]; /* from the top */
    size_t count;
};

/* What is there with one more set on top, whose results say that. */
static void seal(struct sealed *sealed, const char *domain, const char *results, bool is_first)
{
    const struct arc_seal_request request = {.domain = text_from_string(domain),
        .selector = TEXT("s"),
        .authserv_id = TEXT("mx.example"),
        .results = text_from_string(results)};
    const struct arc_verdict chain = {
        .result = is_first ? AUTH_NONE : AUTH_PASS, .instance = is_first ? 0 : 1};
    struct message *message = message_new(sealed->arena, NULL);
    struct failure failure;
    struct arc_seal made;

    for (size_t i = 0; i < sealed->count; i++) {
        size_t colon = text_find(sealed->lines[i], ':');
        const struct header_field field = header_field_make(text_head(sealed->lines[i], colon),
            text_skip(sealed->lines[i], colon + 1), sealed->arena);

        assert_int_equal(message_add_field(message, &field), ERR_NONE);
    }
    assert_int_equal(arc_seal_prepare(message), ERR_NONE);
    message_add_body(message, TEXT(SEALED_BODY));
    message_end_body(message);
    assert_int_equal(
        arc_seal_format(message, &chain, &request, sealed->key, sealed->arena, &made, &failure),
        ERR_NONE);
    message_done(&message);
    memmove(sealed->lines + 3, sealed->lines, sealed->count * sizeof *sealed->lines);
    sealed->lines[0] = arena_print(sealed->arena, "ARC-Seal:%.*s", TEXT_ARGS(made.seal));
    sealed->lines[1] =
        arena_print(sealed->arena, "ARC-Message-Signature:%.*s", TEXT_ARGS(made.message));
    sealed->lines[2] =
        arena_print(sealed->arena, "ARC-Authentication-Results:%.*s", TEXT_ARGS(made.results));
    sealed->count += 3;
}

/* Those who must be trusted: all back to the one who saw DMARC pass for the author. */
static void test_sealers_asked(void **state)
{
    static const struct {
        const char *name, *first, *second; /* what the two sealers say */
        const char *sealers;
        const char *tags; /* more of the first one's key */
    } rows[] = {
        {"the newest",        "spf=pass",                           "dmarc=pass header.from=example.com", "; two.example", ""     },
        {"the one before it", "dmarc=pass header.from=example.com", "arc=pass",
         "; two.example one.example",                                                                                      ""     },
        {"of somebody else",  "dmarc=pass header.from=example.org", "arc=pass",                           "",              ""     },
        {"of nobody",         "dmarc=fail header.from=example.com", "arc=pass",                           "",              ""     },
        {"a key is tested",   "spf=pass",                           "dmarc=pass header.from=example.com", "",              "; t=y"},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sealed sealed = {
            .arena = arena_new(), .lines = {TEXT("From: a@example.com")}, .count = 1};
        const char *header[9] = {NULL};
        struct buffer record = BUFFER_NONE;
        char expected[128];
        struct failure failure;

        unit_row(rows[i].name);
        assert_int_equal(private_key_generate(KEY_ED25519, 0, &sealed.key, &failure), ERR_NONE);
        assert_int_equal(private_key_format_record(sealed.key, &record), ERR_NONE);
        buffer_append_byte(&record, '\0');
        scene_down((void **)&scene);
        scene_up((void **)&scene);
        *state = scene;
        fake_world_add(&scene->fake, "_dmarc.example.com", DNS_TXT, "v=DMARC1; p=reject");
        fake_world_add(&scene->fake, "s._domainkey.one.example", DNS_TXT,
            arena_print(sealed.arena, "%s%s", record.data, rows[i].tags).data);
        fake_world_add(&scene->fake, "s._domainkey.two.example", DNS_TXT, record.data);
        seal(&sealed, "one.example", rows[i].first, true);
        seal(&sealed, "two.example", rows[i].second, false);
        for (size_t j = 0; j < sealed.count; j++)
            header[j] = sealed.lines[j].data;
        scene_send(scene->session, &(struct letter){.header = header, .body = SEALED_BODY});
        snprintf(expected, sizeof expected, CLIENT " ;; example.com%s", rows[i].sealers);
        assert_string_equal(scene->fake.exceptions_request, expected);
        private_key_release(&sealed.key);
        buffer_done(&record);
        arena_free(&sealed.arena);
    }
}

/* --- who writes as whom --- */

static const struct {
    const char *name, *login;
    const char *header[4];
    const char *request; /* NULL: nobody is asked */
} authorships[] = {
    {"plain",                "alice@example.org", {"From: Alice <Alice@Example.ORG>"},
     "alice@example.org: alice@example.org ()"                                                                                   },
    {"a login in capitals",  "Alice@EXAMPLE.org", {"From: a@example.org"},
     "alice@example.org: a@example.org ()"                                                                                       },
    {"a system user",        "alice",             {"From: a@example.org"},                              "alice: a@example.org ()"},
    {"with Sender",          "x@example.org",     {"From: a@example.org", "sender: X <x@example.org>"},
     "x@example.org: a@example.org (x@example.org)"                                                                              },
    {"two Senders are none", "x@example.org",
     {"From: a@example.org", "Sender: x@example.org", "Sender: y@example.org"},
     "x@example.org: a@example.org ()"                                                                                           },
    {"several authors",      "x@example.org",     {"From: a@example.org, \"B\" <b@example.net>"},
     "x@example.org: a@example.org b@example.net ()"                                                                             },
    {"several From fields",  "x@example.org",     {"From: a@example.org", "FROM: b@example.net"},
     "x@example.org: a@example.org b@example.net ()"                                                                             },
    {"a quoted local part",  "x@example.org",     {"From: \"a\"@example.org"},
     "x@example.org: a@example.org ()"                                                                                           },
    {"a U-label",            "x@example.org",
     {"From: a@b\xc3\xbc"
         "cher.example"},
     "x@example.org: a@xn--bcher-kva.example ()"                                                                                 },
    {"no From",              "x@example.org",     {"Subject: x"},                                       "x@example.org: ()"      },
    {"no login",             NULL,                {"From: a@example.org"},                              NULL                     },
};

static void test_authorship_asked(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof authorships / sizeof authorships[0]; i++) {
        unit_row(authorships[i].name);
        scene->fake.rights_request[0] = '\0';
        scene->fake.world->decisions.on_from_mismatch = SETTINGS_ON_MISMATCH_LOG;
        scene_send(scene->session, &(struct letter){.client = "192.0.2.15",
                                       .login = authorships[i].login,
                                       .header = authorships[i].header});
        assert_string_equal(scene->fake.rights_request,
            authorships[i].request != NULL ? authorships[i].request : "");
    }
    scene->fake.rights_asked = 0;
    scene->fake.world->decisions.on_from_mismatch = SETTINGS_ON_MISMATCH_OFF;
    scene_send(scene->session, &(struct letter){.login = "alice@example.org"});
    assert_int_equal(scene->fake.rights_asked, 0);
}

static void test_authorship_judged(void **state)
{
    static const struct {
        const char *name;
        int on_mismatch;
        bool is_allowed;
        enum err error;
        const char *from;
        enum reply_verdict verdict;
        const char *text;   /* a piece of the reply's */
        const char *logged; /* a piece of it */
    } rows[] = {
        {"allowed",                    SETTINGS_ON_MISMATCH_REJECT, true,  ERR_NONE, FROM,        REPLY_CONTINUE, NULL,
         "action=accept"                                                                                                                                                                                         },
        {"refused",                    SETTINGS_ON_MISMATCH_REJECT, false, ERR_NONE, FROM,        REPLY_REJECT,
         "alice@example.org may not write as boss@example.org in From; allowed: "
            "alice@example.org",                                                                                                      "action=reject"                                                            },
        {"refused, and let go",        SETTINGS_ON_MISMATCH_LOG,    false, ERR_NONE, FROM,        REPLY_CONTINUE,
         NULL,                                                                                                                        "login=<alice@example.org> may not write as header_from=<boss@example.org>"},
        {"unreadable",                 SETTINGS_ON_MISMATCH_REJECT, true,  ERR_NONE, "From: <<>", REPLY_REJECT,
         "may not write as",                                                                                                          "action=reject"                                                            },
        {"an empty group",             SETTINGS_ON_MISMATCH_REJECT, true,  ERR_NONE,
         "From: \"boss@example.org\":;",                                                          REPLY_REJECT,   "may not write as", "action=reject"                                                            },
        {"a control character in it",  SETTINGS_ON_MISMATCH_REJECT, true,  ERR_NONE,
         "From: \"a\x01\"@example.org",                                                           REPLY_REJECT,   "may not write as", "action=reject"                                                            },
        {"not to be told",             SETTINGS_ON_MISMATCH_REJECT, true,  ERR_IO,   FROM,        REPLY_TEMPFAIL,
         "cannot be told now",                                                                                                        "a test says so"                                                           },
        {"not to be told, and let go", SETTINGS_ON_MISMATCH_LOG,    true,  ERR_IO,   FROM,        REPLY_CONTINUE,
         NULL,                                                                                                                        "a test says so"                                                           },
    };
    struct scene *scene = *state;

    scene->fake.rights.refused = TEXT("boss@example.org");
    scene->fake.rights.allowed = TEXT("alice@example.org");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const header[] = {rows[i].from, NULL};
        const struct reply *reply;
        struct logged logged;
        char log[4096];

        unit_row(rows[i].name);
        scene->fake.world->decisions.on_from_mismatch =
            (enum settings_on_mismatch)rows[i].on_mismatch;
        scene->fake.rights.is_allowed = rows[i].is_allowed;
        scene->fake.rights_error = rows[i].error;
        logged = logged_begin();
        reply = scene_send(
            scene->session, &(struct letter){.login = "alice@example.org", .header = header});
        logged_end(&logged, log, sizeof log);
        assert_int_equal(reply->verdict, rows[i].verdict);
        if (rows[i].text != NULL)
            assert_non_null(strstr(reply->text, rows[i].text));
        assert_non_null(strstr(log, rows[i].logged));
    }
}

/* Many addresses do not make an answer that the mail server would not take. */
static void test_long_refusal_is_cut(void **state)
{
    struct scene *scene = *state;
    char many[2000];

    memset(many, 'a', sizeof many);
    scene->fake.world->decisions.on_from_mismatch = SETTINGS_ON_MISMATCH_REJECT;
    scene->fake.rights = (struct rights_verdict){
        .refused = text_from_bytes(many, sizeof many), .allowed = text_from_bytes(many, 2000)};
    assert_int_equal(
        strlen(scene_send(scene->session, &(struct letter){.login = "alice@example.org"})->text),
        REPLY_TEXT_MAX);
}

UNIT_MAIN(cmocka_unit_test(test_exceptions), SCENE_TEST(test_exceptions_asked),
    cmocka_unit_test(test_several_authors), SCENE_TEST(test_tested_key_is_no_signer),
    SCENE_TEST(test_sealers_asked), SCENE_TEST(test_authorship_asked),
    SCENE_TEST(test_authorship_judged), SCENE_TEST(test_long_refusal_is_cut))
