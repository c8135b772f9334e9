/* SPDX-License-Identifier: MIT */

/* What a judged message adds to the reports about its domain, and which messages add nothing. */

#include "milter/seen-row.h"
#include "tests/unit/milter/scene.h"
#include "tests/unit/unit.h"

#define RUA "; rua=mailto:r@example.org"

/* The last row, in words. */
struct taken {
    struct arena *arena;
    size_t count;
    struct text identifiers, policy, evaluated, results, dkim;
};

static void take(void *context, const struct seen *row)
{
    struct taken *taken = context;

    taken->count++;
    taken->identifiers = arena_print(taken->arena, "%.*s %.*s from=%.*s mail=%.*s rcpt=%.*s",
        TEXT_ARGS(row->queue_id), TEXT_ARGS(row->source_ip), TEXT_ARGS(row->header_from),
        TEXT_ARGS(row->envelope_from), TEXT_ARGS(row->envelope_to));
    taken->policy = arena_print(taken->arena,
        "%.*s (%.*s, %.*s) p=%.*s sp=%.*s np=%.*s fo=%.*s adkim=%.*s aspf=%.*s t=%.*s rua=%.*s",
        TEXT_ARGS(row->domain), TEXT_ARGS(row->organizational_domain),
        TEXT_ARGS(row->discovery_method), TEXT_ARGS(row->p), TEXT_ARGS(row->sp), TEXT_ARGS(row->np),
        TEXT_ARGS(row->fo), TEXT_ARGS(row->adkim), TEXT_ARGS(row->aspf), TEXT_ARGS(row->testing),
        TEXT_ARGS(row->rua));
    taken->evaluated = arena_print(taken->arena, "%.*s dkim=%.*s spf=%.*s%s%.*s%s%.*s",
        TEXT_ARGS(row->disposition), TEXT_ARGS(row->dkim_aligned), TEXT_ARGS(row->spf_aligned),
        row->reason.len != 0 ? " " : "", TEXT_ARGS(row->reason), row->comment.len != 0 ? ": " : "",
        TEXT_ARGS(row->comment));
    taken->results = arena_print(taken->arena, "%.*s %.*s %.*s%s%.*s", TEXT_ARGS(row->spf_scope),
        TEXT_ARGS(row->spf_domain), TEXT_ARGS(row->spf_result),
        row->spf_human_result.len != 0 ? " " : "", TEXT_ARGS(row->spf_human_result));
    taken->dkim = arena_copy(taken->arena, row->dkim);
}

/* A scene whose rows are taken. */
static struct scene *scene_with(struct taken *taken)
{
    struct scene *scene;

    scene_up((void **)&scene);
    *taken = (struct taken){.arena = arena_new()};
    scene->fake.world->rows = (struct world_rows){taken, take};
    return scene;
}

static void scene_end(struct scene *scene, struct taken *taken)
{
    arena_free(&taken->arena);
    scene_down((void **)&scene);
}

