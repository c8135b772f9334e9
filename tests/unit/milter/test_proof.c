/* SPDX-License-Identifier: MIT */
#include "milter/proof.h"

#include "lib/base/clock.h"
#include "tests/unit/milter/scene.h"
#include "tests/unit/unit.h"

#define LOGIN "gatepost-proof-1@example.org"

static void test_what_can_be_expected(void **state)
{
    static const struct {
        const char *name;
        struct text login;
        enum err err;
    } rows[] = {
        {"an address",    {LOGIN, sizeof LOGIN - 1}, ERR_NONE  },
        {"nothing",       {"", 0},                   ERR_SYNTAX},
        {"a name alone",  {"alice", 5},              ERR_SYNTAX},
        {"no local part", {"@example.org", 12},      ERR_SYNTAX},
        {"no domain",     {"alice@", 6},             ERR_SYNTAX},
    };
    struct proof proof = PROOF_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_row(rows[i].name);
        assert_int_equal(proof_expect(&proof, rows[i].login, NULL), rows[i].err);
    }
}

static void test_bound(void **state)
{
    char login[PROOF_LOGIN_MAX + 1];
    struct proof proof = PROOF_NONE;

    (void)state;
    memset(login, 'a', sizeof login);
    login[1] = '@';
    assert_int_equal(proof_expect(&proof, text_from_bytes(login, sizeof login), NULL), ERR_LIMIT);
    assert_int_equal(
        proof_expect(&proof, text_from_bytes(login, sizeof login - 1), NULL), ERR_NONE);
    assert_true(proof_take(&proof, text_from_bytes(login, sizeof login - 1)));
}

static void test_once_and_in_time(void **state)
{
    struct proof proof = PROOF_NONE;

    (void)state;
    assert_false(proof_take(&proof, TEXT("")));
    assert_false(proof_take(&proof, TEXT(LOGIN)));
    clock_test_set(1000, 1000);
    assert_int_equal(proof_expect(&proof, TEXT(LOGIN), NULL), ERR_NONE);
    assert_false(proof_take(&proof, TEXT("gatepost-proof-2@example.org")));
    assert_false(proof_take(&proof, TEXT("")));
    clock_test_set(1000, 1000 + PROOF_LIFETIME_MS - 1);
    assert_true(proof_take(&proof, TEXT(LOGIN)));
    assert_false(proof_take(&proof, TEXT(LOGIN)));
    assert_int_equal(proof_expect(&proof, TEXT(LOGIN), NULL), ERR_NONE);
    clock_test_set(1000, 1000 + 2 * PROOF_LIFETIME_MS);
    assert_false(proof_take(&proof, TEXT(LOGIN)));
    clock_test_release();
}

static void test_the_last_one_counts(void **state)
{
    struct proof proof = PROOF_NONE;

    (void)state;
    assert_int_equal(proof_expect(&proof, TEXT("a@example.org"), NULL), ERR_NONE);
    assert_int_equal(proof_expect(&proof, TEXT(LOGIN), NULL), ERR_NONE);
    assert_false(proof_take(&proof, TEXT("a@example.org")));
    assert_true(proof_take(&proof, TEXT(LOGIN)));
}

/* --- in a session --- */

static bool take_proof(void *context, struct text login)
{
    return proof_take(context, login);
}

static const struct row {
    const char *name, *login;
    bool has_key;
    enum err key_error;
    enum reply_verdict verdict;
    const char *text;
} rows[] = {
    {"signed",            LOGIN,               true,  ERR_ABSENT, REPLY_REJECT,
     "Gatepost proof: signed for example.org by s1 (rsa-sha256)"                      },
    {"no key",            LOGIN,               false, ERR_ABSENT, REPLY_REJECT,
     "Gatepost proof: no key signs for example.org"                                   },
    {"another login",     "alice@example.org", true,  ERR_ABSENT, REPLY_CONTINUE, NULL},
    {"without login",     NULL,                true,  ERR_ABSENT, REPLY_CONTINUE, NULL},
    {"keys are not read", LOGIN,               false, ERR_IO,     REPLY_TEMPFAIL,
     "the message cannot be signed now; try again later"                              },
};

static void check(const struct row *row, struct scene *scene, struct proof *proof)
{
    const struct letter letter = {.login = row->login, .is_local = row->login == NULL};
    struct fake_world *fake = &scene->fake;
    const struct reply *reply;
    const char *record;

    unit_row(row->name);
    fake->key_error = row->key_error;
    if (row->has_key)
        fake->keys = fake_keys_make(fake->arena, "example.org", "s1", KEY_RSA, &record);
    assert_int_equal(proof_expect(proof, TEXT(LOGIN), NULL), ERR_NONE);
    reply = scene_send(scene->session, &letter);
    assert_int_equal(reply->verdict, row->verdict);
    if (row->text != NULL)
        assert_string_equal(reply->text, row->text);
    if (row->verdict == REPLY_REJECT) {
        assert_string_equal(reply->code, "550");
        assert_changes(reply, "");
        assert_int_equal(scene_send(scene->session, &letter)->verdict, REPLY_CONTINUE);
    }
    key_set_release(&fake->keys);
}

/* The message that is expected is refused, with the keys' names, once; no other one is. */
static void test_refused_in_a_session(void **state)
{
    struct scene *scene = *state;
    struct proof proof = PROOF_NONE;

    scene->fake.world->proof = (struct world_proof){&proof, take_proof};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(&rows[i], scene, &proof);
}

UNIT_MAIN(cmocka_unit_test(test_what_can_be_expected), cmocka_unit_test(test_bound),
    cmocka_unit_test(test_once_and_in_time), cmocka_unit_test(test_the_last_one_counts),
    SCENE_TEST(test_refused_in_a_session))
