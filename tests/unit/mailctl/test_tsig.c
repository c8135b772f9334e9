/* SPDX-License-Identifier: MIT */

/*
 * Key files and signatures. The signatures were computed by Python's hmac over bytes put together
 * from RFC 8945 §4.3 by hand; the secret has the bytes 0 to 31.
 */

#include "mailctl/dns/tsig.h"

#include "lib/dns/message.h"
#include "tests/unit/unit.h"

#define NOW 1794009600
#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

#define T(literal)                                                                                 \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const struct {
    const char *word;
    enum tsig_algorithm algorithm;
    struct text mac;   /* of the query */
    struct text reply; /* with its signature, a second later */
} vectors[] = {
    {"hmac-sha1",   TSIG_SHA1,
     T("\x93\x3e\x25\x67\x40\x4d\xfc\x84\xe0\x77\x83\xd8\xb4\xf8\x7a\x3b\xa8\xb7\x58\x59"),
     T("\x12\x34\x84\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07\x65\x78\x61\x6d\x70\x6c\x65"
          "\x03\x6f\x72\x67\x00\x00\x06\x00\x01\x03\x6b\x65\x79\x07\x65\x78\x61\x6d\x70\x6c"
          "\x65\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x2f\x09\x68\x6d\x61\x63\x2d\x73\x68"
          "\x61\x31\x00\x00\x00\x6a\xee\x6a\x01\x01\x2c\x00\x14\x51\x99\xe9\x6b\x5b\xc0\x0d"
          "\x8f\x12\xda\xa1\x4c\x27\x52\x17\x28\xc5\xe7\x4c\xd2\x12\x34\x00\x00\x00\x00")},
    {"hmac-sha224", TSIG_SHA224,
     T("\x69\x64\x8d\xf8\x57\x85\x46\x52\xb6\xc5\x1c\xbb\x9c\x7f\xdc\x3b\x82\x3c\x35\xee"
          "\x89\x44\x34\x81\x49\xfe\x53\xeb"),
     T("\x12\x34\x84\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07\x65\x78\x61\x6d\x70\x6c\x65"
          "\x03\x6f\x72\x67\x00\x00\x06\x00\x01\x03\x6b\x65\x79\x07\x65\x78\x61\x6d\x70\x6c"
          "\x65\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x39\x0b\x68\x6d\x61\x63\x2d\x73\x68"
          "\x61\x32\x32\x34\x00\x00\x00\x6a\xee\x6a\x01\x01\x2c\x00\x1c\xe8\x3b\xa8\x90\xeb"
          "\xab\xba\x65\xde\xb1\xe7\x55\xe2\xfb\x71\xc0\x60\xf2\x15\x76\x12\x68\x19\xe6\xc5"
          "\x5e\x8c\xfb\x12\x34\x00\x00\x00\x00")                                        },
    {"hmac-sha256", TSIG_SHA256,
     T("\xe2\x25\xba\x8a\x95\xfe\x09\xab\x81\x91\x55\xef\x9e\xde\x81\x6e\xab\x79\x45\x30"
          "\x20\x2a\x45\x34\xe9\x8b\x9e\x28\x50\x7d\xcb\xee"),
     T("\x12\x34\x84\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07\x65\x78\x61\x6d\x70\x6c\x65"
          "\x03\x6f\x72\x67\x00\x00\x06\x00\x01\x03\x6b\x65\x79\x07\x65\x78\x61\x6d\x70\x6c"
          "\x65\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x3d\x0b\x68\x6d\x61\x63\x2d\x73\x68"
          "\x61\x32\x35\x36\x00\x00\x00\x6a\xee\x6a\x01\x01\x2c\x00\x20\x4f\xfd\x27\xb3\xdb"
          "\xd3\x5e\xac\x21\xc0\x8c\xab\x85\x1e\x4b\x50\xd8\xd4\xce\x73\x91\x83\x27\x64\x97"
          "\xd8\x44\x29\x42\x0a\xfa\xa4\x12\x34\x00\x00\x00\x00")                        },
    {"hmac-sha384", TSIG_SHA384,
     T("\xa4\x1b\xe8\xf2\x4d\x97\x76\x37\xe2\x92\x76\x14\xde\x08\xa3\x2c\x99\xed\x69\x7c"
          "\xd8\xba\x7d\x45\x74\xad\xa4\x31\x62\xbc\x32\x12\x4c\x6e\xad\xfc\x09\x86\x86\x79"
          "\xb0\x4b\x77\x24\xfc\x70\xdb\xf2"),
     T("\x12\x34\x84\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07\x65\x78\x61\x6d\x70\x6c\x65"
          "\x03\x6f\x72\x67\x00\x00\x06\x00\x01\x03\x6b\x65\x79\x07\x65\x78\x61\x6d\x70\x6c"
          "\x65\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x4d\x0b\x68\x6d\x61\x63\x2d\x73\x68"
          "\x61\x33\x38\x34\x00\x00\x00\x6a\xee\x6a\x01\x01\x2c\x00\x30\x1d\x8c\xc7\x23\xd9"
          "\x0a\xc1\x7c\x87\x8c\x46\xd3\x01\x6a\x63\x53\xc0\x0b\xbf\xfb\x00\x05\xb2\xd5\x56"
          "\x27\xc8\x3b\x03\xcb\x3b\x33\x95\x69\xe1\x21\xe2\xe3\x25\x87\x14\x93\x65\xb1\x15"
          "\xfa\x54\x5a\x12\x34\x00\x00\x00\x00")                                        },
    {"hmac-sha512", TSIG_SHA512,
     T("\x30\x91\x9d\xb8\x13\xe5\xc7\xf5\x6d\xec\x2e\x35\xc3\x7b\x37\x34\x86\xe4\x62\xe0"
          "\x13\x25\x14\x02\x38\x4b\xb4\x68\x15\x7f\x03\x49\x03\x50\x43\xf4\xb4\x9d\x30\x2e"
          "\x3d\xec\x65\x49\xe1\xfc\xa6\x5b\xab\xfe\xf0\x1b\xfa\xa5\xbd\x5e\xc3\xa1\xbf\x8d"
          "\x49\xb1\xbf\x5b"),
     T("\x12\x34\x84\x00\x00\x01\x00\x00\x00\x00\x00\x01\x07\x65\x78\x61\x6d\x70\x6c\x65"
          "\x03\x6f\x72\x67\x00\x00\x06\x00\x01\x03\x6b\x65\x79\x07\x65\x78\x61\x6d\x70\x6c"
          "\x65\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x5d\x0b\x68\x6d\x61\x63\x2d\x73\x68"
          "\x61\x35\x31\x32\x00\x00\x00\x6a\xee\x6a\x01\x01\x2c\x00\x40\xcb\x6c\xda\xdb\x8e"
          "\x3b\x89\xa1\x8f\x48\xe9\x14\x80\x49\xbc\x52\xf5\xb6\x04\x4f\x9e\x24\x2b\x07\x4c"
          "\x37\xfa\x32\x28\x8a\x20\xd8\x04\x1c\x63\x30\xf3\xa1\x97\xf8\xa5\x1a\xaf\x5d\x37"
          "\x04\xe4\x65\x2a\x22\x62\x78\x06\xc4\xaa\xad\xab\x76\x8e\x77\x28\xd9\x38\x05\x12"
          "\x34\x00\x00\x00\x00")                                                        },
};
#define VECTOR_COUNT (sizeof vectors / sizeof *vectors)

