/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-transports.h"

#include "mailctl/attach/postfix-wiring.h"

static bool reads(const struct postfix_instance *instance, struct text parameter, const char *path)
{
    struct text value = postfix_instance_value(instance, parameter);

    return text_find_text(value, text_from_string(path)) < value.len;
}

bool postfix_transports_is_known(const struct postfix_instance *instance, const char *path)
{
    return reads(instance, TEXT("transport_maps"), path);
}

bool postfix_transports_is_content(
    const struct postfix_instance *instance, const char *domains, const char *path)
{
    return !reads(instance, TEXT("virtual_mailbox_domains"), domains) ||
           postfix_transports_is_known(instance, path);
}

/*
 * In front: of what is said of domains, ours counts. Postfix asks all tables for the whole address
 * before it asks any for the domain, so what the operator says of an address, by a pattern perhaps,
 * counts more.
 */
void wiring_plan_transports(struct wiring *wiring)
{
    struct text name = TEXT("transport_maps"), table = text_from_string(wiring->transports);

    if (!wiring_is_ours(wiring, wiring_get(wiring, name), table))
        wiring_put_first(wiring, name, table,
            "a domain of ours may have a next hop of its own, in a file that mailctl keeps");
}
