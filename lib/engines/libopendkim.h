/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * libopendkim, as an engine and as a second opinion. One handle of the library for the process,
 * one object for each signature: the library sees each alone, since one that is malformed or
 * without a key would end its view of the others. Any thread, once it is open.
 *
 * What the library leaves to its caller, and where it is done:
 *   - a malformed field fails the whole message: only fields that our parser takes are shown to
 *     it, one at a time, with BADSIGHANDLES;
 *   - a temporary failure of a key ends all: it is not asked before the answer is there;
 *   - PASSED alone is no pass: no error, PASSED and a body hash that matches;
 *   - a second From above the signed one, keys that are too short, l= within the body, the number
 *     of signatures, rsa-sha1, q= and k= against a=: signature.c, before and after it.
 * dkim_ohdrs() writes beyond its buffer, and signing with Ed25519 leaks; neither is used.
 */

#include <time.h>

#include "lib/base/error.h"
#include "lib/engines/compare.h"
#include "lib/mailauth/signature.h"

enum err libopendkim_open(struct failure *failure);
extern const struct signature_engine libopendkim_engine;
/* The rows of its method; see engines.h. */
enum auth_progress libopendkim_compare(
    const struct compare_input *input, struct compare_rows *rows);

/* What the library alone says of a signature, in words of RFC 6376 §6.1. */
enum libopendkim_status {
    LIBOPENDKIM_SUCCESS,
    LIBOPENDKIM_TEMPFAIL,
    LIBOPENDKIM_PERMFAIL,
    LIBOPENDKIM_UNREAD /* it takes the message, or the field, for malformed: a permanent failure */
};

struct libopendkim_opinion {
    enum libopendkim_status status;
    const char *words; /* the library's, for what is wrong; or NULL */
};

/*
 * The library without our rules, on the message whose field with that number is a signature, with
 * the key that it asks for from answers; what is not there is no key. It looks at the system's
 * clock.
 */
struct libopendkim_opinion libopendkim_ask(const struct header_field *fields, size_t field_count,
    size_t index, struct text body, const struct answers *answers);
