/* SPDX-License-Identifier: MIT */

/* What services of master.cf are for, and what becomes of them. */

#include "mailctl/attach/postfix-wiring.h"
#include "tests/unit/mailctl/fake-plan.h"
#include "tests/unit/unit.h"

#define MILTER "unix:gatepost/milter"

/* --- the stage --- */

struct stage {
    struct attach_site site;
    struct plan plan;
    struct plan_file main_cf, master_cf;
    struct wiring wiring;
};

/* With what main.cf says, "name = value" lines, also as postconf tells it. */
static void stage_init(struct stage *stage, const char *main_cf, const char *master_cf)
{
    struct arena *arena = arena_new();
    struct text settings = text_from_string(main_cf != NULL ? main_cf : "");

    fake_plan_warnings[0] = '\0';
    *stage = (struct stage){
        .site = {.arena = arena, .keep = "opendkim"},
        .plan = {.arena = arena             },
        .main_cf = {.before = {.content = settings}},
        .master_cf = {.before = {.content = text_from_string(master_cf)}             },
    };
    stage->main_cf.after = stage->main_cf.before;
    stage->master_cf.after = stage->master_cf.before;
    stage->wiring = (struct wiring){
        .site = &stage->site,
        .arena = arena,
        .plan = &stage->plan,
        .instance = {.arena = arena, .raw = settings, .expanded = settings},
        .main = &stage->main_cf,
        .master = &stage->master_cf,
        .milter = TEXT(MILTER),
        .policy = TEXT("unix:gatepost/policy"),
        .lookup = TEXT("unix:gatepost/lookup")
    };
}

static void stage_done(struct stage *stage)
{
    arena_free(&stage->site.arena);
}

/* --- the tests --- */

#define FILTER "content_filter = smtp-amavis:[127.0.0.1]:10024\n"
#define FILTERED "smtp inet n - y - - smtpd\n  -o content_filter=smtp-amavis:[127.0.0.1]:10024\n"
#define PROXIED "smtp inet n - y - - smtpd\n  -o smtpd_proxy_filter=127.0.0.1:10024\n"

/* The last service of master.cf is meant. */
static const struct {
    const char *name, *main_cf, *master_cf;
    enum wiring_service kind;
} kinds[] = {
    {"port 25",                       NULL,   "smtp inet n - y - - smtpd\n",                                 WIRING_INCOMING   },
    {"behind postscreen",             NULL,   "smtpd pass - - y - - smtpd\n",                                WIRING_INCOMING   },
    {"one address",                   NULL,   "192.0.2.1:25 inet n - y - - smtpd\n",                         WIRING_INCOMING   },
    {"submission",                    NULL,   "[::1]:587 inet n - y - - smtpd\n",                            WIRING_SUBMISSION },
    {"logins at another port",        NULL,
     "127.0.0.1:10587 inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes\n",                                 WIRING_SUBMISSION },
    {"no smtpd",                      NULL,   "smtp unix - - y - - smtp\n",                                  WIRING_OTHER      },
    {"amavis, by the book",           FILTER, "127.0.0.1:10025 inet n - n - - smtpd -o content_filter=\n",
     WIRING_REINJECTION                                                                                                        },
    {"in brackets",                   FILTER, "[127.0.0.1]:10025 inet n - n - - smtpd -o content_filter=\n",
     WIRING_REINJECTION                                                                                                        },
    {"at all addresses",              FILTER, "10025 inet n - n - - smtpd -o content_filter=\n",
     WIRING_REINJECTION                                                                                                        },
    {"another filter follows",        FILTER,
     "127.0.0.1:10025 inet n - n - - smtpd -o content_filter=scan:[127.0.0.1]:10026\n",                      WIRING_REINJECTION},
    {"a filter on port 25 alone",     NULL,   FILTERED "127.0.0.1:10025 inet n - n - - smtpd\n",
     WIRING_REINJECTION                                                                                                        },
    {"the same in brackets",          NULL,   FILTERED "[127.0.0.1]:10025 inet n - n - - smtpd\n",
     WIRING_REINJECTION                                                                                                        },
    {"a filter before the queue",     NULL,   PROXIED "localhost:10025 inet n - n - - smtpd\n",
     WIRING_REINJECTION                                                                                                        },
    {"a program's way in, filtered",  FILTER, "127.0.0.1:2525 inet n - n - - smtpd\n",                       WIRING_OTHER      },
    {"a program's way in, no filter", NULL,   "127.0.0.1:2525 inet n - n - - smtpd\n",                       WIRING_OTHER      },
    {"another port for strangers",    NULL,   FILTERED "2525 inet n - n - - smtpd\n",                        WIRING_OTHER      },
};

