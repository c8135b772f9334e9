/* SPDX-License-Identifier: MIT */

/* The plan for the milters, on files that were never on a disk. */

#include "mailctl/attach/postfix-wiring.h"
#include "tests/unit/unit.h"

#define RIVAL "inet:localhost:8891"

static const struct {
    const char *name, *replace, *keep;
    int status;
} choices[] = {
    {"nothing",            NULL,                 NULL,              EX_OK   },
    {"known",              "opendkim,opendmarc", "rspamd",          EX_OK   },
    {"unknown to replace", "opendkim,foo",       NULL,              EX_USAGE},
    {"unknown to keep",    NULL,                 "foo",             EX_USAGE},
    {"the same in both",   "opendkim",           "rspamd,opendkim", EX_USAGE},
};

static void test_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        struct arena *arena = arena_new();
        struct attach_site site = {
            .arena = arena, .replace = choices[i].replace, .keep = choices[i].keep};

        unit_row(choices[i].name);
        assert_int_equal(wiring_check_choices(&site), choices[i].status);
        arena_free(&arena);
    }
}

static const struct {
    const char *name, *before, *after; /* master.cf */
} rows[] = {
    {"one service",              "smtp inet n - y - - smtpd\n  -o smtpd_milters=" RIVAL "\n",
     "smtp inet n - y - - smtpd\n  -o smtpd_milters=\n"            },
    {"several services",
     "smtp inet n - y - - smtpd\n  -o smtpd_milters=" RIVAL "\n"
        "submission inet n - y - - smtpd\n  -o smtpd_milters=" RIVAL ",inet:[::1]:9\n  -o his=1\n"
        "smtps inet n - y - - smtpd\n  -o smtpd_milters=" RIVAL "\n",
     "smtp inet n - y - - smtpd\n  -o smtpd_milters=\n"
        "submission inet n - y - - smtpd\n  -o smtpd_milters=inet:[::1]:9\n  -o his=1\n"
        "smtps inet n - y - - smtpd\n  -o smtpd_milters=\n"        },
    {"of others, left as it is", "smtp inet n - y - - smtpd\n  -o smtpd_milters=inet:[::1]:9\n",
     "smtp inet n - y - - smtpd\n  -o smtpd_milters=inet:[::1]:9\n"},
};

static void test_replaced_in_services(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct attach_site site = {.arena = arena, .replace = "opendkim"};
        struct plan plan = {.arena = arena};
        struct plan_file main_cf = {.before = {.content = TEXT("")}};
        struct plan_file master_cf = {
            .before = {.content = arena_copy(arena, text_from_string(rows[i].before))}};
        struct wiring wiring = {.site = &site,
            .arena = arena,
            .plan = &plan,
            .instance = {.arena = arena},
            .main = &main_cf,
            .master = &master_cf,
            .milter = TEXT("unix:gatepost/milter")};

        unit_row(rows[i].name);
        main_cf.after = main_cf.before;
        master_cf.after = master_cf.before;
        wiring_plan_milters(&wiring);
        assert_text_equal(master_cf.after.content, rows[i].after);
        arena_free(&arena);
    }
}

UNIT_MAIN(cmocka_unit_test(test_choices), cmocka_unit_test(test_replaced_in_services))
