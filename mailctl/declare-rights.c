/* SPDX-License-Identifier: MIT */
#include "mailctl/declare-rights.h"

#include "mailctl/mailbox-argument.h"

bool declare_rights_find(struct declare *declare, struct declare_rights *rights_r)
{
    *rights_r = (struct declare_rights){
        .before = {NULL, 0}
    };
    return send_as_list(declare->directory, declare->name, declare->invocation->arena,
               &rights_r->before) == ERR_NONE ||
           declare_complain_store(declare);
}

static bool has(const struct declare_right_list *list, struct text address)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equals(list->addresses[i], address))
            return true;
    return false;
}

static bool had(const struct declare_rights *rights, struct text address, bool on_behalf)
{
    for (size_t i = 0; i < rights->before.count; i++)
        if (rights->before.items[i].on_behalf == on_behalf &&
            text_equals(rights->before.items[i].address, address))
            return true;
    return false;
}

/* Order does not matter, and what stands there twice counts once. */
static bool is_as_before(
    const struct declare_rights *rights, const struct declare_right_list *list, bool on_behalf)
{
    for (size_t i = 0; i < list->count; i++)
        if (!had(rights, list->addresses[i], on_behalf))
            return false;
    for (size_t i = 0; i < rights->before.count; i++)
        if (rights->before.items[i].on_behalf == on_behalf &&
            !has(list, rights->before.items[i].address))
            return false;
    return true;
}

static bool fold(struct declare *declare, const char *key, struct text given, struct text *address)
{
    struct mailbox_argument mailbox;
    struct failure failure;

    if (mailbox_argument_parse(
            given, MAILBOX_ALIAS, declare->invocation->arena, &mailbox, &failure) != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "%s: %s", key, failure.text);
    *address = mailbox.address;
    return true;
}

bool declare_rights_read(struct declare *declare, const char *key, const json_t *value,
    const struct declare_rights *rights, struct declare_right_list *list)
{
    struct text before = declare->changed, *addresses;
    struct declare_right_list wanted = {NULL, 0, false};

    if (!declare_list(declare, key, value, DECLARE_RIGHTS_MAX, &wanted.addresses, &wanted.count))
        return false;
    declare->changed = before;
    addresses = arena_alloc_zero(declare->invocation->arena, wanted.count + 1, sizeof *addresses);
    for (size_t i = 0; i < wanted.count; i++)
        if (!fold(declare, key, wanted.addresses[i], &addresses[i]))
            return false;
    wanted.addresses = addresses;
    wanted.is_set = !is_as_before(rights, &wanted, list == &rights->on_behalf);
    if (wanted.is_set)
        declare_differs(declare, key);
    *list = wanted;
    return true;
}

static bool take_away(struct declare *declare, const struct declare_rights *rights)
{
    for (size_t i = 0; i < rights->before.count; i++) {
        const struct send_as *right = &rights->before.items[i];
        const struct declare_right_list *list =
            right->on_behalf ? &rights->on_behalf : &rights->full;

        if (list->is_set && !has(list, right->address) &&
            send_as_delete(declare->directory, right->user, right->address) != ERR_NONE)
            return declare_complain_store(declare);
    }
    return true;
}

static bool give(struct declare *declare, const struct declare_rights *rights, bool on_behalf)
{
    const struct declare_right_list *list = on_behalf ? &rights->on_behalf : &rights->full;

    for (size_t i = 0; list->is_set && i < list->count; i++) {
        struct send_as right = {
            .user = declare->name, .address = list->addresses[i], .on_behalf = on_behalf};

        if (!had(rights, right.address, on_behalf) &&
            send_as_add(declare->directory, &right, declare->now) != ERR_NONE)
            return declare_complain_store(declare);
    }
    return true;
}

/* Away first: a right may go from one list to the other. */
bool declare_rights_write(struct declare *declare, const struct declare_rights *rights)
{
    return take_away(declare, rights) && give(declare, rights, false) &&
           give(declare, rights, true);
}
