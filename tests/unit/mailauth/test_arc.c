/* SPDX-License-Identifier: MIT */
#include "lib/base/buffer.h"
#include "lib/mailauth/signature-field.h"
#include "tests/unit/mailauth/chain.h"

static const struct row {
    const char *name;
    const struct chain_sealer *sealers[4]; /* in their order */
    const char *old, *replacement;         /* then changed; NULL: nothing is */
    enum auth_result result;
    const char *reason;
} rows[] = {
    {"no chain",                     {NULL},                               NULL,                          NULL,                          AUTH_NONE, NULL                                  },
    {"one set",                      {&chain_one},                         NULL,                          NULL,                          AUTH_PASS, NULL                                  },
    {"two sets",                     {&chain_one, &chain_two},             NULL,                          NULL,                          AUTH_PASS, NULL                                  },
    {"three sets",                   {&chain_one, &chain_two, &chain_one}, NULL,                          NULL,                          AUTH_PASS, NULL                                  },
    {"body changed",                 {&chain_one, &chain_two},             "noon",                        "nine",                        AUTH_FAIL,
     "instance 2: body hash did not verify"                                                                                                                                               },
    {"signed field changed",         {&chain_one, &chain_two},             "plans",                       "money",                       AUTH_FAIL,
     "instance 2: signature did not verify"                                                                                                                                               },
    {"unsigned field added",         {&chain_one},                         "Subject: plans",              "X-Seen: y\r\nSubject: plans",
     AUTH_PASS,                                                                                                                                     NULL                                  },
    {"results of the first changed", {&chain_one, &chain_two},             "i=1; mx.example; spf=pass",
     "i=1; mx.example; spf=fail",                                                                                                        AUTH_FAIL, "instance 2: signature did not verify"},
    {"key is missing",               {&chain_nobody},                      NULL,                          NULL,                          AUTH_FAIL, "instance 1: no key for signature"    },
    {"key does not come",            {&chain_slow},                        NULL,                          NULL,                          AUTH_FAIL,
     "instance 1: key could not be looked up"                                                                                                                                             },
    {"key is too short",             {&chain_brief},                       NULL,                          NULL,                          AUTH_FAIL,
     "instance 1: key size not accepted"                                                                                                                                                  },
    {"a seal by SHA-1",              {&chain_one, &chain_two},             "ARC-Seal: a=rsa-sha256;",
     "ARC-Seal: a=rsa-sha1;",                                                                                                            AUTH_FAIL, "algorithm rsa-sha1 is not accepted"  },
    {"From is gone",                 {&chain_one},                         "From: ",                      "X-From: ",                    AUTH_FAIL,
     "instance 1: signature did not verify"                                                                                                                                               },
    {"seal is missing",              {&chain_one, &chain_two},             "ARC-Seal:",                   "X-Seal:",                     AUTH_FAIL,
     "an ARC-Seal is missing"                                                                                                                                                             },
    {"message signature is missing", {&chain_one},
     "ARC-Message-Signature:",                                                                            "X-Signature:",                AUTH_FAIL, "an ARC-Message-Signature is missing" },
    {"results are missing",          {&chain_one},                         "ARC-Authentication-Results:", "X-Results:",                  AUTH_FAIL,
     "an ARC-Authentication-Results is missing"                                                                                                                                           },
    {"an instance twice",            {&chain_one, &chain_two},             "i=2; mx",                     "i=1; mx",                     AUTH_FAIL,
     "an instance stands twice"                                                                                                                                                           },
    {"instance 51",                  {&chain_one},                         "i=1; s=s1",                   "i=51; s=s1",                  AUTH_FAIL, "i= is no instance"                   },
    {"the first says pass",          {&chain_one},                         "cv=none",                     "cv=pass",                     AUTH_FAIL,
     "cv= does not suit its place"                                                                                                                                                        },
    {"the second says none",         {&chain_one, &chain_two},             "cv=pass",                     "cv=none",                     AUTH_FAIL,
     "cv= does not suit its place"                                                                                                                                                        },
    {"cv= is unknown",               {&chain_one},                         "cv=none",                     "cv=None",                     AUTH_FAIL, "cv= is unknown"                      },
    {"cv= is missing",               {&chain_one},                         "cv=none;",                    "",                            AUTH_FAIL, "cv= is missing"                      },
    {"a seal with h=",               {&chain_one},                         "cv=none;",                    "cv=none; h=from;",            AUTH_FAIL, "a seal has h="                       },
    {"an ARC-Seal is signed",        {&chain_one},                         "h=From:",                     "h=ARC-Seal:From:",            AUTH_FAIL,
     "an ARC-Seal is signed"                                                                                                                                                              },
    {"a sealer gave up",             {&chain_one, &chain_two},             "cv=pass",                     "cv=fail",                     AUTH_FAIL,
     "a sealer found the chain broken"                                                                                                                                                    },
};

