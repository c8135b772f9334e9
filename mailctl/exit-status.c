/* SPDX-License-Identifier: MIT */
#include "mailctl/exit-status.h"

#include <stddef.h>
#include <sysexits.h>

#include "mailctl/command.h"

const struct exit_status exit_statuses[] = {
    {EX_OK,                 "it was done; of verbs that check: all is in order"              },
    {COMMAND_CHECK_WARNING, "of verbs that check: something is not as it should be"          },
    {COMMAND_CHECK_ERROR,   "of verbs that check: something is wrong"                        },
    {COMMAND_CHECK_UNKNOWN, "of verbs that check: something could not be seen"               },
    {EX_USAGE,              "usage: a command, an option, its value; or nobody said yes"     },
    {EX_DATAERR,            "data: an address, a domain, a message, a key; or a rule forbids"},
    {EX_NOINPUT,            "a file is not there"                                            },
    {EX_NOUSER,             "there is no such user or alias"                                 },
    {EX_NOHOST,             "there is no such domain"                                        },
    {EX_UNAVAILABLE,        "a program that was asked for help failed"                       },
    {EX_SOFTWARE,           "a bug, or the cryptographic library refused"                    },
    {EX_CANTCREAT,          "there is one already"                                           },
    {EX_IOERR,              "input or output failed"                                         },
    {EX_TEMPFAIL,           "try again: locked, full, or a daemon does not run"              },
    {EX_PROTOCOL,           "a daemon answered in a form that is not known"                  },
    {EX_NOPERM,             "this user may not do that"                                      },
    {EX_CONFIG,             "the configuration, or a database missing, damaged or outdated"  },
    {0,                     NULL                                                             },
};
