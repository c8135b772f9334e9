/* SPDX-License-Identifier: MIT */
#include "milter/seen-row.h"

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/dns/name.h"

/* --- texts --- */

/* What somebody wrote, cut, and without what a report could not hold. */
static struct text safe(const struct passage *passage, struct text text, size_t max)
{
    char *copy = arena_alloc(passage->arena, max + 1);

    return text_from_string(log_safe(text.data, text.len, copy, max + 1));
}

/* The same where a blank would end it. */
static struct text safe_word(const struct passage *passage, struct text text)
{
    char *copy = arena_alloc(passage->arena, SEEN_ROW_NAME_MAX + 1);

    return text_from_string(log_word(text.data, text.len, copy, SEEN_ROW_NAME_MAX + 1));
}

/* As many whole URIs as there is room for: half an address would be somebody else's. */
static struct text report_addresses(const struct passage *passage, struct text rua)
{
    struct text head = text_head(rua, SEEN_ROW_RUA_MAX);
    size_t end = text_find_last(head, ',');

    if (head.len < rua.len)
        head = end < head.len ? text_head(head, end) : TEXT_NONE;
    return safe(passage, head, 4 * SEEN_ROW_RUA_MAX);
}

/* One domain in one spelling, however a client writes it: records of a report are told apart by it.
 */
static struct text spelt_once(const struct passage *passage, struct text domain)
{
    struct text normalized;

    if (dns_name_normalize(domain, passage->arena, &normalized))
        return normalized;
    return safe_word(passage, domain);
}

static struct text pass_or_fail(bool is_pass)
{
    return is_pass ? TEXT("pass") : TEXT("fail");
}

static struct text policy_text(enum dmarc_policy policy)
{
    return text_from_string(dmarc_policy_word(policy));
}

/* --- what was done, and why (RFC 9990 §3.1.1.9, 3.1.6) --- */

static bool is_deferred(const struct policy_outcome *outcome)
{
    return strcmp(outcome->action, "defer") == 0;
}

/* "pass": nothing was done to it under a policy by which something could have been. */
static struct text disposition(
    const struct dmarc_verdict *dmarc, const struct policy_outcome *outcome)
{
    if (strcmp(outcome->action, "accept") != 0)
        return text_from_string(outcome->action);
    if (dmarc->result == AUTH_PASS && dmarc->policy != DMARC_POLICY_NONE)
        return TEXT("pass");
    return TEXT("none");
}

static void explain_owner(
    const struct dmarc_verdict *dmarc, struct text *reason_r, struct text *comment_r)
{
    if (dmarc->result != AUTH_FAIL) {
        *reason_r = TEXT("other");
        *comment_r = text_from_string(dmarc->problem);
    } else if (dmarc->policy != dmarc->published)
        *reason_r = TEXT("policy_test_mode");
    else {
        *reason_r = TEXT("local_policy");
        if (dmarc->policy == DMARC_POLICY_REJECT)
            *comment_r = TEXT("on reject alone mail is quarantined (RFC 9989, section 5.4)");
        else /* From hides its author */
            *comment_r = text_from_string(dmarc->problem);
    }
}

/* Why what was done is not what is published, where the message did not pass. */
static void explain(
    const struct dmarc_verdict *dmarc, const struct policy_outcome *outcome, struct seen *row)
{
    if (dmarc->result == AUTH_PASS && !dmarc->dkim_aligned && !dmarc->spf_aligned) {
        row->reason = TEXT("local_policy");
        row->comment = text_from_string(dmarc->problem); /* a relay of ours has seen it pass */
        return;
    }
    if (dmarc->result == AUTH_PASS || text_equals(row->disposition, policy_text(dmarc->published)))
        return;
    row->reason = TEXT("local_policy");
    switch (outcome->by) {
    case POLICY_BY_OWNER:
        explain_owner(dmarc, &row->reason, &row->comment);
        break;
    case POLICY_BY_FORWARDER:
        row->reason = TEXT("trusted_forwarder");
        break;
    case POLICY_BY_OVERRIDE:
        row->comment = TEXT("there is a rule for this domain");
        break;
    case POLICY_BY_OWN_DOMAIN:
        row->comment = TEXT("the domain is one of the receiver's own");
        break;
    }
}

/* --- what was found (RFC 9990 §3.1.1.12, 3.1.1.13) --- */

