/* SPDX-License-Identifier: MIT */
#include "mailctl/password-judge.h"

#include <inttypes.h>

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

    return complain(invocation, settings, password_rules_judge(&rules, password), password);
}
