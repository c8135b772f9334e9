/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-srs.h"

#include "mailctl/attach/postfix-wiring.h"

#define PATTERN "srs[01][-+=].*@%.*s)"

struct text postfix_srs_table(struct text domain, struct text lookup, struct arena *arena)
{
    return arena_print(arena, "pipemap:{regexp:{{/^(\"?" PATTERN "$$/ $$1}}, socketmap:%.*s:srs}",
        TEXT_ARGS(postfix_list_pattern(domain, arena)), TEXT_ARGS(lookup));
}

bool postfix_srs_is_known(struct text maps, struct text domain, struct arena *arena)
{
    struct text wanted =
        arena_print(arena, PATTERN, TEXT_ARGS(postfix_list_pattern(domain, arena)));

    return text_find_text(maps, wanted) < maps.len;
}

/* Its addresses are checked in another way there. */
static bool has_other_kind(const struct wiring *wiring, struct text domain)
{
    static const char *const lists[] = {
        "mydestination", "relay_domains", "virtual_mailbox_domains"};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct text value = wiring_get_or_default(wiring, text_from_string(lists[i]));

        if (postfix_list_has(postfix_instance_expand(&wiring->instance, value), domain))
            return true;
    }
    return false;
}

/* Behind what stands there, or is so by default. */
static void add_domain(struct wiring *wiring, struct text domain)
{
    static const char why[] = "the domain of rewritten senders: it has no other addresses";
    struct text name = TEXT("virtual_alias_domains"), raw;
    struct text value = wiring_get_or_default(wiring, name);

    if (postfix_list_has(postfix_instance_expand(&wiring->instance, value), domain))
        return;
    if (main_cf_get(wiring->main->after.content, name, wiring->arena, &raw))
        wiring_put_last(wiring, name, domain, why);
    else
        wiring_set(wiring, name, postfix_list_join(value, domain, wiring->arena), why);
}

/* In front of all aliases, since a catch-all would take bounces. */
void wiring_plan_srs(struct wiring *wiring, bool is_ours)
{
    static const char reference[] = "$" WIRING_PREFIX "srs";
    struct text maps = TEXT("virtual_alias_maps");
    struct text domain = settings_srs_domain(wiring->site->settings, wiring->arena), table;

    if (domain.len == 0)
        return;
    table = postfix_srs_table(domain, wiring->lookup, wiring->arena);
    if (!text_equals(wiring_get(wiring, TEXT(WIRING_PREFIX "srs")), table))
        wiring_define(wiring, "srs", table, "who a rewritten sender was, asked of gatepost-authd");
    if (!postfix_list_has(wiring_get(wiring, maps), text_from_string(reference)))
        wiring_put_first(wiring, maps, text_from_string(reference),
            "bounces of forwarded mail go to who sent it; forged addresses are unknown");
    if (!is_ours && !has_other_kind(wiring, domain))
        add_domain(wiring, domain);
}
