/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "lib/mailauth/signature-field.h"
#include "tests/unit/mailauth/chain.h"
#include "tests/unit/mailauth/long_key.h"

/* So many of these come close to what a field may hold. */
#define LONG_NAME ":X-A-Name-Of-Seventy-Bytes-Which-Leaves-No-Room-For-Another-On-Its-Line"
#define LONG_NAMES 218

/* RFC 8617 §5.1.2: a broken chain is sealed once more, for itself alone; then never again. */
static void test_end_of_chain(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    text = chain_replaced(run.arena, text, "i=1; mx.example", "i=7; mx.example");
    assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_NONE);
    assert_true(text_find_text(text, TEXT("i=8; mx.example")) != text.len);
    assert_true(text_find_text(text, TEXT("cv=fail")) != text.len);
    chain_judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_FAIL);
    assert_true(run.verdict.has_ended);
    assert_int_equal(chain_seal(&run, text, &chain_one, "", &text), ERR_REFUSED);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    text = chain_replaced(run.arena, text, "noon", "nine");
    assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_NONE);
    chain_judge(&run, text);
    assert_true(run.verdict.has_ended);
    assert_int_equal(chain_seal(&run, text, &chain_one, "", &text), ERR_REFUSED);
    chain_finish(&run);
}

/* What nobody could verify is not sealed. */
static void test_refusals(void **state)
{
    static const struct {
        const char *name;
        struct chain_sealer sealer;
        const char *text, *names;
    } refused[] = {
        {"a domain of one label",    {"example", dkim_ed25519_pem},      CHAIN_PLAIN,                  ""          },
        {"no domain",                {"two..example", dkim_ed25519_pem}, CHAIN_PLAIN,                  ""          },
        {"no From",                  {"two.example", dkim_ed25519_pem},  "To: list@lists.example\n\n", ""          },
        {"no From, but in the list", {"two.example", dkim_ed25519_pem},
         "To: list@lists.example\n\n",                                                                 "From:To"   },
        {"From not in the list",     {"two.example", dkim_ed25519_pem},  CHAIN_PLAIN,                  "To:Subject"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct chain_run run;
        struct text text;

        unit_row(refused[i].name);
        chain_start(&run);
        assert_int_equal(chain_seal(&run, text_from_string(refused[i].text), &refused[i].sealer,
                             refused[i].names, &text),
            ERR_REFUSED);
        chain_finish(&run);
    }
}

static void test_refused_header(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    run.is_truncated = true;
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, "", &text), ERR_REFUSED);
    run.is_truncated = false;
    run.selector = "s 1";
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, "", &text), ERR_REFUSED);
    chain_finish(&run);
}

static void test_sealed_without_results(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(
        chain_seal_results(&run, TEXT(CHAIN_PLAIN), &chain_two, "", " ", &text), ERR_NONE);
    assert_true(text_find_text(text, TEXT("i=1; mx.example; none\r\n")) != text.len);
    chain_finish(&run);
}

static bool has(struct text text, const char *part)
{
    return text_find_text(text, text_from_string(part)) != text.len;
}

static void test_time_of_seal(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, "", &text), ERR_NONE);
    assert_true(has(text, "i=1; s=s1; t=1528637909\r\nARC-Message-Signature:"));
    assert_true(has(text, "i=1; s=s1; t=1528637909\r\nARC-Authentication-Results:"));
    run.has_no_time = true;
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, "", &text), ERR_NONE);
    assert_true(has(text, "i=1; s=s1\r\nARC-Message-Signature:"));
    assert_true(has(text, "i=1; s=s1\r\nARC-Authentication-Results:"));
    chain_finish(&run);
}

static size_t longest_line(struct text text)
{
    struct text line;
    size_t longest = 0;

    while (text_split(&text, '\n', &line))
        longest = line.len > longest ? line.len : longest;
    return longest;
}

/* A signature is folded behind 960 bytes, so that no line is too long (RFC 5322 §2.1.1). */
static void test_folded_signature(void **state)
{
    static const struct chain_sealer large = {"large.example", long_key_pem};
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    assert_false(has(text, "\r\n ;"));
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &large, "", &text), ERR_NONE);
    assert_int_equal(longest_line(text), strlen(" b=\r") + 960);
    chain_finish(&run);
}

