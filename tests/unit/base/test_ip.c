/* SPDX-License-Identifier: MIT */
#include "lib/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/unit.h"

static const struct {
    const char *input;
    const char *output; /* NULL: refused */
} addresses[] = {
    {"192.0.2.1",                                         "192.0.2.1"  },
    {"2001:DB8::0:1",                                     "2001:db8::1"},
    {"::ffff:192.0.2.1",                                  "192.0.2.1"  },
    {"::FFFF:C000:201",                                   "192.0.2.1"  },
    {"::1",                                               "::1"        },
    {"",                                                  NULL         },
    {"192.0.2",                                           NULL         },
    {"192.0.2.256",                                       NULL         },
    {"192.0.2.1 ",                                        NULL         },
    {"[::1]",                                             NULL         },
    {"fe80::1%eth0",                                      NULL         },
    {"192.0.2.1/32",                                      NULL         },
    {"2001:0db8:0000:0000:0000:0000:0000:0000:0000:0001", NULL         },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct ip ip = {.family = IP_NONE};
        bool good = ip_parse(text_from_string(addresses[i].input), &ip);
        char text[IP_TEXT_MAX];

        unit_row(addresses[i].input);
        assert_int_equal(good, addresses[i].output != NULL);
        ip_format(&ip, text);
        assert_string_equal(text, good ? addresses[i].output : "unknown");
    }
    assert_false(ip_parse(TEXT("192.0.2.1\0x"), &(struct ip){0}));
}

static const struct {
    const char *network;   /* NULL behind the last */
    const char *canonical; /* NULL: refused */
    const char *inside, *outside;
} networks[] = {
    {"192.0.2.0/24",   "192.0.2.0/24",    "192.0.2.255",      "192.0.3.0"      },
    {"192.0.2.77/25",  "192.0.2.0/25",    "192.0.2.127",      "192.0.2.128"    },
    {"0.0.0.0/0",      "0.0.0.0/0",       "203.0.113.9",      "2001:db8::1"    },
    {"192.0.2.1",      "192.0.2.1/32",    "192.0.2.1",        "192.0.2.2"      },
    {"2001:db8::/33",  "2001:db8::/33",   "2001:db8:7fff::1", "2001:db8:8000::"},
    {"2001:db8::1",    "2001:db8::1/128", "2001:db8::1",      "2001:db8::2"    },
    {"192.0.2.0/33",   NULL,              NULL,               NULL             },
    {"192.0.2.0/",     NULL,              NULL,               NULL             },
    {"192.0.2.0/-1",   NULL,              NULL,               NULL             },
    {"2001:db8::/129", NULL,              NULL,               NULL             },
    {"/8",             NULL,              NULL,               NULL             },
    {"example.org",    NULL,              NULL,               NULL             },
};

static void test_networks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        struct ip_network network;
        bool good = ip_network_parse(text_from_string(networks[i].network), &network);
        char text[IP_NETWORK_TEXT_MAX];
        struct ip ip;

        unit_row(networks[i].network);
        assert_int_equal(good, networks[i].canonical != NULL);
        if (!good)
            continue;
        ip_network_format(&network, text);
        assert_string_equal(text, networks[i].canonical);
        assert_true(ip_parse(text_from_string(networks[i].inside), &ip));
        assert_true(ip_network_contains(&network, &ip));
        assert_true(ip_parse(text_from_string(networks[i].outside), &ip));
        assert_false(ip_network_contains(&network, &ip));
    }
}

static void test_sockaddr(void **state)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct ip ip;

    (void)state;
    inet_pton(AF_INET, "127.0.0.1", &v4.sin_addr);
    ip = ip_from_sockaddr((struct sockaddr *)&v4);
    assert_int_equal(ip.family, IP_V4);
    assert_true(ip_is_loopback(&ip));
    inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
    ip = ip_from_sockaddr((struct sockaddr *)&v6);
    assert_int_equal(ip_bits(&ip), 128);
    assert_false(ip_is_loopback(&ip));
    inet_pton(AF_INET6, "::1", &v6.sin6_addr);
    ip = ip_from_sockaddr((struct sockaddr *)&v6);
    assert_true(ip_is_loopback(&ip));
    ip = ip_from_sockaddr(&other);
    assert_int_equal(ip_bits(&ip), 0);
    assert_false(ip_is_loopback(&ip));
    assert_false(ip_same_prefix(&ip, &ip, 0));
    ip = ip_from_sockaddr(NULL);
    assert_int_equal(ip.family, IP_NONE);
}

static void test_equals(void **state)
{
    struct ip a, b;

    (void)state;
    assert_true(ip_parse(TEXT("::ffff:192.0.2.1"), &a));
    assert_true(ip_parse(TEXT("192.0.2.1"), &b));
    assert_true(ip_equals(&a, &b));
    assert_true(ip_parse(TEXT("192.0.2.2"), &b));
    assert_false(ip_equals(&a, &b));
}

static const struct {
    const char *ip;
    bool is_private;
} private_rows[] = {
    {"0.0.0.0",         true },
    {"9.255.255.255",   false},
    {"10.0.0.0",        true },
    {"11.0.0.0",        false},
    {"100.63.255.255",  false},
    {"100.64.0.0",      true },
    {"100.127.255.255", true },
    {"100.128.0.0",     false},
    {"127.0.0.1",       true },
    {"169.254.1.1",     true },
    {"172.15.0.1",      false},
    {"172.31.255.255",  true },
    {"172.32.0.0",      false},
    {"192.0.2.1",       false},
    {"192.168.1.1",     true },
    {"223.255.255.255", false},
    {"224.0.0.1",       true },
    {"255.255.255.255", true },
    {"::",              true },
    {"::1",             true },
    {"::2",             false},
    {"2001:db8::1",     false},
    {"fc00::1",         true },
    {"fdff::1",         true },
    {"fe00::1",         false},
    {"fe80::1",         true },
    {"fec0::1",         false},
    {"ff02::1",         true },
};

static void test_private(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof private_rows / sizeof *private_rows; i++) {
        struct ip ip = {.family = IP_NONE};

        unit_row(private_rows[i].ip);
        assert_true(ip_parse(text_from_string(private_rows[i].ip), &ip));
        assert_int_equal(ip_is_private(&ip), private_rows[i].is_private);
    }
    assert_true(ip_is_private(&(struct ip){.family = IP_NONE}));
}

UNIT_MAIN(cmocka_unit_test(test_private), cmocka_unit_test(test_parse),
    cmocka_unit_test(test_networks), cmocka_unit_test(test_sockaddr), cmocka_unit_test(test_equals))
