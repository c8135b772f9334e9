/* SPDX-License-Identifier: MIT */
#include "authd/login-reply.h"

#include <inttypes.h>

#include "lib/service/login-field.h"

static void append_field(struct buffer *out, const char *name, struct text value)
{
    char *room;

    buffer_append_format(out, "\t%s=", name);
    room = buffer_reserve(out, LOGIN_ESCAPED_MAX(value.len));
    out->len += login_field_escape(value, room);
}

void login_reply_account(struct buffer *out, uint32_t id, const struct account *account)
{
    buffer_append_format(out, "%" PRIu32 "\tok", id);
    append_field(out, "user", account->address);
    append_field(out, "home", account->home);
    buffer_append_format(out, "\tuid=%u\tgid=%u\tquota_bytes=%" PRId64 "\n", (unsigned)account->uid,
        (unsigned)account->gid, account->quota_bytes);
}

void login_reply_status(
    struct buffer *out, uint32_t id, const char *status, const char *name, struct text value)
{
    buffer_append_format(out, "%" PRIu32 "\t%s", id, status);
    if (name != NULL)
        append_field(out, name, value);
    buffer_append_byte(out, '\n');
}

void login_reply_refused(struct buffer *out, uint32_t id, const char *reason)
{
    buffer_append_format(out, "%" PRIu32 "\ttemporary", id);
    append_field(out, "reason", text_from_string(reason));
    buffer_append_string(out, "\tretry=no\n");
}

void login_reply_error(struct buffer *out, const char *reason)
{
    buffer_append_string(out, "error");
    append_field(out, "reason", text_from_string(reason));
    buffer_append_byte(out, '\n');
}
