/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/arc.h"

#include "lib/base/buffer.h"
#include "lib/mailauth/signature-field.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/mailauth/dkim.h"

#define WAVES_MAX 4

#define PLAIN                                                                                      \
    "From: Ann <ann@example.net>\n"                                                                \
    "To: list@lists.example\n"                                                                     \
    "Subject: plans\n"                                                                             \
    "\n"                                                                                           \
    "We meet at noon.\n"

static const struct canned_record zone[] = {
    {"s1._domainkey.one.example",   "TXT",     dkim_rsa_record    },
    {"s1._domainkey.two.example",   "TXT",     dkim_ed25519_record},
    {"s1._domainkey.slow.example",  "TIMEOUT", ""                 },
    {"s1._domainkey.short.example", "TXT",     dkim_short_record  },
    {NULL,                          NULL,      NULL               },
};

/* Who seals with which key. */
static const struct sealer {
    const char *domain, *pem;
} one = {"one.example", dkim_rsa_pem}, two = {"two.example", dkim_ed25519_pem},
  slow = {"slow.example", dkim_rsa_pem}, nobody = {"none.example", dkim_rsa_pem},
  brief = {"short.example", dkim_short_pem};

/* A message on its way: its chain judged, its body in. */
struct run {
    struct arena *arena;
    struct canned *canned;
    struct message *message;
    struct arc_verdict verdict;
    size_t waves;
    size_t hashes;      /* so many others want one of the body before */
    bool is_not_sealed; /* nobody asks for the body hash that a seal of ours would have */
};

static void judge(struct run *run, struct text text)
{
    struct answers *answers = answers_new(run->arena);
    struct arc_chain *chain;
    struct text body;

    run->waves = 0;
    message_done(&run->message);
    run->message = dkim_message(run->arena, text, &body);
    for (size_t i = 0; i < run->hashes; i++)
        assert_int_equal(message_want_body_hash(run->message, CANON_SIMPLE, i), ERR_NONE);
    chain = arc_find(run->message, NULL, run->arena);
    if (!run->is_not_sealed)
        (void)arc_seal_prepare(run->message);
    message_add_body(run->message, body);
    message_end_body(run->message);
    while (arc_evaluate(chain, answers, DKIM_NOW, &run->verdict) == AUTH_WAITING) {
        assert_true(++run->waves < WAVES_MAX);
        assert_true(canned_answer_wave(run->canned, answers) != 0);
    }
}

static void start(struct run *run)
{
    *run = (struct run){.arena = arena_new()};
    run->canned = canned_new(run->arena);
    canned_add_table(run->canned, zone);
}

static void finish(struct run *run)
{
    message_done(&run->message);
    arena_free(&run->arena);
}

static enum err seal_results(struct run *run, struct text text, const struct sealer *sealer,
    const char *names, const char *results, struct text *sealed_r)
{
    const struct arc_seal_request request = {.domain = text_from_string(sealer->domain),
        .selector = TEXT("s1"),
        .authserv_id = TEXT("mx.example"),
        .results = text_from_string(results),
        .field_list = text_from_string(names),
        .now = DKIM_NOW};
    struct private_key *key = NULL;
    struct failure failure;
    struct arc_seal made;
    enum err err;

    assert_int_equal(
        private_key_parse(text_from_string(sealer->pem), true, &key, &failure), ERR_NONE);
    judge(run, text);
    err = arc_seal_format(run->message, &run->verdict, &request, key, run->arena, &made, &failure);
    private_key_release(&key);
    if (err != ERR_NONE)
        return err;
    *sealed_r = arena_print(run->arena,
        "ARC-Seal:%.*s\r\nARC-Message-Signature:%.*s\r\n"
        "ARC-Authentication-Results:%.*s\r\n%.*s",
        TEXT_ARGS(made.seal), TEXT_ARGS(made.message), TEXT_ARGS(made.results), TEXT_ARGS(text));
    return ERR_NONE;
}

static enum err seal(struct run *run, struct text text, const struct sealer *sealer,
    const char *names, struct text *sealed_r)
{
    return seal_results(run, text, sealer, names, "spf=pass smtp.mailfrom=example.net", sealed_r);
}

/* The text with the first occurrence of one string replaced; it must be there. */
static struct text replaced(
    struct arena *arena, struct text text, const char *old, const char *replacement)
{
    size_t at = text_find_text(text, text_from_string(old));

    assert_true(at != text.len);
    return arena_print(arena, "%.*s%s%.*s", (int)at, text.data, replacement,
        TEXT_ARGS(text_skip(text, at + strlen(old))));
}

