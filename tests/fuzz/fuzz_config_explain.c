/* SPDX-License-Identifier: MIT */

/* A configuration file of any form, told what is wrong with it. */

#include "lib/base/config-explain.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_setting general[] = {
    {.name = "general", .type = CONFIG_BOOL, .default_text = "no", .help = "a flag"},
};

static const struct config_setting milter[] = {
    {.name = "listen", .type = CONFIG_STRING, .default_text = "", .help = "a text"},
    {.name = "fields", .type = CONFIG_LIST,   .default_text = "", .help = "a list"},
};

static const struct config_section sections[] = {
    {"",       "general", general, 1},
    {"milter", "milter",  milter,  2},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text content = text_from_bytes((const char *)data, size);
    struct buffer sentence = BUFFER_NONE;
    int line = 0, lines = 1;
    bool found = config_explain(content, sections, 2, &sentence, &line);

    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    if (found && (line < 1 || line > lines || sentence.len == 0))
        abort();
    buffer_done(&sentence);
    return 0;
}
