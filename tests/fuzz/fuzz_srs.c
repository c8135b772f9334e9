/* SPDX-License-Identifier: MIT */

/*
 * SRS addresses: the input as a sender, which must come back from what was made of it, and as an
 * address that is to be reversed.
 */

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/mailauth/srs.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct text secret = {"tops3cret", 9};
static const struct srs_rules rules = {
    {"srs.example.net", 15},
    &secret, 1, 21
};

static void check_form(struct text address)
{
    size_t at = text_find_last(address, '@');

    if (at == address.len || at == 0 || text_has_control(address))
        abort();
}

/* An SRS1 of somebody else's is taken as it is: what it carries need not have the form of SRS0. */
static bool is_carried_on(struct text rewritten)
{
    return text_starts_with(rewritten, TEXT("SRS1=")) ||
           text_starts_with(rewritten, TEXT("\"SRS1="));
}

/* What is rewritten is short enough, and only that very secret takes it back. */
static void check_forward(struct text input, struct arena *arena)
{
    struct text rewritten, back, once = TEXT_NONE;

    if (srs_forward(&rules, input, NOW, arena, &rewritten) != SRS_REWRITTEN)
        return;
    check_form(rewritten);
    if (text_find_last(rewritten, '@') > SRS_LOCAL_PART_MAX)
        abort();
    if (srs_reverse(&rules, rewritten, NOW, arena, &back) != SRS_REVERSED)
        abort();
    check_form(back);
    if (!is_carried_on(rewritten) &&
        (srs_forward(&rules, back, NOW, arena, &once) != SRS_REWRITTEN ||
            !text_equals(once, rewritten)))
        abort();
}

static void check_reverse(struct text input, struct arena *arena)
{
    struct text sender;

    if (srs_reverse(&rules, input, NOW, arena, &sender) == SRS_REVERSED)
        check_form(sender);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text input = text_from_bytes((const char *)data, size);
    struct arena *arena = arena_new();

    check_forward(input, arena);
    check_reverse(input, arena);
    arena_free(&arena);
    return 0;
}
