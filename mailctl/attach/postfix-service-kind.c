/* SPDX-License-Identifier: MIT */

/* What a service of master.cf is for, as its name, its overrides and main.cf tell. */

#include "mailctl/attach/postfix-wiring.h"

bool wiring_service_has_port(const struct master_cf_service *service, const char *const *ports)
{
    struct text port = master_cf_service_port(service);

    for (; *ports != NULL; ports++)
        if (text_equals(port, text_from_string(*ports)))
            return true;
    return false;
}

static bool is_loopback(struct text name)
{
    return text_starts_with(name, TEXT("127.")) || text_starts_with(name, TEXT("[127.")) ||
           text_starts_with(name, TEXT("localhost:")) || text_starts_with(name, TEXT("[::1]:")) ||
           text_starts_with(name, TEXT("::1:"));
}

static bool says_yes(const struct master_cf_service *service, struct text option)
{
    const struct master_cf_option *found = master_cf_option_find(service, option);

    return found != NULL && text_equals_nocase(found->value, TEXT("yes"));
}

struct text wiring_effective(
    const struct wiring *wiring, const struct master_cf_service *service, struct text option)
{
    const struct master_cf_option *found = master_cf_option_find(service, option);

    return postfix_instance_expand(
        &wiring->instance, found != NULL ? found->value : wiring_get_or_default(wiring, option));
}

bool wiring_has_filter(const struct wiring *wiring)
{
    static const char *const names[] = {"content_filter", "smtpd_proxy_filter"};
    struct master_cf master = master_cf_parse(wiring->master->before.content, wiring->arena);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text name = text_from_string(names[i]);

        if (wiring_get(wiring, name).len != 0 || master_cf_has_value(&master, name))
            return true;
    }
    return false;
}

/*
 * Where a content filter gives mail back. It says "content_filter=", or mail would go round; or it
 * listens on loopback beside a filter that not all services use. To take such a service for another
 * is dangerous: mail of strangers comes in there from a trusted network.
 */
static bool is_reinjection(const struct wiring *wiring, const struct master_cf_service *service)
{
    const struct master_cf_option *filter = master_cf_option_find(service, TEXT("content_filter"));

    if (filter != NULL)
        return filter->value.len == 0 || is_loopback(service->name);
    return is_loopback(service->name) && wiring_has_filter(wiring) &&
           wiring_effective(wiring, service, TEXT("content_filter")).len == 0;
}

enum wiring_service wiring_service_kind(
    const struct wiring *wiring, const struct master_cf_service *service)
{
    static const char *const incoming[] = {"smtp", "25", NULL};
    static const char *const submission[] = {
        "submission", "587", "submissions", "smtps", "465", NULL};

    if (!text_equals(service->command, TEXT("smtpd")))
        return WIRING_OTHER;
    if (wiring_service_has_port(service, submission) ||
        says_yes(service, TEXT("smtpd_sasl_auth_enable")))
        return WIRING_SUBMISSION;
    if (wiring_service_has_port(service, incoming) || text_equals(service->type, TEXT("pass")))
        return WIRING_INCOMING;
    return is_reinjection(wiring, service) ? WIRING_REINJECTION : WIRING_OTHER;
}
