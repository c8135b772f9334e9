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