static const struct row {
    const char *name;
    const struct sealer *sealers[4]; /* in their order */
    const char *old, *replacement;   /* then changed; NULL: nothing is */
    enum auth_result result;
    const char *reason;
} rows[] = {
    {"no chain",                     {NULL},             NULL,                          NULL,                          AUTH_NONE, NULL                                           },
    {"one set",                      {&one},             NULL,                          NULL,                          AUTH_PASS, NULL                                           },
    {"two sets",                     {&one, &two},       NULL,                          NULL,                          AUTH_PASS, NULL                                           },
    {"three sets",                   {&one, &two, &one}, NULL,                          NULL,                          AUTH_PASS, NULL                                           },
    {"body changed",                 {&one, &two},       "noon",                        "nine",                        AUTH_FAIL,
     "instance 2: body hash did not verify"                                                                                                                                      },
    {"signed field changed",         {&one, &two},       "plans",                       "money",                       AUTH_FAIL,
     "instance 2: signature did not verify"                                                                                                                                      },
    {"unsigned field added",         {&one},             "Subject: plans",              "X-Seen: y\r\nSubject: plans", AUTH_PASS,
     NULL                                                                                                                                                                        },
    {"results of the first changed", {&one, &two},       "i=1; mx.example; spf=pass",
     "i=1; mx.example; spf=fail",                                                                                      AUTH_FAIL, "instance 2: signature did not verify"         },
    {"key is missing",               {&nobody},          NULL,                          NULL,                          AUTH_FAIL, "instance 1: no key for signature"             },
    {"key does not come",            {&slow},            NULL,                          NULL,                          AUTH_FAIL, "instance 1: key could not be looked up"       },
    {"key is too short",             {&brief},           NULL,                          NULL,                          AUTH_FAIL, "instance 1: key size not accepted"            },
    {"a seal by SHA-1",              {&one, &two},       "ARC-Seal: a=rsa-sha256;",     "ARC-Seal: a=rsa-sha1;",       AUTH_FAIL,
     "algorithm rsa-sha1 is not accepted"                                                                                                                                        },
    {"From is gone",                 {&one},             "From: ",                      "X-From: ",                    AUTH_FAIL,
     "instance 1: signature did not verify"                                                                                                                                      },
    {"seal is missing",              {&one, &two},       "ARC-Seal:",                   "X-Seal:",                     AUTH_FAIL, "an ARC-Seal is missing"                       },
    {"message signature is missing", {&one},             "ARC-Message-Signature:",      "X-Signature:",                AUTH_FAIL,
     "an ARC-Message-Signature is missing"                                                                                                                                       },
    {"results are missing",          {&one},             "ARC-Authentication-Results:", "X-Results:",                  AUTH_FAIL,
     "an ARC-Authentication-Results is missing"                                                                                                                                  },
    {"an instance twice",            {&one, &two},       "i=2; mx",                     "i=1; mx",                     AUTH_FAIL,
     "an instance stands twice"                                                                                                                                                  },
    {"instance 0",                   {&one},             "i=1; mx",                     "i=0; mx",                     AUTH_FAIL,
     "an ARC-Authentication-Results has no instance"                                                                                                                             },
    {"instance 51",                  {&one},             "i=1; s=s1",                   "i=51; s=s1",                  AUTH_FAIL, "i= is no instance"                            },
    {"results without semicolon",    {&one},             "i=1; mx.example; spf=pass",   "i=1 mx.example spf=pass",
     AUTH_FAIL,                                                                                                                   "an ARC-Authentication-Results has no instance"},
    {"the first says pass",          {&one},             "cv=none",                     "cv=pass",                     AUTH_FAIL, "cv= does not suit its place"                  },
    {"the second says none",         {&one, &two},       "cv=pass",                     "cv=none",                     AUTH_FAIL,
     "cv= does not suit its place"                                                                                                                                               },
    {"cv= is unknown",               {&one},             "cv=none",                     "cv=None",                     AUTH_FAIL, "cv= is unknown"                               },
    {"cv= is missing",               {&one},             "cv=none;",                    "",                            AUTH_FAIL, "cv= is missing"                               },
    {"a seal with h=",               {&one},             "cv=none;",                    "cv=none; h=from;",            AUTH_FAIL, "a seal has h="                                },
    {"an ARC-Seal is signed",        {&one},             "h=From:",                     "h=ARC-Seal:From:",            AUTH_FAIL,
     "an ARC-Seal is signed"                                                                                                                                                     },
    {"a sealer gave up",             {&one, &two},       "cv=pass",                     "cv=fail",                     AUTH_FAIL,
     "a sealer found the chain broken"                                                                                                                                           },
};

static void run_row(const struct row *row)
{
    struct run run;
    struct text text = TEXT(PLAIN);

    start(&run);
    for (size_t i = 0; row->sealers[i] != NULL; i++)
        assert_int_equal(seal(&run, text, row->sealers[i], "", &text), ERR_NONE);
    if (row->old != NULL)
        text = replaced(run.arena, text, row->old, row->replacement);
    judge(&run, text);
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
    finish(&run);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        run_row(&rows[i]);
    }
}

