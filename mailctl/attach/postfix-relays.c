/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-relays.h"

#include "mailctl/attach/postfix-wiring.h"

struct text postfix_relays_table(struct text table, struct arena *arena)
{
    return arena_print(arena, "pipemap:{regexp:{{/^(.+)$$/ $$1}}, %.*s}", TEXT_ARGS(table));
}

static bool reads(const struct postfix_instance *instance, struct text parameter, const char *path)
{
    struct text value = postfix_instance_value(instance, parameter);

    return text_find_text(value, text_from_string(path)) < value.len;
}

bool postfix_relays_is_known(const struct postfix_instance *instance, const char *path)
{
    return reads(instance, TEXT("relay_domains"), path);
}

bool postfix_relays_is_content(
    const struct postfix_instance *instance, const char *domains, const char *path)
{
    return !reads(instance, TEXT("virtual_mailbox_domains"), domains) ||
           postfix_relays_is_known(instance, path);
}

/* Behind what stands there, or is so by default: "$mydestination" or nothing. */
static void add_domains(struct wiring *wiring)
{
    static const char why[] = "domains whose mail is passed on, a file that mailctl keeps";
    struct text name = TEXT("relay_domains"), reference = TEXT("$" WIRING_PREFIX "relays"), raw;
    struct text value = wiring_get_or_default(wiring, name);

    if (main_cf_get(wiring->main->after.content, name, wiring->arena, &raw))
        wiring_put_last(wiring, name, reference, why);
    else if (postfix_instance_expand(&wiring->instance, value).len == 0)
        wiring_set(wiring, name, reference, why);
    else
        wiring_set(wiring, name, postfix_list_join(value, reference, wiring->arena), why);
}

/*
 * Where there is a list of recipients for other relay domains, all others are unknown to Postfix.
 * Who is in a domain of ours, its own host alone knows.
 */
static void add_recipients(struct wiring *wiring)
{
    struct text name = TEXT("relay_recipient_maps");
    struct text table = text_from_string(wiring->relays);

    if (wiring_get(wiring, name).len == 0 ||
        wiring_is_ours(wiring, wiring_get(wiring, name), table))
        return;
    wiring_define(wiring, "relay_recipients",
        arena_print(
            wiring->arena, "pipemap:{regexp:{{/^.+@([^@]+)$$/ $$1}}, %.*s}", TEXT_ARGS(table)),
        "any address in a domain whose mail is passed on");
    wiring_put_last(wiring, name, TEXT("$" WIRING_PREFIX "relay_recipients"),
        "the host that has the mailboxes knows who there is, behind those listed here");
}

void wiring_plan_relays(struct wiring *wiring)
{
    struct text name = TEXT("relay_domains");

    if (!wiring_is_ours(wiring, wiring_get(wiring, name), text_from_string(wiring->relays))) {
        wiring_define(wiring, "relays",
            postfix_relays_table(text_from_string(wiring->relays), wiring->arena),
            "finds a domain itself in the list, and none below it");
        add_domains(wiring);
    }
    add_recipients(wiring);
}
