/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/kept-options.h"

#include "lib/base/array.h"
#include "lib/dns/name.h"
#include "lib/store/domain.h"
#include "lib/store/statement.h"
#include "mailctl/mailbox-argument.h"

#define INCLUDE TEXT("spf-include")
#define REPORTS TEXT("dmarc-reports")

/* --- what there is -------------------------------------------------------- */

/* The domain's own among the others, all of them sorted by name. */
static struct dns_option_list join(
    const struct dns_option_list *others, const struct domain *domain, struct arena *arena)
{
    struct dns_option *items =
        arena_alloc_zero(arena, others->count + DOMAIN_SPF_INCLUDES_MAX + 1, sizeof *items);
    struct text includes = domain->spf_includes, include;
    size_t count = 0, next = 0;

    while (next < others->count && text_compare(others->items[next].name, REPORTS) < 0)
        items[count++] = others->items[next++];
    if (domain->report_address.len != 0)
        items[count++] = (struct dns_option){REPORTS, arena_copy(arena, domain->report_address)};
    while (next < others->count && text_compare(others->items[next].name, INCLUDE) < 0)
        items[count++] = others->items[next++];
    for (size_t i = 0;
         i < DOMAIN_SPF_INCLUDES_MAX && includes.len != 0 && text_split(&includes, ' ', &include);
         i++)
        items[count++] = (struct dns_option){INCLUDE, arena_copy(arena, include)};
    while (next < others->count)
        items[count++] = others->items[next++];
    return (struct dns_option_list){items, count};
}

enum err kept_options_list(
    struct store *store, struct text domain, struct arena *arena, struct dns_option_list *list_r)
{
    struct dns_option_list others = {NULL, 0};
    struct domain found;
    enum err err = dns_option_list(store, domain, arena, &others);

    if (err == ERR_NONE)
        err = domain_find(store, domain, arena, &found);
    if (err == ERR_NONE)
        *list_r = join(&others, &found, arena);
    else if (err == ERR_ABSENT)
        *list_r = others;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

/* --- changes -------------------------------------------------------------- */

static enum err write_includes(struct store *store, const struct text *values, size_t count,
    struct arena *arena, struct domain *domain)
{
    if (count > DOMAIN_SPF_INCLUDES_MAX)
        return statement_refuse(store, ERR_LIMIT,
            "an SPF record can include at most %d names, since receivers look up no more",
            DOMAIN_SPF_INCLUDES_MAX);
    domain->spf_includes = TEXT("");
    for (size_t i = 0; i < count; i++) {
        struct text name;

        if (!dns_name_normalize(values[i], arena, &name))
            return statement_refuse(store, ERR_SYNTAX, "\"%.*s\" is no name", TEXT_ARGS(values[i]));
        domain->spf_includes = arena_print(arena, "%.*s%s%.*s", TEXT_ARGS(domain->spf_includes),
            i != 0 ? " " : "", TEXT_ARGS(name));
    }
    return ERR_NONE;
}

/* The last one counts, as it does on the command line. */
static enum err write_reports(struct store *store, const struct text *values, size_t count,
    struct arena *arena, struct domain *domain)
{
    struct mailbox_argument mailbox = {.address = TEXT("")};
    struct failure failure;

    if (count != 0 && mailbox_argument_parse(
                          values[count - 1], MAILBOX_TARGET, arena, &mailbox, &failure) != ERR_NONE)
        return statement_refuse(store, ERR_SYNTAX, "%s", failure.text);
    domain->report_address = mailbox.address;
    return ERR_NONE;
}

bool kept_options_is_of_domain(struct text name)
{
    return text_equals(name, INCLUDE) || text_equals(name, REPORTS);
}

enum err kept_options_set(struct store *store, struct text domain, struct text name,
    const struct text *values, size_t count, struct arena *arena)
{
    bool is_include = text_equals(name, INCLUDE);
    struct domain changed;
    enum err err;

    if (!kept_options_is_of_domain(name))
        return dns_option_set(store, domain, name, values, count);
    err = domain_find(store, domain, arena, &changed);
    if (err == ERR_NONE)
        err = is_include ? write_includes(store, values, count, arena, &changed)
                         : write_reports(store, values, count, arena, &changed);
    return err == ERR_NONE ? domain_update(store, &changed) : err;
}
