/* SPDX-License-Identifier: MIT */
/* The milter protocol's bytes: what commands may look like, and what replies do look like. */
#include "milter/protocol.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "lib/base/memory.h"
#include "milter/negotiation.h"
#include "milter/protocol-reply.h"
#include "tests/unit/unit.h"

/* A literal, NULs and all. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void test_commands(void **state)
{
    static const struct {
        const char *name;
        struct text bytes;
        enum err err;
        char command;
        size_t data_len, left;
    } rows[] = {
        {"nothing",                BYTES(""),                     ERR_ABSENT, 0,   0, 0 },
        {"a part of the length",   BYTES("\0\0\0"),               ERR_ABSENT, 0,   0, 3 },
        {"no name yet",            BYTES("\0\0\0\1"),             ERR_ABSENT, 0,   0, 4 },
        {"the shortest",           BYTES("\0\0\0\1A"),            ERR_NONE,   'A', 0, 0 },
        {"one byte is missing",    BYTES("\0\0\0\3Hx"),           ERR_ABSENT, 0,   0, 6 },
        {"and more behind it",     BYTES("\0\0\0\3Hx\0\0\0\0\1"), ERR_NONE,   'H', 2, 4 },
        {"no name at all",         BYTES("\0\0\0\0A"),            ERR_SYNTAX, 0,   0, 5 },
        {"the longest, its head",  BYTES("\0\4\0\0B"),            ERR_ABSENT, 0,   0, 5 },
        {"one byte over",          BYTES("\0\4\0\1B"),            ERR_LIMIT,  0,   0, 5 },
        {"as long as can be said", BYTES("\377\377\377\377B"),    ERR_LIMIT,  0,   0, 5 },
        {"another protocol",       BYTES("GET / HTTP/1.1\r\n"),   ERR_LIMIT,  0,   0, 16},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text rest = rows[i].bytes;
        struct protocol_command command = {0};
        struct failure failure;

        unit_row(rows[i].name);
        assert_int_equal(protocol_command_take(&rest, &command, &failure), rows[i].err);
        assert_int_equal(command.name, rows[i].command);
        assert_int_equal(command.data.len, rows[i].data_len);
        assert_int_equal(rest.len, rows[i].left);
    }
}

static void test_offers(void **state)
{
    static const struct {
        const char *name;
        struct text data;
        enum err err;
        struct protocol_offer offer;
    } rows[] = {
        {"version 6",           BYTES("\0\0\0\6\0\0\1\377\0\37\377\377"), ERR_NONE,        {6, 0x1ff, 0x1fffff}},
        {"version 2",           BYTES("\0\0\0\2\0\0\0\77\0\0\0\177"),     ERR_NONE,        {2, 0x3f, 0x7f}     },
        {"one of the future",   BYTES("\0\0\0\7\0\0\0\0\0\0\0\0more"),    ERR_NONE,        {7, 0, 0}           },
        {"version 1",           BYTES("\0\0\0\1\0\0\0\0\0\0\0\0"),        ERR_UNSUPPORTED, {0}                 },
        {"one byte is missing", BYTES("\0\0\0\6\0\0\0\0\0\0\0"),          ERR_SYNTAX,      {0}                 },
        {"nothing",             BYTES(""),                                ERR_SYNTAX,      {0}                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct protocol_offer offer = {0};
        struct failure failure;

        unit_row(rows[i].name);
        assert_int_equal(protocol_offer_read(rows[i].data, &offer, &failure), rows[i].err);
        assert_memory_equal(&offer, &rows[i].offer, sizeof offer);
    }
}

static void test_clients(void **state)
{
    static const struct {
        const char *name;
        struct text data;
        enum err err;
        char family;
        unsigned port;
        const char *address;
    } rows[] = {
        {"IPv4",                 BYTES("x\0004\22\064192.0.2.1\0"), ERR_NONE,   '4', 0x1234, "192.0.2.1"},
        {"IPv6",                 BYTES("x\0006\0\0IPv6:::1\0"),     ERR_NONE,   '6', 0,      "IPv6:::1" },
        {"a socket",             BYTES("x\0L\0\0/run/x\0"),         ERR_NONE,   'L', 0,      "/run/x"   },
        {"not known",            BYTES("x\0U"),                     ERR_NONE,   'U', 0,      ""         },
        {"no name",              BYTES("\0U"),                      ERR_NONE,   'U', 0,      ""         },
        {"no end of the name",   BYTES("x"),                        ERR_SYNTAX, 0,   0,      ""         },
        {"no family",            BYTES("x\0"),                      ERR_SYNTAX, 0,   0,      ""         },
        {"no port",              BYTES("x\0004"),                   ERR_SYNTAX, 0,   0,      ""         },
        {"half a port",          BYTES("x\0004\22"),                ERR_SYNTAX, 0,   0,      ""         },
        {"no address",           BYTES("x\0004\22\064"),            ERR_SYNTAX, 0,   0,      ""         },
        {"no end of an address", BYTES("x\0004\22\064192.0.2.1"),   ERR_SYNTAX, 0,   0,      ""         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct protocol_client client = {0};
        struct failure failure;
        /* Of just that size, so that the sanitizer sees who reads on. */
        char *bytes = memory_alloc(rows[i].data.len);

        unit_row(rows[i].name);
        memcpy(bytes, rows[i].data.data, rows[i].data.len);
        assert_int_equal(
            protocol_client_read(text_from_bytes(bytes, rows[i].data.len), &client, &failure),
            rows[i].err);
        assert_int_equal(client.family, rows[i].family);
        assert_int_equal(client.port, rows[i].port);
        assert_true(text_equals(client.address, text_from_string(rows[i].address)));
        free(bytes);
    }
}

