/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The configuration file that Gatepost is installed with: every setting with its meaning, what it
 * takes and its default, as comments. Made from the tables of all settings, so that it holds
 * neither more nor less than what the programs read.
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"

void settings_file_append(struct arena *arena, struct buffer *out);
