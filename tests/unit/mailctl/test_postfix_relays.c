/* SPDX-License-Identifier: MIT */

/* Domains whose mail is passed on, as they are planned into main.cf. */

#include "mailctl/attach/postfix-relays.h"

#include "mailctl/attach/postfix-wiring.h"
#include "tests/unit/unit.h"

#define DOMAINS "/var/lib/gatepost/postfix/domains"
#define LIST "/var/lib/gatepost/postfix/relays"
#define TABLE "hash:" LIST
#define COMMENT "# Gatepost's (\"mailctl detach\" takes it out again)\n"
#define DEFINED COMMENT "gatepost_relays = pipemap:{regexp:{{/^(.+)$$/ $$1}}, " TABLE "}\n"
#define ASKED                                                                                      \
    "gatepost_relay_recipients = pipemap:{$gatepost_ours, "                                        \
    "socketmap:unix:gatepost/lookup:relay-recipients}\n"
#define OTHERS                                                                                     \
    "gatepost_other_recipients = pipemap:{unionmap:{regexp:{{/^(.+@.+)$$/ $$1}}, "                 \
    "pipemap:{regexp:{{/^.+@([^@]+)$$/ $$1}}, " TABLE "}}, regexp:{{!/,gatepost$$/ x}}}\n"
#define MAPS "relay_recipient_maps = $gatepost_relay_recipients, $gatepost_other_recipients\n"

static const struct {
    const char *name, *main_cf, *defaults, *after;
} rows[] = {
    {"nothing there",                  "",                                                                "relay_domains =\n",
     DEFINED "relay_domains = $gatepost_relays\n" ASKED OTHERS MAPS                           },
    {"the default of old",             "",                                                                "relay_domains = $mydestination\n",
     DEFINED "relay_domains = $mydestination, $gatepost_relays\n" ASKED OTHERS MAPS           },
    {"others there",                   "relay_domains = his.example\n",                                   "",
     "relay_domains = his.example, $gatepost_relays\n" DEFINED ASKED OTHERS MAPS              },
    {"others, with recipients",        "relay_domains = his.example\nrelay_recipient_maps = hash:/his\n",
     "",                                                                                                                                             "relay_domains = his.example, $gatepost_relays\n"
        "relay_recipient_maps = hash:/his, $gatepost_relay_recipients\n" DEFINED ASKED},
    {"there already",
     "relay_domains = " TABLE "\n" ASKED "relay_recipient_maps = $gatepost_relay_recipients\n",
     "gatepost_ours = x\n" ASKED,
     "relay_domains = " TABLE "\n" ASKED "relay_recipient_maps = $gatepost_relay_recipients\n"},
    {"of a version that asked nobody",
     "relay_domains = " TABLE "\ngatepost_relay_recipients = hash:/old\n"
        "relay_recipient_maps = hash:/his, $gatepost_relay_recipients\n",                                 "gatepost_relay_recipients = hash:/old\n",
     "relay_domains = " TABLE "\n" ASKED
        "relay_recipient_maps = hash:/his, $gatepost_relay_recipients\n"                      },
};

static void test_plan(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct plan plan = {.arena = arena};
        struct text known = arena_print(
            arena, "mydestination = localhost\n%s%s", rows[i].main_cf, rows[i].defaults);
        struct plan_file file = {.before = {.content = text_from_string(rows[i].main_cf)}};
        struct wiring wiring = {
            .arena = arena,
            .plan = &plan,
            .instance = {.arena = arena, .raw = known, .expanded = known},
            .main = &file,
            .relays = TABLE,
            .lookup = TEXT("unix:gatepost/lookup")
        };

        unit_row(rows[i].name);
        file.after = file.before;
        wiring_plan_relays(&wiring);
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
        {"not attached",              "virtual_mailbox_domains = x\nrelay_domains =\n",                             false, true },
        {"attached",                  "virtual_mailbox_domains = hash:" DOMAINS "\nrelay_domains = x, " TABLE "\n",
         true,                                                                                                             true },
        {"attached, but not to them",
         "virtual_mailbox_domains = hash:" DOMAINS "\nrelay_domains = x\n",                                         false, false},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        struct text known = text_from_string(settings[i].settings);
        struct postfix_instance instance = {.arena = arena, .raw = known, .expanded = known};

        unit_row(settings[i].name);
        assert_int_equal(postfix_relays_is_known(&instance, LIST), settings[i].is_known);
        assert_int_equal(
            postfix_relays_is_content(&instance, DOMAINS, LIST), settings[i].is_content);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_plan), cmocka_unit_test(test_known))