/* RFC 9990 §3.1.1.9 and 3.1.6: what was done, and why where it is not what was asked. */
static void test_evaluated(void **state)
{
    static const struct {
        const char *name, *dmarc, *spf;
        struct exceptions_verdict found;
        int on_reject, on_own_domain;
        const char *evaluated;
    } rows[] = {
        {"passed",                  "v=DMARC1; p=reject" RUA,          "v=spf1 ip4:" CLIENT, {.has_override = false}, 0, 0,
         "pass dkim=fail spf=pass"                                                                                                                                                                          },
        {"passed, nothing asked",   "v=DMARC1; p=none" RUA,            "v=spf1 ip4:" CLIENT,
         {.has_override = false},                                                                                     0, 0,                                 "none dkim=fail spf=pass"                       },
        {"passed, not enforced",    "v=DMARC1; p=quarantine; t=y" RUA, "v=spf1 ip4:" CLIENT,
         {.has_override = false},                                                                                     0, 0,                                 "none dkim=fail spf=pass"                       },
        {"nothing asked",           "v=DMARC1; p=none" RUA,            "v=spf1 -all",        {.has_override = false}, 0, 0,
         "none dkim=fail spf=fail"                                                                                                                                                                          },
        {"no policy at all",        "v=DMARC1" RUA,                    "v=spf1 -all",        {.has_override = false}, 0, 0,
         "none dkim=fail spf=fail"                                                                                                                                                                          },
        {"quarantined",             "v=DMARC1; p=quarantine" RUA,      "v=spf1 -all",        {.has_override = false}, 0, 0,
         "quarantine dkim=fail spf=fail"                                                                                                                                                                    },
        {"rejected",                "v=DMARC1; p=reject" RUA,          "v=spf1 -all",        {.has_override = false}, 1, 0,
         "reject dkim=fail spf=fail"                                                                                                                                                                        },
        {"reject softened",         "v=DMARC1; p=reject" RUA,          "v=spf1 -all",        {.has_override = false}, 0, 0,
         "quarantine dkim=fail spf=fail local_policy: on reject alone mail is quarantined (RFC "
            "9989, section 5.4)"                                                                                                                                                                            },
        {"a test",                  "v=DMARC1; p=quarantine; t=y" RUA, "v=spf1 -all",        {.has_override = false}, 0, 0,
         "none dkim=fail spf=fail policy_test_mode"                                                                                                                                                         },
        {"a test of reject",        "v=DMARC1; p=reject; t=y" RUA,     "v=spf1 -all",        {.has_override = false},
         1,                                                                                                              0,                                 "quarantine dkim=fail spf=fail policy_test_mode"},
        {"a forwarder",             "v=DMARC1; p=reject" RUA,          "v=spf1 -all",
         {.forwarder = TEXT("client 192.0.2.0/24")},                                                                  1, 0,
         "none dkim=fail spf=fail trusted_forwarder"                                                                                                                                                        },
        {"a forwarder, not needed", "v=DMARC1; p=none" RUA,            "v=spf1 -all",
         {.forwarder = TEXT("client 192.0.2.0/24")},                                                                  1, 0,                                 "none dkim=fail spf=fail"                       },
        {"an override lets in",     "v=DMARC1; p=reject" RUA,          "v=spf1 -all",
         {.has_override = true, .override = DMARC_ACTION_ACCEPT},                                                     1, 0,
         "none dkim=fail spf=fail local_policy: there is a rule for this domain"                                                                                                                            },
        {"an override is stricter", "v=DMARC1; p=none" RUA,            "v=spf1 -all",
         {.has_override = true, .override = DMARC_ACTION_REJECT},                                                     0, 0,
         "reject dkim=fail spf=fail local_policy: there is a rule for this domain"                                                                                                                          },
        {"an override agrees",      "v=DMARC1; p=quarantine" RUA,      "v=spf1 -all",
         {.has_override = true, .override = DMARC_ACTION_QUARANTINE},                                                 0, 0,
         "quarantine dkim=fail spf=fail"                                                                                                                                                                    },
        {"our own domain",          "v=DMARC1; p=none" RUA,            "v=spf1 -all",
         {.own_domain = TEXT("example.org")},                                                                         0, SETTINGS_ON_OWN_DOMAIN_QUARANTINE,
         "quarantine dkim=fail spf=fail local_policy: the domain is one of the receiver's own"                                                                                                              },
        {"our own, as it asks",     "v=DMARC1; p=quarantine" RUA,      "v=spf1 -all",
         {.own_domain = TEXT("example.org")},                                                                         0, SETTINGS_ON_OWN_DOMAIN_MARK,
         "quarantine dkim=fail spf=fail"                                                                                                                                                                    },
        {"our own, in a test",      "v=DMARC1; p=quarantine; t=y" RUA, "v=spf1 -all",
         {.own_domain = TEXT("example.org")},                                                                         0, SETTINGS_ON_OWN_DOMAIN_MARK,
         "none dkim=fail spf=fail policy_test_mode"                                                                                                                                                         },
        {"an answer did not come",  "v=DMARC1; p=reject" RUA,          NULL,                 {.has_override = false}, 1, 0,
         "none dkim=fail spf=fail other: a lookup failed that a pass could hang on"                                                                                                                         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct taken taken;
        struct scene *scene = scene_with(&taken);

        unit_row(rows[i].name);
        scene->fake.world->decisions.on_reject = (enum settings_on_reject)rows[i].on_reject;
        scene->fake.world->decisions.on_own_domain =
            (enum settings_on_own_domain)rows[i].on_own_domain;
        scene->fake.exceptions = rows[i].found;
        fake_world_add(&scene->fake, "example.org", DNS_TXT, rows[i].spf);
        fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, rows[i].dmarc);
        scene_send(scene->session, &(struct letter){0});
        assert_int_equal(taken.count, 1);
        assert_string_equal(taken.evaluated.data, rows[i].evaluated);
        scene_end(scene, &taken);
    }
}

