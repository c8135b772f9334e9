/* SPDX-License-Identifier: MIT */
#include "milter/exceptions.h"

#include "lib/store/domain.h"
#include "lib/store/trusted-forwarder.h"
#include "tests/unit/unit.h"

struct place {
    char folder[64];
    struct directory_pool *directory;
    struct arena *arena;
};

static void forward(struct store *store, enum forwarder_kind kind, const char *value)
{
    const struct trusted_forwarder forwarder = {kind, text_from_string(value), 0};

    assert_int_equal(trusted_forwarder_add(store, &forwarder, 1), ERR_NONE);
}

static void override(struct store *store, const char *domain, enum dmarc_action action)
{
    const struct dmarc_override override = {text_from_string(domain), action, 0};

    assert_int_equal(dmarc_override_add(store, &override, 1), ERR_NONE);
}

static int place_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct failure failure = {ERR_NONE, ""};
    struct store *store;
    bool changed;

    strcpy(place->folder, "/tmp/gatepost-exceptions-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->arena = arena_new();
    if (store_prepare(place->folder, STORE_DIRECTORY, NULL, &changed, &failure) != ERR_NONE ||
        store_open(place->folder, STORE_DIRECTORY, STORE_WRITE, &store, &failure) != ERR_NONE)
        fail_msg("%s", failure.text);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    forward(store, FORWARDER_CLIENT, "192.0.2.0/24");
    forward(store, FORWARDER_CLIENT, "2001:db8::/32");
    forward(store, FORWARDER_SIGNER, "lists.example");
    forward(store, FORWARDER_SENDER, "forms.example");
    forward(store, FORWARDER_SEALER, "one.example");
    forward(store, FORWARDER_SEALER, "two.example");
    override(store, "bank.example", DMARC_ACTION_REJECT);
    override(store, "news.bank.example", DMARC_ACTION_ACCEPT);
    override(store, "shop.example.org", DMARC_ACTION_QUARANTINE);
    store_close(&store);
    place->directory = directory_pool_new(place->folder);
    *state = place;
    return 0;
}

static int place_down(void **state)
{
    struct place *place = *state;
    char command[128];

    directory_pool_free(&place->directory);
    arena_free(&place->arena);
    snprintf(command, sizeof command, "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static const struct {
    const char *name, *client, *sender, *signer, *author, *second;
    const char *forwarder, *override, *own; /* NULL: none */
} rows[] = {
    {"nothing",            "203.0.113.1", "",              "a.example",         "a.example",           NULL,          NULL,                   NULL,         NULL           },
    {"a client",           "192.0.2.9",   "",              "",                  "bank.example",        NULL,          "client 192.0.2.0/24",  NULL,         NULL           },
    {"a client of IPv6",   "2001:db8::9", "",              "",                  "a.example",           NULL,          "client 2001:db8::/32", NULL,
     NULL                                                                                                                                                                  },
    {"a signer",           "203.0.113.1", "",              "lists.example",     "example.org",         NULL,          "signer lists.example",
     NULL,                                                                                                                                                  NULL           },
    {"below a signer",     "203.0.113.1", "",              "a.b.lists.example", "a.example",           NULL,
     "signer lists.example",                                                                                                                  NULL,         NULL           },
    {"ends like a signer", "203.0.113.1", "",              "notlists.example",  "a.example",           NULL,          NULL,                   NULL,
     NULL                                                                                                                                                                  },
    {"a sender",           "203.0.113.1", "forms.example", "",                  "a.example",           NULL,          "sender forms.example",
     NULL,                                                                                                                                                  NULL           },
    {"a sender as signer", "203.0.113.1", "",              "forms.example",     "a.example",           NULL,          NULL,                   NULL,         NULL           },
    {"an override",        "203.0.113.1", "",              "",                  "bank.example",        NULL,          NULL,                   "reject",     NULL           },
    {"the nearest one",    "203.0.113.1", "",              "",                  "x.news.bank.example", NULL,          NULL,                   "accept",     NULL           },
    {"a parent's",         "203.0.113.1", "",              "",                  "old.bank.example",    NULL,          NULL,                   "reject",     NULL           },
    {"ends like one",      "203.0.113.1", "",              "",                  "mybank.example",      NULL,          NULL,                   NULL,         NULL           },
    {"ours",               "203.0.113.1", "",              "",                  "example.org",         NULL,          NULL,                   NULL,         "example.org"  },
    {"below ours",         "203.0.113.1", "",              "",                  "a.example.org",       NULL,          NULL,                   NULL,         "a.example.org"},
    {"ours, second",       "203.0.113.1", "",              "",                  "a.example",           "example.org", NULL,                   NULL,         "example.org"  },
    {"ours, overridden",   "203.0.113.1", "",              "",                  "shop.example.org",    NULL,          NULL,                   "quarantine", NULL           },
};

static void test_judge(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct text signers[] = {text_from_string(rows[i].signer)};
        const struct text authors[] = {
            text_from_string(rows[i].author), text_from_string(rows[i].second)};
        struct exceptions_request request = {
            .sender_domain = text_from_string(rows[i].sender),
            .signers = signers,
            .signer_count = 1,
            .authors = authors,
            .author_count = rows[i].second == NULL ? 1 : 2,
            .failed_count = 1,
        };
        struct exceptions_verdict found;
        struct failure failure;

        unit_row(rows[i].name);
        assert_true(ip_parse(text_from_string(rows[i].client), &request.client));
        assert_int_equal(
            exceptions_judge(place->directory, &request, place->arena, &found, &failure), ERR_NONE);
        assert_text_equal(found.forwarder, rows[i].forwarder == NULL ? "" : rows[i].forwarder);
        assert_int_equal(found.has_override, rows[i].override != NULL);
        if (rows[i].override != NULL)
            assert_string_equal(dmarc_action_word(found.override), rows[i].override);
        assert_text_equal(found.own_domain, rows[i].own == NULL ? "" : rows[i].own);
    }
}

