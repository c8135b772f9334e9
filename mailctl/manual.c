/* SPDX-License-Identifier: MIT */
#include "mailctl/manual.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *noun, *page;
} manuals[] = {
    {"init",            "mailctl-init"         },
    {"upgrade",         "mailctl-init"         },
    {"attach",          "mailctl-attach"       },
    {"detach",          "mailctl-attach"       },
    {"status",          "mailctl-status"       },
    {"check",           "mailctl-check"        },
    {"config",          "mailctl-config"       },
    {"domain",          "mailctl-domain"       },
    {"relay-recipient", "mailctl-domain"       },
    {"user",            "mailctl-user"         },
    {"password-list",   "mailctl-password-list"},
    {"app-password",    "mailctl-app-password" },
    {"alias",           "mailctl-alias"        },
    {"apply",           "mailctl-apply"        },
    {"export",          "mailctl-apply"        },
    {"backup",          "mailctl-backup"       },
    {"restore",         "mailctl-backup"       },
    {"send-as",         "mailctl-send-as"      },
    {"relayhost",       "mailctl-relayhost"    },
    {"override",        "mailctl-override"     },
    {"forwarder",       "mailctl-override"     },
    {"srs",             "mailctl-srs"          },
    {"auth",            "mailctl-auth"         },
    {"limit",           "mailctl-limit"        },
    {"dkim",            "mailctl-dkim"         },
    {"dns",             "mailctl-dns"          },
    {"lookup",          "mailctl-lookup"       },
    {"verify",          "mailctl-verify"       },
    {"spf",             "mailctl-verify"       },
    {"dmarc",           "mailctl-verify"       },
    {"sign",            "mailctl-sign"         },
    {"seal",            "mailctl-sign"         },
};

const char *manual_of_noun(const char *noun)
{
    for (size_t i = 0; i < sizeof manuals / sizeof *manuals; i++)
        if (strcmp(manuals[i].noun, noun) == 0)
            return manuals[i].page;
    return "mailctl";
}
