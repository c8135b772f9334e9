/* SPDX-License-Identifier: MIT */

/*
 * Domains, mailboxes, aliases, and who may send as whom. Our domains are a file; everything about
 * addresses is asked of gatepost-authd, but only for addresses of our domains: a filter in front
 * looks the domain up in the file, so that mail for the system and for other domains goes on while
 * authd is down.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/store/domain.h"
#include "mailctl/attach/postfix-local.h"
#include "mailctl/attach/postfix-wiring.h"

/*
 * An address of one of our domains gives itself, any other nothing. unionmap makes "a@d,d" of an
 * address whose domain is in a file, "a@d,d,d" where it is in both for the moment in which it
 * moves, and "a@d" of another; only that does not pass the last step.
 */
#define FILTER                                                                                     \
    "pipemap:{unionmap:{regexp:{{/^(.+@.+)$$/ $$1}}, pipemap:{regexp:{{/^.+@([^@]+)$$/ $$1}}, "    \
    "unionmap:{%s, %s}}},"                                                                         \
    " regexp:{{/^(.+@[^,]+)(,[^@,]+)+$$/ $$1}}}"
#define LOOKUP "pipemap:{$" WIRING_PREFIX "ours, socketmap:%.*s:%s}"
#define REF(name) TEXT("$" WIRING_PREFIX name)
#define REF_NAME(name) TEXT(WIRING_PREFIX name)

/* --- our domains in mydestination --- */

struct local_domains {
    const struct wiring *wiring;
    const struct domain_list *ours;
    struct text removed; /* those of mailboxes, with "|" between, dots escaped: for a pattern */
    struct text names;   /* all of them, for people */
};

static int compare_domain(const void *key, const void *item)
{
    return text_compare(*(const struct text *)key, ((const struct domain *)item)->name);
}

/* NULL where it is none of ours. */
static const struct domain *our_domain(const struct domain_list *ours, struct text name)
{
    return ours->count == 0
               ? NULL
               : bsearch(&name, ours->items, ours->count, sizeof *ours->items, compare_domain);
}

static bool is_our_domain(const struct domain_list *ours, struct text name)
{
    return our_domain(ours, name) != NULL;
}

static struct text lower(struct text text, struct arena *arena)
{
    char *copy = arena_copy_string(arena, text);

    text_lower_bytes(copy, text.len);
    return text_from_bytes(copy, text.len);
}

/* For postfix_list_without(): notes what goes. */
static bool is_ours_here(void *state, struct text item)
{
    struct local_domains *local = state;
    struct arena *arena = local->wiring->arena;
    struct text name =
        lower(text_trim(postfix_instance_expand(&local->wiring->instance, item)), arena);
    const struct domain *domain = our_domain(local->ours, name);

    if (domain == NULL)
        return false;
    if (postfix_list_has(local->names, name)) /* "example.org, $mydomain" */
        return true;
    if (domain->kind != DOMAIN_RELAY)
        local->removed = arena_print(arena, "%.*s%s%.*s", TEXT_ARGS(local->removed),
            local->removed.len != 0 ? "|" : "", TEXT_ARGS(postfix_list_pattern(name, arena)));
    local->names = postfix_list_join(local->names, name, arena);
    return true;
}

/* A table or file that holds one of our domains is the operator's to change. */
static void check_tables(struct wiring *wiring, struct text list, const struct domain_list *ours)
{
    size_t count;
    const struct text *names = postfix_local_names(ours, wiring->arena, &count);
    struct postfix_local local = postfix_local_match(
        &wiring->instance, postfix_instance_expand(&wiring->instance, list), names, count);

    for (size_t i = 0; i < local.count; i++)
        if (local.hits[i].source != NULL)
            plan_add_note(wiring->plan, PLAN_REFUSAL,
                "mydestination holds %.*s in %s: take it out there first",
                TEXT_ARGS(local.hits[i].name), local.hits[i].source);
    if (local.unjudged != NULL)
        plan_add_note(wiring->plan, PLAN_WARNING, "%s",
            postfix_local_tell_unjudged(&wiring->instance, &local));
}

