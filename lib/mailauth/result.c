/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/result.h"

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

const char *auth_result_word(enum auth_result result)
{
    return words[result];
}

bool auth_result_find(struct text word, enum auth_result *result_r)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equals_nocase(word, text_from_string(words[i]))) {
            *result_r = (enum auth_result)i;
            return true;
        }
    return false;
}
