/* SPDX-License-Identifier: MIT */

/* What tells other servers that mail comes to us encrypted: MTA-STS, TLS-RPT, DANE. */

#include "lib/dns/rdata.h"
#include "mailctl/dns/judge.h"
#include "mailctl/dns/mta-sts-policy.h"

static void say(struct check *check, enum finding_level level, const char *code,
    const struct zone_record *wanted, struct text message)
{
    check_say(
        check, level, code, wanted->owner, wanted->type, message, check_publish(check, wanted));
}

/*
 * The one text of a version at the record's name. False: there is none or there are several, which
 * is told, or it cannot be told.
 */
static bool one_text(struct check *check, const struct zone_record *wanted, const char *version,
    const char *missing, const char *several, struct text *text_r)
{
    const struct text *texts;
    struct zone_seen seen;
    size_t count;

    if (!check_see(check, wanted->owner, DNS_TXT, &seen))
        return false;
    count = check_texts_of(check, seen.answer, version, &texts);
    if (count == 0)
        check_missing(check, FINDING_WARNING, missing, wanted);
    else if (count > 1)
        check_say(check, FINDING_ERROR, several, wanted->owner, "TXT",
            arena_print(check->arena, "there are %zu such records, so none counts", count),
            TEXT("leave one of them"));
    if (count == 1)
        *text_r = texts[0];
    return count == 1;
}

void judge_mta_sts(struct check *check)
{
    size_t at = 0;
    const struct zone_record *wanted = check_wanted(check, RECORD_MTA_STS, "TXT", &at);
    struct text text, id;

    if (wanted == NULL ||
        !one_text(check, wanted, "v=STSv1", "mta-sts-missing", "mta-sts-several", &text))
        return;
    if (!mta_sts_record_id(text, check->arena, &id))
        say(check, FINDING_ERROR, "mta-sts-malformed", wanted,
            TEXT("it has no id of 1 to 32 letters and digits"));
    else if (!text_equals(id, check->request->mta_sts_id))
        say(check, FINDING_ERROR, "mta-sts-id", wanted,
            TEXT("the id is not that of the policy: senders go on with the one that they know"));
    else
        check_fine(check, RECORD_MTA_STS, wanted->owner, "TXT", TEXT("the id of the policy"));
}

void judge_tls_reports(struct check *check)
{
    size_t at = 0;
    struct text text;

    for (const struct zone_record *wanted;
         (wanted = check_wanted(check, RECORD_TLS_RPT, "TXT", &at)) != NULL;) {
        if (!one_text(check, wanted, "v=TLSRPTv1", "tls-rpt-missing", "tls-rpt-several", &text))
            continue;
        if (text_equals(text, wanted->data))
            check_fine(check, RECORD_TLS_RPT, wanted->owner, "TXT", TEXT("reports come to us"));
        else
            say(check, FINDING_WARNING, "tls-rpt-other", wanted,
                TEXT("it is not the record that sends reports to us"));
    }
}

/* --- DANE ----------------------------------------------------------------- */

static bool shows(const struct check *check, const struct dns_answer *answer, struct text data)
{
    for (size_t i = 0; i < answer->count; i++)
        if (text_equals(rdata_text(DNS_TLSA, &answer->records[i], check->arena), data))
            return true;
    return false;
}

/*
 * Without a signature above it a TLSA counts for nothing (RFC 7672 §2.2). Where only the link to
 * the zone's keys is missing judge_dnssec() has said so.
 */
static void judge_signed(struct check *check, const struct zone_record *wanted)
{
    const struct dns_answer *answer = answers_ask(check->view->resolver, check->view->zone, DNS_DS);
    struct zone_seen keys;

    if (!zone_view_see(check->view, check->view->zone, DNS_DNSKEY, check->arena, &keys) ||
        answer == NULL)
        check->is_waiting = true;
    else if (answer->count == 0 && answer->status != DNS_TEMPORARY && keys.answer->count == 0)
        check_say(check, FINDING_WARNING, "tlsa-unsigned", wanted->owner, "TLSA",
            arena_print(check->arena, "the zone %.*s is not signed, so nobody heeds it",
                TEXT_ARGS(check->view->zone)),
            TEXT("sign the zone (DNSSEC), or mailctl dns set --without tlsa"));
}

void judge_tlsa(struct check *check)
{
    size_t at = 0;
    const struct zone_record *current = check_wanted(check, RECORD_TLSA, "TLSA", &at), *next;
    struct zone_seen seen;

    if (current == NULL || !check_see(check, current->owner, DNS_TLSA, &seen))
        return;
    if (seen.answer->count == 0) {
        check_missing(check, FINDING_WARNING, "tlsa-missing", current);
        return;
    }
    if (shows(check, seen.answer, current->data))
        check_fine(check, RECORD_TLSA, current->owner, "TLSA", TEXT("the certificate's key"));
    else
        say(check, FINDING_ERROR, "tlsa-other", current,
            TEXT("none of the records is for our certificate: senders keep their mail back"));
    while ((next = check_wanted(check, RECORD_TLSA, "TLSA", &at)) != NULL)
        if (!shows(check, seen.answer, next->data))
            say(check, FINDING_WARNING, "tlsa-next", next, TEXT("the next key is not there yet"));
    judge_signed(check, current);
}
