/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is wrong with the form of a configuration file that libconfuse refused: names that no table
 * has, and signs out of place. libconfuse judges; this finds the words for it, so that they name
 * the line, what was expected, and the name that may have been meant. Pure function, any thread.
 */

#include "lib/base/buffer.h"
#include "lib/base/config.h"

/*
 * Appends the sentence about the first thing wrong and gives its line; false where nothing was
 * found.
 */
bool config_explain(struct text content, const struct config_section *sections, size_t count,
    struct buffer *sentence, int *line_r);
