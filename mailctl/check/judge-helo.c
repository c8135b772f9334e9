/* SPDX-License-Identifier: MIT */

/* The name that Postfix says to other servers (RFC 5321 §4.1.1.1): one that the DNS knows. */

#include "lib/dns/name.h"
#include "mailctl/check/host-judge.h"

#define CHANGE "set myhostname, or smtp_helo_name, in main.cf to a name that leads to this host"

/* Addresses of ours that the name leads to, and those that it does not. */
struct led {
    size_t found, missed, unsure;
    const struct ip *first_missed;
};

static void look_up(struct host_check *check, struct led *led)
{
    for (size_t i = 0; i < check->host->mail.count; i++) {
        const struct ip *ip = &check->host->mail.items[i];
        const struct dns_answer *answer = host_ask(check, check->host->helo, host_address_type(ip));

        if (answer == NULL || ip_is_private(ip))
            continue;
        if (answer->status == DNS_TEMPORARY)
            led->unsure++;
        else if (host_has_address(answer, ip))
            led->found++;
        else if (led->missed++ == 0)
            led->first_missed = ip;
    }
}

/* True where it has addresses at all, whosever they are. */
static bool exists(struct host_check *check)
{
    const struct dns_answer *four = host_ask(check, check->host->helo, DNS_A);
    const struct dns_answer *six = host_ask(check, check->host->helo, DNS_AAAA);

    return (four != NULL && four->count != 0) || (six != NULL && six->count != 0);
}

static void judge_known(struct host_check *check, struct text shown)
{
    struct led led = {.found = 0};
    bool is_there = exists(check);

    look_up(check, &led);
    if (check->is_waiting)
        return;
    if (led.unsure != 0)
        host_say(check, FINDING_UNKNOWN, "helo-unknown", shown, NULL,
            TEXT("nobody says where the name in EHLO leads"),
            TEXT("see to its zone, or try again later"));
    else if (!is_there)
        host_say(check, FINDING_ERROR, "helo-no-address", shown, NULL,
            TEXT("the name in EHLO has no address"), TEXT(CHANGE));
    else if (led.missed != 0)
        host_say(check, FINDING_WARNING, "helo-elsewhere", shown, NULL,
            arena_print(check->arena,
                "the name in EHLO does not lead to %.*s, where mail comes from",
                TEXT_ARGS(host_ip_text(check, led.first_missed))),
            arena_print(check->arena, "publish %.*s %s %.*s", TEXT_ARGS(shown),
                dns_type_name(host_address_type(led.first_missed)),
                TEXT_ARGS(host_ip_text(check, led.first_missed))));
    else
        host_fine(check, "helo", shown, TEXT("the name in EHLO leads here"));
}

void host_judge_helo(struct host_check *check)
{
    struct text helo = check->host->helo;

    if (helo.len == 0)
        return;
    if (dns_name_is_domain(helo))
        judge_known(check, helo);
    else
        host_say(check, FINDING_ERROR, "helo-invalid", finding_safe(helo, check->arena), NULL,
            TEXT("the name in EHLO is no host name in full"), TEXT(CHANGE));
}
