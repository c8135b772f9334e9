/* SPDX-License-Identifier: MIT */
#include "mailctl/status/status-mend.h"

#include "tests/unit/unit.h"

#define HERE "/etc/gatepost/out.conf"

static const struct {
    const char *name, *command, *config_path;
    bool lacks_init;
    const char *mend;
} rows[] = {
    {"the usual one",                  "mailctl init",                                    NULL,             false, "mailctl init"                   },
    {"nothing",                        "",                                                HERE,             true,  ""                               },
    {"another configuration",          "mailctl init",                                    HERE,             false, "mailctl -c " HERE " init"       },
    {"by an ordinary user",            "sudo mailctl status",                             HERE,             false, "sudo mailctl -c " HERE " status"},
    {"two commands",                   "mailctl detach postfix; mailctl attach postfix",  HERE,             false,
     "mailctl -c " HERE " detach postfix; mailctl -c " HERE " attach postfix"                                                                       },
    {"behind another program",         "mailctl init; systemctl restart gatepost.target", HERE,             false,
     "mailctl -c " HERE " init; systemctl restart gatepost.target"                                                                                  },
    {"one that says it itself",        "mailctl -c /etc/other.conf status",               HERE,             false,
     "mailctl -c /etc/other.conf status"                                                                                                            },
    {"no command of ours",             "postfix check",                                   HERE,             false, "postfix check"                  },
    {"a path of two words",            "mailctl init",                                    "/tmp/it's here", false,
     "mailctl -c '/tmp/it'\\''s here' init"                                                                                                         },
    {"a path without letters",         "mailctl init",                                    "",               false, "mailctl -c '' init"             },
    {"a daemon, before init",          "systemctl start gatepost-milter",                 NULL,             true,  "mailctl init"                   },
    {"sockets, before init",           "systemd-tmpfiles --create gatepost.conf",         NULL,             true,  "mailctl init"                   },
    {"a list, before init",            "mailctl upgrade",                                 HERE,             true,  "mailctl -c " HERE " init"       },
    {"a server, before init",          "mailctl attach postfix",                          HERE,             true,
     "mailctl -c " HERE " init; mailctl -c " HERE " attach postfix"                                                                                 },
    {"not ours, before init",          "systemctl restart postfix",                       NULL,             true,  "systemctl restart postfix"      },
    {"a package, before init",         "apt-get install postfix",                         NULL,             true,  "apt-get install postfix"        },
    {"init itself",                    "mailctl init",                                    NULL,             true,  "mailctl init"                   },
    {"the configuration, before init", "mailctl config check",                            NULL,             true,  "mailctl config check"           },
};

static void test_mend(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_row(rows[i].name);
        assert_string_equal(
            status_mend(rows[i].command, rows[i].config_path, rows[i].lacks_init, arena),
            rows[i].mend);
    }
    arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_mend))
