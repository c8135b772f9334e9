/* SPDX-License-Identifier: MIT */

/*
 * Zones that are broken, each in one way that has a name, and the finding that each gives: its own
 * and no other. Resolver and name servers are tables.
 */

#include "mailctl/dns/zone-check.h"

#include "lib/dns/name.h"
#include "mailctl/command.h"
#include "tests/unit/unit.h"

#define CHANGES_MAX 14
#define RECORDS_MAX 96
#define CODES_MAX 4
#define WAVES_MAX 30

#define KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define ZONE_KEY                                                                                   \
    "257 3 13 "                                                                                    \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
#define ZONE_DS "59409 13 2 c6970b8c4b1014d82329e6dcbdba88bed9592f8c600ad0b82c19a474d07fb528"
#define DIGEST_NOW "aa00000000000000000000000000000000000000000000000000000000000000"
#define DIGEST_NEXT "bb00000000000000000000000000000000000000000000000000000000000000"

/*
 * data NULL: what there is of that name and type is taken away (type NULL: all of the name). The
 * type TIMEOUT: nobody tells anything of the name, or of its records of the type that data says.
 */
struct rr {
    const char *name, *type, *data;
};

/* A domain that is in order. */
static const struct rr base[] = {
    {"example.org",                                "SOA",    "ns1.example.net"                                 },
    {"example.org",                                "NS",     "ns1.example.net"                                 },
    {"example.org",                                "NS",     "ns2.example.net"                                 },
    {"ns1.example.net",                            "A",      "203.0.113.1"                                     },
    {"ns2.example.net",                            "AAAA",   "2001:db8::53"                                    },
    {"example.org",                                "DS",     ZONE_DS                                           },
    {"example.org",                                "DNSKEY", ZONE_KEY                                          },
    {"example.org",                                "MX",     "10 mail.example.org"                             },
    {"mail.example.org",                           "A",      "192.0.2.10"                                      },
    {"10.2.0.192.in-addr.arpa",                    "PTR",    "mail.example.org"                                },
    {"example.org",                                "TXT",    "v=spf1 ip4:192.0.2.10 -all"                      },
    {"example.org",                                "TXT",    "site-verification=123"                           },
    {"mail.example.org",                           "TXT",    "v=spf1 ip4:192.0.2.10 -all"                      },
    {"s1._domainkey.example.org",                  "TXT",    "v=DKIM1; k=ed25519; p=" KEY                      },
    {"_dmarc.example.org",                         "TXT",    "v=DMARC1; p=reject; rua=mailto:d@reports.example"},
    {"example.org._report._dmarc.reports.example", "TXT",    "v=DMARC1;"                                       },
    {"_smtp._tls.example.org",                     "TXT",    "v=TLSRPTv1; rua=mailto:t@example.org"            },
    {"_smtp._tls.mail.example.org",                "TXT",    "v=TLSRPTv1; rua=mailto:t@example.org"            },
    {"_mta-sts.example.org",                       "TXT",    "v=STSv1; id=0123abcd;"                           },
    {"mta-sts.example.org",                        "CNAME",  "mail.example.org"                                },
    {"_25._tcp.mail.example.org",                  "TLSA",   "3 1 1 " DIGEST_NOW                               },
    {"_25._tcp.mail.example.org",                  "TLSA",   "3 1 1 " DIGEST_NEXT                              },
    {"_submissions._tcp.example.org",              "SRV",    "0 1 465 mail.example.org."                       },
    {"_submission._tcp.example.org",               "SRV",    "0 0 0 ."                                         },
    {"_imaps._tcp.example.org",                    "SRV",    "0 1 993 MAIL.example.org."                       },
    {"_imap._tcp.example.org",                     "SRV",    "0 0 0 ."                                         },
    {"_pop3s._tcp.example.org",                    "SRV",    "0 0 0 ."                                         },
    {"_pop3._tcp.example.org",                     "SRV",    "0 0 0 ."                                         },
    {"_sieve._tcp.example.org",                    "SRV",    "0 0 0 ."                                         },
    {"example.org",                                "CAA",    "0 issue \"ca.example\""                          },
    {"mail.example.net",                           "A",      "192.0.2.10"                                      },
};

#define SPF "example.org", "TXT"
#define DMARC "_dmarc.example.org", "TXT"
#define DKIM "s1._domainkey.example.org", "TXT"
#define VERIFICATION                                                                               \
    {                                                                                              \
        SPF, "site-verification=123"                                                               \
    }
#define SPF_IS(record)                                                                             \
    {SPF, NULL}, VERIFICATION,                                                                     \
    {                                                                                              \
        SPF, record                                                                                \
    }
#define DMARC_IS(record)                                                                           \
    {DMARC, NULL},                                                                                 \
    {                                                                                              \
        DMARC, record                                                                              \
    }
#define DKIM_IS(record)                                                                            \
    {DKIM, NULL},                                                                                  \
    {                                                                                              \
        DKIM, record                                                                               \
    }

