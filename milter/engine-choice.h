/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The engines that the settings ask for. A library is loaded when it is asked for, stays to the
 * end of the process, and its known errors are logged as a warning each time a world is made with
 * it. One thread at a time.
 */

#include "lib/mailauth/mailauth.h"
#include "lib/service/settings.h"

/* ERR_ABSENT where a library is not installed; *failure says which setting wants it. */
enum err engine_choice_apply(
    const struct settings *settings, struct mailauth_rules *rules, struct failure *failure);