static void test_newest_sealer(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    assert_int_equal(seal(&run, text, &two, "", &text), ERR_NONE);
    judge(&run, text);
    assert_text_equal(run.verdict.sealer, "two.example");
    assert_int_equal(run.verdict.instance, 2);
    assert_false(run.verdict.has_ended);
    finish(&run);
}

/* The author whom readers see must be the one that was sealed. */
static void test_author_not_covered(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(
        seal(&run, TEXT("From: mallory@evil.example\n" PLAIN), &one, "From:To", &text), ERR_NONE);
    judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    assert_false(run.verdict.covers_author);
    finish(&run);
}

/* A seal covers no body: it needs no hash of one, and there may be none but that of the message
   signature. */
static void test_hash_of_the_signature_alone(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    assert_int_equal(seal(&run, text, &two, "", &text), ERR_NONE);
    text = replaced(run.arena, text, "c=relaxed/relaxed", "c=relaxed/simple");
    run.is_not_sealed = true;
    judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 2: signature did not verify");
    finish(&run);
}

/* Where so many hashes of the body are wanted that there is none left, the chain fails. */
static void test_no_hash_left(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    run.is_not_sealed = true;
    run.hashes = MESSAGE_HASHES_MAX - 1;
    judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    run.hashes = MESSAGE_HASHES_MAX;
    judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 1: too many signatures");
    finish(&run);
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
    struct run run;
    struct text text = TEXT(PLAIN);

    (void)state;
    start(&run);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(seal_results(&run, text, &two, "", said[i].results, &text), ERR_NONE);
    judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    assert_int_equal(run.verdict.instance, count);
    for (size_t i = 0; i < count; i++) {
        const struct arc_witness *witness = &run.verdict.witnesses[count - 1 - i];

        unit_row(said[i].results);
        assert_text_equal(witness->sealer, "two.example");
        assert_text_equal(witness->author, said[i].author);
    }
    finish(&run);
}

/* RFC 8617 §5.1.2: a broken chain is sealed once more, for itself alone; then never again. */
static void test_end_of_chain(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    text = replaced(run.arena, text, "i=1; mx.example", "i=7; mx.example");
    assert_int_equal(seal(&run, text, &two, "", &text), ERR_NONE);
    assert_true(text_find_text(text, TEXT("i=8; mx.example")) != text.len);
    assert_true(text_find_text(text, TEXT("cv=fail")) != text.len);
    judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_FAIL);
    /* The set that says so is read only where its neighbours are whole. */
    assert_false(run.verdict.has_ended);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    text = replaced(run.arena, text, "noon", "nine");
    assert_int_equal(seal(&run, text, &two, "", &text), ERR_NONE);
    judge(&run, text);
    assert_true(run.verdict.has_ended);
    assert_int_equal(seal(&run, text, &one, "", &text), ERR_REFUSED);
    finish(&run);
}

static void test_longest_chain(void **state)
{
    struct run run;
    struct text text = TEXT(PLAIN);

    (void)state;
    start(&run);
    for (int i = 0; i < SIGNATURE_INSTANCE_MAX; i++)
        assert_int_equal(seal(&run, text, &two, "", &text), ERR_NONE);
    judge(&run, text);
    assert_int_equal(run.verdict.result, AUTH_PASS);
    assert_int_equal(run.verdict.instance, SIGNATURE_INSTANCE_MAX);
    assert_int_equal(seal(&run, text, &two, "", &text), ERR_REFUSED);
    text = arena_print(run.arena, "ARC-Seal: i=51; cv=pass\r\n%.*s", TEXT_ARGS(text));
    judge(&run, text);
    assert_string_equal(run.verdict.reason, "too many sets");
    finish(&run);
}

static void test_collected_results(void **state)
{
    struct arena *arena = arena_new();
    struct text body;
    struct message *message = dkim_message(arena,
        TEXT("Authentication-Results: MX.example (ours) 1; spf=pass;\n\tdkim=none\n"
             "Authentication-Results: other.example; dmarc=pass\n"
             "Authentication-Results: mx.example; none\n"
             "Authentication-Results: \"mx.example\"; dmarc=fail (p=none)\n" PLAIN),
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
    buffer_append_string(&text, PLAIN);
    message = dkim_message(arena, buffer_text(&text), &body);
    results = arc_results_collect(message, TEXT("mx.example"), arena);
    assert_true(results.len > 20000);
    assert_true(arena_used_bytes(arena) < 16 * text.len);
    message_done(&message);
    buffer_done(&text);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_newest_sealer),
    cmocka_unit_test(test_author_not_covered), cmocka_unit_test(test_hash_of_the_signature_alone),
    cmocka_unit_test(test_no_hash_left), cmocka_unit_test(test_end_of_chain),
    cmocka_unit_test(test_longest_chain), cmocka_unit_test(test_collected_results),
    cmocka_unit_test(test_memory_of_collected_results), cmocka_unit_test(test_witnesses))
