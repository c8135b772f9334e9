/* SPDX-License-Identifier: MIT */

/* DMARC, read as RFC 9989 reads it, and who agrees to get the reports (RFC 9990 §4). */

#include "lib/dns/name.h"
#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/taglist.h"
#include "mailctl/dns/judge.h"

#define DMARC_TAGS_MAX 64

static void say(struct check *check, enum finding_level level, const char *code,
    const struct zone_record *wanted, struct text message)
{
    check_say(check, level, code, wanted->owner, "TXT", message, check_publish(check, wanted));
}

/* Tags that RFC 7489 knew and RFC 9989 does not: nobody heeds them any more. */
static const char *historic_tag(struct text record, struct arena *arena)
{
    static const char *const historic[] = {"pct", "ri", "rf"};
    struct taglist tags;

    if (taglist_parse_forgiving(record, DMARC_TAGS_MAX, arena, &tags) != TAGLIST_OK)
        return NULL;
    for (size_t i = 0; i < sizeof historic / sizeof *historic; i++)
        if (taglist_find(&tags, historic[i]) != NULL)
            return historic[i];
    return NULL;
}

/* --- reports -------------------------------------------------------------- */

/* "mailto:a@b", with the size that RFC 7489 allowed behind it; the host in lower case. */
static bool report_host(struct text uri, struct arena *arena, struct text *host_r)
{
    size_t at;

    uri = text_trim(uri);
    if (!text_starts_with_nocase(uri, TEXT("mailto:")))
        return false;
    uri = text_head(uri, text_find(uri, '!'));
    at = text_find_last(uri, '@');
    return at != uri.len && at > sizeof "mailto:" - 1 &&
           dns_name_normalize(text_skip(uri, at + 1), arena, host_r);
}

/* Clears *is_sure where an answer failed that might have named another. False: waiting. */
static bool organization(
    struct check *check, struct text domain, struct text *organization_r, bool *is_sure)
{
    struct dmarc_walk walk;

    if (dmarc_walk_from(domain, check->view->resolver, check->arena, &walk) == AUTH_WAITING) {
        check->is_waiting = true;
        return false;
    }
    *organization_r = walk.organizational_domain;
    *is_sure = *is_sure && !walk.temporary;
    return true;
}

/* Nobody has agreed: where that domain may be of our own organization, nobody has to. */
static void say_refused(
    struct check *check, const struct zone_record *wanted, struct text host, bool is_sure)
{
    struct text domain = check->request->domain;

    if (is_sure)
        check_say(check, FINDING_ERROR, "dmarc-report-refused", wanted->owner, "TXT",
            arena_print(check->arena,
                "%.*s has not agreed to get reports on %.*s, so nobody "
                "sends them",
                TEXT_ARGS(host), TEXT_ARGS(domain)),
            arena_print(check->arena, "publish %.*s._report._dmarc.%.*s TXT v=DMARC1 there",
                TEXT_ARGS(domain), TEXT_ARGS(host)));
    else
        check_say(check, FINDING_UNKNOWN, "dmarc-report-unknown", wanted->owner, "TXT",
            arena_print(check->arena,
                "the DNS does not tell now whether %.*s and %.*s are of one organization",
                TEXT_ARGS(host), TEXT_ARGS(domain)),
            TEXT("try again later"));
}

static void judge_authorization(
    struct check *check, const struct zone_record *wanted, struct text host)
{
    struct text domain = check->request->domain, ours, theirs, name;
    const struct text *texts;
    struct zone_seen seen;
    bool is_sure = true, has_ours = organization(check, domain, &ours, &is_sure);

    if (!organization(check, host, &theirs, &is_sure) || !has_ours || text_equals(ours, theirs))
        return;
    name =
        arena_print(check->arena, "%.*s._report._dmarc.%.*s", TEXT_ARGS(domain), TEXT_ARGS(host));
    if (!check_see(check, name, DNS_TXT, &seen))
        return;
    if (check_texts_of(check, seen.answer, "v=DMARC1", &texts) != 0)
        check_fine(check, RECORD_DMARC_REPORT, name, "TXT", TEXT("reports may go there"));
    else
        say_refused(check, wanted, host, is_sure);
}

static void judge_reports(
    struct check *check, const struct zone_record *wanted, const struct dmarc_record *record)
{
    struct text rest = record->rua, uri, host;

