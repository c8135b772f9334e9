/* SPDX-License-Identifier: MIT */
#include "lib/base/base64.h"
#include "lib/base/buffer.h"
#include "lib/dns/name.h"
#include "lib/mailauth/arc-set.h"
#include "lib/mailauth/arc.h"
#include "lib/mailauth/authres.h"
#include "lib/mailauth/signed-header.h"
#include "lib/mailauth/signed-names.h"
#include "lib/mailauth/tag-writer.h"

/* What is sealed besides what we sign: the signatures that were there before (RFC 8617 §4.1.2). */
static const char *const extra_fields[] = {"DKIM-Signature", NULL};

/*
 * Folding leaves a blank, which the next seal covers; the public suite has none in a signature.
 * Only what would pass the 998 octets of RFC 5322 §2.1.1 is folded.
 */
#define SIGNATURE_LINE_MAX 960

/* One sealing. */
struct work {
    const struct message *message;
    const struct arc_seal_request *request;
    const struct private_key *key;
    struct arena *arena;
    struct failure *failure;
    unsigned instance;
    enum signature_chain chain;
};

enum err arc_seal_prepare(struct message *message)
{
    return message_want_body_hash(message, CANON_RELAXED, MESSAGE_BODY_ALL);
}

/* --- the results --- */

struct text arc_results_of(struct text value)
{
    struct text results = text_trim(text_skip(value, text_find(value, ';') + 1));

    return text_equals_nocase(results, TEXT("none")) ? TEXT("") : results;
}

static bool is_of(const struct header_field *field, struct text wanted, struct arena *arena)
{
    struct text id;

    return text_equals_nocase(field->name, TEXT("Authentication-Results")) &&
           authres_read_id(field->value, arena, &id) && text_equals(id, wanted);
}

struct text arc_results_collect(
    const struct message *message, struct text authserv_id, struct arena *arena)
{
    struct buffer all = BUFFER_NONE;
    struct text wanted, collected;

    if (!authres_read_id(authserv_id, arena, &wanted))
        return TEXT("");
    for (size_t i = 0; i < message_field_count(message); i++) {
        const struct header_field *field = message_field(message, i);
        struct text results =
            is_of(field, wanted, arena) ? arc_results_of(field->value) : TEXT_NONE;

        if (results.len != 0 && all.len != 0)
            buffer_append_string(&all, ";\r\n\t");
        buffer_append_text(&all, results);
    }
    collected = arena_copy(arena, buffer_text(&all));
    buffer_done(&all);
    return collected;
}

/* --- the request --- */

static enum err check(const struct work *work)
{
    const struct arc_seal_request *request = work->request;

    if (!dns_name_is_domain(request->domain) || !dns_name_is_valid(request->selector))
        return failure_set(work->failure, ERR_REFUSED, "no name to seal with: %.*s._domainkey.%.*s",
            TEXT_ARGS(request->selector), TEXT_ARGS(request->domain));
    if (work->instance > SIGNATURE_INSTANCE_MAX)
        return failure_set(work->failure, ERR_REFUSED, "the chain has %u sets already",
            (unsigned)SIGNATURE_INSTANCE_MAX);
    if (message_is_truncated(work->message))
        return failure_set(
            work->failure, ERR_REFUSED, "the message's header is too large to be sealed");
    if (message_count_fields(work->message, TEXT("From")) == 0)
        return failure_set(work->failure, ERR_REFUSED, "the message has no From field");
    return ERR_NONE;
}

/* --- the three fields --- */

static struct text format_results(const struct work *work)
{
    struct text results = text_trim(work->request->results);

    if (results.len == 0)
        results = TEXT("none");
    return arena_print(work->arena, " i=%u; %.*s; %.*s", work->instance,
        TEXT_ARGS(authres_write_id(work->request->authserv_id, work->arena)), TEXT_ARGS(results));
}

static struct text algorithm(const struct work *work)
{
    return text_from_string(key_algorithm_word(private_key_algorithm(work->key)));
}

/* Who seals, and when: the end of both signatures. */
static void put_sealer(struct tag_writer *writer, const struct work *work)
{
    bool has_time = work->request->now != 0;

    tag_writer_put(writer, "i", arena_print(work->arena, "%u", work->instance), ";");
    tag_writer_put(writer, "s", work->request->selector, has_time ? ";" : "");
    if (has_time)
        tag_writer_put(
            writer, "t", arena_print(work->arena, "%lld", (long long)work->request->now), "");
}

static struct text fold_signature(const struct work *work, struct text base64)
{
    struct text rest = text_skip(base64, SIGNATURE_LINE_MAX);

    return arena_print(work->arena, "%.*s%s%.*s", TEXT_ARGS(text_head(base64, SIGNATURE_LINE_MAX)),
        rest.len != 0 ? "\r\n " : "", TEXT_ARGS(rest));
}

/* The value as it was signed, with the signature put behind "b=", where `at` is. */
static struct text insert(const struct work *work, struct text value, size_t at, struct text base64)
{
    return arena_print(work->arena, "%.*s%.*s%.*s", (int)at, value.data,
        TEXT_ARGS(fold_signature(work, base64)), TEXT_ARGS(text_skip(value, at)));
}

