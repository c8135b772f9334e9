/* SPDX-License-Identifier: MIT */

#include "lib/mailauth/mailauth-results.h"

#include <assert.h>
#include <stdio.h>

#include "lib/mailauth/authres.h"

/* Of the signatures, those listed: all that pass by default, and some that say why not. */
#define SIGNATURES_WRITTEN_MAX 20
/*
 * Longer values are left out: a part of one would say something else. The bounds leave room for
 * DMARC's result behind the signatures, even where each byte of theirs is escaped.
 */
#define ALGORITHM_MAX 32
#define NAME_MAX_BYTES 255    /* RFC 5321 §4.5.3.1.2 */
#define ADDRESS_MAX_BYTES 320 /* local part, "@" and domain */
#define SIGNATURE_WRITTEN_MAX 2048

static_assert(SIGNATURES_WRITTEN_MAX * SIGNATURE_WRITTEN_MAX < AUTHRES_FIELD_MAX * 3 / 4,
    "DMARC's result needs room behind the signatures");

static void put_property(struct authres_writer *writer, const char *ptype, const char *property,
    struct text value, size_t max)
{
    if (value.len != 0 && value.len <= max)
        authres_property(writer, ptype, property, value);
}

/* What Postfix says of a name that it does not have. */
static bool is_name(struct text name)
{
    return name.len != 0 && !text_equals_nocase(name, TEXT("unknown"));
}

/*
 * Postfix has looked the client up already (§2.7.3). Of an address without a name it does not say
 * whether there is none or its server did not answer; nor, of a name that it could not verify,
 * whether that leads elsewhere or nowhere.
 */
static void put_iprev(struct authres_writer *writer, const struct mailauth_facts *facts)
{
    enum auth_result result = AUTH_FAIL;
    const char *reason = NULL;
    char address[IP_TEXT_MAX];

    if (!facts->client_name_known || facts->client.family == IP_NONE)
        return;
    if (is_name(facts->client_name)) {
        result = AUTH_PASS;
    } else if (facts->client_ptr_known && !is_name(facts->client_ptr)) {
        result = AUTH_PERMERROR;
        reason = "no name was found for the address";
    }
    ip_format(&facts->client, address);
    authres_method(writer, "iprev", auth_result_word(result), reason);
    authres_property(writer, "policy", "iprev", text_from_string(address));
}

/* The domain of the identity as it was written, where it is none that could be normalized. */
static struct text written_domain(struct text address)
{
    size_t at = text_find_last(address, '@');

    return at == address.len ? address : text_skip(address, at + 1);
}

/* A result is explained where it is an error, where another has found it, and where nobody could.
 */
static const char *spf_reason(
    const struct mailauth_facts *facts, const struct mailauth_verdict *verdict)
{
    const struct spf_verdict *spf = &verdict->spf;

    if (spf->result == AUTH_TEMPERROR || spf->result == AUTH_PERMERROR || verdict->spf_is_vouched)
        return spf->problem;
    return verdict->is_relayed && facts->client.family == IP_NONE
               ? "who gave the message to our relay is not known"
               : NULL;
}

/* Not the client that gave us the message: whose address it was has no property of its own. */
static void put_spf_client(struct authres_writer *writer, const struct mailauth_facts *facts,
    const struct mailauth_verdict *verdict)
{
    char comment[sizeof "client " + IP_TEXT_MAX];
    char address[IP_TEXT_MAX];

    if (!verdict->is_relayed || verdict->spf_is_vouched || facts->client.family == IP_NONE)
        return;
    ip_format(&facts->client, address);
    snprintf(comment, sizeof comment, "client %s", address);
    authres_comment(writer, comment);
}

/* Only the identity that gave the result is shown (§2.7.2). */
static void put_spf(struct authres_writer *writer, const struct mailauth_facts *facts,
    const struct mailauth_verdict *verdict)
{
    const struct spf_verdict *spf = &verdict->spf;
    struct text domain = spf->domain;

    authres_method(writer, "spf", auth_result_word(spf->result), spf_reason(facts, verdict));
    if (domain.len == 0)
        domain = verdict->sender_is_null ? facts->helo : written_domain(facts->mail_from);
    put_property(
        writer, "smtp", verdict->sender_is_null ? "helo" : "mailfrom", domain, NAME_MAX_BYTES);
    put_spf_client(writer, facts, verdict);
}

