/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-wiring.h"

static void edit_main(struct wiring *wiring, struct text bytes, struct text what, const char *why)
{
    plan_file_edit(wiring->plan, wiring->main, bytes, what, why);
}

struct text wiring_get(const struct wiring *wiring, struct text name)
{
    struct text value;

    return main_cf_get(wiring->main->after.content, name, wiring->arena, &value) ? value : TEXT("");
}

struct text wiring_get_or_default(const struct wiring *wiring, struct text name)
{
    struct text value;

    if (main_cf_get(wiring->main->after.content, name, wiring->arena, &value))
        return value;
    return postfix_instance_raw(&wiring->instance, name);
}

void wiring_set(struct wiring *wiring, struct text name, struct text value, const char *why)
{
    edit_main(
        wiring, main_cf_set(wiring->main->after.content, name, value, wiring->arena), name, why);
}

void wiring_put_first(struct wiring *wiring, struct text name, struct text item, const char *why)
{
    edit_main(wiring, main_cf_put_first(wiring->main->after.content, name, item, wiring->arena),
        name, why);
}

void wiring_put_last(struct wiring *wiring, struct text name, struct text item, const char *why)
{
    edit_main(wiring, main_cf_put_last(wiring->main->after.content, name, item, wiring->arena),
        name, why);
}

void wiring_define(struct wiring *wiring, const char *name, struct text value, const char *why)
{
    static const char comment[] = "# Gatepost's (\"mailctl detach\" takes it out again)";
    struct text whole = arena_print(wiring->arena, WIRING_PREFIX "%s", name);
    struct text bytes = wiring->main->after.content;

    if (wiring_get(wiring, whole).len == 0)
        bytes = main_cf_comment(bytes, text_from_string(comment), wiring->arena);
    edit_main(wiring, main_cf_set(bytes, whole, value, wiring->arena), whole, why);
}

bool wiring_is_ours(const struct wiring *wiring, struct text value, struct text socket)
{
    struct text expanded = postfix_instance_expand(&wiring->instance, value);

    return text_find_text(expanded, socket) < expanded.len;
}
