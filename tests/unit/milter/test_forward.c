/* SPDX-License-Identifier: MIT */
#include "milter/forward.h"

#include "lib/base/log.h"
#include "tests/unit/logged.h"
#include "tests/unit/milter/scene.h"
#include "tests/unit/unit.h"

#define REWRITTEN "SRS0=Q7KJ=G3=example.org=a@srs.example.net"

static void wish(struct fake_world *fake, bool srs, bool seal)
{
    fake->world->decisions.srs_domain = srs ? TEXT("srs.example.net") : TEXT("");
    fake->world->decisions.seals_forwarded = seal;
}

static void lead_elsewhere(struct fake_world *fake, enum srs_forward rewriting)
{
    fake->forwarding = (struct forwarding_verdict){.is_forwarded = true,
        .recipient = TEXT("b@example.net"),
        .rewriting = rewriting,
        .sender = TEXT(REWRITTEN)};
}

static const struct {
    const char *name;
    bool srs, seal, is_forwarded;
    enum srs_forward rewriting;
    const char *changes;
    size_t asked;
} rows[] = {
    {"nothing is wanted",    false, false, true,  SRS_REWRITTEN,  " +Authentication-Results",                 0},
    {"it stays here",        true,  true,  false, SRS_REWRITTEN,  " +Authentication-Results",                 1},
    {"SRS",                  true,  false, true,  SRS_REWRITTEN,  " +Authentication-Results <" REWRITTEN ">", 1},
    {"SRS, not needed",      true,  false, true,  SRS_NOT_NEEDED, " +Authentication-Results",                 1},
    {"SRS, too long",        true,  false, true,  SRS_TOO_LONG,   " +Authentication-Results",                 1},
    {"a seal",               false, true,  true,  SRS_NOT_NEEDED,
     " +Authentication-Results +ARC-Authentication-Results +ARC-Message-Signature +ARC-Seal",                 1},
    {"SRS, and last a seal", true,  true,  true,  SRS_REWRITTEN,
     " +Authentication-Results <" REWRITTEN
        "> +ARC-Authentication-Results +ARC-Message-Signature +ARC-Seal",                                     1},
};

static void test_incoming(void **state)
{
    static const struct letter letter = {.body = "text\r\n"};
    struct scene *scene = *state;
    struct fake_world *fake = &scene->fake;
    const char *record;

    scene_add_good_records(fake);
    fake->keys = fake_keys_make(fake->arena, "example.net", "s1", KEY_RSA, &record);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply *reply;

        unit_row(rows[i].name);
        wish(fake, rows[i].srs, rows[i].seal);
        lead_elsewhere(fake, rows[i].rewriting);
        fake->forwarding.is_forwarded = rows[i].is_forwarded;
        fake->forwarding_asked = 0;
        reply = scene_send(scene->session, &letter);
        assert_int_equal(reply->verdict, REPLY_CONTINUE);
        assert_changes(reply, rows[i].changes);
        assert_int_equal(fake->forwarding_asked, rows[i].asked);
    }
    assert_string_equal(fake->forwarding_request, "a@example.org: b@example.net (srs.example.net)");
    assert_string_equal(fake->key_domain, "example.net");
}

/* The seal's results are ours, to the byte. */
static void test_seal_has_our_results(void **state)
{
    static const struct letter letter = {.body = "text\r\n"};
    struct scene *scene = *state;
    struct fake_world *fake = &scene->fake;
    const struct reply *reply;
    const char *results, *sealed, *record;

    scene_add_good_records(fake);
    fake->keys = fake_keys_make(fake->arena, "example.net", "s1", KEY_RSA, &record);
    wish(fake, false, true);
    lead_elsewhere(fake, SRS_NOT_NEEDED);
    reply = scene_send(scene->session, &letter);
    results = scene_inserted(reply, "Authentication-Results");
    sealed = scene_inserted(reply, "ARC-Authentication-Results");
    assert_non_null(strstr(sealed, " i=1; "));
    assert_string_equal(strstr(sealed, "spf="), strstr(results, "spf="));
    assert_non_null(strstr(scene_inserted(reply, "ARC-Seal"), "cv=none"));
    assert_non_null(strstr(scene_inserted(reply, "ARC-Seal"), "d=example.net"));
}

