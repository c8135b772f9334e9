/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/dovecot-conf.h"
#include "mailctl/attach/dovecot-policy.h"

#include "tests/unit/unit.h"

/* An untouched Debian with Postfix, and the mail user that attach makes. */
static struct dovecot_facts untouched(enum dovecot_version version)
{
    struct dovecot_facts facts = {.version = version,
        .printed = TEXT(""),
        .mechanisms = TEXT("plain"),
        .protocols = TEXT("imap lmtp"),
        .mail_home = TEXT(""),
        .username_format = TEXT("%Lu"),
        .delimiter = TEXT("+"),
        .our_delimiter = "+",
        .first_valid_uid = 500,
        .has_inbox_namespace = true,
        .queues = {"/var/spool/postfix"},
        .queue_count = 1,
        .mail_uid = 5000,
        .data_directory = "/usr/share/gatepost",
        .login_socket = "/run/gatepost/authd"};

    if (version == DOVECOT_2_4)
        facts.mail_home = TEXT("/home/%{user | username}");
    return facts;
}

/* --- the examples ---------------------------------------------------------------------------- */

static void read_example(const char *version, const char *name, struct buffer *out)
{
    const char *top = getenv("top_srcdir");
    struct buffer path = BUFFER_NONE;
    FILE *file;

    assert_non_null(top);
    buffer_append_format(&path, "%s/contrib/dovecot/%s/%s", top, version, name);
    file = fopen(buffer_string(&path), "re");
    buffer_done(&path);
    assert_non_null(file);
    out->len += fread(buffer_reserve(out, 65536), 1, 65536, file);
    out->data[out->len] = '\0';
    fclose(file);
}

static void test_examples(void **state)
{
    static const struct {
        const char *name, *version, *file;
        enum dovecot_version is;
        void (*write)(const struct dovecot_facts *facts, struct buffer *out);
    } rows[] = {
        {"logins, 2.3",   "2.3", DOVECOT_CONF_LOGINS,   DOVECOT_2_3, dovecot_conf_logins  },
        {"delivery, 2.3", "2.3", DOVECOT_CONF_DELIVERY, DOVECOT_2_3, dovecot_conf_delivery},
        {"logins, 2.4",   "2.4", DOVECOT_CONF_LOGINS,   DOVECOT_2_4, dovecot_conf_logins  },
        {"delivery, 2.4", "2.4", DOVECOT_CONF_DELIVERY, DOVECOT_2_4, dovecot_conf_delivery},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dovecot_facts facts = untouched(rows[i].is);
        struct buffer wanted = BUFFER_NONE, written = BUFFER_NONE;

        unit_row(rows[i].name);
        read_example(rows[i].version, rows[i].file, &wanted);
        rows[i].write(&facts, &written);
        assert_string_equal(buffer_string(&written), buffer_string(&wanted));
        assert_int_equal(dovecot_conf_version(buffer_text(&written)), rows[i].is);
        buffer_done(&wanted);
        buffer_done(&written);
    }
}

/* --- what the facts change ------------------------------------------------------------------- */

static void mechanisms_more(struct dovecot_facts *facts)
{
    facts->mechanisms = TEXT("plain login digest-md5");
}
static void mechanisms_other(struct dovecot_facts *facts)
{
    facts->mechanisms = TEXT("plain digest-md5");
}
static void uid_low(struct dovecot_facts *facts)
{
    facts->mail_uid = 114;
}
static void no_lmtp(struct dovecot_facts *facts)
{
    facts->protocols = TEXT("imap");
}
static void two_queues(struct dovecot_facts *facts)
{
    facts->queues[facts->queue_count++] = "/var/spool/postfix-out";
}
static void own_sieve(struct dovecot_facts *facts)
{
    facts->sieve_before = 2;
}
static void own_quota(struct dovecot_facts *facts)
{
    facts->has_quota = true;
}
static void own_namespace(struct dovecot_facts *facts)
{
    facts->has_inbox_namespace = false;
}
static void other_socket(struct dovecot_facts *facts)
{
    facts->login_socket = "/run/other/authd";
}
static void other_delimiter(struct dovecot_facts *facts)
{
    facts->our_delimiter = "-";
}
static void no_delimiter(struct dovecot_facts *facts)
{
    facts->our_delimiter = "";
}
static void no_mail_home(struct dovecot_facts *facts)
{
    facts->mail_home = TEXT("");
}

