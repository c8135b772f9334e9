/* SPDX-License-Identifier: MIT */
#include "mailctl/forward-options.h"

#include "mailctl/alias-route.h"
#include "mailctl/directory.h"
#include "mailctl/target-argument.h"

bool forward_options_are_given(const struct invocation *invocation)
{
    static const char *const names[] = {"forward-to", "keep-copy", "no-copy", "no-forward"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (invocation_has(invocation, names[i]))
            return true;
    return false;
}

static int refuse(struct invocation *invocation, struct store *store, const char *words)
{
    store_roll_back(store);
    return invocation_complain(invocation, EX_USAGE, "%s", words);
}

static int read_targets(struct invocation *invocation, struct store *store, const struct user *user,
    struct forward *forward)
{
    const char *const *values;
    size_t count = invocation_values(invocation, "forward-to", &values);
    struct text *targets;
    int status = EX_OK;

    if (invocation_has(invocation, "no-forward"))
        forward->target_count = 0;
    if (count == 0)
        return EX_OK;
    if (invocation_has(invocation, "no-forward"))
        return refuse(invocation, store, "--forward-to and --no-forward: give one of them");
    targets = arena_alloc_zero(invocation->arena, count, sizeof *targets);
    for (size_t i = 0; status == EX_OK && i < count; i++)
        status = target_argument_read(
            invocation, store, text_from_string(values[i]), user->address, &targets[i]);
    forward->targets = targets;
    forward->target_count = count;
    return status;
}

static int read_options(struct invocation *invocation, struct store *store, const struct user *user,
    struct forward *forward)
{
    int status = invocation_either(invocation, "keep-copy", "no-copy", &forward->keeps_copy);

    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    status = read_targets(invocation, store, user, forward);
    if (status == EX_OK && forward->target_count == 0 && !invocation_has(invocation, "no-forward"))
        return refuse(
            invocation, store, "--keep-copy and --no-copy: where to? (--forward-to ADDRESS)");
    return status;
}

int forward_options_apply(
    struct invocation *invocation, struct store *store, const struct user *user)
{
    struct forward forward = {.targets = NULL, .target_count = 0, .keeps_copy = true};
    enum err err = forward_find(store, user->address, invocation->arena, &forward);
    int status;

    if (err != ERR_NONE && err != ERR_ABSENT)
        return directory_fail(invocation, store, EX_NOUSER);
    status = read_options(invocation, store, user, &forward);
    if (status != EX_OK)
        return status;
    if (forward_set(store, user->address, &forward) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOUSER);
    status =
        alias_route_check(invocation, store, user->address, forward.targets, forward.target_count);
    if (status != EX_OK)
        store_roll_back(store);
    return status;
}
