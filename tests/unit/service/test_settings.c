/* SPDX-License-Identifier: MIT */
#include "lib/service/settings.h"

#include <unistd.h>

#include "config.h"
#include "lib/service/settings-check.h"
#include "tests/unit/unit.h"

static enum err load(const char *content, struct settings **settings_r, struct failure *failure)
{
    char path[] = "/tmp/gatepost-settings-XXXXXX";
    int fd = mkstemp(path);
    enum err err;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
    err = settings_load(path, settings_r, failure);
    unlink(path);
    return err;
}

static void test_empty_file(void **state)
{
    struct settings *settings = NULL;
    struct failure failure;

    (void)state;
    assert_int_equal(load("hostname = Mail.Example.ORG.\n", &settings, &failure), ERR_NONE);
    assert_string_equal(settings_hostname(settings), "mail.example.org");
    assert_string_equal(settings->policyd.listen, "unix:" POSTFIX_QUEUE_DIR "/gatepost/policy");
    assert_string_equal(settings->authd.mail_home, "/var/vmail/%d/%n");
    assert_int_equal(settings->authd.hash_memory_bytes, 19456 * 1024);
    assert_int_equal(settings->policyd.period_ms, 3600000);
    assert_int_equal(settings->dns.servers.count, 0);
    assert_int_equal(settings->milter.trusted_networks.count, 2);
    assert_string_equal(settings->milter.oversign_fields.items[4], "Reply-To");
    assert_true(settings->guard.enabled);
    assert_int_equal(settings->guard.account_hour, 10);
    assert_int_equal(settings->guard.own_day, 100);
    assert_int_equal(settings->guard.block.count, 0);
    settings_free(&settings);
    assert_null(settings);
    settings_free(&settings);
}

static void test_networks(void **state)
{
    struct settings *settings = NULL;
    const struct ip_network *networks;
    struct failure failure;
    char text[IP_NETWORK_TEXT_MAX];
    size_t count;

    (void)state;
    assert_int_equal(load("hostname = h.example\n"
                          "milter { trusted_networks = {\"192.0.2.7/24\", \"2001:db8::/32\"} }\n",
                         &settings, &failure),
        ERR_NONE);
    networks = settings_networks(&settings->milter.trusted_networks, settings->arena, &count);
    assert_int_equal(count, 2);
    ip_network_format(&networks[0], text);
    assert_string_equal(text, "192.0.2.0/24");
    settings_free(&settings);
}

/* An instance's policyd counts elsewhere; by default all databases are in one place. */
static void test_limits_directory(void **state)
{
    static const struct {
        const char *name, *content, *directory;
    } rows[] = {
        {"nothing said",   "",                                                    "/var/lib/gatepost"  },
        {"moved with all", "state_directory = /srv/a\n",                          "/srv/a"             },
        {"its own",        "policyd { state_directory = /var/lib/gatepost/b }\n", "/var/lib/gatepost/b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings *settings = NULL;

        unit_row(rows[i].name);
        assert_int_equal(load(rows[i].content, &settings, NULL), ERR_NONE);
        assert_string_equal(settings_limits_directory(settings), rows[i].directory);
        settings_free(&settings);
    }
}

/* What "mailctl status" compares with a daemon's. */
static void test_fingerprint(void **state)
{
    static const char base[] = "hostname = a.example\npolicyd { messages = 5 }\n";
    static const struct {
        const char *name, *content;
        bool same;
    } rows[] = {
        {"the very same",        "hostname = a.example\npolicyd { messages = 5 }\n",                              true },
        {"a comment",            "# why\nhostname = a.example\npolicyd { messages = 5 }\n",                       true },
        {"another order",        "policyd { messages = 5 }\nhostname = a.example\n",                              true },
        {"a default said",       "hostname = a.example\npolicyd { messages = 5\n period = 1h }\n",                true },
        {"a number",             "hostname = a.example\npolicyd { messages = 6 }\n",                              false},
        {"a list",               "hostname = a.example\npolicyd { messages = 5 }\ndns { servers = {\"::1\"} }\n",
         false                                                                                                         },
        {"another daemon's",
         "hostname = a.example\npolicyd { messages = 5 }\nauthd { drain = 9s }\ndmarc { "
            "on_reject = reject }\nsrs { domain = srs.example }\n",                                               true },
        {"the name of the host", "hostname = b.example\npolicyd { messages = 5 }\n",                              false},
    };
    struct settings *wanted = NULL;

    (void)state;
    assert_int_equal(load(base, &wanted, NULL), ERR_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings *settings = NULL;

        unit_row(rows[i].name);
        assert_int_equal(load(rows[i].content, &settings, NULL), ERR_NONE);
        assert_int_equal(
            settings_fingerprint(settings, "policyd") == settings_fingerprint(wanted, "policyd"),
            rows[i].same);
        settings_free(&settings);
    }
    settings_free(&wanted);
}

static const struct {
    const char *name, *content, *said;
} bad[] = {
    {"hostname",                "hostname = -x\n",                                                     ":1: hostname: expected a host name"            },
    {"relative path",           "state_directory = lib\n",                                             ":1: state_directory: expected an absolute path"},
    {"relative for limits",     "policyd { state_directory = lib }\n",
     "policyd.state_directory: expected an absolute path"                                                                                              },
    {"unknown setting",         "\npolicyd { mesages = 3 }\n",                                         ":2: "                                          },
    {"listen without a scheme", "milter { listen = \"/x\" }\n",                                        "expected unix:/PATH"                           },
    {"listen with a name",      "milter { listen = \"inet:localhost:1\" }\n",                          "expected unix:/PATH"                           },
    {"period too short",        "policyd {\n period = 1ms\n}\n",                                       ":2: policyd.period: expected a time"           },
    {"home of nobody",          "authd { mail_home = /var/vmail }\n",
     "mail_home: expected an absolute path"                                                                                                            },
    {"resolver",                "dns { servers = {\"ns.example\"} }\n",                                "ADDRESS@PORT"                                  },
    {"field name",              "milter { sign_fields = {\"From:\"} }\n",                              "the name of a header field"                    },
    {"engine of nobody",        "spf {\n engine = other }\n",                                          ":2: spf.engine: expected gatepost"             },
    {"guard limit too high",    "guard { account_hour = 257 }\n",
     "guard.account_hour: expected a number from 0 to 256"                                                                                             },
    {"guard list of names",     "guard { allow = {\"office\"} }\n",                                    "an IP address or a network"                    },
    {"one address twice",       "milter { listen = \"unix:/a\" }\npolicyd { listen = \"unix:/a\" }\n",
     "milter.listen and policyd.listen"                                                                                                                },
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct settings *settings = NULL;
        struct failure failure = {.text = ""};

        unit_row(bad[i].name);
        assert_int_not_equal(load(bad[i].content, &settings, &failure), ERR_NONE);
        print_message("# %s\n", failure.text);
        assert_non_null(strstr(failure.text, bad[i].said));
        assert_null(settings);
    }
}

