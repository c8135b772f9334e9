/* SPDX-License-Identifier: MIT */

/*
 * Reverse names. Large receivers refuse mail from an address without one, or whose name does not
 * lead back to it (forward-confirmed, RFC 8601 §2.7.3), and distrust names that providers give to
 * all of their customers.
 */

#include "lib/dns/name.h"
#include "mailctl/check/host-judge.h"

/* Of more names than these nobody looks at the rest (RFC 7208 §4.6.4). */
#define PTR_NAMES_MAX 10

/* An address, what the DNS says of it, and what came of looking up the names. */
struct reverse {
    struct host_check *check;
    const struct ip *ip;
    struct text shown;
    const struct dns_answer *names;
    bool is_confirmed, is_unsure, is_helo;
};

static void say(const struct reverse *reverse, enum finding_level level, const char *code,
    struct text message, struct text change)
{
    host_say(reverse->check, level, code, reverse->shown, "PTR", message, change);
}

/* Of several the same each time: their order in an answer is not. */
static struct text first_name(const struct reverse *reverse)
{
    struct text first = reverse->names->records[0].text;

    for (size_t i = 1; i < reverse->names->count; i++)
        if (text_compare(reverse->names->records[i].text, first) < 0)
            first = reverse->names->records[i].text;
    return finding_safe(first, reverse->check->arena);
}

/* "have the provider make it HELO". */
static struct text wanted(const struct reverse *reverse)
{
    const struct host *host = reverse->check->host;
    struct text name = host->helo.len != 0 ? host->helo : host->name;

    return arena_print(reverse->check->arena,
        "have whoever gave you the address set its reverse name to %.*s",
        TEXT_ARGS(finding_safe(name, reverse->check->arena)));
}

/* --- names that providers give ------------------------------------------- */

static bool next_number(struct text *rest, unsigned *number_r)
{
    size_t at = 0, end;
    uint64_t number;

    while (at < rest->len && !text_is_digit(rest->data[at]))
        at++;
    for (end = at; end < rest->len && text_is_digit(rest->data[end]);)
        end++;
    if (at == rest->len)
        return false;
    *number_r = text_to_number(text_head(text_skip(*rest, at), end - at), 255, &number)
                    ? (unsigned)number
                    : 256;
    *rest = text_skip(*rest, end);
    return true;
}

/* All four numbers of the address, one after the other, forwards or backwards. */
static bool spells_address(struct text name, const struct ip *ip)
{
    unsigned number, forwards = 0, backwards = 0;

    while (ip->family == IP_V4 && next_number(&name, &number)) {
        forwards = number == ip->bytes[forwards] ? forwards + 1 : number == ip->bytes[0];
        backwards = number == ip->bytes[3 - backwards] ? backwards + 1 : number == ip->bytes[3];
        if (forwards == 4 || backwards == 4)
            return true;
    }
    return false;
}

static bool has_word(struct text name)
{
    static const char *const words[] = {
        "dynamic", "dyn", "dhcp", "pool", "ppp", "dial", "dialup", "dsl", "adsl", "cable"};

    while (name.len != 0) {
        size_t len = 0;

        while (len < name.len && text_is_alpha(name.data[len]))
            len++;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (text_equals_nocase(text_head(name, len), text_from_string(words[i])))
                return true;
        name = text_skip(name, len + 1);
    }
    return false;
}

/* --- one address ---------------------------------------------------------- */

/* Whether the name leads back. */
static void look_up(struct reverse *reverse, struct text name)
{
    const struct host *host = reverse->check->host;
    const struct dns_answer *answer =
        host_ask(reverse->check, name, host_address_type(reverse->ip));

    reverse->is_helo = reverse->is_helo || text_equals_nocase(name, host->helo) ||
                       text_equals_nocase(name, host->name);
    if (answer == NULL)
        return;
    reverse->is_unsure = reverse->is_unsure || answer->status == DNS_TEMPORARY;
    reverse->is_confirmed = reverse->is_confirmed || host_has_address(answer, reverse->ip);
}

static void judge_name(const struct reverse *reverse)
{
    struct text name = reverse->names->records[0].text;

    if (reverse->names->count > 1)
        say(reverse, FINDING_WARNING, "ptr-several",
            arena_print(reverse->check->arena,
                "it has %zu names, and receivers look at any of them", reverse->names->count),
            wanted(reverse));
    else if (!reverse->is_helo && (spells_address(name, reverse->ip) || has_word(name)))
        say(reverse, FINDING_WARNING, "ptr-generic",
            arena_print(reverse->check->arena,
                "its name %.*s is one that a provider gives to everybody",
                TEXT_ARGS(first_name(reverse))),
            wanted(reverse));
    else if (!reverse->is_helo)
        say(reverse, FINDING_WARNING, "ptr-not-helo",
            arena_print(reverse->check->arena, "its name is %.*s, and the host says another one",
                TEXT_ARGS(first_name(reverse))),
            wanted(reverse));
    else
        host_fine(reverse->check, "ptr", reverse->shown,
            arena_print(
                reverse->check->arena, "%.*s, which leads back", TEXT_ARGS(first_name(reverse))));
}

static void judge_names(struct reverse *reverse)
{
    for (size_t i = 0; i < reverse->names->count && i < PTR_NAMES_MAX; i++)
        look_up(reverse, reverse->names->records[i].text);
    if (reverse->check->is_waiting)
        return;
    if (reverse->is_confirmed)
        judge_name(reverse);
    else if (reverse->is_unsure)
        say(reverse, FINDING_UNKNOWN, "ptr-unknown",
            arena_print(reverse->check->arena, "nobody says whether its name %.*s leads back",
                TEXT_ARGS(first_name(reverse))),
            TEXT("see to that name's zone, or try again later"));
    else
        say(reverse, FINDING_ERROR, "ptr-unconfirmed",
            arena_print(reverse->check->arena, "its name %.*s does not lead back to it",
                TEXT_ARGS(first_name(reverse))),
            arena_print(reverse->check->arena, "publish %.*s %s %.*s, or %.*s",
                TEXT_ARGS(first_name(reverse)), dns_type_name(host_address_type(reverse->ip)),
                TEXT_ARGS(reverse->shown), TEXT_ARGS(wanted(reverse))));
}

/* The same where there is no name at all: mail may never come from there. */
static struct text wanted_first(const struct reverse *reverse)
{
    return reverse->check->host->mail.count == 1
               ? wanted(reverse)
               : arena_print(reverse->check->arena,
                     "%.*s; if mail never comes from it, list those from which it does in "
                     "check.addresses",
                     TEXT_ARGS(wanted(reverse)));
}

static void judge_address(struct host_check *check, const struct ip *ip)
{
    struct reverse reverse = {.check = check, .ip = ip, .shown = host_ip_text(check, ip)};

    reverse.names = host_ask(check, dns_name_reverse(ip, check->arena), DNS_PTR);
    if (reverse.names == NULL)
        return;
    if (reverse.names->status == DNS_TEMPORARY)
        say(&reverse, FINDING_UNKNOWN, "ptr-unknown", TEXT("nobody says whether it has a name"),
            TEXT("see to this machine's resolver (--resolver), or try again later"));
    else if (reverse.names->count == 0)
        say(&reverse, FINDING_ERROR, "ptr-missing", TEXT("it has no reverse name"),
            wanted_first(&reverse));
    else
        judge_names(&reverse);
}

void host_judge_ptr(struct host_check *check)
{
    for (size_t i = 0; i < check->host->mail.count; i++)
        if (!ip_is_private(&check->host->mail.items[i]))
            judge_address(check, &check->host->mail.items[i]);
}
