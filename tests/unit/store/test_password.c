/* SPDX-License-Identifier: MIT */
#include "lib/store/password.h"

#include "tests/unit/unit.h"

/* Small, so that the test is quick; the form is the same. */
#define MEMORY_BYTES ((uint64_t)64 * 1024)
#define PASSES 1

#define TEN "xxxxxxxxxx"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* By other programs: the argon2 reference, crypt(3) of another language, Dovecot, passlib. */
static const struct {
    const char *name, *hash, *password;
    enum password_result result;
} rows[] = {
    {"argon2id, 64 MiB",
     "{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
        "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",                                                                         "password",    PASSWORD_MATCHES},
    {"argon2id",
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/"
        "uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",                                                                                      "password",    PASSWORD_MATCHES},
    {"argon2id, two lanes",
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/"
        "5U52iv1cDc",                                                                                                          "password",    PASSWORD_MATCHES},
    {"argon2id, another password",
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/"
        "uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",                                                                                      "passwort",    PASSWORD_DIFFERS},
    {"argon2id, no password",
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/"
        "uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",                                                                                      "",            PASSWORD_DIFFERS},
    {"argon2id, cut off",                           "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",                     "password",
     PASSWORD_FAILED                                                                                                                                          },
    {"argon2id, not base64",                        "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$!!!!",                 "password",
     PASSWORD_FAILED                                                                                                                                          },
    {"sha512",
     "{SHA512-CRYPT}$6$saltsalt$e/"
        "5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1",                                "open sesame", PASSWORD_MATCHES},
    {"sha512, another password",
     "{SHA512-CRYPT}$6$saltsalt$e/"
        "5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1",                                "Open sesame", PASSWORD_DIFFERS},
    {"sha512, rounds",
     "{SHA512-CRYPT}$6$rounds=1000$saltsalt$/IiX/CoEcxCZ9SksEXnbjfCT1LGvD4z5OpJkaFYl/"
        "T37OAwuKZ8I8BixDhruhPLkw6lS7dw/6wQWgQnGo7lLg/",                                                                       "open sesame", PASSWORD_MATCHES},
    {"sha512, cut off",                             "{SHA512-CRYPT}$6$saltsalt$",                                              "open sesame", PASSWORD_FAILED },
    {"sha256",                                      "{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",
     "open sesame",                                                                                                                           PASSWORD_MATCHES},
    {"bcrypt",                                      "{BLF-CRYPT}$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW",
     "open sesame",                                                                                                                           PASSWORD_MATCHES},
    {"yescrypt",                                    "{CRYPT}$y$j75$saltsalt$4r23Ja.bWt2eh8ftPtYPeuGW9RLxoj8WxeDLVNbfhH4",
     "open sesame",                                                                                                                           PASSWORD_MATCHES},
    {"md5",                                         "{MD5-CRYPT}$1$saltsalt$Yo6tRKYGO/jWyb1etwHDS/",                           "open sesame", PASSWORD_MATCHES},
    {"ssha",                                        "{SSHA}V4TY9yyJKNfcNcj3oSwtxn2pkHBDq2/O",                                  "open sesame", PASSWORD_MATCHES},
    {"ssha, another password",                      "{SSHA}V4TY9yyJKNfcNcj3oSwtxn2pkHBDq2/O",                                  "open sesam",
     PASSWORD_DIFFERS                                                                                                                                         },
    {"ssha256",                                     "{SSHA256}+UE5xWe3TBq6M5WoG15RlJ5uQGyTqecf5gpJUg4Wmi0VzDQu",               "open sesame",
     PASSWORD_MATCHES                                                                                                                                         },
    {"ssha512",
     "{SSHA512}"
        "MCg8DoTbyFv6191m3TNSDkOGtKCOXw9EyRKsJZC5UTlAsnVz1DN3gkDZXqiEcS8x5VxigqxZeZd5FpOTH48tEkW61W"
        "M=",                                                                                                                  "open sesame", PASSWORD_MATCHES},
    {"ssha512, another password",
     "{SSHA512}"
        "MCg8DoTbyFv6191m3TNSDkOGtKCOXw9EyRKsJZC5UTlAsnVz1DN3gkDZXqiEcS8x5VxigqxZeZd5FpOTH48tEkW61W"
        "M=",                                                                                                                  "open",        PASSWORD_DIFFERS},
    {"pbkdf2 of Dovecot",
     "{PBKDF2}$1$QAZy4s.wXVhqTyhb$5000$6972abbd40034d592205d4a18c57dcd04ba2a8c4",                                              "open sesame",
     PASSWORD_MATCHES                                                                                                                                         },
    {"pbkdf2 of Dovecot, another password",
     "{PBKDF2}$1$EMfCQp9OdTmlBVxp$1000$70e5da53eb9e4dd17a4a189a3a36f594377f7355",                                              "Open sesame",
     PASSWORD_DIFFERS                                                                                                                                         },
    {"pbkdf2 of LDAP, SHA-256",
     "{PBKDF2-SHA256}1000$M2ZsDWGsVap17j2HMIbw/g$dL9I7zj2CijZwGBYfKQcEYMgWV5NcFwdeGFolW40Kq4",                                 "open sesame", PASSWORD_MATCHES},
    {"pbkdf2 of LDAP, SHA-512",
     "{PBKDF2-SHA512}1000$vRfiXOt9z3mvNQZgrBVCaA$6F3DuACRDnUaIdIg.kJx1F7."
        "R3uURIrtkm1dzGS60SjxntSCqsoP0KKJna6Tfc4P9TFRVSGRZN/jXYgiMm/1Wg",                                                      "open sesame", PASSWORD_MATCHES},
    {"pbkdf2 of LDAP, another password",
     "{PBKDF2-SHA512}1000$vRfiXOt9z3mvNQZgrBVCaA$6F3DuACRDnUaIdIg.kJx1F7."
        "R3uURIrtkm1dzGS60SjxntSCqsoP0KKJna6Tfc4P9TFRVSGRZN/jXYgiMm/1Wg",                                                      "sesame",      PASSWORD_DIFFERS},
    {"bcrypt of a SHA-256",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=5$tx2ueEl6oQ0.J0yKg.GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEkC",                                                                                     "open sesame", PASSWORD_MATCHES},
    {"bcrypt of a SHA-256, another password",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=5$tx2ueEl6oQ0.J0yKg.GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEkC",                                                                                     "open sesamE", PASSWORD_DIFFERS},
    {"bcrypt of a SHA-256, the older form",
     "{BCRYPT-SHA256}$bcrypt-sha256$2b,5$1NYYD.bKbyYGM2/9pJATfO$ouQ79LLcV9.cIFdSuAp9Wq5uNQH/Z/y",                              "open sesame", PASSWORD_MATCHES},
    {"bcrypt of a SHA-256, all of a long password",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=5$VPW65ghqVHRndWXUi.jQhO$"
        "nN7y5f1cNpcpyFjDbZu6JCsm1yHwQh.",                                                                                     HUNDRED,       PASSWORD_MATCHES},
    {"bcrypt of a SHA-256, a byte less of it",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=5$VPW65ghqVHRndWXUi.jQhO$"
        "nN7y5f1cNpcpyFjDbZu6JCsm1yHwQh.",                                                                                     &HUNDRED[1],   PASSWORD_DIFFERS},
    {"md5 in crypt",                                "{CRYPT}$1$saltsalt$Yo6tRKYGO/jWyb1etwHDS/",                               "sesame",      PASSWORD_DIFFERS},
};

static void test_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_int_equal(
            password_verify(text_from_string(rows[i].hash), text_from_string(rows[i].password)),
            rows[i].result);
    }
}