static struct tsig_key key_of(size_t vector)
{
    struct tsig_key key = {
        .name = "key.example", .algorithm = vectors[vector].algorithm, .secret_len = 32};

    for (size_t i = 0; i < 32; i++)
        key.secret[i] = (unsigned char)i;
    return key;
}

static void write_query(struct buffer *message)
{
    message_start(message, 0x1234, 0);
    assert_true(message_add_question(message, TEXT("example.org"), 6));
}

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct tsig_key key = key_of(i);
        struct buffer message = BUFFER_NONE;
        struct tsig_mac mac;
        size_t unsigned_len;

        unit_row(vectors[i].word);
        write_query(&message);
        unsigned_len = message.len;
        assert_int_equal(tsig_sign(&key, NOW, &message, &mac, NULL), ERR_NONE);
        assert_int_equal(mac.len, vectors[i].mac.len);
        assert_memory_equal(mac.bytes, vectors[i].mac.data, mac.len);
        /* Name, type, class, TTL, length; algorithm, time, fudge, MAC, id, error, other. */
        assert_int_equal(message.len - unsigned_len,
            13 + 10 + (strlen(vectors[i].word) + 2) + 6 + 2 + 2 + mac.len + 6);
        assert_int_equal(message.data[11], 1);
        assert_int_equal(tsig_verify(&key, &mac, NOW + 2, vectors[i].reply, NULL), ERR_NONE);
        buffer_done(&message);
    }
}

