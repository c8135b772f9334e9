/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lib/base/clock.h"
#include "lib/store/alias.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/dkim-delegation.h"
#include "lib/store/dkim-key.h"
#include "lib/store/domain.h"
#include "lib/store/relayhost.h"
#include "lib/store/user.h"
#include "mailctl/alias-route.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/domain-file.h"
#include "mailctl/domain-postfix.h"
#include "mailctl/domain-roles.h"
#include "mailctl/domain-view.h"
#include "mailctl/listing.h"
#include "mailctl/output.h"

/* --- domain add --- */

/* As "domain set --relay" has it. */
static enum err add(struct store *store, struct text name, bool is_relay, struct arena *arena)
{
    enum err err = domain_add(store, name, clock_wall());
    struct domain domain = {.name = name};

    if (err == ERR_NONE && is_relay)
        err = domain_find(store, name, arena, &domain);
    domain.kind = DOMAIN_RELAY;
    return err == ERR_NONE && is_relay ? domain_update(store, &domain) : err;
}

static const char *next_step(const struct invocation *invocation, struct text name, bool is_relay)
{
    if (is_relay)
        return arena_print(invocation->arena,
            "; next: its MX records, with the host that has its mailboxes before this one "
            "(\"mailctl "
            "dns show %.*s\")",
            TEXT_ARGS(name))
            .data;
    return arena_print(invocation->arena,
        "; next: \"mailctl dkim generate %.*s\", \"mailctl dns show %.*s\", and somebody who reads "
        "what is for postmaster@%.*s and abuse@%.*s (\"mailctl alias add\")",
        TEXT_ARGS(name), TEXT_ARGS(name), TEXT_ARGS(name), TEXT_ARGS(name))
        .data;
}

/* What is there already may be another thing than what was asked for. */
static int check_kind(
    struct invocation *invocation, struct store *store, struct text name, bool is_relay)
{
    enum domain_kind wanted = is_relay ? DOMAIN_RELAY : DOMAIN_MAILBOX;
    struct domain domain = {.name = TEXT_NONE};

    if (domain_find(store, name, invocation->arena, &domain) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    if (domain.kind == wanted)
        return EX_OK;
    return invocation_complain(invocation, EX_CANTCREAT,
        "the domain %.*s exists already, but its kind is %.*s, not %s (\"mailctl domain set %.*s "
        "--%s\" changes that)",
        TEXT_ARGS(name), TEXT_ARGS(domain_view_kind(invocation, &domain)), domain_kind_word(wanted),
        TEXT_ARGS(name), is_relay ? "relay" : "mailboxes");
}

static void warn(struct invocation *invocation, struct text name, bool is_relay)
{
    domain_postfix_warn(invocation, name);
    if (is_relay)
        domain_postfix_warn_relay(invocation, name);
}

/* The domain is there: with --if-missing that is fine, where it is of the kind that was asked for.
 */
static int add_again(
    struct invocation *invocation, struct store *store, struct text name, bool is_relay)
{
    int status;