static void run_row(const struct row *row)
{
    struct chain_run run;
    struct text text = TEXT(CHAIN_PLAIN);

    chain_start(&run);
    for (size_t i = 0; row->sealers[i] != NULL; i++)
        assert_int_equal(chain_seal(&run, text, row->sealers[i], "", &text), ERR_NONE);
    if (row->old != NULL)
        text = chain_replaced(run.arena, text, row->old, row->replacement);
    chain_judge(&run, text);
    assert_int_equal(run.verdict.result, row->result);
    if (row->reason == NULL)
        assert_null(run.verdict.reason);
    else
        assert_string_equal(run.verdict.reason, row->reason);
    if (row->result == AUTH_PASS) {
        assert_int_equal(run.waves, 1);
        assert_true(run.verdict.covers_author);
    } else {
        assert_true(text_is_empty(run.verdict.sealer));
        assert_false(run.verdict.covers_author);
    }
    chain_finish(&run);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        run_row(&rows[i]);
    }
}

#define NONE "1; mx.example; none"
#define IS_READ "instance 1: body hash did not verify" /* so the set is whole */
#define NO_RESULTS "an ARC-Authentication-Results is missing"
#define NO_INSTANCE "an ARC-Authentication-Results has no instance"

/* Sets that nobody has signed: the fields of each kind, from i= on (RFC 8617 §4.2, 5.2). */
static const struct sets_row {
    const char *name, *seals[2], *messages[2], *results[2], *reason;
    unsigned newest;
    bool has_ended;
} sets_rows[] = {
    {"a set",                           {"1; cv=none"},               {"1"},      {NONE},                    IS_READ,                               1, false},
    {"a message signature twice",       {"1; cv=none"},               {"1", "1"}, {NONE},                    "an instance stands twice",            1,
     false                                                                                                                                                  },
    {"a seal twice",                    {"1; cv=none", "1; cv=none"}, {"1"},      {NONE},                    "an instance stands twice",            1,
     false                                                                                                                                                  },
    {"results twice",                   {"1; cv=none"},               {"1"},      {NONE, NONE},              "an instance stands twice",            1, false},
    {"results have the highest",        {"1; cv=none"},               {"2"},      {"3; x; none"},            NO_RESULTS,                            3, false},
    {"a signature has the highest",     {"1; cv=none"},               {"3"},      {"2; x; none"},            NO_RESULTS,                            3, false},
    {"a seal has the highest",          {"3; cv=none"},               {"2"},      {NONE},                    "an ARC-Message-Signature is missing",
     3,                                                                                                                                                false},
    {"no seal",                         {NULL},                       {"1"},      {NONE},                    "an ARC-Seal is missing",              1, false},
    {"the newest gave up, a gap below", {"7; cv=fail", "1; cv=none"}, {"1"},      {NONE},
     "an ARC-Authentication-Results is missing",                                                                                                    7, true },
    {"an older one gave up",            {"2; cv=pass", "1; cv=fail"}, {"2", "1"}, {"2; x; none", NONE},
     "a sealer found the chain broken",                                                                                                             2, false},
    {"three digits",                    {"001; cv=none"},             {"1"},      {NONE},                    "i= is no instance",                   1, false},
    {"results: two digits",             {"1; cv=none"},               {"1"},      {"01; x; none"},           IS_READ,                               1, false},
    {"results: comments",               {"1; cv=none"},               {"1"},      {"(a;b) 1 (c) ; x; none"}, IS_READ,                               1, false},
    {"results: three digits",           {"1; cv=none"},               {"1"},      {"001; x; none"},          NO_INSTANCE,                           1, false},
    {"results: no digits",              {"1; cv=none"},               {"1"},      {"; x; none"},             NO_INSTANCE,                           1, false},
    {"results: instance 0",             {"1; cv=none"},               {"1"},      {"0; x; none"},            NO_INSTANCE,                           1, false},
    {"results: instance 51",            {"1; cv=none"},               {"1"},      {"51; x; none"},           NO_INSTANCE,                           1, false},
    {"results: nothing behind it",      {"1; cv=none"},               {"1"},      {"1"},                     NO_INSTANCE,                           1, false},
    {"results: no semicolon",           {"1; cv=none"},               {"1"},      {"1 x none"},              NO_INSTANCE,                           1, false},
    {"results: a comment without end",  {"1; cv=none"},               {"1"},      {"1 (; x; none"},          NO_INSTANCE,                           1,
     false                                                                                                                                                  },
};

