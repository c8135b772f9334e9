/* SPDX-License-Identifier: MIT */

/* mailctl dmarc, spf and verify, asking a name server over real sockets. */

#include "mailctl/program.h"
#include "tests/unit/dns/responder.h"
#include "tests/unit/mailctl/longest-key.h"
#include "tests/unit/unit.h"

#include "config.h"
#include "lib/dns/answers.h"

#define OK (WIRE_RESPONSE | WIRE_RECURSION)
#define UDP_MAX 1200
#define DEADLINE_MS 60000

static struct responder *responder;

/* A name with records of one type; data NULL: the name server keeps silent. */
static const struct {
    const char *name;
    enum dns_type type;
    const char *data;
} zone[] = {
    {"_dmarc.example.com",           DNS_TXT, "v=DMARC1; p=reject; sp=quarantine; np=none"},
    {"_dmarc.b.example.com",         DNS_TXT, "v=DMARC1; p=none"                          },
    {"here.example.com",             DNS_A,   ""                                          },
    {"a.b.example.com",              DNS_A,   ""                                          },
    {"_dmarc.hosting.example",       DNS_TXT, "v=DMARC1; p=quarantine; psd=y"             },
    {"shop.hosting.example",         DNS_A,   ""                                          },
    {"_dmarc.wrong.example",         DNS_TXT, "v=DMARC1; p=nonsense"                      },
    {"_dmarc.test.example",          DNS_TXT, "v=DMARC1; p=reject; t=y"                   },
    {"_dmarc.xn--bcher-kva.example", DNS_TXT, "v=DMARC1; p=reject"                        },
    {"_dmarc.silent.example",        DNS_TXT, NULL                                        },
    {"slow.example",                 DNS_TXT, "v=spf1 include:silent.example -all"        },
    {"silent.example",               DNS_TXT, NULL                                        },
    {"four.example",                 DNS_TXT, "v=spf1 ip4:192.0.2.1 -all"                 },
    {"bounce.example",               DNS_TXT, "v=spf1 ip4:192.0.2.7 -all"                 },
    {"octal.example",                DNS_TXT, "v=spf1 ip4:192.0.2.1/032 -all"             },
    {"depth.example",                DNS_TXT, "v=spf1 exists:%{d129}.nothing.example ?all"},
    {"_dmarc.x.example",             DNS_TXT, "v=DMARC1; p=reject"                        },
    {"s8192._domainkey.example.org", DNS_TXT, longest_key_record                          },
};

static bool is_below(const char *name, const char *above)
{
    size_t len = strlen(name), above_len = strlen(above);

    return len > above_len && strcmp(name + len - above_len, above) == 0 &&
           name[len - above_len - 1] == '.';
}

static void write_answer(struct wire *reply, const struct query *query, const char *data)
{
    if (query->type == DNS_TXT)
        wire_txt(reply, query->name, 300, data);
    else
        wire_a(reply, query->name, 300, 0xcb007101U);
}

static bool reply(const struct query *query, struct wire *reply, int *delay_ms)
{
    unsigned code = WIRE_NXDOMAIN;
    bool has_answer = false;

    (void)delay_ms;
    for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
        bool is_name = strcmp(zone[i].name, query->name) == 0;

        if (is_name && zone[i].data == NULL)
            return false;
        if (is_name || is_below(zone[i].name, query->name))
            code = 0;
    }
    wire_start(reply, query->id, OK | code, query->name, query->type);
    for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
        if (strcmp(zone[i].name, query->name) != 0 || zone[i].type != (enum dns_type)query->type)
            continue;
        write_answer(reply, query, zone[i].data);
        has_answer = true;
    }
    if (!has_answer)
        wire_soa(reply, "example", 300, 300);
    if (!query->is_tcp && reply->len > UDP_MAX)
        wire_start(reply, query->id, OK | WIRE_TRUNCATED, query->name, query->type);
    return true;
}

/* --- the command --- */

static const struct row {
    const char *name;
    const char *arguments[10];
    const char *input;
    const char *pieces[4]; /* all of which are printed */
} rows[] = {
    {"dmarc: its own record",                   {"dmarc", "example.com"},                                 NULL,
     {"policy: reject, from example.com\n", "organizational domain: example.com\n"}                                                                                 },
    {"dmarc: a subdomain",                      {"dmarc", "here.example.com"},                            NULL,
     {"policy: quarantine, from example.com\n", "_dmarc.com\tno record"}                                                                                            },
    {"dmarc: a name that does not exist",       {"dmarc", "nowhere.example.com"},                         NULL,
     {"policy: none, from example.com (np: the name does not exist)\n"}                                                                                             },
    {"dmarc: a record in between is no policy", {"dmarc", "a.b.example.com"},                             NULL,
     {"_dmarc.b.example.com\trecord", "policy: quarantine, from example.com\n"}                                                                                     },
    {"dmarc: a public suffix",                  {"dmarc", "shop.hosting.example"},                        NULL,
     {"policy: quarantine, from hosting.example\n",
            "organizational domain: shop.hosting.example\n"}                                                                                                        },
    {"dmarc: an unusable record",               {"dmarc", "wrong.example"},                               NULL,
     {"policy: none, since the record is unusable\n"}                                                                                                               },
    {"dmarc: testing",                          {"dmarc", "test.example"},                                NULL,
     {"policy: reject, from test.example (testing: one step weaker)\n"}                                                                                             },
    {"dmarc: a U-label",                        {"dmarc", "b\u00fccher.example"},                         NULL,
     {"policy: reject, from xn--bcher-kva.example\n"}                                                                                                               },
    {"dmarc: nothing",                          {"dmarc", "nothing.example"},                             NULL, {"policy: none published\n"}                        },
    {"dmarc: no answer",                        {"dmarc", "silent.example"},                              NULL,
     {"_dmarc.silent.example\tno answer", "policy: unknown, since DNS did not answer\n"}                                                                            },
    {"dmarc: as JSON",                          {"--json", "dmarc", "nowhere.example.com"},               NULL,
     {"\"policy\": \"none\"", "\"tag\": \"np\"", "\"policy_domain\": \"example.com\""}                                                                              },
    {"dmarc: no policy as JSON",                {"--json", "dmarc", "wrong.example"},                     NULL,
     {"\"reason\": \"none, since the record is unusable\""}                                                                                                         },
    {"spf: an IPv4 address in IPv6's clothes",
     {"spf", "--ip", "::ffff:192.0.2.1", "--from", "a@four.example"},                                     NULL,
     {"pass\n", "ip4:192.0.2.1"}                                                                                                                                    },
    {"spf: the null sender",                    {"spf", "--ip", "192.0.2.7", "--helo", "bounce.example"}, NULL,
     {"pass\n", "domain: bounce.example"}                                                                                                                           },
    {"spf: no answer",                          {"spf", "--ip", "192.0.2.1", "--from", "a@slow.example"}, NULL,
     {"temperror\n"}                                                                                                                                                },
    {"verify: a key of 8192 bits, by TCP",
     {"verify", "--time", "1794009700", "--authserv-id", "mx.example.net", "-"},
     longest_key_message,                                                                                       {"dkim=pass header.d=example.org", "header.s=s8192"}},
};

