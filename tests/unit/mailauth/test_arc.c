/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/arc.h"

#include "lib/base/buffer.h"
#include "lib/mailauth/signature-field.h"
#include "tests/unit/mailauth/canned.h"
#include "tests/unit/mailauth/dkim.h"
#include "tests/unit/mailauth/long_key.h"

#define WAVES_MAX 4
/* So many of these come close to what a field may hold. */
#define LONG_NAME ":X-A-Name-Of-Seventy-Bytes-Which-Leaves-No-Room-For-Another-On-Its-Line"
#define LONG_NAMES 218

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
  tested = {"tested.example", dkim_ed25519_pem}, slow = {"slow.example", dkim_rsa_pem},
  nobody = {"none.example", dkim_rsa_pem}, brief = {"short.example", dkim_short_pem};

/* A message on its way: its chain judged, its body in. */
struct run {
    struct arena *arena;
    struct canned *canned;
    struct message *message;
    struct arc_verdict verdict;
    size_t waves, asked; /* questions in all */
    const struct signature_rules *rules;
    const char *selector; /* of our seals; NULL: "s1" */
    bool has_no_time;     /* nor have they */
    size_t hashes;        /* so many others want one of the body before */
    bool is_not_sealed;   /* nobody asks for the body hash that a seal of ours would have */
    bool is_truncated;    /* not all of the header is there */
};

static void cut_header(struct run *run)
{
    char *value = arena_alloc(run->arena, MESSAGE_HEADER_BYTES_DEFAULT);
    struct header_field field;

    memset(value, 'x', MESSAGE_HEADER_BYTES_DEFAULT);
    field = header_field_make(
        TEXT("X-Long"), text_from_bytes(value, MESSAGE_HEADER_BYTES_DEFAULT), run->arena);
    assert_int_not_equal(message_add_field(run->message, &field), ERR_NONE);
    assert_true(message_is_truncated(run->message));
}

static void judge(struct run *run, struct text text)
{
    struct answers *answers = answers_new(run->arena);
    struct arc_chain *chain;
    struct text body;

    run->waves = 0;
    message_done(&run->message);
    run->message = dkim_message(run->arena, text, &body);
    if (run->is_truncated)
        cut_header(run);
    for (size_t i = 0; i < run->hashes; i++)
        assert_int_equal(message_want_body_hash(run->message, CANON_SIMPLE, i), ERR_NONE);
    chain = arc_find(run->message, run->rules, run->arena);
    if (!run->is_not_sealed)
        (void)arc_seal_prepare(run->message);
    message_add_body(run->message, body);
    message_end_body(run->message);
    while (arc_evaluate(chain, answers, DKIM_NOW, &run->verdict) == AUTH_WAITING) {
        assert_true(++run->waves < WAVES_MAX);
        assert_true(canned_answer_wave(run->canned, answers) != 0);
    }
    run->asked = answers_asked_count(answers);
}

