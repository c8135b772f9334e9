/* SPDX-License-Identifier: MIT */
#include "mailctl/check/blocklist-ask.h"

#include "lib/dns/name.h"
#include "mailctl/check/blocklist.h"

/* RFC 5782 §5: what is on every list, and on none. */
#define ADDRESS_ON "2.0.0.127"
#define ADDRESS_OFF "1.0.0.127"
#define DOMAIN_ON "test"
#define DOMAIN_OFF "invalid"

static void say(const struct blocklist_asking *asking, enum finding_level level, const char *code,
    struct text message, struct text change)
{
    findings_say(asking->findings, level, code, asking->zone, NULL, message, change);
}

static const char *setting_of(const struct blocklist_asking *asking)
{
    return asking->is_of_domains ? "check.domain_blocklists" : "check.blocklists";
}

/* Said once for a list, not for each address. answer NULL: there is none. */
static void say_deaf(
    const struct blocklist_asking *asking, enum blocklist_word word, const struct ip *answer)
{
    char shown[IP_TEXT_MAX] = "no such name";
    struct text change = arena_print(asking->arena,
        "ask from a resolver of your own (dns.servers, --resolver), or take the list out of %s",
        setting_of(asking));

    if (answer != NULL)
        ip_format(answer, shown);
    if (word == BLOCKLIST_MAY_NOT_ASK)
        say(asking, FINDING_UNKNOWN, "blocklist-refused",
            arena_print(
                asking->arena, "we may not ask it: %s (%s)", blocklist_reason(answer), shown),
            change);
    else if (word == BLOCKLIST_LIE)
        say(asking, FINDING_UNKNOWN, "blocklist-lie",
            arena_print(asking->arena,
                "the resolver answers %s, which no list does: it makes answers up", shown),
            change);
    else
        say(asking, FINDING_UNKNOWN, "blocklist-dead",
            arena_print(asking->arena,
                "its entry for tests, %s, is not there (%s): it works no more, or not for us",
                asking->is_of_domains ? DOMAIN_ON : "127.0.0.2", shown),
            change);
}

static void say_silent(const struct blocklist_asking *asking)
{
    say(asking, FINDING_UNKNOWN, "blocklist-silent", TEXT("it does not answer"),
        arena_print(
            asking->arena, "try again later, or take the list out of %s", setting_of(asking)));
}

static void say_all(const struct blocklist_asking *asking)
{
    say(asking, FINDING_UNKNOWN, "blocklist-all",
        arena_print(asking->arena, "it has everybody on it, even %s: it was given up",
            asking->is_of_domains ? "\"" DOMAIN_OFF "\"" : "127.0.0.1"),
        arena_print(asking->arena, "take the list out of %s", setting_of(asking)));
}

/* NULL: waiting. */
static const struct dns_answer *ask(
    struct blocklist_asking *asking, struct text name, enum dns_type type)
{
    const struct dns_answer *answer = answers_ask(asking->answers, name, type);

    asking->is_waiting = asking->is_waiting || answer == NULL;
    return answer;
}

static const struct dns_answer *ask_entry(struct blocklist_asking *asking, const char *entry)
{
    return ask(
        asking, arena_print(asking->arena, "%s.%.*s", entry, TEXT_ARGS(asking->zone)), DNS_A);
}

/* The entry that is always on. Some lists of domains have that of addresses instead. */
static const struct dns_answer *ask_on(struct blocklist_asking *asking)
{
    const struct dns_answer *answer, *other;
    struct ip code;

    if (!asking->is_of_domains)
        return ask_entry(asking, ADDRESS_ON);
    answer = ask_entry(asking, DOMAIN_ON);
    if (answer == NULL || answer->status == DNS_TEMPORARY || answer->count != 0)
        return answer;
    other = ask_entry(asking, ADDRESS_ON);
    return other == NULL || blocklist_read(other, &code) == BLOCKLIST_LISTED ? other : answer;
}

bool blocklist_works(struct blocklist_asking *asking)
{
    const struct dns_answer *yes = ask_on(asking);
    const struct dns_answer *no =
        ask_entry(asking, asking->is_of_domains ? DOMAIN_OFF : ADDRESS_OFF);
    struct ip code, other;
    enum blocklist_word word;
    bool is_all;

    if (yes == NULL || no == NULL)
        return false;
    word = blocklist_read(yes, &code);
    is_all = blocklist_read(no, &other) == BLOCKLIST_LISTED;
    if (!asking->is_mute) {
        if (yes->status == DNS_TEMPORARY)
            say_silent(asking);
        else if (word != BLOCKLIST_LISTED)
            say_deaf(asking, word, word != BLOCKLIST_NOT_LISTED ? &code : NULL);
        else if (is_all)
            say_all(asking);
    }
    return word == BLOCKLIST_LISTED && !is_all;
}

/* What the list says about it, cut to what a line takes. */
static struct text reason_of(struct blocklist_asking *asking, struct text name)
{
    const struct dns_answer *texts = ask(asking, name, DNS_TXT);

    return texts != NULL && texts->count != 0
               ? finding_safe(
                     text_head(texts->records[0].text, BLOCKLIST_REASON_MAX), asking->arena)
               : TEXT("it gives no reason");
}

static void say_listed(
    struct blocklist_asking *asking, struct text name, struct text shown, const struct ip *code)
{
    const char *meaning = asking->is_of_domains ? blocklist_meaning(code) : NULL;
    char code_shown[IP_TEXT_MAX];

    ip_format(code, code_shown);
    say(asking, FINDING_ERROR, "blocklist-listed",
        arena_print(asking->arena, "%.*s is on it (%s%s%s)", TEXT_ARGS(shown), code_shown,
            meaning != NULL ? ", " : "", meaning != NULL ? meaning : ""),
        asking->is_of_domains
            ? TEXT("find out what was sent or shown in its name and stop it, then ask the list to "
                   "take the domain off")
            : TEXT("find out what was sent and stop it, then ask the list to take the address "
                   "off"));
    findings_add_aside(asking->findings, reason_of(asking, name));
}

bool blocklist_is_clean(struct blocklist_asking *asking, struct text name, struct text shown)
{
    const struct dns_answer *answer = ask(asking, name, DNS_A);
    struct ip code;
    enum blocklist_word word;

    if (answer == NULL)
        return false;
    if (answer->status == DNS_TEMPORARY) {
        say_silent(asking);
        return false;
    }
    word = blocklist_read(answer, &code);
    if (word == BLOCKLIST_LISTED)
        say_listed(asking, name, shown, &code);
    else if (word != BLOCKLIST_NOT_LISTED)
        say_deaf(asking, word, &code);
    return word == BLOCKLIST_NOT_LISTED;
}
