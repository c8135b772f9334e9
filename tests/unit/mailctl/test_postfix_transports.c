/* SPDX-License-Identifier: MIT */

/* Transports of our domains, as they are planned into main.cf. */

#include "mailctl/attach/postfix-transports.h"

#include "mailctl/attach/postfix-wiring.h"
#include "tests/unit/unit.h"

#define DOMAINS "/var/lib/gatepost/postfix/domains"
#define FILE_PATH "/var/lib/gatepost/postfix/transports"
#define TABLE "hash:" FILE_PATH

static const struct {
    const char *name, *main_cf, *after;
} rows[] = {
    {"nothing there", "",                                        "transport_maps = " TABLE "\n"           },
    {"others there",  "transport_maps = hash:/his\n",            "transport_maps = " TABLE ", hash:/his\n"},
    {"there already", "transport_maps = hash:/his, " TABLE "\n",
     "transport_maps = hash:/his, " TABLE "\n"                                                            },
};

static void test_plan(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct plan plan = {.arena = arena};
        struct text known = text_from_string(rows[i].main_cf);
        struct plan_file file = {.before = {.content = known}};
        struct wiring wiring = {
            .arena = arena,
            .plan = &plan,
            .instance = {.arena = arena, .raw = known, .expanded = known},
            .main = &file,
            .transports = TABLE
        };

        unit_row(rows[i].name);
        file.after = file.before;
        wiring_plan_transports(&wiring);
        assert_text_equal(file.after.content, rows[i].after);
        arena_free(&arena);
    }
}

static void test_known(void **state)
{
    static const struct {
        const char *name, *settings;
        bool is_known, is_content;
    } settings[] = {
        {"not attached",    "virtual_mailbox_domains = x\ntransport_maps =\n",                          false, true},
        {"attached",        "virtual_mailbox_domains = hash:" DOMAINS "\ntransport_maps = " TABLE "\n",
         true,                                                                                                 true},
        {"attached before",
         "virtual_mailbox_domains = hash:" DOMAINS "\ntransport_maps = hash:/his\n",                    false,
         false                                                                                                     },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct text known = text_from_string(settings[i].settings);
        struct postfix_instance instance = {.arena = arena, .raw = known, .expanded = known};

        unit_row(settings[i].name);
        assert_int_equal(postfix_transports_is_known(&instance, FILE_PATH), settings[i].is_known);
        assert_int_equal(
            postfix_transports_is_content(&instance, DOMAINS, FILE_PATH), settings[i].is_content);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_plan), cmocka_unit_test(test_known))