static void start(struct run *run)
{
    *run = (struct run){.arena = arena_new()};
    run->canned = canned_new(run->arena);
    canned_add_table(run->canned, zone);
    assert_true(canned_add(run->canned, TEXT("s1._domainkey.tested.example"), TEXT("TXT"),
        arena_print(run->arena, "%s; t=y", dkim_ed25519_record)));
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
        .selector = text_from_string(run->selector != NULL ? run->selector : "s1"),
        .authserv_id = TEXT("mx.example"),
        .results = text_from_string(results),
        .field_list = text_from_string(names),
        .now = run->has_no_time ? 0 : DKIM_NOW};
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
    {"no chain",                     {NULL},             NULL,                          NULL,                          AUTH_NONE, NULL                                    },
    {"one set",                      {&one},             NULL,                          NULL,                          AUTH_PASS, NULL                                    },
    {"two sets",                     {&one, &two},       NULL,                          NULL,                          AUTH_PASS, NULL                                    },
    {"three sets",                   {&one, &two, &one}, NULL,                          NULL,                          AUTH_PASS, NULL                                    },
    {"body changed",                 {&one, &two},       "noon",                        "nine",                        AUTH_FAIL,
     "instance 2: body hash did not verify"                                                                                                                               },
    {"signed field changed",         {&one, &two},       "plans",                       "money",                       AUTH_FAIL,
     "instance 2: signature did not verify"                                                                                                                               },
    {"unsigned field added",         {&one},             "Subject: plans",              "X-Seen: y\r\nSubject: plans", AUTH_PASS,
     NULL                                                                                                                                                                 },
    {"results of the first changed", {&one, &two},       "i=1; mx.example; spf=pass",
     "i=1; mx.example; spf=fail",                                                                                      AUTH_FAIL, "instance 2: signature did not verify"  },
    {"key is missing",               {&nobody},          NULL,                          NULL,                          AUTH_FAIL, "instance 1: no key for signature"      },
    {"key does not come",            {&slow},            NULL,                          NULL,                          AUTH_FAIL, "instance 1: key could not be looked up"},
    {"key is too short",             {&brief},           NULL,                          NULL,                          AUTH_FAIL, "instance 1: key size not accepted"     },
    {"a seal by SHA-1",              {&one, &two},       "ARC-Seal: a=rsa-sha256;",     "ARC-Seal: a=rsa-sha1;",       AUTH_FAIL,
     "algorithm rsa-sha1 is not accepted"                                                                                                                                 },
    {"From is gone",                 {&one},             "From: ",                      "X-From: ",                    AUTH_FAIL,
     "instance 1: signature did not verify"                                                                                                                               },
    {"seal is missing",              {&one, &two},       "ARC-Seal:",                   "X-Seal:",                     AUTH_FAIL, "an ARC-Seal is missing"                },
    {"message signature is missing", {&one},             "ARC-Message-Signature:",      "X-Signature:",                AUTH_FAIL,
     "an ARC-Message-Signature is missing"                                                                                                                                },
    {"results are missing",          {&one},             "ARC-Authentication-Results:", "X-Results:",                  AUTH_FAIL,
     "an ARC-Authentication-Results is missing"                                                                                                                           },
    {"an instance twice",            {&one, &two},       "i=2; mx",                     "i=1; mx",                     AUTH_FAIL,
     "an instance stands twice"                                                                                                                                           },
    {"instance 51",                  {&one},             "i=1; s=s1",                   "i=51; s=s1",                  AUTH_FAIL, "i= is no instance"                     },
    {"the first says pass",          {&one},             "cv=none",                     "cv=pass",                     AUTH_FAIL, "cv= does not suit its place"           },
    {"the second says none",         {&one, &two},       "cv=pass",                     "cv=none",                     AUTH_FAIL,
     "cv= does not suit its place"                                                                                                                                        },
    {"cv= is unknown",               {&one},             "cv=none",                     "cv=None",                     AUTH_FAIL, "cv= is unknown"                        },
    {"cv= is missing",               {&one},             "cv=none;",                    "",                            AUTH_FAIL, "cv= is missing"                        },
    {"a seal with h=",               {&one},             "cv=none;",                    "cv=none; h=from;",            AUTH_FAIL, "a seal has h="                         },
    {"an ARC-Seal is signed",        {&one},             "h=From:",                     "h=ARC-Seal:From:",            AUTH_FAIL,
     "an ARC-Seal is signed"                                                                                                                                              },
    {"a sealer gave up",             {&one, &two},       "cv=pass",                     "cv=fail",                     AUTH_FAIL,
     "a sealer found the chain broken"                                                                                                                                    },
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

static void put_fields(struct run *run, struct buffer *text, const char *const *starts,
    const char *name, const char *rest)
{
    for (size_t i = 0; i < 2 && starts[i] != NULL; i++)
        buffer_append_text(text, arena_print(run->arena, "%s: i=%s%s\n", name, starts[i], rest));
}

static void judge_sets(struct run *run, const struct sets_row *row)
{
    struct buffer text = BUFFER_NONE;

    put_fields(run, &text, row->seals, "ARC-Seal", "; a=rsa-sha256; d=one.example; s=s1; b=AAAA");
    put_fields(run, &text, row->messages, "ARC-Message-Signature",
        "; a=rsa-sha256; d=one.example; s=s1; h=From; b=AAAA;"
        " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    put_fields(run, &text, row->results, "ARC-Authentication-Results", "");
    buffer_append_string(&text, PLAIN);
    judge(run, arena_copy(run->arena, buffer_text(&text)));
    buffer_done(&text);
}

static void test_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sets_rows / sizeof *sets_rows; i++) {
        const struct sets_row *row = &sets_rows[i];
        struct run run;

        unit_row(row->name);
        start(&run);
        judge_sets(&run, row);
        assert_int_equal(run.verdict.result, AUTH_FAIL);
        assert_string_equal(run.verdict.reason, row->reason);
        assert_int_equal(run.verdict.instance, row->newest);
        assert_int_equal(run.verdict.has_ended, row->has_ended);
        finish(&run);
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
        struct run run;
        struct text text;

        unit_row(tags[i].name);
        start(&run);
        assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
        judge(&run, replaced(run.arena, text, "i=1; mx",
                        arena_print(run.arena, "%s; mx", tags[i].tag).data));
        assert_string_equal(run.verdict.reason,
            tags[i].is_read ? "instance 1: signature did not verify" : NO_INSTANCE);
        finish(&run);
    }
}