static void test_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct stage stage;
        struct master_cf master;

        unit_row(kinds[i].name);
        stage_init(&stage, kinds[i].main_cf, kinds[i].master_cf);
        master = master_cf_parse(stage.master_cf.before.content, stage.wiring.arena);
        assert_int_equal(
            wiring_service_kind(&stage.wiring, &master.services[master.count - 1]), kinds[i].kind);
        stage_done(&stage);
    }
}

#define OPENDKIM "smtpd_milters = inet:localhost:8891\n"
#define BACK "127.0.0.1:10025 inet n - n - - smtpd -o content_filter="

/* Where a filter gives mail back: receive_override_options afterwards; NULL: none of its own. */
static const struct {
    const char *name, *main_cf, *master_cf, *options;
} backs[] = {
    {"inherits the milters",          FILTER OPENDKIM,                                           BACK "\n",                                        "no_milters"                                             },
    {"beside what it has",            FILTER,
     BACK " -o receive_override_options=no_unknown_recipient_checks\n",
     "no_unknown_recipient_checks,no_milters"                                                                                                                                                               },
    {"beside what main.cf has",       FILTER "receive_override_options = no_address_mappings\n",
     BACK "\n",                                                                                                                                    "$gatepost_127_0_0_1_10025_inet_receive_override_options"},
    {"none already",                  FILTER,                                                    BACK " -o receive_override_options=no_milters\n", "no_milters"                                             },
    {"no milters there",              FILTER OPENDKIM,                                           BACK " -o smtpd_milters=\n",                      NULL                                                     },
    {"one of his that is kept",       FILTER,                                                    BACK " -o smtpd_milters=inet:localhost:8891\n",   NULL                                                     },
    {"what main.cf has, by its name", FILTER OPENDKIM,                                           BACK " -o smtpd_milters=$smtpd_milters\n",
     "no_milters"                                                                                                                                                                                           },
    {"ours, put there by hand",       FILTER,                                                    BACK " -o smtpd_milters=" MILTER "\n",            "no_milters"                                             },
};

static void test_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof backs / sizeof *backs; i++) {
        struct stage stage;
        struct master_cf master;
        const struct master_cf_option *option;

        unit_row(backs[i].name);
        stage_init(&stage, backs[i].main_cf, backs[i].master_cf);
        wiring_plan_milters(&stage.wiring);
        wiring_plan_services(&stage.wiring);
        master = master_cf_parse(stage.master_cf.after.content, stage.wiring.arena);
        option = master_cf_option_find(master_cf_find(&master, TEXT("127.0.0.1:10025/inet")),
            TEXT("receive_override_options"));
        if (backs[i].options == NULL)
            assert_null(option);
        else {
            assert_non_null(option);
            assert_text_equal(option->value, backs[i].options);
        }
        stage_done(&stage);
    }
}

#define UNSEEN "receive_override_options=no_milters"
#define BOTH                                                                                       \
    "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\nsmtps inet n - y - - smtpd\n"

/* What keeps messages from us is named. */
static const struct {
    const char *name, *main_cf, *master_cf, *warning; /* or NULL */
} unseen[] = {
    {"nothing",                   FILTER,                                   BOTH,                                        NULL                             },
    {"a filter before the queue", NULL,                                     PROXIED,                                     "smtp/inet hands messages to 127"},
    {"for all",                   "smtpd_proxy_filter = 127.0.0.1:10024\n", BOTH,
     "submission/inet hands messages to 127"                                                                                                              },
    {"no milters on port 25",     NULL,                                     "smtp inet n - y - - smtpd -o " UNSEEN "\n",
     "smtp/inet asks no milters"                                                                                                                          },
    {"no milters on submission",  NULL,                                     "587 inet n - y - - smtpd -o " UNSEEN "\n",
     "587/inet asks no milters"                                                                                                                           },
};

static void test_unseen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        struct stage stage;
        const char *name = unseen[i].warning;

        unit_row(unseen[i].name);
        stage_init(&stage, unseen[i].main_cf, unseen[i].master_cf);
        wiring_plan_services(&stage.wiring);
        if (name != NULL)
            assert_non_null(strstr(fake_plan_warnings, name));
        else
            assert_null(strstr(fake_plan_warnings, "verified or signed"));
        stage_done(&stage);
    }
}

UNIT_MAIN(cmocka_unit_test(test_kind), cmocka_unit_test(test_back), cmocka_unit_test(test_unseen))
