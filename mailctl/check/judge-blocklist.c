/* SPDX-License-Identifier: MIT */

/* Lists of addresses whose mail is refused, and of domains: whether ours are there. */

#include "lib/dns/name.h"
#include "mailctl/check/blocklist-ask.h"
#include "mailctl/check/blocklist.h"
#include "mailctl/check/host-judge.h"

static struct blocklist_asking asking_of(
    const struct host_check *check, const char *zone, bool is_of_domains)
{
    return (struct blocklist_asking){.zone = text_from_string(zone),
        .is_of_domains = is_of_domains,
        .answers = check->answers,
        .arena = check->arena,
        .findings = check->findings};
}

static void judge_addresses(struct host_check *check, struct blocklist_asking *asking)
{
    size_t asked = 0, clean = 0;

    for (size_t i = 0; i < check->host->mail.count; i++) {
        const struct ip *ip = &check->host->mail.items[i];

        if (ip_is_private(ip))
            continue;
        asked++;
        clean += blocklist_is_clean(
            asking, blocklist_name(ip, asking->zone, check->arena), host_ip_text(check, ip));
    }
    if (asked != 0 && asked == clean)
        host_fine(check, "blocklist", asking->zone, TEXT("no address of ours is on it"));
}

void host_judge_blocklists(struct host_check *check)
{
    for (size_t i = 0; i < check->blocklist_count; i++) {
        struct blocklist_asking asking = asking_of(check, check->blocklists[i], false);

        if (blocklist_works(&asking))
            judge_addresses(check, &asking);
        check->is_waiting = check->is_waiting || asking.is_waiting;
    }
}

/* Receivers ask of the name in EHLO and of the reverse name, too. */
static void judge_name(struct host_check *check, struct blocklist_asking *asking)
{
    struct text name = blocklist_domain_name(check->host->name, asking->zone, check->arena);

    if (dns_name_is_valid(name) && blocklist_is_clean(asking, name, check->host->name))
        host_fine(check, "blocklist", asking->zone, TEXT("the host's name is not on it"));
}

void host_judge_domain_blocklists(struct host_check *check)
{
    for (size_t i = 0; i < check->domain_blocklist_count; i++) {
        struct blocklist_asking asking = asking_of(check, check->domain_blocklists[i], true);

        if (blocklist_works(&asking))
            judge_name(check, &asking);
        check->is_waiting = check->is_waiting || asking.is_waiting;
    }
}
