/* SPDX-License-Identifier: MIT */
#include "lib/dns/packet.h"

#include <string.h>

#include "lib/dns/wire-name.h"
#include "tests/unit/dns/wire.h"
#include "tests/unit/unit.h"

#define NAME "example.org"
#define OK (WIRE_RESPONSE | WIRE_RECURSION)

typedef void build_fn(struct wire *wire);

static void build_a(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_a(wire, NAME, 300, 0xc0000201);
    wire_a(wire, "EXAMPLE.org", 200, 0xc0000202);
}

static void build_aaaa(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_AAAA);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_AAAA, 60);
    wire_bytes(wire, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    wire_end(wire, begin);
}

static void build_mx(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_MX);
    wire_mx(wire, NAME, 300, 10, "MX1.Example.NET");
    wire_mx(wire, NAME, 300, 0, "");
}

static void build_txt(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_TXT);
    wire_txt(wire, NAME, 300, "v=spf1 \nmx\n -all");
    wire_txt(wire, NAME, 300, "");
}

static void build_ptr(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_PTR);
    wire_target(wire, NAME, DNS_PTR, 300, "Host.Example.NET");
}

static void build_soa(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_SOA);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_SOA, 300);
    wire_name(wire, "ns.example.org");
    wire_name(wire, "hostmaster.example.org");
    wire_bytes(wire, "xxxxxxxxxxxxxxxxxxxx", 20);
    wire_end(wire, begin);
}

static void build_alias(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
    wire_target(wire, "a.example.net", DNS_CNAME, 50, "B.example.net");
    wire_a(wire, "b.example.net", 300, 0xc0000201);
}

static void build_alias_reversed(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_a(wire, "b.example.net", 300, 0xc0000201);
    wire_target(wire, "a.example.net", DNS_CNAME, 50, "b.example.net");
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
}

static void build_alias_asked(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_CNAME);
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
}

static void build_alias_no_data(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
    wire_soa(wire, "example.net", 900, 600);
}

static void build_alias_no_name(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_NXDOMAIN, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 1000, "a.example.net");
    wire_soa(wire, "example.net", 900, 600);
}

static void build_alias_with_signature(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
    begin = wire_begin(wire, WIRE_ANSWER, NAME, 46, 100);
    wire_end(wire, begin);
}

static void build_no_data(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_TXT);
    wire_soa(wire, "org", 300, 900);
}

static void build_no_data_without_soa(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_TXT);
}

static void build_no_name(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_NXDOMAIN, NAME, DNS_TXT);
    wire_soa(wire, "", 300, 120);
}

static void build_foreign_soa(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_NXDOMAIN, NAME, DNS_TXT);
    wire_soa(wire, "example.net", 300, 120);
}

static void build_broken_soa(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_NXDOMAIN, NAME, DNS_TXT);
    wire_soa(wire, "org", 300, 120);
    wire->len -= 2;
}

static void build_huge_ttl(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_a(wire, NAME, 0x80000000U, 0xc0000201);
}

static void build_many(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    for (uint32_t i = 0; i < DNS_RECORDS_MAX + 10; i++)
        wire_a(wire, NAME, 300, i);
}

static void build_other_class(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_a(wire, NAME, 300, 1);
    wire->bytes[wire->len - 11] = 3;
    wire_a(wire, NAME, 300, 0xc0000201);
}

static void build_odd_names(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    wire_bytes(wire, "\003a.b\004\n\"\\ \003\x7f\xff~\0", 14);
    wire_end(wire, begin);
}

static void build_compressed(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_MX);
    wire->bytes[7] = 1;
    wire_bytes(wire, "\xc0\x0c\0\x0f\0\x01\0\0\1\x2c\0\x07\0\x05\2mx\xc0\x0c", 19);
}

static void build_signature_before_alias(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_end(wire, wire_begin(wire, WIRE_ANSWER, NAME, 46, 100));
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
}

static void build_alias_with_dname(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, "org", 39, 100, "net");
    wire_target(wire, NAME, DNS_CNAME, 100, "example.net");
}

static void build_two_aliases(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 100, "a.example.net");
    wire_target(wire, NAME, DNS_CNAME, 100, "b.example.net");
    wire_a(wire, "a.example.net", 300, 0xc0000201);
    wire_a(wire, "b.example.net", 300, 0xc0000202);
}

