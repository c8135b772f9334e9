/* SPDX-License-Identifier: MIT */
#include "milter/world.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* A world of the settings in that text. */
static struct world *world_of(const char *text)
{
    char path[] = "/tmp/gatepost-world.XXXXXX";
    int fd = mkstemp(path);
    struct settings *settings;
    struct failure failure;
    struct world *world;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(settings_load(path, &settings, &failure), ERR_NONE);
    (void)unlink(path);
    assert_int_equal(world_new(settings, &world, &failure), ERR_NONE);
    settings_free(&settings);
    return world;
}

#define HOST "hostname = mx.example.net\n"

/* Each choice that the operator has, as its message will find it. */
static void test_choices(void **state)
{
    static const struct {
        const char *text;
        enum settings_on_failure on_dns_failure;
        enum settings_on_mismatch on_from_mismatch;
        enum settings_on_reject on_reject;
        enum settings_on_own_domain on_own_domain;
        bool accept_short_body;
    } rows[] = {
        {HOST,                                        SETTINGS_ON_FAILURE_ACCEPT, SETTINGS_ON_MISMATCH_LOG, SETTINGS_ON_REJECT_QUARANTINE,
         SETTINGS_ON_OWN_DOMAIN_MARK,                                                                                                                                     false},
        {HOST "milter { on_dns_failure = defer }",    SETTINGS_ON_FAILURE_DEFER,
         SETTINGS_ON_MISMATCH_LOG,                                                                          SETTINGS_ON_REJECT_QUARANTINE, SETTINGS_ON_OWN_DOMAIN_MARK,
         false                                                                                                                                                                 },
        {HOST "milter { on_from_mismatch = off }",    SETTINGS_ON_FAILURE_ACCEPT,
         SETTINGS_ON_MISMATCH_OFF,                                                                          SETTINGS_ON_REJECT_QUARANTINE, SETTINGS_ON_OWN_DOMAIN_MARK,
         false                                                                                                                                                                 },
        {HOST "milter { on_from_mismatch = reject }", SETTINGS_ON_FAILURE_ACCEPT,
         SETTINGS_ON_MISMATCH_REJECT,                                                                       SETTINGS_ON_REJECT_QUARANTINE, SETTINGS_ON_OWN_DOMAIN_MARK,
         false                                                                                                                                                                 },
        {HOST "milter { on_short_body = pass }",      SETTINGS_ON_FAILURE_ACCEPT,
         SETTINGS_ON_MISMATCH_LOG,                                                                          SETTINGS_ON_REJECT_QUARANTINE, SETTINGS_ON_OWN_DOMAIN_MARK,
         true                                                                                                                                                                  },
        {HOST "dmarc { on_reject = reject }",         SETTINGS_ON_FAILURE_ACCEPT, SETTINGS_ON_MISMATCH_LOG,
         SETTINGS_ON_REJECT_REJECT,                                                                                                        SETTINGS_ON_OWN_DOMAIN_MARK,   false},
        {HOST "dmarc { on_own_domain = quarantine }", SETTINGS_ON_FAILURE_ACCEPT,
         SETTINGS_ON_MISMATCH_LOG,                                                                          SETTINGS_ON_REJECT_QUARANTINE,
         SETTINGS_ON_OWN_DOMAIN_QUARANTINE,                                                                                                                               false},
        {HOST "dmarc { on_own_domain = reject }",     SETTINGS_ON_FAILURE_ACCEPT,
         SETTINGS_ON_MISMATCH_LOG,                                                                          SETTINGS_ON_REJECT_QUARANTINE, SETTINGS_ON_OWN_DOMAIN_REJECT,
         false                                                                                                                                                                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *world = world_of(rows[i].text);

        unit_row(rows[i].text);
        assert_int_equal(world->decisions.on_dns_failure, rows[i].on_dns_failure);
        assert_int_equal(world->decisions.on_from_mismatch, rows[i].on_from_mismatch);
        assert_int_equal(world->decisions.on_reject, rows[i].on_reject);
        assert_int_equal(world->decisions.on_own_domain, rows[i].on_own_domain);
        assert_int_equal(world->rules.signatures.accept_short_body, rows[i].accept_short_body);
        world_release(&world);
    }
}

static void test_names_and_bounds(void **state)
{
    struct world *world =
        world_of(HOST "milter { authserv_id = id.example.net header_bytes = 20K header_fields = 77 "
                      "signature_lifetime = 2d oversign_fields = {} trusted_networks = "
                      "{192.0.2.0/28} originating_daemons = {OURS} }\ndns { timeout = 3s }");
    struct ip near, far;

    (void)state;
    assert_true(ip_parse(TEXT("192.0.2.15"), &near));
    assert_true(ip_parse(TEXT("192.0.2.16"), &far));
    assert_text_equal(world->rules.authserv_id, "id.example.net");
    assert_int_equal(world->rules.limits.header_bytes, 20 * 1024);
    assert_int_equal(world->rules.limits.fields, 77);
    assert_int_equal(world->decisions.signature_lifetime_s, 2 * 24 * 3600);
    assert_int_equal(world->decisions.dns_timeout_ms, 3000);
    assert_null(world->decisions.oversign_fields[0]);
    assert_true(world_trusts(world, &near));
    assert_false(world_trusts(world, &far));
    assert_true(world_is_originating(world, TEXT("ours")));
    assert_false(world_is_originating(world, TEXT("ORIGINATING")));
    world_release(&world);
    assert_null(world);
    world = world_of(HOST);
    assert_text_equal(world->rules.authserv_id, "mx.example.net");
    world_release(&world);
}

UNIT_MAIN(cmocka_unit_test(test_choices), cmocka_unit_test(test_names_and_bounds))
