/* SPDX-License-Identifier: MIT */
#include "policyd/request.h"

#include <stddef.h>

#include "lib/base/log.h"

/* Attributes that we use, and where they go. */
static const struct attribute {
    struct text name;
    size_t offset;
    size_t max;
} attributes[] = {
    {{"protocol_state", 14}, offsetof(struct request, stage_name),     64                  },
    {{"instance", 8},        offsetof(struct request, instance),       REQUEST_INSTANCE_MAX},
    {{"sasl_username", 13},  offsetof(struct request, user),           REQUEST_USER_MAX    },
    {{"sender", 6},          offsetof(struct request, sender),         REQUEST_BYTES_MAX   },
    {{"recipient", 9},       offsetof(struct request, recipient),      REQUEST_BYTES_MAX   },
    {{"client_address", 14}, offsetof(struct request, client_address), REQUEST_BYTES_MAX   },
    {{"queue_id", 8},        offsetof(struct request, queue_id),       REQUEST_BYTES_MAX   },
};

#define ATTRIBUTE_COUNT (sizeof attributes / sizeof *attributes)

/* What has been seen of the request so far. */
struct progress {
    struct request request;
    bool seen[ATTRIBUTE_COUNT];
    bool seen_kind, seen_count;
};

bool request_find_end(struct text bytes, size_t *scanned, size_t *len_r)
{
    size_t from = *scanned > 0 ? *scanned - 1 : 0;
    size_t found;

    if (bytes.len != 0 && bytes.data[0] == '\n') {
        *len_r = 0;
        return true;
    }
    found = from + text_find_text(text_skip(bytes, from), TEXT("\n\n"));
    if (found >= bytes.len) {
        *scanned = bytes.len;
        return false;
    }
    *len_r = found + 1;
    return true;
}

static enum err fail(struct failure *failure, enum err err, const char *complaint, struct text what)
{
    char safe[128];

    return failure_set(
        failure, err, "%s: %s", complaint, log_safe(what.data, what.len, safe, sizeof safe));
}

static enum err take_kind(struct progress *progress, struct text value, struct failure *failure)
{
    if (progress->seen_kind)
        return fail(failure, ERR_SYNTAX, "attribute given twice", TEXT("request"));
    if (!text_equals(value, TEXT("smtpd_access_policy")))
        return fail(failure, ERR_UNSUPPORTED, "expected request=smtpd_access_policy, found", value);
    progress->seen_kind = true;
    return ERR_NONE;
}

static enum err take_count(struct progress *progress, struct text value, struct failure *failure)
{
    if (progress->seen_count)
        return fail(failure, ERR_SYNTAX, "attribute given twice", TEXT("recipient_count"));
    if (!text_to_number(value, REQUEST_RECIPIENTS_MAX, &progress->request.recipient_count))
        return fail(failure, ERR_SYNTAX, "recipient_count is no number that can be", value);
    progress->seen_count = true;
    return ERR_NONE;
}

static enum err take_attribute(
    struct progress *progress, struct text name, struct text value, struct failure *failure)
{
    if (text_equals(name, TEXT("request")))
        return take_kind(progress, value, failure);
    if (text_equals(name, TEXT("recipient_count")))
        return take_count(progress, value, failure);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (!text_equals(name, attributes[i].name))
            continue;
        if (progress->seen[i])
            return fail(failure, ERR_SYNTAX, "attribute given twice", name);
        if (value.len > attributes[i].max)
            return fail(failure, ERR_LIMIT, "value too long of attribute", name);
        progress->seen[i] = true;
        *(struct text *)(void *)((char *)&progress->request + attributes[i].offset) = value;
        return ERR_NONE;
    }
    return ERR_NONE;
}

static enum request_stage stage_from_text(struct text name)
{
    if (text_equals(name, TEXT("RCPT")))
        return REQUEST_AT_RCPT;
    if (text_equals(name, TEXT("DATA")))
        return REQUEST_AT_DATA;
    if (text_equals(name, TEXT("END-OF-MESSAGE")))
        return REQUEST_AT_END;
    return REQUEST_AT_OTHER;
}

static enum err take_line(struct progress *progress, struct text line, struct failure *failure)
{
    size_t equals = text_find(line, '=');

    if (equals == line.len)
        return fail(failure, ERR_SYNTAX, "expected name=value, found", line);
    if (equals == 0)
        return fail(failure, ERR_SYNTAX, "an attribute without a name", line);
    return take_attribute(progress, text_head(line, equals), text_skip(line, equals + 1), failure);
}

enum err request_parse(struct text lines, struct request *request_r, struct failure *failure)
{
    struct progress progress = {.request = {.stage = REQUEST_AT_OTHER}};
    struct text rest = lines, line;

    if (lines.len > REQUEST_BYTES_MAX)
        return failure_set(
            failure, ERR_LIMIT, "a request of more than %zu bytes", REQUEST_BYTES_MAX);
    if (text_find(lines, '\0') != lines.len)
        return failure_set(failure, ERR_SYNTAX, "a NUL byte in the request");
    if (rest.len != 0 && rest.data[rest.len - 1] == '\n')
        rest.len--;
    while (rest.len != 0 && text_split(&rest, '\n', &line)) {
        enum err err = take_line(&progress, line, failure);

        if (err != ERR_NONE)
            return err;
    }
    if (!progress.seen_kind)
        return failure_set(failure, ERR_SYNTAX, "no attribute \"request\" in the request");
    progress.request.stage = stage_from_text(progress.request.stage_name);
    *request_r = progress.request;
    return ERR_NONE;
}
