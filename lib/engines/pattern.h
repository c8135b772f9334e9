/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Regular expressions (POSIX, extended) over bytes from outside, for the tables of differences,
 * whose predicates are read more easily so. The patterns are ours, constant and anchored at both
 * ends; a bad one is a bug and asserts. In the C locale a byte is a character. Any thread.
 */

#include "lib/base/text.h"

/* The whole text; letters without regard to case. A NUL matches nothing but [^...]. */
bool pattern_matches(struct text text, const char *pattern);
/* Somewhere in the text. */
bool pattern_occurs(struct text text, const char *pattern);
