/* SPDX-License-Identifier: MIT */
#include "mailctl/mailbox-argument.h"

#include "lib/dns/name.h"
#include "lib/store/mailbox.h"
#include "lib/store/user.h"

static bool is_own_sign(char byte)
{
    return text_is_alnum(byte) || (byte != '\0' && strchr("+-_='&~#", byte) != NULL);
}

/* atext of RFC 5322 §3.2.3 */
static bool is_any_sign(char byte)
{
    return text_is_alnum(byte) || (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

/* Signs with single dots between them. */
static bool is_dotted(struct text text, bool (*is_sign)(char byte))
{
    bool was_dot = true;

    for (size_t i = 0; i < text.len; i++) {
        bool is_dot = text.data[i] == '.';

        if (is_dot ? was_dot : !is_sign(text.data[i]))
            return false;
        was_dot = is_dot;
    }
    return !was_dot;
}

static enum err check_local_part(
    struct text local_part, enum mailbox_kind kind, struct text text, struct failure *failure)
{
    if (local_part.len > USER_LOCAL_PART_MAX)
        return failure_set(failure, ERR_RANGE, "\"%.*s\": more than %d characters before the \"@\"",
            TEXT_ARGS(text), USER_LOCAL_PART_MAX);
    if (kind == MAILBOX_ALIAS && text_is_empty(local_part))
        return ERR_NONE;
    if (kind == MAILBOX_TARGET && !is_dotted(local_part, is_any_sign))
        return failure_set(failure, ERR_SYNTAX,
            "\"%.*s\": an address like name@example.org was expected", TEXT_ARGS(text));
    if (kind != MAILBOX_TARGET && !is_dotted(local_part, is_own_sign))
        return failure_set(failure, ERR_SYNTAX,
            "\"%.*s\": before the \"@\" were expected letters a to z, digits, +-_='&~# and single "
            "dots between them",
            TEXT_ARGS(text));
    return ERR_NONE;
}

static struct text lower(struct arena *arena, struct text text)
{
    char *copy = arena_copy_string(arena, text);

    text_lower_bytes(copy, text.len);
    return text_from_bytes(copy, text.len);
}

static struct mailbox_argument join(struct arena *arena, struct text local_part, struct text domain)
{
    return (struct mailbox_argument){
        .address = arena_print(arena, "%.*s@%.*s", TEXT_ARGS(local_part), TEXT_ARGS(domain)),
        .local_part = local_part,
        .domain = domain,
    };
}

enum err mailbox_argument_parse(struct text text, enum mailbox_kind kind, struct arena *arena,
    struct mailbox_argument *mailbox_r, struct failure *failure)
{
    struct text local_part, domain;
    enum err err;

    if (text.len > MAILBOX_ARGUMENT_MAX)
        return failure_set(failure, ERR_RANGE, "an address of %zu characters", text.len);
    if (!mailbox_split(text, &local_part, &domain))
        return failure_set(failure, ERR_SYNTAX,
            "\"%.*s\": an address like name@example.org was expected", TEXT_ARGS(text));
    if (kind == MAILBOX_ALIAS && text_equals(local_part, TEXT("*")))
        local_part = TEXT("");
    err = check_local_part(local_part, kind, text, failure);
    if (err != ERR_NONE)
        return err;
    if (!dns_name_normalize(domain, arena, &domain) || !dns_name_is_domain(domain))
        return failure_set(failure, ERR_SYNTAX,
            "\"%.*s\": behind the \"@\" a domain like example.org was expected", TEXT_ARGS(text));
    if (kind == MAILBOX_TARGET)
        local_part = arena_copy(arena, local_part);
    else
        local_part = lower(arena, local_part);
    *mailbox_r = join(arena, local_part, domain);
    return ERR_NONE;
}

void mailbox_argument_lower(struct mailbox_argument *mailbox, struct arena *arena)
{
    *mailbox = join(arena, lower(arena, mailbox->local_part), mailbox->domain);
}
