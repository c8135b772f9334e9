/* SPDX-License-Identifier: MIT */
#include "mailctl/alias-options.h"

#include "lib/base/clock.h"
#include "mailctl/expiry-argument.h"
#include "mailctl/target-argument.h"

int alias_options_address(struct invocation *invocation, struct mailbox_argument *mailbox_r)
{
    struct failure failure;

    if (mailbox_argument_parse(invocation_argument(invocation, 0), MAILBOX_ALIAS, invocation->arena,
            mailbox_r, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    return EX_OK;
}

int alias_options_read(struct invocation *invocation, struct alias *alias)
{
    const char *expires = invocation_value(invocation, "expires");
    int status = invocation_either(invocation, "enable", "disable", &alias->enabled);

    if (status == EX_OK)
        status = invocation_either(invocation, "receive-only", "may-send", &alias->receive_only);
    if (status == EX_OK && expires != NULL &&
        expiry_argument_parse(text_from_string(expires), clock_wall(), &alias->expires) != ERR_NONE)
        status = invocation_bad_value(invocation, "expires", EXPIRY_EXPECTED, expires);
    return status;
}

bool alias_options_are_given(const struct invocation *invocation)
{
    static const char *const names[] = {"expires", "receive-only", "may-send", "enable", "disable"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (invocation_has(invocation, names[i]))
            return true;
    return false;
}

int alias_options_targets(struct invocation *invocation, struct store *store, struct alias *alias)
{
    size_t count = invocation->argument_count - 1;
    struct text *targets;
    int status = EX_OK;

    if (count > ALIAS_TARGETS_MAX) {
        store_roll_back(store);
        return invocation_complain(
            invocation, EX_DATAERR, "an alias has at most %d targets", ALIAS_TARGETS_MAX);
    }
    targets = arena_alloc_zero(invocation->arena, count, sizeof *targets);
    for (size_t i = 0; status == EX_OK && i < count; i++)
        status = target_argument_read(
            invocation, store, invocation_argument(invocation, i + 1), alias->address, &targets[i]);
    alias->targets = targets;
    alias->target_count = count;
    return status;
}
