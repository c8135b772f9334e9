/* SPDX-License-Identifier: MIT */

/* domain set: what a domain is, and what it has of its own. */

#include "lib/base/config.h"
#include "lib/dns/name.h"
#include "lib/store/domain.h"
#include "mailctl/alias-route.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/domain-postfix.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/transport-argument.h"
#include "mailctl/user-options.h"

static int read_kind(struct invocation *invocation, struct domain *domain)
{
    const char *target = invocation_value(invocation, "alias-of");
    bool mailboxes = invocation_has(invocation, "mailboxes");
    bool relay = invocation_has(invocation, "relay");

    if ((target != NULL) + mailboxes + relay > 1)
        return invocation_complain(
            invocation, EX_USAGE, "--alias-of, --mailboxes and --relay: give one of them");
    if (mailboxes || relay)
        domain->kind = relay ? DOMAIN_RELAY : DOMAIN_MAILBOX;
    if (target == NULL)
        return EX_OK;
    domain->kind = DOMAIN_ALIAS;
    return invocation_domain(invocation, text_from_string(target), &domain->target);
}

static int add_include(struct invocation *invocation, const char *value, struct text *includes)
{
    struct text name;

    if (!dns_name_normalize(text_from_string(value), invocation->arena, &name) ||
        dns_name_label_count(name) < 2)
        return invocation_bad_value(
            invocation, "spf-include", "a name like _spf.example.net", value);
    *includes = arena_print(invocation->arena, "%.*s%s%.*s", TEXT_ARGS(*includes),
        includes->len != 0 ? " " : "", TEXT_ARGS(name));
    return EX_OK;
}

/* In place of all that there were. */
static int read_includes(struct invocation *invocation, struct domain *domain)
{
    const char *const *values;
    size_t count = invocation_values(invocation, "spf-include", &values);
    bool none = invocation_has(invocation, "no-spf-includes");
    struct text includes = TEXT("");
    int status = EX_OK;

    if (count != 0 && none)
        return invocation_complain(
            invocation, EX_USAGE, "--spf-include and --no-spf-includes: give one of them");
    if (count > DOMAIN_SPF_INCLUDES_MAX)
        return invocation_complain(invocation, EX_USAGE,
            "--spf-include: at most %d were expected, since receivers look up no more",
            DOMAIN_SPF_INCLUDES_MAX);
    for (size_t i = 0; status == EX_OK && i < count; i++)
        status = add_include(invocation, values[i], &includes);
    if (status == EX_OK && (count != 0 || none))
        domain->spf_includes = includes;
    return status;
}

static int read_report_address(struct invocation *invocation, struct domain *domain)
{
    const char *value = invocation_value(invocation, "report-address");
    struct mailbox_argument mailbox;

    if (value == NULL)
        return EX_OK;
    if (strcmp(value, "none") == 0) {
        domain->report_address = TEXT("");
        return EX_OK;
    }
    if (mailbox_argument_parse(
            text_from_string(value), MAILBOX_TARGET, invocation->arena, &mailbox, NULL) != ERR_NONE)
        return invocation_bad_value(
            invocation, "report-address", "an address like dmarc@example.org, or none", value);
    domain->report_address = mailbox.address;
    return EX_OK;
}

static int read_quota(struct invocation *invocation, struct domain *domain)
{
    const char *value = invocation_value(invocation, "default-quota");
    int64_t bytes = 0;

    if (value == NULL)
        return EX_OK;
    if (strcmp(value, "unlimited") != 0 && (!config_parse_size(text_from_string(value), &bytes) ||
                                               bytes < 0 || bytes > USER_QUOTA_MAX))
        return invocation_bad_value(
            invocation, "default-quota", "a size like 500M or 2G, or unlimited", value);
    domain->default_quota_bytes = bytes;
    return EX_OK;
}

static int read_transport(struct invocation *invocation, struct domain *domain)
{
    const char *value = invocation_value(invocation, "transport");
    struct failure failure;

    if (value == NULL)
        return EX_OK;
    if (strcmp(value, "none") == 0)
        domain->transport = TEXT("");
    else if (transport_argument_parse(text_from_string(value), invocation->arena,
                 &domain->transport, &failure) != ERR_NONE)
        return invocation_complain(invocation, EX_USAGE, "--transport: %s; or none", failure.text);
    return EX_OK;
}

static void read_signing(struct invocation *invocation, struct domain *domain)
{
    const char *value = invocation_value(invocation, "signing");

    if (value != NULL)
        domain->signs = strcmp(value, "on") == 0;
}

