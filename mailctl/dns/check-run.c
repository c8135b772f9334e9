/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/check-run.h"

#include "lib/base/clock.h"

struct checks {
    struct check_run_domain *domains;
    check_run_judge_fn *judge;
    check_run_done_fn *done;
    void *context;
};

static bool check_domain(void *context, size_t index, struct zone_views *views)
{
    const struct checks *checks = context;
    struct check_run_domain *domain = &checks->domains[index];
    const struct zone_view *view = zone_views_find(views, domain->request.domain);
    struct zone_check check = {.request = &domain->request,
        .records = &domain->records,
        .view = view,
        .now = clock_wall(),
        .mail_life_s = domain->mail_life_s};
    bool is_done;

    is_done = view != NULL && zone_check_run(&check, views->arena, &domain->findings);
    if (checks->judge != NULL &&
        !checks->judge(checks->context, domain, views->resolver, views->arena, &domain->findings))
        is_done = false;
    if (!is_done)
        array_clear(&domain->findings.list);
    return is_done;
}

static void on_done(void *context, size_t index)
{
    const struct checks *checks = context;

    checks->done(checks->context, &checks->domains[index]);
}

void check_run(const struct zone_run *run, struct check_run_domain *domains, size_t count,
    check_run_judge_fn *judge, check_run_done_fn *done, void *context)
{
    struct checks checks = {.domains = domains, .judge = judge, .done = done, .context = context};

    zone_run(run, count, check_domain, on_done, &checks);
}
