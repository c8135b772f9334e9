/* SPDX-License-Identifier: MIT */
#include "lib/engines/pattern.h"

#include <assert.h>
#include <regex.h>
#include <stdio.h>

#include "lib/base/memory.h"

/* What is matched is shorter by far: results, tags, records. */
#define SUBJECT_MAX ((size_t)1024 * 1024)

/* A copy with a NUL behind: sanitizers look for one whatever the flags say. */
static bool execute(const regex_t *compiled, struct text text)
{
    regmatch_t match = {0, (regoff_t)text.len};
    char *copy = memory_copy_bytes(text.len != 0 ? text.data : "", text.len);
    bool is_match = regexec(compiled, copy, 1, &match, REG_STARTEND) == 0;

    free(copy);
    return is_match;
}

bool pattern_occurs(struct text text, const char *pattern)
{
    regex_t compiled;
    int failed = regcomp(&compiled, pattern, REG_EXTENDED | REG_ICASE);
    bool is_match;

    assert(failed == 0);
    (void)failed;
    is_match = text.len <= SUBJECT_MAX && execute(&compiled, text);
    regfree(&compiled);
    return is_match;
}

bool pattern_matches(struct text text, const char *pattern)
{
    char whole[512];

    assert(strlen(pattern) + sizeof "^()$" <= sizeof whole);
    (void)snprintf(whole, sizeof whole, "^(%s)$", pattern);
    return pattern_occurs(text, whole);
}
