/* SPDX-License-Identifier: MIT */
#include "mailctl/domain-view.h"

#include "lib/dns/name.h"
#include "mailctl/directory.h"
#include "mailctl/output.h"

static json_t *includes_to_json(struct text includes)
{
    json_t *array = json_array();
    struct text name;

    while (!text_is_empty(includes) && text_split(&includes, ' ', &name))
        json_array_append_new(array, output_json_text(name));
    return array;
}

struct text domain_view_unicode(const struct invocation *invocation, const struct domain *domain)
{
    struct text unicode = domain->name;

    (void)dns_name_to_unicode(domain->name, invocation->arena, &unicode);
    return unicode;
}

json_t *domain_view_json(const struct invocation *invocation, const void *item)
{
    const struct domain *domain = item;

    return json_pack("{s:o, s:o, s:b, s:o, s:s, s:o, s:b, s:o, s:o, s:o, s:I}", "name",
        output_json_text(domain->name), "unicode",
        output_json_text(domain_view_unicode(invocation, domain)), "enabled", domain->enabled,
        "created", directory_json_time(domain->created), "kind", domain_kind_word(domain->kind),
        "alias_of", domain->kind == DOMAIN_ALIAS ? output_json_text(domain->target) : json_null(),
        "signing", domain->signs, "spf_includes", includes_to_json(domain->spf_includes),
        "report_address",
        text_is_empty(domain->report_address) ? json_null()
                                              : output_json_text(domain->report_address),
        "transport",
        text_is_empty(domain->transport) ? json_null() : output_json_text(domain->transport),
        "default_quota_bytes", (json_int_t)domain->default_quota_bytes);
}

struct text domain_view_kind(const struct invocation *invocation, const struct domain *domain)
{
    if (domain->kind != DOMAIN_ALIAS)
        return text_from_string(domain_kind_word(domain->kind));
    return arena_print(invocation->arena, "alias of %.*s", TEXT_ARGS(domain->target));
}