/* Nobody asks for it; it is not taken as it is all the same. */
static void test_author_who_hides(void **state)
{
    static const char *const header[] = {
        "From: a@example.org, b@b.test, c@c.test, d@d.test, e@e.test, f@f.test, g@g.test", NULL};
    struct taken taken;
    struct scene *scene = scene_with(&taken);

    (void)state;
    fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 -all");
    fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=none" RUA);
    scene_send(scene->session, &(struct letter){.header = header});
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.evaluated.data,
        "quarantine dkim=fail spf=fail local_policy: too many domains in From");
    scene_end(scene, &taken);
}

static void test_no_row(void **state)
{
    static const struct {
        const char *name, *dmarc;
        struct letter letter;
        bool defers;
    } rows[] = {
        {"no record",            "v=spf1",                   {0},                            false},
        {"no reports asked for", "v=DMARC1; p=reject",       {0},                            false},
        {"reports to nobody",    "v=DMARC1; p=reject; rua=", {0},                            false},
        {"an unusable record",   "v=DMARC1; p=never",        {0},                            false},
        {"the record not known", NULL,                       {0},                            false},
        {"deferred",             "v=DMARC1; p=reject" RUA,   {0},                            true },
        {"from a login",         "v=DMARC1; p=reject" RUA,   {.login = "alice@example.org"}, false},
        {"our own",              "v=DMARC1; p=reject" RUA,   {.is_local = true},             false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct taken taken;
        struct scene *scene = scene_with(&taken);

        unit_row(rows[i].name);
        if (rows[i].defers)
            scene->fake.exceptions_error = ERR_IO;
        fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 -all");
        fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, rows[i].dmarc);
        scene_send(scene->session, &rows[i].letter);
        assert_int_equal(taken.count, 0);
        scene_end(scene, &taken);
    }
}

/* Where nobody wants rows, none is made. */
static void test_nobody_wants_rows(void **state)
{
    struct taken taken;
    struct scene *scene = scene_with(&taken);

    (void)state;
    scene->fake.world->rows = (struct world_rows){NULL, NULL};
    fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 -all");
    fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject" RUA);
    assert_int_equal(scene_send(scene->session, &(struct letter){0})->verdict, REPLY_CONTINUE);
    assert_int_equal(taken.count, 0);
    scene_end(scene, &taken);
}

static void test_policy(void **state)
{
    static const struct {
        const char *name, *from, *at, *dmarc, *policy;
    } rows[] = {
        {"defaults",               "From: a@example.org",      "_dmarc.example.org",      "v=DMARC1; p=reject" RUA,
         "example.org (example.org, treewalk) p=reject sp=reject np=reject fo=0 adkim=r aspf=r "
            "t=n"
            " rua=mailto:r@example.org"                                                                    },
        {"all said",               "From: a@example.org",      "_dmarc.example.org",
         "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; t=y; fo=1:d:s" RUA
            ",mailto:x@example.net",                                                                                "example.org (example.org, treewalk) p=reject sp=quarantine np=none fo=1:d:s adkim=s"
            " aspf=s t=y rua=mailto:r@example.org,mailto:x@example.net"},
        {"found above",            "From: a@news.example.org", "_dmarc.example.org",
         "v=DMARC1; p=reject; sp=none" RUA,
         "example.org (example.org, treewalk) p=reject sp=none np=none fo=0 adkim=r aspf=r t=n"
            " rua=mailto:r@example.org"                                                                    },
        {"below the organization", "From: a@news.example.org", "_dmarc.news.example.org",
         "v=DMARC1; p=none" RUA,
         "news.example.org (news.example.org, treewalk) p=none sp=none np=none fo=0 adkim=r "
            "aspf=r"
            " t=n rua=mailto:r@example.org"                                                                },
        {"a value that is none",   "From: a@example.org",      "_dmarc.example.org",
         "v=DMARC1; p=none; fo=\x01\xff" RUA,
         "example.org (example.org, treewalk) p=none sp=none np=none fo=0 adkim=r "
            "aspf=r"
            " t=n rua=mailto:r@example.org"                                                                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const header[] = {rows[i].from, NULL};
        struct taken taken;
        struct scene *scene = scene_with(&taken);

        unit_row(rows[i].name);
        fake_world_add(&scene->fake, rows[i].at, DNS_TXT, rows[i].dmarc);
        scene_send(scene->session, &(struct letter){.header = header});
        assert_string_equal(taken.policy.data, rows[i].policy);
        scene_end(scene, &taken);
    }
}

/* Half an address would be another one. */
static void test_many_addresses_are_cut(void **state)
{
    struct buffer record = BUFFER_NONE;
    struct taken taken;
    struct scene *scene = scene_with(&taken);
    struct text rua;

    (void)state;
    buffer_append_string(&record, "v=DMARC1; p=none; rua=mailto:first@example.org");
    for (int i = 0; i < 100; i++)
        buffer_append_string(&record, ",mailto:another@example.org");
    fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, buffer_string(&record));
    scene_send(scene->session, &(struct letter){0});
    rua = text_skip(taken.policy, text_find_text(taken.policy, TEXT("rua=")));
    assert_true(rua.len > 900 && rua.len <= 1024 + 4);
    assert_true(text_ends_with_nocase(rua, TEXT(",mailto:another@example.org")));
    buffer_done(&record);
    scene_end(scene, &taken);
}