/* Signs a value whose b= is empty. */
static enum err sign(const struct work *work, const char *name, const struct tag_writer *writer,
    size_t at, struct signed_header *header, struct text *value_r)
{
    unsigned char digest[DIGEST_LEN], signature[KEY_RSA_BITS_MAX / 8];
    char base64[BASE64_ENCODED_LEN(KEY_RSA_BITS_MAX / 8) + 1];
    struct text value = arena_copy(work->arena, buffer_text(&writer->value));
    size_t len;

    header->canon = CANON_RELAXED;
    header->own_index = MESSAGE_NO_FIELD;
    header->own = header_field_make(text_from_string(name), value, work->arena);
    if (!signed_header_digest(work->message, header, digest) ||
        private_key_sign(work->key, digest, signature, &len) != ERR_NONE)
        return failure_set(work->failure, ERR_CRYPTO, "the seal could not be made");
    base64_encode(signature, len, base64);
    value = insert(work, value, at, text_from_string(base64));
    if (value.len > SIGNATURE_FIELD_MAX)
        return failure_set(work->failure, ERR_REFUSED, "too many header fields to sign");
    *value_r = value;
    return ERR_NONE;
}

/* "a=…;" and "b=;" on lines of their own; returns where the signature goes. */
static size_t put_head(struct tag_writer *writer, const struct work *work)
{
    size_t at;

    tag_writer_put(writer, "a", algorithm(work), ";");
    tag_writer_break(writer);
    tag_writer_put(writer, "b", TEXT(""), "");
    at = writer->value.len;
    buffer_append_string(&writer->value, ";");
    tag_writer_break(writer);
    return at;
}

static enum err format_message(
    const struct work *work, const struct signed_names *names, struct text *value_r)
{
    const struct message_body_hash *hash =
        message_body_hash(work->message, CANON_RELAXED, MESSAGE_BODY_ALL);
    struct signed_header header = {.names = names->items, .name_count = names->count};
    char base64[BASE64_ENCODED_LEN(MESSAGE_DIGEST_LEN) + 1];
    struct tag_writer writer;
    enum err err;
    size_t at;

    if (hash == NULL)
        return failure_set(work->failure, ERR_CRYPTO, "the body was not hashed");
    base64_encode(hash->digest, MESSAGE_DIGEST_LEN, base64);
    tag_writer_init(&writer, ARC_MESSAGE_FIELD);
    at = put_head(&writer, work);
    tag_writer_put(&writer, "bh", text_from_string(base64), ";");
    tag_writer_put(&writer, "c", TEXT("relaxed/relaxed"), ";");
    tag_writer_put(&writer, "d", work->request->domain, ";");
    tag_writer_put_words(&writer, "h", names->items, names->count);
    put_sealer(&writer, work);
    err = sign(work, ARC_MESSAGE_FIELD, &writer, at, &header, value_r);
    tag_writer_done(&writer);
    return err;
}

static const char *chain_word(enum signature_chain chain)
{
    switch (chain) {
    case SIGNATURE_CHAIN_NONE:
        return "none";
    case SIGNATURE_CHAIN_PASS:
        return "pass";
    case SIGNATURE_CHAIN_FAIL:
        break;
    }
    return "fail";
}

/* A seal that says fail covers its own set alone: the others may be anything (§5.1.2). */
static struct arc_sets sealed_sets(const struct work *work)
{
    struct arc_sets sets = {.count = 0};

    if (work->chain == SIGNATURE_CHAIN_PASS)
        (void)arc_sets_find(work->message, work->arena, &sets);
    return sets;
}

static enum err format_seal(const struct work *work, struct arc_seal *seal)
{
    const struct header_field results =
        header_field_make(TEXT(ARC_RESULTS_FIELD), seal->results, work->arena);
    const struct header_field message =
        header_field_make(TEXT(ARC_MESSAGE_FIELD), seal->message, work->arena);
    const struct arc_sets sets = sealed_sets(work);
    const struct header_field **order = arc_sets_order(work->message, &sets, work->arena);
    struct signed_header header = {.fields = order, .field_count = sets.count * 3 + 2};
    struct tag_writer writer;
    enum err err;
    size_t at;

    order[sets.count * 3] = &results;
    order[sets.count * 3 + 1] = &message;
    tag_writer_init(&writer, ARC_SEAL_FIELD);
    at = put_head(&writer, work);
    tag_writer_put(&writer, "cv", text_from_string(chain_word(work->chain)), ";");
    tag_writer_put(&writer, "d", work->request->domain, ";");
    put_sealer(&writer, work);
    err = sign(work, ARC_SEAL_FIELD, &writer, at, &header, &seal->seal);
    tag_writer_done(&writer);
    return err;
}

/* --- the set --- */

static enum signature_chain chain_of(const struct arc_verdict *verdict)
{
    if (verdict->result == AUTH_NONE)
        return SIGNATURE_CHAIN_NONE;
    return verdict->result == AUTH_PASS ? SIGNATURE_CHAIN_PASS : SIGNATURE_CHAIN_FAIL;
}

enum err arc_seal_format(const struct message *message, const struct arc_verdict *verdict,
    const struct arc_seal_request *request, const struct private_key *key, struct arena *arena,
    struct arc_seal *seal_r, struct failure *failure)
{
    const struct work work = {.message = message,
        .request = request,
        .key = key,
        .arena = arena,
        .failure = failure,
        .instance = verdict->instance + 1,
        .chain = chain_of(verdict)};
    const struct signed_names_request wanted = {
        .extra_fields = extra_fields, .field_list = request->field_list};
    struct signed_names names;
    struct arc_seal seal;
    enum err err;

    if (verdict->has_ended)
        return failure_set(failure, ERR_REFUSED, "the chain has failed before: no set is added");
    err = check(&work);
    if (err != ERR_NONE)
        return err;
    if (!signed_names_choose(message, &wanted, arena, &names))
        return failure_set(failure, ERR_REFUSED, "no list of fields to seal: a valid one has From");
    seal.results = format_results(&work);
    err = format_message(&work, &names, &seal.message);
    if (err == ERR_NONE)
        err = format_seal(&work, &seal);
    if (err == ERR_NONE)
        *seal_r = seal;
    return err;
}
