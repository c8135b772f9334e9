/* SPDX-License-Identifier: MIT */
#pragma once

/* The entries of all cmd-*.c, for commands.c alone. */

#include "mailctl/command.h"

extern const struct command command_config_show, command_config_check;
extern const struct command command_dkim_generate, command_dkim_activate, command_dkim_list,
    command_dkim_show;
extern const struct command command_dns_show, command_dns_zone;
extern const struct command command_help;
