/* SPDX-License-Identifier: MIT */

/* Files that declare things. What was taken is read as the same when it was written, in both forms.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mailctl/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_yaml(const json_t *document)
{
    struct buffer yaml = BUFFER_NONE;
    json_t *again = NULL;

    if (document_format(document, &yaml) != ERR_NONE ||
        document_parse(buffer_text(&yaml), &again, NULL) != ERR_NONE ||
        json_equal(document, again) != 1)
        abort();
    json_decref(again);
    buffer_done(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = NULL, *again;
    struct failure failure;
    char *json;

    if (document_parse(text_from_bytes((const char *)data, size), &document, &failure) != ERR_NONE)
        return 0;
    json = json_dumps(document, JSON_ENCODE_ANY);
    if (json == NULL)
        abort();
    again = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (again == NULL || json_equal(document, again) != 1)
        abort();
    json_decref(again);
    try_yaml(document);
    json_decref(document);
    free(json);
    return 0;
}
