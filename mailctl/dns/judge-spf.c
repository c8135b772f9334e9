/* SPDX-License-Identifier: MIT */

/* SPF, judged by the engine that judges mail: may our addresses send, and may anybody else. */

#include <string.h>

#include "lib/mailauth/spf-record.h"
#include "lib/mailauth/spf.h"
#include "mailctl/dns/judge.h"

/* An address of the documentation (RFC 5737), which nobody's mail comes from. */
#define STRANGER "198.51.100.1"

static enum auth_progress evaluate(
    const struct check *check, struct text name, const struct ip *ip, struct spf_verdict *verdict_r)
{
    const struct spf_query query = {.client = *ip,
        .helo = check->request->host,
        .sender = arena_print(check->arena, "postmaster@%.*s", TEXT_ARGS(name)),
        .now = check->now};

    return spf_check(&query, check->view->resolver, check->arena, verdict_r);
}

static const char *permanent_code(const struct spf_verdict *verdict)
{
    if (verdict->lookup_terms > SPF_LOOKUP_TERMS_MAX)
        return "spf-lookups";
    return verdict->void_lookups > SPF_VOID_LOOKUPS_MAX ? "spf-voids" : "spf-malformed";
}

static struct text counts_text(const struct check *check, const struct spf_verdict *verdict)
{
    return arena_print(check->arena, "%u of %d lookups, %u of %d without an answer",
        verdict->lookup_terms, SPF_LOOKUP_TERMS_MAX, verdict->void_lookups, SPF_VOID_LOOKUPS_MAX);
}

/* True where the record can be evaluated, whatever it says of the address. */
static bool say_broken(
    struct check *check, const struct zone_record *wanted, const struct spf_verdict *verdict)
{
    struct text problem = text_from_string(verdict->problem);

    if (verdict->result == AUTH_TEMPERROR)
        check_say(check, FINDING_UNKNOWN, "spf-unknown", wanted->owner, "TXT",
            arena_print(check->arena, "it cannot be evaluated now: %.*s", TEXT_ARGS(problem)),
            TEXT("see to the name that it refers to, or try again later"));
    else if (verdict->result == AUTH_PERMERROR)
        check_say(check, FINDING_ERROR, permanent_code(verdict), wanted->owner, "TXT",
            arena_print(check->arena, "receivers cannot use it: %.*s (%.*s)", TEXT_ARGS(problem),
                TEXT_ARGS(counts_text(check, verdict))),
            check_publish(check, wanted));
    return verdict->result != AUTH_TEMPERROR && verdict->result != AUTH_PERMERROR;
}

/*
 * The very record that should be there leads over the MX and its addresses: where one of these is
 * wrong that is what has to be changed, and it has been told.
 */
static bool is_told(const struct check *check, const struct zone_record *wanted, struct text record)
{
    for (size_t i = 0; i < check->findings->list.count; i++) {
        const struct finding *finding = &check->findings->list.items[i];

        if (finding->level == FINDING_ERROR && (strncmp(finding->code, "mx-", 3) == 0 ||
                                                   strcmp(finding->code, "address-missing") == 0))
            return text_equals(record, wanted->data);
    }
    return false;
}

/* False where the address does not pass, which is told, or an answer is missing. */
static bool judge_address(struct check *check, const struct zone_record *wanted, struct text record,
    const struct ip *ip, struct spf_verdict *verdict_r)
{
    char shown[IP_TEXT_MAX];

    if (evaluate(check, wanted->owner, ip, verdict_r) == AUTH_WAITING) {
        check->is_waiting = true;
        return false;
    }
    if (!say_broken(check, wanted, verdict_r))
        return false;
    if (verdict_r->result == AUTH_PASS)
        return true;
    if (is_told(check, wanted, record))
        return false;
    ip_format(ip, shown);
    check_say(check, FINDING_ERROR, "spf-not-covered", wanted->owner, "TXT",
        arena_print(
            check->arena, "mail from %s gets \"%s\"", shown, auth_result_word(verdict_r->result)),
        check_publish(check, wanted));
    return false;
}

