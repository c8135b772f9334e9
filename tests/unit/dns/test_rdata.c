/* SPDX-License-Identifier: MIT */

/* The data of records: written for the wire, and read back from a message. */

#include "lib/dns/rdata.h"

#include "tests/unit/unit.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Read back, the data is what was written. */
static const struct {
    const char *type, *data;
} kept[] = {
    {"A",     "192.0.2.1"                                         },
    {"AAAA",  "2001:db8::1"                                       },
    {"CNAME", "mail.example.net."                                 },
    {"NS",    "ns1.example.net."                                  },
    {"PTR",   "mail.example.net."                                 },
    {"MX",    "10 mail.example.net."                              },
    {"MX",    "0 ."                                               },
    {"TXT",   "v=spf1 mx ~all"                                    },
    {"SRV",   "0 1 993 mail.example.net."                         },
    {"SRV",   "0 0 0 ."                                           },
    {"TLSA",  "3 1 1 " DIGEST                                     },
    {"CAA",   "0 issue \"letsencrypt.org; validationmethods=dns\""},
    {"CAA",   "128 issuewild \"a\\\"b\\\\c\\001\""                },
    {"CAA",   "0 issue \"\""                                      },
};

static void test_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct zone_record record = {.type = kept[i].type, .data = text_from_string(kept[i].data)};
        struct buffer wire = BUFFER_NONE;
        struct arena *arena = arena_new();
        struct wire_resource resource = {.data = 0};
        struct wire_reader message;
        struct dns_record read;
        enum dns_type type;

        unit_row(kept[i].data);
        assert_true(rdata_write(&record, &wire));
        assert_true(dns_type_parse(text_from_string(kept[i].type), &type));
        resource.type = (uint16_t)type;
        resource.data_len = wire.len;
        message = (struct wire_reader){.bytes = (const uint8_t *)wire.data, .len = wire.len};
        assert_true(rdata_read(&message, &resource, arena, &read));
        assert_text_equal(rdata_text(type, &read, arena), kept[i].data);
        if (wire.len != 0 && type != DNS_TXT && type != DNS_CAA) {
            resource.data_len--;
            message.len--;
            assert_true(!rdata_read(&message, &resource, arena, &read) ||
                        !text_equals(rdata_text(type, &read, arena), record.data));
        }
        arena_free(&arena);
        buffer_done(&wire);
    }
}

static const struct {
    const char *type, *data;
} refused[] = {
    {"A",     "2001:db8::1"        },
    {"AAAA",  "192.0.2.1"          },
    {"MX",    "mail.example.net."  },
    {"MX",    "10 mail.example.net"},
    {"MX",    "70000 a."           },
    {"MX",    "10 a..b."           },
    {"MX",    "10 a\\046b."        },
    {"CNAME", ""                   },
    {"SRV",   "0 1 mail."          },
    {"SRV",   "0  1 993 mail."     },
    {"TLSA",  "3 1 1"              },
    {"TLSA",  "3 1 1 abc"          },
    {"TLSA",  "3 1 1 zz"           },
    {"TLSA",  "256 1 1 00"         },
    {"CAA",   "0 issue letsencrypt"},
    {"CAA",   "0 is-sue \"x\""     },
    {"CAA",   "0 issue \"a\"b\""   },
    {"CAA",   "0 issue \"\\25\""   },
    {"CAA",   "0 issue \"\\999\""  },
    {"CAA",   "0 issue \"\\\""     },
    {"SOA",   "a. b. 1 2 3 4 5"    },
    {"DS",    "1 8 2 00"           },
    {"HINFO", "a b"                },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct zone_record record = {
            .type = refused[i].type, .data = text_from_string(refused[i].data)};
        struct buffer wire = BUFFER_NONE;

        unit_row(refused[i].data);
        assert_false(rdata_write(&record, &wire));
        assert_int_equal(wire.len, 0);
        buffer_done(&wire);
    }
}

