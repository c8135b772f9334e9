/* SPDX-License-Identifier: MIT */
#include "lib/dns/answers.h"

#include <string.h>

#include "tests/unit/unit.h"

static const struct dns_record records[] = {
    {.text = {"mx1.example.org", 15}, .preference = 10},
    {.text = {"mx2.example.org", 15}, .preference = 20},
};
static const struct dns_answer found = {
    .status = DNS_FOUND, .ttl_s = 300, .secure = true, .count = 2, .records = records};
static const struct dns_answer absent = {.status = DNS_NO_DATA};

static void test_ask_take_put(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;
    const struct dns_answer *answer;

    (void)state;
    assert_null(answers_ask(answers, TEXT("Example.ORG."), DNS_MX));
    assert_null(answers_ask(answers, TEXT("example.org"), DNS_MX));
    assert_null(answers_ask(answers, TEXT("example.org"), DNS_TXT));
    assert_int_equal(answers_missing_count(answers), 2);
    assert_int_equal(answers_asked_count(answers), 0);
    assert_int_equal(answers_take_missing(answers, &questions), 2);
    assert_text_equal(questions[0].name, "example.org");
    assert_int_equal(questions[0].type, DNS_MX);
    assert_int_equal(questions[1].type, DNS_TXT);

    /* Handed out: not again until answered. */
    assert_null(answers_ask(answers, TEXT("example.org"), DNS_MX));
    assert_int_equal(answers_missing_count(answers), 0);
    assert_int_equal(answers_take_missing(answers, &questions), 0);
    assert_int_equal(answers_asked_count(answers), 2);

    answers_put(answers, TEXT("EXAMPLE.org"), DNS_MX, &found);
    answers_put(answers, TEXT("example.org"), DNS_MX, &absent);
    answer = answers_ask(answers, TEXT("example.org"), DNS_MX);
    assert_non_null(answer);
    assert_int_equal(answer->status, DNS_FOUND);
    assert_ptr_not_equal(answer, &found);
    assert_ptr_not_equal(answer->records[0].text.data, records[0].text.data);
    assert_text_equal(answer->records[1].text, "mx2.example.org");
    assert_int_equal(answer->records[1].preference, 20);
    assert_int_equal(answer->ttl_s, 300);
    assert_true(answer->secure);
    assert_null(answers_ask(answers, TEXT("example.org"), DNS_TXT));
    arena_free(&arena);
}

/* The answer that is there goes, in a question's place or without one; who holds it keeps it. */
static void test_replace(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_answer *before;

    (void)state;
    answers_replace(answers, TEXT("a.org"), DNS_MX, &found);
    before = answers_peek(answers, TEXT("a.org"), DNS_MX);
    assert_int_equal(before->status, DNS_FOUND);
    answers_replace(answers, TEXT("A.org."), DNS_MX, &absent);
    assert_int_equal(answers_peek(answers, TEXT("a.org"), DNS_MX)->status, DNS_NO_DATA);
    assert_text_equal(before->records[0].text, "mx1.example.org");
    assert_null(answers_ask(answers, TEXT("b.org"), DNS_MX));
    answers_replace(answers, TEXT("b.org"), DNS_MX, &found);
    assert_int_equal(answers_missing_count(answers), 0);
    assert_int_equal(answers_ask(answers, TEXT("b.org"), DNS_MX)->status, DNS_FOUND);
    answers_replace(answers, TEXT("a..org"), DNS_MX, &found);
    assert_int_equal(answers_peek(answers, TEXT("a..org"), DNS_MX)->status, DNS_NO_NAME);
    arena_free(&arena);
}

/* An answer that nobody asked for, and one that came before the question was taken. */
static void test_put_early(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;

    (void)state;
    answers_put(answers, TEXT("a.org."), DNS_A, &absent);
    assert_int_equal(answers_missing_count(answers), 0);
    assert_int_equal(answers_ask(answers, TEXT("A.org"), DNS_A)->status, DNS_NO_DATA);
    assert_null(answers_ask(answers, TEXT("b.org"), DNS_A));
    assert_null(answers_ask(answers, TEXT("c.org"), DNS_A));
    answers_put(answers, TEXT("b.org"), DNS_A, &absent);
    assert_int_equal(answers_missing_count(answers), 1);
    assert_int_equal(answers_take_missing(answers, &questions), 1);
    assert_text_equal(questions[0].name, "c.org");
    arena_free(&arena);
}

