/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/sasl-plain.h"

#include "tests/unit/unit.h"

static void test_response(void **state)
{
    struct buffer line = BUFFER_NONE;

    (void)state;
    buffer_append_string(&line, "AUTH PLAIN ");
    sasl_plain_append(TEXT("tim"), TEXT("tanstaaftanstaaf"), &line);
    buffer_append_string(&line, "\r\n");
    /* NUL tim NUL tanstaaftanstaaf, RFC 4616 §4 */
    assert_string_equal(buffer_string(&line), "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n");
    buffer_done_wiped(&line);
}

UNIT_MAIN(cmocka_unit_test(test_response))
