/* SPDX-License-Identifier: MIT */
#include "mailctl/postfix-local.h"

#include <string.h>

#define USUAL_FOLDER "/etc/postfix"

struct text postfix_local_names(const struct postfix_instance *instance, const char *domains)
{
    struct text ours = postfix_instance_value(instance, TEXT("virtual_mailbox_domains"));
    struct text names = postfix_instance_value(instance, TEXT("mydestination"));
    char *copy;

    if (text_find_text(ours, text_from_string(domains)) >= ours.len)
        return TEXT("");
    copy = arena_copy_string(instance->arena, names);
    text_lower_bytes(copy, names.len);
    return text_from_bytes(copy, names.len);
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
