/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-instance.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name, *line;
    bool is_harmless;
} complaints[] = {
    {"will go",
     "/usr/sbin/postconf: warning: /etc/postfix/master.cf: support for parameter"
        " \"disable_dns_lookups\" will be removed; instead, specify"
        " \"smtp_dns_support_level\"",                                                                          true },
    {"has gone",
     "postconf: warning: /etc/postfix/main.cf: support for parameter fallback_relay has"
        " been removed; instead, specify smtp_fallback_relay",                                                  true },
    {"of no use",                     "postconf: warning: /etc/postfix/main.cf: unused parameter: colour=blue", true },
    {"a mistake",
     "postconf: warning: /etc/postfix/main.cf, line 3: missing '=' after attribute name"
        ": \"support\"",                                                                                        false},
    {"a copy that is old",
     "postfix/postfix-script: warning: /var/spool/postfix/etc/localtime and /etc/localtime"
        " differ",                                                                                              true },
    {"another mail server's program",
     "postfix/postfix-script: warning: /usr/lib/sendmail and /usr/sbin/sendmail differ",                        false},
    {"no copy",
     "postfix/postfix-script: warning: /var/spool/postfix/etc/hosts and /etc/localtime"
        " differ",                                                                                              false},
    {"cut short",                     "postfix/postfix-script: warning: /etc/hosts and / differ",               false},
    {"a broken message",              "postfix/postfix-script: warning: damaged message: corrupt/4Z1",          true },
    {"a copy that was made anew",
     "updating /etc/resolv.conf => /var/spool/postfix//etc/resolv.conf",                                        true },
    {"no copy that was made",         "updating the queue failed",                                              false},
    {"no warning",                    "postfix: fatal: unused parameter: x=y",                                  false},
    {"nothing",                       "",                                                                       false},
};

static void test_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++) {
        unit_row(complaints[i].name);
        assert_int_equal(postfix_instance_is_harmless(text_from_string(complaints[i].line)),
            complaints[i].is_harmless);
    }
}

UNIT_MAIN(cmocka_unit_test(test_harmless))
