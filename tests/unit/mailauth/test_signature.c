/* SPDX-License-Identifier: MIT */
#include "tests/unit/mailauth/dkim.h"

#define PLAIN                                                                                      \
    "From: a@example.org\n"                                                                        \
    "To: b@example.net\n"                                                                          \
    "Subject: one\n"                                                                               \
    "\n"                                                                                           \
    "Hello.\n"                                                                                     \
    "World.\n"

#define HEAD "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel;"
#define KEY_NAME "sel._domainkey.example.org"
#define RSA_DATA                                                                                   \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"     \
    "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLz" \
    "BfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define BODY_HASH "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
#define DIGITS_76 "9999999999999999999999999999999999999999999999999999999999999999999999999999"

static void assert_verdict(
    const struct signature_verdict *verdict, enum auth_result result, const char *reason)
{
    if (reason == NULL)
        assert_null(verdict->reason);
    else {
        assert_non_null(verdict->reason);
        assert_string_equal(verdict->reason, reason);
    }
    assert_int_equal(verdict->result, result);
}

/* --- examples --- */

static void test_rfc6376_example(void **state)
{
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    dkim_start(&run, dkim_rfc6376_message, NULL);
    dkim_answer(&run, "brisbane._domainkey.example.com", dkim_rfc6376_record);
    dkim_end_body(&run, 1);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PASS, NULL);
    assert_text_equal(verdict.domain, "example.com");
    assert_text_equal(verdict.selector, "brisbane");
    assert_text_equal(verdict.identity, "joe@football.example.com");
    assert_text_equal(verdict.algorithm, "rsa-sha256");
    assert_text_equal(verdict.b_head, "AuUoFEfD");
    assert_int_equal(verdict.key_bits, 1024);
    assert_false(verdict.testing);
    dkim_done(&run);
}

static void test_rfc8463_example(void **state)
{
    struct dkim_run run;

    (void)state;
    dkim_start(&run, dkim_rfc8463_message, NULL);
    dkim_answer(&run, "brisbane._domainkey.football.example.com", dkim_ed25519_record);
    dkim_answer(&run, "test._domainkey.football.example.com", dkim_rsa_record);
    dkim_end_body(&run, 0);
    assert_int_equal(run.signatures.count, 2);
    for (size_t i = 0; i < 2; i++) {
        struct signature_verdict verdict = dkim_verdict(&run, i, DKIM_NOW);

        assert_verdict(&verdict, AUTH_PASS, NULL);
        assert_text_equal(verdict.algorithm, i == 0 ? "ed25519-sha256" : "rsa-sha256");
        assert_int_equal(verdict.key_bits, i == 0 ? 256 : 1024);
    }
    dkim_done(&run);
}

/* --- rules on the field: each signature is right but for what its row is about --- */

struct field_row {
    const char *name;
    const char *tags;
    const char *names; /* NULL: from:to:subject */
    uint64_t limit;
    enum auth_result result;
    const char *reason;
};