static void test_rules(void **state)
{
    static const struct signature_rules rules = {.rsa_bits_min = 2048};
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    run.rules = &rules;
    judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 1: key is shorter than accepted here");
    finish(&run);
}

/* A key that is being tested seals nothing that counts (RFC 6376 §3.6.1), whoever has it. */
static void test_tested_keys(void **state)
{
    static const struct {
        const char *name;
        const struct sealer *first, *second;
        bool testing;
    } chains[] = {
        {"no one's",     &one,    &two,    false},
        {"the first's",  &tested, &two,    true },
        {"the second's", &one,    &tested, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        struct run run;
        struct text text;

        unit_row(chains[i].name);
        start(&run);
        assert_int_equal(seal(&run, TEXT(PLAIN), chains[i].first, "", &text), ERR_NONE);
        assert_int_equal(seal(&run, text, chains[i].second, "", &text), ERR_NONE);
        judge(&run, text);
        assert_int_equal(run.verdict.result, AUTH_PASS);
        assert_int_equal(run.verdict.testing, chains[i].testing);
        finish(&run);
    }
}

/* A chain of so many sets, each by a sealer of its own. */
static struct text seal_by_many(struct run *run, size_t count)
{
    struct text text = TEXT(PLAIN);

    for (size_t i = 0; i < count; i++) {
        struct text domain = arena_print(run->arena, "d%zu.example", i);
        const struct sealer sealer = {domain.data, dkim_ed25519_pem};

        assert_true(canned_add(run->canned,
            arena_print(run->arena, "s1._domainkey.%.*s", TEXT_ARGS(domain)), TEXT("TXT"),
            text_from_string(dkim_ed25519_record)));
        assert_int_equal(seal(run, text, &sealer, "", &text), ERR_NONE);
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
        struct run run;
        struct text text;

        unit_row(chains[i].name);
        start(&run);
        text = seal_by_many(&run, chains[i].sets);
        if (chains[i].old != NULL)
            text = replaced(run.arena, text, chains[i].old, chains[i].replacement);
        judge(&run, text);
        assert_int_equal(run.verdict.result, chains[i].old == NULL ? AUTH_PASS : AUTH_FAIL);
        assert_int_equal(run.waves, chains[i].waves);
        assert_int_equal(run.asked, chains[i].asked);
        finish(&run);
    }
}

static void test_truncated_header(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    run.is_truncated = true;
    judge(&run, text);
    assert_string_equal(run.verdict.reason, "instance 1: message header too large");
    assert_int_equal(run.waves, 0);
    finish(&run);
}

/* Most messages have no chain: it must not cost them what one of fifty sets would. */
static void test_memory_without_chain(void **state)
{
    struct arena *arena = arena_new(), *chain_arena = arena_new();
    struct text body;
    struct message *message = dkim_message(arena, TEXT(PLAIN), &body);
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
    assert_true(run.verdict.has_ended);
    assert_int_equal(seal(&run, text, &one, "", &text), ERR_REFUSED);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    text = replaced(run.arena, text, "noon", "nine");
    assert_int_equal(seal(&run, text, &two, "", &text), ERR_NONE);
    judge(&run, text);
    assert_true(run.verdict.has_ended);
    assert_int_equal(seal(&run, text, &one, "", &text), ERR_REFUSED);
    finish(&run);
}

/* What nobody could verify is not sealed. */
static void test_refusals(void **state)
{
    static const struct {
        const char *name;
        struct sealer sealer;
        const char *text, *names;
    } refused[] = {
        {"a domain of one label",    {"example", dkim_ed25519_pem},      PLAIN,                        ""          },
        {"no domain",                {"two..example", dkim_ed25519_pem}, PLAIN,                        ""          },
        {"no From",                  {"two.example", dkim_ed25519_pem},  "To: list@lists.example\n\n", ""          },
        {"no From, but in the list", {"two.example", dkim_ed25519_pem},
         "To: list@lists.example\n\n",                                                                 "From:To"   },
        {"From not in the list",     {"two.example", dkim_ed25519_pem},  PLAIN,                        "To:Subject"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct run run;
        struct text text;

        unit_row(refused[i].name);
        start(&run);
        assert_int_equal(seal(&run, text_from_string(refused[i].text), &refused[i].sealer,
                             refused[i].names, &text),
            ERR_REFUSED);
        finish(&run);
    }
}

static void test_refused_header(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    run.is_truncated = true;
    assert_int_equal(seal(&run, TEXT(PLAIN), &two, "", &text), ERR_REFUSED);
    run.is_truncated = false;
    run.selector = "s 1";
    assert_int_equal(seal(&run, TEXT(PLAIN), &two, "", &text), ERR_REFUSED);
    finish(&run);
}

static void test_sealed_without_results(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal_results(&run, TEXT(PLAIN), &two, "", " ", &text), ERR_NONE);
    assert_true(text_find_text(text, TEXT("i=1; mx.example; none\r\n")) != text.len);
    finish(&run);
}

static bool has(struct text text, const char *part)
{
    return text_find_text(text, text_from_string(part)) != text.len;
}

static void test_time_of_seal(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &two, "", &text), ERR_NONE);
    assert_true(has(text, "i=1; s=s1; t=1528637909\r\nARC-Message-Signature:"));
    assert_true(has(text, "i=1; s=s1; t=1528637909\r\nARC-Authentication-Results:"));
    run.has_no_time = true;
    assert_int_equal(seal(&run, TEXT(PLAIN), &two, "", &text), ERR_NONE);
    assert_true(has(text, "i=1; s=s1\r\nARC-Message-Signature:"));
    assert_true(has(text, "i=1; s=s1\r\nARC-Authentication-Results:"));
    finish(&run);
}

