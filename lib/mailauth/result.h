/* SPDX-License-Identifier: MIT */
#pragma once

/* The result words of RFC 8601 §2.7, shared by all methods. */

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

/* How far an evaluation got: the second asks for another wave of answers and another call. */
enum auth_progress { AUTH_DONE, AUTH_WAITING };