static const struct zone_row {
    const char *row;
    struct rr changes[CHANGES_MAX]; /* seen by all */
    /* At the second name server, by the resolver (in place of the set), at the servers alone. */
    struct rr apart[3];
    const char *codes[CODES_MAX];
    int status;
} rows[] = {
    {"in order",                                      {{NULL}},                                                                        {{NULL}},                                         {NULL},                                  0},
    {"DKIM by an alias to another zone",
     {{DKIM, NULL}, {"s1._domainkey.example.org", "CNAME", "s1.keys.example"},
            {"s1.keys.example", "TXT",
                "v=DKIM1;k=ed25519;p=11qYAYKxCrfVS/7TyWQHOg7 hcvPapiMlrwIaaPcHURo="}},
     {{NULL}},                                                                                                                                                                           {NULL},                                  0},
    {"a key in other words",                          {DKIM_IS("p=" KEY "; k=ed25519")},                                               {{NULL}},                                         {NULL},                                  0},
    {"SPF by include and redirect",
     {SPF_IS("v=spf1 include:a.example redirect=b.example"), {"a.example", "TXT", "v=spf1 -all"},
            {"b.example", "TXT", "v=spf1 ip4:192.0.2.0/28 -all"}},
     {{NULL}},                                                                                                                                                                           {NULL},                                  0},
    {"reports within the organization",
     {DMARC_IS("v=DMARC1; p=reject; rua=mailto:d@in.example.org")},                                                                    {{NULL}},                                         {NULL},                                  0},

    {"no such domain",                                {{"example.org", NULL, NULL}},                                                   {{NULL}},                                         {"domain-absent"},                       2},
    {"the domain is an alias",                        {{"example.org", "CNAME", "elsewhere.example"}},                                 {{NULL}},
     {"domain-alias"},                                                                                                                                                                                                            2},
    {"a name server without address",                 {{"ns2.example.net", NULL, NULL}},                                               {{NULL}},                                         {"server-dead"},
     2                                                                                                                                                                                                                             },
    {"a name server that has an old zone",            {{NULL}},                                                                        {{DMARC, NULL}},                                  {"servers-differ"},                      2},
    {"DNSSEC, but a DS record of a key that is gone",
     {{"example.org", "DNSKEY", NULL}, {"example.org", "DNSKEY", "257 3 13 AAEC"}},                                                    {{NULL}},
     {"dnssec-astray"},                                                                                                                                                                                                           2},
    {"DNSSEC, but no key",                            {{"example.org", "DNSKEY", NULL}},                                               {{NULL}},                                         {"dnssec-no-key"},                       2},
    {"DNSSEC of which nothing above knows",           {{"example.org", "DS", NULL}},                                                   {{NULL}},
     {"dnssec-unannounced"},                                                                                                                                                                                                      1},
    {"a resolver that has kept an old record",        {{NULL}},                                                                        {{NULL}, {DMARC, NULL}},
     {"resolver-differs"},                                                                                                                                                                                                        1},
    {"a resolver that has kept another SPF",          {{NULL}},
     {{NULL}, {SPF, "v=spf1 ip4:192.0.2.99 -all"}},                                                                                                                                      {"resolver-differs"},                    1},
    {"a resolver that has kept a better SPF",         {SPF_IS("v=spf1 ip4:192.0.2.99 -all")},
     {{NULL}, {SPF, "v=spf1 ip4:192.0.2.10 -all"}},                                                                                                                                      {"resolver-differs", "spf-not-covered"}, 2},
    {"a resolver without the organization's DMARC",
     {DMARC_IS("v=DMARC1; p=reject; rua=mailto:d@in.example.org")},                                                                    {{NULL}, {DMARC, NULL}},
     {"resolver-differs"},                                                                                                                                                                                                        1},
    {"SPF by an MX that is missing",                  {{"example.org", "MX", NULL}, SPF_IS("v=spf1 mx ~all")},
     {{NULL}},                                                                                                                                                                           {"mx-missing"},                          2},
    {"SPF by a host with another address",
     {{"mail.example.org", "A", NULL}, {"mail.example.org", "A", "192.0.2.11"},
            SPF_IS("v=spf1 mx ~all")},
     {{NULL}},                                                                                                                                                                           {"address-missing", "address-others"},   2},
    {"DKIM by an alias that leads nowhere",
     {{DKIM, NULL}, {"s1._domainkey.example.org", "CNAME", "s1.keys.example"}},                                                        {{NULL}},
     {"alias-dangling"},                                                                                                                                                                                                          2},
    {"a web server by an alias that leads nowhere",
     {{"mta-sts.example.org", NULL, NULL}, {"mta-sts.example.org", "CNAME", "gone.example"}},
     {{NULL}},                                                                                                                                                                           {"alias-dangling"},                      1},
    {"a wildcard",                                    {{"*.example.org", "TXT", "hello"}},                                             {{NULL}},                                         {"wildcard"},                            1},

    {"no MX",                                         {{"example.org", "MX", NULL}},                                                   {{NULL}},                                         {"mx-missing"},                          2},
    {"MX under a doubled name",
     {{"example.org", "MX", NULL}, {"example.org.example.org", "MX", "10 mail.example.org"}},
     {{NULL}},                                                                                                                                                                           {"name-doubled"},                        2},
    {"a null MX",                                     {{"example.org", "MX", NULL}, {"example.org", "MX", "0 "}},                      {{NULL}},                                         {"mx-null"},
     2                                                                                                                                                                                                                             },
    {"MX of somebody else",
     {{"example.org", "MX", NULL}, {"example.org", "MX", "10 mx.old.example"}},                                                        {{NULL}},
     {"mx-elsewhere"},                                                                                                                                                                                                            2},
    {"MX of somebody else, too",                      {{"example.org", "MX", "20 mx.old.example"}},                                    {{NULL}},
     {"mx-others"},                                                                                                                                                                                                               1},
    {"the mail host is an alias",
     {{"mail.example.org", "A", NULL}, {"mail.example.org", "TXT", NULL},
            {"mail.example.org", "CNAME", "mail.example.net"},
            {"mail.example.net", "TXT", "v=spf1 ip4:192.0.2.10 -all"}},
     {{NULL}},                                                                                                                                                                           {"mx-alias"},                            2},
    {"the mail host has no address",
     {{"mail.example.org", "A", NULL}, {"mta-sts.example.org", "CNAME", NULL},
            {"mta-sts.example.org", "A", "192.0.2.9"}},
     {{NULL}},                                                                                                                                                                           {"mx-no-address"},                       2},
    {"the mail host has another address",
     {{"mail.example.org", "A", NULL}, {"mail.example.org", "A", "192.0.2.11"}},                                                       {{NULL}},
     {"address-missing", "address-others"},                                                                                                                                                                                       2},
    {"the mail host has one address more",            {{"mail.example.org", "AAAA", "2001:db8::10"}},                                  {{NULL}},
     {"address-others"},                                                                                                                                                                                                          1},
    {"no PTR",                                        {{"10.2.0.192.in-addr.arpa", NULL, NULL}},                                       {{NULL}},                                         {"ptr-missing"},                         2},
    {"PTR of the provider",
     {{"10.2.0.192.in-addr.arpa", "PTR", NULL},
            {"10.2.0.192.in-addr.arpa", "PTR", "host-10.provider.example"}},
     {{NULL}},                                                                                                                                                                           {"ptr-other"},                           2},

    {"no SPF",                                        {{SPF, NULL}, VERIFICATION},                                                     {{NULL}},                                         {"spf-missing"},                         2},
    {"two SPF records",                               {{SPF, "v=spf1 mx -all"}},                                                       {{NULL}},                                         {"spf-several"},                         2},
    {"a typing error in SPF",                         {SPF_IS("v=spf1 ipv4:192.0.2.10 -all")},                                         {{NULL}},                                         {"spf-malformed"},
     2                                                                                                                                                                                                                             },
    {"SPF with too many lookups",
     {SPF_IS("v=spf1 a:a.x a:b.x a:c.x a:d.x a:e.x a:f.x a:g.x a:h.x a:i.x a:j.x a:k.x "
                "ip4:192.0.2.10 -all"),
            {"a.x", "A", "203.0.113.9"}, {"b.x", "A", "203.0.113.9"}, {"c.x", "A", "203.0.113.9"},
            {"d.x", "A", "203.0.113.9"}, {"e.x", "A", "203.0.113.9"}, {"f.x", "A", "203.0.113.9"},
            {"g.x", "A", "203.0.113.9"}, {"h.x", "A", "203.0.113.9"}, {"i.x", "A", "203.0.113.9"},
            {"j.x", "A", "203.0.113.9"}},
     {{NULL}},                                                                                                                                                                           {"spf-lookups"},                         2},
    {"SPF with names that are gone",
     {SPF_IS("v=spf1 a:a.gone a:b.gone a:c.gone ip4:192.0.2.10 -all")},                                                                {{NULL}},                                         {"spf-voids"},
     2                                                                                                                                                                                                                             },
    {"SPF for everybody",                             {SPF_IS("v=spf1 ip4:192.0.2.10 +all")},                                          {{NULL}},                                         {"spf-open"},                            2},
    {"SPF that ends in nothing",                      {SPF_IS("v=spf1 ip4:192.0.2.10")},                                               {{NULL}},                                         {"spf-neutral"},                         1},
    {"SPF without our address",                       {SPF_IS("v=spf1 ip4:192.0.2.11 -all")},                                          {{NULL}},
     {"spf-not-covered"},                                                                                                                                                                                                         2},
    {"SPF that cannot be told",
     {SPF_IS("v=spf1 include:silent.example -all"), {"silent.example", "TIMEOUT", ""}},                                                {{NULL}},
     {"spf-unknown"},                                                                                                                                                                                                             3},
    {"no SPF of the host",                            {{"mail.example.org", "TXT", NULL}},                                             {{NULL}},                                         {"spf-missing"},                         1},

    {"no key",                                        {{DKIM, NULL}},                                                                  {{NULL}},                                         {"dkim-missing"},                        2},
    {"a key under a doubled name",
     {{DKIM, NULL}, {"s1._domainkey.example.org.example.org", "TXT", "v=DKIM1; p="}},                                                  {{NULL}},
     {"name-doubled"},                                                                                                                                                                                                            2},
    {"two records at the key",                        {{DKIM, "v=DKIM1; k=rsa; p=AAAA"}},                                              {{NULL}},                                         {"dkim-several"},                        2},
    {"another key",                                   {DKIM_IS("v=DKIM1; k=ed25519; p=21qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")},
     {{NULL}},                                                                                                                                                                           {"dkim-other-key"},                      2},
    {"half a key",                                    {DKIM_IS("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHO")},                        {{NULL}},
     {"dkim-malformed"},                                                                                                                                                                                                          2},
    {"a key with quotes in it",                       {DKIM_IS("\"v=DKIM1; k=ed25519; p=" KEY "\"")},                                  {{NULL}},
     {"dkim-quoted"},                                                                                                                                                                                                             2},
    {"a revoked key",                                 {DKIM_IS("v=DKIM1; k=ed25519; p=")},                                             {{NULL}},                                         {"dkim-revoked"},                        2},
    {"a key that is being tested",                    {DKIM_IS("v=DKIM1; k=ed25519; t=y; p=" KEY)},                                    {{NULL}},
     {"dkim-testing"},                                                                                                                                                                                                            1},
    {"a key for other things",                        {DKIM_IS("v=DKIM1; k=ed25519; s=tlsrpt; p=" KEY)},                               {{NULL}},
     {"dkim-unsuited"},                                                                                                                                                                                                           2},

    {"no DMARC",                                      {{DMARC, NULL}},                                                                 {{NULL}},                                         {"dmarc-missing"},                       2},
    {"two DMARC records",                             {{DMARC, "v=DMARC1; p=none"}},                                                   {{NULL}},                                         {"dmarc-several"},                       2},
    {"DMARC in small letters",                        {DMARC_IS("v=dmarc1; p=DMARC")},                                                 {{NULL}},                                         {"dmarc-malformed"},                     2},
    {"DMARC without use",                             {DMARC_IS("v=DMARC1; p=nothing")},                                               {{NULL}},                                         {"dmarc-unusable"},                      2},
    {"DMARC without policy",                          {DMARC_IS("v=DMARC1; rua=mailto:d@example.org")},                                {{NULL}},
     {"dmarc-no-policy"},                                                                                                                                                                                                         1},
    {"DMARC that is weaker",                          {DMARC_IS("v=DMARC1; p=none; rua=mailto:d@example.org")},                        {{NULL}},
     {"dmarc-weaker"},                                                                                                                                                                                                            1},
    {"DMARC of old",                                  {DMARC_IS("v=DMARC1; p=reject; pct=100; rua=mailto:d@example.org")},             {{NULL}},
     {"dmarc-historic"},                                                                                                                                                                                                          1},
    {"DMARC that is being tested",                    {DMARC_IS("v=DMARC1; p=reject; t=y; rua=mailto:d@example.org")},
     {{NULL}},                                                                                                                                                                           {"dmarc-testing"},                       1},
    {"DMARC without reports",                         {DMARC_IS("v=DMARC1; p=reject")},                                                {{NULL}},                                         {"dmarc-no-reports"},                    1},
    {"DMARC to an address without mailto",
     {DMARC_IS("v=DMARC1; p=reject; rua=d@example.org,mailto:d@example.org")},                                                         {{NULL}},
     {"dmarc-rua"},                                                                                                                                                                                                               1},
    {"reports that are not agreed to",                {{"example.org._report._dmarc.reports.example", NULL, NULL}},
     {{NULL}},                                                                                                                                                                           {"dmarc-report-refused"},                2},
    {"reports to somebody who cannot be told",
     {{"example.org._report._dmarc.reports.example", NULL, NULL},
            {"_dmarc.reports.example", "TIMEOUT", ""}},
     {{NULL}},                                                                                                                                                                           {"dmarc-report-unknown"},                3},

    {"no TLS-RPT",                                    {{"_smtp._tls.example.org", NULL, NULL}},                                        {{NULL}},                                         {"tls-rpt-missing"},                     1},
    {"two TLS-RPT",                                   {{"_smtp._tls.example.org", "TXT", "v=TLSRPTv1; rua=mailto:x@y.example"}},
     {{NULL}},                                                                                                                                                                           {"tls-rpt-several"},                     2},
    {"TLS-RPT to somebody else",
     {{"_smtp._tls.example.org", "TXT", NULL},
            {"_smtp._tls.example.org", "TXT", "v=TLSRPTv1; rua=mailto:x@y.example"}},
     {{NULL}},                                                                                                                                                                           {"tls-rpt-other"},                       1},
    {"no MTA-STS",                                    {{"_mta-sts.example.org", NULL, NULL}},                                          {{NULL}},                                         {"mta-sts-missing"},                     1},
    {"MTA-STS of an older policy",
     {{"_mta-sts.example.org", "TXT", NULL}, {"_mta-sts.example.org", "TXT", "v=STSv1; id=1"}},
     {{NULL}},                                                                                                                                                                           {"mta-sts-id"},                          2},
    {"MTA-STS with a bad id",
     {{"_mta-sts.example.org", "TXT", NULL},
            {"_mta-sts.example.org", "TXT", "v=STSv1; id=2026-01-01"}},
     {{NULL}},                                                                                                                                                                           {"mta-sts-malformed"},                   2},
    {"two MTA-STS",                                   {{"_mta-sts.example.org", "TXT", "v=STSv1; id=1"}},                              {{NULL}},
     {"mta-sts-several"},                                                                                                                                                                                                         2},
    {"MTA-STS without a web server",                  {{"mta-sts.example.org", NULL, NULL}},                                           {{NULL}},
     {"mta-sts-no-host"},                                                                                                                                                                                                         1},
    {"no TLSA",                                       {{"_25._tcp.mail.example.org", NULL, NULL}},                                     {{NULL}},                                         {"tlsa-missing"},                        1},
    {"TLSA of another certificate",
     {{"_25._tcp.mail.example.org", "TLSA", NULL},
            {"_25._tcp.mail.example.org", "TLSA", "3 1 1 cc"},
            {"_25._tcp.mail.example.org", "TLSA", "3 1 1 " DIGEST_NEXT}},
     {{NULL}},                                                                                                                                                                           {"tlsa-other"},                          2},
    {"TLSA without the next key",
     {{"_25._tcp.mail.example.org", "TLSA", NULL},
            {"_25._tcp.mail.example.org", "TLSA", "3 1 1 " DIGEST_NOW}},
     {{NULL}},                                                                                                                                                                           {"tlsa-next"},                           1},
    {"TLSA in a zone without DNSSEC",
     {{"example.org", "DS", NULL}, {"example.org", "DNSKEY", NULL}},                                                                   {{NULL}},                                         {"tlsa-unsigned"},
     1                                                                                                                                                                                                                             },

    {"no SRV",                                        {{"_imaps._tcp.example.org", NULL, NULL}},                                       {{NULL}},                                         {"srv-missing"},                         1},
    {"SRV with two other ports",
     {{"_imaps._tcp.example.org", "SRV", NULL},
            {"_imaps._tcp.example.org", "SRV", "0 1 443 mail.example.org."},
            {"_imaps._tcp.example.org", "SRV", "0 1 143 mail.example.org."}},
     {{NULL}},                                                                                                                                                                           {"srv-other"},                           1},
    {"mail goes to others, too",
     {{"example.org", "MX", "20 mx2.example.net"}, {"example.org", "MX", "20 mx1.example.net"},
            {"mx1.example.net", "A", "203.0.113.8"}, {"mx2.example.net", "A", "203.0.113.9"}},
     {{NULL}},                                                                                                                                                                           {"mx-others"},                           1},
    {"SRV with another port",
     {{"_imaps._tcp.example.org", "SRV", NULL},
            {"_imaps._tcp.example.org", "SRV", "0 1 143 mail.example.org."}},
     {{NULL}},                                                                                                                                                                           {"srv-other"},                           1},
    {"no CAA",                                        {{"example.org", "CAA", NULL}},                                                  {{NULL}},                                         {"caa-missing"},                         1},
    {"CAA of another issuer",
     {{"example.org", "CAA", NULL}, {"example.org", "CAA", "0 issue \"other.example\""}},
     {{NULL}},                                                                                                                                                                           {"caa-forbids"},                         2},
    {"nobody answers",                                {{"example.org", "TIMEOUT", ""}},                                                {{NULL}},                                         {"no-answer"},                           3},
    {"servers that are out of reach",                 {{NULL}},                                                                        {{NULL}, {NULL}, {"example.org", "TIMEOUT", ""}},
     {"servers-silent"},                                                                                                                                                                                                          3},
    {"the resolver believes nothing",                 {{NULL}},                                                                        {{NULL}, {"example.org", "TIMEOUT", "SOA"}},
     {"resolver-fails"},                                                                                                                                                                                                          2},
    {"a name of which nothing is told",
     {{"_mta-sts.example.org", "TIMEOUT", ""}, {"_mta-sts.example.org", "TXT", NULL}},                                                 {{NULL}},
     {"no-answer"},                                                                                                                                                                                                               3},
};