static void test_peek_notes_nothing(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);

    (void)state;
    assert_null(answers_peek(answers, TEXT("a.org"), DNS_A));
    assert_int_equal(answers_missing_count(answers), 0);
    answers_put(answers, TEXT("a.org"), DNS_A, &found);
    assert_int_equal(answers_peek(answers, TEXT("A.ORG."), DNS_A)->status, DNS_FOUND);
    arena_free(&arena);
}

static const struct {
    const char *row, *name;
} impossible[] = {
    {"empty",          ""                                                                    },
    {"root",           "."                                                                   },
    {"empty label",    "a..org"                                                              },
    {"label too long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org"},
};

static void test_impossible_names(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);

    (void)state;
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        struct text name = text_from_string(impossible[i].name);

        unit_row(impossible[i].row);
        answers_put(answers, name, DNS_TXT, &found);
        assert_int_equal(answers_ask(answers, name, DNS_TXT)->status, DNS_NO_NAME);
        assert_int_equal(answers_peek(answers, name, DNS_TXT)->status, DNS_NO_NAME);
    }
    assert_int_equal(answers_missing_count(answers), 0);
    assert_null(answers_ask(answers, TEXT("joe+list\0.example.org"), DNS_A));
    arena_free(&arena);
}

static void test_give_up(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;

    (void)state;
    answers_ask(answers, TEXT("a.org"), DNS_A);
    answers_take_missing(answers, &questions);
    answers_ask(answers, TEXT("b.org"), DNS_A);
    answers_put(answers, TEXT("c.org"), DNS_A, &found);
    answers_give_up(answers);
    assert_int_equal(answers_missing_count(answers), 0);
    assert_int_equal(answers_ask(answers, TEXT("a.org"), DNS_A)->status, DNS_TEMPORARY);
    assert_int_equal(answers_ask(answers, TEXT("b.org"), DNS_A)->status, DNS_TEMPORARY);
    assert_int_equal(answers_ask(answers, TEXT("c.org"), DNS_A)->status, DNS_FOUND);
    answers_put(answers, TEXT("a.org"), DNS_A, &found);
    assert_int_equal(answers_ask(answers, TEXT("a.org"), DNS_A)->status, DNS_TEMPORARY);
    assert_int_equal(answers_ask(answers, TEXT("new.org"), DNS_A)->status, DNS_TEMPORARY);
    arena_free(&arena);
}

static void test_put_back(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;

    (void)state;
    answers_ask(answers, TEXT("a.org"), DNS_A);
    answers_ask(answers, TEXT("b.org"), DNS_A);
    answers_put_back(answers, TEXT("a.org"), DNS_A); /* it was not handed out yet */
    assert_int_equal(answers_take_missing(answers, &questions), 2);
    answers_put(answers, TEXT("a.org"), DNS_A, &found);
    answers_put_back(answers, TEXT("a.org"), DNS_A);
    answers_put_back(answers, TEXT("B.org."), DNS_A);
    answers_put_back(answers, TEXT("b.org"), DNS_A);
    answers_put_back(answers, TEXT("never.org"), DNS_A);
    answers_put_back(answers, TEXT("a..org"), DNS_A);
    answers_ask(answers, TEXT("c.org"), DNS_A);
    assert_int_equal(answers_missing_count(answers), 2);
    assert_int_equal(answers_take_missing(answers, &questions), 2);
    assert_text_equal(questions[0].name, "b.org");
    assert_text_equal(questions[1].name, "c.org");
    assert_int_equal(answers_asked_count(answers), 3);
    arena_free(&arena);
}

static struct text name_of(size_t number, char room[32])
{
    return text_from_bytes(room, (size_t)snprintf(room, 32, "n%zu.example.org", number));
}

