/* SPDX-License-Identifier: MIT */
#include "mailctl/document-yaml.h"

#include <yaml.h>

#include "mailctl/document.h"

struct reader {
    yaml_parser_t parser;
    size_t nodes;
    struct failure *failure;
};

static enum err refuse(
    const struct reader *reader, enum err err, const yaml_event_t *event, const char *words)
{
    return failure_set(reader->failure, err, "line %zu: %s", event->start_mark.line + 1, words);
}

static enum err next_event(struct reader *reader, yaml_event_t *event)
{
    const yaml_parser_t *parser = &reader->parser;

    if (yaml_parser_parse(&reader->parser, event) != 0)
        return ERR_NONE;
    return failure_set(reader->failure, ERR_SYNTAX, "line %zu: %s", parser->problem_mark.line + 1,
        parser->problem != NULL ? parser->problem : "this is no YAML");
}

static bool is_word(const char *bytes, size_t len, const char *const *words)
{
    for (; *words != NULL; words++)
        if (text_equals(text_from_bytes(bytes, len), text_from_string(*words)))
            return true;
    return false;
}

/* Of digits without a zero in front, with a sign or none; JSON's integers are as wide. */
static bool read_integer(struct text text, json_int_t *number_r)
{
    bool is_negative = text.len != 0 && text.data[0] == '-';
    struct text digits = text_skip(text, is_negative ? 1 : 0);
    uint64_t number;

    if (!text_to_number(digits, INT64_MAX, &number) || (digits.len > 1 && digits.data[0] == '0'))
        return false;
    *number_r = is_negative ? -(json_int_t)number : (json_int_t)number;
    return true;
}

static json_t *plain_scalar(const char *bytes, size_t len)
{
    static const char *const nothing[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const yes[] = {"true", "True", "TRUE", NULL};
    static const char *const no[] = {"false", "False", "FALSE", NULL};
    json_int_t number;

    if (is_word(bytes, len, nothing))
        return json_null();
    if (is_word(bytes, len, yes))
        return json_true();
    if (is_word(bytes, len, no))
        return json_false();
    if (read_integer(text_from_bytes(bytes, len), &number))
        return json_integer(number);
    return json_stringn(bytes, len);
}

static enum err read_scalar(
    const struct reader *reader, const yaml_event_t *event, json_t **value_r)
{
    const char *bytes = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    json_t *value = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_scalar(bytes, len)
                                                                        : json_stringn(bytes, len);

    if (value == NULL)
        return refuse(reader, ERR_SYNTAX, event, "a text that is no UTF-8");
    *value_r = value;
    return ERR_NONE;
}

static enum err read_value(
    struct reader *reader, const yaml_event_t *event, unsigned depth, json_t **value_r);

static enum err read_sequence(struct reader *reader, unsigned depth, json_t *array)
{
    yaml_event_t event;
    bool is_end = false;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !is_end) {
        json_t *value = NULL;

        err = next_event(reader, &event);
        if (err != ERR_NONE)
            return err;
        is_end = event.type == YAML_SEQUENCE_END_EVENT;
        if (!is_end)
            err = read_value(reader, &event, depth, &value);
        if (value != NULL)
            json_array_append_new(array, value);
        yaml_event_delete(&event);
    }
    return err;
}

/* A word, which the object does not have yet. */
static enum err check_key(
    const struct reader *reader, const yaml_event_t *event, const json_t *object)
{
    const char *key = (const char *)event->data.scalar.value;

    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor != NULL ||
        event->data.scalar.tag != NULL)
        return refuse(reader, ERR_REFUSED, event, "a plain word was expected as key");
    if (event->data.scalar.length == 0 || strlen(key) != event->data.scalar.length)
        return refuse(reader, ERR_REFUSED, event, "a key that is no word");
    if (json_object_get(object, key) != NULL)
        return refuse(reader, ERR_REFUSED, event, "a key stands twice");
    return ERR_NONE;
}

static enum err read_pair(
    struct reader *reader, const yaml_event_t *key, unsigned depth, json_t *object)
{
    yaml_event_t event;
    json_t *value = NULL;
    enum err err = check_key(reader, key, object);

