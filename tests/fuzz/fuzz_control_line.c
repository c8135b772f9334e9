/* SPDX-License-Identifier: MIT */

/* Request lines of a control socket: whatever comes, one answer, which says OK or ERROR. */

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err word_say(void *state, struct text arguments, struct buffer *answer)
{
    (void)state;
    buffer_append_text(answer, arguments);
    return arguments.len % 2 == 0 ? ERR_NONE : ERR_REFUSED;
}

static const struct service_word words[] = {
    {"say",    "says it back", false, word_say},
    {"change", "changes",      true,  word_say},
};

static const struct control *get_control(void)
{
    static struct event_base *base;
    static struct control *control;

    if (control == NULL) {
        base = event_base_new();
        control = control_new(base, -1);
        if (control == NULL)
            abort();
        control_add_words(control, words, sizeof words / sizeof *words, NULL);
    }
    return control;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text line = text_from_bytes((const char *)data, size);
    struct buffer answer = BUFFER_NONE;

    if (size > CONTROL_LINE_MAX)
        return 0;
    control_answer(get_control(), line, size % 3 == 0, &answer);
    if (strncmp(buffer_string(&answer), "OK\n", 3) != 0 &&
        (strncmp(buffer_string(&answer), "ERROR ", 6) != 0 ||
            buffer_string(&answer)[strlen(buffer_string(&answer)) - 1] != '\n'))
        abort();
    buffer_done(&answer);
    return 0;
}