static void policy(struct dovecot_facts *facts)
{
    facts->policy_url = "http://127.0.0.1:4001/";
    facts->policy_nonce = "0123456789abcdef";
}
static void other_policy(struct dovecot_facts *facts)
{
    policy(facts);
    facts->has_policy_server = true;
}
static void realm(struct dovecot_facts *facts)
{
    facts->realm = "example.org";
}

static const struct row {
    const char *name;
    enum dovecot_version version;
    void (*change)(struct dovecot_facts *facts);
    const char *there, *not_there;
} rows[] = {
    {"mechanisms that suffice, 2.3", DOVECOT_2_3, mechanisms_more,  NULL,                                            "auth_mechanisms"},
    {"mechanisms that suffice, 2.4", DOVECOT_2_4, mechanisms_more,  NULL,                                            "auth_mechanisms"},
    {"mechanisms kept, 2.3",         DOVECOT_2_3, mechanisms_other,
     "auth_mechanisms = plain digest-md5 login\n",                                                                   NULL             },
    {"a low mail user, 2.3",         DOVECOT_2_3, uid_low,          "\nfirst_valid_uid = 114\n",                     NULL             },
    {"a low mail user, 2.4",         DOVECOT_2_4, uid_low,          "\nfirst_valid_uid = 114\n",                     NULL             },
    {"LMTP switched off, 2.3",       DOVECOT_2_3, no_lmtp,          "\nprotocols = $protocols lmtp\n",               NULL             },
    {"LMTP switched off, 2.4",       DOVECOT_2_4, no_lmtp,          "\nprotocols {\n  lmtp = yes\n}\n",              NULL             },
    {"two instances of Postfix",     DOVECOT_2_3, two_queues,
     "unix_listener /var/spool/postfix-out/private/dovecot-lmtp {",                                                  NULL             },
    {"Sieve scripts of his own",     DOVECOT_2_3, own_sieve,        "  sieve_before3 = ",                            "sieve_before =" },
    {"a quota of his own, 2.3",      DOVECOT_2_3, own_quota,        "imap_quota",                                    "quota = count"  },
    {"a quota of his own, 2.4",      DOVECOT_2_4, own_quota,        "imap_quota",                                    "User quota"     },
    {"no namespace inbox",           DOVECOT_2_4, own_namespace,    NULL,                                            "namespace"      },
    {"a home of the system's",       DOVECOT_2_4, no_mail_home,     NULL,                                            "mail_home"      },
    {"the delimiter of all, 2.3",    DOVECOT_2_3, own_quota,        NULL,                                            "delimiter"      },
    {"another delimiter, 2.3",       DOVECOT_2_3, other_delimiter,  "\nrecipient_delimiter = -\n",                   NULL             },
    {"another delimiter, 2.4",       DOVECOT_2_4, other_delimiter,  "\nrecipient_delimiter = -\n",                   NULL             },
    {"no delimiter, 2.4",            DOVECOT_2_4, no_delimiter,     "\nrecipient_delimiter = \n",                    NULL             },
    {"a policy, 2.3",                DOVECOT_2_3, policy,
     "\nauth_policy_request_attributes = login=",                                                                    "%{mechanism}"   },
    {"a policy, 2.4",                DOVECOT_2_4, policy,           "\nauth_policy_request_attributes {\n",          "%{mech}"        },
    {"its nonce",                    DOVECOT_2_4, policy,           "\nauth_policy_hash_nonce = 0123456789abcdef\n",
     "_on_fail = yes"                                                                                                                 },
    {"a policy of his own",          DOVECOT_2_3, other_policy,     NULL,                                            "\nauth_policy"  },
    {"no policy",                    DOVECOT_2_3, own_quota,        NULL,                                            "auth_policy"    },
    {"a realm, 2.3",                 DOVECOT_2_3, realm,            "\nauth_default_realm = example.org\n",          NULL             },
    {"a realm, 2.4",                 DOVECOT_2_4, realm,            "\nauth_default_domain = example.org\n",         NULL             },
    {"another socket, 2.4",          DOVECOT_2_4, other_socket,     NULL,                                            "lua_settings"   },
};