/* --- domains that ask for something else ---------------------------------- */

/* What the domain is to have, where that differs from what the others are. */
typedef void ask_fn(struct domain_records_request *request);

#define NOW ((int64_t)100 * 86400)
#define MAIL_LIFE ((int64_t)7 * 86400)

static void ask_for_key(
    struct domain_records_request *request, enum dkim_key_state state, int64_t since)
{
    static struct dkim_key key;

    key = request->keys[0];
    key.state = state;
    key.state_since = since;
    request->keys = &key;
}

static void ask_made(struct domain_records_request *request)
{
    ask_for_key(request, DKIM_KEY_MADE, NOW);
}

static void ask_retired(struct domain_records_request *request)
{
    ask_for_key(request, DKIM_KEY_RETIRED, NOW - MAIL_LIFE + 1);
}

static void ask_retired_long_ago(struct domain_records_request *request)
{
    ask_for_key(request, DKIM_KEY_RETIRED, NOW - MAIL_LIFE);
}

static void ask_revoked(struct domain_records_request *request)
{
    ask_for_key(request, DKIM_KEY_REVOKED, NOW);
}

/* Its key stands in another zone. */
static void ask_delegated(struct domain_records_request *request)
{
    static struct dkim_key key;

    key = request->keys[0];
    key.selector = TEXT("s1e");
    key.zone = request->dkim_zone = TEXT("keys.example");
    request->keys = &key;
}

