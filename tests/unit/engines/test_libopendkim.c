/* SPDX-License-Identifier: MIT */
#include "lib/engines/libopendkim.h"

#include "lib/base/buffer.h"
#include "tests/unit/mailauth/dkim.h"

#define KEY "s._domainkey.example.com"
#define TAGS "v=1; a=rsa-sha256; d=example.com; s=s; c=relaxed/relaxed;"
#define MESSAGE                                                                                    \
    "From: Ann <a@example.com>\r\nDate: Fri, 1 Jan 2021 00:00:00 +0000\r\nSubject: words\r\n\r\n"  \
    "the body\r\n"

static const struct signature_rules rules = {.engine = &libopendkim_engine};

static const char *judge(struct arena *arena, const struct signature_rules *judged_by,
    struct text message, const char *record, const char **reason_r)
{
    struct dkim_run run;
    struct signature_verdict verdict;

    dkim_start_text(&run, message, judged_by);
    dkim_answer(&run, KEY, record);
    for (size_t at = 0; at < run.body.len; at += 3) {
        message_add_body(run.message, text_head(text_skip(run.body, at), 3));
        signatures_add_body(&run.signatures, text_head(text_skip(run.body, at), 3));
    }
    message_end_body(run.message);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    *reason_r =
        verdict.reason != NULL ? arena_copy_string(arena, text_from_string(verdict.reason)) : "";
    signatures_done(&run.signatures);
    dkim_done(&run);
    return auth_result_word(verdict.result);
}

static struct text forged(struct arena *arena, const char *message, const struct dkim_forge *given)
{
    struct dkim_forge forge = *given;

    if (forge.tags == NULL)
        forge.tags = TAGS;
    if (forge.names == NULL)
        forge.names = "from:subject:date";
    if (forge.pem == NULL)
        forge.pem = dkim_rsa_pem;
    forge.header_canon = forge.body_canon = CANON_RELAXED;
    return dkim_forged(arena, text_from_string(message), &forge);
}

/* The library's own view of the first signature. */
static const char *ask(struct arena *arena, struct text message, const char *record)
{
    static const char *const words[] = {"success", "tempfail", "permfail", "unread"};
    struct answers *answers = answers_new(arena);
    const struct dns_record found = {.text = text_from_string(record)};
    const struct dns_answer answer = {.status = DNS_FOUND, .count = 1, .records = &found};
    const struct header_field *fields;
    struct text body;
    size_t count;

    answers_put(answers, TEXT(KEY), DNS_TXT, &answer);
    assert_int_equal(message_split_file(message, arena, &fields, &count, &body), ERR_NONE);
    return words[libopendkim_ask(fields, count, 0, body, answers).status];
}

#define FROM_ABOVE "From: Bank <b@bank.example>\r\n"
#define EDITED "X-From: Ann <a@example.com>\r\n"

