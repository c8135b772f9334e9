/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The pieces that an Authentication-Results field is made of (RFC 8601 §2.2), taken off the front
 * of what is left. Pure; any thread.
 */

#include "lib/base/arena.h"

/* CFWS: blanks, folding and comments. False where a comment does not end. */
bool authres_skip_cfws(struct text *rest);
/* quoted-string, which *rest begins with; the folding inside goes. */
bool authres_take_quoted(struct text *rest, struct arena *arena, struct text *content_r);
/* A token of RFC 2045, or with bytes beyond ASCII of RFC 6532; empty where there is none. */
struct text authres_take_token(struct text *rest);
/*
 * What stands before the first result: the authserv-id in its comparable form, and the version.
 * *rest goes to the semicolon, or to the end. False for another version than 1, which nobody may
 * evaluate (§2.5), and where any of it is malformed.
 */
bool authres_take_head(struct text *rest, struct arena *arena, struct text *id_r);
