/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/signature.h"

#include "lib/mailauth/signature-arc.h"
#include "lib/mailauth/signed-header.h"

/* Beyond these a signature is not even listed among the results. */
#define SIGNATURES_LISTED_MAX 50
/* Key records of one name that are tried (RFC 6376 §6.1.2 leaves it to us). */
#define KEY_RECORDS_MAX 4

struct signature {
    enum signature_kind kind;
    struct message *message;
    struct arena *arena;
    size_t index;                /* of its field */
    struct signature_seal cover; /* what a seal covers before its own field */
    unsigned rsa_bits_min;
    bool accept_short_body;
    const char *problem;         /* NULL: it can be verified */
    enum auth_result without_it; /* the result where there is a problem */
    struct signature_field field;
    struct text key_name;
    bool has_digest;
    unsigned char digest[DIGEST_LEN];      /* of the signed header */
    const struct signature_engine *engine; /* NULL: we compute ourselves */
    struct signature_check *check;         /* the engine's, until it has judged; or NULL */
    bool is_settled;                       /* verdict is the last word */
    struct signature_verdict verdict;
};

/* --- finding --- */

static void name_key(struct signature *signature)
{
    signature->key_name = arena_print(signature->arena, "%.*s._domainkey.%.*s",
        TEXT_ARGS(signature->field.selector), TEXT_ARGS(signature->field.domain));
}

static struct signature *signature_new(enum signature_kind kind, struct message *message,
    size_t index, const struct signature_rules *rules, struct arena *arena)
{
    struct signature *signature = arena_alloc_zero(arena, 1, sizeof *signature);

    signature->kind = kind;
    signature->message = message;
    signature->arena = arena;
    signature->index = index;
    signature->rsa_bits_min = rules->rsa_bits_min;
    signature->accept_short_body = rules->accept_short_body;
    signature->without_it = AUTH_PERMERROR;
    return signature;
}

static bool want_body(struct signature *signature)
{
    return message_want_body_hash(signature->message, signature->field.body_canon,
               signature->field.body_limit) == ERR_NONE;
}

/* One that is malformed costs nothing, and takes no other's place among the most that are verified.
 */
static void signature_prepare(
    struct signature *signature, const struct signature_rules *rules, size_t *verified)
{
    size_t most = rules->signatures_max != 0 ? rules->signatures_max : SIGNATURES_MAX;

    signature->problem = signature_field_parse(signature->kind,
        message_field(signature->message, signature->index)->value, signature->arena,
        &signature->field);
    if (signature->problem != NULL)
        return;
    if (*verified >= most || !want_body(signature)) {
        signature->problem = "too many signatures";
        signature->without_it = AUTH_POLICY;
        return;
    }
    (*verified)++;
    name_key(signature);
    signature->engine = rules->engine;
    if (signature->engine != NULL && !message_is_truncated(signature->message))
        signature->check =
            signature->engine->start(signature->message, signature->index, &signature->field);
}

struct signatures signatures_find(
    struct message *message, const struct signature_rules *rules, struct arena *arena)
{
    static const struct signature_rules strict;
    const struct text name = TEXT("DKIM-Signature");
    size_t count = message_count_fields(message, name), index = message_last_field(message, name);
    struct signatures found = {.count = count};
    size_t verified = 0;

    found.items = arena_alloc_zero(arena, count + 1, sizeof *found.items);
    if (rules == NULL)
        rules = &strict;
    for (; index != MESSAGE_NO_FIELD; index = message_field_above(message, index))
        found.items[--count] = signature_new(SIGNATURE_DKIM, message, index, rules, arena);
    if (found.count > SIGNATURES_LISTED_MAX)
        found.count = SIGNATURES_LISTED_MAX;
    for (size_t i = 0; i < found.count; i++)
        signature_prepare(found.items[i], rules, &verified);
    return found;
}

void signatures_add_body(const struct signatures *signatures, struct text piece)
{
    for (size_t i = 0; i < signatures->count; i++)
        if (signatures->items[i]->check != NULL)
            signatures->items[i]->engine->add_body(signatures->items[i]->check, piece);
}

void signatures_done(const struct signatures *signatures)
{
    for (size_t i = 0; i < signatures->count; i++)
        if (signatures->items[i]->check != NULL)
            signatures->items[i]->engine->done(&signatures->items[i]->check);
}