static void test_facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dovecot_facts facts = untouched(rows[i].version);
        struct buffer out = BUFFER_NONE;

        unit_row(rows[i].name);
        rows[i].change(&facts);
        dovecot_conf_delivery(&facts, &out);
        if (rows[i].there != NULL)
            assert_non_null(strstr(buffer_string(&out), rows[i].there));
        if (rows[i].not_there != NULL)
            assert_null(strstr(buffer_string(&out), rows[i].not_there));
        buffer_done(&out);
    }
}

static void test_policy_url(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_string_equal(dovecot_policy_url("inet:127.0.0.1:4001", arena), "http://127.0.0.1:4001/");
    assert_string_equal(dovecot_policy_url("inet6:[::1]:4001", arena), "http://[::1]:4001/");
    assert_null(dovecot_policy_url("unix:/run/policy", arena));
    assert_null(dovecot_policy_url("", arena));
    arena_free(&arena);
}

/* Kept where there is one, another each time where there is none. */
static void test_policy_nonce(void **state)
{
    struct arena *arena = arena_new();
    const char *nonce = dovecot_policy_nonce(TEXT(""), arena);

    (void)state;
    assert_int_equal(strlen(nonce), 32);
    assert_string_not_equal(nonce, dovecot_policy_nonce(TEXT_NONE, arena));
    assert_string_equal(
        dovecot_policy_nonce(TEXT("a\nauth_policy_hash_nonce = kept\nb\n"), arena), "kept");
    arena_free(&arena);
}

/* A setting that was changed after attach makes it stale, an operator's own server does not. */
static void test_policy_is_current(void **state)
{
    static const char url[] = "http://127.0.0.1:4001/";

    (void)state;
    for (enum dovecot_version version = DOVECOT_2_3; version <= DOVECOT_2_4; version++) {
        struct dovecot_facts facts = untouched(version);
        struct buffer out = BUFFER_NONE;

        dovecot_conf_delivery(&facts, &out);
        assert_true(dovecot_policy_is_current(buffer_text(&out), NULL, "", version));
        assert_false(dovecot_policy_is_current(buffer_text(&out), url, "", version));
        assert_false(dovecot_policy_is_current(buffer_text(&out), NULL, "example.org", version));
        buffer_clear(&out);
        policy(&facts);
        realm(&facts);
        dovecot_conf_delivery(&facts, &out);
        assert_true(dovecot_policy_is_current(buffer_text(&out), url, "example.org", version));
        assert_false(dovecot_policy_is_current(buffer_text(&out), NULL, "example.org", version));
        assert_false(dovecot_policy_is_current(buffer_text(&out), url, "", version));
        buffer_clear(&out);
        other_policy(&facts);
        dovecot_conf_delivery(&facts, &out);
        assert_true(dovecot_policy_is_current(buffer_text(&out), url, "example.org", version));
        buffer_done(&out);
    }
}

static void test_socket(void **state)
{
    struct dovecot_facts facts = untouched(DOVECOT_2_4);
    struct buffer out = BUFFER_NONE;

    (void)state;
    facts.login_socket = "/run/other/authd";
    dovecot_conf_logins(&facts, &out);
    assert_non_null(strstr(buffer_string(&out), "    socket = /run/other/authd\n"));
    buffer_done(&out);
}

/* --- what Dovecot prints --------------------------------------------------------------------- */

static void test_lists(void **state)
{
    static const struct {
        const char *name, *printed, *list;
    } lists[] = {
        {"2.3",                "plain login\n",              "plain login"},
        {"2.3, blanks",        "  imap   lmtp ",             "imap lmtp"  },
        {"2.4",                "plain = yes\nlogin = yes\n", "plain login"},
        {"2.4, one is off",    "imap = yes\npop3 = no\n",    "imap"       },
        {"nothing",            "",                           ""           },
        {"an end after \"=\"", "plain =",                    ""           },
    };
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        unit_row(lists[i].name);
        assert_text_equal(dovecot_list(text_from_string(lists[i].printed), arena), lists[i].list);
    }
    assert_true(dovecot_list_has(TEXT("plain login"), "login"));
    assert_false(dovecot_list_has(TEXT("plain login"), "log"));
    arena_free(&arena);
}

