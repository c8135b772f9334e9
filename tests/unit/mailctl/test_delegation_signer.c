/* SPDX-License-Identifier: MIT */

/* DS records, and the keys that they are for or not for. The digests were made by other software.
 */

#include "mailctl/dns/delegation-signer.h"

#include "tests/unit/unit.h"

#define BYTES                                                                                      \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
#define KEY "257 3 13 " BYTES
#define SHA1 "59409 13 1 adc896bbcc13a79c3606d29498230eabcd1efee7"
#define SHA256 "59409 13 2 c6970b8c4b1014d82329e6dcbdba88bed9592f8c600ad0b82c19a474d07fb528"
#define SHA384                                                                                     \
    "59409 13 4 "                                                                                  \
    "62edb2812de9e3721410cf009ecb4b09b997e9046d8aff468dc0183e20f08a05d0f510f2855193e0ce40245f8474" \
    "77cc"
#define RECORDS_MAX 3

static const struct {
    const char *row;
    const char *signers[RECORDS_MAX], *keys[RECORDS_MAX];
    enum delegation_signer verdict;
} rows[] = {
    {"SHA-256",               {SHA256},                                               {KEY},                  DELEGATION_SIGNER_LEADS  },
    {"SHA-1",                 {SHA1},                                                 {KEY},                  DELEGATION_SIGNER_LEADS  },
    {"SHA-384",               {SHA384},                                               {KEY},                  DELEGATION_SIGNER_LEADS  },
    {"the second of each",    {"1 8 2 00", SHA256},                                   {"256 3 13 AAEC", KEY}, DELEGATION_SIGNER_LEADS  },
    {"another key",           {SHA256},                                               {"257 3 13 AAEC"},      DELEGATION_SIGNER_ASTRAY },
    {"other flags",           {SHA256},                                               {"256 3 13 " BYTES},    DELEGATION_SIGNER_ASTRAY },
    {"a key that is revoked",
     {"59409 13 2 29fb8ffcb32bfb5bc9b387627a594c4bfed47861593ef707a36337191e097833"},
     {"385 3 13 " BYTES},                                                                                     DELEGATION_SIGNER_ASTRAY },
    {"no key of a zone",
     {"59409 13 2 62b4cd09dac9b827bcd742150522ffc2d092572da68a016e623c82f2b6b39b2e"},
     {"1 3 13 " BYTES},                                                                                       DELEGATION_SIGNER_ASTRAY },
    {"another protocol",
     {"59409 13 2 8b29a37adc993ed0a306973aee6f358797f4595ba0d866f361fc0d5554dd96eb"},
     {"257 4 13 " BYTES},                                                                                     DELEGATION_SIGNER_ASTRAY },
    {"another algorithm",
     {"59409 8 2 c6970b8c4b1014d82329e6dcbdba88bed9592f8c600ad0b82c19a474d07fb528"},  {KEY},
     DELEGATION_SIGNER_ASTRAY                                                                                                          },
    {"a digest cut off",      {"59409 13 2 c697"},                                    {KEY},                  DELEGATION_SIGNER_ASTRAY },
    {"an unknown digest",     {"59409 13 3 c697"},                                    {KEY},                  DELEGATION_SIGNER_UNKNOWN},
    {"one known, one not",    {"59409 13 3 c697", SHA256},                            {KEY},                  DELEGATION_SIGNER_LEADS  },
    {"a key that is none",    {SHA256},                                               {"257 3 13 !"},         DELEGATION_SIGNER_ASTRAY },
    {"words that are none",   {"x", "1 2"},                                           {KEY, "257"},           DELEGATION_SIGNER_ASTRAY },
};

static struct dns_answer answer_of(const char *const *texts, struct dns_record *records)
{
    struct dns_answer answer = {.status = DNS_FOUND, .records = records};

    while (answer.count < RECORDS_MAX && texts[answer.count] != NULL) {
        records[answer.count] = (struct dns_record){.text = text_from_string(texts[answer.count])};
        answer.count++;
    }
    return answer;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dns_record records[2][RECORDS_MAX];
        struct dns_answer signers = answer_of(rows[i].signers, records[0]);
        struct dns_answer keys = answer_of(rows[i].keys, records[1]);

        unit_row(rows[i].row);
        assert_int_equal(
            delegation_signer_judge(TEXT("example.org"), &signers, &keys), rows[i].verdict);
        assert_int_not_equal(
            delegation_signer_judge(TEXT("example.net"), &signers, &keys), DELEGATION_SIGNER_LEADS);
    }
}

UNIT_MAIN(cmocka_unit_test(test_rows))
