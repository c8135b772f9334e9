/* SPDX-License-Identifier: MIT */
#include "milter/address.h"

#include "lib/dns/name.h"

bool address_fold(
    struct text local_part, struct text domain, struct arena *arena, struct text *address_r)
{
    struct text name;
    char *lower;

    if (text_has_control(local_part) || !dns_name_normalize(domain, arena, &name))
        return false;
    lower = arena_copy_string(arena, local_part);
    text_lower_bytes(lower, local_part.len);
    *address_r = arena_print(arena, "%.*s@%.*s", (int)local_part.len, lower, TEXT_ARGS(name));
    return true;
}

bool address_fold_path(struct text address, struct arena *arena, struct text *address_r)
{
    size_t at = text_find_last(address, '@');
    struct text local_part = text_head(address, at);

    if (at == address.len)
        return false;
    if (at >= 2 && local_part.data[0] == '"' && local_part.data[at - 1] == '"')
        local_part = text_head(text_skip(local_part, 1), at - 2);
    return address_fold(local_part, text_skip(address, at + 1), arena, address_r);
}
