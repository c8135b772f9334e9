/* SPDX-License-Identifier: MIT */
#include "milter/forwarding.h"

#include "lib/store/alias.h"
#include "lib/store/domain.h"
#include "lib/store/srs-secret.h"
#include "lib/store/user.h"
#include "tests/unit/store/ground.h"

#define NOW 1700000000 /* "G3" */
#define REWRITTEN "SRS0=XsXX=G3=example.com=ann@srs.example.org"

static struct directory_pool *pool;

static void add_alias(struct store *store, const char *address, const char *target)
{
    const struct text targets[] = {text_from_string(target)};
    const struct alias alias = {.address = text_from_string(address),
        .targets = targets,
        .target_count = 1,
        .enabled = true};

    assert_int_equal(alias_add(store, &alias, 1), ERR_NONE);
}

static int place_up(void **state)
{
    const struct user bob = {.local_part = TEXT("bob"), .domain = TEXT("example.org")};
    struct ground *ground;
    struct store *store;

    ground_make(state);
    ground = *state;
    store = ground_open(ground, STORE_DIRECTORY);
    assert_int_equal(domain_add(store, TEXT("example.org"), 1), ERR_NONE);
    assert_int_equal(user_add(store, &bob, 1), ERR_NONE);
    add_alias(store, "away@example.org", "x@elsewhere.example");
    add_alias(store, "a b@example.org", "x@elsewhere.example");
    store_close(&ground->store);
    store = ground_open(ground, STORE_SRS);
    assert_int_equal(srs_secret_add(store, TEXT("an older one"), 1), ERR_NONE);
    assert_int_equal(srs_secret_add(store, TEXT("tops3cret"), 2), ERR_NONE);
    store_close(&ground->store);
    pool = directory_pool_new(ground->directory);
    return 0;
}

static int place_down(void **state)
{
    directory_pool_free(&pool);
    return ground_remove(state);
}

static enum err judge(const struct ground *ground, const struct forwarding_request *request,
    struct forwarding_verdict *verdict_r)
{
    struct failure failure;

    return forwarding_judge(pool, ground->directory, request, ground->arena, verdict_r, &failure);
}

static struct forwarding_request request_of(const char *sender, const struct text *recipient)
{
    return (struct forwarding_request){
        .sender = text_from_string(sender),
        .recipients = recipient,
        .recipient_count = 1,
        .host = TEXT("mail.example.org"),
        .srs = {.domain = TEXT("srs.example.org"), .max_age_days = 21},
        .now = NOW,
    };
}

static const struct {
    const char *name, *sender, *recipient;
    bool is_resent, is_forwarded;
} rows[] = {
    {"stays here",               "ann@example.com", "bob@example.org",              false, false},
    {"elsewhere by an alias",    "ann@example.com", "Away@Example.ORG",             false, true },
    {"a quoted recipient",       "ann@example.com", "\"a b\"@example.org",          false, true },
    {"no address",               "ann@example.com", "bob",                          false, false},
    {"sent elsewhere",           "ann@example.com", "x@elsewhere.example",          false, false},
    {"resent elsewhere",         "ann@example.com", "x@elsewhere.example",          true,  true },
    {"resent within",            "ann@example.com", "bob@example.org",              true,  false},
    {"resent to this host",      "ann@example.com", "root@mail.example.org",        true,  false},
    {"a bounce's way back",      "ann@example.com", "srs0=x=y=z=w@SRS.example.org", false, true },
    {"elsewhere in that domain", "ann@example.com", "info@srs.example.org",         false, false},
};

static void test_recipients(void **state)
{
    const struct ground *ground = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text recipient = text_from_string(rows[i].recipient);
        struct forwarding_request request = request_of(rows[i].sender, &recipient);
        struct forwarding_verdict verdict;

        unit_row(rows[i].name);
        request.is_resent = rows[i].is_resent;
        assert_int_equal(judge(ground, &request, &verdict), ERR_NONE);
        assert_int_equal(verdict.is_forwarded, rows[i].is_forwarded);
        assert_int_equal(verdict.rewriting, rows[i].is_forwarded ? SRS_REWRITTEN : SRS_NOT_NEEDED);
        if (rows[i].is_forwarded) {
            assert_text_equal(verdict.sender, REWRITTEN);
            assert_text_equal(verdict.recipient, rows[i].recipient);
        }
    }
}

