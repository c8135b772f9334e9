/* SPDX-License-Identifier: MIT */
#include "mailctl/document.h"

#include "mailctl/document-yaml.h"

/* --- JSON: its bounds --- */

/* What the eye sees of JSON before a tree is made of it. */
struct scan {
    size_t line, depth;
    size_t values; /* keys count until their colon comes */
};

static enum err count_value(struct scan *scan, struct failure *failure)
{
    if (scan->depth >= DOCUMENT_DEPTH_MAX)
        return failure_set(failure, ERR_LIMIT, "line %zu: things in things, too deep", scan->line);
    if (++scan->values > DOCUMENT_NODES_MAX)
        return failure_set(
            failure, ERR_LIMIT, "line %zu: more values than can be taken at a time", scan->line);
    return ERR_NONE;
}

/* How many bytes the string is long that begins there, as far as it goes. */
static size_t string_len(struct text content)
{
    size_t len = 1;

    while (len < content.len && content.data[len] != '"')
        len += content.data[len] == '\\' ? 2 : 1;
    return len + 1 < content.len ? len + 1 : content.len;
}

static size_t word_len(struct text content)
{
    size_t len = 1;

    while (len < content.len && strchr(" \t\r\n,:[]{}\"", content.data[len]) == NULL)
        len++;
    return len;
}

/* One token; *len_r: its length. */
static enum err scan_token(
    struct scan *scan, struct text content, size_t *len_r, struct failure *failure)
{
    enum err err = ERR_NONE;
    size_t len = 1;

    switch (content.data[0]) {
    case '\n':
        scan->line++;
        break;
    case ' ':
    case '\t':
    case '\r':
    case ',':
        break;
    case ':':
        scan->values -= scan->values != 0;
        break;
    case '[':
    case '{':
        err = count_value(scan, failure);
        scan->depth++;
        break;
    case ']':
    case '}':
        scan->depth -= scan->depth != 0;
        break;
    default:
        err = count_value(scan, failure);
        len = content.data[0] == '"' ? string_len(content) : word_len(content);
    }
    *len_r = len;
    return err;
}

/* jansson makes a tree of all that there is, however much memory that takes. */
static enum err check_bounds(struct text content, struct failure *failure)
{
    struct scan scan = {.line = 1};
    enum err err = ERR_NONE;
    size_t len = 0;

    for (; err == ERR_NONE && content.len != 0; content = text_skip(content, len))
        err = scan_token(&scan, content, &len, failure);
    return err;
}

/* --- JSON: the tree --- */

/* What JSON has beyond what YAML may have here. The bounds hold by now. */
static enum err check_tree(const json_t *value, struct failure *failure)
{
    const char *key;
    const json_t *inner;
    size_t i;
    enum err err = ERR_NONE;

    if (json_is_real(value))
        return failure_set(failure, ERR_REFUSED, "a number that is not whole");
    for (i = 0; err == ERR_NONE && i < json_array_size(value); i++)
        err = check_tree(json_array_get(value, i), failure);
    /* The tree is only read; jansson's loop has no form for that. */
    json_object_foreach((json_t *)(uintptr_t)value, key, inner)
    {
        if (err == ERR_NONE && *key == '\0')
            err = failure_set(failure, ERR_REFUSED, "a key that is no word");
        if (err == ERR_NONE)
            err = check_tree(inner, failure);
    }
    return err;
}

/* jansson's words quote what stands there: only the line is told. */
static enum err parse_json(struct text content, json_t **document_r, struct failure *failure)
{
    json_error_t error;
    enum err err = check_bounds(content, failure);
    json_t *document;

    if (err != ERR_NONE)
        return err;
    document =
        json_loadb(content.data, content.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (document == NULL && json_error_code(&error) == json_error_duplicate_key)
        return failure_set(failure, ERR_REFUSED, "line %d: a key stands twice", error.line);
    if (document == NULL)
        return failure_set(failure, ERR_SYNTAX, "line %d: this is no JSON", error.line);
    err = check_tree(document, failure);
    if (err == ERR_NONE)
        *document_r = document;
    else
        json_decref(document);
    return err;
}

static bool is_json(struct text content)
{
    while (content.len != 0 && text_is_blank(content.data[0]))
        content = text_skip(content, 1);
    return content.len != 0 && content.data[0] == '{';
}

enum err document_parse(struct text content, json_t **document_r, struct failure *failure)
{
    if (content.len > DOCUMENT_BYTES_MAX)
        return failure_set(failure, ERR_LIMIT, "more than %zu bytes", (size_t)DOCUMENT_BYTES_MAX);
    return is_json(content) ? parse_json(content, document_r, failure)
                            : document_yaml_parse(content, document_r, failure);
}