static void test_identifiers(void **state)
{
    static const struct {
        const char *name, *sender;
        const char *recipients[3];
        const char *identifiers, *results;
    } rows[] = {
        {"usual",                         "<a@example.org>", {"<b@Example.NET>", "<c@example.net>"},
         "4bXyz12 " CLIENT " from=example.org mail=example.org rcpt=example.net",
         "mfrom example.org pass"                                                                         },
        {"recipients of several domains", "<a@example.org>",
         {"<b@example.net>", "c@example.com", "d@example.net"},
         "4bXyz12 " CLIENT " from=example.org mail=example.org rcpt=",            "mfrom example.org pass"},
        {"no domain at all",              "<a@example.org>", {"postmaster"},
         "4bXyz12 " CLIENT " from=example.org mail=example.org rcpt=",            "mfrom example.org pass"},
        {"the null sender",               "<>",              {"<b@example.net>"},
         "4bXyz12 " CLIENT " from=example.org mail= rcpt=example.net",
         "mfrom mail.example.org none no SPF record"                                                      },
        {"somebody else's",               "<a@example.com>", {"<b@x y<z>"},
         "4bXyz12 " CLIENT " from=example.org mail=example.com rcpt=x?y?z",
         "mfrom example.com none no SPF record"                                                           },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct taken taken;
        struct scene *scene = scene_with(&taken);
        const struct letter letter = {.sender = rows[i].sender};
        const struct session_sender sender = {.address = text_from_string(rows[i].sender)};
        const struct reply *reply;

        unit_row(rows[i].name);
        fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
        fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=none" RUA);
        scene_send_connect(scene->session, &letter);
        session_mail(scene->session, &sender);
        for (size_t j = 0; j < 3 && rows[i].recipients[j] != NULL; j++)
            session_rcpt(scene->session, text_from_string(rows[i].recipients[j]));
        session_header(scene->session, TEXT("From"), TEXT(" a@example.org"));
        assert_int_equal(session_end_message(scene->session, TEXT("4bXyz12"), &reply), SESSION_NOW);
        assert_string_equal(taken.identifiers.data, rows[i].identifiers);
        assert_string_equal(taken.results.data, rows[i].results);
        scene_end(scene, &taken);
    }
}

/* Mail by a relay of ours: reports name who gave it to the relay, or there is nobody to name. */
static void test_relayed(void **state)
{
    static const char hop[] = "Received: from h (n [198.51.100.66]) by mx2 with SMTP id 1; x";
    static const char pass[] = "Authentication-Results: mx2.example.net; dmarc=pass "
                               "header.from=example.org";
    static const struct {
        const char *name;
        const char *header[4];
        const char *identifiers, *evaluated; /* NULL: no row */
    } rows[] = {
        {"by the hop",          {hop, "From: a@example.org"},
         "4bXyz12 198.51.100.66 from=example.org mail=example.org rcpt=example.net", "quarantine dkim=fail spf=fail"                                 },
        {"passed at the relay", {pass, hop, "From: a@example.org"},
         "4bXyz12 198.51.100.66 from=example.org mail=example.org rcpt=example.net", "pass dkim=fail spf=fail local_policy: as mx2.example.net found"},
        {"nobody knows",        {"From: a@example.org"},            NULL,            NULL                                                            },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct taken taken;
        struct scene *scene = scene_with(&taken);

        unit_row(rows[i].name);
        fake_world_add(&scene->fake, "example.org", DNS_TXT, "v=spf1 ip4:" CLIENT " -all");
        fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=quarantine" RUA);
        scene_send(
            scene->session, &(struct letter){.client = "192.0.2.14", .header = rows[i].header});
        assert_int_equal(taken.count, rows[i].identifiers != NULL);
        if (rows[i].identifiers != NULL) {
            assert_string_equal(taken.identifiers.data, rows[i].identifiers);
            assert_string_equal(taken.evaluated.data, rows[i].evaluated);
        }
        scene_end(scene, &taken);
    }
}