static void put_fields(struct chain_run *run, struct buffer *text, const char *const *starts,
    const char *name, const char *rest)
{
    for (size_t i = 0; i < 2 && starts[i] != NULL; i++)
        buffer_append_text(text, arena_print(run->arena, "%s: i=%s%s\n", name, starts[i], rest));
}

static void judge_sets(struct chain_run *run, const struct sets_row *row)
{
    struct buffer text = BUFFER_NONE;

    put_fields(run, &text, row->seals, "ARC-Seal", "; a=rsa-sha256; d=one.example; s=s1; b=AAAA");
    put_fields(run, &text, row->messages, "ARC-Message-Signature",
        "; a=rsa-sha256; d=one.example; s=s1; h=From; b=AAAA;"
        " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    put_fields(run, &text, row->results, "ARC-Authentication-Results", "");
    buffer_append_string(&text, CHAIN_PLAIN);
    chain_judge(run, arena_copy(run->arena, buffer_text(&text)));
    buffer_done(&text);
}

static void test_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sets_rows / sizeof *sets_rows; i++) {
        const struct sets_row *row = &sets_rows[i];
        struct chain_run run;

        unit_row(row->name);
        chain_start(&run);
        judge_sets(&run, row);
        assert_int_equal(run.verdict.result, AUTH_FAIL);
        assert_string_equal(run.verdict.reason, row->reason);
        assert_int_equal(run.verdict.instance, row->newest);
        assert_int_equal(run.verdict.has_ended, row->has_ended);
        chain_finish(&run);
    }
}

/* "i=" before the results (RFC 8617 §3.9, 4.1.1): whether the seal over it is looked at at all. */
static void test_instance_tag(void **state)
{
    static const struct {
        const char *name, *tag;
        bool is_read;
    } tags[] = {
        {"comments",         "(a;b) i (c) = (d) 1", true },
        {"folded",           "i\r\n =\r\n 1",       true },
        {"a capital",        "I=1",                 false},
        {"another tag",      "n=1",                 false},
        {"a longer tag",     "in=1",                false},
        {"no equals sign",   "i 1",                 false},
        {"not at the start", "mx.example; i=1",     false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct chain_run run;
        struct text text;

        unit_row(tags[i].name);
        chain_start(&run);
        assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
        chain_judge(&run, chain_replaced(run.arena, text, "i=1; mx",
                              arena_print(run.arena, "%s; mx", tags[i].tag).data));
        assert_string_equal(run.verdict.reason,
            tags[i].is_read ? "instance 1: signature did not verify" : NO_INSTANCE);
        chain_finish(&run);
    }
}

static void test_rules(void **state)
{
    static const struct signature_rules rules = {.rsa_bits_min = 2048};
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    run.rules = &rules;
    chain_judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 1: key is shorter than accepted here");
    chain_finish(&run);
}

/* A key that is being tested seals nothing that counts (RFC 6376 §3.6.1), whoever has it. */
static void test_tested_keys(void **state)
{
    static const struct {
        const char *name;
        const struct chain_sealer *first, *second;
        bool testing;
    } chains[] = {
        {"no one's",     &chain_one,    &chain_two,    false},
        {"the first's",  &chain_tested, &chain_two,    true },
        {"the second's", &chain_one,    &chain_tested, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct chain_run run;
        struct text text;

        unit_row(chains[i].name);
        chain_start(&run);
        assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), chains[i].first, "", &text), ERR_NONE);
        assert_int_equal(chain_seal(&run, text, chains[i].second, "", &text), ERR_NONE);
        chain_judge(&run, text);
        assert_int_equal(run.verdict.result, AUTH_PASS);
        assert_int_equal(run.verdict.testing, chains[i].testing);
        chain_finish(&run);
    }
}