/* A table that can be asked; one that cannot would stop all mail. */
static bool answers(const struct wiring *wiring, struct text table)
{
    struct text value;

    return postfix_instance_query(&wiring->instance, arena_copy_string(wiring->arena, table),
               "root", &value, NULL) == ERR_NONE;
}

/* Who there is on the system itself: accounts, and the names of /etc/aliases. */
static struct text system_tables(const struct wiring *wiring)
{
    struct text rest = postfix_instance_value(&wiring->instance, TEXT("alias_maps")), item;
    struct text tables = TEXT("proxy:unix:passwd.byname");

    if (!answers(wiring, tables))
        tables = TEXT("");
    while (postfix_list_next(&rest, &item))
        if (answers(wiring, item))
            tables = postfix_list_join(tables, item, wiring->arena);
    return tables;
}

/*
 * The accounts of the system had addresses in these domains. They keep them, behind our users
 * and aliases: NAME@DOMAIN leads to NAME@localhost where there is such an account.
 */
static void keep_accounts(struct wiring *wiring, const struct local_domains *local)
{
    struct text tables = system_tables(wiring);

    if (tables.len == 0 || local->removed.len == 0)
        return;
    wiring_define(wiring, "accounts",
        arena_print(wiring->arena,
            "pipemap:{unionmap:{regexp:{{/^([^@]+)@(%.*s)$$/ $$1@localhost}},"
            " pipemap:{regexp:{{/^([^@+]+)(\\+[^@]*)?@[^@]+$$/ $$1}}, unionmap:{%.*s}}},"
            " regexp:{{/^([^,]+@localhost),.+$$/ $$1}}}",
            TEXT_ARGS(local->removed), TEXT_ARGS(tables)),
        "accounts of this system keep their addresses where no user or alias of ours has them");
    wiring_put_last(wiring, TEXT("virtual_alias_maps"), REF("accounts"),
        "accounts of this system come behind our users and aliases");
}

static struct text origin_of(const struct wiring *wiring)
{
    struct text origin = postfix_instance_value(&wiring->instance, TEXT("myorigin"));
    struct file file;

    if (text_starts_with(origin, TEXT("/")) &&
        file_read(arena_copy_string(wiring->arena, origin), wiring->arena, &file, NULL) == ERR_NONE)
        origin = text_head(file.content, text_find(file.content, '\n'));
    return lower(text_trim(origin), wiring->arena);
}

/* Mail to "root" is for root@myorigin: that must not depend on us. */
static void keep_origin(struct wiring *wiring, const struct domain_list *ours)
{
    struct text host =
        lower(postfix_instance_value(&wiring->instance, TEXT("myhostname")), wiring->arena);

    if (!is_our_domain(ours, origin_of(wiring)))
        return;
    if (is_our_domain(ours, host)) {
        plan_add_note(wiring->plan, PLAN_NOTE,
            "mail of cron and other programs goes to names like root@%.*s, a domain of ours:"
            " make an alias for root, or it stays on this machine",
            TEXT_ARGS(host));
        return;
    }
    wiring_set(wiring, TEXT("myorigin"), TEXT("$myhostname"),
        "mail to root and from cron stays on this machine, whose programs write as its name; the "
        "former domain is one of ours");
}

static void free_mydestination(struct wiring *wiring, const struct domain_list *ours)
{
    struct text list = wiring_get_or_default(wiring, TEXT("mydestination"));
    struct local_domains local = {
        .wiring = wiring, .ours = ours, .removed = TEXT(""), .names = TEXT("")};
    struct text kept = postfix_list_without(list, is_ours_here, &local, wiring->arena);

    check_tables(wiring, kept, ours);
    if (local.names.len == 0)
        return;
    plan_add_note(wiring->plan, PLAN_NOTE,
        "%.*s stood in mydestination: it becomes a domain of ours; accounts of this system keep"
        " their addresses in one of mailboxes where no user or alias of ours has the same",
        TEXT_ARGS(local.names));
    if (!postfix_list_has(kept, TEXT("localhost")))
        kept = postfix_list_join(kept, TEXT("localhost"), wiring->arena);
    wiring_set(wiring, TEXT("mydestination"), kept,
        "a domain of ours must not be one of system accounts as well");
    keep_accounts(wiring, &local);
    keep_origin(wiring, ours);
}