/* No author who fails is let in, or let off more lightly, for what is said of another. */
static void test_overrides_of_several(void **state)
{
    static const struct {
        const char *name, *authors[2];
        size_t failed_count;
        const char *override, *own;
    } several[] = {
        {"the strictest",             {"shop.example.org", "bank.example"}, 2, "reject",     ""           },
        {"the strictest first",       {"bank.example", "shop.example.org"}, 2, "reject",     ""           },
        {"the only one",              {"a.example", "shop.example.org"},    2, "quarantine", ""           },
        {"to let in counts for none", {"news.bank.example", "a.example"},   2, NULL,         ""           },
        {"to let in, and ours",       {"news.bank.example", "example.org"}, 2, NULL,         "example.org"},
        {"the other one passes",      {"news.bank.example", "a.example"},   1, "accept",     ""           },
        {"of one that passes",        {"a.example", "bank.example"},        1, NULL,         ""           },
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        const struct text authors[] = {
            text_from_string(several[i].authors[0]), text_from_string(several[i].authors[1])};
        const struct exceptions_request request = {
            .authors = authors, .author_count = 2, .failed_count = several[i].failed_count};
        struct exceptions_verdict found;
        struct failure failure;

        unit_row(several[i].name);
        assert_int_equal(
            exceptions_judge(place->directory, &request, place->arena, &found, &failure), ERR_NONE);
        assert_int_equal(found.has_override, several[i].override != NULL);
        if (several[i].override != NULL)
            assert_string_equal(dmarc_action_word(found.override), several[i].override);
        assert_text_equal(found.own_domain, several[i].own);
    }
}

/* One who is not trusted may have said of the chain before what it liked. */
static void test_sealers(void **state)
{
    static const struct {
        const char *name, *sealers[3], *forwarder;
    } chains[] = {
        {"one",                 {"one.example"},                             "sealer one.example"},
        {"below one",           {"mx.one.example"},                          "sealer one.example"},
        {"two",                 {"two.example", "one.example"},              "sealer two.example"},
        {"the first is nobody", {"two.example", "x.example"},                ""                  },
        {"the last is nobody",  {"x.example", "one.example"},                ""                  },
        {"one between",         {"two.example", "x.example", "one.example"}, ""                  },
        {"a signer",            {"lists.example"},                           ""                  },
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct text sealers[3];
        struct exceptions_request request = {.sealers = sealers};
        struct exceptions_verdict found;
        struct failure failure;

        unit_row(chains[i].name);
        for (size_t j = 0; j < 3 && chains[i].sealers[j] != NULL; j++)
            sealers[request.sealer_count++] = text_from_string(chains[i].sealers[j]);
        assert_int_equal(
            exceptions_judge(place->directory, &request, place->arena, &found, &failure), ERR_NONE);
        assert_text_equal(found.forwarder, chains[i].forwarder);
    }
}

/* Mail without a client's address, or without an author. */
static void test_bare_request(void **state)
{
    struct place *place = *state;
    const struct exceptions_request request = {.author_count = 0};
    struct exceptions_verdict found;
    struct failure failure;

    assert_int_equal(
        exceptions_judge(place->directory, &request, place->arena, &found, &failure), ERR_NONE);
    assert_text_equal(found.forwarder, "");
    assert_false(found.has_override);
}

static void test_no_database(void **state)
{
    struct place *place = *state;
    const struct exceptions_request request = {.author_count = 0};
    struct exceptions_verdict found;
    struct failure failure;
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s/directory", place->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(
        exceptions_judge(place->directory, &request, place->arena, &found, &failure), ERR_IO);
    assert_non_null(strstr(failure.text, "directory"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_up, place_down)

UNIT_MAIN(TEST(test_judge), TEST(test_overrides_of_several), TEST(test_sealers),
    TEST(test_bare_request), TEST(test_no_database))
