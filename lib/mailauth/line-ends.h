/* SPDX-License-Identifier: MIT */
#pragma once

/* Line ends of mail. Pure function, any thread. */

#include "lib/base/arena.h"
#include "lib/base/text.h"

/* The same bytes with CRLF for each lone LF; the text itself where there is none. */
struct text line_ends_to_crlf(struct text text, struct arena *arena);
