/* SPDX-License-Identifier: MIT */
#pragma once

/* Values of settings from text: what config.c and its tests share. See config.h. */

#include "lib/base/config.h"

#define CONFIG_STRING_DEFAULT_MAX 1024

/* Parses and range-checks one value of any type but LIST into its place in the target. */
bool config_value_parse(
    const struct config_setting *setting, struct text text, void *target, struct arena *arena);
/* What STRING and the items of LIST are checked by. */
bool config_value_is_string_ok(const struct config_setting *setting, struct text text);
