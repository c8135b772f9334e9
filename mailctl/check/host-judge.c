/* SPDX-License-Identifier: MIT */
#include "mailctl/check/host-judge.h"

void host_say(struct host_check *check, enum finding_level level, const char *code,
    struct text name, const char *type, struct text message, struct text change)
{
    findings_say(check->findings, level, code, name, type, message, change);
}

void host_fine(struct host_check *check, const char *code, struct text name, struct text message)
{
    host_say(check, FINDING_FINE, code, name, NULL, message, TEXT_NONE);
}

const struct dns_answer *host_ask(struct host_check *check, struct text name, enum dns_type type)
{
    const struct dns_answer *answer = answers_ask(check->answers, name, type);

    if (answer == NULL)
        check->is_waiting = true;
    return answer;
}

struct text host_ip_text(const struct host_check *check, const struct ip *ip)
{
    char text[IP_TEXT_MAX];

    ip_format(ip, text);
    return arena_copy(check->arena, text_from_string(text));
}

enum dns_type host_address_type(const struct ip *ip)
{
    return ip->family == IP_V4 ? DNS_A : DNS_AAAA;
}

bool host_has_address(const struct dns_answer *answer, const struct ip *ip)
{
    for (size_t i = 0; i < answer->count; i++)
        if (ip_equals(&answer->records[i].ip, ip))
            return true;
    return false;
}

void host_judge_addresses(struct host_check *check)
{
    const struct host *host = check->host;

    if (host->is_hidden)
        host_say(check, FINDING_UNKNOWN, "address-unknown", host->name, NULL,
            host->local.count != 0
                ? TEXT("it has private addresses alone, so its mail comes from another one (NAT)")
                : TEXT("no address is known that its mail comes from"),
            TEXT("say --address ADDRESS, or set check.addresses, to the one that others see"));
    for (size_t i = 0; i < host->mail.count; i++)
        if (ip_is_private(&host->mail.items[i]))
            host_say(check, FINDING_UNKNOWN, "address-private",
                host_ip_text(check, &host->mail.items[i]), NULL,
                TEXT("nobody outside sees mail come from a private address"),
                TEXT("say --address ADDRESS, or set check.addresses, to the one that others see"));
}

bool host_judge_names(struct host_check *check)
{
    static host_judge_fn *const judges[] = {host_judge_addresses, host_judge_ptr, host_judge_helo,
        host_judge_blocklists, host_judge_domain_blocklists, host_judge_postfix};

    check->is_waiting = false;
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++)
        judges[i](check);
    if (check->is_waiting)
        array_clear(&check->findings->list);
    return !check->is_waiting;
}
