/* SPDX-License-Identifier: MIT */
#include "mailctl/user-options.h"

#include "lib/base/config.h"
#include "mailctl/directory.h"
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

int user_options_find(struct invocation *invocation, enum store_mode mode, struct store **store_r,
    struct user *user_r)
{
    struct user user = {.enabled = true};
    int status = user_options_address(invocation, &user);

    if (status != EX_OK)
        return status;
    *store_r = invocation_store(invocation, STORE_DIRECTORY, mode, &status);
    if (*store_r == NULL)
        return status;
    if (user_find(*store_r, user.address, invocation->arena, user_r) != ERR_NONE)
        return directory_fail(invocation, *store_r, EX_NOUSER);
    return EX_OK;
}

static int read_quota(const struct invocation *invocation, const char *value, struct user *user)
{
    struct text text = text_from_string(value);
    int64_t bytes = 0;

    user->inherits_quota = text_equals_nocase(text, TEXT("default"));
    if (user->inherits_quota)
        return EX_OK;
    if (!text_equals_nocase(text, TEXT("unlimited")) &&
        (!config_parse_size(text, &bytes) || bytes < 0 || bytes > USER_QUOTA_MAX))
        return invocation_bad_value(
            invocation, "quota", "a size like 500M or 2G, unlimited, or default", value);
    user->quota_bytes = bytes;
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

int user_options_protocols(const struct invocation *invocation, unsigned *protocols)
{
    const char *value = invocation_value(invocation, "protocols");

    if (value != NULL && !protocols_parse(text_from_string(value), protocols, NULL))
        return invocation_bad_value(invocation, "protocols",
            "some of imap, pop3, submission, sieve; or all, or none", value);
    return EX_OK;
}

int user_options_read(struct invocation *invocation, struct user *user)
{
    const char *name = invocation_value(invocation, "name");
    const char *quota = invocation_value(invocation, "quota");
    int status = invocation_either(invocation, "enable", "disable", &user->enabled);

    if (status == EX_OK)
        status = invocation_either(
            invocation, "require-app-passwords", "permit-password", &user->needs_app_password);
    if (status == EX_OK)
        status = user_options_protocols(invocation, &user->protocols);
    if (status == EX_OK && name != NULL)
        status = read_name(invocation, name, &user->display_name);
    if (status == EX_OK && quota != NULL)
        status = read_quota(invocation, quota, user);
    return status;
}

bool user_options_are_given(const struct invocation *invocation)
{
    static const char *const names[] = {"name", "quota", "enable", "disable", "protocols",
        "require-app-passwords", "permit-password"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (invocation_has(invocation, names[i]))
            return true;
    return false;
}
