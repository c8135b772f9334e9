/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/systemd-idle.h"

#include "tests/unit/unit.h"

static void test_judge(void **state)
{
    static const struct {
        const char *name, *states;
        enum systemd_idle idle;
    } rows[] = {
        {"all run",              "active\nactive\nactive\n",       SYSTEMD_RUNS    },
        {"runs by itself",       "active\ninactive\ninactive\n",   SYSTEMD_RUNS    },
        {"stopped, one held",    "inactive\nactive\ninactive\n",   SYSTEMD_STOPPED },
        {"stopped, other held",  "inactive\ninactive\nactive\n",   SYSTEMD_STOPPED },
        {"failed, sockets held", "failed\nactive\nactive\n",       SYSTEMD_FAILED  },
        {"all stopped",          "inactive\ninactive\ninactive\n", SYSTEMD_NOT_IDLE},
        {"all failed",           "failed\nfailed\nfailed\n",       SYSTEMD_NOT_IDLE},
        {"on its way up",        "activating\nactive\nactive\n",   SYSTEMD_NOT_IDLE},
        {"no word",              "",                               SYSTEMD_NOT_IDLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (systemd_idle_judge(text_from_string(rows[i].states)) != rows[i].idle)
            fail_msg("%s", rows[i].name);
}

UNIT_MAIN(cmocka_unit_test(test_judge))
