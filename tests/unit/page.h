/* SPDX-License-Identifier: MIT */
#pragma once

/* Manual pages that tests read: their tables must say what the programs do. */

#include "tests/unit/unit.h"

#define PAGE_SECTION_MAX 16384

/* The source lines of a subsection (.Ss) of man/NAME; ends the test where there is none. */
static inline void page_section(
    const char *name, const char *heading, char text_r[PAGE_SECTION_MAX])
{
    const char *top = getenv("top_srcdir");
    char path[4096], wanted[64], line[2048];
    bool is_inside = false;
    size_t used = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/man/%s", top != NULL ? top : ".", name);
    (void)snprintf(wanted, sizeof wanted, ".Ss %s\n", heading);
    file = fopen(path, "r");
    assert_non_null(file);
    text_r[0] = '\0';
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, ".S", 2) == 0)
            is_inside = strcmp(line, wanted) == 0;
        else if (is_inside)
            used += (size_t)snprintf(text_r + used, PAGE_SECTION_MAX - used, "%s", line);
        assert_true(used < PAGE_SECTION_MAX);
    }
    (void)fclose(file);
    assert_int_not_equal(used, 0);
}
