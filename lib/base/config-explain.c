/* SPDX-License-Identifier: MIT */
#include "lib/base/config-explain.h"

#include <stdarg.h>

#include "lib/base/config-token.h"
#include "lib/base/near.h"

/* Of what was found, as much goes into a message. */
#define SHOWN_MAX 64
#define SHOWN(text) TEXT_ARGS(text_head(text, SHOWN_MAX))

struct explanation {
    struct config_tokens tokens;
    const struct config_section *sections;
    size_t count;
    const struct config_section *section; /* the open one, or NULL */
    int section_line;
    const struct config_setting *last; /* the setting before, and the line of its value's end */
    int last_line;
    struct buffer *sentence;
    int line; /* of what is wrong; 0: nothing yet */
};

static void say(struct explanation *it, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct explanation *it, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buffer_append_list(it->sentence, format, args);
    va_end(args);
    it->line = line;
}

/* A token in quotes, or words for what it is. */
static void say_found(struct explanation *it, const struct config_token *token)
{
    if (token->type == CONFIG_TOKEN_END)
        buffer_append_string(it->sentence, "found the end of the file");
    else
        buffer_append_format(it->sentence, "found \"%.*s\"", SHOWN(token->text));
}

static const char *section_name(const struct config_section *section)
{
    return section != NULL ? section->name : "";
}

static void say_setting(struct explanation *it, const struct config_setting *setting)
{
    const char *section = section_name(it->section);

    buffer_append_format(
        it->sentence, "%s%s%s: ", section, section[0] != '\0' ? "." : "", setting->name);
}

/* --- the tables --- */

static const struct config_section *find_section(const struct explanation *it, struct text name)
{
    for (size_t i = 0; i < it->count; i++)
        if (it->sections[i].name[0] != '\0' &&
            text_equals(name, text_from_string(it->sections[i].name)))
            return &it->sections[i];
    return NULL;
}

static const struct config_setting *find_in(const struct config_section *section, struct text name)
{
    for (size_t i = 0; i < section->count; i++)
        if (text_equals(name, text_from_string(section->settings[i].name)))
            return &section->settings[i];
    return NULL;
}

static bool is_open(const struct explanation *it, const struct config_section *section)
{
    return strcmp(section->name, section_name(it->section)) == 0;
}

static const struct config_setting *find_setting(const struct explanation *it, struct text name)
{
    const struct config_setting *setting = NULL;

    for (size_t i = 0; setting == NULL && i < it->count; i++)
        if (is_open(it, &it->sections[i]))
            setting = find_in(&it->sections[i], name);
    return setting;
}

/* --- names that no table has --- */

/* Names that could have stood there: the nearest, or all of them. */
struct choice {
    struct near near;
    struct buffer all;
};

static void choice_offer(struct choice *choice, const char *name)
{
    near_offer(&choice->near, name);
    buffer_append_format(&choice->all, "%s%s", choice->all.len != 0 ? ", " : "", name);
}

static void choice_say(struct choice *choice, struct buffer *sentence)
{
    const char *best = near_best(&choice->near);

    if (best != NULL)
        buffer_append_format(sentence, "; did you mean \"%s\"?", best);
    else
        buffer_append_format(sentence, "; expected one of %s", buffer_string(&choice->all));
    buffer_done(&choice->all);
}

static void say_unknown_section(struct explanation *it, const struct config_token *name)
{
    struct choice choice = {.all = BUFFER_NONE};

    near_init(&choice.near, name->text);
    say(it, name->line, "there is no section \"%.*s\"", SHOWN(name->text));
    for (size_t i = 0; i < it->count; i++)
        if (it->sections[i].name[0] != '\0')
            choice_offer(&choice, it->sections[i].name);
    choice_say(&choice, it->sentence);
}

/* The setting belongs to other sections: true where that was said. */
static bool say_elsewhere(struct explanation *it, struct text name)
{
    bool found = false;

    for (size_t i = 0; i < it->count; i++) {
        const struct config_section *section = &it->sections[i];

        if (find_in(section, name) == NULL)
            continue;
        buffer_append_string(it->sentence, found ? " or " : "; it belongs ");
        if (section->name[0] != '\0')
            buffer_append_format(it->sentence, "into %s { }", section->name);
        else
            buffer_append_string(it->sentence, "outside of the sections");
        found = true;
    }
    return found;
}

/* "milter.listen", as messages and manuals name it: true where it was said how it is written. */
static bool say_dotted(struct explanation *it, struct text name)
{
    size_t dot = text_find(name, '.');
    const struct config_section *section = find_section(it, text_head(name, dot));

    if (dot == name.len || section == NULL)
        return false;
    buffer_append_format(it->sentence, "; write it as \"%s { %.*s = ... }\"", section->name,
        SHOWN(text_skip(name, dot + 1)));
    return true;
}

static void say_unknown_setting(struct explanation *it, const struct config_token *name)
{
    struct choice choice = {.all = BUFFER_NONE};

    near_init(&choice.near, name->text);
    say(it, name->line, "there is no setting \"%.*s\" %s %s", SHOWN(name->text),
        it->section != NULL ? "in" : "outside of",
        it->section != NULL ? it->section->name : "the sections");
    if (say_elsewhere(it, name->text) || say_dotted(it, name->text))
        return;
    for (size_t i = 0; i < it->count; i++)
        for (size_t j = 0; is_open(it, &it->sections[i]) && j < it->sections[i].count; j++)
            choice_offer(&choice, it->sections[i].settings[j].name);
    choice_say(&choice, it->sentence);
}

