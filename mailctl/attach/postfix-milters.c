/* SPDX-License-Identifier: MIT */

/*
 * The milters. Verification comes first on port 25, before anything changes the message, and
 * signing last on submission and for local mail. Others keep their places beside us; those that do
 * the same work are the operator's choice.
 */

#include "mailctl/attach/known-milter.h"
#include "mailctl/attach/postfix-wiring.h"

#define MILTER_REF "$" WIRING_PREFIX "milter"

static const struct known_milter *identify(const struct wiring *wiring, struct text item)
{
    return known_milter_identify(postfix_instance_expand(&wiring->instance, item));
}

static bool is_named(const char *list, const struct known_milter *known)
{
    return list != NULL && postfix_list_has(text_from_string(list), text_from_string(known->name));
}

static int check_list(const struct attach_site *site, const char *option, const char *list)
{
    struct text rest = text_from_string(list != NULL ? list : ""), name, names = TEXT("");

    for (size_t i = 0; i < KNOWN_MILTER_COUNT; i++)
        names = postfix_list_join(names, text_from_string(known_milters[i].name), site->arena);
    while (postfix_list_next(&rest, &name))
        if (known_milter_find(name) == NULL)
            return invocation_complain(site->invocation, EX_USAGE,
                "--%s: \"%.*s\" is no program that is known here; expected any of: %.*s", option,
                TEXT_ARGS(name), TEXT_ARGS(names));
    return EX_OK;
}

int wiring_check_choices(const struct attach_site *site)
{
    int status = check_list(site, "replace", site->replace);

    if (status == EX_OK)
        status = check_list(site, "keep", site->keep);
    for (size_t i = 0; status == EX_OK && i < KNOWN_MILTER_COUNT; i++)
        if (is_named(site->replace, &known_milters[i]) && is_named(site->keep, &known_milters[i]))
            status = invocation_complain(site->invocation, EX_USAGE,
                "%s is named by --replace and by --keep: choose one", known_milters[i].name);
    return status;
}

static bool is_replaced(void *state, struct text item)
{
    const struct wiring *wiring = state;
    const struct known_milter *known = identify(wiring, item);

    return known != NULL && is_named(wiring->site->replace, known);
}

/* With the items of lists that are named by "$other" in their places. */
static struct text flatten(const struct wiring *wiring, struct text list)
{
    struct text flat = TEXT(""), item, first;

    while (postfix_list_next(&list, &item)) {
        struct text whole = postfix_instance_expand(&wiring->instance, item), rest = whole;
        bool is_list = postfix_list_next(&rest, &first) && text_trim(rest).len != 0;

        flat = postfix_list_join(flat, is_list ? whole : item, wiring->arena);
    }
    return flat;
}

static bool has_replaced(const struct wiring *wiring, struct text list)
{
    struct text rest = flatten(wiring, list), item;

    while (postfix_list_next(&rest, &item))
        if (is_replaced((void *)wiring, item))
            return true;
    return false;
}

static struct text without_replaced(const struct wiring *wiring, struct text list)
{
    if (!has_replaced(wiring, list))
        return list;
    return postfix_list_without(flatten(wiring, list), is_replaced, (void *)wiring, wiring->arena);
}

/* --- what the operator is told --- */

static void tell(struct wiring *wiring, const struct known_milter *known, struct text item)
{
    if (is_named(wiring->site->replace, known))
        plan_add_note(wiring->plan, PLAN_NOTE,
            "%s (%.*s) is taken out of Postfix; the program itself stays installed", known->name,
            TEXT_ARGS(item));
    else if (!known_milter_is_rival(known))
        plan_add_note(wiring->plan, PLAN_NOTE,
            "%s (%.*s) stays: behind our verification on port 25, before our signature on"
            " submission; it %s",
            known->name, TEXT_ARGS(item), known->does);
    else if (is_named(wiring->site->keep, known)) {
        plan_add_note(wiring->plan, PLAN_WARNING, "%s (%.*s) is kept, as you chose; it %s",
            known->name, TEXT_ARGS(item), known->does);
        wiring_tell_judge(wiring, known->name);
    } else
        plan_add_note(wiring->plan, PLAN_CHOICE,
            "%s (%.*s) %s. Say \"--replace %s\" to take it out of Postfix, or \"--keep %s\" to"
            " leave it beside us",
            known->name, TEXT_ARGS(item), known->does, known->name, known->name);
}

static void tell_all(struct wiring *wiring, struct text all, bool *told)
{
    struct text list = flatten(wiring, all), item;

    while (postfix_list_next(&list, &item)) {
        const struct known_milter *known = identify(wiring, item);

        if (known == NULL && !wiring_is_ours(wiring, item, wiring->milter))
            plan_add_note(wiring->plan, PLAN_NOTE,
                "the milter %.*s is none that is known here; it keeps its place", TEXT_ARGS(item));
        if (known == NULL || told[known - known_milters])
            continue;
        told[known - known_milters] = true;
        tell(wiring, known, item);
    }
}