/* --- signatures --- */

/* Nothing that anybody has signed. */
#define FORGED(d, s)                                                                               \
    "DKIM-Signature: v=1; a=rsa-sha256; d=" d "; s=" s                                             \
    "; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA"
#define FIELDS_MAX 40

/* A field that holds for the plain header, by the key one of example.org. */
static const char *sign(struct scene *scene)
{
    struct fake_world *fake = &scene->fake;
    const struct reply *reply;
    const char *record;

    fake->keys = fake_keys_make(fake->arena, "example.org", "one", KEY_ED25519, &record);
    fake_world_add(fake, "one._domainkey.example.org", DNS_TXT, record);
    reply = scene_send(scene->session, &(struct letter){.is_local = true});
    return arena_copy_string(fake->arena,
        arena_print(fake->arena, "DKIM-Signature:%s", scene_inserted(reply, "DKIM-Signature")));
}

/* The plain header, with so many that are forged on top, and one that holds. */
static void send_signed(struct scene *scene, size_t forged_count, const char *const *forged)
{
    const char *header[FIELDS_MAX] = {NULL};
    size_t count = 0;

    for (; count < forged_count; count++)
        header[count] = forged[count];
    header[count++] = sign(scene);
    for (size_t i = 0; i < SCENE_PLAIN_FIELDS; i++)
        header[count++] = scene_plain_header[i];
    fake_world_add(&scene->fake, "_dmarc.example.org", DNS_TXT, "v=DMARC1; p=reject" RUA);
    scene_send(scene->session, &(struct letter){.header = header});
}

/* The one that passes comes first; one that says nothing of itself cannot be reported. */
static void test_signatures(void **state)
{
    static const char *const forged[] = {FORGED("example.net", "two"), FORGED("example.net", ""),
        "DKIM-Signature: nonsense", FORGED("example.com", "slow")};
    struct taken taken;
    struct scene *scene = scene_with(&taken);

    (void)state;
    fake_world_add(&scene->fake, "slow._domainkey.example.com", DNS_TXT, NULL);
    send_signed(scene, sizeof forged / sizeof *forged, forged);
    assert_string_equal(taken.evaluated.data, "pass dkim=pass spf=fail");
    assert_string_equal(taken.dkim.data, "example.org one pass\n"
                                         "example.net two permerror no key for signature\n"
                                         "example.com slow temperror key could not be looked up\n");
    scene_end(scene, &taken);
}

static void test_signatures_are_bounded(void **state)
{
    const char *forged[SIGNATURES_MAX + SEEN_ROW_SIGNATURES_MAX];
    struct taken taken;
    struct scene *scene = scene_with(&taken);
    size_t lines = 0;

    (void)state;
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++)
        forged[i] = FORGED("example.net", "two");
    send_signed(scene, SIGNATURES_MAX - 1, forged);
    assert_true(text_starts_with(taken.dkim, TEXT("example.org one pass\n")));
    scene_end(scene, &taken);
    scene = scene_with(&taken);
    send_signed(scene, sizeof forged / sizeof *forged, forged);
    for (size_t i = 0; i < taken.dkim.len; i++)
        lines += taken.dkim.data[i] == '\n';
    assert_int_equal(lines, SEEN_ROW_SIGNATURES_MAX);
    scene_end(scene, &taken);
}

UNIT_MAIN(cmocka_unit_test(test_evaluated), cmocka_unit_test(test_author_who_hides),
    cmocka_unit_test(test_no_row), cmocka_unit_test(test_nobody_wants_rows),
    cmocka_unit_test(test_policy), cmocka_unit_test(test_many_addresses_are_cut),
    cmocka_unit_test(test_identifiers), cmocka_unit_test(test_relayed),
    cmocka_unit_test(test_signatures), cmocka_unit_test(test_signatures_are_bounded))