static const struct field_row field_rows[] = {
    {"plain",                                      HEAD,                                                              NULL,                               0,            AUTH_PASS,      NULL                                },
    {"version missing",                            "a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel;",          NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "v= is missing"                     },
    {"version 2",                                  "v=2; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel;",     NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "unknown signature version"         },
    {"version 1.0",                                "v=1.0; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel;",   NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "unknown signature version"         },
    {"algorithm missing",                          "v=1; c=relaxed/relaxed; d=example.org; s=sel;",                   NULL,                               0,            AUTH_PERMERROR,
     "a= is missing"                                                                                                                                                                                                        },
    {"algorithm in capitals",                      "v=1; a=RSA-SHA256; c=relaxed/relaxed; d=example.org; s=sel;",     NULL,
     0,                                                                                                                                                                 AUTH_PASS,      NULL                                },
    {"rsa-sha1",                                   "v=1; a=rsa-sha1; c=relaxed/relaxed; d=example.org; s=sel;",       NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "algorithm rsa-sha1 is not accepted"},
    {"unknown algorithm",                          "v=1; a=rsa-sha512; c=relaxed/relaxed; d=example.org; s=sel;",     NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "unknown algorithm"                 },
    {"algorithm of another key",                   "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=sel;",
     NULL,                                                                                                                                                0,            AUTH_PERMERROR, "key is of another algorithm"       },
    {"domain missing",                             "v=1; a=rsa-sha256; c=relaxed/relaxed; s=sel;",                    NULL,                               0,            AUTH_PERMERROR,
     "d= is missing"                                                                                                                                                                                                        },
    {"domain of one label",                        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=org; s=sel;",             NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "d= is no domain"                   },
    {"domain in capitals",                         "v=1; a=rsa-sha256; c=relaxed/relaxed; d=Example.ORG; s=sel;",     NULL,                               0,
     AUTH_PASS,                                                                                                                                                                         NULL                                },
    {"domain empty",                               "v=1; a=rsa-sha256; c=relaxed/relaxed; d=; s=sel;",                NULL,                               0,            AUTH_PERMERROR,
     "d= is no domain"                                                                                                                                                                                                      },
    {"domain with a blank",                        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example. org; s=sel;",    NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "d= is no domain"                   },
    {"selector missing",                           "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;",            NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "s= is missing"                     },
    {"selector malformed",                         "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=sel..x;",  NULL,
     0,                                                                                                                                                                 AUTH_PERMERROR, "s= is no selector"                 },
    {"tag twice",                                  HEAD " t=1; t=1;",                                                 NULL,                               0,            AUTH_PERMERROR, "a tag stands twice"                },
    {"unknown tag twice",                          HEAD " zz=1; zz=1;",                                               NULL,                               0,            AUTH_PERMERROR, "a tag stands twice"                },
    {"unknown tag",                                HEAD " zz=what; Z2=ever;",                                         NULL,                               0,            AUTH_PASS,      NULL                                },
    {"tag without equals sign",                    HEAD " foo;",                                                      NULL,                               0,            AUTH_PERMERROR, "signature field malformed"         },
    {"empty tag",                                  HEAD " ;",                                                         NULL,                               0,            AUTH_PERMERROR, "signature field malformed"         },
    {"copied fields are ignored",                  HEAD " z=From:x@y.example|Subject:foo;",                           NULL,                               0,            AUTH_PASS,
     NULL                                                                                                                                                                                                                   },
    {"From not signed",                            HEAD,                                                              "to:subject",                       0,            AUTH_PERMERROR, "From is not signed"                },
    {"From with blanks",                           HEAD,                                                              "to : FROM\t:subject",              0,            AUTH_PASS,      NULL                                },
    {"fields looking like From",                   HEAD,                                                              "to:x-from:from-x:subject",         0,            AUTH_PERMERROR,
     "From is not signed"                                                                                                                                                                                                   },
    {"empty name in h=",                           HEAD,                                                              "from::to",                         0,            AUTH_PERMERROR, "h= is malformed"                   },
    {"fields that are not there",                  HEAD,                                                              "from:cc:x-foo:cc:subject:subject", 0,            AUTH_PASS,      NULL                                },
    {"names used up long ago",                     HEAD,                                                              "from:to:to:to:to",                 0,            AUTH_PASS,      NULL                                },
    {"identity below the domain",                  HEAD " i=@mail.example.org;",                                      NULL,                               0,            AUTH_PASS,      NULL                                },
    {"identity with local part",                   HEAD " i=joe=40x@Example.Org;",                                    NULL,                               0,            AUTH_PASS,      NULL                                },
    {"identity elsewhere",                         HEAD " i=@example.net;",                                           NULL,                               0,            AUTH_PERMERROR, "i= is not within d="               },
    {"identity above",
     "v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example.org; s=sel; "
        "i=@example.org;",                                                                                            NULL,                               0,            AUTH_PERMERROR, "i= is not within d="               },
    {"identity that ends alike",                   HEAD " i=@badexample.org;",                                        NULL,                               0,            AUTH_PERMERROR,
     "i= is not within d="                                                                                                                                                                                                  },
    {"identity without at",                        HEAD " i=example.org;",                                            NULL,                               0,            AUTH_PERMERROR, "i= is malformed"                   },
    {"identity, the last at counts",               HEAD " i=x@example.org@example.net;",                              NULL,                               0,            AUTH_PERMERROR,
     "i= is not within d="                                                                                                                                                                                                  },
    {"identity badly quoted",                      HEAD " i=a=4@example.org;",                                        NULL,                               0,            AUTH_PERMERROR,
     "i= is malformed"                                                                                                                                                                                                      },
    {"identity quoted without hexadecimal digits", HEAD " i=a=zz@example.org;",                                       NULL,                               0,
     AUTH_PERMERROR,                                                                                                                                                                    "i= is malformed"                   },
    {"query dns/txt",                              HEAD " q=dns/txt;",                                                NULL,                               0,            AUTH_PASS,      NULL                                },
    {"query unknown",                              HEAD " q=dns/foo;",                                                NULL,                               0,            AUTH_PERMERROR, "unknown query method"              },
    {"query one of several",                       HEAD " q=http/x : dns/txt;",                                       NULL,                               0,            AUTH_PASS,      NULL                                },
    {"canonicalization unknown",                   "v=1; a=rsa-sha256; c=nowsp/relaxed; d=example.org; s=sel;",       NULL,
     0,                                                                                                                                                                 AUTH_PERMERROR, "unknown canonicalization"          },
    {"body canonicalization unknown",              "v=1; a=rsa-sha256; c=relaxed/; d=example.org; s=sel;",            NULL,
     0,                                                                                                                                                                 AUTH_PERMERROR, "unknown canonicalization"          },
    {"time now",                                   HEAD " t=1528637909;",                                             NULL,                               0,            AUTH_PASS,      NULL                                },
    {"time within slack",                          HEAD " t=1528638209;",                                             NULL,                               0,            AUTH_PASS,      NULL                                },
    {"time in the future",                         HEAD " t=1528638210;",                                             NULL,                               0,            AUTH_POLICY,
     "signature is from the future"                                                                                                                                                                                         },
    {"time malformed",                             HEAD " t=-1;",                                                     NULL,                               0,            AUTH_PERMERROR, "a time is malformed"               },
    {"time of 13 digits",                          HEAD " t=1000000000000;",                                          NULL,                               0,            AUTH_PERMERROR, "a time is malformed"               },
    {"not yet expired",                            HEAD " t=1528637000; x=1528638000;",                               NULL,                               0,            AUTH_PASS,      NULL                                },
    {"in its last second",                         HEAD " x=1528637909;",                                             NULL,                               0,            AUTH_PASS,      NULL                                },
    {"expired",                                    HEAD " x=1528637908;",                                             NULL,                               0,            AUTH_FAIL,      "signature expired"                 },
    {"expires before it was made",                 HEAD " t=1528637909; x=1528637908;",                               NULL,                               0,            AUTH_PERMERROR,
     "x= is not after t="                                                                                                                                                                                                   },
    {"expires when it was made",                   HEAD " x=1528637909; t=1528637909;",                               NULL,                               0,            AUTH_PERMERROR,
     "x= is not after t="                                                                                                                                                                                                   },
    {"expiry malformed",                           HEAD " x=soon;",                                                   NULL,                               0,            AUTH_PERMERROR, "a time is malformed"               },
    {"length of all",                              HEAD " l=16;",                                                     NULL,                               16,           AUTH_PASS,      NULL                                },
    {"length shorter",                             HEAD " l=8;",                                                      NULL,                               8,            AUTH_POLICY,    "part of the body is not signed"    },
    {"length nought, nothing hashed",              HEAD " l=0;",                                                      NULL,                               DKIM_NO_BODY, AUTH_POLICY,
     "part of the body is not signed"                                                                                                                                                                                       },
    {"length nought",                              HEAD " l=0;",                                                      NULL,                               0,            AUTH_FAIL,      "body hash did not verify"          },
    {"length beyond the body",                     HEAD " l=17;",                                                     NULL,                               0,            AUTH_FAIL,      "body is shorter than signed"       },
    {"length enormous",                            HEAD " l=" DIGITS_76 ";",                                          NULL,                               0,            AUTH_FAIL,
     "body is shorter than signed"                                                                                                                                                                                          },
    {"length of 77 digits",                        HEAD " l=" DIGITS_76 "9;",                                         NULL,                               0,            AUTH_PERMERROR, "l= is no length"                   },
    {"length malformed",                           HEAD " l=+8;",                                                     NULL,                               8,            AUTH_PERMERROR, "l= is no length"                   },
    {"length empty",                               HEAD " l=;",                                                       NULL,                               8,            AUTH_PERMERROR, "l= is no length"                   },
};

static struct signature_verdict run_field_row(
    const struct field_row *row, const struct signature_rules *rules)
{
    const struct dkim_forge forge = {.tags = row->tags,
        .names = row->names != NULL ? row->names : "from:to:subject",
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED,
        .limit = row->limit,
        .pem = dkim_rsa_pem};
    struct arena *arena = arena_new();
    struct dkim_run run;
    struct signature_verdict verdict;

    unit_row(row->name);
    dkim_start_text(&run, dkim_forged(arena, TEXT(PLAIN), &forge), rules);
    dkim_answer(&run, KEY_NAME, dkim_rsa_record);
    dkim_answer(&run, "sel._domainkey.mail.example.org", dkim_rsa_record);
    dkim_end_body(&run, 3);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    dkim_done(&run);
    arena_free(&arena);
    return verdict;
}

static void test_field_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof field_rows / sizeof *field_rows; i++) {
        struct signature_verdict verdict = run_field_row(&field_rows[i], NULL);

        assert_verdict(&verdict, field_rows[i].result, field_rows[i].reason);
    }
}