static void test_senders(void **state)
{
    static const struct {
        const char *name, *sender;
        enum srs_forward rewriting;
    } senders[] = {
        {"another's",       "ann@example.com",       SRS_REWRITTEN },
        {"below ours",      "ann@news.example.org",  SRS_REWRITTEN },
        {"ours",            "bob@Example.org",       SRS_NOT_NEEDED},
        {"this host's",     "root@mail.example.org", SRS_NOT_NEEDED},
        {"rewritten",       REWRITTEN,               SRS_NOT_NEEDED},
        {"the null sender", "",                      SRS_NOT_NEEDED},
        {"no address",      "ann@[192.0.2.1]",       SRS_NO_ADDRESS},
    };
    static const struct text away = {"away@example.org", 16};
    const struct ground *ground = *state;

    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        struct forwarding_request request = request_of(senders[i].sender, &away);
        struct forwarding_verdict verdict;

        unit_row(senders[i].name);
        assert_int_equal(judge(ground, &request, &verdict), ERR_NONE);
        assert_true(verdict.is_forwarded);
        assert_int_equal(verdict.rewriting, senders[i].rewriting);
        request.srs.domain = TEXT("");
        assert_int_equal(judge(ground, &request, &verdict), ERR_NONE);
        assert_true(verdict.is_forwarded && verdict.rewriting == SRS_NOT_NEEDED);
    }
}

static void test_second_of_several(void **state)
{
    static const struct text recipients[] = {
        {"bob@example.org",  15},
        {"away@example.org", 16},
    };
    struct forwarding_request request = request_of("ann@example.com", recipients);
    struct forwarding_verdict verdict;

    request.recipient_count = 2;
    assert_int_equal(judge(*state, &request, &verdict), ERR_NONE);
    assert_text_equal(verdict.recipient, "away@example.org");
    request.recipient_count = 1;
    request.has_more = true;
    assert_int_equal(judge(*state, &request, &verdict), ERR_NONE);
    assert_true(verdict.is_forwarded && verdict.rewriting == SRS_REWRITTEN);
    assert_text_equal(verdict.recipient, "");
}

/* Neither "not forwarded" nor an address that nobody would take back. */
static void test_failures(void **state)
{
    static const struct {
        const char *name, *file, *sql;
    } damages[] = {
        {"no secret",  "srs/srs.db",             "DELETE FROM srs_secret"            },
        {"no secrets", "srs/srs.db",             "ALTER TABLE srs_secret RENAME TO x"},
        {"no aliases", "directory/directory.db", "ALTER TABLE alias RENAME TO x"     },
    };
    static const struct text away = {"away@example.org", 16};
    struct forwarding_request request = request_of("ann@example.com", &away);
    struct ground *ground = *state;

    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct forwarding_verdict verdict = {.rewriting = SRS_TOO_LONG};
        enum err err;

        unit_row(damages[i].name);
        ground_run(ground, damages[i].file, damages[i].sql);
        err = judge(ground, &request, &verdict);
        assert_true(err != ERR_NONE && err != ERR_ABSENT);
        assert_int_equal(verdict.rewriting, SRS_TOO_LONG);
    }
}

static void test_no_database(void **state)
{
    static const struct text away = {"away@example.org", 16};
    struct forwarding_request request = request_of("ann@example.com", &away);
    struct ground *ground = *state;
    struct forwarding_verdict verdict;
    char path[128], aside[128];

    assert_int_equal(rename(ground_path(ground, "srs", path), ground_path(ground, "x", aside)), 0);
    assert_int_equal(judge(ground, &request, &verdict), ERR_IO);
    request.sender = TEXT("bob@example.org"); /* needs none */
    assert_int_equal(judge(ground, &request, &verdict), ERR_NONE);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, place_up, place_down)

UNIT_MAIN(TEST(test_recipients), TEST(test_senders), TEST(test_second_of_several),
    TEST(test_failures), TEST(test_no_database))
