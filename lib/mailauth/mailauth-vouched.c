/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/mailauth-vouched.h"

#include <assert.h>

#include "lib/dns/name.h"
#include "lib/mailauth/authres.h"
#include "lib/mailauth/key-record.h"

/* --- reading --- */

/* The domain of an address, or a domain alone. False where there is no name. */
static bool read_domain(struct text value, struct arena *arena, struct text *domain_r)
{
    size_t at = text_find_last(value, '@');

    if (at != value.len)
        value = text_skip(value, at + 1);
    return dns_name_normalize(value, arena, domain_r);
}

static void add_identity(struct mailauth_vouched_spf *spf, enum auth_result result,
    struct text value, struct arena *arena)
{
    if (spf->is_there || !read_domain(value, arena, &spf->domain))
        return;
    spf->is_there = true;
    spf->result = result;
}

static void add_spf(struct mailauth_vouched *vouched, const struct authres_result *result,
    enum auth_result word, struct arena *arena)
{
    struct text sender = authres_find_property(result, "smtp", "mailfrom");

    if (!text_is_empty(sender))
        add_identity(&vouched->mail_from, word, sender, arena);
    else
        add_identity(&vouched->helo, word, authres_find_property(result, "smtp", "helo"), arena);
}

/* Empty where that leaves no name, as without selector: there is no such record then. */
static void name_key(struct mailauth_vouched_signature *signature, struct arena *arena)
{
    struct text name = arena_print(arena, "%.*s._domainkey.%.*s", TEXT_ARGS(signature->selector),
        TEXT_ARGS(signature->domain));

    (void)dns_name_normalize(name, arena, &signature->key_name);
}

/* Without d= nobody knows who has signed: an identity may lie below its domain. */
static void add_signature(
    struct mailauth_vouched *vouched, const struct authres_result *result, struct arena *arena)
{
    struct mailauth_vouched_signature *signature = &vouched->signatures[vouched->signature_count];

    if (vouched->signature_count == MAILAUTH_VOUCHED_SIGNATURES_MAX ||
        !dns_name_normalize(
            authres_find_property(result, "header", "d"), arena, &signature->domain))
        return;
    signature->identity = authres_find_property(result, "header", "i");
    signature->algorithm = authres_find_property(result, "header", "a");
    signature->selector = authres_find_property(result, "header", "s");
    signature->b_head = authres_find_property(result, "header", "b");
    name_key(signature, arena);
    vouched->signature_count++;
}

static void add_author(
    struct mailauth_vouched *vouched, const struct authres_result *result, struct arena *arena)
{
    struct text domain;

    if (text_is_empty(vouched->author_domain) &&
        read_domain(authres_find_property(result, "header", "from"), arena, &domain))
        vouched->author_domain = domain;
}

static void add_result(
    struct mailauth_vouched *vouched, const struct authres_result *result, struct arena *arena)
{
    enum auth_result word;

    if (!auth_result_find(result->result, &word))
        return;
    if (text_equals_nocase(result->method, TEXT("spf")))
        add_spf(vouched, result, word, arena);
    else if (word != AUTH_PASS)
        return;
    else if (text_equals_nocase(result->method, TEXT("dkim")))
        add_signature(vouched, result, arena);
    else if (text_equals_nocase(result->method, TEXT("dmarc")))
        add_author(vouched, result, arena);
}

bool mailauth_vouched_add(
    struct mailauth_vouched *vouched, struct text field_value, struct arena *arena)
{
    const struct authres_result *results;
    size_t count;

