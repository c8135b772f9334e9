/* SPDX-License-Identifier: MIT */
#pragma once

/* The result words of RFC 8601 §2.7, shared by all methods. */

#include "lib/base/text.h"

enum auth_result {
    AUTH_NONE,
    AUTH_PASS,
    AUTH_FAIL,
    AUTH_SOFTFAIL, /* SPF alone */
    AUTH_NEUTRAL,
    AUTH_POLICY, /* good in itself, refused by local policy */
    AUTH_TEMPERROR,
    AUTH_PERMERROR
};

/* "pass"; never NULL. */
const char *auth_result_word(enum auth_result result);

/* The result that the word names, whatever its case; false where it names none of them. */
bool auth_result_find(struct text word, enum auth_result *result_r);

/* How far an evaluation got: the second asks for another wave of answers and another call. */
enum auth_progress { AUTH_DONE, AUTH_WAITING };
