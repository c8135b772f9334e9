/* SPDX-License-Identifier: MIT */
#include "mailctl/postfix-local.h"

#include <string.h>

#include "mailctl/postfix-list.h"

#define USUAL_FOLDER "/etc/postfix"

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

const char *postfix_local_mend(const struct postfix_instance *instance)
{
    const char *directory = instance->directory;

    if (strcmp(directory, USUAL_FOLDER) == 0)
        return "mailctl detach postfix; mailctl attach postfix";
    return arena_print(instance->arena,
        "mailctl detach postfix --config-directory %s;"
        " mailctl attach postfix --config-directory %s",
        directory, directory)
        .data;
}
