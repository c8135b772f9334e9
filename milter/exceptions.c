/* SPDX-License-Identifier: MIT */
#include "milter/exceptions.h"

#include "lib/store/domain.h"
#include "lib/store/trusted-forwarder.h"

/* Each search: ERR_NONE found, ERR_ABSENT not, else it failed. */

static enum err name_forwarder(
    enum forwarder_kind kind, struct text value, struct arena *arena, struct text *name_r)
{
    *name_r = arena_print(arena, "%s %.*s", forwarder_kind_word(kind), TEXT_ARGS(value));
    return ERR_NONE;
}

static enum err find_domain(struct store *store, enum forwarder_kind kind, struct text domain,
    struct arena *arena, struct text *name_r)
{
    struct text value;
    enum err err = ERR_ABSENT;

    if (!text_is_empty(domain))
        err = trusted_forwarder_match_domain(store, kind, domain, arena, &value);
    return err == ERR_NONE ? name_forwarder(kind, value, arena, name_r) : err;
}

/* The first of them, where all are trusted. */
static enum err find_sealers(struct store *store, const struct exceptions_request *request,
    struct arena *arena, struct text *name_r)
{
    enum err err = request->sealer_count == 0 ? ERR_ABSENT : ERR_NONE;
    struct text name;

    for (size_t i = request->sealer_count; err == ERR_NONE && i-- > 0;)
        err = find_domain(store, FORWARDER_SEALER, request->sealers[i], arena, &name);
    if (err == ERR_NONE)
        *name_r = name;
    return err;
}

static enum err find_forwarder(struct store *store, const struct exceptions_request *request,
    struct arena *arena, struct text *name_r)
{
    struct text value;
    enum err err = trusted_forwarder_match_client(store, &request->client, arena, &value);

    if (err == ERR_NONE)
        return name_forwarder(FORWARDER_CLIENT, value, arena, name_r);
    if (err == ERR_ABSENT)
        err = find_domain(store, FORWARDER_SENDER, request->sender_domain, arena, name_r);
    for (size_t i = 0; err == ERR_ABSENT && i < request->signer_count; i++)
        err = find_domain(store, FORWARDER_SIGNER, request->signers[i], arena, name_r);
    return err == ERR_ABSENT ? find_sealers(store, request, arena, name_r) : err;
}

static enum err find_own(struct store *store, const struct exceptions_request *request,
    struct arena *arena, struct text *own_r)
{
    enum err err = ERR_ABSENT;
    struct text above;

    for (size_t i = 0; err == ERR_ABSENT && i < request->author_count; i++) {
        err = domain_find_above(store, request->authors[i], arena, &above);
        if (err == ERR_NONE)
            *own_r = request->authors[i];
    }
    return err;
}

/* Of several that fail the strictest counts; to let one in says nothing of the others. */
static enum err find_override(struct store *store, const struct exceptions_request *request,
    struct arena *arena, struct exceptions_verdict *verdict)
{
    for (size_t i = 0; i < request->failed_count; i++) {
        struct dmarc_override override;
        enum err err = dmarc_override_find(store, request->authors[i], arena, &override);

        if (err != ERR_NONE && err != ERR_ABSENT)
            return err;
        if (err == ERR_ABSENT ||
            (request->failed_count > 1 && override.action == DMARC_ACTION_ACCEPT))
            continue;
        if (!verdict->has_override || override.action > verdict->override)
            verdict->override = override.action;
        verdict->has_override = true;
    }
    return verdict->has_override ? ERR_NONE : ERR_ABSENT;
}

static enum err judge(struct store *store, const struct exceptions_request *request,
    struct arena *arena, struct exceptions_verdict *verdict)
{
    enum err err = find_forwarder(store, request, arena, &verdict->forwarder);

    if (err == ERR_ABSENT)
        err = find_override(store, request, arena, verdict);
    if (err == ERR_ABSENT)
        err = find_own(store, request, arena, &verdict->own_domain);
    return err == ERR_ABSENT ? ERR_NONE : err;
}

enum err exceptions_judge(struct directory_pool *directory,
    const struct exceptions_request *request, struct arena *arena,
    struct exceptions_verdict *verdict_r, struct failure *failure)
{
    struct exceptions_verdict verdict = {.has_override = false};
    struct store *store;
    enum err err = directory_pool_take(directory, &store, failure);

    if (err != ERR_NONE)
        return err;
    err = judge(store, request, arena, &verdict);
    err = directory_pool_give(directory, &store, err, failure);
    if (err == ERR_NONE)
        *verdict_r = verdict;
    return err;
}