static void judge_strangers(struct check *check, enum record_kind kind,
    const struct zone_record *wanted, const struct spf_verdict *ours)
{
    struct spf_verdict verdict;
    struct ip stranger;

    if (!ip_parse(TEXT(STRANGER), &stranger))
        return;
    if (evaluate(check, wanted->owner, &stranger, &verdict) == AUTH_WAITING)
        check->is_waiting = true;
    else if (verdict.result == AUTH_PASS)
        check_say(check, FINDING_ERROR, "spf-open", wanted->owner, "TXT",
            arena_print(check->arena, "anybody passes, by \"%.*s\"",
                TEXT_ARGS(check_safe(check, verdict.mechanism))),
            check_publish(check, wanted));
    else if (verdict.result == AUTH_NEUTRAL)
        check_say(check, FINDING_WARNING, "spf-neutral", wanted->owner, "TXT",
            TEXT("it says nothing about strangers"), TEXT("let it end in ~all or -all"));
    else if (say_broken(check, wanted, &verdict))
        check_fine(check, kind, wanted->owner, "TXT", counts_text(check, ours));
}

/* Those told to us, else those that the DNS has of the host. *count_r 0 with true: none. */
static bool own_addresses(struct check *check, const struct ip **addresses_r, size_t *count_r)
{
    struct zone_seen four, six;
    struct ip *addresses;
    size_t count = 0;

    *addresses_r = check->request->addresses;
    *count_r = check->request->address_count;
    if (*count_r != 0)
        return true;
    if (!zone_view_see(check->view, check->request->host, DNS_A, check->arena, &four) ||
        !zone_view_see(check->view, check->request->host, DNS_AAAA, check->arena, &six)) {
        check->is_waiting = true;
        return false;
    }
    addresses =
        arena_alloc_zero(check->arena, four.answer->count + six.answer->count, sizeof *addresses);
    for (size_t i = 0; i < four.answer->count; i++)
        addresses[count++] = four.answer->records[i].ip;
    for (size_t i = 0; i < six.answer->count; i++)
        addresses[count++] = six.answer->records[i].ip;
    *addresses_r = addresses;
    *count_r = count;
    return true;
}

static void judge_record(struct check *check, enum record_kind kind,
    const struct zone_record *wanted, struct text record)
{
    struct spf_verdict verdict = {.result = AUTH_NONE};
    const struct ip *addresses;
    size_t count;

    if (!own_addresses(check, &addresses, &count))
        return;
    for (size_t i = 0; i < count; i++)
        if (!judge_address(check, wanted, record, &addresses[i], &verdict))
            return;
    judge_strangers(check, kind, wanted, &verdict);
}

static void judge_name(struct check *check, enum record_kind kind, const struct zone_record *wanted,
    enum finding_level level)
{
    const struct text *texts;
    struct zone_seen seen;
    size_t count;

    if (!check_see(check, wanted->owner, DNS_TXT, &seen))
        return;
    /* The engine is to judge what the zone says now, not what a cache remembers. */
    zone_view_override(check->view, wanted->owner, DNS_TXT, seen.answer);
    count = check_texts_of(check, seen.answer, "v=spf1", &texts);
    if (count == 0)
        check_missing(check, level, "spf-missing", wanted);
    else if (count > 1)
        check_say(check, FINDING_ERROR, "spf-several", wanted->owner, "TXT",
            arena_print(check->arena, "there are %zu SPF records, so none counts", count),
            TEXT("make one of them"));
    else
        judge_record(check, kind, wanted, texts[0]);
}

void judge_spf(struct check *check)
{
    static const struct {
        enum record_kind kind;
        enum finding_level missing;
    } kinds[] = {
        {RECORD_SPF,      FINDING_ERROR  },
        {RECORD_HOST_SPF, FINDING_WARNING},
        {RECORD_SRS,      FINDING_ERROR  }
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t at = 0;
        const struct zone_record *wanted = check_wanted(check, kinds[i].kind, "TXT", &at);

        if (wanted != NULL)
            judge_name(check, kinds[i].kind, wanted, kinds[i].missing);
    }
}
