/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A file that declares things, as a tree: JSON, or the plain part of YAML 1.2. What makes YAML
 * dangerous or surprising is refused with its line: anchors and aliases, tags, several documents,
 * keys that stand twice or are no words. "yes" and "on" are texts; numbers are whole, and one with
 * a zero in front is a text. JSON is held to the same. Pure functions.
 */

#include <jansson.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/text.h"

#define DOCUMENT_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define DOCUMENT_DEPTH_MAX 16
#define DOCUMENT_NODES_MAX ((size_t)20000000)

/*
 * What begins with "{" is JSON. ERR_SYNTAX, ERR_LIMIT, ERR_REFUSED: *failure says line and what
 * was expected, and never quotes the file, which may hold hashes. The tree is the caller's
 * (json_decref()); an empty file is null.
 */
enum err document_parse(struct text content, json_t **document_r, struct failure *failure);
/* Appends the tree as YAML, which document_parse() reads as the same. ERR_LIMIT: no memory. */
enum err document_format(const json_t *document, struct buffer *out);
