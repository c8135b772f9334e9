/* SPDX-License-Identifier: MIT */
#include "mailctl/declare-recipients.h"

#include <stdlib.h>

#include "mailctl/mailbox-argument.h"

bool declare_recipients_find(struct declare *declare, struct declare_recipients *recipients_r)
{
    *recipients_r = (struct declare_recipients){.count = 0};
    return relay_recipient_list(declare->directory, declare->name, declare->invocation->arena,
               &recipients_r->before) == ERR_NONE ||
           declare_complain_store(declare);
}

static int compare(const void *left, const void *right)
{
    return text_compare(*(const struct text *)left, *(const struct text *)right);
}

static int compare_recipient(const void *key, const void *item)
{
    return text_compare(*(const struct text *)key, ((const struct relay_recipient *)item)->address);
}

static bool fold(struct declare *declare, const char *key, struct text given, struct text *address)
{
    struct mailbox_argument mailbox;
    struct failure failure;
    struct arena *arena = declare->invocation->arena;

    if (mailbox_argument_parse(given, MAILBOX_TARGET, arena, &mailbox, &failure) != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "%s: %s", key, failure.text);
    if (!text_equals(mailbox.domain, declare->name))
        return declare_complain(declare, EX_DATAERR, "%s: %.*s is an address of another domain",
            key, TEXT_ARGS(mailbox.address));
    mailbox_argument_lower(&mailbox, arena);
    *address = mailbox.address;
    return true;
}

/* Sorted; what stood there twice stands there once. */
static size_t sort(struct text *addresses, size_t count)
{
    size_t kept = 0;

    if (count != 0)
        qsort(addresses, count, sizeof *addresses, compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !text_equals(addresses[kept - 1], addresses[i]))
            addresses[kept++] = addresses[i];
    return kept;
}

/* Both are sorted. */
static bool is_as_before(const struct declare_recipients *recipients)
{
    if (recipients->count != recipients->before.count)
        return false;
    for (size_t i = 0; i < recipients->count; i++)
        if (!text_equals(recipients->addresses[i], recipients->before.items[i].address))
            return false;
    return true;
}

bool declare_recipients_read(struct declare *declare, const char *key, const json_t *value,
    struct declare_recipients *recipients)
{
    struct text before = declare->changed, *addresses;
    const struct text *given = NULL;
    size_t count = 0;

    if (!declare_list(declare, key, value, DECLARE_RECIPIENTS_MAX, &given, &count))
        return false;
    declare->changed = before;
    addresses = arena_alloc_zero(declare->invocation->arena, count + 1, sizeof *addresses);
    for (size_t i = 0; i < count; i++)
        if (!fold(declare, key, given[i], &addresses[i]))
            return false;
    recipients->addresses = addresses;
    recipients->count = sort(addresses, count);
    recipients->is_set = !is_as_before(recipients);
    if (recipients->is_set)
        declare_differs(declare, key);
    return true;
}

static bool is_wanted(const struct declare_recipients *recipients, struct text address)
{
    return recipients->count != 0 && bsearch(&address, recipients->addresses, recipients->count,
                                         sizeof *recipients->addresses, compare) != NULL;
}

static bool was_there(const struct declare_recipients *recipients, struct text address)
{
    return recipients->before.count != 0 &&
           bsearch(&address, recipients->before.items, recipients->before.count,
               sizeof *recipients->before.items, compare_recipient) != NULL;
}

bool declare_recipients_take_away(
    struct declare *declare, const struct declare_recipients *recipients)
{
    for (size_t i = 0; recipients->is_set && i < recipients->before.count; i++) {
        struct text address = recipients->before.items[i].address;

        if (!is_wanted(recipients, address) &&
            relay_recipient_delete(declare->directory, address) != ERR_NONE)
            return declare_complain_store(declare);
    }
    return true;
}

bool declare_recipients_give(struct declare *declare, const struct declare_recipients *recipients)
{
    for (size_t i = 0; recipients->is_set && i < recipients->count; i++)
        if (!was_there(recipients, recipients->addresses[i]) &&
            relay_recipient_add(declare->directory, recipients->addresses[i], declare->now) !=
                ERR_NONE)
            return declare_complain_store(declare);
    return true;
}