/* Where it cannot be told the message waits, neither lost nor sent in another's name. */
static void test_failures(void **state)
{
    static const struct letter in = {.body = "text\r\n"};
    static const struct letter out = {.is_local = true, .body = "text\r\n"};
    struct scene *scene = *state;
    struct fake_world *fake = &scene->fake;
    const struct reply *reply;

    scene_add_good_records(fake);
    wish(fake, true, false);
    fake->forwarding_error = ERR_BUSY;
    for (int i = 0; i < 2; i++) {
        reply = scene_send(scene->session, i == 0 ? &in : &out);
        assert_int_equal(reply->verdict, REPLY_TEMPFAIL);
        assert_string_equal(reply->code, "451");
        assert_int_equal(reply->change_count, 0);
    }
    fake->forwarding_error = ERR_NONE;
    wish(fake, false, true);
    lead_elsewhere(fake, SRS_NOT_NEEDED);
    fake->key_error = ERR_BUSY;
    reply = scene_send(scene->session, &in);
    assert_int_equal(reply->verdict, REPLY_TEMPFAIL);
    assert_int_equal(reply->change_count, 0);
    fake->key_error = ERR_ABSENT;
    reply = scene_send(scene->session, &in);
    assert_int_equal(reply->verdict, REPLY_CONTINUE);
    assert_changes(reply, " +Authentication-Results");
}

/* What is refused is not asked about. */
static void test_refused(void **state)
{
    static const struct letter letter = {.client = "203.0.113.66", .body = "text\r\n"};
    struct scene *scene = *state;
    struct fake_world *fake = &scene->fake;

    scene_add_good_records(fake);
    wish(fake, true, true);
    lead_elsewhere(fake, SRS_REWRITTEN);
    fake->world->decisions.on_reject = SETTINGS_ON_REJECT_REJECT;
    assert_int_equal(scene_send(scene->session, &letter)->verdict, REPLY_REJECT);
    assert_int_equal(fake->forwarding_asked, 0);
}

static void test_outgoing(void **state)
{
    static const struct letter local = {.is_local = true, .body = "text\r\n"};
    static const struct letter login = {.login = "a@example.org", .body = "text\r\n"};
    static const struct letter bounce = {.is_local = true, .sender = "<>", .body = "text\r\n"};
    struct scene *scene = *state;
    struct fake_world *fake = &scene->fake;

    wish(fake, true, true);
    lead_elsewhere(fake, SRS_REWRITTEN);
    assert_changes(scene_send(scene->session, &local), " <" REWRITTEN ">");
    assert_string_equal(
        fake->forwarding_request, "a@example.org: b@example.net (srs.example.net) resent");
    assert_changes(scene_send(scene->session, &login), " <" REWRITTEN ">");
    assert_string_equal(fake->forwarding_request, "a@example.org: b@example.net (srs.example.net)");
    fake->forwarding_asked = 0;
    assert_changes(scene_send(scene->session, &bounce), "");
    assert_int_equal(fake->forwarding_asked, 0);
}

static void test_log(void **state)
{
    static const struct letter letter = {.body = "text\r\n"};
    struct scene *scene = *state;
    struct logged logged;
    char log[2048];

    scene_add_good_records(&scene->fake);
    wish(&scene->fake, true, true);
    lead_elsewhere(&scene->fake, SRS_TOO_LONG);
    logged = logged_begin();
    scene_send(scene->session, &letter);
    logged_end(&logged, log, sizeof log);
    assert_non_null(
        strstr(log, " forwarded=<b@example.net> srs=none(too long) seal=none(no key) waves="));
}

/* So many are looked at, and no more are kept. */
static void test_many_recipients(void **state)
{
    static const struct letter letter = {.body = "text\r\n"};
    struct scene *scene = *state;
    const struct session_sender sender = {TEXT("<a@example.org>"), TEXT_NONE};
    const struct reply *reply;

    wish(&scene->fake, true, false);
    scene_send_connect(scene->session, &letter);
    session_mail(scene->session, &sender);
    for (int i = 0; i < FORWARDING_RECIPIENTS_MAX + 1; i++)
        session_rcpt(scene->session, TEXT("<b@example.net>"));
    session_end_header(scene->session);
    assert_int_equal(session_end_message(scene->session, TEXT("Q"), &reply), SESSION_NOW);
    assert_int_equal(scene->fake.forwarding_asked, 1);
    assert_int_equal(scene->fake.forwarding_kept, FORWARDING_RECIPIENTS_MAX);
    assert_true(scene->fake.forwarding_has_more);
}

UNIT_MAIN(SCENE_TEST(test_incoming), SCENE_TEST(test_seal_has_our_results),
    SCENE_TEST(test_failures), SCENE_TEST(test_refused), SCENE_TEST(test_outgoing),
    SCENE_TEST(test_log), SCENE_TEST(test_many_recipients))
