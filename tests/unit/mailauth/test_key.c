/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "lib/base/base64.h"
#include "lib/base/memory.h"
#include "lib/mailauth/key-cache.h"
#include "tests/unit/mailauth/dkim.h"
#include "tests/unit/mailauth/exact.h"

/* The RSA key of RFC 8463 appendix A in other forms. */
#define RSA_DATA                                                                                   \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bd"             \
    "OKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4h"             \
    "stT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define ED_DATA "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static const char bare_record[] =
    "p=MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLRC/H9vJjMI1"
    "vdb3XLcW60AIN/PBD8EL97/y4GwJH7LPUvGP48vqUe+owqszesbiGy1PlCO8c70/OjFnJVgvMF87YR4L"
    "cincb7aSvI5MgpP6X8rjDdAgMBAAE=";
static const char extra_record[] =
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5"
    "bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG"
    "4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQABAA==";
static const char cut_record[] =
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5"
    "bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG"
    "4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQA=";
static const char ec_record[] =
    "p=MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESGRFzZWb66Hz7TwIIKdghMBdHFvH3ny5Ez53xWkQXe"
    "Q430ckcpWYi3ToNnsbhWSTJVKEx2F309bxyM7pD+bhyg==";
static const char smallest_record[] =
    "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALaUGT3tHCg1n8C142zKy6eryKlI8Zk54mnjFQ5oAAnt7K"
    "8lcZjEe7LMbXvKWN0d99urZcAl4nNnFNr5DxAku70CAwEAAQ==";
static const char nearly_record[] =
    "p=MIGeMA0GCSqGSIb3DQEBAQUAA4GMADCBiAKBgFsWWxeFu6AqY+WLBanrGhk8d6Inwwv/16H359sZ6V"
    "QdQpTF1U+bLT6uOdnyiWFRMbJdw+ynLVnTsDPWLuPuElZ0G8W1sPQtExDl8jirq07i136vR31PmCDOOw"
    "a15SNiaSAzIUR13i7yqbaOnnviEqjERkxMbeh10O10mmL9LZVbAgMBAAE=";
/* One modulus with exponents of 64 and 65 bits, an even one, and 1. */
static const char exponent_64_record[] =
    "p=MIGlMA0GCSqGSIb3DQEBAQUAA4GTADCBjwKBgQC/1CNZku3PRRoa/oeLM+loYXlZzj8fZajeUnEAeB"
    "Tool8t2X8c+xD2KCdojeahajsNRkE4piMyVT/B6jbxf9N0xqU4d3czC9vXIQ3/B2zi74ewsSXsHX2gpu"
    "uMnr1p/inXbUMw8URr6rDBH97Lkc43W8j7vL3lwJlBZNg5n3Z8RQIJAIAAAAAAAAAB";
static const char exponent_65_record[] =
    "p=MIGlMA0GCSqGSIb3DQEBAQUAA4GTADCBjwKBgQC/1CNZku3PRRoa/oeLM+loYXlZzj8fZajeUnEAeB"
    "Tool8t2X8c+xD2KCdojeahajsNRkE4piMyVT/B6jbxf9N0xqU4d3czC9vXIQ3/B2zi74ewsSXsHX2gpu"
    "uMnr1p/inXbUMw8URr6rDBH97Lkc43W8j7vL3lwJlBZNg5n3Z8RQIJAQAAAAAAAAAB";
static const char exponent_even_record[] =
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC/1CNZku3PRRoa/oeLM+loYXlZzj8fZajeUnEAeB"
    "Tool8t2X8c+xD2KCdojeahajsNRkE4piMyVT/B6jbxf9N0xqU4d3czC9vXIQ3/B2zi74ewsSXsHX2gpu"
    "uMnr1p/inXbUMw8URr6rDBH97Lkc43W8j7vL3lwJlBZNg5n3Z8RQIDAQAA";
static const char exponent_one_record[] =
    "p=MIGdMA0GCSqGSIb3DQEBAQUAA4GLADCBhwKBgQC/1CNZku3PRRoa/oeLM+loYXlZzj8fZajeUnEAeB"
    "Tool8t2X8c+xD2KCdojeahajsNRkE4piMyVT/B6jbxf9N0xqU4d3czC9vXIQ3/B2zi74ewsSXsHX2gpu"
    "uMnr1p/inXbUMw8URr6rDBH97Lkc43W8j7vL3lwJlBZNg5n3Z8RQIBAQ==";
