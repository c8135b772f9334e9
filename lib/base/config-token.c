/* SPDX-License-Identifier: MIT */
#include "lib/base/config-token.h"

#include <string.h>

static bool starts(const struct config_tokens *tokens, struct text word)
{
    return text_starts_with(text_skip(tokens->content, tokens->at), word);
}

static bool is_sign(char byte)
{
    return byte != '\0' && strchr("{}()=,", byte) != NULL;
}

static bool ends_word(const struct config_tokens *tokens)
{
    char byte = tokens->content.data[tokens->at];

    return text_is_blank(byte) || is_sign(byte) || byte == '"' || byte == '\'' || byte == '#' ||
           byte == '+' || starts(tokens, TEXT("//")) || starts(tokens, TEXT("/*"));
}

static void move(struct config_tokens *tokens, size_t len)
{
    for (size_t end = tokens->at + len; tokens->at < end && tokens->at < tokens->content.len;)
        if (tokens->content.data[tokens->at++] == '\n')
            tokens->line++;
}

/* To the end of the word that closes, which is taken too; false where there is none. */
static bool move_behind(struct config_tokens *tokens, struct text word)
{
    struct text rest = text_skip(tokens->content, tokens->at);
    size_t len = text_find_text(rest, word);

    move(tokens, len + word.len);
    return len < rest.len;
}

/* Blanks and comments; false where a comment is not closed. */
static bool pass_over(struct config_tokens *tokens)
{
    while (tokens->at < tokens->content.len) {
        char byte = tokens->content.data[tokens->at];

        if (byte == '#' || starts(tokens, TEXT("//")))
            (void)move_behind(tokens, TEXT("\n"));
        else if (starts(tokens, TEXT("/*"))) {
            struct config_tokens inside = *tokens;

            move(&inside, 2);
            if (!move_behind(&inside, TEXT("*/")))
                return false;
            *tokens = inside;
        } else if (text_is_blank(byte) || (byte == '+' && !starts(tokens, TEXT("+="))))
            move(tokens, 1);
        else
            break;
    }
    return true;
}

static struct config_token take(
    struct config_tokens *tokens, enum config_token_type type, size_t len)
{
    struct config_token token = {.type = type,
        .text = text_head(text_skip(tokens->content, tokens->at), len),
        .line = tokens->line};

    move(tokens, len);
    return token;
}

static struct config_token take_quoted(struct config_tokens *tokens)
{
    struct text rest = text_skip(tokens->content, tokens->at);
    struct config_token token;
    size_t len = 1;

    while (len < rest.len && rest.data[len] != rest.data[0])
        len += rest.data[len] == '\\' ? 2 : 1;
    if (len >= rest.len)
        return take(tokens, CONFIG_TOKEN_OPEN_QUOTE, rest.len);
    token = take(tokens, CONFIG_TOKEN_TEXT, len + 1);
    token.text = text_head(text_skip(token.text, 1), len - 1);
    return token;
}

static struct config_token take_word(struct config_tokens *tokens)
{
    struct config_tokens end = *tokens;

    do
        end.at++;
    while (end.at < end.content.len && !ends_word(&end));
    return take(tokens, CONFIG_TOKEN_TEXT, end.at - tokens->at);
}

void config_tokens_init(struct config_tokens *tokens, struct text content)
{
    *tokens = (struct config_tokens){.content = content, .line = 1};
}

struct config_token config_tokens_next(struct config_tokens *tokens)
{
    char byte;

    if (!pass_over(tokens))
        return take(tokens, CONFIG_TOKEN_OPEN_COMMENT, tokens->content.len - tokens->at);
    if (tokens->at >= tokens->content.len)
        return take(tokens, CONFIG_TOKEN_END, 0);
    byte = tokens->content.data[tokens->at];
    if (byte == '"' || byte == '\'')
        return take_quoted(tokens);
    if (is_sign(byte))
        return take(tokens, CONFIG_TOKEN_SIGN, 1);
    if (byte == '+')
        return take(tokens, CONFIG_TOKEN_APPEND, 2);
    return take_word(tokens);
}

struct config_token config_tokens_peek(const struct config_tokens *tokens)
{
    struct config_tokens copy = *tokens;

    return config_tokens_next(&copy);
}

bool config_token_is_sign(const struct config_token *token, char sign)
{
    return token->type == CONFIG_TOKEN_SIGN && token->text.data[0] == sign;
}