/* The site may take a short l=, and want longer keys than the RFC does. */
static void test_site_rules(void **state)
{
    static const struct field_row is_short = {
        "length shorter", HEAD " l=8;", NULL, 8, AUTH_PASS, NULL};
    static const struct field_row plain = {"plain", HEAD, NULL, 0, AUTH_PASS, NULL};
    struct signature_verdict verdict;

    (void)state;
    verdict = run_field_row(&is_short, &(struct signature_rules){.accept_short_body = true});
    assert_verdict(&verdict, AUTH_PASS, NULL);
    verdict = run_field_row(&plain, &(struct signature_rules){.rsa_bits_min = 1025});
    assert_verdict(&verdict, AUTH_POLICY, "key is shorter than accepted here");
    verdict = run_field_row(&plain, &(struct signature_rules){.rsa_bits_min = 1024});
    assert_verdict(&verdict, AUTH_PASS, NULL);
}

/* The bound is RSA's: an Ed25519 key has 256 bits and always will. */
static void test_bits_of_ed25519(void **state)
{
    const struct dkim_forge forge = {
        .tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=sel;",
        .names = "from",
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED,
        .pem = dkim_ed25519_pem};
    struct arena *arena = arena_new();
    struct signature_verdict verdict;
    struct dkim_run run;

    (void)state;
    dkim_start_text(&run, dkim_forged(arena, TEXT(PLAIN), &forge),
        &(struct signature_rules){.rsa_bits_min = 2048});
    dkim_answer(&run, KEY_NAME, dkim_ed25519_record);
    dkim_end_body(&run, 0);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PASS, NULL);
    dkim_done(&run);
    arena_free(&arena);
}

