/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which manual page, of section 1, tells of a noun. Most nouns have one of their own; those that
 * belong together share one, which is installed by each of their names. Pure; any thread.
 */

/* The page's name, without the section: "mailctl-backup" for "restore". Never NULL: what has no
 * page of its own stands in "mailctl". */
const char *manual_of_noun(const char *noun);
