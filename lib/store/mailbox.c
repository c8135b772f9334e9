/* SPDX-License-Identifier: MIT */
#include "lib/store/mailbox.h"

bool mailbox_split(struct text address, struct text *local_part_r, struct text *domain_r)
{
    size_t at = text_find_last(address, '@');

    if (at + 1 >= address.len)
        return false;
    *local_part_r = text_head(address, at);
    *domain_r = text_skip(address, at + 1);
    return true;
}

/* Names of mailing lists, and of mail systems themselves. */
static bool has_hyphen_of_its_own(struct text local_part)
{
    return text_starts_with_nocase(local_part, TEXT("owner-")) ||
           text_ends_with_nocase(local_part, TEXT("-request")) ||
           text_equals_nocase(local_part, TEXT("mailer-daemon")) ||
           text_equals_nocase(local_part, TEXT("double-bounce"));
}

bool mailbox_strip_extension(
    struct text address, char delimiter, struct arena *arena, struct text *bare_r)
{
    size_t at = text_find_last(address, '@');
    struct text local_part = text_head(address, at);
    size_t end = text_find(local_part, delimiter);

    if (delimiter == MAILBOX_NO_DELIMITER || end == 0 || end == at ||
        (delimiter == '-' && has_hyphen_of_its_own(local_part)))
        return false;
    *bare_r = arena_print(
        arena, "%.*s%.*s", TEXT_ARGS(text_head(address, end)), TEXT_ARGS(text_skip(address, at)));
    return true;
}

struct text mailbox_catch_all(struct text address)
{
    return text_skip(address, text_find_last(address, '@'));
}