/* --- lookups --- */

static void define_lookup(
    struct wiring *wiring, const char *name, const char *table, const char *why)
{
    wiring_define(
        wiring, name, arena_print(wiring->arena, LOOKUP, TEXT_ARGS(wiring->lookup), table), why);
}

static bool has_lookup(const struct wiring *wiring, struct text name, const char *table)
{
    return wiring_is_ours(wiring, wiring_get(wiring, name),
        arena_print(wiring->arena, "socketmap:%.*s:%s", TEXT_ARGS(wiring->lookup), table));
}

static void plan_aliases(struct wiring *wiring)
{
    struct text name = TEXT("virtual_alias_maps");
    struct text others = wiring_get(wiring, name);

    if (has_lookup(wiring, name, "aliases"))
        return;
    if (!main_cf_get(wiring->main->after.content, TEXT("virtual_alias_domains"), wiring->arena,
            &(struct text){NULL, 0}))
        wiring_set(wiring, TEXT("virtual_alias_domains"), others,
            "by default all of virtual_alias_maps is asked whether each domain is one");
    define_lookup(wiring, "aliases", "aliases", "aliases of our domains, asked of gatepost-authd");
    wiring_put_last(wiring, name, REF("aliases"), "our aliases, behind those that are there");
}

static void plan_mailboxes(struct wiring *wiring)
{
    struct text name = TEXT("virtual_mailbox_maps");

    if (has_lookup(wiring, name, "mailboxes"))
        return;
    define_lookup(
        wiring, "mailboxes", "mailboxes", "mailboxes of our domains, asked of gatepost-authd");
    wiring_put_last(wiring, name, REF("mailboxes"), "which mailboxes there are");
}

static void plan_domains(struct wiring *wiring)
{
    struct text name = TEXT("virtual_mailbox_domains"), old;
    struct text table = text_from_string(wiring->domains);
    bool is_set = main_cf_get(wiring->main->after.content, name, wiring->arena, &old);

    if (!wiring_is_ours(wiring, wiring_get(wiring, name), table)) {
        /* Its default is $virtual_mailbox_maps: what was there before us. */
        if (!is_set && wiring_get(wiring, TEXT("virtual_mailbox_maps")).len != 0)
            wiring_set(wiring, name, wiring_get(wiring, TEXT("virtual_mailbox_maps")),
                "the mailbox domains that are there already");
        wiring_put_last(wiring, name, table, "our domains, a file that mailctl keeps");
    }
}

static void define_filter(struct wiring *wiring)
{
    struct text filter = arena_print(wiring->arena, FILTER, wiring->domains, wiring->relays);

    if (!text_equals(wiring_get(wiring, REF_NAME("ours")), filter))
        wiring_define(wiring, "ours", filter,
            "passes addresses of our domains only: others are never asked of gatepost-authd");
}

/* Ours go to Dovecot; where other mailbox domains have another way, that stays theirs. */
static void plan_transport(struct wiring *wiring)
{
    static const char dovecot[] = "lmtp:unix:private/dovecot-lmtp";
    struct text transport = postfix_instance_value(&wiring->instance, TEXT("virtual_transport"));
    struct text others = postfix_instance_value(&wiring->instance, TEXT("virtual_mailbox_domains"));

    if (text_find_text(transport, TEXT("dovecot")) < transport.len)
        return;
    if (others.len == 0 || text_equals(others, text_from_string(wiring->domains))) {
        wiring_set(wiring, TEXT("virtual_transport"), text_from_string(dovecot),
            "Dovecot delivers, with Sieve and quota");
        return;
    }
    wiring_define(wiring, "transport",
        arena_print(wiring->arena, "pipemap:{%s, regexp:{{/./ %s}}}", wiring->domains, dovecot),
        "Dovecot delivers mail of our domains; other mailbox domains keep their way");
    wiring_put_first(wiring, TEXT("transport_maps"), REF("transport"), "the way to Dovecot");
}

/* Not a table, a file, or what is taken out. */
static bool is_name(struct text item)
{
    return text_find(item, ':') == item.len && !text_starts_with(item, TEXT("/")) &&
           !text_starts_with(item, TEXT("!"));
}

