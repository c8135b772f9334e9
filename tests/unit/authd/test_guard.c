/* SPDX-License-Identifier: MIT */
#include "authd/guard.h"

#include "authd/guard-book.h"
#include "tests/unit/unit.h"

#define START ((int64_t)1700000000)
#define HOUR ((int64_t)3600)
#define DAY (24 * HOUR)
#define ALICE "alice@example.org"
#define HOME "192.0.2.10"
#define ACCOUNTS_MAX 1000
#define NETWORKS_MAX 1000

static const struct guard_rules rules = {
    .limits = {
               [GUARD_ACCOUNT] = {10, 25},
               [GUARD_ACCOUNTS] = {6, 12},
               [GUARD_UNKNOWN] = {3, 5},
               [GUARD_WIDE] = {8, 0},
               [GUARD_OWN] = {4, 7},
               }
};

static struct guard *guard_at_work(void)
{
    return guard_new(&rules, ACCOUNTS_MAX, NETWORKS_MAX);
}

static struct guard_attempt attempt(const char *account, const char *client)
{
    struct guard_attempt made = {.account = text_from_string(account), .exists = true};

    if (client != NULL)
        assert_true(ip_parse(text_from_string(client), &made.client));
    return made;
}

static struct guard_attempt unknown(const char *account, const char *client)
{
    struct guard_attempt made = attempt(account, client);

    made.exists = false;
    return made;
}

static struct guard_attempt owner(const char *account, const char *client)
{
    struct guard_attempt made = attempt(account, client);

    made.is_known = true;
    return made;
}

static bool passes(struct guard *guard, struct guard_attempt made, int64_t now)
{
    return !guard_judge(guard, &made, now).is_refused;
}

static void note(struct guard *guard, struct guard_attempt made, unsigned password, int64_t now)
{
    char text[20];

    snprintf(text, sizeof text, "guess %u", password);
    guard_note_wrong(guard, &made, text_from_string(text), now);
}

/* From a network of its own each: 10.x.y.7. */
static const char *stranger(unsigned number)
{
    static char text[IP_TEXT_MAX];

    snprintf(text, sizeof text, "10.%u.%u.7", number / 256, number % 256);
    return text;
}

static const char *name(unsigned number)
{
    static char text[40];

    snprintf(text, sizeof text, "user%u@example.org", number);
    return text;
}

static void test_many_passwords_for_one_account(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made;
    struct guard_verdict verdict;

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        assert_true(passes(guard, attempt(ALICE, stranger(i)), START + i));
        note(guard, attempt(ALICE, stranger(i)), i, START + i);
    }
    made = attempt(ALICE, stranger(99));
    verdict = guard_judge(guard, &made, START + 10);
    assert_true(verdict.is_refused);
    assert_int_equal(verdict.ground, GUARD_OVER_LIMIT);
    assert_int_equal(verdict.count, GUARD_ACCOUNT);
    assert_int_equal(verdict.limit, 10);
    assert_int_equal(verdict.window_s, HOUR);
    assert_int_equal(verdict.until, START + HOUR);
    assert_true(ip_network_contains(&verdict.network, &made.client));
    /* The owner's own networks, and everybody else's account. */
    assert_true(passes(guard, owner(ALICE, HOME), START + 10));
    assert_true(passes(guard, attempt("bob@example.org", stranger(99)), START + 10));
    assert_false(passes(guard, attempt(ALICE, NULL), START + 10));
    assert_false(passes(guard, made, START + HOUR - 1));
    assert_true(passes(guard, made, START + HOUR));
    guard_free(&guard);
    assert_null(guard);
    guard_free(&guard);
}

/* The limit of a day comes after that of an hour was kept. */
/* How near the account is to its limit of 10, or how far beyond. */
static void test_percent(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt next = attempt(ALICE, stranger(100));

    (void)state;
    assert_int_equal(guard_judge(guard, &next, START).percent, 0);
    for (unsigned i = 0; i < 5; i++)
        note(guard, attempt(ALICE, stranger(i)), i, START);
    assert_int_equal(guard_judge(guard, &next, START).percent, 50);
    for (unsigned i = 5; i < 15; i++)
        note(guard, attempt(ALICE, stranger(i)), i, START);
    assert_int_equal(guard_judge(guard, &next, START).percent, 150);
    guard_free(&guard);
}