    for (size_t i = 0; i < DMARC_URIS_MAX && rest.len != 0 && text_split(&rest, ',', &uri); i++)
        if (report_host(uri, check->arena, &host))
            judge_authorization(check, wanted, host);
        else
            say(check, FINDING_WARNING, "dmarc-rua", wanted,
                arena_print(check->arena, "\"%.*s\" is not of the form mailto:ADDRESS",
                    TEXT_ARGS(check_safe(check, text_trim(uri)))));
}

/* --- the record ----------------------------------------------------------- */

static void judge_policy(
    struct check *check, const struct zone_record *wanted, const struct dmarc_record *record)
{
    const char *historic = historic_tag(record->raw, check->arena);
    size_t before = check->findings->list.count;

    if (!record->has_p)
        say(check, FINDING_WARNING, "dmarc-no-policy", wanted,
            TEXT("it has no p= that can be read, so receivers take p=none"));
    else if (record->p < check->request->dmarc_policy)
        say(check, FINDING_WARNING, "dmarc-weaker", wanted,
            arena_print(check->arena, "p=%s is weaker than %s", dmarc_policy_word(record->p),
                dmarc_policy_word(check->request->dmarc_policy)));
    if (record->testing)
        say(check, FINDING_WARNING, "dmarc-testing", wanted,
            TEXT("t=y asks receivers to do one step less"));
    if (historic != NULL)
        say(check, FINDING_WARNING, "dmarc-historic", wanted,
            arena_print(check->arena, "%s= is no longer a tag of DMARC (RFC 9989)", historic));
    if (text_is_empty(record->rua) && !text_is_empty(check->request->dmarc_reports))
        say(check, FINDING_WARNING, "dmarc-no-reports", wanted, TEXT("it asks for no reports"));
    if (check->findings->list.count == before)
        check_fine(check, RECORD_DMARC, wanted->owner, "TXT",
            arena_print(check->arena, "p=%s", dmarc_policy_word(record->p)));
    judge_reports(check, wanted, record);
}

static void judge_record(struct check *check, const struct zone_record *wanted, struct text text)
{
    struct dmarc_record record;

    if (dmarc_record_parse(text, check->arena, &record) == DMARC_PARSE_OK)
        judge_policy(check, wanted, &record);
    else
        say(check, FINDING_ERROR, "dmarc-unusable", wanted,
            TEXT("its policy cannot be read, so receivers act as if it were not there"));
}

/* RFC 9989 §4.7: the first tag must be v=DMARC1, in this case of letters. */
static size_t dmarc_records(
    struct check *check, const struct dns_answer *answer, struct text *text_r, bool *attempt_r)
{
    struct dmarc_record record;
    size_t count = 0;

    *attempt_r = false;
    for (size_t i = 0; i < answer->count; i++) {
        struct text text = answer->records[i].text;

        if (dmarc_record_parse(text, check->arena, &record) == DMARC_PARSE_NOT_DMARC) {
            *attempt_r = *attempt_r || text_find_text(text, TEXT("DMARC")) != text.len;
            continue;
        }
        count++;
        *text_r = text;
    }
    return count;
}

void judge_dmarc(struct check *check)
{
    size_t at = 0, count;
    const struct zone_record *wanted = check_wanted(check, RECORD_DMARC, "TXT", &at);
    struct text text = TEXT_NONE;
    struct zone_seen seen;
    bool is_attempt;

    if (wanted == NULL || !check_see(check, wanted->owner, DNS_TXT, &seen))
        return;
    zone_view_override(check->view, wanted->owner, DNS_TXT, seen.answer);
    count = dmarc_records(check, seen.answer, &text, &is_attempt);
    if (count == 0 && is_attempt)
        say(check, FINDING_ERROR, "dmarc-malformed", wanted,
            TEXT("a record does not begin with v=DMARC1;, so it is none"));
    else if (count == 0)
        check_missing(check, FINDING_ERROR, "dmarc-missing", wanted);
    else if (count > 1)
        check_say(check, FINDING_ERROR, "dmarc-several", wanted->owner, "TXT",
            arena_print(check->arena, "there are %zu DMARC records, so none counts", count),
            TEXT("make one of them"));
    else
        judge_record(check, wanted, text);
}