static const char large_record[] =
    "k=rsa; p=MIIEIjANBgkqhkiG9w0BAQEFAAOCBA8AMIIECgKCBAEAgAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEjRWcAAAAAAQIDAQAB";
static const char too_large_record[] =
    "k=rsa; p=MIIEIjANBgkqhkiG9w0BAQEFAAOCBA8AMIIECgKCBAEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAEjRWcAAAAAAQIDAQAB";
static const char too_small_record[] =
    "k=rsa; p=MIGeMA0GCSqGSIb3DQEBAQUAA4GMADCBiAKBgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAASNFZwAAAAABAgMBAAE=";
static const char ec_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                             "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMWLzmbv7237jXRho\n"
                             "z27xUOeYxpWKIbdz8lY0Lle+aNehRANCAARIZEXNlZvrofPtPAggp2CEwF0cW8fe\n"
                             "fLkTPnfFaRBd5DjfRyRylZiLdOg2exuFZJMlUoTHYXfT1vHIzukP5uHK\n"
                             "-----END PRIVATE KEY-----\n";
static const char encrypted_pem[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhZefjnlmXdswICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJGWU4FrGRKiDgko7bp2VLgEQIVR\n"
    "dnj/q9TMnU3mZ1V0N/Bs11rGD4pC27c7HGDXBoj+97ZlfoFUdLbUsBj1j2qRQ0iv\n"
    "oXCdfbOnepv45CtHVrU=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

/* --- public keys --- */

static const struct {
    const char *name, *record;
    enum key_status status;
    enum key_algorithm algorithm;
    unsigned bits;
    bool is_testing, is_strict;
} rows[] = {
    {"RSA",                     "v=DKIM1; k=rsa; p=" RSA_DATA,     KEY_OK,        KEY_RSA,     1024, false, false},
    {"RSA by default",          "p=" RSA_DATA ";",                 KEY_OK,        KEY_RSA,     1024, false, false},
    {"Ed25519",                 "v=DKIM1; k=ed25519; p=" ED_DATA,  KEY_OK,        KEY_ED25519, 256,  false, false},
    {"kind in capitals",        "k=ED25519; p=" ED_DATA,           KEY_OK,        KEY_ED25519, 256,  false, false},
    {"bare RSAPublicKey",       bare_record,                       KEY_OK,        KEY_RSA,     1024, false, false},
    {"8192 bits",               large_record,                      KEY_OK,        KEY_RSA,     8192, false, false},
    {"8193 bits",               too_large_record,                  KEY_TOO_SHORT, 0,           0,    false, false},
    {"1023 bits",               too_small_record,                  KEY_TOO_SHORT, 0,           0,    false, false},
    {"512 bits",                smallest_record,                   KEY_TOO_SHORT, 0,           0,    false, false},
    {"1023 bits",               nearly_record,                     KEY_TOO_SHORT, 0,           0,    false, false},
    {"768 bits",                dkim_short_record,                 KEY_TOO_SHORT, 0,           0,    false, false},
    {"flags",                   "t=y:s; p=" RSA_DATA,              KEY_OK,        KEY_RSA,     1024, true,  true },
    {"flag y",                  "t= y ; p=" RSA_DATA,              KEY_OK,        KEY_RSA,     1024, true,  false},
    {"unknown flags",           "t=ys:x; p=" RSA_DATA,             KEY_OK,        KEY_RSA,     1024, false, false},
    {"blanks in p=",
     "p=\r\n MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6"
        "Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91 y3FutACDfzwQ/BC/e/8uBsCR"
        "+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2\tEeC3Ip3G+2kryOTIKT+l/K4"
        "w3QIDAQAB ",                                              KEY_OK,        KEY_RSA,     1024, false, false},
    {"unknown tags and notes",  "n=a note=here; x=y; p=" RSA_DATA, KEY_OK,        KEY_RSA,     1024, false,
     false                                                                                                       },
    {"revoked",                 "p=",                              KEY_REVOKED,   0,           0,    false, false},
    {"revoked, blanks",         "v=DKIM1; p= ; n=x",               KEY_REVOKED,   0,           0,    false, false},
    {"p missing",               "v=DKIM1; k=rsa",                  KEY_MALFORMED, 0,           0,    false, false},
    {"p twice",                 "p=" ED_DATA "; p=" ED_DATA,       KEY_MALFORMED, 0,           0,    false, false},
    {"p no base64",             "p=***",                           KEY_MALFORMED, 0,           0,    false, false},
    {"p no key",                "p=AAAA",                          KEY_MALFORMED, 0,           0,    false, false},
    {"key cut off",             cut_record,                        KEY_MALFORMED, 0,           0,    false, false},
    {"bytes behind the key",    extra_record,                      KEY_MALFORMED, 0,           0,    false, false},
    {"EC key as RSA",           ec_record,                         KEY_MALFORMED, 0,           0,    false, false},
    {"Ed25519 key as RSA",      "p=" ED_DATA,                      KEY_MALFORMED, 0,           0,    false, false},
    {"RSA key as Ed25519",      "k=ed25519; p=" RSA_DATA,          KEY_MALFORMED, 0,           0,    false, false},
    {"Ed25519 key short",       "k=ed25519; p=AAAA",               KEY_MALFORMED, 0,           0,    false, false},
    {"RSA exponent of 64 bits", exponent_64_record,                KEY_OK,        KEY_RSA,     1024, false, false},
    {"RSA exponent of 65 bits", exponent_65_record,                KEY_MALFORMED, 0,           0,    false, false},
    {"RSA exponent even",       exponent_even_record,              KEY_MALFORMED, 0,           0,    false, false},
    {"RSA exponent one",        exponent_one_record,               KEY_MALFORMED, 0,           0,    false, false},
    {"v not first",             "k=rsa; v=DKIM1; p=" RSA_DATA,     KEY_MALFORMED, 0,           0,    false, false},
    {"v in lower case",         "v=dkim1; p=" RSA_DATA,            KEY_MALFORMED, 0,           0,    false, false},
    {"kind unknown",            "k=dsa; p=" RSA_DATA,              KEY_UNSUITED,  0,           0,    false, false},
    {"not sha256",              "h=sha1:sha512; p=" RSA_DATA,      KEY_UNSUITED,  0,           0,    false, false},
    {"not e-mail",              "s=emails; p=" RSA_DATA,           KEY_UNSUITED,  0,           0,    false, false},
};

static void test_records(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) /* decoded, then from the cache */
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct public_key *key = NULL;

            unit_row(rows[i].name);
            assert_int_equal(public_key_parse(exact_row(rows[i].record), &key), rows[i].status);
            if (rows[i].status == KEY_OK) {
                assert_int_equal(public_key_algorithm(key), rows[i].algorithm);
                assert_int_equal(public_key_bits(key), rows[i].bits);
                assert_int_equal(public_key_is_testing(key), rows[i].is_testing);
                assert_int_equal(public_key_is_strict(key), rows[i].is_strict);
            } else {
                assert_null(key);
            }
            public_key_release(&key);
            assert_null(key);
        }
    key_cache_flush();
}