static int read_options(struct invocation *invocation, struct domain *domain)
{
    int status = invocation_either(invocation, "enable", "disable", &domain->enabled);

    read_signing(invocation, domain);
    if (status == EX_OK)
        status = read_kind(invocation, domain);
    if (status == EX_OK)
        status = read_includes(invocation, domain);
    if (status == EX_OK)
        status = read_report_address(invocation, domain);
    if (status == EX_OK)
        status = read_transport(invocation, domain);
    return status == EX_OK ? read_quota(invocation, domain) : status;
}

/* What leads over a domain that stands for another one may lead back now. */
static int check_routes(struct invocation *invocation, struct store *store, struct text domain)
{
    struct route_source_list list = {NULL, 0};
    int status = EX_OK;

    if (route_sources_find_twins(store, domain, invocation->arena, &list) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    for (size_t i = 0; status == EX_OK && i < list.count; i++)
        status = alias_route_check(invocation, store, list.items[i].address, NULL, 0);
    return status;
}

static int change(struct invocation *invocation, struct store *store, struct domain *domain)
{
    int status = read_options(invocation, domain);

    if (status != EX_OK)
        return status;
    if (domain_update(store, domain) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    return check_routes(invocation, store, domain->name);
}

/* Who logs in now may not have before, and the other way round; all of the domain's users. */
static void tell_others(
    struct invocation *invocation, const struct domain *before, const struct domain *after)
{
    if (before->enabled != after->enabled || before->kind != after->kind)
        dovecot_cache_forget(invocation, TEXT(""));
}

static bool has_options(const struct invocation *invocation)
{
    return invocation->option_count != 0;
}

static int run_set(struct invocation *invocation)
{
    struct domain domain = {.name = TEXT_NONE}, before;
    struct store *store;
    int status = read_options(invocation, &domain); /* are they right at all? */
    struct text name;

    if (status == EX_OK && !has_options(invocation))
        status = invocation_complain(
            invocation, EX_USAGE, "set what? (\"mailctl domain set --help\" lists the options)");
    if (status == EX_OK)
        status = invocation_domain(invocation, invocation_argument(invocation, 0), &name);
    if (status != EX_OK)
        return status;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    if (domain_find(store, name, invocation->arena, &before) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    domain = before;
    status = change(invocation, store, &domain);
    if (status != EX_OK) {
        store_roll_back(store);
        return status;
    }
    status = directory_end(invocation, store);
    if (status != EX_OK)
        return status;
    directory_say(invocation, name, "changed", NULL);
    if (domain.kind == DOMAIN_RELAY)
        domain_postfix_warn_relay(invocation, name);
    if (domain.transport.len != 0)
        domain_postfix_warn_transport(invocation, name);
    tell_others(invocation, &before, &domain);
    return domain_postfix_follow(invocation, store);
}

static const struct command_option set_options[] = {
    {"alias-of",        "DOMAIN",  "every address in it stands for the same one there"        },
    {"mailboxes",       NULL,      "it has users and aliases of its own, which is the default"},
    {"relay",           NULL,      "its mail is taken in and passed on: this is a backup MX"  },
    {"enable",          NULL,      "mail for it is taken, and its users log in"               },
    {"disable",         NULL,      "it is as if it were not there; nothing is deleted"        },
    {"signing",         "on|off",  "whether its DKIM keys sign what it sends"                 },
    {"spf-include",     "NAME",    "a sender for its SPF record; several times for several"   },
    {"no-spf-includes", NULL,      "none of them"                                             },
    {"report-address",  "ADDRESS", "where others are asked to send DMARC reports; or none"    },
    {"default-quota",   "SIZE",    "of users who have none of their own: 2G; or unlimited"    },
    {"transport",       "WAY",     "where its mail goes on to: smtp:[HOST]:PORT; or none"     },
    {NULL,              NULL,      NULL                                                       },
};
static const char *const set_examples[] = {
    "mailctl domain set example.org --default-quota 2G --report-address dmarc@example.org",
    "mailctl domain set example.net --alias-of example.org",
    "mailctl domain set example.org --spf-include _spf.example.net",
    "mailctl domain set example.com --transport smtp:[mx.inside.example]:25", NULL};

const struct command command_domain_set = {
    .noun = "domain",
    .verb = "set",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = set_options,
    .help = "say what a domain is, and what it has of its own",
    .details =
        "What no option names stays as it is. A domain that is to become an alias must hold\n"
        "neither users nor aliases; those of the other domain have their mail by both. A relay\n"
        "holds no users: mail to it goes to the host that its MX records name before this one.\n"
        "With --transport mail goes on to another host or service; the form is that of Postfix's\n"
        "transport(5).",
    .examples = set_examples,
    .run = run_set,
};