/* A chain of so many sets, each by a sealer of its own. */
static struct text seal_by_many(struct chain_run *run, size_t count)
{
    struct text text = TEXT(CHAIN_PLAIN);

    for (size_t i = 0; i < count; i++) {
        struct text domain = arena_print(run->arena, "d%zu.example", i);
        const struct chain_sealer sealer = {domain.data, dkim_ed25519_pem};

        assert_true(canned_add(run->canned,
            arena_print(run->arena, "s1._domainkey.%.*s", TEXT_ARGS(domain)), TEXT("TXT"),
            text_from_string(dkim_ed25519_record)));
        assert_int_equal(chain_seal(run, text, &sealer, "", &text), ERR_NONE);
    }
    return text;
}

/* Those of the newest four sets at once, of older ones when the newer have passed (§9.2). */
static void test_keys_asked_for(void **state)
{
    static const struct {
        const char *name;
        size_t sets;
        const char *old, *replacement; /* NULL: nothing is changed */
        size_t waves, asked;
    } chains[] = {
        {"one set",                1, NULL,                 NULL,            1, 1},
        {"four sets",              4, NULL,                 NULL,            1, 4},
        {"five sets",              5, NULL,                 NULL,            2, 5},
        {"eight sets",             8, NULL,                 NULL,            2, 8},
        {"nine sets",              9, NULL,                 NULL,            3, 9},
        {"the body was changed",   9, "noon",               "nine",          1, 4},
        {"the fifth was changed",  9, "i=5; mx",            "i=5; my",       1, 4},
        {"the newest has expired", 9, "c=relaxed/relaxed;", "x=1528637908;", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct chain_run run;
        struct text text;

        unit_row(chains[i].name);
        chain_start(&run);
        text = seal_by_many(&run, chains[i].sets);
        if (chains[i].old != NULL)
            text = chain_replaced(run.arena, text, chains[i].old, chains[i].replacement);
        chain_judge(&run, text);
        assert_int_equal(run.verdict.result, chains[i].old == NULL ? AUTH_PASS : AUTH_FAIL);
        assert_int_equal(run.waves, chains[i].waves);
        assert_int_equal(run.asked, chains[i].asked);
        chain_finish(&run);
    }
}

static void put_key(struct answers *answers, struct text name, const char *record)
{
    const struct dns_record records[] = {{.text = text_from_string(record)}};

    answers_put(answers, name, DNS_TXT,
        &(struct dns_answer){.status = DNS_FOUND, .count = 1, .records = records});
}

/* One key that is late keeps all waiting, whatever the seals above and below it say. */
static void test_late_key(void **state)
{
    struct chain_run run;
    struct answers *answers;
    struct arc_chain *chain;
    struct text text, body;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_two, "", &text), ERR_NONE);
    assert_int_equal(chain_seal(&run, text, &chain_one, "", &text), ERR_NONE);
    assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_NONE);
    message_done(&run.message);
    run.message = dkim_message(run.arena, text, &body);
    chain = arc_find(run.message, NULL, run.arena);
    message_add_body(run.message, body);
    message_end_body(run.message);
    answers = answers_new(run.arena);
    put_key(answers, TEXT("s1._domainkey.two.example"), dkim_ed25519_record);
    assert_int_equal(arc_evaluate(chain, answers, DKIM_NOW, &run.verdict), AUTH_WAITING);
    put_key(answers, TEXT("s1._domainkey.one.example"), dkim_rsa_record);
    assert_int_equal(arc_evaluate(chain, answers, DKIM_NOW, &run.verdict), AUTH_DONE);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    chain_finish(&run);
}

static void test_truncated_header(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    run.is_truncated = true;
    chain_judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 1: message header too large");
    assert_int_equal(run.waves, 0);
    chain_finish(&run);
}

