/* SPDX-License-Identifier: MIT */
#include "mailctl/document.h"

#include "mailctl/document-yaml.h"

/* What JSON has beyond what YAML may have here. */
static enum err check_tree(const json_t *value, unsigned depth, struct failure *failure)
{
    const char *key;
    const json_t *inner;
    size_t i;
    enum err err = ERR_NONE;

    if (depth >= DOCUMENT_DEPTH_MAX)
        return failure_set(failure, ERR_LIMIT, "things in things, too deep");
    if (json_is_real(value))
        return failure_set(failure, ERR_REFUSED, "a number that is not whole");
    for (i = 0; err == ERR_NONE && i < json_array_size(value); i++)
        err = check_tree(json_array_get(value, i), depth + 1, failure);
    /* The tree is only read; jansson's loop has no form for that. */
    json_object_foreach((json_t *)(uintptr_t)value, key, inner)
    {
        if (err == ERR_NONE && *key == '\0')
            err = failure_set(failure, ERR_REFUSED, "a key that is no word");
        if (err == ERR_NONE)
            err = check_tree(inner, depth + 1, failure);
    }
    return err;
}

/* jansson's words quote what stands there: only the line is told. */
static enum err parse_json(struct text content, json_t **document_r, struct failure *failure)
{
    json_error_t error;
    enum err err;
    json_t *document =
        json_loadb(content.data, content.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (document == NULL && json_error_code(&error) == json_error_duplicate_key)
        return failure_set(failure, ERR_REFUSED, "line %d: a key stands twice", error.line);
    if (document == NULL)
        return failure_set(failure, ERR_SYNTAX, "line %d: this is no JSON", error.line);
    err = check_tree(document, 0, failure);
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
