/* SPDX-License-Identifier: MIT */

/* Domains of ours that a Postfix keeps for accounts of the system. */

#include "mailctl/postfix-list.h"
#include "mailctl/postfix-local.h"
#include "tests/unit/unit.h"

#define LIST "/var/lib/gatepost/postfix/domains"
#define ATTACHED "virtual_mailbox_domains = a.example, hash:" LIST "\n"

static const struct {
    const char *name, *expanded, *domain;
    bool is_local;
} rows[] = {
    {"stands there",           ATTACHED "mydestination = mail.example.org, example.org\n",           "example.org",
     true                                                                                                                },
    {"in capitals",            "mydestination = Example.ORG\n" ATTACHED,                             "example.org", true },
    {"does not stand there",   ATTACHED "mydestination = localhost\n",                               "example.org", false},
    {"a part of another name", ATTACHED "mydestination = mail.example.org\n",                        "example.org", false},
    {"nothing is local",       ATTACHED "mydestination = \n",                                        "example.org", false},
    {"not attached",           "virtual_mailbox_domains = a.example\nmydestination = example.org\n",
     "example.org",                                                                                                 false},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct postfix_instance instance = {
            .arena = arena, .expanded = text_from_string(rows[i].expanded)};

        unit_row(rows[i].name);
        assert_int_equal(postfix_list_has(postfix_local_names(&instance, LIST),
                             text_from_string(rows[i].domain)),
            rows[i].is_local);
        arena_free(&arena);
    }
}

static void test_once(void **state)
{
    struct arena *arena = arena_new();
    struct postfix_instance instance = {.arena = arena,
        .expanded = TEXT(ATTACHED "mydestination = a.example, b.example, A.example\n")};

    (void)state;
    assert_text_equal(postfix_local_names(&instance, LIST), "a.example, b.example");
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_names), cmocka_unit_test(test_once))