/*
 * Domains in which accounts of the system have addresses, each once, as a pattern: those that stood
 * in mydestination before free_mydestination(), and what it put there.
 */
static struct text system_domains(const struct wiring *wiring)
{
    struct text now = wiring_get_or_default(wiring, TEXT("mydestination"));
    struct text rest = postfix_instance_value(&wiring->instance, TEXT("mydestination"));
    struct text names = TEXT(""), pattern = TEXT(""), item;

    rest = postfix_list_join(rest, postfix_instance_expand(&wiring->instance, now), wiring->arena);
    while (postfix_list_next(&rest, &item)) {
        struct text name = lower(item, wiring->arena);

        if (!is_name(name) || postfix_list_has(names, name))
            continue;
        names = postfix_list_join(names, name, wiring->arena);
        pattern = arena_print(wiring->arena, "%.*s%s%.*s", TEXT_ARGS(pattern),
            pattern.len != 0 ? "|" : "", TEXT_ARGS(postfix_list_pattern(name, wiring->arena)));
    }
    return pattern;
}

static void plan_senders(struct wiring *wiring)
{
    struct text name = TEXT("smtpd_sender_login_maps"), domains = system_domains(wiring);

    if (has_lookup(wiring, name, "senders"))
        return;
    define_lookup(wiring, "senders", "senders", "who may send as whom, asked of gatepost-authd");
    wiring_define(wiring, "system_senders",
        arena_print(
            wiring->arena, "regexp:{{/^([^@+]+)(\\+[^@]*)?@(%.*s)$$/ $$1}}", TEXT_ARGS(domains)),
        "accounts of this system may send as themselves");
    wiring_put_last(wiring, name, REF("senders"), "a login may send under its own addresses");
    wiring_put_last(
        wiring, name, REF("system_senders"), "accounts of this system may send as themselves");
}

static void plan_sasl(struct wiring *wiring)
{
    struct text type = postfix_instance_value(&wiring->instance, TEXT("smtpd_sasl_type"));
    struct text path = postfix_instance_value(&wiring->instance, TEXT("smtpd_sasl_path"));

    if (!text_equals(type, TEXT("dovecot")))
        wiring_set(wiring, TEXT("smtpd_sasl_type"), TEXT("dovecot"),
            "logins are checked by Dovecot, which asks gatepost-authd");
    if (!text_equals(type, TEXT("dovecot")) || text_equals(path, TEXT("smtpd")))
        wiring_set(wiring, TEXT("smtpd_sasl_path"), TEXT("private/auth"),
            "the socket that Dovecot makes in Postfix's queue directory");
}

static int read_domains(const struct wiring *wiring, struct domain_list *ours_r)
{
    struct invocation *invocation = wiring->site->invocation;
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);

    if (store == NULL)
        return status;
    return domain_list(store, wiring->arena, ours_r) == ERR_NONE
               ? EX_OK
               : invocation_complain_store(invocation, store);
}

static void plan_bounces(struct wiring *wiring, const struct domain_list *ours)
{
    wiring_plan_srs(
        wiring, is_our_domain(ours, settings_srs_domain(wiring->site->settings, wiring->arena)));
}

int wiring_plan_later(struct wiring *wiring)
{
    struct domain_list ours = {.count = 0};
    int status = read_domains(wiring, &ours);

    if (status != EX_OK)
        return status;
    define_filter(wiring);
    wiring_plan_relays(wiring);
    plan_bounces(wiring, &ours);
    wiring_plan_transports(wiring);
    return EX_OK;
}

int wiring_plan_tables(struct wiring *wiring)
{
    struct domain_list ours = {.count = 0};
    int status = read_domains(wiring, &ours);

    if (status != EX_OK)
        return status;
    plan_domains(wiring);
    define_filter(wiring);
    wiring_plan_relays(wiring);
    plan_mailboxes(wiring);
    plan_aliases(wiring);
    plan_bounces(wiring, &ours);
    free_mydestination(wiring, &ours);
    plan_transport(wiring);
    wiring_plan_transports(wiring);
    plan_senders(wiring);
    plan_sasl(wiring);
    return EX_OK;
}