/* A TXT is split where it must be, and nowhere else. */
static void test_strings(void **state)
{
    static const struct {
        size_t len, strings;
    } rows[] = {
        {0,                  1  },
        {255,                1  },
        {256,                2  },
        {510,                2  },
        {511,                3  },
        {ZONE_TXT_MAX_BYTES, 256}
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer payload = BUFFER_NONE, wire = BUFFER_NONE;
        struct zone_record record = {.type = "TXT"};

        memset(buffer_reserve(&payload, rows[i].len), 'x', rows[i].len);
        payload.len = rows[i].len;
        record.data = buffer_text(&payload);
        assert_true(rdata_write(&record, &wire));
        assert_int_equal(wire.len, rows[i].len + rows[i].strings);
        buffer_append_byte(&payload, 'x');
        record.data = buffer_text(&payload);
        buffer_clear(&wire);
        assert_int_equal(rdata_write(&record, &wire), rows[i].len < ZONE_TXT_MAX_BYTES);
        buffer_done(&payload);
        buffer_done(&wire);
    }
}

static const struct {
    const char *row;
    enum dns_type type;
    const char *bytes;
    size_t len;
    const char *text; /* NULL: refused */
} foreign[] = {
    {"DS",                    DNS_DS,     "\x12\x34\x0d\x02\xab\xcd",   6,  "4660 13 2 abcd"   },
    {"DS without a digest",   DNS_DS,     "\x12\x34\x0d\x02",           4,  NULL               },
    {"DNSKEY",                DNS_DNSKEY, "\1\1\3\x0d\xff\xfe\xfd\xfc", 8,  "257 3 13 //79/A=="},
    {"DNSKEY without a key",  DNS_DNSKEY, "\1\1\3\x0d",                 4,  NULL               },
    {"TLSA without data",     DNS_TLSA,   "\x03\x01\x01",               3,  NULL               },
    {"SRV cut off",           DNS_SRV,    "\0\0\0\1\3",                 5,  NULL               },
    {"SRV, something behind", DNS_SRV,    "\0\0\0\1\3\xe1\0x",          8,  NULL               },
    {"SRV, an odd target",    DNS_SRV,    "\0\0\0\1\3\xe1\3A.b\0",      11, "0 1 993 a\\046b." },
    {"CAA without a tag",     DNS_CAA,    "\0\0",                       2,  NULL               },
    {"CAA, a bad tag",        DNS_CAA,    "\0\2a.x",                    5,  NULL               },
    {"CAA, a tag cut off",    DNS_CAA,    "\0\5iss",                    5,  NULL               },
    {"CAA with a quote",      DNS_CAA,    "\0\5issue\"",                8,  "0 issue \"\\\"\"" },
};

static void test_foreign(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        struct arena *arena = arena_new();
        struct wire_reader message = {
            .bytes = (const uint8_t *)foreign[i].bytes, .len = foreign[i].len};
        struct wire_resource resource = {
            .type = (uint16_t)foreign[i].type, .data_len = foreign[i].len};
        struct dns_record read;

        unit_row(foreign[i].row);
        assert_int_equal(rdata_read(&message, &resource, arena, &read), foreign[i].text != NULL);
        if (foreign[i].text != NULL)
            assert_text_equal(rdata_text(foreign[i].type, &read, arena), foreign[i].text);
        arena_free(&arena);
    }
}

/* The constructors, as zone files have them. */
static void test_records(void **state)
{
    static const unsigned char digest[32] = {0x00, 0x11, 0xff};
    struct arena *arena = arena_new();
    struct zone_record records[] = {
        zone_record_srv(TEXT("_imaps._tcp.example.org"), 0, 0, 1, 993, TEXT("a.example"), arena),
        zone_record_srv(TEXT("_pop3._tcp.example.org"), 0, 5, 6, 110, TEXT_NONE, arena),
        zone_record_tlsa(TEXT("_25._tcp.a.example"), 0, digest, arena),
        zone_record_caa(TEXT("example.org"), 0, 0, "issue", TEXT("ca.example; a=\"b\""), arena)};
    static const char *const data[] = {"0 1 993 a.example.", "0 0 0 .",
        "3 1 1 0011ff0000000000000000000000000000000000000000000000000000000000",
        "0 issue \"ca.example; a=\\\"b\\\"\""};

    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_text_equal(records[i].data, data[i]);
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_kept), cmocka_unit_test(test_refused),
    cmocka_unit_test(test_strings), cmocka_unit_test(test_foreign), cmocka_unit_test(test_records))