static void build_address_and_alias(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_a(wire, NAME, 300, 0xc0000201);
    wire_target(wire, NAME, DNS_CNAME, 100, "b.example.net");
    wire_a(wire, "b.example.net", 300, 0xc0000202);
}

static void build_soa_behind_ns(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_TXT);
    begin = wire_begin(wire, WIRE_AUTHORITY, "org", DNS_NS, 300);
    wire_name(wire, "ns.example.org");
    wire_end(wire, begin);
    wire_soa(wire, "org", 300, 900);
}

static void build_additional_soa(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_TXT);
    begin = wire_begin(wire, WIRE_ADDITIONAL, "org", DNS_SOA, 300);
    wire_name(wire, "ns.example.org");
    wire_name(wire, "hostmaster.example.org");
    wire_bytes(wire, "xxxxxxxxxxxxxxxx\0\0\1\0", 20);
    wire_end(wire, begin);
}

static void build_soa_without_times(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_TXT);
    begin = wire_begin(wire, WIRE_AUTHORITY, "org", DNS_SOA, 300);
    wire_name(wire, "ns.example.org");
    wire_name(wire, "hostmaster.example.org");
    wire_end(wire, begin);
}

/* A name of that many bytes on the wire, of labels of 62 bytes but for the last. */
static void put_long_name(struct wire *wire, size_t len)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    for (len--; len != 0;) {
        size_t label = len > 63 ? 62 : len - 1;

        wire_u8(wire, (unsigned)label);
        for (size_t i = 0; i < label; i++)
            wire_u8(wire, 'a');
        len -= 1 + label;
    }
    wire_u8(wire, 0);
    wire_end(wire, begin);
}

static void build_longest_name(struct wire *wire)
{
    put_long_name(wire, 255);
}

#define A62 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *row;
    build_fn *build;
    enum dns_type type;
    enum dns_status status;
    uint32_t ttl_s;
    size_t count;
    const char *first; /* the first record as text */
} answers[] = {
    {"addresses",              build_a,                      DNS_A,     DNS_FOUND,   200, 2,               "192.0.2.1"         },
    {"IPv6",                   build_aaaa,                   DNS_AAAA,  DNS_FOUND,   60,  1,               "2001:db8::1"       },
    {"MX",                     build_mx,                     DNS_MX,    DNS_FOUND,   300, 2,               "10 mx1.example.net"},
    {"TXT joined",             build_txt,                    DNS_TXT,   DNS_FOUND,   300, 2,               "v=spf1 mx -all"    },
    {"PTR",                    build_ptr,                    DNS_PTR,   DNS_FOUND,   300, 1,               "host.example.net"  },
    {"SOA",                    build_soa,                    DNS_SOA,   DNS_FOUND,   300, 1,               "ns.example.org"    },
    {"alias",                  build_alias,                  DNS_A,     DNS_FOUND,   50,  1,               "192.0.2.1"         },
    {"alias, reversed",        build_alias_reversed,         DNS_A,     DNS_FOUND,   50,  1,               "192.0.2.1"         },
    {"alias asked for",        build_alias_asked,            DNS_CNAME, DNS_FOUND,   100, 1,               "a.example.net"     },
    {"alias to nothing",       build_alias_no_data,          DNS_A,     DNS_NO_DATA, 100, 0,               NULL                },
    {"alias to no name",       build_alias_no_name,          DNS_A,     DNS_NO_NAME, 600, 0,               NULL                },
    {"alias with signature",   build_alias_with_signature,   DNS_A,     DNS_NO_DATA, 0,   0,               NULL                },
    {"no data",                build_no_data,                DNS_TXT,   DNS_NO_DATA, 300, 0,               NULL                },
    {"no data without SOA",    build_no_data_without_soa,    DNS_TXT,   DNS_NO_DATA, 0,   0,               NULL                },
    {"no name, SOA of root",   build_no_name,                DNS_TXT,   DNS_NO_NAME, 120, 0,               NULL                },
    {"no name, foreign SOA",   build_foreign_soa,            DNS_TXT,   DNS_NO_NAME, 0,   0,               NULL                },
    {"no name, broken SOA",    build_broken_soa,             DNS_TXT,   DNS_NO_NAME, 0,   0,               NULL                },
    {"TTL with highest bit",   build_huge_ttl,               DNS_A,     DNS_FOUND,   0,   1,               "192.0.2.1"         },
    {"more than we take",      build_many,                   DNS_A,     DNS_FOUND,   300, DNS_RECORDS_MAX, "0.0.0.0"           },
    {"another class beside",   build_other_class,            DNS_A,     DNS_FOUND,   300, 1,               "192.0.2.1"         },
    {"odd bytes in a name",    build_odd_names,              DNS_PTR,   DNS_FOUND,   300, 1,
     "a\\046b.\\010\\034\\092\\032.\\127\\255~"                                                                                },
    {"compressed names",       build_compressed,             DNS_MX,    DNS_FOUND,   300, 1,               "5 mx.example.org"  },
    {"signature before alias", build_signature_before_alias, DNS_A,     DNS_NO_DATA, 0,   0,               NULL                },
    {"alias with its DNAME",   build_alias_with_dname,       DNS_A,     DNS_NO_DATA, 0,   0,               NULL                },
    {"two aliases",            build_two_aliases,            DNS_A,     DNS_FOUND,   100, 1,               "192.0.2.1"         },
    {"address and alias",      build_address_and_alias,      DNS_A,     DNS_FOUND,   300, 1,               "192.0.2.1"         },
    {"SOA behind NS",          build_soa_behind_ns,          DNS_TXT,   DNS_NO_DATA, 300, 0,               NULL                },
    {"SOA elsewhere",          build_additional_soa,         DNS_TXT,   DNS_NO_DATA, 0,   0,               NULL                },
    {"SOA without times",      build_soa_without_times,      DNS_TXT,   DNS_NO_DATA, 0,   0,               NULL                },
    {"longest name",           build_longest_name,           DNS_PTR,   DNS_FOUND,   300, 1,
     A62 "." A62 "." A62 "." A62 ".a"                                                                                          },
};