/* Hashes and signatures that are none; the rest of the field is in order. */
static void test_malformed_base64(void **state)
{
    static const struct {
        const char *name, *tags, *reason;
    } rows[] = {
        {"b empty",      "b=; bh=" BODY_HASH,         "b= is no base64"       },
        {"b no base64",  "b=AA*A; bh=" BODY_HASH,     "b= is no base64"       },
        {"b missing",    "bh=" BODY_HASH,             "b= is missing"         },
        {"bh empty",     "b=AAAA; bh=",               "bh= is no SHA-256 hash"},
        {"bh no base64", "b=AAAA; bh=" BODY_HASH "=", "bh= is no SHA-256 hash"},
        {"bh short",     "b=AAAA; bh=AAAA",           "bh= is no SHA-256 hash"},
        {"bh long",      "b=AAAA; bh=AAAA" BODY_HASH, "bh= is no SHA-256 hash"},
        {"bh missing",   "b=AAAA",                    "bh= is missing"        },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(rows[i].name);
        dkim_start_text(&run,
            arena_print(arena, "DKIM-Signature: " HEAD " h=from; %s\n" PLAIN, rows[i].tags), NULL);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_verdict(&verdict, AUTH_PERMERROR, rows[i].reason);
        dkim_done(&run);
    }
    arena_free(&arena);
}

/* --- rules on the key --- */

static const struct {
    const char *name, *tags, *record;
    enum auth_result result;
    const char *reason;
} key_rows[] = {
    {"bare key",                  HEAD,                         "p=" RSA_DATA,                                               AUTH_PASS,      NULL                         },
    {"revoked",                   HEAD,                         "v=DKIM1; p=",                                               AUTH_PERMERROR, "key revoked"                },
    {"no key record",             HEAD,                         "v=spf1 -all",                                               AUTH_PERMERROR, "key record malformed"       },
    {"empty record",              HEAD,                         "",                                                          AUTH_PERMERROR, "key record malformed"       },
    {"version elsewhere",         HEAD,                         "k=rsa; v=DKIM1; p=" RSA_DATA,                               AUTH_PERMERROR,
     "key record malformed"                                                                                                                                               },
    {"other version",             HEAD,                         "v=DKIM2; p=" RSA_DATA,                                      AUTH_PERMERROR, "key record malformed"       },
    {"of another kind",           HEAD,                         "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
     AUTH_PERMERROR,                                                                                                                         "key is of another algorithm"},
    {"of an unknown kind",        HEAD,                         "k=dsa; p=" RSA_DATA,                                        AUTH_PERMERROR, "key not for this use"       },
    {"for sha1 alone",            HEAD,                         "h=sha1; p=" RSA_DATA,                                       AUTH_PERMERROR, "key not for this use"       },
    {"for sha256 too",            HEAD,                         "h=sha1 : sha256; p=" RSA_DATA,                              AUTH_PASS,      NULL                         },
    {"not for mail",              HEAD,                         "s=tlsrpt; p=" RSA_DATA,                                     AUTH_PERMERROR, "key not for this use"       },
    {"for mail too",              HEAD,                         "s=tlsrpt : email; p=" RSA_DATA,                             AUTH_PASS,      NULL                         },
    {"for everything",            HEAD,                         "s=*; p=" RSA_DATA,                                          AUTH_PASS,      NULL                         },
    {"strict, identity given",    HEAD " i=a@example.org;",     "t=s; p=" RSA_DATA,                                          AUTH_PASS,      NULL                         },
    {"strict, identity left out", HEAD,                         "t=y:s; p=" RSA_DATA,                                        AUTH_PASS,      NULL                         },
    {"strict, identity below",    HEAD " i=@mail.example.org;", "t=y : s; p=" RSA_DATA,                                      AUTH_PERMERROR,
     "key does not permit i= below d="                                                                                                                                    },
    {"another key",               HEAD,
     "p="
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC"
        "jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9"
        "tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",                                                                          AUTH_FAIL,      "signature did not verify"   },
};

static void test_key_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof key_rows / sizeof *key_rows; i++) {
        const struct dkim_forge forge = {.tags = key_rows[i].tags,
            .names = "from:to:subject",
            .header_canon = CANON_RELAXED,
            .body_canon = CANON_RELAXED,
            .pem = dkim_rsa_pem};
        struct arena *arena = arena_new();
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(key_rows[i].name);
        dkim_start_text(&run, dkim_forged(arena, TEXT(PLAIN), &forge), NULL);
        dkim_answer(&run, KEY_NAME, key_rows[i].record);
        dkim_end_body(&run, 0);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_verdict(&verdict, key_rows[i].result, key_rows[i].reason);
        dkim_done(&run);
        arena_free(&arena);
    }
}

