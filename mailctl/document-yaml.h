/* SPDX-License-Identifier: MIT */
#pragma once

/* The YAML half of document.h, and none of anybody else's business. Pure functions. */

#include <jansson.h>

#include "lib/base/error.h"
#include "lib/base/text.h"

/* As document_parse(). */
enum err document_yaml_parse(struct text content, json_t **document_r, struct failure *failure);
/* Whether that, without quotes, is read as a text, and not as a number or a word for something. */
bool document_yaml_is_text(struct text plain);