static void ask_delegated_without_key(struct domain_records_request *request)
{
    request->dkim_zone = TEXT("keys.example");
    request->key_count = 0;
}

static void ask_no_key(struct domain_records_request *request)
{
    request->key_count = 0;
}

static void ask_srs(struct domain_records_request *request)
{
    request->srs_domain = TEXT("srs.example.org");
}

static void ask_relay(struct domain_records_request *request)
{
    struct domain_records_request whole = *request;

    domain_records_init_relay(request);
    whole.is_relay = true;
    memcpy(whole.wants, request->wants, sizeof whole.wants);
    *request = whole;
}

static void ask_autoconfig(struct domain_records_request *request)
{
    request->wants[RECORD_AUTOCONFIG] = true;
}

static void ask_autodiscover(struct domain_records_request *request)
{
    request->wants[RECORD_AUTODISCOVER] = true;
}

static void ask_pacc(struct domain_records_request *request)
{
    request->pacc_digest = TEXT("AAAA");
}

#define ALIAS(name)                                                                                \
    {                                                                                              \
        name "._domainkey.example.org", "CNAME", name "._domainkey.example.org.keys.example"       \
    }
#define DELEGATED_KEY                                                                              \
    {                                                                                              \
        "s1e._domainkey.example.org.keys.example", "TXT", "v=DKIM1; k=ed25519; p=" KEY             \
    }
