/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a new password is one that guessers come to soon: too short, a row of keys, a sequence,
 * the same again and again, or made of words that everybody tries first and of what stands in the
 * user's address. Nothing is asked of the kinds of characters in it (NIST SP 800-63B-4, 3.1.1.2).
 * What others have used before is password-list.h's. Pure; any thread.
 */

#include <stddef.h>

#include "lib/base/text.h"

enum password_flaw {
    PASSWORD_FLAW_NONE,
    PASSWORD_FLAW_SHORT,
    PASSWORD_FLAW_PATTERN, /* keys in a row, a sequence, a repetition */
    PASSWORD_FLAW_WORDS    /* of the user or of everybody, and years */
};

struct password_rules {
    size_t length_min; /* characters of UTF-8; a byte that is none counts for one */
    /* What the user is called: address, display name, host. Words in them are tried first. */
    const struct text *names;
    size_t name_count;
};

/* password: at most PASSWORD_MAX_BYTES. */
enum password_flaw password_rules_judge(const struct password_rules *rules, struct text password);
/* In characters, as the rules count them. */
size_t password_rules_length(struct text password);
