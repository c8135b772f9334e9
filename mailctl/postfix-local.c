/* SPDX-License-Identifier: MIT */
#include "mailctl/postfix-local.h"

#include "mailctl/postfix-list.h"

struct text postfix_local_names(const struct postfix_instance *instance, const char *domains)
{
    struct text ours = postfix_instance_value(instance, TEXT("virtual_mailbox_domains"));
    struct text rest = postfix_instance_value(instance, TEXT("mydestination"));
    struct text names = TEXT(""), item;
    char *copy;

    if (text_find_text(ours, text_from_string(domains)) >= ours.len)
        return TEXT("");
    copy = arena_copy_string(instance->arena, rest);
    text_lower_bytes(copy, rest.len);
    rest = text_from_bytes(copy, rest.len);
    while (postfix_list_next(&rest, &item))
        if (!postfix_list_has(names, item))
            names = postfix_list_join(names, item, instance->arena);
    return names;
}