static struct text record_as_text(
    const struct dns_record *record, enum dns_type type, struct arena *arena)
{
    char address[IP_TEXT_MAX];

    if (record->ip.family != IP_NONE) {
        ip_format(&record->ip, address);
        return arena_copy(arena, text_from_string(address));
    }
    if (type == DNS_MX)
        return arena_print(arena, "%u %.*s", record->preference, TEXT_ARGS(record->text));
    return record->text;
}

/* Reads from a copy of the exact size, so that a sanitizer sees a read past the end. */
static const struct dns_answer *read_exact(
    const struct wire *wire, enum dns_type type, struct arena *arena)
{
    struct dns_question question = {TEXT(NAME), type};
    uint8_t *exact = malloc(wire->len != 0 ? wire->len : 1);
    const struct dns_answer *answer;

    memcpy(exact, wire->bytes, wire->len);
    answer = packet_read(exact, wire->len, &question, true, arena);
    free(exact);
    return answer;
}

static void test_answers(void **state)
{
    static struct wire wire;

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct arena *arena = arena_new();
        const struct dns_answer *answer;

        unit_row(answers[i].row);
        answers[i].build(&wire);
        answer = read_exact(&wire, answers[i].type, arena);
        assert_int_equal(answer->status, answers[i].status);
        assert_int_equal(answer->ttl_s, answers[i].ttl_s);
        assert_int_equal(answer->count, answers[i].count);
        assert_true(answer->secure);
        if (answers[i].first != NULL)
            assert_text_equal(
                record_as_text(&answer->records[0], answers[i].type, arena), answers[i].first);
        arena_free(&arena);
    }
}

static void build_query(struct wire *wire)
{
    build_a(wire);
    wire->bytes[2] &= 0x7f;
}

static void build_truncated(struct wire *wire)
{
    build_a(wire);
    wire->bytes[2] |= 2;
}

static void build_notify(struct wire *wire)
{
    build_a(wire);
    wire->bytes[2] |= 0x20;
}

static void build_servfail(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_SERVFAIL, NAME, DNS_A);
}

static void build_refused(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_REFUSED, NAME, DNS_A);
}

static void build_no_question(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire->bytes[5] = 0;
}

static void build_other_question(struct wire *wire)
{
    wire_start(wire, 7, OK, "example.net", DNS_A);
    wire_a(wire, NAME, 300, 1);
}

static void build_other_question_type(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_TXT);
    wire_a(wire, NAME, 300, 1);
}

static void build_other_name(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_a(wire, "bank.example.net", 300, 1);
}

static void build_other_type(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_txt(wire, NAME, 300, "v=spf1 +all");
}

static void build_other_alias(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, "a.example.net", DNS_CNAME, 50, "b.example.net");
    wire_soa(wire, "example.net", 300, 300);
}

