/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The words and signs of a configuration file, with their lines, as libconfuse takes them: for
 * config-explain.c, which has to say what is wrong with a file that libconfuse refused. Comments
 * are passed over. The texts point into the file's. Any thread.
 */

#include "lib/base/text.h"

enum config_token_type {
    CONFIG_TOKEN_END,
    CONFIG_TOKEN_TEXT,   /* a word, or what stands in quotes (without them, escapes as they are) */
    CONFIG_TOKEN_SIGN,   /* one of { } ( ) = , */
    CONFIG_TOKEN_APPEND, /* += */
    CONFIG_TOKEN_OPEN_QUOTE,  /* quotes that are never closed */
    CONFIG_TOKEN_OPEN_COMMENT /* a comment that is never closed */
};

struct config_token {
    enum config_token_type type;
    struct text text; /* of END: empty */
    int line;         /* where it begins */
};

struct config_tokens {
    struct text content;
    size_t at;
    int line;
};

void config_tokens_init(struct config_tokens *tokens, struct text content);
/* The next one; END again and again at the end. */
struct config_token config_tokens_next(struct config_tokens *tokens);
/* The next one without taking it. */
struct config_token config_tokens_peek(const struct config_tokens *tokens);
bool config_token_is_sign(const struct config_token *token, char sign);
