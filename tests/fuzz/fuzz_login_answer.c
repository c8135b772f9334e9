/* SPDX-License-Identifier: MIT */

/* What authd answers, as gatepost-checkpassword reads it; and what Dovecot hands to that. */

#include "authd/checkpassword/answer.h"
#include "lib/base/memory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct answer *answer)
{
    static char text[ANSWER_TEXT_MAX];
    size_t len;

    answer_exit_of(answer, ASK_VERIFY);
    answer_exit_of(answer, ASK_LOOKUP);
    if (answer->status != ANSWER_IS_OK)
        return;
    len = answer_format(answer, text);
    if (memchr(text, '\n', len) != NULL || memchr(text, '\0', len) != NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char line[LOGIN_LINE_MAX];
    struct text input = text_from_bytes((const char *)data, size);
    struct ask ask = {.kind = ASK_VERIFY};
    struct answer answer;
    char *lines;

    if (ask_parse_input(input, &ask))
        ask_format(&ask, line);
    /* The program takes no more than a line's room in all. */
    size = size < LOGIN_LINE_MAX ? size : LOGIN_LINE_MAX;
    lines = memory_copy_bytes(data, size);
    answer_whole(text_from_bytes(lines, size));
    if (answer_parse(lines, size, &answer))
        check_answer(&answer);
    free(lines);
    return 0;
}