static void build_alias_loop(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 50, "a.example.net");
    wire_target(wire, "a.example.net", DNS_CNAME, 50, NAME);
}

static void build_alias_of_itself(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_target(wire, NAME, DNS_CNAME, 50, NAME);
}

static void build_long_chain(struct wire *wire)
{
    char from[40] = NAME, to[40];

    wire_start(wire, 7, OK, NAME, DNS_A);
    for (int i = 0; i <= PACKET_ALIASES_MAX; i++) {
        snprintf(to, sizeof to, "n%d.example.org", i);
        wire_target(wire, from, DNS_CNAME, 50, to);
        memcpy(from, to, sizeof from);
    }
    wire_a(wire, from, 50, 1);
}

static void build_found_and_no_name(struct wire *wire)
{
    wire_start(wire, 7, OK | WIRE_NXDOMAIN, NAME, DNS_A);
    wire_a(wire, NAME, 300, 1);
}

static void build_short_address(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_A);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_A, 300);
    wire_bytes(wire, "abc", 3);
    wire_end(wire, begin);
}

static void build_long_address(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_A);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_A, 300);
    wire_bytes(wire, "abcde", 5);
    wire_end(wire, begin);
}

static void build_string_too_long(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_TXT);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_TXT, 300);
    wire_bytes(wire,
        "\x05"
        "abc",
        4);
    wire_end(wire, begin);
}

static void build_no_string(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_TXT);
    wire_end(wire, wire_begin(wire, WIRE_ANSWER, NAME, DNS_TXT, 300));
}

static void build_name_runs_out(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    wire_bytes(wire,
        "\x03"
        "abc",
        4);
    wire_end(wire, begin);
}

static void build_pointer_to_itself(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    wire_u16(wire, 0xc000 | (unsigned)begin);
    wire_end(wire, begin);
}

static void build_pointer_forwards(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    wire_u16(wire, 0xc002 + (unsigned)begin);
    wire_name(wire, NAME);
    wire_end(wire, begin);
}

static void build_pointer_pair(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    wire_u8(wire, 1);
    wire_u8(wire, 'a');
    wire_u16(wire, 0xc000 | (unsigned)begin);
    wire_end(wire, begin);
}

static void put_long_label(struct wire *wire, unsigned len)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    wire_u8(wire, len);
    while (len-- != 0)
        wire_u8(wire, 'a');
    wire_u8(wire, 0);
    wire_end(wire, begin);
}

static void build_label_of_64(struct wire *wire)
{
    put_long_label(wire, 64);
}

static void build_label_kind(struct wire *wire)
{
    put_long_label(wire, 0x41);
}

static void build_name_of_256(struct wire *wire)
{
    put_long_name(wire, 256);
}

static void build_alias_to_nowhere(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire_end(wire, wire_begin(wire, WIRE_ANSWER, NAME, DNS_CNAME, 300));
}

static void build_other_question_class(struct wire *wire)
{
    wire_start(wire, 7, OK, NAME, DNS_A);
    wire->bytes[wire->len - 1] = 3;
    wire_a(wire, NAME, 300, 1);
}

static void build_name_too_long(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_PTR);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_PTR, 300);
    for (int i = 0; i < 128; i++)
        wire_bytes(wire, "\001a", 2);
    wire_u8(wire, 0);
    wire_end(wire, begin);
}

static void build_alias_with_tail(struct wire *wire)
{
    size_t begin;

    wire_start(wire, 7, OK, NAME, DNS_A);
    begin = wire_begin(wire, WIRE_ANSWER, NAME, DNS_CNAME, 300);
    wire_name(wire, "a.example.net");
    wire_u8(wire, 1);
    wire_end(wire, begin);
    wire_a(wire, "a.example.net", 300, 1);
}

static void build_count_too_high(struct wire *wire)
{
    build_a(wire);
    wire->bytes[7] = 3;
}