#define SRS_FINE                                                                                   \
    {"srs.example.org", "MX", "10 mail.example.org"},                                              \
    {                                                                                              \
        "srs.example.org", "TXT", "v=spf1 ip4:192.0.2.10 -all"                                     \
    }
#define AUTODISCOVER_NAME                                                                          \
    {                                                                                              \
        "autodiscover.example.org", "CNAME", "mail.example.org"                                    \
    }
#define PACC_NAME                                                                                  \
    {                                                                                              \
        "ua-auto-config.example.org", "CNAME", "mail.example.org"                                  \
    }

static const struct asking_row {
    ask_fn *ask;
    struct zone_row zone;
} asking_rows[] = {
    {ask_made,
     {"a key that is yet to be published", {{DKIM, NULL}}, {{NULL}}, {"dkim-missing"}, 1}                                     },
    {ask_retired,               {"a retired key whose mail is under way", {{NULL}}, {{NULL}}, {NULL}, 0}                      },
    {ask_retired,               {"a retired key, out of the DNS too early", {{DKIM, NULL}}, {{NULL}},
                      {"dkim-too-early"}, 2}                                                                 },
    {ask_retired,               {"a retired key behind an alias that leads nowhere",
                      {{DKIM, NULL}, {"s1._domainkey.example.org", "CNAME", "s1.keys.example"}},
                      {{NULL}}, {"alias-dangling"}, 2}                                                       },
    {ask_retired_long_ago,
     {"a retired key whose mail has arrived", {{DKIM, NULL}}, {{NULL}}, {NULL}, 0}                                            },
    {ask_revoked,               {"a revoked key", {DKIM_IS("v=DKIM1; p=")}, {{NULL}}, {NULL}, 0}                              },
    {ask_revoked,
     {"a revoked key that has no record any more", {{DKIM, NULL}}, {{NULL}}, {NULL}, 0}                                       },
    {ask_revoked,
     {"a revoked key that the DNS still shows", {{NULL}}, {{NULL}}, {"dkim-not-revoked"}, 2}                                  },
    {ask_delegated,
     {"keys in another zone", {ALIAS("s1e"), ALIAS("s2e"), DELEGATED_KEY}, {{NULL}}, {NULL}, 0}                               },
    {ask_delegated,             {"keys in another zone, without aliases", {DELEGATED_KEY}, {{NULL}},
                        {"dkim-alias-missing", "dkim-alias-missing"}, 2}                                   },
    {ask_delegated,             {"no alias for the key to come", {ALIAS("s1e"), DELEGATED_KEY}, {{NULL}},
                        {"dkim-alias-missing"}, 1}                                                         },
    {ask_delegated,             {"an alias to where the key is not",
                        {{"s1e._domainkey.example.org", "CNAME", "s1.old.example"}, ALIAS("s2e"),
                            DELEGATED_KEY},
                        {{NULL}}, {"dkim-alias-other"}, 2}                                                 },
    {ask_delegated,             {"aliases, but no key in that zone", {ALIAS("s1e"), ALIAS("s2e")}, {{NULL}},
                        {"dkim-missing"}, 2}                                                               },
    {ask_delegated,
     {"another key in that zone",
            {ALIAS("s1e"), ALIAS("s2e"),
                {"s1e._domainkey.example.org.keys.example", "TXT", "v=DKIM1; k=ed25519; p="}},
            {{NULL}}, {"dkim-revoked"}, 2}                                                                                    },
    {ask_delegated_without_key, {"keys in another zone that are yet to be made",
                                    {ALIAS("s1r"), ALIAS("s2r")}, {{NULL}}, {"dkim-no-key"}, 1}},
    {ask_no_key,                {"no key at all", {{NULL}}, {{NULL}}, {"dkim-no-key"}, 1}                                     },
    {ask_srs,                   {"SRS in order", {SRS_FINE}, {{NULL}}, {NULL}, 0}                                             },
    {ask_srs,                   {"no MX for bounces of forwarded mail", {SRS_FINE, {"srs.example.org", "MX", NULL}},
                  {{NULL}}, {"srs-missing"}, 2}                                                                  },
    {ask_srs,                   {"another MX for bounces of forwarded mail",
                  {SRS_FINE, {"srs.example.org", "MX", NULL},
                      {"srs.example.org", "MX", "10 mx.old.example"}},
                  {{NULL}}, {"srs-other"}, 2}                                                                    },
    {ask_relay,                 {"a relay, behind its own host",
                    {{"example.org", "MX", NULL}, {"example.org", "MX", "10 mx.example.com"},
                        {"example.org", "MX", "20 mail.example.org"}, {SPF, NULL}, {DMARC, NULL}},
                    {{NULL}}, {NULL}, 0}                                                                       },
    {ask_relay,                 {"a relay, alone", {{NULL}}, {{NULL}}, {"mx-no-primary"}, 2}                                  },
    {ask_relay,                 {"a relay, beside its own host", {{"example.org", "MX", "10 mx.example.com"}},
                    {{NULL}}, {"mx-no-primary"}, 2}                                                            },
    {ask_relay,                 {"a relay before its own host", {{"example.org", "MX", "30 mx.example.com"}},
                    {{NULL}}, {"mx-no-primary"}, 2}                                                            },
    {ask_relay,                 {"a relay that nobody asks",
                    {{"example.org", "MX", NULL}, {"example.org", "MX", "10 mx.example.com"}},
                    {{NULL}}, {"mx-no-backup"}, 1}                                                             },
    {ask_autoconfig,            {"settings for Thunderbird without a web server", {{NULL}}, {{NULL}},
                         {"autoconfig-missing"}, 1}                                                       },
    {ask_autoconfig,            {"settings for Thunderbird by an alias that leads nowhere",
                         {{"autoconfig.example.org", "CNAME", "gone.example"}}, {{NULL}},
                         {"alias-dangling"}, 1}                                                           },
    {ask_autodiscover,          {"settings for Outlook without a port", {AUTODISCOVER_NAME}, {{NULL}},
                           {"autodiscover-missing"}, 1}                                                 },
    {ask_autodiscover,          {"settings for Outlook at another port",
                           {AUTODISCOVER_NAME, {"_autodiscover._tcp.example.org", "SRV",
                                                   "0 1 80 mail.example.org."}},
                           {{NULL}}, {"autodiscover-other"}, 1}                                         },
    {ask_pacc,                  {"settings for mail programs without their digest", {PACC_NAME}, {{NULL}},
                   {"pacc-missing"}, 1}                                                                         },
    {ask_pacc,                  {"settings for mail programs with another digest",
                   {PACC_NAME, {"_ua-auto-config.example.org", "TXT", "v=UAAC1; a=sha256; d=BBBB"}},
                   {{NULL}}, {"pacc-other"}, 1}                                                                 },
};

