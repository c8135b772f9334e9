/* SPDX-License-Identifier: MIT */
#include "mailctl/finding.h"

#include "lib/base/log.h"
#include "mailctl/command.h"

const char *finding_level_word(enum finding_level level)
{
    static const char *const words[] = {
        [FINDING_FINE] = "fine",
        [FINDING_WARNING] = "warning",
        [FINDING_ERROR] = "error",
        [FINDING_UNKNOWN] = "unknown",
    };

    return words[level];
}

void findings_done(struct findings *findings)
{
    array_done(&findings->list);
}

void findings_say(struct findings *findings, enum finding_level level, const char *code,
    struct text name, const char *type, struct text message, struct text change)
{
    array_push(
        &findings->list, (struct finding){level, code, name, type, message, change, TEXT_NONE});
}

void findings_add_aside(struct findings *findings, struct text aside)
{
    findings->list.items[findings->list.count - 1].aside = aside;
}

struct text finding_words(const struct finding *finding, struct arena *arena)
{
    if (finding->aside.len == 0)
        return finding->message;
    return arena_print(arena, "%.*s: %.*s", TEXT_ARGS(finding->message), TEXT_ARGS(finding->aside));
}

struct text finding_safe(struct text text, struct arena *arena)
{
    size_t room = text.len * 4 + 1;
    char *safe = arena_alloc(arena, room);

    return text_from_string(log_safe(text.data, text.len, safe, room));
}

size_t findings_count(const struct findings *findings, enum finding_level level)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->list.count; i++)
        count += findings->list.items[i].level == level;
    return count;
}

int findings_status(const struct findings *findings)
{
    if (findings_count(findings, FINDING_ERROR) != 0)
        return COMMAND_CHECK_ERROR;
    if (findings_count(findings, FINDING_UNKNOWN) != 0)
        return COMMAND_CHECK_UNKNOWN;
    return findings_count(findings, FINDING_WARNING) != 0 ? COMMAND_CHECK_WARNING
                                                          : COMMAND_CHECK_OK;
}