static void test_policy_server(void **state)
{
    (void)state;
    assert_false(dovecot_has_policy_server(TEXT("")));
    assert_false(dovecot_has_policy_server(TEXT("a = b\nauth_policy_log_only = yes\n")));
    assert_true(dovecot_has_policy_server(TEXT("a = b\nauth_policy_server_url = http://x/\n")));
    assert_true(dovecot_has_policy_server(
        TEXT("a = b\nauth_policy {\n  hash_nonce = x\n  server_url = http://x/\n}\n")));
    assert_false(dovecot_has_policy_server(
        TEXT("a = b\nauth_policy {\n  log_only = yes\n}\nother {\n  server_url = x\n}\n")));
}

static void test_versions(void **state)
{
    (void)state;
    assert_int_equal(dovecot_version_of(TEXT("2.3.19.1 (9b53102964)\n")), DOVECOT_2_3);
    assert_int_equal(dovecot_version_of(TEXT("2.4.1-4 (7d8c0e5759)\n")), DOVECOT_2_4);
    assert_int_equal(dovecot_version_of(TEXT("2.2.36\n")), DOVECOT_OTHER);
    assert_int_equal(dovecot_version_of(TEXT("2.40.1\n")), DOVECOT_OTHER);
    assert_int_equal(dovecot_conf_version(TEXT("passdb {\n")), DOVECOT_OTHER);
}

static const struct {
    const char *name, *transport;
    bool is_lmtp;
} transports[] = {
    {"none",               "",                               false},
    {"LMTP to a socket",   "lmtp:unix:private/dovecot-lmtp", true },
    {"LMTP alone",         "lmtp",                           true },
    {"the local delivery", "local:",                         false},
    {"its like",           "lmtpish:unix:private/lmtp",      false},
    {"a later word",       "relay:[lmtp.example.org]",       false},
    {"too short",          "lmt",                            false},
};

static void test_transports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
        unit_row(transports[i].name);
        assert_int_equal(dovecot_transport_is_lmtp(text_from_string(transports[i].transport)),
            transports[i].is_lmtp);
    }
}

/* Written for two Postfix instances, or for one; read when there is the first of them alone. */
static void test_stray_queue(void **state)
{
    static const struct {
        const char *name;
        size_t written;
        const char *stray;
    } stray_rows[] = {
        {"the same",              1, NULL                    },
        {"an instance that went", 2, "/var/spool/postfix-out"},
    };
    static const enum dovecot_version versions[] = {DOVECOT_2_3, DOVECOT_2_4};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof stray_rows / sizeof *stray_rows; i++) {
        struct dovecot_facts facts = untouched(versions[i % 2]), now = facts;
        struct buffer file = BUFFER_NONE;
        struct arena *arena = arena_new();
        const char *stray;

        unit_row(stray_rows[i / 2].name);
        facts.queues[1] = "/var/spool/postfix-out";
        facts.queue_count = stray_rows[i / 2].written;
        dovecot_conf_delivery(&facts, &file);
        stray = dovecot_conf_stray_queue(buffer_text(&file), &now, arena);
        if (stray_rows[i / 2].stray == NULL)
            assert_null(stray);
        else
            assert_string_equal(stray, stray_rows[i / 2].stray);
        arena_free(&arena);
        buffer_done(&file);
    }
}

/* What was written can be read again, to see whether the setting is another one now. */
static void test_delimiter_of_file(void **state)
{
    struct text found;

    (void)state;
    assert_false(dovecot_conf_delimiter(TEXT("# recipient_delimiter = x\nquota = y\n"), &found));
    assert_true(
        dovecot_conf_delimiter(TEXT("protocols = lmtp\nrecipient_delimiter = -\n"), &found));
    assert_text_equal(found, "-");
    assert_true(dovecot_conf_delimiter(TEXT("recipient_delimiter = \n"), &found));
    assert_text_equal(found, "");
}

UNIT_MAIN(cmocka_unit_test(test_delimiter_of_file), cmocka_unit_test(test_examples),
    cmocka_unit_test(test_facts), cmocka_unit_test(test_policy_server),
    cmocka_unit_test(test_policy_url), cmocka_unit_test(test_policy_nonce),
    cmocka_unit_test(test_policy_is_current), cmocka_unit_test(test_socket),
    cmocka_unit_test(test_lists), cmocka_unit_test(test_versions),
    cmocka_unit_test(test_transports), cmocka_unit_test(test_stray_queue))