struct signature *signature_of_arc(enum signature_kind kind, struct message *message, size_t index,
    const struct signature_field *field, const struct signature_seal *cover,
    const struct signature_rules *rules, struct arena *arena)
{
    struct signature *signature = signature_new(kind, message, index, rules, arena);

    signature->field = *field;
    if (cover != NULL)
        signature->cover = *cover;
    if (kind == SIGNATURE_ARC_MESSAGE && !want_body(signature))
        signature->problem = "too many signatures";
    name_key(signature);
    return signature;
}

/* --- judging: each step returns true where it settles the matter --- */

static bool settle(struct signature_verdict *verdict, enum auth_result result, const char *reason)
{
    verdict->result = result;
    verdict->reason = reason;
    return true;
}

static size_t count_signed_from(const struct signature_field *field)
{
    size_t count = 0;

    for (size_t i = 0; i < field->name_count; i++)
        count += text_equals_nocase(field->names[i], TEXT("From"));
    return count;
}

/* What the field and the header say without the key. */
static bool judge_field(
    const struct signature *signature, int64_t now, struct signature_verdict *verdict)
{
    const struct signature_field *field = &signature->field;

    if (signature->problem != NULL)
        return settle(verdict, signature->without_it, signature->problem);
    if (message_is_truncated(signature->message))
        return settle(verdict, AUTH_PERMERROR, "message header too large");
    if (signature->kind == SIGNATURE_DKIM &&
        message_count_fields(signature->message, TEXT("From")) == 0)
        return settle(verdict, AUTH_PERMERROR, "message has no From field");
    if (field->expires_at != SIGNATURE_NO_TIME && field->expires_at < now)
        return settle(verdict, AUTH_FAIL, "signature expired");
    if (field->made_at > now + SIGNATURE_CLOCK_SLACK_S)
        return settle(verdict, AUTH_POLICY, "signature is from the future");
    return false;
}

static bool judge_key(const struct signature *signature, const struct public_key *key,
    struct signature_verdict *verdict)
{
    const struct signature_field *field = &signature->field;

    verdict->testing = public_key_is_testing(key);
    verdict->key_bits = public_key_bits(key);
    if (public_key_algorithm(key) != field->algorithm)
        return settle(verdict, AUTH_PERMERROR, "key is of another algorithm");
    if (public_key_is_strict(key) && !text_equals(field->identity_domain, field->domain))
        return settle(verdict, AUTH_PERMERROR, "key does not permit i= below d=");
    return false;
}

static bool judge_body(const struct signature *signature, struct signature_verdict *verdict)
{
    const struct signature_field *field = &signature->field;
    const struct message_body_hash *hash;

    if (signature->kind == SIGNATURE_ARC_SEAL)
        return false;
    hash = message_body_hash(signature->message, field->body_canon, field->body_limit);
    if (hash == NULL)
        return settle(verdict, AUTH_TEMPERROR, "body could not be hashed");
    if (field->body_limit != MESSAGE_BODY_ALL && field->body_limit > hash->canonical_bytes)
        return settle(verdict, AUTH_FAIL, "body is shorter than signed");
    if (memcmp(hash->digest, field->body_hash, sizeof field->body_hash) != 0)
        return settle(verdict, AUTH_FAIL, "body hash did not verify");
    return false;
}

/* The hash over the header: the same for each key that is tried. */
static bool header_digest(struct signature *signature)
{
    struct signed_header header = {
        .fields = signature->cover.fields,
        .field_count = signature->cover.count,
        .names = signature->field.names,
        .name_count = signature->field.name_count,
        .canon = signature->field.header_canon,
        .own_index = signature->index,
    };

    if (signature->has_digest)
        return true;
    header.own = signed_header_empty_b(
        message_field(signature->message, signature->index), signature->arena);
    signature->has_digest = signed_header_digest(signature->message, &header, signature->digest);
    return signature->has_digest;
}

static bool judge_signature(
    struct signature *signature, const struct public_key *key, struct signature_verdict *verdict)
{
    const struct signature_field *field = &signature->field;

    if (!header_digest(signature))
        return settle(verdict, AUTH_TEMPERROR, "header could not be hashed");
    if (!public_key_verify(key, signature->digest, field->signature, field->signature_len))
        return settle(verdict, AUTH_FAIL, "signature did not verify");
    return false;
}

/* Another library's word; it is asked once, so of several key records the first good one counts. */
static bool judge_by_engine(
    struct signature *signature, struct text record, struct signature_verdict *verdict)
{
    const char *reason = NULL;
    enum auth_result result;