/* A pass by a key that is being tested is no pass for anybody: the reason says so. */
static const char *tested_reason(
    enum auth_result result, bool testing, const char *reason, struct arena *arena)
{
    if (result != AUTH_PASS || !testing)
        return reason;
    if (reason == NULL)
        return "the key is being tested";
    return arena_print(arena, "%s, by a key that is being tested", reason).data;
}

static void put_signature(
    struct authres_writer *writer, const struct signature_verdict *signature, struct arena *arena)
{
    authres_method(writer, "dkim", auth_result_word(signature->result),
        tested_reason(signature->result, signature->testing, signature->reason, arena));
    put_property(writer, "header", "d", signature->domain, NAME_MAX_BYTES);
    put_property(writer, "header", "i", signature->identity, ADDRESS_MAX_BYTES);
    put_property(writer, "header", "a", signature->algorithm, ALGORITHM_MAX);
    put_property(writer, "header", "s", signature->selector, NAME_MAX_BYTES);
    put_property(writer, "header", "b", signature->b_head, ALGORITHM_MAX);
}

/* How many that do not pass have room beside those that do, which DMARC's result may rest on. */
static size_t room_beside_passes(const struct mailauth_verdict *verdict)
{
    size_t room = SIGNATURES_WRITTEN_MAX;

    for (size_t i = 0; i < verdict->signature_count && room != 0; i++)
        room -= verdict->signatures[i].result == AUTH_PASS;
    return room;
}

static void put_dkim(
    struct authres_writer *writer, const struct mailauth_verdict *verdict, struct arena *arena)
{
    size_t others = room_beside_passes(verdict), passes = SIGNATURES_WRITTEN_MAX - others;

    for (size_t i = 0; i < verdict->signature_count; i++) {
        const struct signature_verdict *signature = &verdict->signatures[i];
        size_t *room = signature->result == AUTH_PASS ? &passes : &others;

        if (*room == 0)
            continue;
        (*room)--;
        put_signature(writer, signature, arena);
    }
    if (verdict->signature_count == 0)
        authres_method(writer, "dkim", "none", NULL);
}

/*
 * Nothing where no ARC field was there. Which sealer, is said in a comment, as others do (§2.2);
 * who handed the message on, in the property of RFC 8617 §6. The other one there,
 * header.oldest-pass, asks for all message signatures to be checked; only the newest is.
 */
static void put_arc(struct authres_writer *writer, const struct mailauth_facts *facts,
    const struct mailauth_verdict *verdict, struct arena *arena)
{
    const struct arc_verdict *arc = &verdict->arc;
    char address[IP_TEXT_MAX];

    if (arc->result == AUTH_NONE)
        return;
    authres_method(writer, "arc", auth_result_word(arc->result),
        tested_reason(arc->result, arc->testing, arc->reason, arena));
    if (arc->result == AUTH_PASS)
        authres_comment(
            writer, arena_print(arena, "i=%u d=%.*s", arc->instance, TEXT_ARGS(arc->sealer)).data);
    if (facts->client.family == IP_NONE)
        return;
    ip_format(&facts->client, address);
    authres_property(writer, "smtp", "remote-ip", text_from_string(address));
}

static void put_dmarc(struct authres_writer *writer, const struct mailauth_verdict *verdict)
{
    const struct dmarc_verdict *dmarc = &verdict->dmarc;

    authres_method(writer, "dmarc", auth_result_word(dmarc->result), dmarc->problem);
    put_property(writer, "header", "from", verdict->author_domain, NAME_MAX_BYTES);
    if (dmarc->result == AUTH_PASS || dmarc->result == AUTH_FAIL)
        authres_property(
            writer, "policy", "dmarc", text_from_string(dmarc_policy_word(dmarc->policy)));
}

struct text mailauth_results_format(const struct mailauth_rules *rules,
    const struct mailauth_facts *facts, const struct mailauth_verdict *verdict, struct arena *arena)
{
    struct authres_writer *writer = authres_writer_new(rules->authserv_id, arena);

    put_iprev(writer, facts);
    put_spf(writer, facts, verdict);
    put_dkim(writer, verdict, arena);
    put_arc(writer, facts, verdict, arena);
    put_dmarc(writer, verdict);
    return authres_finish(writer);
}