static void test_status_texts(void **state)
{
    (void)state;
    for (int i = KEY_OK; i <= KEY_TOO_SHORT; i++)
        for (int j = KEY_OK; j < i; j++)
            assert_string_not_equal(key_status_text(i), key_status_text(j));
}

static void test_algorithm_words(void **state)
{
    (void)state;
    assert_string_equal(key_algorithm_word(KEY_RSA), "rsa-sha256");
    assert_string_equal(key_algorithm_word(KEY_ED25519), "ed25519-sha256");
}

/* --- the cache --- */

static struct text numbered_record(int number, char room[40])
{
    return text_from_bytes(room, (size_t)snprintf(room, 40, "n=%d; p=", number));
}

static void test_cache_forgets_the_oldest(void **state)
{
    const int most = (int)KEY_CACHE_ENTRIES;
    struct public_key *key = NULL;
    enum key_status status;
    char room[40];

    (void)state;
    key_cache_flush();
    for (int i = 0; i < most; i++)
        assert_int_equal(public_key_parse(numbered_record(i, room), &key), KEY_REVOKED);
    assert_int_equal(key_cache_count(), KEY_CACHE_ENTRIES);
    assert_true(key_cache_find(numbered_record(0, room), &status, &key));
    assert_int_equal(status, KEY_REVOKED);
    (void)public_key_parse(numbered_record(most, room), &key);
    assert_int_equal(key_cache_count(), KEY_CACHE_ENTRIES);
    assert_true(key_cache_find(numbered_record(0, room), &status, &key));
    assert_false(key_cache_find(numbered_record(1, room), &status, &key));
    assert_true(key_cache_find(numbered_record(2, room), &status, &key));
    key_cache_flush();
    assert_int_equal(key_cache_count(), 0);
}