/* A forged signature with the usual tags and names. */
static struct text forged(struct arena *arena, struct text text, const char *names, const char *pem)
{
    const struct dkim_forge forge = {.tags = HEAD,
        .names = names,
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_RELAXED,
        .pem = pem};

    return dkim_forged(arena, text, &forge);
}

static void test_short_key(void **state)
{
    struct arena *arena = arena_new();
    struct signature_verdict verdict;
    struct dkim_run run;

    (void)state;
    dkim_start_text(&run, forged(arena, TEXT(PLAIN), "from", dkim_short_pem), NULL);
    dkim_answer(&run, KEY_NAME, dkim_short_record);
    dkim_end_body(&run, 0);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PERMERROR, "key size not accepted");
    dkim_done(&run);
    arena_free(&arena);
}

static void test_lookup_outcomes(void **state)
{
    static const struct {
        const char *name;
        enum dns_status status;
        enum auth_result result;
        const char *reason;
    } rows[] = {
        {"no such name", DNS_NO_NAME,   AUTH_PERMERROR, "no key for signature"      },
        {"no TXT there", DNS_NO_DATA,   AUTH_PERMERROR, "no key for signature"      },
        {"no answer",    DNS_TEMPORARY, AUTH_TEMPERROR, "key could not be looked up"},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(rows[i].name);
        dkim_start_text(&run, forged(arena, TEXT(PLAIN), "from", dkim_rsa_pem), NULL);
        dkim_answer_status(&run, KEY_NAME, rows[i].status);
        dkim_end_body(&run, 0);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_verdict(&verdict, rows[i].result, rows[i].reason);
        dkim_done(&run);
    }
    arena_free(&arena);
}

/* One record among several suffices, whichever it is; four are tried. */
static void test_several_records(void **state)
{
    static const struct {
        const char *name;
        size_t good_at, count;
        enum auth_result result;
        const char *reason;
    } rows[] = {
        {"first",  0, 3, AUTH_PASS,      NULL                  },
        {"last",   2, 3, AUTH_PASS,      NULL                  },
        {"fourth", 3, 6, AUTH_PASS,      NULL                  },
        {"fifth",  4, 6, AUTH_PERMERROR, "key record malformed"},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dns_record records[6];
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(rows[i].name);
        for (size_t j = 0; j < 6; j++)
            records[j] = (struct dns_record){
                .text = text_from_string(j == rows[i].good_at ? dkim_rsa_record : "x=y")};
        dkim_start_text(&run, forged(arena, TEXT(PLAIN), "from", dkim_rsa_pem), NULL);
        answers_put(run.answers, TEXT(KEY_NAME), DNS_TXT,
            &(struct dns_answer){.status = DNS_FOUND, .count = rows[i].count, .records = records});
        dkim_end_body(&run, 0);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_verdict(&verdict, rows[i].result, rows[i].reason);
        dkim_done(&run);
    }
    arena_free(&arena);
}

/* A real key that does not fit says more than records that are none. */
static void test_most_telling_record(void **state)
{
    const struct {
        const char *name, *records[3]; /* NULL: one less */
        enum auth_result result;
        const char *reason;
    } rows[] = {
        {"a real key among none",           {"v=spf1 -all", dkim_rfc6376_record, "p="},       AUTH_FAIL,
         "signature did not verify"                                                                                                 },
        {"the first of none",               {"v=spf1 -all", "p=", "p="},                      AUTH_PERMERROR, "key record malformed"},
        {"the first of real keys",          {dkim_ed25519_record, dkim_rfc6376_record, "p="}, AUTH_PERMERROR,
         "key is of another algorithm"                                                                                              },
        {"the right one behind a real key", {dkim_rfc6376_record, dkim_rsa_record, NULL},     AUTH_PASS,
         NULL                                                                                                                       },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t count = rows[i].records[2] != NULL ? 3 : 2;
        struct dns_record *records = calloc(count, sizeof *records); /* of its exact size */
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(rows[i].name);
        assert_non_null(records);
        for (size_t j = 0; j < count; j++)
            records[j].text = text_from_string(rows[i].records[j]);
        dkim_start_text(&run, forged(arena, TEXT(PLAIN), "from", dkim_rsa_pem), NULL);
        answers_put(run.answers, TEXT(KEY_NAME), DNS_TXT,
            &(struct dns_answer){.status = DNS_FOUND, .count = count, .records = records});
        dkim_end_body(&run, 0);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_verdict(&verdict, rows[i].result, rows[i].reason);
        dkim_done(&run);
        free(records);
    }
    arena_free(&arena);
}

/* --- rules on the message: what was signed, and what arrived --- */