    store_roll_back(store);
    status = check_kind(invocation, store, name, is_relay);
    if (status != EX_OK)
        return status;
    if (!directory_is_settled(invocation, ERR_EXISTS))
        return directory_exists(invocation, name);
    warn(invocation, name, is_relay);
    directory_say_settled(invocation, name);
    return invocation->dry_run ? EX_OK : domain_file_follow(invocation, store);
}

static int run_add(struct invocation *invocation)
{
    struct text name;
    struct store *store;
    int status = invocation_domain(invocation, invocation_argument(invocation, 0), &name);
    bool is_relay = invocation_has(invocation, "relay");
    enum err err;

    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    err = add(store, name, is_relay, invocation->arena);
    if (err == ERR_EXISTS)
        return add_again(invocation, store, name, is_relay);
    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    status = directory_end(invocation, store);
    if (status != EX_OK)
        return status;
    warn(invocation, name, is_relay);
    directory_say(invocation, name, "added", next_step(invocation, name, is_relay));
    return domain_postfix_follow(invocation, store);
}

static const struct command_option add_options[] = {
    {"relay",      NULL, "its mail is taken in and passed on: this is a backup MX"},
    {"if-missing", NULL, "be content where it is there already"                   },
    {NULL,         NULL, NULL                                                     },
};
static const char *const add_examples[] = {"mailctl domain add example.org",
    "mailctl domain add --if-missing bücher.example", "mailctl domain add --relay example.com",
    NULL};

const struct command command_domain_add = {
    .noun = "domain",
    .verb = "add",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = add_options,
    .help = "add a mail domain",
    .details =
        "Names beyond ASCII are kept in their form for the DNS (xn--...). Warns where the\n"
        "domain stands in mydestination of a Postfix that is attached already. Mail to a relay\n"
        "is taken for any address and goes to the host that the MX records name before this\n"
        "one; \"domain set\" says which domains are aliases of others.",
    .examples = add_examples,
    .run = run_add,
};

/* --- domain list --- */

static void to_cells(const struct invocation *invocation, const void *item, struct text *cells)
{
    const struct domain *domain = item;

    cells[0] = domain->name;
    cells[1] = directory_yes_no(domain->enabled);
    cells[2] = directory_time(invocation, domain->created);
    cells[3] = domain_view_kind(invocation, domain);
}

static int run_list(struct invocation *invocation)
{
    static const char *const headings[] = {"domain", "enabled", "created", "kind", NULL};
    static const struct listing listing = {
        headings, sizeof(struct domain), to_cells, domain_view_json};
    int status = EX_CONFIG;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain_list list;

    if (store == NULL)
        return status;
    if (domain_list(store, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    listing_print(invocation, &listing, list.items, list.count);
    return EX_OK;
}

static const char *const list_examples[] = {
    "mailctl domain list", "mailctl domain list --json", NULL};

const struct command command_domain_list = {
    .noun = "domain",
    .verb = "list",
    .help = "list the mail domains",
    .examples = list_examples,
    .run = run_list,
};

/* --- domain show --- */

/* What is in a domain. */
struct content {
    struct domain domain;
    struct user_list users;
    struct alias_list aliases;
    struct dkim_key_list keys;
    struct domain_roles roles;
};

static int read_content(
    struct invocation *invocation, struct store *store, struct text name, struct content *content_r)
{
    int status = EX_CONFIG;
    struct store *keys = invocation_store(invocation, STORE_KEYS, STORE_READ, &status);
    const struct settings *settings = invocation_settings(invocation, &status);
    struct arena *arena = invocation->arena;

    if (keys == NULL || settings == NULL)
        return status;
    if (domain_find(store, name, arena, &content_r->domain) != ERR_NONE ||
        user_list(store, name, arena, &content_r->users) != ERR_NONE ||
        alias_list(store, name, arena, &content_r->aliases) != ERR_NONE ||
        domain_roles_find(store, &content_r->domain, text_from_string(settings->postmaster), arena,
            &content_r->roles) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    if (dkim_key_list(keys, name, arena, &content_r->keys) != ERR_NONE)
        return directory_fail(invocation, keys, EX_CONFIG);
    return EX_OK;
}

static struct text key_names(struct invocation *invocation, const struct dkim_key_list *keys)
{
    struct text names = TEXT("");

    for (size_t i = 0; i < keys->count; i++)
        names = arena_print(invocation->arena, "%.*s%s%.*s (%.*s)", TEXT_ARGS(names),
            i != 0 ? ", " : "", TEXT_ARGS(keys->items[i].selector),
            TEXT_ARGS(dkim_key_word(&keys->items[i])));
    return keys->count != 0 ? names : TEXT("none");
}

static json_t *content_to_json(const struct invocation *invocation, const struct content *content)
{
    json_t *json = domain_view_json(invocation, &content->domain);
    json_t *keys = json_array();

    for (size_t i = 0; i < content->keys.count; i++)
        json_array_append_new(keys,
            json_pack("{s:o, s:o}", "selector", output_json_text(content->keys.items[i].selector),
                "state", output_json_text(dkim_key_word(&content->keys.items[i]))));
    json_object_set_new(json, "users", json_integer((json_int_t)content->users.count));
    json_object_set_new(json, "aliases", json_integer((json_int_t)content->aliases.count));
    json_object_set_new(json, "keys", keys);
    for (size_t i = 0; i < DOMAIN_ROLES_COUNT; i++)
        json_object_set_new(
            json, content->roles.of[i].name, domain_role_json(&content->roles.of[i]));
    return json;
}

static void print_content(struct invocation *invocation, const struct content *content)
{
    static const char *const names[] = {"domain", "enabled", "created", "users", "aliases", "keys",
        "kind", "signing", "SPF includes", "reports to", "quota of users", "transport",
        "in Unicode", "postmaster", "abuse", NULL};
    struct arena *arena = invocation->arena;
    const struct domain *domain = &content->domain;
    const struct text values[] = {
        domain->name,
        directory_yes_no(content->domain.enabled),
        directory_time(invocation, content->domain.created),
        arena_print(arena, "%zu", content->users.count),
        arena_print(arena, "%zu", content->aliases.count),
        key_names(invocation, &content->keys),
        domain_view_kind(invocation, domain),
        domain->signs ? TEXT("on") : TEXT("off"),
        text_is_empty(domain->spf_includes) ? TEXT("none") : domain->spf_includes,
        text_is_empty(domain->report_address) ? TEXT("nobody") : domain->report_address,
        directory_quota(invocation, domain->default_quota_bytes),
        text_is_empty(domain->transport) ? TEXT("as Postfix is set") : domain->transport,
        domain_view_unicode(invocation, domain),
        domain_role_text(invocation, &content->roles.of[0]),
        domain_role_text(invocation, &content->roles.of[1]),
    };

    listing_print_fields(invocation, names, values, content_to_json(invocation, content));
}

static int read_domain(struct invocation *invocation, enum store_mode mode, struct store **store_r,
    struct content *content_r)
{
    struct text name;
    int status = invocation_domain(invocation, invocation_argument(invocation, 0), &name);

    if (status == EX_OK)
        *store_r = invocation_store(invocation, STORE_DIRECTORY, mode, &status);
    return *store_r != NULL ? read_content(invocation, *store_r, name, content_r) : status;
}

static int run_show(struct invocation *invocation)
{
    struct store *store = NULL;
    struct content content = {.domain = {.name = TEXT_NONE}};
    int status = read_domain(invocation, STORE_READ, &store, &content);

    if (status == EX_OK)
        print_content(invocation, &content);
    return status;
}

static const char *const show_examples[] = {"mailctl domain show example.org", NULL};

const struct command command_domain_show = {
    .noun = "domain",
    .verb = "show",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "show a domain: how many users and aliases, which keys, who gets postmaster's mail",
    .examples = show_examples,
    .run = run_show,
};

/* --- domain delete --- */

/* Twice does no harm: what is gone already is passed over. */
static int delete_secrets(struct invocation *invocation, const struct content *content)
{
    int status = EX_CONFIG;
    struct store *credentials =
        invocation_store(invocation, STORE_CREDENTIALS, STORE_WRITE, &status);
    struct store *keys = invocation_store(invocation, STORE_KEYS, STORE_WRITE, &status);
    enum err err;

    if (credentials == NULL || keys == NULL)
        return status;
    for (size_t i = 0; i < content->users.count; i++) {
        err = credential_delete(credentials, content->users.items[i].address);
        if (err == ERR_NONE || err == ERR_ABSENT)
            err = app_password_delete_all(credentials, content->users.items[i].address);
        if (err != ERR_NONE)
            return directory_fail(invocation, credentials, EX_NOUSER);
    }
    if (relayhost_forget_domain(credentials, content->domain.name) != ERR_NONE)
        return directory_fail(invocation, credentials, EX_CONFIG);
    directory_warn_traces(invocation, credentials);
    for (size_t i = 0; i < content->keys.count; i++) {
        err = dkim_key_delete(keys, content->domain.name, content->keys.items[i].selector);
        if (err != ERR_NONE && err != ERR_ABSENT)
            return directory_fail(invocation, keys, EX_CONFIG);
    }
    if (dkim_delegation_set(keys, content->domain.name, TEXT_NONE) != ERR_NONE)
        return directory_fail(invocation, keys, EX_CONFIG);
    directory_warn_traces(invocation, keys);
    return EX_OK;
}

/*
 * The secrets go while the directory can still be rolled back: where one of their databases is
 * locked, the domain is still there and the command can be given again. The other way round, keys
 * of a domain that is gone would go on signing.
 */
static int remove_domain(struct invocation *invocation, struct store *store, const void *context)
{
    const struct content *content = context;

    if (domain_delete(store, content->domain.name, invocation_has(invocation, "with-content")) !=
        ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    return invocation->dry_run ? EX_OK : delete_secrets(invocation, content);
}

/* How much goes: for the question, and behind "deleted". */
static const char *tell_content(struct invocation *invocation, const struct content *content)
{
    return arena_print(invocation->arena,
        " with its users (%zu), aliases (%zu) and DKIM keys (%zu)", content->users.count,
        content->aliases.count, content->keys.count)
        .data;
}

static int run_delete(struct invocation *invocation)
{
    struct store *store = NULL;
    struct content content = {.domain = {.name = TEXT_NONE}};
    int status = read_domain(invocation, STORE_WRITE, &store, &content);
    struct directory_removal removal = {.remove = remove_domain, .context = &content};
    struct text name = content.domain.name;

    if (status != EX_OK)
        return status;
    if (content.users.count + content.aliases.count != 0 &&
        !invocation_has(invocation, "with-content"))
        return invocation_complain(invocation, EX_DATAERR,
            "%.*s still has users (%zu) or aliases (%zu); delete them first, or give "
            "--with-content",
            TEXT_ARGS(name), content.users.count, content.aliases.count);
    removal.name = removal.target = name;
    removal.question = arena_print(
        invocation->arena, "Delete %.*s%s?", TEXT_ARGS(name), tell_content(invocation, &content))
                           .data;
    removal.hint = arena_print(invocation->arena, "%s; the mail itself stays where it is",
        tell_content(invocation, &content))
                       .data;
    status = directory_remove(invocation, store, &removal);
    if (status != EX_OK)
        return status;
    if (content.users.count != 0)
        dovecot_cache_forget(invocation, TEXT(""));
    return domain_postfix_follow(invocation, store);
}

static const struct command_option delete_options[] = {
    {"with-content", NULL, "delete its users and aliases, too"},
    ALIAS_ROUTE_OPTION,
    {NULL,           NULL, NULL                               },
};
static const char *const delete_examples[] = {"mailctl domain delete example.org",
    "mailctl -y domain delete --with-content example.org", NULL};

const struct command command_domain_delete = {
    .noun = "domain",
    .verb = "delete",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = delete_options,
    .help = "delete a domain and its keys",
    .details = "Asks first. Users and aliases in it are deleted only with --with-content. Where\n"
               "aliases of other domains lead into it, say what becomes of them. Mail that has\n"
               "been delivered is left alone.",
    .examples = delete_examples,
    .run = run_delete,
};