    if (err == ERR_NONE)
        err = next_event(reader, &event);
    if (err != ERR_NONE)
        return err;
    err = read_value(reader, &event, depth, &value);
    yaml_event_delete(&event);
    if (err == ERR_NONE &&
        json_object_set_new(object, (const char *)key->data.scalar.value, value) != 0)
        err = refuse(reader, ERR_SYNTAX, key, "a key that is no UTF-8");
    return err;
}

static enum err read_mapping(struct reader *reader, unsigned depth, json_t *object)
{
    yaml_event_t event;
    bool is_end = false;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !is_end) {
        err = next_event(reader, &event);
        if (err != ERR_NONE)
            return err;
        is_end = event.type == YAML_MAPPING_END_EVENT;
        if (!is_end)
            err = read_pair(reader, &event, depth, object);
        yaml_event_delete(&event);
    }
    return err;
}

/* Aliases make small files large trees; tags make values of what the reader does not see. */
static bool is_plain(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor == NULL && event->data.scalar.tag == NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor == NULL && event->data.sequence_start.tag == NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor == NULL && event->data.mapping_start.tag == NULL;
    default:
        return false;
    }
}

static enum err read_collection(
    struct reader *reader, bool is_sequence, unsigned depth, json_t **value_r)
{
    json_t *value = is_sequence ? json_array() : json_object();
    enum err err = is_sequence ? read_sequence(reader, depth + 1, value)
                               : read_mapping(reader, depth + 1, value);

    if (err == ERR_NONE)
        *value_r = value;
    else
        json_decref(value);
    return err;
}

static enum err read_value(
    struct reader *reader, const yaml_event_t *event, unsigned depth, json_t **value_r)
{
    if (!is_plain(event))
        return refuse(reader, ERR_REFUSED, event, "anchors, aliases and tags are not taken");
    if (depth >= DOCUMENT_DEPTH_MAX)
        return refuse(reader, ERR_LIMIT, event, "things in things, too deep");
    if (++reader->nodes > DOCUMENT_NODES_MAX)
        return refuse(reader, ERR_LIMIT, event, "more values than can be taken at a time");
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event, value_r);
    return read_collection(reader, event->type == YAML_SEQUENCE_START_EVENT, depth, value_r);
}

bool document_yaml_is_text(struct text plain)
{
    json_t *value = plain_scalar(plain.data, plain.len);
    bool is_text = json_is_string(value);

    json_decref(value);
    return is_text;
}

/* The events around the one document. */
static enum err expect(struct reader *reader, yaml_event_type_t type, const char *words)
{
    yaml_event_t event;
    enum err err = next_event(reader, &event);

    if (err != ERR_NONE)
        return err;
    if (event.type != type)
        err = refuse(reader, ERR_REFUSED, &event, words);
    yaml_event_delete(&event);
    return err;
}

static enum err read_document(struct reader *reader, json_t **value_r)
{
    yaml_event_t event;
    json_t *value = NULL;
    enum err err = next_event(reader, &event);

    if (err != ERR_NONE)
        return err;
    err = read_value(reader, &event, 0, &value);
    yaml_event_delete(&event);
    if (err == ERR_NONE)
        err = expect(reader, YAML_DOCUMENT_END_EVENT, "the end was expected");
    if (err == ERR_NONE)
        err = expect(reader, YAML_STREAM_END_EVENT, "one document was expected, and no more");
    if (err == ERR_NONE)
        *value_r = value;
    else
        json_decref(value);
    return err;
}

/* A file with nothing but comments in it has no document. */
static enum err read_stream(struct reader *reader, json_t **value_r)
{
    yaml_event_t event;
    yaml_event_type_t type;
    enum err err = expect(reader, YAML_STREAM_START_EVENT, "the beginning was expected");

    if (err == ERR_NONE)
        err = next_event(reader, &event);
    if (err != ERR_NONE)
        return err;
    type = event.type;
    yaml_event_delete(&event);
    if (type != YAML_STREAM_END_EVENT)
        return read_document(reader, value_r);
    *value_r = json_null();
    return ERR_NONE;
}

enum err document_yaml_parse(struct text content, json_t **document_r, struct failure *failure)
{
    struct reader reader = {.nodes = 0, .failure = failure};
    enum err err;

    if (yaml_parser_initialize(&reader.parser) == 0)
        return failure_set(failure, ERR_LIMIT, "there is no memory for a YAML parser");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)content.data, content.len);
    err = read_stream(&reader, document_r);
    yaml_parser_delete(&reader.parser);
    return err;
}
