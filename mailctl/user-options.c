/* SPDX-License-Identifier: MIT */
#include "mailctl/user-options.h"

#include "lib/base/config.h"
#include "mailctl/mailbox-argument.h"

int user_options_address(struct invocation *invocation, struct user *user)
{
    struct mailbox_argument mailbox;
    struct failure failure;

    if (mailbox_argument_parse(invocation_argument(invocation, 0), MAILBOX_USER, invocation->arena,
            &mailbox, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    user->address = mailbox.address;
    user->local_part = mailbox.local_part;
    user->domain = mailbox.domain;
    return EX_OK;
}

static int read_quota(const struct invocation *invocation, const char *value, int64_t *quota_r)
{
    struct text text = text_from_string(value);
    int64_t bytes = 0;

    if (!text_equals_nocase(text, TEXT("unlimited")) &&
        (!config_parse_size(text, &bytes) || bytes < 0 || bytes > USER_QUOTA_MAX))
        return invocation_bad_value(
            invocation, "quota", "a size like 500M or 2G, or unlimited", value);
    *quota_r = bytes;
    return EX_OK;
}

static int read_name(const struct invocation *invocation, const char *value, struct text *name_r)
{
    struct text name = text_trim(text_from_string(value));

    if (name.len > USER_DISPLAY_NAME_MAX || text_has_control(name))
        return invocation_complain(invocation, EX_USAGE,
            "--name: at most %d bytes without control characters were expected",
            USER_DISPLAY_NAME_MAX);
    *name_r = name;
    return EX_OK;
}

int user_options_read(struct invocation *invocation, struct user *user)
{
    const char *name = invocation_value(invocation, "name");
    const char *quota = invocation_value(invocation, "quota");
    bool enable = invocation_has(invocation, "enable");
    int status = EX_OK;

    if (enable && invocation_has(invocation, "disable"))
        return invocation_complain(
            invocation, EX_USAGE, "--enable and --disable: give one of them");
    if (enable || invocation_has(invocation, "disable"))
        user->enabled = enable;
    if (name != NULL)
        status = read_name(invocation, name, &user->display_name);
    if (status == EX_OK && quota != NULL)
        status = read_quota(invocation, quota, &user->quota_bytes);
    return status;
}

bool user_options_are_given(const struct invocation *invocation)
{
    static const char *const names[] = {"name", "quota", "enable", "disable"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (invocation_has(invocation, names[i]))
            return true;
    return false;
}