    if (!authres_read_results(field_value, arena, &results, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        add_result(vouched, &results[i], arena);
    return true;
}

/* --- taking over --- */

static const char *found_by(const struct mailauth_vouched *vouched, struct arena *arena)
{
    return arena_print(arena, "as %.*s found", TEXT_ARGS(vouched->by)).data;
}

bool mailauth_vouched_spf(const struct mailauth_vouched *vouched, bool sender_is_null,
    struct arena *arena, struct spf_verdict *verdict)
{
    const struct mailauth_vouched_spf *spf = &vouched->mail_from;

    if (sender_is_null && vouched->helo.is_there)
        spf = &vouched->helo;
    if (!spf->is_there)
        return false;
    *verdict = (struct spf_verdict){
        .result = spf->result, .domain = spf->domain, .problem = found_by(vouched, arena)};
    return true;
}

enum auth_progress mailauth_vouched_ask(
    const struct mailauth_vouched *vouched, struct answers *answers)
{
    enum auth_progress progress = AUTH_DONE;

    for (size_t i = 0; i < vouched->signature_count; i++)
        if (answers_ask(answers, vouched->signatures[i].key_name, DNS_TXT) == NULL)
            progress = AUTH_WAITING;
    return progress;
}

/* What has no record by now, or no answer, is taken for what the relay found: a key in use. */
static bool is_tested(
    const struct mailauth_vouched_signature *theirs, struct answers *answers, struct arena *arena)
{
    const struct dns_answer *answer = answers_ask(answers, theirs->key_name, DNS_TXT);
    struct key_record record;

    assert(answer != NULL);
    for (size_t i = 0; i < answer->count; i++)
        if (key_record_parse(answer->records[i].text, arena, &record) == KEY_OK &&
            record.is_testing)
            return true;
    return false;
}

static struct signature_verdict as_found(const struct mailauth_vouched *vouched,
    const struct mailauth_vouched_signature *theirs, struct answers *answers, struct arena *arena)
{
    bool testing = is_tested(theirs, answers, arena);

    return (struct signature_verdict){.result = AUTH_PASS,
        .reason = found_by(vouched, arena),
        .domain = theirs->domain,
        .selector = theirs->selector,
        .identity = theirs->identity,
        .algorithm = theirs->algorithm,
        .b_head = theirs->b_head,
        .testing = testing};
}

/* True where the relay speaks of that signature: what it says of it is there. */
static bool is_same(const struct signature_verdict *theirs, const struct signature_verdict *own)
{
    return text_equals(theirs->domain, own->domain) &&
           (text_is_empty(theirs->selector) ||
               text_equals_nocase(theirs->selector, own->selector)) &&
           (text_is_empty(theirs->algorithm) ||
               text_equals_nocase(theirs->algorithm, own->algorithm)) &&
           text_equals(text_head(theirs->b_head, own->b_head.len),
               text_head(own->b_head, theirs->b_head.len));
}

/* A signature that is broken by now, or whose key we cannot have; not one that we refuse. */
static bool may_be_vouched(const struct signature_verdict *own)
{
    return (own->result == AUTH_FAIL || own->result == AUTH_TEMPERROR) && !own->is_partial;
}

/* True where the message has the signature: it passes, is let pass, or stays refused. */
static bool pass_same(
    const struct signature_verdict *theirs, struct signature_verdict *verdicts, size_t count)
{
    struct signature_verdict *broken = NULL;
    bool is_there = false;

    for (size_t i = 0; i < count; i++) {
        if (!is_same(theirs, &verdicts[i]))
            continue;
        if (verdicts[i].result == AUTH_PASS)
            return true;
        is_there = true;
        if (broken == NULL && may_be_vouched(&verdicts[i]))
            broken = &verdicts[i];
    }
    if (broken != NULL) {
        broken->result = AUTH_PASS;
        broken->reason = theirs->reason;
        broken->testing = broken->testing || theirs->testing;
    }
    return is_there;
}

const struct signature_verdict *mailauth_vouched_signatures(const struct mailauth_vouched *vouched,
    const struct signature_verdict *own, size_t *count, struct answers *answers,
    struct arena *arena)
{
    struct signature_verdict *verdicts =
        arena_alloc_zero(arena, *count + vouched->signature_count + 1, sizeof *verdicts);
    size_t total = *count;

    if (*count != 0)
        memcpy(verdicts, own, *count * sizeof *verdicts);
    for (size_t i = 0; i < vouched->signature_count; i++) {
        struct signature_verdict theirs =
            as_found(vouched, &vouched->signatures[i], answers, arena);

        if (!pass_same(&theirs, verdicts, *count))
            verdicts[total++] = theirs;
    }
    *count = total;
    return verdicts;
}

void mailauth_vouched_dmarc(const struct mailauth_vouched *vouched, struct text author_domain,
    struct arena *arena, struct dmarc_verdict *verdict)
{
    if ((verdict->result != AUTH_FAIL && verdict->result != AUTH_TEMPERROR) ||
        text_is_empty(author_domain) || !text_equals(vouched->author_domain, author_domain))
        return;
    verdict->result = AUTH_PASS;
    verdict->problem = found_by(vouched, arena);
}