static const struct {
    const char *row;
    build_fn *build;
    enum dns_type type;
} lies[] = {
    {"a query",                 build_query,                DNS_A  },
    {"truncated",               build_truncated,            DNS_A  },
    {"another opcode",          build_notify,               DNS_A  },
    {"SERVFAIL",                build_servfail,             DNS_A  },
    {"REFUSED",                 build_refused,              DNS_A  },
    {"no question",             build_no_question,          DNS_A  },
    {"another question",        build_other_question,       DNS_A  },
    {"another type asked",      build_other_question_type,  DNS_A  },
    {"another name",            build_other_name,           DNS_A  },
    {"another type",            build_other_type,           DNS_A  },
    {"an alias of another",     build_other_alias,          DNS_A  },
    {"alias loop",              build_alias_loop,           DNS_A  },
    {"alias of itself",         build_alias_of_itself,      DNS_A  },
    {"chain too long",          build_long_chain,           DNS_A  },
    {"found and NXDOMAIN",      build_found_and_no_name,    DNS_A  },
    {"address too short",       build_short_address,        DNS_A  },
    {"address too long",        build_long_address,         DNS_A  },
    {"string over the end",     build_string_too_long,      DNS_TXT},
    {"no string",               build_no_string,            DNS_TXT},
    {"name over the end",       build_name_runs_out,        DNS_PTR},
    {"pointer to itself",       build_pointer_to_itself,    DNS_PTR},
    {"pointer forwards",        build_pointer_forwards,     DNS_PTR},
    {"pointer into its name",   build_pointer_pair,         DNS_PTR},
    {"label of another kind",   build_label_kind,           DNS_PTR},
    {"label of 64 bytes",       build_label_of_64,          DNS_PTR},
    {"name too long",           build_name_too_long,        DNS_PTR},
    {"name of 256 bytes",       build_name_of_256,          DNS_PTR},
    {"alias to nowhere",        build_alias_to_nowhere,     DNS_A  },
    {"another class asked",     build_other_question_class, DNS_A  },
    {"alias with a tail",       build_alias_with_tail,      DNS_A  },
    {"fewer records than said", build_count_too_high,       DNS_A  },
};

static void test_lies(void **state)
{
    static struct wire wire;

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct arena *arena = arena_new();

        unit_row(lies[i].row);
        lies[i].build(&wire);
        assert_int_equal(read_exact(&wire, lies[i].type, arena)->status, DNS_TEMPORARY);
        arena_free(&arena);
    }
}

static void cut_anywhere(build_fn *build, enum dns_type type)
{
    static struct wire wire;
    size_t whole;

    build(&wire);
    whole = wire.len;
    for (size_t len = 0; len < whole; len++) {
        struct arena *arena = arena_new();

        wire.len = len;
        assert_int_equal(read_exact(&wire, type, arena)->status, DNS_TEMPORARY);
        arena_free(&arena);
    }
}

/* A packet cut anywhere within its answer section is never believed. */
static void test_cut(void **state)
{
    (void)state;
    cut_anywhere(build_alias, DNS_A);
    cut_anywhere(build_compressed, DNS_MX);
}

static void test_question_that_is_no_name(void **state)
{
    static struct wire wire;
    struct arena *arena = arena_new();
    struct dns_question question = {TEXT("a..b"), DNS_A};

    (void)state;
    build_a(&wire);
    assert_int_equal(
        packet_read(wire.bytes, wire.len, &question, false, arena)->status, DNS_TEMPORARY);
    arena_free(&arena);
}

static void test_wire_names(void **state)
{
    struct arena *arena = arena_new();
    struct wire_name name, domain;

    (void)state;
    assert_true(wire_name_from_text(TEXT("A.Example.org"), &name));
    assert_int_equal(name.len, 15);
    assert_text_equal(wire_name_to_text(&name, arena), "a.example.org");
    assert_true(wire_name_from_text(TEXT("example.org"), &domain));
    assert_true(wire_name_is_within(&name, &domain));
    assert_true(wire_name_is_within(&domain, &domain));
    assert_false(wire_name_is_within(&domain, &name));
    assert_true(wire_name_from_text(TEXT(""), &domain));
    assert_int_equal(domain.len, 1);
    assert_text_equal(wire_name_to_text(&domain, arena), "");
    assert_true(wire_name_is_within(&name, &domain));
    assert_false(wire_name_from_text(TEXT("a..b"), &name));
    assert_false(wire_name_from_text(TEXT("a."), &name));
    /* Shorter than the domain from some label on, and at the end of its room. */
    assert_true(wire_name_from_text(TEXT(A62 "." A62 "." A62 "." A62 ".a"), &name));
    assert_true(wire_name_from_text(TEXT(A62 "." A62 "." A62), &domain));
    assert_false(wire_name_is_within(&name, &domain));
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_answers), cmocka_unit_test(test_lies), cmocka_unit_test(test_cut),
    cmocka_unit_test(test_question_that_is_no_name), cmocka_unit_test(test_wire_names))
