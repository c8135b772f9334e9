/* SPDX-License-Identifier: MIT */
#include "milter/engine-choice.h"

#include "lib/engines/engines.h"
#include "tests/unit/logged.h"
#include "tests/unit/milter/scene.h"

/* The engines that settings with those values lead to, and what is logged on the way. */
static struct mailauth_rules apply(int spf, int dkim, int dmarc, char *log, size_t size)
{
    struct settings settings = {.spf.engine = spf, .dkim.engine = dkim, .dmarc.engine = dmarc};
    struct logged logged = logged_begin();
    struct mailauth_rules rules = {.authserv_id = TEXT("mx")};
    struct failure failure;
    enum err err = engine_choice_apply(&settings, &rules, &failure);

    logged_end(&logged, log, size);
    assert_int_equal(err, ERR_NONE);
    return rules;
}

static void test_ours(void **state)
{
    char log[4096];
    struct mailauth_rules rules = apply(0, 0, 0, log, sizeof log);

    (void)state;
    assert_null(rules.spf);
    assert_null(rules.signatures.engine);
    assert_null(rules.dmarc);
    assert_string_equal(log, "");
}

/* Each library is chosen for its method, and its errors are named. */
static void test_libraries(void **state)
{
    (void)state;
    for (const struct engine *engine = engines; engine->method != NULL; engine++) {
        char log[4096], start[64];
        struct mailauth_rules rules = apply(engine->spf != NULL, engine->signatures != NULL,
            engine->dmarc != NULL, log, sizeof log);

        unit_row(engine->name);
        assert_ptr_equal(rules.spf, engine->spf);
        assert_ptr_equal(rules.signatures.engine, engine->signatures);
        assert_ptr_equal(rules.dmarc, engine->dmarc);
        (void)snprintf(start, sizeof start, "%s.engine is %s", engine->method, engine->name);
        assert_non_null(strstr(log, "warning"));
        assert_non_null(strstr(log, start));
        assert_non_null(strstr(log, engine->errors));
    }
}

static void choose_all(struct mailauth_rules *rules)
{
    struct failure failure;

    for (const struct engine *engine = engines; engine->method != NULL; engine++) {
        assert_int_equal(engine->open(&failure), ERR_NONE);
        if (engine->spf != NULL)
            rules->spf = engine->spf;
        if (engine->signatures != NULL)
            rules->signatures.engine = engine->signatures;
        if (engine->dmarc != NULL)
            rules->dmarc = engine->dmarc;
    }
}

/* A letter that goes out is signed, and comes in again, from a server of example.org's or not. */
static void send_signed(
    struct scene *scene, const char *client, const char *body, const char *const *pieces)
{
    const struct letter out = {.login = "a@example.org", .header = scene_plain_header};
    const char *header[SCENE_PLAIN_FIELDS + 2] = {NULL};
    const struct reply *reply = scene_send(scene->session, &out);
    const char *value = scene_inserted(reply, "DKIM-Signature");
    struct buffer field = BUFFER_NONE;

    assert_non_null(value);
    buffer_append_format(&field, "DKIM-Signature:%s", value);
    header[0] = buffer_string(&field);
    memcpy(&header[1], scene_plain_header, SCENE_PLAIN_FIELDS * sizeof *header);
    reply = scene_send(
        scene->session, &(struct letter){.client = client, .header = header, .body = body});
    for (size_t i = 0; pieces[i] != NULL; i++)
        assert_results(reply, pieces[i]);
    buffer_done(&field);
}

static void test_messages(void **state)
{
    static const struct {
        const char *name, *client, *body;
        const char *pieces[4];
    } rows[] = {
        {"all is well",        CLIENT,         "Hello\r\n",  {"spf=pass", "dkim=pass", "dmarc=pass"}},
        {"forwarded",          "198.51.100.7", "Hello\r\n",  {"spf=fail", "dkim=pass", "dmarc=pass"}},
        {"changed on its way", CLIENT,         "Hello!\r\n", {"spf=pass", "dkim=fail", "dmarc=pass"}},
        {"forged",             "198.51.100.7", "Hello!\r\n", {"spf=fail", "dkim=fail", "dmarc=fail"}},
    };
    struct scene *scene = *state;
    const char *record;

    scene_add_good_records(&scene->fake);
    scene->fake.keys = fake_keys_make(scene->fake.arena, "example.org", "s1", KEY_RSA, &record);
    fake_world_add(&scene->fake, "s1._domainkey.example.org", DNS_TXT, record);
    choose_all(&scene->fake.world->rules);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        send_signed(scene, rows[i].client, rows[i].body, rows[i].pieces);
    }
}

/* A message that ends in the middle leaves nothing behind. */
static void test_abort(void **state)
{
    struct scene *scene = *state;
    const char *record;

    scene->fake.keys = fake_keys_make(scene->fake.arena, "example.org", "s1", KEY_RSA, &record);
    choose_all(&scene->fake.world->rules);
    scene_send_up_to_end(
        scene->session, &(struct letter){
                            .header = (const char *const[]){
                                                            "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from; "
                                "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=AAAA", "From: a@example.org", NULL}
    });
    session_abort(scene->session);
    assert_false(session_has_message(scene->session));
}

UNIT_MAIN(cmocka_unit_test(test_ours), cmocka_unit_test(test_libraries), SCENE_TEST(test_messages),
    SCENE_TEST(test_abort))