static void test_day(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made = attempt(ALICE, stranger(99));
    struct guard_verdict verdict;

    (void)state;
    for (unsigned i = 0; i < 25; i++)
        note(guard, attempt(ALICE, stranger(i)), i, START + i * HOUR / 5);
    assert_true(passes(guard, attempt("bob@example.org", stranger(3)), START + 5 * HOUR));
    verdict = guard_judge(guard, &made, START + 8 * HOUR);
    assert_true(verdict.is_refused);
    assert_int_equal(verdict.limit, 25);
    assert_int_equal(verdict.window_s, DAY);
    assert_int_equal(verdict.until, START + DAY);
    guard_free(&guard);
}

static void test_same_password_again(void **state)
{
    struct guard *guard = guard_at_work();

    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        assert_true(passes(guard, attempt(ALICE, stranger(1)), START + i));
        note(guard, attempt(ALICE, stranger(1)), 1, START + i);
        note(guard, owner(ALICE, HOME), 2, START + i);
    }
    assert_true(passes(guard, owner(ALICE, HOME), START + 500));
    assert_true(passes(guard, unknown("eve@example.org", stranger(1)), START + 500));
    guard_free(&guard);
}

static void test_one_password_for_many_accounts(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made = attempt(ALICE, "10.0.0.200");
    struct guard_verdict verdict;

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        note(guard, attempt(name(i), stranger(0)), 1, START + i);
    /* Another address of the same /24. */
    verdict = guard_judge(guard, &made, START + 10);
    assert_true(verdict.is_refused);
    assert_int_equal(verdict.count, GUARD_ACCOUNTS);
    assert_int_equal(verdict.until, START + HOUR);
    assert_int_equal(verdict.network.prefix_bits, 24);
    assert_true(passes(guard, owner(ALICE, "10.0.0.200"), START + 10));
    assert_true(passes(guard, attempt(ALICE, stranger(1)), START + 10));
    guard_free(&guard);
}

static void test_accounts_that_do_not_exist(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made = attempt(ALICE, stranger(0));
    struct guard_verdict verdict;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        note(guard, unknown(name(i), stranger(0)), 1, START);
    verdict = guard_judge(guard, &made, START);
    assert_true(verdict.is_refused);
    assert_int_equal(verdict.count, GUARD_UNKNOWN);
    /* What does not exist is counted as what does: the refusal tells nobody. */
    for (unsigned i = 0; i < 10; i++)
        note(guard, unknown("ghost@example.org", stranger(20 + i)), i, START);
    assert_false(passes(guard, unknown("ghost@example.org", stranger(90)), START));
    guard_free(&guard);
}

static void test_ipv6(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made;
    struct guard_verdict verdict;
    char client[IP_TEXT_MAX];

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        snprintf(client, sizeof client, "2001:db8:0:%x::1", i * 2);
        assert_true(passes(guard, attempt(name(i), client), START));
        note(guard, attempt(name(i), client), 1, START);
    }
    made = attempt(ALICE, "2001:db8:0:ff::1");
    verdict = guard_judge(guard, &made, START);
    assert_true(verdict.is_refused);
    assert_int_equal(verdict.count, GUARD_WIDE);
    assert_int_equal(verdict.network.prefix_bits, 56);
    assert_true(passes(guard, attempt(ALICE, "2001:db8:0:100::1"), START));
    for (unsigned i = 0; i < 6; i++)
        note(guard, attempt(name(i), "2001:db8:1:1::1"), 1, START);
    assert_false(passes(guard, attempt(ALICE, "2001:db8:1:1:ffff::9"), START));
    assert_true(passes(guard, attempt(ALICE, "2001:db8:1:2::1"), START));
    assert_true(guard_forget_network(guard, &made.client));
    assert_true(passes(guard, made, START));
    guard_free(&guard);
}

/* Somebody else in the owner's network, or the owner after a change of the password. */
static void test_own(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made = owner(ALICE, HOME);
    struct guard_verdict verdict;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        note(guard, made, i, START);
    verdict = guard_judge(guard, &made, START);
    assert_true(verdict.is_refused);
    assert_int_equal(verdict.count, GUARD_OWN);
    assert_true(passes(guard, owner("bob@example.org", HOME), START));
    assert_true(passes(guard, owner(ALICE, "203.0.113.1"), START));
    /* It is nobody else's count. */
    assert_true(passes(guard, attempt(ALICE, stranger(1)), START));
    assert_true(passes(guard, attempt("bob@example.org", HOME), START));
    guard_free(&guard);
}