static void append_signature(
    const struct passage *passage, const struct signature_verdict *signature, struct buffer *lines)
{
    const char *why = signature->reason;

    if (why == NULL && signature->testing)
        why = "the key is being tested";
    buffer_append_format(lines, "%.*s %.*s %s%s%s\n",
        TEXT_ARGS(safe_word(passage, signature->domain)),
        TEXT_ARGS(safe_word(passage, signature->selector)), auth_result_word(signature->result),
        why != NULL ? " " : "", why != NULL ? why : "");
}

/* A report cannot name a signature without domain or selector. */
static bool is_named(const struct signature_verdict *signature)
{
    return !text_is_empty(signature->domain) && !text_is_empty(signature->selector);
}

/* Those that pass come first: they are not to fall behind the bound. */
static struct text signatures(const struct passage *passage, const struct mailauth_verdict *verdict)
{
    struct buffer lines = BUFFER_NONE;
    size_t count = 0;
    struct text text;

    for (int pass = 1; pass >= 0; pass--)
        for (size_t i = 0; i < verdict->signature_count && count < SEEN_ROW_SIGNATURES_MAX; i++) {
            const struct signature_verdict *signature = &verdict->signatures[i];

            if (!is_named(signature) || (signature->result == AUTH_PASS) != (pass == 1))
                continue;
            append_signature(passage, signature, &lines);
            count++;
        }
    text = arena_copy(passage->arena, buffer_text(&lines));
    buffer_done(&lines);
    return text;
}

/* --- the row --- */

static void fill_identifiers(
    const struct passage *passage, const struct mailauth_verdict *verdict, struct seen *row)
{
    const struct passage_envelope *envelope = &passage->envelope;
    char ip[IP_TEXT_MAX];

    ip_format(&envelope->hop, ip);
    row->at = clock_wall();
    row->queue_id = safe_word(passage, text_from_string(passage->log.queue_id));
    row->source_ip = arena_copy(passage->arena, text_from_string(ip));
    row->header_from = verdict->author_domain;
    if (!verdict->sender_is_null)
        row->envelope_from = verdict->spf.domain;
    row->envelope_to = spelt_once(passage, envelope->recipient_domain);
}

static void fill_policy(
    const struct passage *passage, const struct dmarc_verdict *dmarc, struct seen *row)
{
    const struct dmarc_record *record = dmarc->record;

    row->domain = dmarc->policy_domain;
    row->organizational_domain = dmarc->organizational_domain;
    row->discovery_method = TEXT("treewalk");
    row->p = policy_text(record->p);
    row->sp = policy_text(record->sp);
    row->np = policy_text(record->np);
    row->fo = text_is_empty(record->fo) ? TEXT("0") : safe(passage, record->fo, SEEN_ROW_NAME_MAX);
    row->adkim = record->dkim_strict ? TEXT("s") : TEXT("r");
    row->aspf = record->spf_strict ? TEXT("s") : TEXT("r");
    row->testing = record->testing ? TEXT("y") : TEXT("n");
    row->rua = report_addresses(passage, record->rua);
}

static void fill_results(const struct passage *passage, const struct mailauth_verdict *verdict,
    const struct policy_outcome *outcome, struct seen *row)
{
    const struct dmarc_verdict *dmarc = &verdict->dmarc;

    row->disposition = disposition(dmarc, outcome);
    row->dkim_aligned = pass_or_fail(dmarc->dkim_aligned);
    row->spf_aligned = pass_or_fail(dmarc->spf_aligned);
    explain(dmarc, outcome, row);
    row->spf_domain = verdict->spf.domain;
    row->spf_scope = TEXT("mfrom");
    row->spf_result = text_from_string(auth_result_word(verdict->spf.result));
    row->spf_human_result = text_from_string(verdict->spf.problem);
    row->dkim = signatures(passage, verdict);
}

void seen_row_put(const struct passage *passage, const struct mailauth_verdict *verdict,
    const struct policy_outcome *outcome)
{
    const struct world_rows *rows = &passage->world->rows;
    const struct dmarc_record *record = verdict->dmarc.record;
    struct seen row = {.at = 0};

    if (rows->put == NULL || record == NULL || text_is_empty(record->rua) || is_deferred(outcome))
        return;
    if (passage->envelope.hop.family == IP_NONE)
        return;
    fill_identifiers(passage, verdict, &row);
    fill_policy(passage, &verdict->dmarc, &row);
    fill_results(passage, verdict, outcome, &row);
    rows->put(rows->context, &row);
}