static void test_header_fields(void **state)
{
    static const struct {
        const char *name;
        struct text data;
        enum err err;
        const char *field, *value;
    } rows[] = {
        {"a field",             BYTES("From\0 a\0"), ERR_NONE,   "From", " a"},
        {"without a value",     BYTES("From\0\0"),   ERR_NONE,   "From", ""  },
        {"no end of the value", BYTES("From\0 a"),   ERR_SYNTAX, "",     ""  },
        {"no value",            BYTES("From\0"),     ERR_SYNTAX, "",     ""  },
        {"nothing",             BYTES(""),           ERR_SYNTAX, "",     ""  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text name = TEXT_NONE, value = TEXT_NONE;
        struct failure failure;

        unit_row(rows[i].name);
        assert_int_equal(protocol_header_read(rows[i].data, &name, &value, &failure), rows[i].err);
        assert_true(text_equals(name, text_from_string(rows[i].field)));
        assert_true(text_equals(value, text_from_string(rows[i].value)));
    }
}

static void test_macros(void **state)
{
    static const struct {
        const char *name;
        struct text data;
        enum err err;
        char stage;
        const char *pairs;
    } rows[] = {
        {"one",               BYTES("Ei\0q\0"),        ERR_ABSENT, 'E', "i=q "     },
        {"two, one empty",    BYTES("M{a}\0\0b\0x\0"), ERR_ABSENT, 'M', "{a}= b=x "},
        {"none",              BYTES("M"),              ERR_ABSENT, 'M', ""         },
        {"a name alone",      BYTES("Mi\0q\0j\0"),     ERR_ABSENT, 'M', "i=q "     },
        {"no end of a value", BYTES("Mi\0q"),          ERR_SYNTAX, 'M', ""         },
        {"no end of a name",  BYTES("Mi\0q\0j"),       ERR_SYNTAX, 'M', "i=q "     },
        {"of no command",     BYTES(""),               ERR_SYNTAX, 0,   ""         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text pairs, name, value;
        struct buffer told = BUFFER_NONE;
        struct failure failure;
        char stage = 0;
        enum err err;

        unit_row(rows[i].name);
        err = protocol_macros_read(rows[i].data, &stage, &pairs, &failure);
        while (err == ERR_NONE) {
            err = protocol_macro_take(&pairs, &name, &value, &failure);
            if (err == ERR_NONE)
                buffer_append_format(&told, "%.*s=%.*s ", TEXT_ARGS(name), TEXT_ARGS(value));
        }
        assert_int_equal(err, rows[i].err);
        assert_int_equal(stage, rows[i].stage);
        assert_string_equal(buffer_string(&told), rows[i].pairs);
        buffer_done(&told);
    }
}

/* --- what we write --- */

static const struct protocol_offer all = {PROTOCOL_VERSION_MAX, SMFI_CURR_ACTS, 0};

static void assert_bytes(struct buffer *out, struct text expected)
{
    assert_int_equal(out->len, expected.len);
    assert_memory_equal(out->data, expected.data, expected.len);
    buffer_done(out);
}

static void test_an_offer_is_written(void **state)
{
    static const struct protocol_macro_list lists[] = {
        {SMFIM_CONNECT, "j"    },
        {SMFIM_EOM,     "i {x}"},
    };
    static const struct text with =
        BYTES("\0\0\0\35O\0\0\0\6\0\0\1\0\0\0\0\1\0\0\0\0j\0\0\0\0\5i {x}\0");
    static const struct text without = BYTES("\0\0\0\15O\0\0\0\2\0\0\0\21\0\0\0\0");
    struct buffer out = BUFFER_NONE;

    (void)state;
    protocol_write_offer(
        &out, &(struct protocol_offer){6, SMFIF_SETSYMLIST, SMFIP_NOCONNECT}, lists, 2);
    assert_bytes(&out, with);
    protocol_write_offer(&out, &(struct protocol_offer){2, 0x11, 0}, lists, 2);
    assert_bytes(&out, without);
}

static void test_replies_are_written(void **state)
{
    static const struct {
        const char *name;
        struct reply reply;
        struct reply_change change;
        uint32_t steps;
        struct text bytes;
    } rows[] = {
        {"go on",                     {.verdict = REPLY_CONTINUE},                        {0},                                     0,                 BYTES("\0\0\0\1c")},
        {"no",                        {.verdict = REPLY_REJECT},                          {0},                                     0,                 BYTES("\0\0\0\1r")},
        {"not now",                   {.verdict = REPLY_TEMPFAIL},                        {0},                                     0,                 BYTES("\0\0\0\1t")},
        {"drop",                      {.verdict = REPLY_DISCARD},                         {0},                                     0,                 BYTES("\0\0\0\1d")},
        {"no, in words",
         {.verdict = REPLY_REJECT, .code = "550", .enhanced = "5.7.1", .text = "5% off"}, {0},                                     0,
         BYTES("\0\0\0\23y550 5.7.1 5%% off\0")                                                                                                                         },
        {"insert",                    {.change_count = 1},                                {REPLY_INSERT_HEADER, 1, "A", " b"},     SMFIP_HDR_LEADSPC,
         BYTES("\0\0\0\12i\0\0\0\1A\0 b\0\0\0\0\1c")                                                                                                                    },
        {"insert, for an old server", {.change_count = 1},                                {REPLY_INSERT_HEADER, 1, "A", " b"},     0,
         BYTES("\0\0\0\11i\0\0\0\1A\0b\0\0\0\0\1c")                                                                                                                     },
        {"add",                       {.change_count = 1},                                {REPLY_ADD_HEADER, 0, "A", " b"},        SMFIP_HDR_LEADSPC,
         BYTES("\0\0\0\6hA\0 b\0\0\0\0\1c")                                                                                                                             },
        {"change",                    {.change_count = 1},                                {REPLY_CHANGE_HEADER, 2, "A", " b"},     SMFIP_HDR_LEADSPC,
         BYTES("\0\0\0\12m\0\0\0\2A\0 b\0\0\0\0\1c")                                                                                                                    },
        {"remove",                    {.change_count = 1},                                {REPLY_REMOVE_HEADER, 2, "A", NULL},     SMFIP_HDR_LEADSPC,
         BYTES("\0\0\0\10m\0\0\0\2A\0\0\0\0\0\1c")                                                                                                                      },
        {"another sender",            {.change_count = 1},                                {REPLY_CHANGE_SENDER, 0, NULL, "<a@b>"}, 0,
         BYTES("\0\0\0\7e<a@b>\0\0\0\0\1c")                                                                                                                             },
        {"quarantine",                {.change_count = 1},                                {REPLY_QUARANTINE, 0, NULL, "why"},      0,
         BYTES("\0\0\0\5qwhy\0\0\0\0\1c")                                                                                                                               },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply = rows[i].reply;
        struct reply_change change = rows[i].change;
        struct protocol_offer agreed = all;
        struct buffer out = BUFFER_NONE;

        unit_row(rows[i].name);
        reply.changes = &change;
        agreed.steps = rows[i].steps;
        assert_true(protocol_write_reply(&out, &reply, &agreed));
        assert_bytes(&out, rows[i].bytes);
    }
}

/* A server that was not told of it, or does not offer it, would pass it over, or us. */
static void test_changes_not_agreed_upon(void **state)
{
    static const struct {
        const char *name;
        enum reply_change_kind kind;
        uint32_t action;
    } rows[] = {
        {"insert",         REPLY_INSERT_HEADER, SMFIF_ADDHDRS   },
        {"add",            REPLY_ADD_HEADER,    SMFIF_ADDHDRS   },
        {"change",         REPLY_CHANGE_HEADER, SMFIF_CHGHDRS   },
        {"remove",         REPLY_REMOVE_HEADER, SMFIF_CHGHDRS   },
        {"another sender", REPLY_CHANGE_SENDER, SMFIF_CHGFROM   },
        {"quarantine",     REPLY_QUARANTINE,    SMFIF_QUARANTINE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply_change change = {rows[i].kind, 1, "A", "b"};
        const struct reply reply = {.changes = &change, .change_count = 1};
        const struct protocol_offer only = {6, rows[i].action, 0};
        const struct protocol_offer but = {6, SMFI_CURR_ACTS & ~rows[i].action, 0};
        struct buffer out = BUFFER_NONE;

        unit_row(rows[i].name);
        assert_false(protocol_write_reply(&out, &reply, &but));
        assert_int_equal(out.len, 0);
        assert_true(protocol_write_reply(&out, &reply, &only));
        buffer_done(&out);
    }
}

/* Index, name and value with their ends: 4 + 2 + value + 1. */
static void test_a_change_too_long(void **state)
{
    static char value[PROTOCOL_REPLY_DATA_MAX];
    struct reply_change change = {REPLY_INSERT_HEADER, 0, "A", value};
    struct reply reply = {.changes = &change, .change_count = 1};
    struct buffer out = BUFFER_NONE;

    (void)state;
    buffer_append_string(&out, "before");
    memset(value, 'x', PROTOCOL_REPLY_DATA_MAX - 6);
    assert_false(protocol_write_reply(&out, &reply, &all));
    assert_int_equal(out.len, 6);
    value[PROTOCOL_REPLY_DATA_MAX - 7] = '\0';
    assert_true(protocol_write_reply(&out, &reply, &all));
    assert_int_equal(out.len, 6 + PROTOCOL_HEAD_LEN + PROTOCOL_REPLY_DATA_MAX + PROTOCOL_HEAD_LEN);
    buffer_done(&out);
}

/* Those before it, and the last one so long that all are as long as they may be, or one byte more.
 */
static void test_too_many_changes(void **state)
{
    static char value[PROTOCOL_REPLY_DATA_MAX - 6];
    static struct reply_change changes[65];
    const size_t whole = PROTOCOL_HEAD_LEN + PROTOCOL_REPLY_DATA_MAX;
    const size_t count = PROTOCOL_REPLIES_MAX / whole + 1;
    const size_t left = PROTOCOL_REPLIES_MAX % whole;
    struct reply reply = {.changes = changes, .change_count = count};
    struct buffer out = BUFFER_NONE;

    (void)state;
    assert_in_range(count, 2, 65);
    assert_true(left > whole - sizeof value);
    memset(value, 'x', sizeof value - 1);
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct reply_change){REPLY_INSERT_HEADER, 0, "A", value};
    changes[count - 1].value = value + (whole - left) - 1;
    assert_false(protocol_write_reply(&out, &reply, &all));
    assert_int_equal(out.len, 0);
    changes[count - 1].value++;
    assert_true(protocol_write_reply(&out, &reply, &all));
    assert_int_equal(out.len, PROTOCOL_REPLIES_MAX + PROTOCOL_HEAD_LEN);
    buffer_done(&out);
}

/* Of a command that has begun, and of no other. */
static void test_what_begins(void **state)
{
    static const struct {
        const char *name;
        struct text bytes;
        bool begins;
        size_t data_len;
    } rows[] = {
        {"nothing",               {"", 0},                 false, 0                },
        {"no name yet",           {"\0\0\0\5", 4},         false, 0                },
        {"the name",              {"\0\0\0\5B", 5},        true,  4                },
        {"most of it",            {"\0\0\0\5Btex", 8},     true,  4                },
        {"whole",                 {"\0\0\0\5Btext", 9},    false, 0                },
        {"whole, and the next",   {"\0\0\0\5Btext\0", 10}, false, 0                },
        {"a name alone is whole", {"\0\0\0\1B", 5},        false, 0                },
        {"without a name",        {"\0\0\0\0B", 5},        false, 0                },
        {"the longest",           {"\0\4\0\0B", 5},        true,  PROTOCOL_DATA_MAX},
        {"one byte longer",       {"\0\4\0\1B", 5},        false, 0                },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t data_len = 0;
        char name = 'x';

        unit_row(rows[i].name);
        assert_int_equal(protocol_command_begins(rows[i].bytes, &name, &data_len), rows[i].begins);
        assert_int_equal(name, rows[i].begins ? 'B' : 'x');
        assert_int_equal(data_len, rows[i].data_len);
    }
}

static void test_steps(void **state)
{
    (void)state;
    assert_int_equal(negotiation_steps(0, true, false), 0);
    assert_int_equal(negotiation_steps(SMFI_CURR_PROT, true, false) & SMFIP_NODATA, SMFIP_NODATA);
    assert_int_equal(negotiation_steps(SMFI_CURR_PROT, false, false) & SMFIP_NODATA, 0);
    assert_int_equal(negotiation_steps(SMFI_CURR_PROT, true, true) & SMFIP_NR_CONN, 0);
    assert_int_equal(negotiation_steps(SMFI_CURR_PROT, true, false) & SMFIP_NR_MAIL, 0);
}

UNIT_MAIN(cmocka_unit_test(test_commands), cmocka_unit_test(test_what_begins),
    cmocka_unit_test(test_offers), cmocka_unit_test(test_clients),
    cmocka_unit_test(test_header_fields), cmocka_unit_test(test_macros),
    cmocka_unit_test(test_an_offer_is_written), cmocka_unit_test(test_replies_are_written),
    cmocka_unit_test(test_changes_not_agreed_upon), cmocka_unit_test(test_a_change_too_long),
    cmocka_unit_test(test_too_many_changes), cmocka_unit_test(test_steps))
