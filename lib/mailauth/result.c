/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/result.h"

const char *auth_result_word(enum auth_result result)
{
    static const char *const words[] = {
        [AUTH_NONE] = "none",
        [AUTH_PASS] = "pass",
        [AUTH_FAIL] = "fail",
        [AUTH_SOFTFAIL] = "softfail",
        [AUTH_NEUTRAL] = "neutral",
        [AUTH_POLICY] = "policy",
        [AUTH_TEMPERROR] = "temperror",
        [AUTH_PERMERROR] = "permerror",
    };

    return words[result];
}
