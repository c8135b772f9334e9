/* SPDX-License-Identifier: MIT */

/* MX: does mail come to our host, and can it be found there. */

#include "lib/dns/name.h"
#include "lib/dns/rdata.h"
#include "mailctl/dns/judge.h"

struct mx_counts {
    size_t ours, others, null;
    size_t before; /* others that are asked before ours */
    struct text other;
};

/* The lowest number is asked first; of the same number none is before the other. */
static uint16_t our_preference(const struct check *check, const struct dns_answer *answer)
{
    uint16_t best = UINT16_MAX;

    for (size_t i = 0; i < answer->count; i++)
        if (text_equals(answer->records[i].text, check->request->host) &&
            answer->records[i].preference < best)
            best = answer->records[i].preference;
    return best;
}

static struct mx_counts count_hosts(const struct check *check, const struct dns_answer *answer)
{
    struct mx_counts counts = {.ours = 0};
    uint16_t ours = our_preference(check, answer);

    for (size_t i = 0; i < answer->count; i++) {
        struct text host = answer->records[i].text;

        if (host.len == 0) {
            counts.null++;
        } else if (text_equals(host, check->request->host)) {
            counts.ours++;
        } else {
            /* Of several the same is named each time: their order in an answer is not. */
            if (counts.others++ == 0 || text_compare(host, counts.other) < 0)
                counts.other = host;
            counts.before += answer->records[i].preference < ours;
        }
    }
    return counts;
}

/* A backup MX passes mail on to a host that is asked before it, and to no other (RFC 5321, 5.1). */
static void judge_backup(
    struct check *check, const struct zone_record *wanted, const struct dns_answer *answer)
{
    struct mx_counts counts = count_hosts(check, answer);

    if (counts.ours == 0)
        check_say(check, FINDING_WARNING, "mx-no-backup", wanted->owner, "MX",
            arena_print(check->arena, "mail goes to %.*s and never to this backup, %.*s",
                TEXT_ARGS(check_safe(check, counts.other)), TEXT_ARGS(check->request->host)),
            check_publish(check, wanted));
    else if (counts.before == 0)
        check_say(check, FINDING_ERROR, "mx-no-primary", wanted->owner, "MX",
            arena_print(check->arena,
                "no host has a lower number than %.*s, so that it has nobody to pass mail on to",
                TEXT_ARGS(check->request->host)),
            TEXT("publish the MX record of the host that has the mailboxes, with a lower number"));
    else
        check_fine(check, RECORD_MX, wanted->owner, "MX",
            TEXT("the domain's own host comes before this backup"));
}

static void judge_hosts(
    struct check *check, const struct zone_record *wanted, const struct dns_answer *answer)
{
    struct mx_counts counts = count_hosts(check, answer);

    if (counts.null != 0)
        check_say(check, FINDING_ERROR, "mx-null", wanted->owner, "MX",
            TEXT("a null MX says that the domain takes no mail"), check_publish(check, wanted));
    else if (check->request->is_relay)
        judge_backup(check, wanted, answer);
    else if (counts.ours == 0)
        check_say(check, FINDING_ERROR, "mx-elsewhere", wanted->owner, "MX",
            arena_print(check->arena, "mail goes to %.*s and not to %.*s",
                TEXT_ARGS(check_safe(check, counts.other)), TEXT_ARGS(check->request->host)),
            check_publish(check, wanted));
    else if (counts.others != 0)
        check_say(check, FINDING_WARNING, "mx-others", wanted->owner, "MX",
            arena_print(
                check->arena, "mail goes to %.*s, too", TEXT_ARGS(check_safe(check, counts.other))),
            TEXT("take that record away unless the host takes mail for you"));
    else
        check_fine(check, RECORD_MX, wanted->owner, "MX",
            rdata_text(DNS_MX, &answer->records[0], check->arena));
}

static bool has_address(const struct dns_answer *answer, const struct ip *ip)
{
    for (size_t i = 0; i < answer->count; i++)
        if (ip_equals(&answer->records[i].ip, ip))
            return true;
    return false;
}

static bool is_wanted(const struct check *check, const struct ip *ip)
{
    for (size_t i = 0; i < check->request->address_count; i++)
        if (ip_equals(&check->request->addresses[i], ip))
            return true;
    return false;
}

/* Those that should be there, and those that should not, where somebody has said which. */
static void judge_addresses(
    struct check *check, const char *type, enum ip_family family, const struct dns_answer *answer)
{
    size_t at = 0;
    char shown[IP_TEXT_MAX];

    for (const struct zone_record *wanted;
         (wanted = check_wanted(check, RECORD_ADDRESS, type, &at)) != NULL;) {
        struct ip ip;

        if (!ip_parse(wanted->data, &ip))
            continue;
        if (has_address(answer, &ip))
            check_fine(check, RECORD_ADDRESS, wanted->owner, type, wanted->data);
        else
            check_say(check, FINDING_ERROR, "address-missing", wanted->owner, type,
                arena_print(
                    check->arena, "%.*s is not among its addresses", TEXT_ARGS(wanted->data)),
                check_publish(check, wanted));
    }
    for (size_t i = 0; i < answer->count && check->request->address_count != 0; i++) {
        if (answer->records[i].ip.family != family || is_wanted(check, &answer->records[i].ip))
            continue;
        ip_format(&answer->records[i].ip, shown);
        check_say(check, FINDING_WARNING, "address-others", check->request->host, type,
            arena_print(check->arena, "%s is an address of it, too", shown),
            TEXT("take it away, or tell it to \"mailctl dns set --address\""));
    }
}

static void judge_host(struct check *check)
{
    struct text host = check->request->host;
    struct zone_seen four, six, alias;
    bool has_four = check_see(check, host, DNS_A, &four);
    bool has_six = check_see(check, host, DNS_AAAA, &six);

    if (!has_four || !has_six || !check_see(check, host, DNS_CNAME, &alias))
        return;
    if (alias.answer->status == DNS_FOUND)
        check_say(check, FINDING_ERROR, "mx-alias", host, "CNAME",
            TEXT("the mail host's name is an alias, which MX and SRV records must not lead to"),
            TEXT("give the name address records of its own"));
    else if (four.answer->count == 0 && six.answer->count == 0)
        check_say(check, FINDING_ERROR, "mx-no-address", host, "A",
            TEXT("the mail host has no address"), TEXT("publish its A and AAAA records"));
    if (!check->request->wants[RECORD_ADDRESS] ||
        (four.answer->count == 0 && six.answer->count == 0))
        return;
    judge_addresses(check, "A", IP_V4, four.answer);
    judge_addresses(check, "AAAA", IP_V6, six.answer);
}

void judge_mx(struct check *check)
{
    size_t at = 0;
    const struct zone_record *wanted = check_wanted(check, RECORD_MX, "MX", &at);
    struct zone_seen seen;

    if (wanted == NULL)
        return;
    if (check_see(check, wanted->owner, DNS_MX, &seen)) {
        if (seen.answer->count == 0)
            check_missing(check, FINDING_ERROR, "mx-missing", wanted);
        else
            judge_hosts(check, wanted, seen.answer);
    }
    judge_host(check);
}
