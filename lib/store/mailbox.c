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

bool mailbox_strip_extension(struct text address, struct arena *arena, struct text *bare_r)
{
    size_t at = text_find_last(address, '@');
    size_t end = text_find(text_head(address, at), MAILBOX_DELIMITER);

    if (end == 0 || end == at)
        return false;
    *bare_r = arena_print(
        arena, "%.*s%.*s", TEXT_ARGS(text_head(address, end)), TEXT_ARGS(text_skip(address, at)));
    return true;
}

struct text mailbox_catch_all(struct text address)
{
    return text_skip(address, text_find_last(address, '@'));
}