static const struct {
    const char *name;
    const char *names;
    const char *signed_text;
    const char *above; /* put above the signature on the way */
    const char *arrived;
    enum auth_result result;
    const char *reason;
} message_rows[] = {
    {"untouched",                          "from:to",              PLAIN,                           "",                      PLAIN,                                                   AUTH_PASS,   NULL                          },
    {"body changed",                       "from:to",              PLAIN,                           "",                      PLAIN "More.\n",                                         AUTH_FAIL,   "body hash did not verify"    },
    {"signed field changed",               "from:to",              PLAIN,                           "",
     "From: c@example.org\nTo: b@example.net\nSubject: one\n\nHello.\nWorld.\n",                                                                                                      AUTH_FAIL,
     "signature did not verify"                                                                                                                                                                                                  },
    {"unsigned field changed",             "from:to",              PLAIN,                           "",
     "From: a@example.org\nTo: b@example.net\nSubject: two\n\nHello.\nWorld.\n",                                                                                                      AUTH_PASS,
     NULL                                                                                                                                                                                                                        },
    {"fields in another order",            "from:to",              PLAIN,                           "",
     "To: b@example.net\nSubject: one\nFrom: a@example.org\n\nHello.\nWorld.\n",                                                                                                      AUTH_PASS,
     NULL                                                                                                                                                                                                                        },
    {"field removed",                      "from:to",              PLAIN,                           "",                      "From: a@example.org\nSubject: one\n\nHello.\nWorld.\n",
     AUTH_FAIL,                                                                                                                                                                                    "signature did not verify"    },
    {"blanks and case changed",            "from:to",              PLAIN,                           "",
     "FROM:\ta@example.org \nTo:b@example.net\nSubject: one\n\nHello. \nWorld.\n\n\n",                                                                                                AUTH_PASS,
     NULL                                                                                                                                                                                                                        },
    {"subject added above",                "from:subject",         PLAIN,                           "Subject: two\n",        PLAIN,                                                   AUTH_PASS,   NULL                          },
    {"subject added, oversigned",          "from:subject:subject", PLAIN,                           "Subject: two\n",        PLAIN,                                                   AUTH_FAIL,
     "signature did not verify"                                                                                                                                                                                                  },
    {"two of a name, both signed",         "from:x:x",             "X: 1\nX: 2\n" PLAIN,            "",                      "X: 1\nX: 2\n" PLAIN,
     AUTH_PASS,                                                                                                                                                                                    NULL                          },
    {"two of a name, swapped",             "from:x:x",             "X: 1\nX: 2\n" PLAIN,            "",                      "X: 2\nX: 1\n" PLAIN,
     AUTH_FAIL,                                                                                                                                                                                    "signature did not verify"    },
    {"the lowest is signed",               "from:x",               "X: 1\nX: 2\n" PLAIN,            "",                      "X: 3\nX: 2\n" PLAIN,                                    AUTH_PASS,
     NULL                                                                                                                                                                                                                        },
    {"the lowest is changed",              "from:x",               "X: 1\nX: 2\n" PLAIN,            "",                      "X: 1\nX: 3\n" PLAIN,                                    AUTH_FAIL,
     "signature did not verify"                                                                                                                                                                                                  },
    {"From added above",                   "from:to",              PLAIN,                           "From: x@example.com\n", PLAIN,                                                   AUTH_POLICY,
     "more From fields than signed"                                                                                                                                                                                              },
    {"From added, oversigned",             "from:from:to",         PLAIN,                           "From: x@example.com\n", PLAIN,                                                   AUTH_FAIL,
     "signature did not verify"                                                                                                                                                                                                  },
    {"two From, one signed",               "from:to",              "From: x@example.com\n" PLAIN,   "",
     "From: x@example.com\n" PLAIN,                                                                                                                                                   AUTH_POLICY, "more From fields than signed"},
    {"two From, both signed",              "from:From",            "From: x@example.com\n" PLAIN,   "",
     "From: x@example.com\n" PLAIN,                                                                                                                                                   AUTH_PASS,   NULL                          },
    {"no From",                            "from:to",              "To: b@example.net\n\nHello.\n", "",                      "To: b@example.net\n\nHello.\n",
     AUTH_PERMERROR,                                                                                                                                                                               "message has no From field"   },
    {"absence of other signatures signed", "from:dkim-signature",  PLAIN,                           "",                      PLAIN,                                                   AUTH_PASS,
     NULL                                                                                                                                                                                                                        },
    {"signature added, oversigned",        "from:dkim-signature",  PLAIN,                           "DKIM-Signature: v=1\n", PLAIN,
     AUTH_FAIL,                                                                                                                                                                                    "signature did not verify"    },
    {"an older signature is signed",       "from:dkim-signature",  "DKIM-Signature: v=x\n" PLAIN,   "",
     "DKIM-Signature: v=x\n" PLAIN,                                                                                                                                                   AUTH_PASS,   NULL                          },
};

/* The signature field of a signed message, with its line end. */
static struct text signature_of(struct text signed_text)
{
    return text_head(signed_text, text_find_text(signed_text, TEXT("\r\n")) + 2);
}

static void test_message_rules(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof message_rows / sizeof *message_rows; i++) {
        struct text whole = forged(arena, text_from_string(message_rows[i].signed_text),
            message_rows[i].names, dkim_rsa_pem);
        struct text arrived = arena_print(arena, "%s%.*s%s", message_rows[i].above,
            TEXT_ARGS(signature_of(whole)), message_rows[i].arrived);
        bool is_second = strncmp(message_rows[i].above, "DKIM", 4) == 0;
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(message_rows[i].name);
        dkim_start_text(&run, arrived, NULL);
        dkim_answer(&run, KEY_NAME, dkim_rsa_record);
        dkim_end_body(&run, 5);
        verdict = dkim_verdict(&run, is_second ? 1 : 0, DKIM_NOW);
        assert_verdict(&verdict, message_rows[i].result, message_rows[i].reason);
        dkim_done(&run);
    }
    arena_free(&arena);
}