/* Wherever the lines end: others look for " i=1;" as it stands, before they unfold. */
static void test_blank_before_instance(void **state)
{
    char names[80 + sizeof "From:"] = "From:";
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    for (size_t i = 0; i < 80; i++) {
        strcat(names, "x");
        assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, names, &text), ERR_NONE);
        text = text_skip(text, text_find_text(text, TEXT("ARC-Message-Signature:")));
        text = text_head(text, text_find_text(text, TEXT("ARC-Authentication-Results:")));
        assert_true(has(text, " i=1;"));
    }
    chain_finish(&run);
}

/* Names in h= until nobody like us would read the field: what is sealed is read. */
static void test_longest_field(void **state)
{
    struct chain_run run;
    struct text text;
    size_t sealed = 0;
    char names[SIGNATURE_FIELD_MAX];

    (void)state;
    chain_start(&run);
    strcpy(names, "From");
    for (size_t i = 0; i < LONG_NAMES; i++)
        strcat(names, LONG_NAME);
    while (chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, names, &text) == ERR_NONE) {
        chain_judge(&run, text);
        assert_int_equal(run.verdict.result, AUTH_PASS);
        assert_true(++sealed < 80);
        strcat(names, "x");
    }
    assert_true(sealed != 0);
    chain_finish(&run);
}

/* A seal is made of the body's hash, which must have been asked for before the body. */
static void test_no_hash_to_seal(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    run.is_not_sealed = true;
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, "", &text), ERR_CRYPTO);
    chain_finish(&run);
}

static void test_longest_chain(void **state)
{
    struct chain_run run;
    struct text text = TEXT(CHAIN_PLAIN);

    (void)state;
    chain_start(&run);
    for (int i = 0; i < SIGNATURE_INSTANCE_MAX; i++)
        assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_NONE);
    chain_judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    assert_int_equal(run.verdict.instance, SIGNATURE_INSTANCE_MAX);
    assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_REFUSED);
    text = arena_print(run.arena, "ARC-Seal: i=51; cv=pass\r\n%.*s", TEXT_ARGS(text));
    chain_judge(&run, text);
    assert_string_equal(run.verdict.reason, "too many sets");
    chain_finish(&run);
}

static void test_collected_results(void **state)
{
    struct arena *arena = arena_new();
    struct text body;
    struct message *message = dkim_message(arena,
        TEXT("Authentication-Results: MX.example (ours) 1; spf=pass;\n\tdkim=none\n"
             "Authentication-Results: other.example; dmarc=pass\n"
             "Authentication-Results: mx.example; none\n"
             "Authentication-Results: mx.example\n"
             "X-Authentication-Results: mx.example; spf=fail\n"
             "Authentication-Results: \"mx.example\"; dmarc=fail (p=none)\n" CHAIN_PLAIN),
        &body);

    (void)state;
    assert_text_equal(arc_results_collect(message, TEXT("mx.example"), arena),
        "spf=pass;\r\n\tdkim=none;\r\n\tdmarc=fail (p=none)");
    assert_text_equal(arc_results_collect(message, TEXT("nobody.example"), arena), "");
    message_done(&message);
    arena_free(&arena);
}

/* What is kept of many fields is no more than they have. */
static void test_memory_of_collected_results(void **state)
{
    struct arena *arena = arena_new();
    struct buffer text = BUFFER_NONE;
    struct message *message;
    struct text body, results;

    (void)state;
    for (size_t i = 0; i < 900; i++)
        buffer_append_string(
            &text, "Authentication-Results: mx.example; spf=pass (behind it, words)\n");
    buffer_append_string(&text, CHAIN_PLAIN);
    message = dkim_message(arena, buffer_text(&text), &body);
    results = arc_results_collect(message, TEXT("mx.example"), arena);
    assert_true(results.len > 20000);
    assert_true(arena_used_bytes(arena) < 16 * text.len);
    message_done(&message);
    buffer_done(&text);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_end_of_chain), cmocka_unit_test(test_refusals),
    cmocka_unit_test(test_refused_header), cmocka_unit_test(test_sealed_without_results),
    cmocka_unit_test(test_time_of_seal), cmocka_unit_test(test_folded_signature),
    cmocka_unit_test(test_blank_before_instance), cmocka_unit_test(test_longest_field),
    cmocka_unit_test(test_no_hash_to_seal), cmocka_unit_test(test_longest_chain),
    cmocka_unit_test(test_collected_results), cmocka_unit_test(test_memory_of_collected_results))