static void test_bound(void **state)
{
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    const struct dns_question *questions;
    char room[32];

    (void)state;
    for (size_t i = 0; i < ANSWERS_MAX_QUESTIONS; i++)
        assert_null(answers_ask(answers, name_of(i, room), DNS_TXT));
    assert_int_equal(
        answers_ask(answers, TEXT("over.example.org"), DNS_TXT)->status, DNS_TEMPORARY);
    assert_null(answers_ask(answers, name_of(3, room), DNS_TXT));
    assert_int_equal(answers_take_missing(answers, &questions), ANSWERS_MAX_QUESTIONS);
    for (size_t i = 0; i < ANSWERS_MAX_QUESTIONS; i++)
        assert_text_equal(questions[i].name, name_of(i, room).data);
    /* What is put by hand is not bounded, and stays to be found in a table that grows. */
    for (size_t i = 0; i < 5000; i++)
        answers_put(answers, name_of(i, room), DNS_A, &found);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(answers_ask(answers, name_of(i, room), DNS_A)->status, DNS_FOUND);
    arena_free(&arena);
}

/* Large answers fill the table up to its bound; small ones always come in. */
static void test_bound_of_bytes(void **state)
{
    static const char text[ANSWERS_SMALL_BYTES];
    struct arena *arena = arena_new();
    struct answers *answers = answers_new(arena);
    struct dns_record small_record =
                          {
                              .text = {text, ANSWERS_SMALL_BYTES - sizeof(struct dns_record)}
    },
                      large_record = {.text = {text, small_record.text.len + 1}};
    struct dns_answer small = {.status = DNS_FOUND, .count = 1, .records = &small_record};
    struct dns_answer large = {.status = DNS_FOUND, .count = 1, .records = &large_record};
    const size_t room = ANSWERS_MAX_BYTES / (ANSWERS_SMALL_BYTES + 1);
    char name[32];

    (void)state;
    for (size_t i = 0; i < room; i++) {
        answers_put(answers, name_of(i, name), DNS_TXT, &large);
        assert_int_equal(answers_peek(answers, name_of(i, name), DNS_TXT)->status, DNS_FOUND);
    }
    answers_put(answers, TEXT("over.example.org"), DNS_TXT, &large);
    assert_int_equal(
        answers_peek(answers, TEXT("over.example.org"), DNS_TXT)->status, DNS_TEMPORARY);
    for (size_t i = room; i < ANSWERS_MAX_QUESTIONS; i++) {
        answers_put(answers, name_of(i, name), DNS_TXT, &small);
        assert_int_equal(answers_peek(answers, name_of(i, name), DNS_TXT)->status, DNS_FOUND);
    }
    arena_free(&arena);
}

static void test_type_names(void **state)
{
    static const enum dns_type types[] = {
        DNS_A, DNS_NS, DNS_CNAME, DNS_SOA, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA};
    enum dns_type type = DNS_SOA;

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_true(dns_type_parse(text_from_string(dns_type_name(types[i])), &type));
        assert_int_equal(type, types[i]);
    }
    assert_true(dns_type_parse(TEXT("txt"), &type));
    assert_int_equal(type, DNS_TXT);
    assert_false(dns_type_parse(TEXT("SPF"), &type));
    assert_string_equal(dns_type_name((enum dns_type)99), "unknown");
    assert_string_equal(dns_status_text(DNS_FOUND), "found");
    assert_string_equal(dns_status_text(DNS_NO_DATA), "no data");
    assert_string_equal(dns_status_text(DNS_NO_NAME), "no name");
    assert_string_equal(dns_status_text(DNS_TEMPORARY), "temporary failure");
}

UNIT_MAIN(cmocka_unit_test(test_ask_take_put), cmocka_unit_test(test_replace),
    cmocka_unit_test(test_put_early), cmocka_unit_test(test_peek_notes_nothing),
    cmocka_unit_test(test_impossible_names), cmocka_unit_test(test_give_up),
    cmocka_unit_test(test_put_back), cmocka_unit_test(test_bound),
    cmocka_unit_test(test_bound_of_bytes), cmocka_unit_test(test_type_names))
