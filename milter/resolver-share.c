/* SPDX-License-Identifier: MIT */
#include "milter/resolver-share.h"

#include <stdlib.h>

#include "lib/base/memory.h"

struct resolver_share {
    _Atomic unsigned references;
    struct resolver *resolver;
};

enum err resolver_share_open(
    const struct settings *settings, struct resolver_share **share_r, struct failure *failure)
{
    const struct resolver_options options = {
        .servers = settings->dns.servers.items,
        .server_count = settings->dns.servers.count,
        .cache_entries = (size_t)settings->dns.cache_entries,
    };
    struct resolver *resolver;
    enum err err = resolver_open(&options, &resolver, failure);

    if (err != ERR_NONE)
        return err;
    *share_r = memory_alloc_zero(1, sizeof **share_r);
    atomic_init(&(*share_r)->references, 1);
    (*share_r)->resolver = resolver;
    return ERR_NONE;
}

struct resolver_share *resolver_share_hold(struct resolver_share *share)
{
    atomic_fetch_add_explicit(&share->references, 1, memory_order_relaxed);
    return share;
}

void resolver_share_release(struct resolver_share **share)
{
    struct resolver_share *gone = *share;

    *share = NULL;
    if (gone == NULL || atomic_fetch_sub_explicit(&gone->references, 1, memory_order_acq_rel) != 1)
        return;
    resolver_close(&gone->resolver);
    free(gone);
}

static struct wave *share_send(void *context, const struct dns_question *questions, size_t count,
    size_t asked_before, int64_t timeout_ms, resolver_done_fn *done, void *done_context)
{
    struct resolver_share *share = context;

    return resolver_send_further(
        share->resolver, questions, count, asked_before, timeout_ms, done, done_context);
}

static bool share_cancel(void *context, struct wave *wave)
{
    struct resolver_share *share = context;

    return resolver_cancel(share->resolver, wave);
}

struct world_resolver resolver_share_interface(struct resolver_share *share)
{
    return (struct world_resolver){share, share_send, share_cancel};
}

enum err resolver_share_flush(struct resolver_share *share, struct failure *failure)
{
    return resolver_flush(share->resolver, failure);
}

bool resolver_share_suits(const struct settings *a, const struct settings *b)
{
    if (a->dns.cache_entries != b->dns.cache_entries ||
        a->dns.servers.count != b->dns.servers.count)
        return false;
    for (size_t i = 0; i < a->dns.servers.count; i++)
        if (strcmp(a->dns.servers.items[i], b->dns.servers.items[i]) != 0)
            return false;
    return true;
}