static void test_lists(void **state)
{
    struct ip_network allowed[1], blocked[1];
    struct guard_rules listed = rules;
    struct guard *guard = guard_new(&listed, ACCOUNTS_MAX, NETWORKS_MAX);
    struct guard_attempt made = attempt(ALICE, "198.51.100.9");

    (void)state;
    assert_true(ip_network_parse(TEXT("192.0.2.0/28"), allowed));
    assert_true(ip_network_parse(TEXT("198.51.100.0/24"), blocked));
    listed.allowed = allowed;
    listed.blocked = blocked;
    listed.allowed_count = listed.blocked_count = 1;
    for (unsigned i = 0; i < 100; i++)
        note(guard, unknown(name(i), HOME), i, START);
    assert_true(passes(guard, attempt(ALICE, HOME), START));
    assert_true(passes(guard, attempt(ALICE, "192.0.2.200"), START));
    assert_false(passes(guard, made, START));
    assert_int_equal(guard_judge(guard, &made, START).ground, GUARD_IS_BLOCKED);
    assert_false(passes(guard, owner(ALICE, "198.51.100.9"), START));
    guard_free(&guard);
}

static void test_no_limit(void **state)
{
    static const struct guard_rules none;
    struct guard *guard = guard_new(&none, ACCOUNTS_MAX, NETWORKS_MAX);

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        note(guard, unknown(name(i), HOME), i, START);
    assert_true(passes(guard, unknown(ALICE, HOME), START));
    guard_set_rules(guard, &rules);
    assert_false(passes(guard, unknown(ALICE, HOME), START));
    guard_free(&guard);
}

static void test_forgetting(void **state)
{
    struct guard *guard = guard_at_work();
    struct guard_attempt made = attempt(ALICE, stranger(99));

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        note(guard, attempt(ALICE, stranger(i)), i, START);
    guard_expire(guard, START + HOUR / 2);
    assert_false(passes(guard, made, START + HOUR / 2));
    assert_true(guard_forget_account(guard, TEXT(ALICE)));
    assert_false(guard_forget_account(guard, TEXT(ALICE)));
    assert_true(passes(guard, made, START + HOUR / 2));
    assert_false(guard_forget_network(guard, &made.client));
    guard_free(&guard);
}

/* Names and addresses made up by the hundred thousand, with bytes of all kinds, cost a bounded
 * room. */
static void test_flood(void **state)
{
    struct guard *guard = guard_at_work();
    char long_name[4000];

    (void)state;
    memset(long_name, 'x', sizeof long_name);
    for (unsigned i = 0; i < 100000; i++) {
        struct guard_attempt made = unknown(name(i), stranger(i % 60000));

        if (i % 1000 == 0) {
            made.account = text_from_bytes(long_name, sizeof long_name - i % 7);
            made.is_known = i % 2000 == 0;
        }
        guard_note_wrong(guard, &made, made.account, START + i / 1000);
        assert_true(passes(guard, owner(ALICE, HOME), START + i / 1000));
    }
    guard_free(&guard);
}

/* So much is kept of a name, whatever its length. */
static void test_long_names(void **state)
{
    struct guard *guard = guard_at_work();
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    for (unsigned i = 0; i < 10; i++)
        note(guard, unknown(text, stranger(i)), i, START);
    text[600] = '\0';
    assert_false(passes(guard, unknown(text, stranger(99)), START));
    text[500] = '\0';
    assert_true(passes(guard, unknown(text, stranger(99)), START));
    text[500] = 'x';
    assert_true(guard_forget_account(guard, text_from_string(text)));
    guard_free(&guard);
}

static void copy_mark(void *context, const struct guard_mark *mark)
{
    guard_recall(context, mark);
}