    if (signature->check == NULL)
        return settle(
            verdict, AUTH_PERMERROR, "the library refuses the header, or has judged another key");
    result = signature->engine->finish(signature->check, record, &reason);
    signature->engine->done(&signature->check);
    return result != AUTH_PASS && settle(verdict, result, reason);
}

static bool judge_hashes(struct signature *signature, struct text record,
    const struct public_key *key, struct signature_verdict *verdict)
{
    if (signature->engine != NULL)
        return judge_by_engine(signature, record, verdict);
    return judge_body(signature, verdict) || judge_signature(signature, key, verdict);
}

/* Was there more of the body, whose hash is right, than l= says? */
static bool has_unsigned_body(const struct signature *signature)
{
    const struct signature_field *field = &signature->field;
    const struct message_body_hash *hash =
        message_body_hash(signature->message, field->body_canon, field->body_limit);

    return hash == NULL || hash->canonical_bytes > field->body_limit;
}

/* What we do not take although the signature is right. */
static bool judge_policy(const struct signature *signature, const struct public_key *key,
    struct signature_verdict *verdict)
{
    const struct signature_field *field = &signature->field;

    if (signature->kind == SIGNATURE_DKIM &&
        message_count_fields(signature->message, TEXT("From")) > count_signed_from(field))
        return settle(verdict, AUTH_POLICY, "more From fields than signed");
    if (public_key_algorithm(key) == KEY_RSA && public_key_bits(key) < signature->rsa_bits_min)
        return settle(verdict, AUTH_POLICY, "key is shorter than accepted here");
    if (verdict->is_partial && has_unsigned_body(signature))
        return settle(verdict, AUTH_POLICY, "part of the body is not signed");
    return false;
}

static void judge_record(
    struct signature *signature, struct text record, struct signature_verdict *verdict)
{
    struct public_key *key = NULL;
    enum key_status status = public_key_parse(record, &key);

    if (status != KEY_OK)
        (void)settle(verdict, AUTH_PERMERROR, key_status_text(status));
    else if (!judge_key(signature, key, verdict) &&
             !judge_hashes(signature, record, key, verdict) &&
             !judge_policy(signature, key, verdict))
        (void)settle(verdict, AUTH_PASS, NULL);
    public_key_release(&key);
}

/* Several records under one name: the first that passes; failing that, the first real key. */
static void judge_answer(
    struct signature *signature, const struct dns_answer *answer, struct signature_verdict *verdict)
{
    const struct signature_verdict fresh = *verdict;

    if (answer->status == DNS_TEMPORARY) {
        (void)settle(verdict, AUTH_TEMPERROR, "key could not be looked up");
        return;
    }
    (void)settle(verdict, AUTH_PERMERROR, "no key for signature");
    for (size_t i = 0; verdict->result != AUTH_PASS && i < answer->count && i < KEY_RECORDS_MAX;
         i++) {
        struct signature_verdict tried = fresh;

        judge_record(signature, answer->records[i].text, &tried);
        if (i == 0 || tried.result == AUTH_PASS || (verdict->key_bits == 0 && tried.key_bits != 0))
            *verdict = tried;
    }
}

static struct signature_verdict describe(const struct signature *signature)
{
    const struct signature_field *field = &signature->field;

    return (struct signature_verdict){
        .result = AUTH_NONE,
        .domain = field->domain,
        .selector = field->selector,
        .identity = field->identity,
        .algorithm = field->algorithm_word,
        .b_head = field->b_head,
        .is_partial = field->body_limit != MESSAGE_BODY_ALL && !signature->accept_short_body,
    };
}

enum auth_progress signature_evaluate(struct signature *signature, struct answers *answers,
    int64_t now, struct signature_verdict *verdict_r)
{
    const struct dns_answer *answer;

    if (!signature->is_settled) {
        signature->verdict = describe(signature);
        if (!judge_field(signature, now, &signature->verdict)) {
            answer = answers_ask(answers, signature->key_name, DNS_TXT);
            if (answer == NULL || !message_is_complete(signature->message)) {
                *verdict_r = signature->verdict;
                return AUTH_WAITING;
            }
            judge_answer(signature, answer, &signature->verdict);
        }
        signature->is_settled = true;
    }
    *verdict_r = signature->verdict;
    return AUTH_DONE;
}
