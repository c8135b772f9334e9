/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-relays.h"

#include "mailctl/attach/postfix-wiring.h"
#include "mailctl/domain-file.h"

/* The table of gatepost-authd(8). */
#define RECIPIENTS "relay-recipients"

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

static struct text recipients_table(struct text lookup, struct arena *arena)
{
    return arena_print(arena, "socketmap:%.*s:" RECIPIENTS, TEXT_ARGS(lookup));
}

bool postfix_relays_asks_recipients(const struct postfix_instance *instance)
{
    return reads(instance, TEXT("relay_recipient_maps"), ":" RECIPIENTS);
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

/* Any address in a domain that is not in our list: "x" stands for whatever counts as found. */
#define OTHERS                                                                                     \
    "pipemap:{unionmap:{regexp:{{/^(.+@.+)$$/ $$1}}, pipemap:{regexp:{{/^.+@([^@]+)$$/ $$1}}, "    \
    "%.*s}}, regexp:{{!/," DOMAIN_FILE_MARK "$$/ x}}}"

/*
 * Of our relays gatepost-authd is asked. Once relay_recipient_maps has anything, all that it does
 * not find is unknown: other relay domains, of which nobody was asked before, go on so.
 */
static void add_recipients(struct wiring *wiring)
{
    struct text name = TEXT("relay_recipient_maps");
    struct text before = wiring_get(wiring, name);

    if (wiring_is_ours(wiring, before, recipients_table(wiring->lookup, wiring->arena)))
        return;
    wiring_define(wiring, "relay_recipients",
        arena_print(wiring->arena, "pipemap:{$" WIRING_PREFIX "ours, %.*s}",
            TEXT_ARGS(recipients_table(wiring->lookup, wiring->arena))),
        "who there is in domains whose mail is passed on, asked of gatepost-authd");
    if (before.len == 0)
        wiring_define(wiring, "other_recipients",
            arena_print(wiring->arena, OTHERS, TEXT_ARGS(text_from_string(wiring->relays))),
            "any address in relay domains that are not ours, as it was");
    if (!postfix_list_has(before, TEXT("$" WIRING_PREFIX "relay_recipients")))
        wiring_put_last(wiring, name, TEXT("$" WIRING_PREFIX "relay_recipients"),
            "a relay with a list of recipients refuses all others");
    if (before.len == 0)
        wiring_put_last(wiring, name, TEXT("$" WIRING_PREFIX "other_recipients"),
            "nobody was asked about other relay domains, and nobody is");
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