static void test_cache_shares_keys(void **state)
{
    struct public_key *one, *two;

    (void)state;
    key_cache_flush();
    assert_int_equal(public_key_parse(text_from_string(dkim_ed25519_record), &one), KEY_OK);
    assert_int_equal(public_key_parse(text_from_string(dkim_ed25519_record), &two), KEY_OK);
    assert_ptr_equal(one, two);
    key_cache_flush();
    public_key_release(&one);
    assert_int_equal(public_key_bits(two), 256); /* still there */
    public_key_release(&two);
}

static void test_large_records(void **state)
{
    char *record = memory_alloc(KEY_RECORD_MAX_BYTES + 1);
    struct public_key *key = NULL;

    (void)state;
    key_cache_flush();
    memset(record, ' ', KEY_RECORD_MAX_BYTES + 1);
    memcpy(record, "p=", 2);
    assert_int_equal(
        public_key_parse(text_from_bytes(record, KEY_RECORD_MAX_BYTES), &key), KEY_REVOKED);
    assert_int_equal(
        public_key_parse(text_from_bytes(record, KEY_RECORD_MAX_BYTES + 1), &key), KEY_MALFORMED);
    assert_int_equal(key_cache_count(), 0);
    free(record);
}

/* --- private keys --- */

static const struct {
    const char *name, *pem;
    bool allow_short;
    enum err err;
    enum key_algorithm algorithm;
    unsigned bits;
} pem_rows[] = {
    {"PKCS#1",           dkim_rsa_pem,     false, ERR_NONE,        KEY_RSA,     1024},
    {"Ed25519",          dkim_ed25519_pem, false, ERR_NONE,        KEY_ED25519, 256 },
    {"short",            dkim_short_pem,   false, ERR_RANGE,       0,           0   },
    {"short, permitted", dkim_short_pem,   true,  ERR_NONE,        KEY_RSA,     768 },
    {"EC",               ec_pem,           false, ERR_UNSUPPORTED, 0,           0   },
    {"encrypted",        encrypted_pem,    false, ERR_SYNTAX,      0,           0   },
    {"empty",            "",               false, ERR_SYNTAX,      0,           0   },
    {"no PEM",           "hello",          false, ERR_SYNTAX,      0,           0   },
};

static void test_private_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pem_rows / sizeof *pem_rows; i++) {
        struct failure failure = {ERR_NONE, ""};
        struct private_key *key = NULL;

        unit_row(pem_rows[i].name);
        assert_int_equal(private_key_parse(text_from_string(pem_rows[i].pem),
                             pem_rows[i].allow_short, &key, &failure),
            pem_rows[i].err);
        assert_int_equal(failure.err, pem_rows[i].err);
        assert_true((key != NULL) == (pem_rows[i].err == ERR_NONE));
        if (key != NULL) {
            assert_int_equal(private_key_algorithm(key), pem_rows[i].algorithm);
            assert_int_equal(private_key_bits(key), pem_rows[i].bits);
        }
        private_key_release(&key);
    }
}

static void test_large_pem(void **state)
{
    size_t len = 64 * 1024 + 1;
    char *pem = memory_alloc_zero(len, 1);
    struct private_key *key = NULL;

    (void)state;
    assert_int_equal(private_key_parse(text_from_bytes(pem, len), false, &key, NULL), ERR_LIMIT);
    assert_int_equal(
        private_key_parse(text_from_bytes(pem, len - 1), false, &key, NULL), ERR_SYNTAX);
    free(pem);
}

