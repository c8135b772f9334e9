/* SPDX-License-Identifier: MIT */
#include "lib/mailauth/arc.h"

#include "lib/dns/name.h"
#include "lib/mailauth/arc-set.h"
#include "lib/mailauth/authres.h"
#include "lib/mailauth/signature-arc.h"

/*
 * So many seals have their keys asked for at once: the next ones follow when these have passed. Who
 * makes a chain up has the names of a few others looked up, not of fifty (RFC 8617 §9.2).
 */
#define SEALS_AT_ONCE 4

struct arc_chain {
    const struct message *message;
    struct arena *arena;
    const char *problem; /* NULL: it can be verified */
    struct arc_sets sets;
    struct signature *message_signature; /* of the newest set */
    struct signature **seals;            /* of instance 1 first */
    bool is_settled;                     /* verdict is the last word */
    struct arc_verdict verdict;
};

/* --- finding --- */

/* What each sealer said of the chain before it (§5.2, 3). */
static const char *check_history(const struct arc_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++) {
        enum signature_chain wanted = i == 0 ? SIGNATURE_CHAIN_NONE : SIGNATURE_CHAIN_PASS;

        if (sets->items[i].seal.chain == SIGNATURE_CHAIN_FAIL)
            return "a sealer found the chain broken";
        if (sets->items[i].seal.chain != wanted)
            return "cv= does not suit its place";
    }
    return NULL;
}

static void make_signatures(
    struct arc_chain *chain, struct message *message, const struct signature_rules *rules)
{
    const struct arc_sets *sets = &chain->sets;
    const struct arc_set *newest = &sets->items[sets->count - 1];
    const struct header_field **order = arc_sets_order(message, sets, chain->arena);

    chain->message_signature = signature_of_arc(SIGNATURE_ARC_MESSAGE, message,
        newest->message_index, &newest->message, NULL, rules, chain->arena);
    chain->seals = arena_alloc_zero(chain->arena, sets->count, sizeof *chain->seals);
    for (size_t i = 0; i < sets->count; i++) {
        const struct signature_seal cover = {order, i * 3 + 2};

        chain->seals[i] = signature_of_arc(SIGNATURE_ARC_SEAL, message, sets->items[i].seal_index,
            &sets->items[i].seal, &cover, rules, chain->arena);
    }
}

struct arc_chain *arc_find(
    struct message *message, const struct signature_rules *rules, struct arena *arena)
{
    static const struct signature_rules strict;
    struct arc_chain *chain = arena_alloc_zero(arena, 1, sizeof *chain);

    chain->message = message;
    chain->arena = arena;
    chain->problem = arc_sets_find(message, arena, &chain->sets);
    if (chain->sets.count == 0)
        return chain;
    chain->problem = check_history(&chain->sets);
    if (chain->problem == NULL)
        make_signatures(chain, message, rules != NULL ? rules : &strict);
    return chain;
}

/* --- judging --- */

static void fail(struct arc_chain *chain, size_t instance, const char *reason)
{
    chain->verdict.result = AUTH_FAIL;
    chain->verdict.reason =
        instance == 0 ? reason
                      : arena_print(chain->arena, "instance %zu: %s", instance, reason).data;
    chain->is_settled = true;
}

/* One signature of the chain. True where it passes; where it does not, the chain fails. */
static bool judge(struct arc_chain *chain, struct signature *signature, size_t instance,
    struct answers *answers, int64_t now)
{
    struct signature_verdict verdict;

    if (signature_evaluate(signature, answers, now, &verdict) == AUTH_WAITING)
        return false;
    chain->verdict.testing |= verdict.testing;
    if (verdict.result == AUTH_PASS)
        return true;
    fail(chain, instance, verdict.reason);
    return false;
}

static bool covers_author(const struct arc_chain *chain)
{
    const struct signature_field *field = &chain->sets.items[chain->sets.count - 1].message;
    size_t count = 0;

    for (size_t i = 0; i < field->name_count; i++)
        count += text_equals_nocase(field->names[i], TEXT("From"));
    return count >= message_count_fields(chain->message, TEXT("From"));
}

/* dmarc=pass with header.from. What is malformed bears no witness. */
static struct text read_author(struct text value, struct arena *arena)
{
    const struct authres_result *results;
    struct text author = TEXT("");
    size_t count;

    if (!authres_read_results(value, arena, &results, &count))
        return author;
    for (size_t i = 0; i < count; i++)
        if (text_equals_nocase(results[i].method, TEXT("dmarc")) &&
            (!text_equals_nocase(results[i].result, TEXT("pass")) || author.len != 0 ||
                !dns_name_normalize(
                    authres_find_property(&results[i], "header", "from"), arena, &author)))
            return TEXT("");
    return author;
}

static const struct arc_witness *hear_witnesses(const struct arc_chain *chain)
{
    size_t count = chain->sets.count;
    struct arc_witness *witnesses = arena_alloc_zero(chain->arena, count, sizeof *witnesses);

    for (size_t i = 0; i < count; i++) {
        const struct arc_set *set = &chain->sets.items[count - 1 - i];

        witnesses[i] = (struct arc_witness){
            .sealer = set->seal.domain, .author = read_author(set->results, chain->arena)};
    }
    return witnesses;
}

/* From the newest on: each call notes the keys of all that can be judged next. */
static bool judge_seals(struct arc_chain *chain, struct answers *answers, int64_t now)
{
    size_t count = chain->sets.count;
    bool is_good = true;

    for (size_t i = count; i-- > 0 && !chain->is_settled;) {
        is_good = judge(chain, chain->seals[i], i + 1, answers, now) && is_good;
        if (!is_good && (count - i) % SEALS_AT_ONCE == 0)
            return false;
    }
    return is_good;
}

static void judge_chain(struct arc_chain *chain, struct answers *answers, int64_t now)
{
    size_t count = chain->sets.count;
    bool is_good = judge(chain, chain->message_signature, count, answers, now);

    if (!judge_seals(chain, answers, now) || !is_good)
        return;
    chain->verdict.result = AUTH_PASS;
    chain->verdict.sealer = chain->sets.items[count - 1].seal.domain;
    chain->verdict.covers_author = covers_author(chain);
    chain->verdict.witnesses = hear_witnesses(chain);
    chain->is_settled = true;
}

enum auth_progress arc_evaluate(
    struct arc_chain *chain, struct answers *answers, int64_t now, struct arc_verdict *verdict_r)
{
    chain->verdict.instance = chain->sets.newest;
    chain->verdict.has_ended = chain->sets.has_ended;
    if (!chain->is_settled) {
        if (chain->problem != NULL)
            fail(chain, 0, chain->problem);
        else if (chain->sets.newest == 0)
            chain->is_settled = true;
        else
            judge_chain(chain, answers, now);
    }
    if (!chain->is_settled)
        return AUTH_WAITING;
    *verdict_r = chain->verdict;
    return AUTH_DONE;
}
