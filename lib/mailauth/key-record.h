/* SPDX-License-Identifier: MIT */
#pragma once

/* The text of a key record (RFC 6376 §3.6.1), read but not decoded. Pure parser, any thread. */

#include "lib/mailauth/key.h"

#define KEY_RECORD_TAGS_MAX 32

struct key_record {
    enum key_algorithm algorithm; /* k= */
    struct text data;             /* p=, base64 with blanks */
    bool is_testing;              /* t=y */
    bool is_strict;               /* t=s */
};

/* KEY_OK, KEY_REVOKED, KEY_MALFORMED or KEY_UNSUITED; data points into text. */
enum key_status key_record_parse(
    struct text text, struct arena *arena, struct key_record *record_r);
