/* SPDX-License-Identifier: MIT */

/* The section "domains" of what is declared. */

#include "lib/dns/name.h"
#include "lib/store/dkim-key.h"
#include "lib/store/domain.h"
#include "mailctl/declare-delegation.h"
#include "mailctl/declare-dns.h"
#include "mailctl/declare-recipients.h"
#include "mailctl/mailbox-argument.h"
#include "mailctl/transport-argument.h"
#include "mailctl/user-options.h"

static bool read_name(struct declare *declare, struct text given, struct text *name_r)
{
    if (!dns_name_normalize(given, declare->invocation->arena, name_r) ||
        !dns_name_is_domain(*name_r))
        return declare_complain(
            declare, EX_DATAERR, "name: a domain like example.org was expected");
    return true;
}

/* --- fields --- */

struct row {
    struct domain domain; /* first: most fields know nothing of the rest */
    struct declare_recipients recipients;
};

static bool read_kind(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct domain *domain = row;
    enum domain_kind kind = DOMAIN_MAILBOX;

    if (!json_is_null(value) &&
        (!json_is_string(value) ||
            !domain_kind_parse(text_from_string(json_string_value(value)), &kind)))
        return declare_complain(
            declare, EX_DATAERR, "%s: mailbox, alias or relay was expected", key);
    if (kind != domain->kind)
        declare_differs(declare, key);
    domain->kind = kind;
    return true;
}

static bool read_target(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct domain *domain = row;
    struct text target = TEXT("");

    if (json_is_null(value))
        return declare_text(declare, key, value, DNS_NAME_MAX, &domain->target);
    if (!json_is_string(value) || !dns_name_normalize(text_from_string(json_string_value(value)),
                                      declare->invocation->arena, &target))
        return declare_complain(
            declare, EX_DATAERR, "%s: a domain like example.org was expected", key);
    if (!text_equals(target, domain->target))
        declare_differs(declare, key);
    domain->target = target;
    return true;
}

static bool read_enabled(struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_flag(declare, key, value, true, &((struct domain *)row)->enabled);
}

static bool read_signing(struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_flag(declare, key, value, true, &((struct domain *)row)->signs);
}

/* The row has them with blanks between. */
static bool read_includes(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct domain *domain = row;
    struct arena *arena = declare->invocation->arena;
    const struct text *items = NULL;
    size_t count = 0;
    struct text joined = TEXT(""), name, before = declare->changed;

    if (!declare_list(declare, key, value, DOMAIN_SPF_INCLUDES_MAX, &items, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!dns_name_normalize(items[i], arena, &name) || dns_name_label_count(name) < 2)
            return declare_complain(
                declare, EX_DATAERR, "%s: names like _spf.example.net were expected", key);
        joined =
            arena_print(arena, "%.*s%s%.*s", TEXT_ARGS(joined), i == 0 ? "" : " ", TEXT_ARGS(name));
    }
    declare->changed = before;
    if (!text_equals(joined, domain->spf_includes))
        declare_differs(declare, key);
    domain->spf_includes = joined;
    return true;
}

static bool read_report_address(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct domain *domain = row;
    struct mailbox_argument mailbox = {.address = TEXT("")};

    if (!json_is_null(value) &&
        (!json_is_string(value) ||
            mailbox_argument_parse(text_from_string(json_string_value(value)), MAILBOX_TARGET,
                declare->invocation->arena, &mailbox, NULL) != ERR_NONE))
        return declare_complain(
            declare, EX_DATAERR, "%s: an address like dmarc@example.org was expected", key);
    if (!text_equals(mailbox.address, domain->report_address))
        declare_differs(declare, key);
    domain->report_address = mailbox.address;
    return true;
}

static bool read_quota(struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_size(
        declare, key, value, USER_QUOTA_MAX, &((struct domain *)row)->default_quota_bytes);
}

static bool read_transport(struct declare *declare, const char *key, const json_t *value, void *row)
{
    struct domain *domain = row;
    struct text transport = TEXT("");
    struct failure failure;

    if (!json_is_null(value) && !json_is_string(value))
        return declare_complain(declare, EX_DATAERR, "%s: a text was expected", key);
    if (!json_is_null(value) && transport_argument_parse(text_from_string(json_string_value(value)),
                                    declare->invocation->arena, &transport, &failure) != ERR_NONE)
        return declare_complain(declare, EX_DATAERR, "%s: %s", key, failure.text);
    if (!text_equals(transport, domain->transport))
        declare_differs(declare, key);
    domain->transport = transport;
    return true;
}

static bool read_dns(struct declare *declare, const char *key, const json_t *value, void *row)
{
    (void)row;
    return declare_dns_read(declare, key, value);
}

static bool read_dkim_zone(struct declare *declare, const char *key, const json_t *value, void *row)
{
    (void)row;
    return declare_delegation_read(declare, key, value);
}

static bool read_recipients(
    struct declare *declare, const char *key, const json_t *value, void *row)
{
    return declare_recipients_read(declare, key, value, &((struct row *)row)->recipients);
}

static const struct declare_field fields[] = {
    {"kind",           read_kind          },
    {"alias_of",       read_target        },
    {"enabled",        read_enabled       },
    {"signing",        read_signing       },
    {"spf_includes",   read_includes      },
    {"report_address", read_report_address},
    {"default_quota",  read_quota         },
    {"transport",      read_transport     },
    {"recipients",     read_recipients    },
    {"dns",            read_dns           },
    {"dkim_zone",      read_dkim_zone     },
    {NULL,             NULL               },
};