/* theirs: the library alone; where it says success and we do not, a rule of ours is at work. */
static void test_results(void **state)
{
    static const struct row {
        const char *name;
        struct dkim_forge forge;
        const char *above, *behind, *record; /* record NULL: the RSA key's */
        const char *result, *theirs;
    } rows[] = {
        {"RSA",                                   {0},                                                                 "",                   "",         NULL,                "pass",      "success" },
        {"Ed25519",
         {.tags = "v=1; a=ed25519-sha256; d=example.com; s=s; c=relaxed/relaxed;",
                .pem = dkim_ed25519_pem},
         "",                                                                                                                                 "",         dkim_ed25519_record, "pass",      "success" },
        {"another subject above",                 {0},                                                                 "Subject: other\r\n", "",         NULL,                "permerror", "success" },
        {"body changed",                          {0},                                                                 "",                   "more\r\n", NULL,                "fail",      "permfail"},
        {"a second From",                         {0},                                                                 FROM_ABOVE,           "",         NULL,                "permerror", "success" },
        {"an oversigned From, and a second",      {.names = "from:from:subject"},                                      FROM_ABOVE,           "",         NULL,
         "permerror",                                                                                                                                                                      "permfail"},
        {"l= and more behind",                    {.tags = TAGS " l=10;", .limit = 10},                                "",                   "more\r\n", NULL,                "policy",
         "success"                                                                                                                                                                                   },
        {"l= of nothing",                         {.tags = TAGS " l=0;", .limit = DKIM_NO_BODY},                       "",                   "",         NULL,                "policy",
         "success"                                                                                                                                                                                   },
        {"rsa-sha1",                              {.tags = "v=1; a=rsa-sha1; d=example.com; s=s; c=relaxed/relaxed;"}, "",                   "",
         NULL,                                                                                                                                                                "permerror", "permfail"},
        {"another query method",                  {.tags = TAGS " q=other/method;"},                                   "",                   "",         NULL,                "permerror",
         "success"                                                                                                                                                                                   },
        {"a key that says it is of another kind", {0},                                                                 "",                   "",         "ed25519 as k=",     "permerror",
         "success"                                                                                                                                                                                   },
        {"a short key",                           {.pem = dkim_short_pem},                                             "",                   "",         dkim_short_record,   "permerror",
         "permfail"                                                                                                                                                                                  },
        {"a revoked key",                         {0},                                                                 "",                   "",         "v=DKIM1; p=",       "permerror", "permfail"},
        {"a key that is too short, and another",  {0},                                                                 "",                   "",         dkim_short_record,   "permerror",
         "permfail"                                                                                                                                                                                  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *arena = arena_new();
        struct text message = forged(arena, MESSAGE, &rows[i].forge);
        const char *record = rows[i].record != NULL ? rows[i].record : dkim_rsa_record;
        size_t end = text_find_text(message, TEXT("\r\nFrom:")) + 2;
        const char *reason;

        unit_row(rows[i].name);
        if (strcmp(record, "ed25519 as k=") == 0)
            record = arena_copy_string(
                arena, arena_print(arena, "v=DKIM1; k=ed25519; %s", strstr(dkim_rsa_record, "p=")));
        message = arena_print(arena, "%.*s%s%.*s%s", TEXT_ARGS(text_head(message, end)),
            rows[i].above, TEXT_ARGS(text_skip(message, end)), rows[i].behind);
        assert_string_equal(judge(arena, &rules, message, record, &reason), rows[i].result);
        if (strcmp(rows[i].result, "pass") != 0)
            assert_string_not_equal(reason, "");
        assert_string_equal(ask(arena, message, record), rows[i].theirs);
        arena_free(&arena);
    }
}

/* Where a setting takes l= for a pass, it does with the library too. */
static void test_short_body_accepted(void **state)
{
    const struct signature_rules lenient = {
        .engine = &libopendkim_engine, .accept_short_body = true};
    const struct dkim_forge forge = {.tags = TAGS " l=10;", .limit = 10};
    struct arena *arena = arena_new();
    const char *reason;
    struct text message = forged(arena, MESSAGE, &forge);

    (void)state;
    message = arena_print(arena, "%.*smore\r\n", TEXT_ARGS(message));
    assert_string_equal(judge(arena, &lenient, message, dkim_rsa_record, &reason), "pass");
    arena_free(&arena);
}

/* A malformed field, and another good one, beside a good one: each has its own result. */
static void test_beside_malformed(void **state)
{
    struct arena *arena = arena_new();
    struct text message = forged(arena, MESSAGE, &(struct dkim_forge){0});
    struct dkim_run run;

    (void)state;
    message = arena_print(arena, "DKIM-Signature: v=1; nonsense\r\n%.*s", TEXT_ARGS(message));
    dkim_start_text(&run, message, &rules);
    dkim_answer(&run, KEY, dkim_rsa_record);
    message_add_body(run.message, run.body);
    signatures_add_body(&run.signatures, run.body);
    message_end_body(run.message);
    assert_int_equal(dkim_verdict(&run, 0, DKIM_NOW).result, AUTH_PERMERROR);
    assert_int_equal(dkim_verdict(&run, 1, DKIM_NOW).result, AUTH_PASS);
    signatures_done(&run.signatures);
    dkim_done(&run);
    arena_free(&arena);
}

/* h= may cover another signature, which must be shown to the library then. */
static void test_signature_of_signature(void **state)
{
    const struct dkim_forge second = {.names = "from:dkim-signature"};
    struct arena *arena = arena_new();
    struct text inner = forged(arena, MESSAGE, &(struct dkim_forge){0});
    struct text message = forged(arena, arena_copy_string(arena, inner), &second);
    const char *reason;

    (void)state;
    assert_string_equal(judge(arena, &rules, message, dkim_rsa_record, &reason), "pass");
    arena_free(&arena);
}

/* Only so many are shown to the library; the rest it never sees. */
static void test_bound(void **state)
{
    struct arena *arena = arena_new();
    struct text one = forged(arena, MESSAGE, &(struct dkim_forge){0});
    struct text field = text_head(one, text_find_text(one, TEXT("\r\nFrom:")) + 2);
    struct buffer text = BUFFER_NONE;
    struct dkim_run run;

    (void)state;
    for (int i = 0; i < SIGNATURES_MAX + 1; i++)
        buffer_append_format(&text, "%.*s", TEXT_ARGS(field));
    buffer_append_string(&text, MESSAGE);
    dkim_start_text(&run, buffer_text(&text), &rules);
    dkim_answer(&run, KEY, dkim_rsa_record);
    signatures_add_body(&run.signatures, run.body);
    dkim_end_body(&run, 0);
    assert_int_equal(dkim_verdict(&run, SIGNATURES_MAX - 1, DKIM_NOW).result, AUTH_PASS);
    assert_int_equal(dkim_verdict(&run, SIGNATURES_MAX, DKIM_NOW).result, AUTH_POLICY);
    signatures_done(&run.signatures);
    dkim_done(&run);
    buffer_done(&text);
    arena_free(&arena);
}

/* No key is asked for before the answer is there, and what fails for now says so. */
static void test_key_fails(void **state)
{
    struct arena *arena = arena_new();
    struct text message = forged(arena, MESSAGE, &(struct dkim_forge){0});
    struct signature_verdict verdict;
    struct dkim_run run;

    (void)state;
    dkim_start_text(&run, message, &rules);
    assert_int_equal(
        signature_evaluate(run.signatures.items[0], run.answers, DKIM_NOW, &verdict), AUTH_WAITING);
    dkim_answer_status(&run, KEY, DNS_TEMPORARY);
    signatures_add_body(&run.signatures, run.body);
    dkim_end_body(&run, 0);
    assert_int_equal(dkim_verdict(&run, 0, DKIM_NOW).result, AUTH_TEMPERROR);
    signatures_done(&run.signatures);
    signatures_done(&run.signatures);
    dkim_done(&run);
    arena_free(&arena);
}

/* Of several records under one name the library sees the first that is a key for the signature. */
static void test_several_keys(void **state)
{
    const char *const records[] = {dkim_rfc6376_record, dkim_rsa_record};
    struct arena *arena = arena_new();
    struct text message = forged(arena, MESSAGE, &(struct dkim_forge){0});

    (void)state;
    for (size_t first = 0; first < 2; first++) {
        struct dkim_run run;
        const struct dns_record found[] = {{.text = text_from_string(records[first])},
            {.text = text_from_string(records[1 - first])}};

        dkim_start_text(&run, message, &rules);
        answers_put(run.answers, TEXT(KEY), DNS_TXT,
            &(struct dns_answer){.status = DNS_FOUND, .count = 2, .records = found});
        signatures_add_body(&run.signatures, run.body);
        dkim_end_body(&run, 0);
        assert_int_equal(
            dkim_verdict(&run, 0, DKIM_NOW).result, first == 0 ? AUTH_FAIL : AUTH_PASS);
        signatures_done(&run.signatures);
        dkim_done(&run);
    }
    arena_free(&arena);
}

static int open_library(void **state)
{
    struct failure failure;

    (void)state;
    return libopendkim_open(&failure) == ERR_NONE ? 0 : -1;
}

#define TEST(test) cmocka_unit_test_setup(test, open_library)
UNIT_MAIN(TEST(test_results), TEST(test_short_body_accepted), TEST(test_beside_malformed),
    TEST(test_signature_of_signature), TEST(test_bound), TEST(test_several_keys),
    TEST(test_key_fails))
