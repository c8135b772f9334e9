/* SPDX-License-Identifier: MIT */
#include "mailctl/password-judge.h"

#include <inttypes.h>

#include "lib/store/password-list.h"
#include "lib/store/password-rules.h"

#define ADVICE "take some words that have nothing to do with each other"

static int complain(const struct invocation *invocation, const struct settings *settings,
    enum password_flaw flaw, struct text password)
{
    switch (flaw) {
    case PASSWORD_FLAW_SHORT:
        return invocation_complain(invocation, EX_DATAERR,
            "the password has %zu characters, and passwords.min_length asks for %" PRId64
            "; " ADVICE,
            password_rules_length(password), settings->passwords.min_length);
    case PASSWORD_FLAW_PATTERN:
        return invocation_complain(invocation, EX_DATAERR,
            "the password is little more than keys in a row, a sequence or a repetition, which "
            "are tried first; " ADVICE);
    case PASSWORD_FLAW_WORDS:
        return invocation_complain(invocation, EX_DATAERR,
            "the password is little more than names of the user or the domain, or words that are "
            "tried first; " ADVICE);
    case PASSWORD_FLAW_NONE:
        break;
    }
    return EX_OK;
}

static int judge_found(const struct invocation *invocation, const char *path, enum err err)
{
    if (err == ERR_ABSENT)
        return EX_OK;
    if (err == ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR,
            "others have had this password, or nearly this one: it is on the list %s; " ADVICE,
            path);
    return invocation_complain(
        invocation, EX_SOFTWARE, "the password cannot be looked up in %s: %s", path, err_text(err));
}

/* Without its list a site that wants one sets no password. */
static int look_up(
    const struct invocation *invocation, const struct settings *settings, struct text password)
{
    const char *path = settings->passwords.list;
    struct password_list *list = NULL;
    struct failure failure;
    int status;

    if (path[0] == '\0')
        return EX_OK;
    if (password_list_open(path, &list, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_CONFIG,
            "passwords.list: %s; make it by \"mailctl password-list make\", or set passwords.list "
            "to nothing",
            failure.text);
    status = judge_found(invocation, path, password_list_find(list, password));
    password_list_close(&list);
    return status;
}

int password_judge(const struct invocation *invocation, const struct settings *settings,
    const struct user *user, struct text password)
{
    const struct text names[] = {user->local_part, user->domain, user->display_name,
        text_from_string(settings_hostname(settings))};
    const struct password_rules rules = {
        .length_min = (size_t)settings->passwords.min_length,
        .names = names,
        .name_count = sizeof names / sizeof *names,
    };

    enum password_flaw flaw = password_rules_judge(&rules, password);

    if (flaw != PASSWORD_FLAW_NONE)
        return complain(invocation, settings, flaw, password);
    return look_up(invocation, settings, password);
}
