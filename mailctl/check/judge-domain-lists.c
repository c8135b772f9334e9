/* SPDX-License-Identifier: MIT */
#include "mailctl/check/judge-domain-lists.h"

#include "lib/dns/name.h"
#include "mailctl/check/blocklist-ask.h"
#include "mailctl/check/blocklist.h"

static void judge(struct blocklist_asking *asking, struct text domain)
{
    struct text name = blocklist_domain_name(domain, asking->zone, asking->arena);

    if (!dns_name_is_valid(name))
        return; /* too long to stand on that list */
    if (blocklist_is_clean(asking, name, domain))
        findings_say(asking->findings, FINDING_FINE, "blocklist", asking->zone, NULL,
            TEXT("the domain is not on it"), TEXT_NONE);
}

bool judge_domain_lists(struct text domain, const char *const *lists, size_t list_count,
    struct answers *answers, struct arena *arena, struct findings *findings)
{
    bool is_waiting = false;

    for (size_t i = 0; i < list_count; i++) {
        struct blocklist_asking asking = {.zone = text_from_string(lists[i]),
            .is_of_domains = true,
            .is_mute = true,
            .answers = answers,
            .arena = arena,
            .findings = findings};

        if (blocklist_works(&asking))
            judge(&asking, domain);
        is_waiting = is_waiting || asking.is_waiting;
    }
    return !is_waiting;
}
