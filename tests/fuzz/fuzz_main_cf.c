/* SPDX-License-Identifier: MIT */

/* A main.cf: what is set is found again, and taken out again leaves the file as it was. */

#include <stdlib.h>

#include "mailctl/attach/main-cf.h"
#include "mailctl/attach/postfix-list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_conflict(
    void *state, struct text key, struct text before, struct text ours, struct text now)
{
    (void)state, (void)key, (void)before, (void)ours, (void)now;
    abort();
}

static void check_set(struct text bytes, struct text name, struct arena *arena)
{
    struct text ours = main_cf_set(bytes, name, TEXT("$fuzz, { a = b }"), arena), value, reverted;

    if (!main_cf_get(ours, name, arena, &value) || !text_equals(value, TEXT("$fuzz, { a = b }")))
        abort();
    reverted = postfix_lines_revert(POSTFIX_MAIN, bytes, ours, ours, arena, no_conflict, NULL);
    if (!text_starts_with(reverted, bytes))
        abort();
}

static void check_put(struct text bytes, struct arena *arena)
{
    struct text name = TEXT("smtpd_milters"), item = TEXT("$gatepost_milter"), value, first;

    value = main_cf_put_first(bytes, name, item, arena);
    if (!main_cf_get(value, name, arena, &first) || !postfix_list_next(&first, &value) ||
        !text_equals(value, item))
        abort();
    value = main_cf_put_last(bytes, name, item, arena);
    if (!main_cf_get(value, name, arena, &first) || !text_ends_with_nocase(first, item))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();

    check_set(bytes, TEXT("smtpd_milters"), arena);
    check_set(bytes, TEXT("gatepost_none"), arena);
    check_put(bytes, arena);
    arena_free(&arena);
    return 0;
}
