/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A question or a report of Dovecot's auth policy client: the query names which, the body is a JSON
 * object. What attributes there are is the operator's to say (auth_policy_request_attributes), so
 * one that is absent is an empty text, and one that we do not know is passed over; but an attribute
 * that we know has to be of its kind. Pure; the texts live in the arena given. Any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/ip.h"
#include "lib/base/text.h"

/* Objects and arrays within one another. Dovecot's own requests have one. */
#define POLICY_DEPTH_MAX 4

enum policy_command {
    POLICY_ALLOW, /* before a login, and again after one that succeeded */
    POLICY_REPORT /* what became of it */
};

/* Why a login failed, as Dovecot 2.4 says; 2.3 says nothing. */
enum policy_fail {
    POLICY_FAIL_UNSAID,
    POLICY_FAIL_CREDENTIALS,
    POLICY_FAIL_ACCOUNT, /* there is none of that name */
    POLICY_FAIL_OTHER    /* nobody guessed: an internal error, a policy, an account that is over */
};

struct policy_request {
    enum policy_command command;
    struct text login;
    struct text pwhash; /* says no more than "the same password again" */
    struct text protocol, session, mech;
    struct ip remote;      /* IP_NONE: Dovecot did not say */
    struct ip real_remote; /* who spoke to Dovecot, where remote was forwarded */
    /* Of reports alone. */
    bool success;
    bool policy_reject; /* it was refused by our own answer */
    enum policy_fail fail;
};

/* False where it is none; *problem_r says why, in a static string. */
bool policy_request_parse(struct text query, struct text body, struct arena *arena,
    struct policy_request *request_r, const char **problem_r);