static size_t longest_line(struct text text)
{
    struct text line;
    size_t longest = 0;

    while (text_split(&text, '\n', &line))
        longest = line.len > longest ? line.len : longest;
    return longest;
}

/* A signature is folded only where its line would be too long, with the CR (RFC 5322 §2.1.1). */
static void test_folded_signature(void **state)
{
    static const struct sealer large = {"large.example", long_key_pem};
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    assert_int_equal(seal(&run, TEXT(PLAIN), &one, "", &text), ERR_NONE);
    assert_false(has(text, "\r\n\t;"));
    assert_int_equal(seal(&run, TEXT(PLAIN), &large, "", &text), ERR_NONE);
    assert_in_range(longest_line(text), 960, 999);
    finish(&run);
}

/* Names in h= until nobody like us would read the field: what is sealed is read. */
static void test_longest_field(void **state)
{
    struct run run;
    struct text text;
    size_t sealed = 0;
    char names[SIGNATURE_FIELD_MAX];

    (void)state;
    start(&run);
    strcpy(names, "From");
    for (size_t i = 0; i < LONG_NAMES; i++)
        strcat(names, LONG_NAME);
    while (seal(&run, TEXT(PLAIN), &two, names, &text) == ERR_NONE) {
        judge(&run, text);
        assert_int_equal(run.verdict.result, AUTH_PASS);
        assert_true(++sealed < 80);
        strcat(names, "x");
    }
    assert_true(sealed != 0);
    finish(&run);
}

/* A seal is made of the body's hash, which must have been asked for before the body. */
static void test_no_hash_to_seal(void **state)
{
    struct run run;
    struct text text;

    (void)state;
    start(&run);
    run.is_not_sealed = true;
    assert_int_equal(seal(&run, TEXT(PLAIN), &two, "", &text), ERR_CRYPTO);
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
             "Authentication-Results: mx.example\n"
             "X-Authentication-Results: mx.example; spf=fail\n"
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

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_sets),
    cmocka_unit_test(test_instance_tag), cmocka_unit_test(test_rules),
    cmocka_unit_test(test_tested_keys), cmocka_unit_test(test_keys_asked_for),
    cmocka_unit_test(test_truncated_header), cmocka_unit_test(test_memory_without_chain),
    cmocka_unit_test(test_newest_sealer), cmocka_unit_test(test_author_not_covered),
    cmocka_unit_test(test_hash_of_the_signature_alone), cmocka_unit_test(test_no_hash_left),
    cmocka_unit_test(test_end_of_chain), cmocka_unit_test(test_refusals),
    cmocka_unit_test(test_refused_header), cmocka_unit_test(test_sealed_without_results),
    cmocka_unit_test(test_time_of_seal), cmocka_unit_test(test_folded_signature),
    cmocka_unit_test(test_longest_field), cmocka_unit_test(test_no_hash_to_seal),
    cmocka_unit_test(test_longest_chain), cmocka_unit_test(test_collected_results),
    cmocka_unit_test(test_memory_of_collected_results), cmocka_unit_test(test_witnesses))
