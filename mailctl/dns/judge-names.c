/* SPDX-License-Identifier: MIT */

/* Records that are right where they say just what they should: PTR, SRV, CNAME, CAA, PACC. */

#include <string.h>

#include "lib/dns/name.h"
#include "lib/dns/rdata.h"
#include "mailctl/dns/judge.h"

/* How records of one kind and type are judged. */
struct rule {
    enum record_kind kind;
    const char *type;
    enum finding_level missing, other;
    const char *missing_code, *other_code;
};

static struct text shown_text(
    const struct check *check, enum dns_type type, const struct dns_record *record)
{
    return check_safe(check, rdata_text(type, record, check->arena));
}

static bool shows(const struct check *check, enum dns_type type, const struct dns_answer *answer,
    struct text data)
{
    for (size_t i = 0; i < answer->count; i++)
        if (text_equals_nocase(rdata_text(type, &answer->records[i], check->arena), data))
            return true;
    return false;
}

/* Of several the same each time: their order in an answer is not. */
static struct text first_text(
    const struct check *check, enum dns_type type, const struct dns_answer *answer)
{
    struct text first = shown_text(check, type, &answer->records[0]);

    for (size_t i = 1; i < answer->count; i++) {
        struct text text = shown_text(check, type, &answer->records[i]);

        if (text_compare(text, first) < 0)
            first = text;
    }
    return first;
}

static void judge_shown(struct check *check, const struct rule *rule,
    const struct zone_record *wanted, enum dns_type type, const struct dns_answer *answer)
{
    if (shows(check, type, answer, wanted->data))
        check_fine(check, rule->kind, wanted->owner, rule->type, check_safe(check, wanted->data));
    else
        check_say(check, rule->other, rule->other_code, wanted->owner, rule->type,
            arena_print(
                check->arena, "it says \"%.*s\"", TEXT_ARGS(first_text(check, type, answer))),
            check_publish(check, wanted));
}

static void judge_by_rule(struct check *check, const struct rule *rule)
{
    enum dns_type type = DNS_TXT;
    size_t at = 0;
    struct zone_seen seen;

    (void)dns_type_parse(text_from_string(rule->type), &type);
    for (const struct zone_record *wanted;
         (wanted = check_wanted(check, rule->kind, rule->type, &at)) != NULL;) {
        if (!check_see(check, wanted->owner, type, &seen))
            continue;
        if (seen.answer->count == 0)
            check_missing(check, rule->missing, rule->missing_code, wanted);
        else
            judge_shown(check, rule, wanted, type, seen.answer);
    }
}

/* A web server may be found by an alias or by addresses: what counts is that there is one. */
static void judge_web_name(struct check *check, enum record_kind kind, const char *code)
{
    size_t at = 0;
    const struct zone_record *wanted = check_wanted(check, kind, "CNAME", &at);
    struct zone_seen four, six;
    bool has_four, has_six;

    if (wanted == NULL)
        return;
    has_four = check_see(check, wanted->owner, DNS_A, &four);
    has_six = check_see(check, wanted->owner, DNS_AAAA, &six);
    if (!has_four || !has_six)
        return;
    if (four.answer->count != 0 || six.answer->count != 0)
        check_fine(check, kind, wanted->owner, "CNAME", TEXT("it leads to a host"));
    else
        check_missing(check, FINDING_WARNING, code, wanted);
}

/* Where there are no CAA records anybody may issue; where there are, only those in them. */
static void judge_issuers(struct check *check)
{
    size_t at = 0;
    struct zone_seen seen;

    for (const struct zone_record *wanted;
         (wanted = check_wanted(check, RECORD_CAA, "CAA", &at)) != NULL;) {
        if (!check_see(check, wanted->owner, DNS_CAA, &seen))
            return;
        if (seen.answer->count == 0)
            check_missing(check, FINDING_WARNING, "caa-missing", wanted);
        else if (shows(check, DNS_CAA, seen.answer, wanted->data))
            check_fine(check, RECORD_CAA, wanted->owner, "CAA", check_safe(check, wanted->data));
        else
            check_say(check, FINDING_ERROR, "caa-forbids", wanted->owner, "CAA",
                TEXT("other issuers are named, so this one refuses the next certificate"),
                check_publish(check, wanted));
    }
}

void judge_names(struct check *check)
{
    static const struct rule rules[] = {
        {RECORD_PTR,          "PTR", FINDING_ERROR,   FINDING_ERROR,   "ptr-missing",          "ptr-other" },
        {RECORD_SRV,          "SRV", FINDING_WARNING, FINDING_WARNING, "srv-missing",          "srv-other" },
        {RECORD_AUTODISCOVER, "SRV", FINDING_WARNING, FINDING_WARNING, "autodiscover-missing",
         "autodiscover-other"                                                                              },
        {RECORD_PACC,         "TXT", FINDING_WARNING, FINDING_WARNING, "pacc-missing",         "pacc-other"},
        {RECORD_SRS,          "MX",  FINDING_ERROR,   FINDING_ERROR,   "srs-missing",          "srs-other" },
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        judge_by_rule(check, &rules[i]);
    judge_web_name(check, RECORD_MTA_STS, "mta-sts-no-host");
    judge_web_name(check, RECORD_AUTOCONFIG, "autoconfig-missing");
    judge_web_name(check, RECORD_AUTODISCOVER, "autodiscover-missing");
    judge_web_name(check, RECORD_PACC, "pacc-missing");
    judge_issuers(check);
}