static void test_hash(void **state)
{
    char first[PASSWORD_HASH_MAX], second[PASSWORD_HASH_MAX];
    struct text hash;

    (void)state;
    assert_int_equal(password_hash(TEXT("open sesame"), MEMORY_BYTES, PASSES, first), ERR_NONE);
    assert_int_equal(password_hash(TEXT("open sesame"), MEMORY_BYTES, PASSES, second), ERR_NONE);
    hash = text_from_string(first);
    assert_true(text_starts_with(hash, TEXT("{ARGON2ID}$argon2id$v=19$m=64,t=1,p=1$")));
    assert_string_not_equal(first, second);
    assert_int_equal(password_hash_check(hash, NULL), ERR_NONE);
    assert_int_equal(password_verify(hash, TEXT("open sesame")), PASSWORD_MATCHES);
    assert_int_equal(password_verify(hash, TEXT("open sesam")), PASSWORD_DIFFERS);
    assert_int_equal(password_verify(hash, TEXT("open sesame ")), PASSWORD_DIFFERS);
    assert_int_equal(password_verify(hash, TEXT("open sesame\0")), PASSWORD_DIFFERS);
}

static const struct {
    const char *name;
    size_t len;
    uint64_t memory_bytes;
    unsigned passes;
    enum err err;
} refused[] = {
    {"no password",          0,                      MEMORY_BYTES, PASSES,                  ERR_RANGE},
    {"the longest password", PASSWORD_MAX_BYTES,     MEMORY_BYTES, PASSES,                  ERR_NONE },
    {"a longer one",         PASSWORD_MAX_BYTES + 1, MEMORY_BYTES, PASSES,                  ERR_RANGE},
    {"too little memory",    8,                      1024,         PASSES,                  ERR_RANGE},
    {"no pass",              8,                      MEMORY_BYTES, 0,                       ERR_RANGE},
    {"too many passes",      8,                      MEMORY_BYTES, PASSWORD_PASSES_MAX + 1, ERR_RANGE},
};