/* --- the DNS as tables ---------------------------------------------------- */

struct table {
    struct rr records[RECORDS_MAX];
    size_t count;
};

static bool is_reversed; /* a second later the records of an answer come the other way round */

static bool is_of(const struct rr *record, const char *name, const char *type)
{
    return strcmp(record->name, name) == 0 && (type == NULL || strcmp(record->type, type) == 0);
}

static void table_change(struct table *table, const struct rr *change)
{
    size_t kept = 0;

    if (change->data != NULL) {
        assert_true(table->count < RECORDS_MAX);
        table->records[table->count++] = *change;
        return;
    }
    for (size_t i = 0; i < table->count; i++)
        if (!is_of(&table->records[i], change->name, change->type))
            table->records[kept++] = table->records[i];
    assert_true(kept < table->count);
    table->count = kept;
}

static void table_replace(struct table *table, const struct rr *change)
{
    const struct rr nothing = {change->name, change->type, NULL};

    if (change->data != NULL && strcmp(change->type, "TIMEOUT") != 0)
        table_change(table, &nothing);
    table_change(table, change);
}

/* The owner whose records a name has: itself, or a wildcard. NULL: nobody. */
static const char *owner_of(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (is_of(&table->records[i], name, NULL))
            return name;
    for (size_t i = 0; i < table->count; i++) {
        const char *owner = table->records[i].name;

        if (owner[0] == '*' && strlen(name) > strlen(owner) - 1 &&
            strcmp(name + strlen(name) - strlen(owner) + 1, owner + 1) == 0)
            return owner;
    }
    return NULL;
}