/* --- b= and the own field, under both canonicalizations --- */

static void test_own_field(void **state)
{
    static const struct {
        const char *name;
        const char *tags, *names;
        enum canon canon;
    } rows[] = {
        {"simple",          "v=1; a=rsa-sha256; c=simple; d=example.org; s=sel;",             "from : to", CANON_SIMPLE },
        {"simple, folded",  "v=1;\r\n\ta=rsa-sha256; d=example.org;\r\n  s=sel;  ",           "from",
         CANON_SIMPLE                                                                                                   },
        {"relaxed, simple", "v=1; a=rsa-sha256; c=relaxed; d=example.org; s=sel;",            "from : to",
         CANON_RELAXED                                                                                                  },
        {"relaxed, folded", "v=1;\r\n\ta=rsa-sha256; c=relaxed;d=example.org;\r\n\t\ts=sel;",
         "from:\r\n to",                                                                                   CANON_RELAXED},
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct dkim_forge forge = {.tags = rows[i].tags,
            .names = rows[i].names,
            .header_canon = rows[i].canon,
            .body_canon = CANON_SIMPLE,
            .pem = dkim_rsa_pem};
        struct signature_verdict verdict;
        struct dkim_run run;

        unit_row(rows[i].name);
        dkim_start_text(&run, dkim_forged(arena, TEXT(PLAIN), &forge), NULL);
        dkim_answer(&run, KEY_NAME, dkim_rsa_record);
        dkim_end_body(&run, 0);
        verdict = dkim_verdict(&run, 0, DKIM_NOW);
        assert_verdict(&verdict, AUTH_PASS, NULL);
        dkim_done(&run);
    }
    arena_free(&arena);
}

/* --- limits --- */

static void test_signatures_are_capped(void **state)
{
    struct arena *arena = arena_new();
    struct text text = TEXT(PLAIN);
    struct dkim_run run;

    (void)state;
    for (int i = 0; i < 4; i++)
        text = forged(arena, text, "from", dkim_rsa_pem);
    dkim_start_text(&run, text, &(struct signature_rules){.signatures_max = 3});
    dkim_answer(&run, KEY_NAME, dkim_rsa_record);
    dkim_end_body(&run, 0);
    assert_int_equal(run.signatures.count, 4);
    for (size_t i = 0; i < 4; i++) {
        struct signature_verdict verdict = dkim_verdict(&run, i, DKIM_NOW);

        if (i < 3)
            assert_verdict(&verdict, AUTH_PASS, NULL);
        else
            assert_verdict(&verdict, AUTH_POLICY, "too many signatures");
    }
    dkim_done(&run);
    arena_free(&arena);
}

static void test_long_field(void **state)
{
    struct arena *arena = arena_new();
    char *blanks = arena_alloc(arena, SIGNATURE_FIELD_MAX + 1);
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    memset(blanks, ' ', SIGNATURE_FIELD_MAX);
    blanks[SIGNATURE_FIELD_MAX] = '\0';
    dkim_start_text(&run, arena_print(arena, "DKIM-Signature: v=1;%s\r\n" PLAIN, blanks), NULL);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PERMERROR, "signature field too long");
    dkim_done(&run);
    arena_free(&arena);
}

static void test_many_tags_and_names(void **state)
{
    struct buffer text = BUFFER_NONE;
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    buffer_append_string(&text, "DKIM-Signature: v=1");
    for (int i = 0; i < SIGNATURE_TAGS_MAX; i++)
        buffer_append_format(&text, "; t%d=1", i);
    buffer_append_string(&text, "\r\nDKIM-Signature: " HEAD " b=AAAA; bh=" BODY_HASH "; h=from");
    for (int i = 0; i < SIGNATURE_SIGNED_FIELDS_MAX; i++)
        buffer_append_string(&text, ":x");
    buffer_append_string(&text, "\r\n" PLAIN);
    dkim_start_text(&run, buffer_text(&text), NULL);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PERMERROR, "too many tags");
    verdict = dkim_verdict(&run, 1, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PERMERROR, "too many names in h=");
    dkim_done(&run);
    buffer_done(&text);
}

/* What did not fit into our limits was not seen, so nothing can be said for the message. */
static void test_truncated_message(void **state)
{
    struct arena *arena = arena_new();
    struct text text = forged(arena, TEXT(PLAIN), "from", dkim_rsa_pem), body;
    const struct message_limits limits = {MESSAGE_HEADER_BYTES_DEFAULT, 3};
    const struct header_field *fields;
    struct dkim_run run = {.arena = arena};
    struct signature_verdict verdict;
    size_t count;

    (void)state;
    assert_int_equal(message_split_file(text, arena, &fields, &count, &body), ERR_NONE);
    run.message = message_new(arena, &limits);
    for (size_t i = 0; i < count; i++)
        (void)message_add_field(run.message, &fields[i]);
    run.signatures = signatures_find(run.message, NULL, arena);
    run.answers = answers_new(arena);
    run.body = body;
    dkim_answer(&run, KEY_NAME, dkim_rsa_record);
    dkim_end_body(&run, 0);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PERMERROR, "message header too large");
    dkim_done(&run);
}