static void test_refused(void **state)
{
    char password[PASSWORD_MAX_BYTES + 1], hash[PASSWORD_HASH_MAX];

    (void)state;
    memset(password, 'x', sizeof password);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        unit_row(refused[i].name);
        assert_int_equal(password_hash(text_from_bytes(password, refused[i].len),
                             refused[i].memory_bytes, refused[i].passes, hash),
            refused[i].err);
    }
}

static const struct {
    const char *name, *hash;
    enum err err;
} forms[] = {
    {"nothing",                              "",                                                                          ERR_UNSUPPORTED},
    {"no scheme",                            "$6$salt$digest",                                                            ERR_UNSUPPORTED},
    {"an unknown scheme",                    "{SMD5}x",                                                                   ERR_UNSUPPORTED},
    {"in clear",                             "{PLAIN}open sesame",                                                        ERR_UNSUPPORTED},
    {"a scheme alone",                       "{ARGON2ID}",                                                                ERR_SYNTAX     },
    {"of another scheme",                    "{BLF-CRYPT}$6$saltsalt$x",                                                  ERR_SYNTAX     },
    {"a control character",                  "{CRYPT}$6$salt\n$x",                                                        ERR_SYNTAX     },
    {"crypt of no kind",                     "{CRYPT}*",                                                                  ERR_UNSUPPORTED},
    {"four gigabytes",                       "{ARGON2ID}$argon2id$v=19$m=4194304,t=2,p=1$c2E$ZGk",                        ERR_RANGE      },
    {"very many passes",                     "{ARGON2ID}$argon2id$v=19$m=64,t=99999,p=1$c2E$ZGk",                         ERR_RANGE      },
    {"very many lanes",                      "{ARGON2ID}$argon2id$v=19$m=64,t=1,p=999$c2E$ZGk",                           ERR_RANGE      },
    {"no parameters",                        "{ARGON2ID}$argon2id$c2E$ZGk",                                               ERR_RANGE      },
    {"a billion rounds",                     "{SHA512-CRYPT}$6$rounds=999999999$saltsalt$x",                              ERR_RANGE      },
    {"yescrypt as mkpasswd makes it",
     "{CRYPT}$y$j9T$saltsalt$4r23Ja.bWt2eh8ftPtYPeuGW9RLxoj8WxeDLVNbfhH4",                                                ERR_NONE       },
    {"yescrypt of gigabytes",                "{CRYPT}$y$jzT$saltsalt$x",                                                  ERR_RANGE      },
    {"yescrypt of 2 GiB",                    "{CRYPT}$y$jGT$saltsalt$x",                                                  ERR_RANGE      },
    {"yescrypt, long r",                     "{CRYPT}$y$j9z.$saltsalt$x",                                                 ERR_RANGE      },
    {"gost-yescrypt",                        "{CRYPT}$gy$j9T$saltsalt$4r23Ja.bWt2eh8ftPtYPeuGW9RLxoj8WxeDLVNbfhH4",
     ERR_NONE                                                                                                                            },
    {"gost-yescrypt of gigabytes",           "{CRYPT}$gy$jzT$saltsalt$x",                                                 ERR_RANGE      },
    {"scrypt as mkpasswd makes it",
     "{CRYPT}$7$CU..../....saltsalt$4r23Ja.bWt2eh8ftPtYPeuGW9RLxoj8WxeDLVNbfhH4",                                         ERR_NONE       },
    {"scrypt of gigabytes",                  "{CRYPT}$7$PU..../....saltsalt$x",                                           ERR_RANGE      },
    {"scrypt, many lanes",                   "{CRYPT}$7$CU....z....saltsalt$x",                                           ERR_RANGE      },
    {"scrypt, cut off",                      "{CRYPT}$7$CU.",                                                             ERR_RANGE      },
    {"sha1 of any rounds",                   "{CRYPT}$sha1$4000000000$saltsalt$x",                                        ERR_RANGE      },
    {"sun md5",                              "{CRYPT}$md5,rounds=999999$saltsalt$x",                                      ERR_RANGE      },
    {"extended DES",                         "{CRYPT}_zzzzsalt",                                                          ERR_RANGE      },
    {"DES",                                  "{CRYPT}saKfD7F0Xf8QE",                                                      ERR_RANGE      },
    {"bcrypt, cost 31",                      "{BLF-CRYPT}$2b$31$abcdefghijklmnopqrstuu",                                  ERR_RANGE      },
    {"bcrypt, cost 10",                      "{BLF-CRYPT}$2b$10$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW",
     ERR_NONE                                                                                                                            },
    {"a lower-case scheme",                  "{sha256-crypt}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",
     ERR_NONE                                                                                                                            },
    {"sha256 as a salt alone",               "{SHA256-CRYPT}$5$abc",                                                      ERR_SYNTAX     },
    {"sha256 without a salt's end",          "{SHA256-CRYPT}$5$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",
     ERR_SYNTAX                                                                                                                          },
    {"sha256, an empty salt",                "{SHA256-CRYPT}$5$$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",
     ERR_NONE                                                                                                                            },
    {"sha256, the last digit lost",
     "{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQn",                                              ERR_SYNTAX     },
    {"sha256, a digit too many",
     "{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC.",                                            ERR_SYNTAX     },
    {"sha256, no digit of it",
     "{SHA256-CRYPT}$5$saltsalt$yrhPKxCqiWcCE9h0g86j-Ugz7SDFdFm.BjU.d8RaQnC",                                             ERR_SYNTAX     },
    {"sha256, rounds, no salt",
     "{SHA256-CRYPT}$5$rounds=1000$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",                                          ERR_SYNTAX     },
    {"sha256, the longest salt",
     "{SHA256-CRYPT}$5$rounds=1000$saltsaltsaltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",                         ERR_NONE       },
    {"sha256, a longer salt",
     "{SHA256-CRYPT}$5$saltsaltsaltsalts$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",                                    ERR_SYNTAX     },
    {"sha256, too few rounds",
     "{SHA256-CRYPT}$5$rounds=999$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",                                  ERR_RANGE      },
    {"sha512 with sha256's digest",
     "{SHA512-CRYPT}$6$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC",                                             ERR_SYNTAX     },
    {"md5, cut off",                         "{MD5-CRYPT}$1$saltsalt$Yo6tRKYGO/jWyb1etwHDS",                              ERR_SYNTAX     },
    {"md5, a longer salt",                   "{MD5-CRYPT}$1$saltsalts$Yo6tRKYGO/jWyb1etwHDS/",                            ERR_SYNTAX     },
    {"bcrypt, cut off",                      "{BLF-CRYPT}$2b$10$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wC",
     ERR_SYNTAX                                                                                                                          },
    {"bcrypt, too long",                     "{BLF-CRYPT}$2b$10$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCWW",
     ERR_SYNTAX                                                                                                                          },
    {"yescrypt, cut off",                    "{CRYPT}$y$j9T$saltsalt$4r23Ja",                                             ERR_SYNTAX     },
    {"yescrypt without a salt",              "{CRYPT}$y$j9T$4r23Ja.bWt2eh8ftPtYPeuGW9RLxoj8WxeDLVNbfhH4",
     ERR_SYNTAX                                                                                                                          },
    {"scrypt, no digest",                    "{CRYPT}$7$CU..../....saltsalt$",                                            ERR_SYNTAX     },
    {"ssha, no salt",                        "{SSHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=",                                        ERR_SYNTAX     },
    {"ssha, cut off",                        "{SSHA}V4TY9yyJKNfcNcj3oSwt",                                                ERR_SYNTAX     },
    {"ssha, not base64",                     "{SSHA}V4TY9yyJKNfcNcj3oSwtxn2pkHBDq2/!",                                    ERR_SYNTAX     },
    {"ssha, a blank in it",                  "{SSHA}V4TY9yyJKNfcNcj3oSwt xn2pkHBDq2/O",                                   ERR_SYNTAX     },
    {"ssha512 with ssha's digest",           "{SSHA512}V4TY9yyJKNfcNcj3oSwtxn2pkHBDq2/O",                                 ERR_SYNTAX     },
    {"pbkdf2, cut off",                      "{PBKDF2}$1$QAZy4s.wXVhqTyhb$5000$6972abbd40034d592205d4a18c57dcd04ba2a8",
     ERR_SYNTAX                                                                                                                          },
    {"pbkdf2, half a byte",
     "{PBKDF2}$1$QAZy4s.wXVhqTyhb$5000$6972abbd40034d592205d4a18c57dcd04ba2a8c",                                          ERR_SYNTAX     },
    {"pbkdf2, no hex",                       "{PBKDF2}$1$QAZy4s.wXVhqTyhb$5000$6972abbd40034d592205d4a18c57dcd04ba2a8cx",
     ERR_SYNTAX                                                                                                                          },
    {"pbkdf2, no salt",                      "{PBKDF2}$1$$5000$6972abbd40034d592205d4a18c57dcd04ba2a8c4",                 ERR_SYNTAX     },
    {"pbkdf2, too few rounds",
     "{PBKDF2}$1$QAZy4s.wXVhqTyhb$999$6972abbd40034d592205d4a18c57dcd04ba2a8c4",                                          ERR_RANGE      },
    {"pbkdf2, too many rounds",
     "{PBKDF2}$1$QAZy4s.wXVhqTyhb$4000000000$6972abbd40034d592205d4a18c57dcd04ba2a8c4",                                   ERR_RANGE      },
    {"pbkdf2, rounds beyond any",
     "{PBKDF2}$1$QAZy4s.wXVhqTyhb$99999999999999999999$6972abbd40034d592205d4a18c57dcd04ba2a8c4",                         ERR_SYNTAX     },
    {"pbkdf2 of LDAP, no salt",              "{PBKDF2-SHA256}1000$$dL9I7zj2CijZwGBYfKQcEYMgWV5NcFwdeGFolW40Kq4",
     ERR_SYNTAX                                                                                                                          },
    {"pbkdf2 of LDAP, cut off",
     "{PBKDF2-SHA256}1000$M2ZsDWGsVap17j2HMIbw/g$dL9I7zj2CijZwGBYfKQcEYMgWV5NcFwdeGFolW40",                               ERR_SYNTAX     },
    {"pbkdf2 of LDAP, common base64",
     "{PBKDF2-SHA256}1000$M2ZsDWGsVap17j2HMIbw/g$dL9I7zj2CijZwGBYfKQcEYMgWV5NcFwdeGFolW40Kq+",                            ERR_SYNTAX     },
    {"pbkdf2 of LDAP, too many rounds",
     "{PBKDF2-SHA256}5000001$M2ZsDWGsVap17j2HMIbw/g$dL9I7zj2CijZwGBYfKQcEYMgWV5NcFwdeGFolW40Kq4",                         ERR_RANGE      },
    {"bcrypt of a SHA-256, cost 17",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=17$tx2ueEl6oQ0.J0yKg.GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEkC",                                                                                ERR_RANGE      },
    {"bcrypt of a SHA-256, cut off",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=5$tx2ueEl6oQ0.J0yKg.GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEk",                                                                                 ERR_SYNTAX     },
    {"bcrypt of a SHA-256, another version",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=3,t=2b,r=5$tx2ueEl6oQ0.J0yKg.GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEkC",                                                                                ERR_SYNTAX     },
    {"bcrypt of a SHA-256, another bcrypt",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2x,r=5$tx2ueEl6oQ0.J0yKg.GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEkC",                                                                                ERR_SYNTAX     },
    {"bcrypt of a SHA-256, no digit",
     "{BCRYPT-SHA256}$bcrypt-sha256$v=2,t=2b,r=5$tx2ueEl6oQ0.J0yKg!GQz.$"
        "m51XxqixMbSsEt4bUasZQor8alAyEkC",                                                                                ERR_SYNTAX     },
    {"argon2id, no digest",                  "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",                       ERR_SYNTAX     },
    {"argon2id, a salt alone",               "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",                        ERR_SYNTAX     },
    {"argon2id, cut off",                    "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR",
     ERR_SYNTAX                                                                                                                          },
    {"argon2id, a short salt",
     "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c2E$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",                            ERR_SYNTAX     },
    {"argon2id, not base64",                 "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$!!!!",                   ERR_SYNTAX     },
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct failure failure = {.text = ""};

        unit_row(forms[i].name);
        assert_int_equal(
            password_hash_check(text_from_string(forms[i].hash), &failure), forms[i].err);
        if (forms[i].err != ERR_NONE)
            assert_int_equal(
                password_verify(text_from_string(forms[i].hash), TEXT("x")), PASSWORD_FAILED);
        /* Words for the administrator, without the secret. */
        assert_null(strstr(failure.text, "sesame"));
        assert_null(strstr(failure.text, "salt"));
    }
}

static void test_too_long_hash(void **state)
{
    char hash[2 * PASSWORD_HASH_MAX];

    (void)state;
    memset(hash, 'a', sizeof hash);
    memcpy(hash, "{CRYPT}$6$salt$", 15);
    assert_int_equal(
        password_verify(text_from_bytes(hash, sizeof hash), TEXT("x")), PASSWORD_FAILED);
}

static void test_needs_rehash(void **state)
{
    char made[PASSWORD_HASH_MAX];
    struct text hash;

    (void)state;
    assert_int_equal(password_hash(TEXT("open sesame"), MEMORY_BYTES, PASSES, made), ERR_NONE);
    hash = text_from_string(made);
    assert_false(password_needs_rehash(hash, MEMORY_BYTES, PASSES));
    assert_true(password_needs_rehash(hash, 2 * MEMORY_BYTES, PASSES));
    assert_true(password_needs_rehash(hash, MEMORY_BYTES, PASSES + 1));
    assert_true(password_needs_rehash(TEXT("{SHA512-CRYPT}$6$saltsalt$x"), MEMORY_BYTES, PASSES));
    assert_false(password_needs_rehash(TEXT("{ARGON2ID}"), MEMORY_BYTES, PASSES));
}

UNIT_MAIN(cmocka_unit_test(test_verify), cmocka_unit_test(test_hash),
    cmocka_unit_test(test_refused), cmocka_unit_test(test_forms),
    cmocka_unit_test(test_too_long_hash), cmocka_unit_test(test_needs_rehash))