/* Most messages have no chain: it must not cost them what one of fifty sets would. */
static void test_memory_without_chain(void **state)
{
    struct arena *arena = arena_new(), *chain_arena = arena_new();
    struct text body;
    struct message *message = dkim_message(arena, TEXT(CHAIN_PLAIN), &body);
    size_t before = arena_used_bytes(chain_arena);

    (void)state;
    (void)arc_find(message, NULL, chain_arena);
    assert_in_range(arena_used_bytes(chain_arena) - before, 1, 1024);
    message_done(&message);
    arena_free(&chain_arena);
    arena_free(&arena);
}

static void test_newest_sealer(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_NONE);
    chain_judge(&run, text);
    assert_text_equal(run.verdict.sealer, "two.example");
    assert_int_equal(run.verdict.instance, 2);
    assert_false(run.verdict.has_ended);
    chain_finish(&run);
}

/* The author whom readers see must be the one that was sealed. */
static void test_author_not_covered(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT("From: mallory@evil.example\n" CHAIN_PLAIN), &chain_one,
                         "From:To", &text),
        ERR_NONE);
    chain_judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    assert_false(run.verdict.covers_author);
    chain_finish(&run);
}

/* A seal covers no body: it needs no hash of one, and there may be none but that of the message
   signature. */
static void test_hash_of_the_signature_alone(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    assert_int_equal(chain_seal(&run, text, &chain_two, "", &text), ERR_NONE);
    text = chain_replaced(run.arena, text, "c=relaxed/relaxed", "c=relaxed/simple");
    run.is_not_sealed = true;
    chain_judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 2: signature did not verify");
    chain_finish(&run);
}

/* Where so many hashes of the body are wanted that there is none left, the chain fails. */
static void test_no_hash_left(void **state)
{
    struct chain_run run;
    struct text text;

    (void)state;
    chain_start(&run);
    assert_int_equal(chain_seal(&run, TEXT(CHAIN_PLAIN), &chain_one, "", &text), ERR_NONE);
    run.is_not_sealed = true;
    run.hashes = MESSAGE_HASHES_MAX - 1;
    chain_judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    run.hashes = MESSAGE_HASHES_MAX;
    chain_judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 1: too many signatures");
    chain_finish(&run);
}

/* What each sealer says of DMARC, the newest first. */
static void test_witnesses(void **state)
{
    static const struct {
        const char *results, *author;
    } said[] = {
        {"dmarc=pass (p=none) header.from=Example.NET; spf=fail",              "example.net"},
        {"spf=pass smtp.mailfrom=example.net",                                 ""           },
        {"dmarc=fail header.from=example.net",                                 ""           },
        {"dmarc=pass",                                                         ""           },
        {"dmarc=pass header.from=example.net; dmarc=fail",                     ""           },
        {"dmarc=pass header.from=a.example; dmarc=pass header.from=b.example", ""           },
        {"dmarc=pass header.from=example.net; spf=",                           ""           },
    };
    const size_t count = sizeof said / sizeof *said;
    struct chain_run run;
    struct text text = TEXT(CHAIN_PLAIN);

    (void)state;
    chain_start(&run);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            chain_seal_results(&run, text, &chain_two, "", said[i].results, &text), ERR_NONE);
    chain_judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    assert_int_equal(run.verdict.instance, count);
    for (size_t i = 0; i < count; i++) {
        const struct arc_witness *witness = &run.verdict.witnesses[count - 1 - i];

        unit_row(said[i].results);
        assert_text_equal(witness->sealer, "two.example");
        assert_text_equal(witness->author, said[i].author);
    }
    chain_finish(&run);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_sets),
    cmocka_unit_test(test_instance_tag), cmocka_unit_test(test_rules),
    cmocka_unit_test(test_tested_keys), cmocka_unit_test(test_keys_asked_for),
    cmocka_unit_test(test_late_key), cmocka_unit_test(test_truncated_header),
    cmocka_unit_test(test_memory_without_chain), cmocka_unit_test(test_newest_sealer),
    cmocka_unit_test(test_author_not_covered), cmocka_unit_test(test_hash_of_the_signature_alone),
    cmocka_unit_test(test_no_hash_left), cmocka_unit_test(test_witnesses))