/* Each byte of the answer matters, and its length, and the time. */
static void test_changed(void **state)
{
    struct tsig_key key = key_of(2);
    struct tsig_mac mac = {.len = vectors[2].mac.len};
    struct text reply = vectors[2].reply;
    char *changed = malloc(reply.len);

    (void)state;
    memcpy(mac.bytes, vectors[2].mac.data, mac.len);
    /* The first two bytes are the id, which stands in the record, too. */
    for (size_t i = 2; i < reply.len; i++) {
        memcpy(changed, reply.data, reply.len);
        changed[i] = (char)(changed[i] ^ 1);
        assert_int_not_equal(
            tsig_verify(&key, &mac, NOW + 2, text_from_bytes(changed, reply.len), NULL), ERR_NONE);
    }
    for (size_t len = 0; len < reply.len; len++)
        assert_int_not_equal(
            tsig_verify(&key, &mac, NOW + 2, text_head(reply, len), NULL), ERR_NONE);
    assert_int_equal(tsig_verify(&key, &mac, NOW + 301, reply, NULL), ERR_NONE);
    assert_int_equal(tsig_verify(&key, &mac, NOW + 302, reply, NULL), ERR_REFUSED);
    assert_int_equal(tsig_verify(&key, &mac, NOW - 300, reply, NULL), ERR_REFUSED);
    mac.bytes[0] ^= 1;
    assert_int_equal(tsig_verify(&key, &mac, NOW + 2, reply, NULL), ERR_REFUSED);
    mac.bytes[0] ^= 1;
    key.secret[31] ^= 1;
    assert_int_equal(tsig_verify(&key, &mac, NOW + 2, reply, NULL), ERR_REFUSED);
    free(changed);
}

/* What a server says of a key that it does not take; such an answer has no signature. */
static void test_refusals(void **state)
{
    static const struct {
        unsigned error;
        const char *said;
    } rows[] = {
        {16, "BADSIG"  },
        {17, "BADKEY"  },
        {18, "BADTIME" },
        {22, "error 22"}
    };
    struct tsig_key key = key_of(2);
    const struct tsig_mac mac = {.len = 32};
    struct buffer plain = BUFFER_NONE;
    struct failure failure;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char data[] = "\x0bhmac-sha256\0"
                      "\0\0\0\0\0\0\x01\x2c\0\0\x12\x34\0\0\0\0";
        struct buffer message = BUFFER_NONE;

        data[sizeof data - 4] = (char)rows[i].error;
        write_query(&message);
        assert_true(message_add_record(&message, MESSAGE_ADDITIONAL, TEXT("key.example"), 250,
            MESSAGE_CLASS_ANY, 0, text_from_bytes(data, sizeof data - 1)));
        assert_int_equal(tsig_verify(&key, &mac, NOW, buffer_text(&message), &failure), ERR_ACCESS);
        assert_non_null(strstr(failure.text, rows[i].said));
        buffer_done(&message);
    }
    write_query(&plain);
    assert_int_equal(tsig_verify(&key, &mac, NOW, buffer_text(&plain), &failure), ERR_REFUSED);
    assert_non_null(strstr(failure.text, "not signed"));
    plain.data[3] |= 9;
    assert_int_equal(tsig_verify(&key, &mac, NOW, buffer_text(&plain), &failure), ERR_ACCESS);
    assert_non_null(strstr(failure.text, "NOTAUTH"));
    buffer_done(&plain);
}

/* --- key files ------------------------------------------------------------ */

