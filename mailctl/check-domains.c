/* SPDX-License-Identifier: MIT */
#include "mailctl/check-domains.h"

#include "lib/store/domain.h"
#include "mailctl/dkim/rotation-run.h"
#include "mailctl/dns/record-options.h"

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
    *count_r = list.count;
    for (size_t i = 0; i < list.count; i++)
        (*domains_r)[i].request.domain = list.items[i].name;
    return EX_OK;
}

static int list_given(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = EX_OK;

    *count_r = invocation->argument_count;
    *domains_r = arena_alloc_zero(invocation->arena, *count_r, sizeof **domains_r);
    for (size_t i = 0; status == EX_OK && i < *count_r; i++)
        status = invocation_own_domain(
            invocation, invocation_argument(invocation, i), &(*domains_r)[i].request.domain);
    return status;
}

int check_domains_read(
    struct invocation *invocation, struct check_run_domain **domains_r, size_t *count_r)
{
    int status = invocation->argument_count == 0 ? list_all(invocation, domains_r, count_r)
                                                 : list_given(invocation, domains_r, count_r);

    for (size_t i = 0; status == EX_OK && i < *count_r; i++) {
        struct check_run_domain *domain = &(*domains_r)[i];

        status = record_options_read(invocation, domain->request.domain, &domain->request);
        if (status != EX_OK)
            break;
        domain->records = domain_records_make(&domain->request, invocation->arena);
        domain->mail_life_s = rotation_run_queue_life_s(invocation->settings);
    }
    return status;
}
