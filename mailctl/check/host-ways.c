/* SPDX-License-Identifier: MIT */

/* Whom to call for a domain's mail, and whom Postfix trusts: pure functions beside the calls. */

#include "mailctl/attach/postfix-list.h"
#include "mailctl/check/host-calls.h"

#define MAPPED_BITS 96  /* before the IPv4 address in ::ffff:192.0.2.1 */
#define EXCHANGES_MAX 3 /* of the MX records the best */

/* --- trust ---------------------------------------------------------------- */

/* "[::1]/128" without the brackets; "::ffff:127.0.0.0/104" is 127.0.0.0/8. */
static bool parse_network(struct text item, struct ip_network *network_r)
{
    char plain[IP_NETWORK_TEXT_MAX + 2];
    size_t len = 0, slash;
    uint64_t bits = 0;

    if (item.len > IP_NETWORK_TEXT_MAX)
        return false;
    for (size_t i = 0; i < item.len; i++)
        if (item.data[i] != '[' && item.data[i] != ']')
            plain[len++] = item.data[i];
    item = text_from_bytes(plain, len);
    slash = text_find(item, '/');
    if (text_find(item, ':') == item.len || !ip_network_parse(text_head(item, slash), network_r) ||
        network_r->base.family != IP_V4 || slash == item.len)
        return ip_network_parse(item, network_r);
    if (!text_to_number(text_skip(item, slash + 1), 128, &bits) || bits < MAPPED_BITS)
        return false;
    *network_r = ip_network_of(&network_r->base, (unsigned)bits - MAPPED_BITS);
    return true;
}

/* The first item that it is in counts; "!" before one says that it is not trusted. */
enum host_trust host_trust_of(struct text mynetworks, const struct ip *ip)
{
    struct text item;

    while (postfix_list_next(&mynetworks, &item)) {
        bool is_not = item.len != 0 && item.data[0] == '!';
        struct ip_network network;

        if (!parse_network(text_skip(item, is_not), &network))
            return HOST_TRUST_UNKNOWN; /* a table */
        if (ip_network_contains(&network, ip))
            return is_not ? HOST_STRANGER : HOST_TRUSTED;
    }
    return HOST_STRANGER;
}

/* --- ways ----------------------------------------------------------------- */

struct search {
    struct answers *answers;
    enum dns_type type;
    struct host_way *ways;
    size_t count;
    bool is_waiting, is_unknown;
};

static const struct dns_answer *ask(struct search *search, struct text name, enum dns_type type)
{
    const struct dns_answer *answer = answers_ask(search->answers, name, type);

    search->is_waiting = search->is_waiting || answer == NULL;
    if (answer != NULL && answer->status == DNS_TEMPORARY)
        search->is_unknown = true;
    return answer;
}

static void add_host(struct search *search, struct text name)
{
    const struct dns_answer *answer = ask(search, name, search->type);

    for (size_t i = 0; answer != NULL && i < answer->count && search->count < HOST_WAYS_MAX; i++)
        search->ways[search->count++] = (struct host_way){name, answer->records[i].ip};
}

/* Of equal ones the same is first each time: the order in an answer is not. */
static bool is_before(const struct dns_record *a, const struct dns_record *b)
{
    if (a->preference != b->preference)
        return a->preference < b->preference;
    return text_compare(a->text, b->text) < 0;
}

/* The MX records by their preference, the best few. */
static size_t sort(const struct dns_answer *answer, const struct dns_record *sorted[EXCHANGES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < answer->count; i++) {
        size_t at = count;

        while (at > 0 && is_before(&answer->records[i], sorted[at - 1]))
            at--;
        if (at == EXCHANGES_MAX)
            continue;
        if (count < EXCHANGES_MAX)
            count++;
        for (size_t j = count - 1; j > at; j--)
            sorted[j] = sorted[j - 1];
        sorted[at] = &answer->records[i];
    }
    return count;
}

bool host_ways_find(struct answers *answers, struct text domain, enum ip_family family,
    struct host_way ways_r[HOST_WAYS_MAX], size_t *count_r, bool *is_unknown_r)
{
    struct search search = {
        .answers = answers, .type = family == IP_V4 ? DNS_A : DNS_AAAA, .ways = ways_r};
    const struct dns_record *sorted[EXCHANGES_MAX];
    const struct dns_answer *exchanges = ask(&search, domain, DNS_MX);
    size_t count = exchanges != NULL ? sort(exchanges, sorted) : 0;

    for (size_t i = 0; i < count; i++)
        add_host(&search, sorted[i]->text);
    if (exchanges != NULL && exchanges->count == 0 && exchanges->status != DNS_TEMPORARY)
        add_host(&search, domain);
    *count_r = search.count;
    *is_unknown_r = search.is_unknown && search.count == 0;
    return !search.is_waiting;
}
