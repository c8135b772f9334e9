/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The frame of a unit test: cmocka with TAP output. A test file lists its tests and ends with
 *
 *     UNIT_MAIN(cmocka_unit_test(test_one), cmocka_unit_test(test_two))
 *
 * Cases stand in tables of named rows; a failing row prints its name through unit_row().
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/text.h"

/* Says which row is at work; cmocka prints it where an assertion of that row fails. */
#define unit_row(name) print_message("# row: %s\n", (name))

#define assert_text_equal(actual, string)                                                          \
    do {                                                                                           \
        struct text unit_text_ = (actual);                                                         \
        const char *unit_string_ = (string);                                                       \
        assert_int_equal(unit_text_.len, strlen(unit_string_));                                    \
        if (unit_text_.len != 0)                                                                   \
            assert_memory_equal(unit_text_.data, unit_string_, unit_text_.len);                    \
    } while (0)

/* A test that waits for what never comes ends here, as a failure. */
#define UNIT_SECONDS_MAX 300

#define UNIT_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest unit_tests_[] = {__VA_ARGS__};                                     \
        alarm(UNIT_SECONDS_MAX);                                                                   \
        cmocka_set_message_output(CM_OUTPUT_TAP);                                                  \
        return cmocka_run_group_tests(unit_tests_, NULL, NULL);                                    \
    }
