/* SPDX-License-Identifier: MIT */
#include "mailctl/target-argument.h"

#include "lib/store/domain.h"
#include "mailctl/directory.h"
#include "mailctl/mailbox-argument.h"

int target_argument_read(struct invocation *invocation, struct store *store, struct text argument,
    struct text owner, struct text *target_r)
{
    struct mailbox_argument mailbox;
    struct domain domain;
    struct failure failure;
    enum err err =
        mailbox_argument_parse(argument, MAILBOX_TARGET, invocation->arena, &mailbox, &failure);

    if (err != ERR_NONE) {
        store_roll_back(store);
        return invocation_complain(invocation, EX_DATAERR, "%s", failure.text);
    }
    err = domain_find(store, mailbox.domain, invocation->arena, &domain);
    if (err == ERR_NONE)
        mailbox_argument_lower(&mailbox, invocation->arena);
    else if (err != ERR_ABSENT)
        return directory_fail(invocation, store, EX_NOHOST);
    if (text_equals(mailbox.address, owner)) {
        store_roll_back(store);
        return invocation_complain(
            invocation, EX_DATAERR, "%.*s cannot lead to itself", TEXT_ARGS(owner));
    }
    *target_r = mailbox.address;
    return EX_OK;
}