/* "name = two words": libconfuse takes the second for a name. */
static bool is_second_word(
    const struct explanation *it, const struct config_token *name, const struct config_token *next)
{
    return it->last != NULL && name->line == it->last_line && !config_token_is_sign(next, '=') &&
           !config_token_is_sign(next, '{') && next->type != CONFIG_TOKEN_APPEND;
}

static void explain_name(struct explanation *it, const struct config_token *name)
{
    struct config_token next = config_tokens_peek(&it->tokens);

    if (is_second_word(it, name, &next)) {
        say_setting(it, it->last);
        say(it, name->line, "\"%.*s\" stands behind the value; quotes hold several words together",
            SHOWN(name->text));
    } else if (find_section(it, name->text) != NULL)
        say(it, name->line,
            "the section %.*s cannot stand inside of %s, which line %d opens: is a \"}\" missing?",
            SHOWN(name->text), section_name(it->section), it->section_line);
    else if (config_token_is_sign(&next, '{'))
        say_unknown_section(it, name);
    else
        say_unknown_setting(it, name);
}

/* --- signs out of place --- */

/* Both kinds swallow the rest of the file. */
static bool is_open_end(struct explanation *it, const struct config_token *token)
{
    if (token->type == CONFIG_TOKEN_OPEN_QUOTE)
        say(it, token->line, "the quotes that begin here are never closed");
    else if (token->type == CONFIG_TOKEN_OPEN_COMMENT)
        say(it, token->line, "the comment that begins here is never closed: expected \"*/\"");
    return token->type == CONFIG_TOKEN_OPEN_QUOTE || token->type == CONFIG_TOKEN_OPEN_COMMENT;
}

static void explain_expected(
    struct explanation *it, const struct config_token *token, const char *expected)
{
    if (is_open_end(it, token))
        return;
    say(it, token->line, "expected %s, ", expected);
    say_found(it, token);
}

static void explain_value(
    struct explanation *it, const struct config_setting *setting, const struct config_token *token)
{
    struct buffer expected = BUFFER_NONE;

    config_format_expected(setting, &expected);
    if (!is_open_end(it, token)) {
        say_setting(it, setting);
        if (config_token_is_sign(token, '{'))
            say(it, token->line, "expected %s, found a list", buffer_string(&expected));
        else
            explain_expected(it, token, buffer_string(&expected));
    }
    buffer_done(&expected);
}

static void read_items(struct explanation *it, const struct config_setting *setting)
{
    struct config_token token;

    do {
        token = config_tokens_next(&it->tokens);
        if (config_token_is_sign(&token, '}'))
            return;
        if (token.type != CONFIG_TOKEN_TEXT) {
            explain_value(it, setting, &token);
            return;
        }
        token = config_tokens_next(&it->tokens);
    } while (config_token_is_sign(&token, ','));
    if (config_token_is_sign(&token, '}') || is_open_end(it, &token))
        return;
    say_setting(it, setting);
    explain_expected(it, &token, "\",\" or \"}\" behind the item");
}

static void read_value(struct explanation *it, const struct config_setting *setting)
{
    bool is_list = setting->type == CONFIG_LIST;
    struct config_token token = config_tokens_next(&it->tokens);

    if (!config_token_is_sign(&token, '=') && !(is_list && token.type == CONFIG_TOKEN_APPEND)) {
        if (is_open_end(it, &token))
            return;
        say_setting(it, setting);
        explain_expected(it, &token, "\"=\" and a value");
        return;
    }
    token = config_tokens_next(&it->tokens);
    if (is_list && config_token_is_sign(&token, '{'))
        read_items(it, setting);
    else if (token.type != CONFIG_TOKEN_TEXT)
        explain_value(it, setting, &token);
    it->last = setting;
    it->last_line = it->tokens.line;
}

static void open_section(struct explanation *it, const struct config_section *section, int line)
{
    struct config_token token = config_tokens_next(&it->tokens);

    if (config_token_is_sign(&token, '{')) {
        it->section = section;
        it->section_line = line;
        it->last = NULL;
    } else if (!is_open_end(it, &token)) {
        say(it, token.line, "%s is a section: ", section->name);
        explain_expected(it, &token, "\"{\"");
    }
}

static void close_section(struct explanation *it, int line)
{
    if (it->section == NULL)
        say(it, line, "this \"}\" closes nothing");
    it->section = NULL;
    it->last = NULL;
}

static void read_entry(struct explanation *it, const struct config_token *name)
{
    const struct config_setting *setting = find_setting(it, name->text);
    const struct config_section *section = find_section(it, name->text);

    if (setting != NULL)
        read_value(it, setting);
    else if (section != NULL && it->section == NULL)
        open_section(it, section, name->line);
    else
        explain_name(it, name);
}

bool config_explain(struct text content, const struct config_section *sections, size_t count,
    struct buffer *sentence, int *line_r)
{
    struct explanation it = {.sections = sections, .count = count, .sentence = sentence};
    struct config_token token;

    config_tokens_init(&it.tokens, content);
    do {
        token = config_tokens_next(&it.tokens);
        if (token.type == CONFIG_TOKEN_TEXT)
            read_entry(&it, &token);
        else if (config_token_is_sign(&token, '}'))
            close_section(&it, token.line);
        else if (token.type != CONFIG_TOKEN_END)
            explain_expected(&it, &token, "the name of a setting");
        else if (it.section != NULL)
            say(&it, token.line, "the file ends inside of %s, which line %d opens: expected \"}\"",
                it.section->name, it.section_line);
    } while (it.line == 0 && token.type != CONFIG_TOKEN_END);
    if (it.line != 0)
        *line_r = it.line;
    return it.line != 0;
}