/* --- second opinions, where this build has all libraries --- */

#define LETTER(domain) "From: a@" domain "\n\nbody\n"

static const struct {
    struct row row;
    int status;
} compared[] = {
    {{"compare: all say the same",
         {"verify", "--compare", "--ip", "192.0.2.1", "--from", "a@four.example", "-"},
         LETTER("four.example"), {"\nspf\tfour.example\tpass\tlibspf2\tpass\tsame\n"}},
     0},
    {{"compare: an explained difference",
         {"verify", "--compare", "--ip", "192.0.2.1", "--from", "a@octal.example", "-"},
         LETTER("octal.example"),
         {"\nspf\toctal.example\tpermerror ",
             "\tlibspf2\tpass\tmalformed record (RFC 7208 §4.6, 12): "}},
     0},
    {{"compare: alignment",
         {"verify", "--compare", "--ip", "192.0.2.1", "--from", "a@four.example", "-"},
         LETTER("x.example"),
         {"\ndmarc\tx.example\tfail p=reject\tlibopendmarc\tpass\talignment of strangers (RFC "
          "9989 "}},
     0},
    {{"compare: an unexplained difference",
         {"verify", "--compare", "--ip", "192.0.2.1", "--from", "a@depth.example", "-"},
         LETTER("depth.example"), {"\tlibspf2\tpermerror ", "\tunexplained: "}},
     2},
    {{"compare: without a client", {"verify", "--compare", "-"}, LETTER("four.example"),
         {"spf=none"}},
     0},
    {{"compare: a key that the library cuts", {"verify", "--compare", "-"}, longest_key_message,
         {"\ndkim\texample.org:s8192\tsuccess\tlibopendkim\tpermfail "}},
     2},
    {{"compare: as JSON",
         {"--json", "verify", "--compare", "--ip", "192.0.2.1", "--from", "a@octal.example", "-"},
         LETTER("octal.example"),
         {"\"library\": \"libspf2\"", "\"same\": false", "\"name\": \"malformed record\"",
             "\"section\": \"RFC 7208 §4.6, 12\""}},
     0},
};

static void run_row(const struct row *row, int status)
{
    const char *top = getenv("top_builddir");
    const char *argv[20] = {
        NULL, "-c", "/dev/null", "--resolver", responder_server(responder), "--dns-timeout", "1s"};
    struct arena *arena = arena_new();
    struct program_result result;

    argv[0] = arena_print(arena, "%s/mailctl/mailctl", top != NULL ? top : ".").data;
    for (size_t i = 0; row->arguments[i] != NULL; i++)
        argv[7 + i] = row->arguments[i];
    assert_int_equal(program_feed(argv, text_from_string(row->input != NULL ? row->input : ""),
                         DEADLINE_MS, arena, &result, NULL),
        ERR_NONE);
    print_message("# %.*s%.*s", TEXT_ARGS(result.output), TEXT_ARGS(result.errors));
    assert_int_equal(result.status, status);
    for (size_t i = 0; i < 4 && row->pieces[i] != NULL; i++) {
        unit_row(row->pieces[i]);
        assert_true(
            text_find_text(result.output, text_from_string(row->pieces[i])) < result.output.len);
    }
    arena_free(&arena);
}

static void test_commands(void **state)
{
    (void)state;
    responder = responder_new(reply);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_row(rows[i].name);
        run_row(&rows[i], 0);
    }
    assert_int_not_equal(responder_tcp_count(responder), 0);
    responder_free(&responder);
}

static void test_compare(void **state)
{
    (void)state;
    if (!WITH_LIBOPENDKIM || !WITH_LIBSPF2 || !WITH_LIBOPENDMARC)
        skip();
    responder = responder_new(reply);
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++) {
        unit_row(compared[i].row.name);
        run_row(&compared[i].row, compared[i].status);
    }
    responder_free(&responder);
}

UNIT_MAIN(cmocka_unit_test(test_commands), cmocka_unit_test(test_compare))