/* --- the way of one evaluation --- */

static void test_waiting(void **state)
{
    struct arena *arena = arena_new();
    const struct dns_question *questions;
    struct signature_verdict verdict;
    struct dkim_run run;

    (void)state;
    dkim_start_text(&run, forged(arena, TEXT(PLAIN), "from", dkim_rsa_pem), NULL);
    assert_int_equal(
        signature_evaluate(run.signatures.items[0], run.answers, DKIM_NOW, &verdict), AUTH_WAITING);
    assert_text_equal(verdict.domain, "example.org");
    assert_int_equal(answers_take_missing(run.answers, &questions), 1);
    assert_text_equal(questions[0].name, KEY_NAME);
    dkim_answer(&run, KEY_NAME, dkim_rsa_record);
    assert_int_equal(
        signature_evaluate(run.signatures.items[0], run.answers, DKIM_NOW, &verdict), AUTH_WAITING);
    dkim_end_body(&run, 0);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PASS, NULL);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PASS, NULL);
    dkim_done(&run);
    arena_free(&arena);
}

/* A signature that is out of the question asks nobody, and hides nobody else's pass. */
static void test_each_for_itself(void **state)
{
    struct arena *arena = arena_new();
    struct text good = forged(arena, TEXT(PLAIN), "from", dkim_rsa_pem);
    struct text text = arena_print(arena,
        "DKIM-Signature: nonsense\r\n"
        "DKIM-Signature: v=1; a=rsa-sha256; d=slow.example; s=sel; h=from; b=AAAA;\r\n"
        " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=\r\n%.*s",
        TEXT_ARGS(good));
    static const enum auth_result expected[] = {AUTH_PERMERROR, AUTH_TEMPERROR, AUTH_PASS};
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    dkim_start_text(&run, text, NULL);
    assert_int_equal(run.signatures.count, 3);
    assert_int_equal(
        signature_evaluate(run.signatures.items[0], run.answers, DKIM_NOW, &verdict), AUTH_DONE);
    assert_int_equal(answers_missing_count(run.answers), 0);
    dkim_answer(&run, KEY_NAME, dkim_rsa_record);
    dkim_answer_status(&run, "sel._domainkey.slow.example", DNS_TEMPORARY);
    dkim_end_body(&run, 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(dkim_verdict(&run, i, DKIM_NOW).result, expected[i]);
    dkim_done(&run);
    arena_free(&arena);
}

/* U-labels in d=, s= and i= become A-labels for the DNS (RFC 8616). */
static void test_internationalized(void **state)
{
    const struct dkim_forge forge = {
        .tags = "v=1; a=ed25519-sha256; c=relaxed/simple; d=b\u00fccher.example; s=gr\u00fcn; "
                "i=j\u00f6rg@post.b\u00fccher.example;",
        .names = "from",
        .header_canon = CANON_RELAXED,
        .body_canon = CANON_SIMPLE,
        .pem = dkim_ed25519_pem};
    struct arena *arena = arena_new();
    struct dkim_run run;
    struct signature_verdict verdict;

    (void)state;
    dkim_start_text(&run, dkim_forged(arena, TEXT(PLAIN), &forge), NULL);
    dkim_answer(&run, "xn--grn-ioa._domainkey.xn--bcher-kva.example", dkim_ed25519_record);
    dkim_end_body(&run, 0);
    verdict = dkim_verdict(&run, 0, DKIM_NOW);
    assert_verdict(&verdict, AUTH_PASS, NULL);
    assert_text_equal(verdict.domain, "xn--bcher-kva.example");
    assert_text_equal(verdict.identity, "j\u00f6rg@post.xn--bcher-kva.example");
    dkim_done(&run);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_rfc6376_example), cmocka_unit_test(test_rfc8463_example),
    cmocka_unit_test(test_field_rules), cmocka_unit_test(test_site_rules),
    cmocka_unit_test(test_bits_of_ed25519), cmocka_unit_test(test_malformed_base64),
    cmocka_unit_test(test_key_rules), cmocka_unit_test(test_short_key),
    cmocka_unit_test(test_lookup_outcomes), cmocka_unit_test(test_several_records),
    cmocka_unit_test(test_most_telling_record), cmocka_unit_test(test_message_rules),
    cmocka_unit_test(test_own_field), cmocka_unit_test(test_signatures_are_capped),
    cmocka_unit_test(test_long_field), cmocka_unit_test(test_many_tags_and_names),
    cmocka_unit_test(test_truncated_message), cmocka_unit_test(test_waiting),
    cmocka_unit_test(test_each_for_itself), cmocka_unit_test(test_internationalized))