/* Generated, written, read back, published, used. */
static void assert_round_trip(enum key_algorithm algorithm, unsigned bits)
{
    struct private_key *made, *read;
    struct public_key *public = NULL;
    struct buffer pem = BUFFER_NONE, record = BUFFER_NONE;
    unsigned char digest[32] = "digest", signature[KEY_RSA_BITS_MAX / 8];
    size_t len;

    assert_int_equal(private_key_generate(algorithm, bits, &made, NULL), ERR_NONE);
    assert_int_equal(private_key_format_pem(made, &pem), ERR_NONE);
    assert_true(text_starts_with(buffer_text(&pem), TEXT("-----BEGIN PRIVATE KEY-----\n")));
    assert_int_equal(private_key_parse(buffer_text(&pem), false, &read, NULL), ERR_NONE);
    assert_int_equal(private_key_algorithm(read), algorithm);
    assert_int_equal(private_key_format_record(read, &record), ERR_NONE);
    assert_int_equal(public_key_parse(buffer_text(&record), &public), KEY_OK);
    assert_int_equal(public_key_bits(public), private_key_bits(made));
    assert_int_equal(private_key_sign(made, digest, signature, &len), ERR_NONE);
    assert_true(public_key_verify(public, digest, signature, len));
    assert_false(public_key_verify(public, digest, signature, len - 1));
    signature[len / 2] ^= 1;
    assert_false(public_key_verify(public, digest, signature, len));
    signature[len / 2] ^= 1;
    digest[0] ^= 1;
    assert_false(public_key_verify(public, digest, signature, len));
    private_key_release(&made);
    private_key_release(&read);
    public_key_release(&public);
    buffer_done_wiped(&pem);
    buffer_done(&record);
}

static void test_generate(void **state)
{
    struct private_key *key = NULL;

    (void)state;
    assert_round_trip(KEY_RSA, 2048);
    assert_round_trip(KEY_ED25519, 0);
    assert_int_equal(private_key_generate(KEY_RSA, 2047, &key, NULL), ERR_RANGE);
    assert_int_equal(private_key_generate(KEY_RSA, 4097, &key, NULL), ERR_RANGE);
    assert_null(key);
}

static void test_format_record(void **state)
{
    struct private_key *key = dkim_private_key(dkim_rsa_pem);
    struct buffer record = BUFFER_NONE;

    (void)state;
    assert_int_equal(private_key_format_record(key, &record), ERR_NONE);
    assert_string_equal(buffer_string(&record), dkim_rsa_record);
    private_key_release(&key);
    buffer_clear(&record);
    key = dkim_private_key(dkim_ed25519_pem);
    assert_int_equal(private_key_format_record(key, &record), ERR_NONE);
    assert_string_equal(buffer_string(&record), dkim_ed25519_record);
    private_key_release(&key);
    buffer_done(&record);
}

/* --- many threads, the same keys --- */

#define THREADS 4
#define ROUNDS 50

struct shared {
    struct private_key *rsa, *ed25519;
};

/* How many of its rounds went wrong. */
static void *work(void *context)
{
    struct shared *shared = context;
    static const char *const records[] = {dkim_rsa_record, dkim_ed25519_record};
    uintptr_t bad = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct private_key *key = private_key_hold(i % 2 == 0 ? shared->rsa : shared->ed25519);
        struct public_key *public = NULL;
        unsigned char digest[32] = {(unsigned char)i}, signature[KEY_RSA_BITS_MAX / 8];
        size_t len;

        if (i % 10 == 0)
            key_cache_flush();
        bad += public_key_parse(text_from_string(records[i % 2]), &public) != KEY_OK ||
               private_key_sign(key, digest, signature, &len) != ERR_NONE ||
               !public_key_verify(public, digest, signature, len);
        public_key_release(&public);
        private_key_release(&key);
    }
    return (void *)bad;
}

static void test_threads(void **state)
{
    struct shared shared = {dkim_private_key(dkim_rsa_pem), dkim_private_key(dkim_ed25519_pem)};
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &shared), 0);
    for (int i = 0; i < THREADS; i++) {
        void *bad;

        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_int_equal((uintptr_t)bad, 0);
    }
    private_key_release(&shared.rsa);
    private_key_release(&shared.ed25519);
    key_cache_flush();
}

UNIT_MAIN(cmocka_unit_test(test_records), cmocka_unit_test(test_status_texts),
    cmocka_unit_test(test_algorithm_words), cmocka_unit_test(test_cache_forgets_the_oldest),
    cmocka_unit_test(test_cache_shares_keys), cmocka_unit_test(test_large_records),
    cmocka_unit_test(test_private_parse), cmocka_unit_test(test_large_pem),
    cmocka_unit_test(test_generate), cmocka_unit_test(test_format_record),
    cmocka_unit_test(test_threads))
