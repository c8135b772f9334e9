/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/daemon-unit.h"

#include "config.h"
#include "lib/service/settings-check.h"

#define FOLDER SYSCONFDIR "/gatepost/"
#define SUFFIX ".conf"
#define QUEUE POSTFIX_QUEUE_DIR "-"

/* What needs no escape in a unit's name, and is not the usual file. */
static struct text checked(struct text instance)
{
    bool is_name = settings_is_word(instance) && instance.data[0] != '-';

    return is_name && !text_equals(instance, TEXT("gatepost")) ? instance : TEXT("");
}

struct text daemon_unit_instance(const char *configuration)
{
    struct text path = text_from_string(configuration != NULL ? configuration : "");
    size_t len = path.len;

    if (len < sizeof FOLDER - 1 + sizeof SUFFIX - 1 || !text_starts_with(path, TEXT(FOLDER)) ||
        !text_equals(text_skip(path, len - (sizeof SUFFIX - 1)), TEXT(SUFFIX)))
        return TEXT("");
    return checked(text_skip(text_head(path, len - (sizeof SUFFIX - 1)), sizeof FOLDER - 1));
}

struct text daemon_unit_of_queue(const char *queue_directory)
{
    struct text path = text_from_string(queue_directory);

    return text_starts_with(path, TEXT(QUEUE)) ? checked(text_skip(path, sizeof QUEUE - 1))
                                               : TEXT("");
}

const char *daemon_unit(
    struct text instance, const char *daemon, const char *suffix, struct arena *arena)
{
    return arena_print(arena, "gatepost-%s%s%.*s%s", daemon, instance.len != 0 ? "@" : "",
        TEXT_ARGS(instance), suffix)
        .data;
}