static struct dns_record record_of(const struct rr *rr)
{
    struct dns_record record = {.text = text_from_string(rr->data)};

    if (strcmp(rr->type, "MX") == 0) {
        record.preference = (uint16_t)atoi(rr->data);
        record.text = text_from_string(strchr(rr->data, ' ') + 1);
    } else if (strcmp(rr->type, "A") == 0 || strcmp(rr->type, "AAAA") == 0) {
        assert_true(ip_parse(record.text, &record.ip));
    }
    return record;
}

static struct dns_answer answer_of(
    const struct table *table, const char *name, enum dns_type type, struct arena *arena)
{
    struct dns_record *records = arena_alloc_zero(arena, RECORDS_MAX, sizeof *records);
    struct dns_answer answer = {
        .status = DNS_NO_NAME, .records = records, .ttl_s = is_reversed ? 299 : 300};
    const char *owner = owner_of(table, name);

    for (size_t i = 0; i < table->count && owner != NULL; i++) {
        const struct rr *rr = &table->records[is_reversed ? table->count - 1 - i : i];

        if (!is_of(rr, owner, NULL))
            continue;
        if (is_of(rr, owner, "TIMEOUT") &&
            (rr->data[0] == '\0' || strcmp(rr->data, dns_type_name(type)) == 0))
            return (struct dns_answer){.status = DNS_TEMPORARY};
        if (answer.status == DNS_NO_NAME)
            answer.status = DNS_NO_DATA;
        if (is_of(rr, owner, dns_type_name(type))) {
            answer.status = DNS_FOUND;
            records[answer.count++] = record_of(rr);
        }
    }
    return answer;
}

static struct dns_answer resolved(
    const struct table *table, const char *name, enum dns_type type, struct arena *arena)
{
    struct dns_answer answer = answer_of(table, name, type, arena), alias;

    if (answer.status != DNS_NO_DATA || type == DNS_CNAME)
        return answer;
    alias = answer_of(table, name, DNS_CNAME, arena);
    return alias.count == 0 ? answer : resolved(table, alias.records[0].text.data, type, arena);
}

static void answer_wave(
    const struct table *table, struct answers *answers, bool follows, struct arena *arena)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(answers, &questions);

    for (size_t i = 0; i < count; i++) {
        const char *name = arena_copy_string(arena, questions[i].name);
        struct dns_answer answer = follows ? resolved(table, name, questions[i].type, arena)
                                           : answer_of(table, name, questions[i].type, arena);

        answers_put(answers, questions[i].name, questions[i].type, &answer);
    }
}

/* --- running -------------------------------------------------------------- */

static void fill_request(struct domain_records_request *request)
{
    static const unsigned char digests[2][DOMAIN_RECORDS_DIGEST_BYTES] = {{0xaa}, {0xbb}};
    static const struct text issuer = {"ca.example", 10};
    static struct ip address;
    static struct dkim_key key;

    key = (struct dkim_key){.domain = TEXT("example.org"),
        .selector = TEXT("s1"),
        .algorithm = TEXT("ed25519"),
        .state = DKIM_KEY_ACTIVE,
        .record = TEXT("v=DKIM1; k=ed25519; p=" KEY)};
    assert_true(ip_parse(TEXT("192.0.2.10"), &address));
    domain_records_init(request);
    request->domain = TEXT("example.org");
    request->host = request->web_host = TEXT("mail.example.org");
    request->addresses = &address;
    request->address_count = 1;
    request->keys = &key;
    request->key_count = 1;
    request->dmarc_reports = TEXT("d@reports.example");
    request->tls_reports = TEXT("t@example.org");
    request->mta_sts_id = TEXT("0123abcd");
    request->certificates = digests;
    request->certificate_count = 2;
    request->issuers = &issuer;
    request->issuer_count = 1;
}

