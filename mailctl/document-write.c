/* SPDX-License-Identifier: MIT */

/* document_format(). */

#include <stdio.h>
#include <yaml.h>

#include "mailctl/document-yaml.h"
#include "mailctl/document.h"

static int take_output(void *out, unsigned char *bytes, size_t len)
{
    buffer_append(out, bytes, len);
    return 1;
}

static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int is_made)
{
    return is_made != 0 && yaml_emitter_emit(emitter, event) != 0;
}

/* Other readers of YAML take these for something else, or for times and numbers of base 60. */
static bool is_other_elsewhere(struct text text)
{
    static const char *const words[] = {"y", "yes", "n", "no", "on", "off"};
    static const char number_bytes[] = "0123456789abcdefxoABCDEFXOTZtz_:.,+-";
    size_t len = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equals_nocase(text, text_from_string(words[i])))
            return true;
    while (len < text.len && text.data[len] != '\0' && strchr(number_bytes, text.data[len]) != NULL)
        len++;
    return text.len != 0 && len == text.len && strchr("0123456789+-.", text.data[0]) != NULL;
}

static bool write_scalar(yaml_emitter_t *emitter, struct text text, bool is_plain)
{
    yaml_event_t event;

    return emit(emitter, &event,
        yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text.data,
            (int)text.len, is_plain, 1,
            is_plain ? YAML_ANY_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE));
}

/* The emitter puts quotes around what could not stand without, besides. */
static bool write_text(yaml_emitter_t *emitter, struct text text)
{
    return write_scalar(emitter, text, document_yaml_is_text(text) && !is_other_elsewhere(text));
}

static bool write_value(yaml_emitter_t *emitter, const json_t *value);

static bool write_array(yaml_emitter_t *emitter, const json_t *array)
{
    yaml_event_t event;

    if (!emit(emitter, &event,
            yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                json_array_size(array) == 0 ? YAML_FLOW_SEQUENCE_STYLE
                                            : YAML_BLOCK_SEQUENCE_STYLE)))
        return false;
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!write_value(emitter, json_array_get(array, i)))
            return false;
    return emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static bool write_object(yaml_emitter_t *emitter, const json_t *object)
{
    yaml_event_t event;
    const char *key;
    json_t *value;

    if (!emit(emitter, &event,
            yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)))
        return false;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (!write_text(emitter, text_from_string(key)) || !write_value(emitter, value))
            return false;
    }
    return emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool write_value(yaml_emitter_t *emitter, const json_t *value)
{
    char number[32];

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return write_object(emitter, value);
    case JSON_ARRAY:
        return write_array(emitter, value);
    case JSON_STRING:
        return write_text(
            emitter, text_from_bytes(json_string_value(value), json_string_length(value)));
    case JSON_TRUE:
        return write_scalar(emitter, TEXT("true"), true);
    case JSON_FALSE:
        return write_scalar(emitter, TEXT("false"), true);
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return write_scalar(emitter, text_from_string(number), true);
    default:
        return write_scalar(emitter, TEXT("null"), true);
    }
}

static bool write_stream(yaml_emitter_t *emitter, const json_t *document)
{
    yaml_event_t event;

    return emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
           emit(emitter, &event,
               yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
           write_value(emitter, document) &&
           emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
           emit(emitter, &event, yaml_stream_end_event_initialize(&event));
}

enum err document_format(const json_t *document, struct buffer *out)
{
    yaml_emitter_t emitter;
    bool good;

    if (yaml_emitter_initialize(&emitter) == 0)
        return ERR_LIMIT;
    yaml_emitter_set_output(&emitter, take_output, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    good = write_stream(&emitter, document);
    yaml_emitter_delete(&emitter);
    return good ? ERR_NONE : ERR_LIMIT;
}
