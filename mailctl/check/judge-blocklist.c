/* SPDX-License-Identifier: MIT */

/*
 * Lists of addresses whose mail is refused (RFC 5782). A list is believed once its own entries for
 * tests say that it works: 127.0.0.2 is on every list and 127.0.0.1 on none. Many answer to a
 * resolver that they do not like with an address of its own, which is no listing.
 */

#include "lib/dns/name.h"
#include "mailctl/check/blocklist.h"
#include "mailctl/check/host-judge.h"

struct list {
    struct host_check *check;
    struct text zone;
};

static void say(const struct list *list, enum finding_level level, const char *code,
    struct text message, const char *change)
{
    host_say(list->check, level, code, list->zone, NULL, message, text_from_string(change));
}

static const struct dns_answer *ask(
    const struct list *list, const struct ip *ip, enum dns_type type)
{
    return host_ask(list->check, blocklist_name(ip, list->zone, list->check->arena), type);
}

/* Said once for a list, not for each address. */
static void say_deaf(const struct list *list, enum blocklist_word word, const struct ip *answer)
{
    static const char change[] = "ask from a resolver of your own (dns.servers, --resolver), or "
                                 "take the list out of check.blocklists";
    struct text shown = answer != NULL ? host_ip_text(list->check, answer) : TEXT("no such name");

    if (word == BLOCKLIST_MAY_NOT_ASK)
        say(list, FINDING_UNKNOWN, "blocklist-refused",
            arena_print(list->check->arena, "we may not ask it: %s (%.*s)",
                blocklist_reason(answer), TEXT_ARGS(shown)),
            change);
    else if (word == BLOCKLIST_LIE)
        say(list, FINDING_UNKNOWN, "blocklist-lie",
            arena_print(list->check->arena,
                "the resolver answers %.*s, which no list does: it makes answers up",
                TEXT_ARGS(shown)),
            change);
    else
        say(list, FINDING_UNKNOWN, "blocklist-dead",
            arena_print(list->check->arena,
                "its entry for tests, 127.0.0.2, is not there (%.*s): it works no more, or not "
                "for us",
                TEXT_ARGS(shown)),
            change);
}

static void say_silent(const struct list *list)
{
    say(list, FINDING_UNKNOWN, "blocklist-silent", TEXT("it does not answer"),
        "try again later, or take the list out of check.blocklists");
}

/* True where its entries for tests are as they should be. Else it is told, or waited for. */
static bool works(const struct list *list)
{
    static const struct ip on =
                               {
                                   IP_V4, {127, 0, 0, 2}
    },
                           off = {IP_V4, {127, 0, 0, 1}};
    const struct dns_answer *yes = ask(list, &on, DNS_A), *no = ask(list, &off, DNS_A);
    struct ip code;
    enum blocklist_word word;

    if (yes == NULL || no == NULL)
        return false;
    if (yes->status == DNS_TEMPORARY) {
        say_silent(list);
        return false;
    }
    word = blocklist_read(yes, &code);
    if (word != BLOCKLIST_LISTED) {
        say_deaf(list, word, word != BLOCKLIST_NOT_LISTED ? &code : NULL);
        return false;
    }
    if (blocklist_read(no, &code) == BLOCKLIST_LISTED) {
        say(list, FINDING_UNKNOWN, "blocklist-all",
            TEXT("it has everybody on it, even 127.0.0.1: it was given up"),
            "take the list out of check.blocklists");
        return false;
    }
    return true;
}

/* What the list says about it, cut to what a line takes. */
static struct text reason_of(const struct list *list, const struct ip *ip)
{
    const struct dns_answer *texts = ask(list, ip, DNS_TXT);

    return texts != NULL && texts->count != 0
               ? finding_safe(
                     text_head(texts->records[0].text, BLOCKLIST_REASON_MAX), list->check->arena)
               : TEXT("it gives no reason");
}

/* Whether it is on the list; false too where it could not be told, which is said. */
static bool is_clean(const struct list *list, const struct ip *ip)
{
    const struct dns_answer *answer = ask(list, ip, DNS_A);
    struct ip code;
    enum blocklist_word word;

    if (answer == NULL)
        return false;
    if (answer->status == DNS_TEMPORARY) {
        say_silent(list);
        return false;
    }
    word = blocklist_read(answer, &code);
    if (word == BLOCKLIST_LISTED) {
        say(list, FINDING_ERROR, "blocklist-listed",
            arena_print(list->check->arena, "%.*s is on it (%.*s)",
                TEXT_ARGS(host_ip_text(list->check, ip)),
                TEXT_ARGS(host_ip_text(list->check, &code))),
            "find out what was sent and stop it, then ask the list to take the address off");
        findings_add_aside(list->check->findings, reason_of(list, ip));
    } else if (word != BLOCKLIST_NOT_LISTED)
        say_deaf(list, word, &code);
    return word == BLOCKLIST_NOT_LISTED;
}

void host_judge_blocklists(struct host_check *check)
{
    for (size_t i = 0; i < check->blocklist_count; i++) {
        struct list list = {check, text_from_string(check->blocklists[i])};
        size_t asked = 0, clean = 0;
        bool is_working = works(&list);

        for (size_t j = 0; is_working && j < check->host->mail.count; j++)
            if (!ip_is_private(&check->host->mail.items[j])) {
                asked++;
                clean += is_clean(&list, &check->host->mail.items[j]);
            }
        if (asked != 0 && asked == clean)
            host_fine(check, "blocklist", list.zone, TEXT("no address of ours is on it"));
    }
}