static void fill_tables(
    const struct zone_row *row, struct table *world, struct table *second, struct table *resolver)
{
    world->count = 0;
    for (size_t i = 0; i < sizeof base / sizeof *base; i++)
        table_change(world, &base[i]);
    for (size_t i = 0; i < CHANGES_MAX && row->changes[i].name != NULL; i++)
        table_change(world, &row->changes[i]);
    *second = *world;
    if (row->apart[0].name != NULL)
        table_change(second, &row->apart[0]);
    *resolver = *world;
    if (row->apart[1].name != NULL)
        table_replace(resolver, &row->apart[1]);
    if (row->apart[2].name != NULL) {
        table_change(second, &row->apart[2]);
        table_change(world, &row->apart[2]);
    }
}

/* ask NULL: what the domain is usually to have. */
static void run_check(
    const struct zone_row *row, ask_fn *ask, struct arena *arena, struct findings *findings)
{
    static struct table world, second, resolved_world;
    struct answers *resolver = answers_new(arena);
    struct domain_records_request request;
    struct domain_records records;
    struct zone_view view = {.server_count = 0};
    struct zone_check check = {
        .request = &request, .view = &view, .now = NOW, .mail_life_s = MAIL_LIFE};
    int waves = 0;

    fill_tables(row, &world, &second, &resolved_world);
    fill_request(&request);
    if (ask != NULL)
        ask(&request);
    records = domain_records_make(&request, arena);
    check.records = &records;
    while (!zone_view_find(request.domain, resolver, arena, &view)) {
        assert_true(++waves < WAVES_MAX);
        answer_wave(&resolved_world, resolver, true, arena);
    }
    for (size_t i = 0; i < view.server_count; i++)
        view.servers[i].answers = answers_new(arena);
    while (!zone_check_run(&check, arena, findings)) {
        assert_int_equal(findings->list.count, 0);
        assert_true(++waves < WAVES_MAX);
        answer_wave(&resolved_world, resolver, true, arena);
        for (size_t i = 0; i < view.server_count; i++)
            answer_wave(i == 0 ? &world : &second, view.servers[i].answers, false, arena);
    }
}

static void assert_codes(const struct zone_row *row, const struct findings *findings)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->list.count; i++) {
        const struct finding *finding = &findings->list.items[i];

        if (finding->level == FINDING_FINE)
            continue;
        print_message("# %s %s %.*s: %.*s; %.*s\n", finding_level_word(finding->level),
            finding->code, TEXT_ARGS(finding->name), TEXT_ARGS(finding->message),
            TEXT_ARGS(finding->change));
        assert_true(count < CODES_MAX && row->codes[count] != NULL);
        assert_string_equal(finding->code, row->codes[count++]);
        assert_true(finding->message.len != 0 && finding->change.len != 0);
    }
    assert_true(count == CODES_MAX || row->codes[count] == NULL);
    assert_int_equal(findings_status(findings), row->status);
}

static void assert_row(const struct zone_row *row, ask_fn *ask)
{
    struct findings findings = {ARRAY_NONE};
    struct arena *arena = arena_new();

    unit_row(row->row);
    run_check(row, ask, arena, &findings);
    assert_codes(row, &findings);
    findings_done(&findings);
    arena_free(&arena);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_row(&rows[i], NULL);
    for (size_t i = 0; i < sizeof asking_rows / sizeof *asking_rows; i++)
        assert_row(&asking_rows[i].zone, asking_rows[i].ask);
}

static void assert_same(const struct findings *one, const struct findings *other)
{
    assert_int_equal(one->list.count, other->list.count);
    for (size_t i = 0; i < one->list.count; i++) {
        assert_string_equal(one->list.items[i].code, other->list.items[i].code);
        assert_true(text_equals(one->list.items[i].name, other->list.items[i].name));
        assert_true(text_equals(one->list.items[i].message, other->list.items[i].message));
    }
}

/*
 * Records come in another order each time. What is found is the same nevertheless, to the word:
 * else it would be news each day.
 */
static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings one = {ARRAY_NONE}, other = {ARRAY_NONE};
        struct arena *arena = arena_new();

        unit_row(rows[i].row);
        run_check(&rows[i], NULL, arena, &one);
        is_reversed = true;
        run_check(&rows[i], NULL, arena, &other);
        is_reversed = false;
        assert_same(&one, &other);
        findings_done(&one);
        findings_done(&other);
        arena_free(&arena);
    }
}

/* In a zone that is in order there is a line for each record that there should be. */
static void test_fine(void **state)
{
    struct findings findings = {ARRAY_NONE};
    struct arena *arena = arena_new();
    bool has[RECORD_KIND_COUNT] = {false};
    enum record_kind kind;

    (void)state;
    run_check(&rows[0], NULL, arena, &findings);
    for (size_t i = 0; i < findings.list.count; i++)
        if (record_kind_parse(text_from_string(findings.list.items[i].code), &kind))
            has[kind] = true;
    for (size_t i = 0; i < RECORD_KIND_COUNT; i++) {
        unit_row(record_kind_word((enum record_kind)i));
        assert_int_equal(has[i], i != RECORD_SRS && i != RECORD_AUTOCONFIG &&
                                     i != RECORD_AUTODISCOVER && i != RECORD_PACC);
    }
    findings_done(&findings);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_order), cmocka_unit_test(test_fine))