/* --- the part --- */

static bool prepare(struct declare *declare)
{
    struct domain domain;
    enum err err =
        domain_find(declare->directory, declare->name, declare->invocation->arena, &domain);

    if (err == ERR_ABSENT) {
        declare->is_new = true;
        err = domain_add(declare->directory, declare->name, declare->now);
    }
    return err == ERR_NONE || declare_complain_store(declare);
}

/* What leads over a domain that stands for another one may lead back now. */
static bool touch_ways(struct declare *declare)
{
    struct route_source_list list = {NULL, 0};

    if (route_sources_find_twins(
            declare->directory, declare->name, declare->invocation->arena, &list) != ERR_NONE)
        return declare_complain_store(declare);
    declare_touch_sources(declare, &list);
    return true;
}

/*
 * What is to have mailboxes first, as others become aliases of it; then what is an alias and may
 * turn to another domain; then what others were aliases of and becomes one, or a relay.
 */
static unsigned stage(struct declare *declare, const json_t *thing)
{
    struct domain domain = {.kind = DOMAIN_MAILBOX};
    const json_t *kind = json_object_get(thing, "kind");
    enum domain_kind wanted = DOMAIN_MAILBOX;

    (void)domain_find(declare->directory, declare->name, declare->invocation->arena, &domain);
    if (kind == NULL)
        wanted = domain.kind;
    else if (json_is_string(kind))
        (void)domain_kind_parse(text_from_string(json_string_value(kind)), &wanted);
    if (wanted == DOMAIN_MAILBOX)
        return 0;
    return domain.kind == DOMAIN_ALIAS ? 1 : 2;
}

/* What only one kind of domain has. */
static bool check_kind(struct declare *declare, const json_t *thing, const struct row *row)
{
    const json_t *target = json_object_get(thing, "alias_of");

    if (row->domain.kind != DOMAIN_ALIAS && target != NULL && !json_is_null(target))
        return declare_complain(
            declare, EX_DATAERR, "alias_of: only a domain of kind alias has one");
    if (row->domain.kind != DOMAIN_RELAY && row->recipients.count != 0)
        return declare_complain(
            declare, EX_DATAERR, "recipients: only a domain of kind relay has a list of them");
    return true;
}

static bool write_row(struct declare *declare, const struct row *row)
{
    if (!declare_recipients_take_away(declare, &row->recipients))
        return false;
    if (domain_update(declare->directory, &row->domain) != ERR_NONE)
        return declare_complain_store(declare);
    return declare_recipients_give(declare, &row->recipients) && touch_ways(declare);
}

static bool put(struct declare *declare, const json_t *thing)
{
    struct row row = {.domain = {.name = TEXT_NONE}};

    if (domain_find(declare->directory, declare->name, declare->invocation->arena, &row.domain) !=
        ERR_NONE)
        return declare_complain_store(declare);
    if (!declare_recipients_find(declare, &row.recipients) ||
        !declare_fields(declare, &declare_domains, fields, thing, &row) ||
        !check_kind(declare, thing, &row))
        return false;
    if (row.domain.kind != DOMAIN_ALIAS)
        row.domain.target = TEXT("");
    if (declare->is_new && json_object_get(thing, "dkim_zone") == NULL &&
        !declare_delegation_forget(declare))
        return false;
    return declare->changed.len == 0 || write_row(declare, &row);
}

/* Aliases of others first, and what they were aliases of when they are all put. */
static bool list(
    struct declare *declare, bool is_late, const struct text **names_r, size_t *count_r)
{
    struct domain_list all = {NULL, 0};
    struct text *names;
    size_t count = 0;

    if (domain_list(declare->directory, declare->invocation->arena, &all) != ERR_NONE)
        return declare_complain_store(declare);
    names = arena_alloc_zero(declare->invocation->arena, all.count + 1, sizeof *names);
    for (size_t i = 0; i < all.count; i++)
        if (is_late || all.items[i].kind == DOMAIN_ALIAS)
            names[count++] = all.items[i].name;
    *names_r = names;
    *count_r = count;
    return true;
}

/* They would go on signing; "domain delete" asks and takes them along. */
static bool has_no_keys(struct declare *declare)
{
    struct store *keys =
        invocation_store(declare->invocation, STORE_KEYS, STORE_READ, &declare->status);
    struct dkim_key_list list = {.count = 0};

    if (keys == NULL)
        return false;
    if (dkim_key_list(keys, declare->name, declare->invocation->arena, &list) != ERR_NONE) {
        declare->status = invocation_complain_store(declare->invocation, keys);
        return false;
    }
    return list.count == 0 ||
           declare_complain(declare, EX_DATAERR,
               "it still has DKIM keys: \"mailctl domain delete %.*s\" deletes both",
               TEXT_ARGS(declare->name));
}

static bool remove_domain(struct declare *declare)
{
    if (!has_no_keys(declare) || !declare_delegation_forget(declare))
        return false;
    array_push(&declare->gone_domains, declare->name);
    return domain_delete(declare->directory, declare->name, false) == ERR_NONE ||
           declare_complain_store(declare);
}

const struct declare_part declare_domains = {
    .section = "domains",
    .noun = "domain",
    .identity = "name",
    .name = read_name,
    .prepare = prepare,
    .stage = stage,
    .put = put,
    .list = list,
    .remove = remove_domain,
};
