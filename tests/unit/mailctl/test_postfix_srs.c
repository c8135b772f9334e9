/* SPDX-License-Identifier: MIT */

/* The way back of bounces to rewritten senders, as it is planned into main.cf. */

#include "mailctl/attach/postfix-srs.h"

#include "mailctl/attach/postfix-wiring.h"
#include "tests/unit/unit.h"

#define TABLE                                                                                      \
    "pipemap:{regexp:{{/^(\"?srs[01][-+=].*@srs\\.example\\.net)$$/ $$1}}, "                       \
    "socketmap:unix:gatepost/lookup:srs}"
#define COMMENT "# Gatepost's (\"mailctl detach\" takes it out again)\n"
#define DEFINED COMMENT "gatepost_srs = " TABLE "\n"
#define MAPS "virtual_alias_maps = $gatepost_aliases\n"
#define OUR_MAPS "virtual_alias_maps = $gatepost_srs, $gatepost_aliases\n"
#define DEFAULT "virtual_alias_domains = $virtual_alias_maps\n"

static const struct {
    const char *name, *domain, *main_cf, *after;
    bool is_ours;
} rows[] = {
    {"no such domain",            "",                 MAPS,                                         MAPS, false},
    {"before all aliases",        "srs.example.net",  MAPS "virtual_alias_domains =\n",
     OUR_MAPS "virtual_alias_domains = srs.example.net\n" DEFINED,                                        false},
    {"as it may be written",      "SRS.Example.net.", MAPS "virtual_alias_domains = his.example\n",
     OUR_MAPS "virtual_alias_domains = his.example, srs.example.net\n" DEFINED,                           false},
    {"the default stays",         "srs.example.net",  MAPS,
     OUR_MAPS DEFINED "virtual_alias_domains = $virtual_alias_maps, srs.example.net\n",                   false},
    {"a domain of the directory", "srs.example.net",  MAPS "virtual_alias_domains =\n",
     OUR_MAPS "virtual_alias_domains =\n" DEFINED,                                                        true },
    {"a domain of the system",    "srs.example.net",
     MAPS "virtual_alias_domains =\nmydestination = localhost, srs.example.net\n",
     OUR_MAPS "virtual_alias_domains =\nmydestination = localhost, srs.example.net\n" DEFINED,
     false                                                                                                     },
    {"a relay domain by a name",  "srs.example.net",
     MAPS "virtual_alias_domains =\nhis = srs.example.net\nrelay_domains = $his\n",
     OUR_MAPS "virtual_alias_domains =\nhis = srs.example.net\nrelay_domains = $his\n" DEFINED,
     false                                                                                                     },
    {"there already",             "srs.example.net",
     OUR_MAPS "virtual_alias_domains = srs.example.net\n" DEFINED,
     OUR_MAPS "virtual_alias_domains = srs.example.net\n" DEFINED,                                        false},
    {"there by a name of his",    "srs.example.net",
     OUR_MAPS "his = srs.example.net\nvirtual_alias_domains = $his\n" DEFINED,
     OUR_MAPS "his = srs.example.net\nvirtual_alias_domains = $his\n" DEFINED,                            false},
    {"another one before",        "srs.example.net",
     OUR_MAPS "virtual_alias_domains = old.example\ngatepost_srs = x\n",
     OUR_MAPS "virtual_alias_domains = old.example, srs.example.net\ngatepost_srs = " TABLE "\n",
     false                                                                                                     },
};

static void test_plan(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct settings settings = {.srs = {.domain = rows[i].domain}};
        struct attach_site site = {.arena = arena, .settings = &settings};
        struct plan plan = {.arena = arena};
        struct text known = arena_print(arena, "%s%s", rows[i].main_cf, DEFAULT);
        struct plan_file file = {.before = {.content = text_from_string(rows[i].main_cf)}};
        struct wiring wiring = {
            .site = &site,
            .arena = arena,
            .plan = &plan,
            .instance = {.arena = arena, .raw = known, .expanded = known},
            .main = &file,
            .lookup = TEXT("unix:gatepost/lookup")
        };

        unit_row(rows[i].name);
        file.after = file.before;
        wiring_plan_srs(&wiring, rows[i].is_ours);
        assert_text_equal(file.after.content, rows[i].after);
        arena_free(&arena);
    }
}

static void test_known(void **state)
{
    static const struct {
        const char *name, *domain, *maps;
        bool is_known;
    } maps[] = {
        {"ours",             "srs.example.net", "hash:/etc/aliases, " TABLE, true },
        {"none",             "srs.example.net", "hash:/etc/aliases",         false},
        {"another domain's", "srs.example.org", TABLE,                       false},
        {"one below",        "example.net",     TABLE,                       false},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        unit_row(maps[i].name);
        assert_int_equal(postfix_srs_is_known(text_from_string(maps[i].maps),
                             text_from_string(maps[i].domain), arena),
            maps[i].is_known);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_plan), cmocka_unit_test(test_known))
