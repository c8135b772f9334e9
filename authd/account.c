/* SPDX-License-Identifier: MIT */
#include "authd/account.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/dns/name.h"

#define PASSWD_ROOM 4096
/* In UTF-8 a domain may be longer than its A-labels are. */
#define ADDRESS_INPUT_MAX 1024

enum err account_rule_init(
    const char *mail_user, const char *home, struct account_rule *rule_r, struct failure *failure)
{
    char room[PASSWD_ROOM];
    struct passwd entry, *found;
    int error = getpwnam_r(mail_user, &entry, room, sizeof room, &found);

    if (error != 0) {
        errno = error;
        return failure_set_errno(
            failure, ERR_IO, "authd.mail_user: cannot look up \"%s\"", mail_user);
    }
    if (found == NULL)
        return failure_set(failure, ERR_ABSENT,
            "authd.mail_user: there is no system user \"%s\"; make one that shall own all mail, "
            "or name another",
            mail_user);
    if (entry.pw_uid == 0)
        return failure_set(failure, ERR_REFUSED,
            "authd.mail_user: \"%s\" is root, who must not own mail", mail_user);
    *rule_r = (struct account_rule){home, entry.pw_uid, entry.pw_gid};
    return ERR_NONE;
}

/* What stands for one path component must be one. */
static bool is_component(struct text text)
{
    return text.len != 0 && !text_equals(text, TEXT(".")) && !text_equals(text, TEXT("..")) &&
           text_find(text, '/') == text.len && !text_has_control(text);
}

static struct text home_part(char letter, const struct user *user)
{
    switch (letter) {
    case 'd':
        return user->domain;
    case 'n':
        return user->local_part;
    case 'u':
        return user->address;
    default:
        return TEXT("%");
    }
}

static struct text home_of(const char *pattern, const struct user *user, struct arena *arena)
{
    struct buffer home = BUFFER_NONE;
    struct text copy;

    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '%' && p[1] != '\0')
            buffer_append_text(&home, home_part(*++p, user));
        else
            buffer_append_byte(&home, *p);
    }
    copy = arena_copy(arena, buffer_text(&home));
    buffer_done(&home);
    return copy;
}

enum err account_of_user(const struct account_rule *rule, const struct user *user,
    struct arena *arena, struct account *account_r, struct failure *failure)
{
    if (!is_component(user->local_part) || !is_component(user->domain))
        return failure_set(failure, ERR_REFUSED,
            "the user <%.*s> has no name that a folder of mail can have; delete the user, or make "
            "one "
            "of another name",
            TEXT_ARGS(user->address));
    *account_r = (struct account){
        .address = user->address,
        .home = home_of(rule->home, user, arena),
        .uid = rule->uid,
        .gid = rule->gid,
        .quota_bytes = user->quota_bytes,
    };
    return ERR_NONE;
}

struct text account_complete(struct text name, struct text realm, struct arena *arena)
{
    struct buffer whole = BUFFER_NONE;
    struct text copy;

    if (realm.len == 0 || name.len == 0 || text_find(name, '@') != name.len)
        return name;
    buffer_append_text(&whole, name);
    buffer_append_byte(&whole, '@');
    buffer_append_text(&whole, realm);
    copy = arena_copy(arena, buffer_text(&whole));
    buffer_done(&whole);
    return copy;
}

bool account_address_fold(
    struct text address, bool catch_all, struct arena *arena, struct text *address_r)
{
    size_t at = text_find_last(address, '@');
    struct text local_part = text_head(address, at), domain;
    char *lower;

    if (at == address.len || (at == 0 && !catch_all) || at > USER_LOCAL_PART_MAX ||
        address.len > ADDRESS_INPUT_MAX || text_has_control(address))
        return false;
    if (!dns_name_normalize(text_skip(address, at + 1), arena, &domain))
        return false;
    lower = arena_copy_string(arena, local_part);
    text_lower_bytes(lower, at);
    *address_r = arena_print(arena, "%.*s@%.*s", (int)at, lower, TEXT_ARGS(domain));
    return true;
}