/* Another guard of the same key that is told of all marks counts what the first one does. */
static void test_recall(void **state)
{
    struct guard *guard = guard_at_work(), *other = guard_at_work();

    (void)state;
    guard_set_key(other, guard_key(guard));
    guard_on_noted(guard, copy_mark, other);
    for (unsigned i = 0; i < 10; i++)
        note(guard, attempt(ALICE, stranger(i)), i, START + i);
    for (unsigned i = 0; i < 4; i++)
        note(guard, owner("bob@example.org", HOME), i, START + i);
    for (unsigned i = 0; i < 3; i++)
        note(guard, unknown(name(i), "10.9.9.9"), i, START + i);
    for (unsigned i = 0; i < 8; i++) {
        char client[IP_TEXT_MAX];

        snprintf(client, sizeof client, "2001:db8:0:%u::1", i);
        note(guard, attempt(name(i), client), 0, START + i);
    }
    guard_free(&guard);
    assert_false(passes(other, attempt(ALICE, stranger(99)), START + 10));
    assert_true(passes(other, attempt(name(0), stranger(99)), START + 10));
    assert_false(passes(other, owner("bob@example.org", HOME), START + 10));
    assert_false(passes(other, attempt(name(50), "10.9.9.8"), START + 10));
    assert_false(passes(other, attempt(name(50), "2001:db8:0:99::1"), START + 10));
    /* The same once more is no further one: the key is the same. */
    note(other, attempt(ALICE, stranger(0)), 9, START + 20);
    assert_true(passes(other, attempt(ALICE, stranger(99)), START + HOUR + 8));
    guard_free(&other);
}

/* All who use a webmail come from there: it counts by account alone. */
static void test_loopback(void **state)
{
    static const char *const clients[] = {"127.0.0.1", "::1"};
    struct guard *guard = guard_at_work();

    (void)state;
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        for (unsigned j = 0; j < 20; j++)
            note(guard, unknown(name(j), clients[i]), j, START);
        assert_true(passes(guard, attempt(ALICE, clients[i]), START));
    }
    for (unsigned i = 0; i < 10; i++)
        note(guard, attempt(ALICE, "::1"), i, START);
    assert_false(passes(guard, attempt(ALICE, "127.0.0.1"), START));
    guard_free(&guard);
}

static void test_words(void **state)
{
    enum guard_count count;

    (void)state;
    for (int i = 0; i < GUARD_COUNTS; i++) {
        assert_true(
            guard_count_parse(text_from_string(guard_count_word((enum guard_count)i)), &count));
        assert_int_equal(count, i);
    }
    assert_false(guard_count_parse(TEXT("accountx"), &count));
    assert_false(guard_count_parse(TEXT(""), &count));
}

static void test_book(void **state)
{
    struct guard_book *book = guard_book_new(3);

    (void)state;
    assert_null(guard_book_read(book, TEXT("a")));
    recent_note(&guard_book_write(book, TEXT("a"))->of[0], 1, START);
    recent_note(&guard_book_write(book, TEXT("b"))->of[2], 1, START + 1);
    recent_note(&guard_book_write(book, TEXT(""))->of[1], 1, START + 2);
    recent_note(&guard_book_write(book, TEXT("a"))->of[0], 2, START + 3);
    recent_note(&guard_book_write(book, TEXT("c"))->of[0], 1, START + 4);
    assert_int_equal(guard_book_count(book), 3);
    assert_null(guard_book_read(book, TEXT("b")));
    assert_int_equal(guard_book_read(book, TEXT("a"))->of[0].count, 2);
    assert_true(guard_book_expire(book, START + 2, 1));
    assert_null(guard_book_read(book, TEXT("")));
    assert_false(guard_book_expire(book, START + 2, 10));
    assert_int_equal(guard_book_count(book), 2);
    assert_false(guard_book_expire(book, START + 4, 10));
    assert_int_equal(guard_book_count(book), 0);
    guard_book_free(&book);
    guard_book_free(&book);
}

UNIT_MAIN(cmocka_unit_test(test_many_passwords_for_one_account), cmocka_unit_test(test_percent),
    cmocka_unit_test(test_day), cmocka_unit_test(test_same_password_again),
    cmocka_unit_test(test_one_password_for_many_accounts),
    cmocka_unit_test(test_accounts_that_do_not_exist), cmocka_unit_test(test_ipv6),
    cmocka_unit_test(test_own), cmocka_unit_test(test_lists), cmocka_unit_test(test_no_limit),
    cmocka_unit_test(test_forgetting), cmocka_unit_test(test_flood),
    cmocka_unit_test(test_long_names), cmocka_unit_test(test_book), cmocka_unit_test(test_recall),
    cmocka_unit_test(test_loopback), cmocka_unit_test(test_words))