static const struct {
    const char *row, *content;
    enum err err;
    const char *name;
    enum tsig_algorithm algorithm;
} files[] = {
    {"of tsig-keygen",
     "key \"Key.Example.\" {\n\talgorithm hmac-sha512;\n\tsecret \"" SECRET "\";\n};\n",
     ERR_NONE,                                                                                                              "key.example", TSIG_SHA512},
    {"without quotes, with comments",
     "# mine\nkey key.example { // here\n secret " SECRET "; algorithm HMAC-SHA1; };",                     ERR_NONE,
     "key.example",                                                                                                                        TSIG_SHA1  },
    {"of keymgr",                     "# hmac-sha256:key.example:" SECRET "\nkey:\n  - id: key.example\n", ERR_NONE,
     "key.example",                                                                                                                        TSIG_SHA256},
    {"one line",                      "hmac-sha384:key.example:" SECRET,                                   ERR_NONE,        "key.example", TSIG_SHA384},
    {"empty",                         "",                                                                  ERR_SYNTAX,      NULL,          TSIG_SHA1  },
    {"a password",                    "correct horse\n",                                                   ERR_SYNTAX,      NULL,          TSIG_SHA1  },
    {"HMAC-MD5",                      "key k { algorithm hmac-md5; secret \"AAAA\"; };",                   ERR_UNSUPPORTED, NULL,
     TSIG_SHA1                                                                                                                                        },
    {"another algorithm",             "key k { algorithm hmac-sha3; secret \"AAAA\"; };",                  ERR_SYNTAX,      NULL,
     TSIG_SHA1                                                                                                                                        },
    {"no secret",                     "key k { algorithm hmac-sha1; };",                                   ERR_SYNTAX,      NULL,          TSIG_SHA1  },
    {"no algorithm",                  "key k { secret \"AAAA\"; };",                                       ERR_SYNTAX,      NULL,          TSIG_SHA1  },
    {"a bad secret",                  "key k { algorithm hmac-sha1; secret \"A*\"; };",                    ERR_SYNTAX,      NULL,          TSIG_SHA1  },
    {"a bad name",                    "key \"a b\" { algorithm hmac-sha1; secret \"AAAA\"; };",            ERR_SYNTAX,      NULL,
     TSIG_SHA1                                                                                                                                        },
    {"an unknown word",               "key k { algorithm hmac-sha1; secret \"AAAA\"; port 1; };",          ERR_SYNTAX,
     NULL,                                                                                                                                 TSIG_SHA1  },
    {"cut off",                       "key k { algorithm hmac-sha1; secret \"AAAA\";",                     ERR_SYNTAX,      NULL,          TSIG_SHA1  },
};

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct failure failure = {.text = ""};
        struct tsig_key key;
        enum err err = tsig_key_parse(text_from_string(files[i].content), &key, &failure);

        unit_row(files[i].row);
        assert_int_equal(err, files[i].err);
        if (err != ERR_NONE) {
            assert_true(failure.text[0] != '\0');
            continue;
        }
        assert_string_equal(key.name, files[i].name);
        assert_int_equal(key.algorithm, files[i].algorithm);
        assert_int_equal(key.secret_len, 32);
        assert_int_equal(key.secret[31], 31);
    }
}

/* A secret as long as is permitted, and longer. */
static void test_long_secrets(void **state)
{
    (void)state;
    for (size_t len = TSIG_SECRET_MAX_BYTES - 2; len <= TSIG_SECRET_MAX_BYTES + 4; len += 3) {
        struct buffer content = BUFFER_NONE;
        struct tsig_key key;

        buffer_append_string(&content, "hmac-sha256:k:");
        for (size_t i = 0; i < len / 3 * 4; i++)
            buffer_append_byte(&content, 'A');
        assert_int_equal(tsig_key_parse(buffer_text(&content), &key, NULL),
            len / 3 * 3 <= TSIG_SECRET_MAX_BYTES ? ERR_NONE : ERR_SYNTAX);
        buffer_done(&content);
    }
}

UNIT_MAIN(cmocka_unit_test(test_vectors), cmocka_unit_test(test_changed),
    cmocka_unit_test(test_refusals), cmocka_unit_test(test_files),
    cmocka_unit_test(test_long_secrets))
