/* SPDX-License-Identifier: MIT */
#include "mailctl/check-domains.h"

#include "lib/store/domain.h"
#include "mailctl/dkim/rotation-run.h"
#include "mailctl/dns/record-options.h"

/* Of what is switched off no mail can fail: who wants to know of it names it. */
static size_t take_enabled(const struct domain_list *list, struct check_run_domain *domains)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].enabled)
            domains[count++].request.domain = list->items[i].name;
    return count;
}

static int list_all(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain_list list;

    if (store == NULL)
        return status;
    if (domain_list(store, invocation->arena, &list) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    *domains_r = arena_alloc_zero(invocation->arena, list.count, sizeof **domains_r);
    *count_r = take_enabled(&list, *domains_r);
    if (*count_r != list.count)
        invocation_warn(invocation,
            "domains that are switched off were passed over (%zu of them): name them to have them "
            "checked",
            list.count - *count_r);
    return EX_OK;
}

static bool is_listed(const struct check_run_domain *domains, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equals(domains[i].request.domain, name))
            return true;
    return false;
}

/* One that is given twice is looked at once. */
static int list_given(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    struct check_run_domain *domains =
        arena_alloc_zero(invocation->arena, invocation->argument_count, sizeof *domains);
    size_t count = 0;
    int status = EX_OK;

    for (size_t i = 0; status == EX_OK && i < invocation->argument_count; i++) {
        struct text *name = &domains[count].request.domain;

        status = invocation_own_domain(invocation, invocation_argument(invocation, i), name);
        count += status == EX_OK && !is_listed(domains, count, *name);
    }
    *domains_r = domains;
    *count_r = count;
    return status;
}

/* Where nothing is signed here no key is missed. */
static int leave_keys_out(struct invocation *invocation, struct domain_records_request *request)
{
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain domain;

    if (store == NULL)
        return status;
    if (domain_find(store, request->domain, invocation->arena, &domain) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    if (!domain.signs || (domain.kind == DOMAIN_RELAY && request->key_count == 0))
        request->wants[RECORD_DKIM] = false;
    return EX_OK;
}

int check_domains_read(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = invocation->argument_count == 0 ? list_all(invocation, domains_r, count_r)
                                                 : list_given(invocation, domains_r, count_r);

    for (size_t i = 0; status == EX_OK && i < *count_r; i++) {
        struct check_run_domain *domain = &(*domains_r)[i];

        status = record_options_read(invocation, domain->request.domain, &domain->request);
        if (status == EX_OK)
            status = leave_keys_out(invocation, &domain->request);
        if (status != EX_OK)
            break;
        domain->records = domain_records_make(&domain->request, invocation->arena);
        domain->mail_life_s = rotation_run_queue_life_s(invocation->settings);
    }
    return status;
}

int check_domains_roles(struct invocation *invocation, const struct check_run_domain *domains,
    size_t count, struct domain_roles **roles_r)
{
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct text receiver = text_from_string(invocation->settings->postmaster);
    struct domain_roles *roles = arena_alloc_zero(invocation->arena, count, sizeof *roles);
    struct domain domain;

    if (store == NULL)
        return status;
    for (size_t i = 0; i < count; i++)
        if (domain_find(store, domains[i].request.domain, invocation->arena, &domain) != ERR_NONE ||
            domain_roles_find(store, &domain, receiver, invocation->arena, &roles[i]) != ERR_NONE)
            return invocation_complain_store(invocation, store);
    *roles_r = roles;
    return EX_OK;
}