static void tell_everything(struct wiring *wiring)
{
    bool told[KNOWN_MILTER_COUNT] = {false};
    struct master_cf master = master_cf_parse(wiring->master->before.content, wiring->arena);

    tell_all(wiring, wiring_get(wiring, TEXT("smtpd_milters")), told);
    if (!text_equals(wiring_get(wiring, TEXT("non_smtpd_milters")), TEXT("$smtpd_milters")))
        for (struct text rest = wiring_get(wiring, TEXT("non_smtpd_milters")), item;
             postfix_list_next(&rest, &item);)
            if (identify(wiring, item) != NULL)
                tell_all(wiring, item, told);
    for (size_t i = 0; i < master.count; i++) {
        const struct master_cf_option *option =
            master_cf_option_find(&master.services[i], TEXT("smtpd_milters"));

        if (option != NULL)
            tell_all(wiring, option->value, told);
    }
    wiring_tell_amavis(wiring);
}

/* --- the edits --- */

static bool is_ours(void *state, struct text item)
{
    const struct wiring *wiring = state;

    return text_equals(item, TEXT(MILTER_REF)) || wiring_is_ours(wiring, item, wiring->milter);
}

struct text wiring_other_milters(const struct wiring *wiring)
{
    struct text list = TEXT("");

    (void)main_cf_get(wiring->main->before.content, TEXT("smtpd_milters"), wiring->arena, &list);
    list = without_replaced(wiring, list);
    return postfix_list_without(list, is_ours, (void *)wiring, wiring->arena);
}

static void replace_in_main(struct wiring *wiring, struct text name)
{
    struct text list = wiring_get(wiring, name);

    /* What goes on with smtpd_milters follows it. */
    if (has_replaced(wiring, list) && !text_equals(list, TEXT("$smtpd_milters")))
        wiring_set(wiring, name, without_replaced(wiring, list), "without what is replaced");
}

/* An edit moves all services: what was parsed before it leads into the bytes before it. */
static void replace_in_services(struct wiring *wiring)
{
    struct master_cf master = master_cf_parse(wiring->master->after.content, wiring->arena);

    for (size_t i = 0; i < master.count; i++) {
        const struct master_cf_service *service = &master.services[i];
        const struct master_cf_option *option =
            master_cf_option_find(service, TEXT("smtpd_milters"));

        if (option == NULL || !has_replaced(wiring, option->value))
            continue;
        plan_file_edit(wiring->plan, wiring->master,
            master_cf_set(wiring->master->after.content, service, TEXT("smtpd_milters"),
                without_replaced(wiring, option->value), wiring->arena),
            service->key, "without the milters that are replaced");
        master = master_cf_parse(wiring->master->after.content, wiring->arena);
    }
}

static struct text our_milter(const struct wiring *wiring)
{
    struct text version = postfix_instance_value(&wiring->instance, TEXT("milter_protocol"));
    bool is_old = version.len == 1 && version.data[0] < '6';

    return arena_print(wiring->arena, "{ %.*s, default_action=tempfail%s }",
        TEXT_ARGS(wiring->milter), is_old ? ", protocol=6" : "");
}

static void plan_smtpd(struct wiring *wiring)
{
    struct text list = wiring_get(wiring, TEXT("smtpd_milters"));

    if (!wiring_is_ours(wiring, list, wiring->milter))
        wiring_put_first(wiring, TEXT("smtpd_milters"), TEXT(MILTER_REF),
            "mail that comes in is verified first of all, before others change it");
}

/* Sent by programs on this machine: signed, so last. */
static void plan_local(struct wiring *wiring, struct text others)
{
    static const char why[] = "mail of programs on this machine is signed, behind all others";
    struct text name = TEXT("non_smtpd_milters"), list = wiring_get(wiring, name);

    if (text_equals(list, TEXT("$smtpd_milters"))) {
        if (others.len != 0)
            wiring_set(
                wiring, name, postfix_list_join(others, TEXT(MILTER_REF), wiring->arena), why);
    } else if (!wiring_is_ours(wiring, list, wiring->milter))
        wiring_put_last(wiring, name, TEXT(MILTER_REF), why);
}

void wiring_plan_milters(struct wiring *wiring)
{
    struct text others = wiring_other_milters(wiring);
    bool is_there =
        wiring_is_ours(wiring, wiring_get(wiring, TEXT("smtpd_milters")), wiring->milter);

    tell_everything(wiring);
    replace_in_main(wiring, TEXT("smtpd_milters"));
    replace_in_main(wiring, TEXT("non_smtpd_milters"));
    replace_in_services(wiring);
    if (!is_there ||
        !wiring_is_ours(wiring, wiring_get(wiring, TEXT("non_smtpd_milters")), wiring->milter))
        wiring_define(wiring, "milter", our_milter(wiring),
            "where our milter is; mail waits while it is down, and is never let through unjudged");
    plan_smtpd(wiring);
    plan_local(wiring, others);
}