static void test_missing(void **state)
{
    struct settings *settings = NULL;
    struct failure failure = {.text = ""};

    (void)state;
    assert_int_equal(settings_load("/nonexistent/x.conf", &settings, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "/nonexistent/x.conf"));
}

static const struct {
    const char *name;
    bool (*is_valid)(struct text value);
    const char *value;
    bool valid;
} checks[] = {
    {"hostname",                         settings_is_hostname,          "mx-1.example.org", true },
    {"hostname with a dot behind",       settings_is_hostname,          "example.org.",     true },
    {"empty label",                      settings_is_hostname,          "a..b",             false},
    {"only a dot",                       settings_is_hostname,          ".",                false},
    {"underscore",                       settings_is_hostname,          "a_b",              false},
    {"label ends in a dash",             settings_is_hostname,          "a-.b",             false},
    {"no hostname",                      settings_is_hostname_or_none,  "",                 true },
    {"account",                          settings_is_account,           "gatepost-milter",  true },
    {"account like an option",           settings_is_account,           "-x",               false},
    {"no account",                       settings_is_account,           "",                 false},
    {"network",                          settings_is_network,           "10.0.0.0/8",       true },
    {"nobody",                           settings_is_mailbox_or_none,   "",                 true },
    {"an address",                       settings_is_mailbox_or_none,   "op+x@example.org", true },
    {"no domain",                        settings_is_mailbox_or_none,   "op",               false},
    {"no local part",                    settings_is_mailbox_or_none,   "@example.org",     false},
    {"two addresses",                    settings_is_mailbox_or_none,   "a@b.c,d@e.f",      false},
    {"an address with a blank",          settings_is_mailbox_or_none,   "a b@example.org",  false},
    {"a delimiter",                      settings_is_delimiter_or_none, "-",                true },
    {"no delimiter",                     settings_is_delimiter_or_none, "",                 true },
    {"two delimiters",                   settings_is_delimiter_or_none, "+-",               false},
    {"an at sign",                       settings_is_delimiter_or_none, "@",                false},
    {"what begins a comment",            settings_is_delimiter_or_none, "#",                false},
    {"a route",                          settings_is_delimiter_or_none, "%",                false},
    {"a letter",                         settings_is_delimiter_or_none, "x",                false},
    {"a dot",                            settings_is_delimiter_or_none, ".",                false},
    {"bad network",                      settings_is_network,           "10.0.0.0/33",      false},
    {"resolver",                         settings_is_resolver,          "192.0.2.1",        true },
    {"resolver with a port",             settings_is_resolver,          "2001:db8::1@5353", true },
    {"resolver: the root",               settings_is_resolver,          "root",             true },
    {"resolver with port 0",             settings_is_resolver,          "192.0.2.1@0",      false},
    {"field",                            settings_is_field_name,        "List-Id",          true },
    {"field with a blank",               settings_is_field_name,        "List Id",          false},
    {"word",                             settings_is_word,              "ORIGINATING",      true },
    {"no word",                          settings_is_word,              "",                 false},
    {"home",                             settings_is_home,              "/var/vmail/%u",    true },
    {"home with an unknown letter",      settings_is_home,              "/var/vmail/%n/%x", false},
    {"home that ends in a percent sign", settings_is_home,              "/var/vmail/%n%",   false},
};

static void test_checks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        unit_row(checks[i].name);
        assert_int_equal(checks[i].is_valid(text_from_string(checks[i].value)), checks[i].valid);
    }
}

UNIT_MAIN(cmocka_unit_test(test_empty_file), cmocka_unit_test(test_networks),
    cmocka_unit_test(test_limits_directory), cmocka_unit_test(test_bad),
    cmocka_unit_test(test_missing), cmocka_unit_test(test_fingerprint),
    cmocka_unit_test(test_checks))
