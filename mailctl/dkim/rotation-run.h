/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The walk of keys (rotation.h), carried out: the servers are asked what they show, domains side
 * by side; then each domain's keys become what the rules say, in one transaction, and successors
 * are made. Keys that changed while the servers were asked are judged as they are by then.
 */

#include "mailctl/dkim/key-look.h"
#include "mailctl/dns/zone-run.h"
#include "mailctl/invocation.h"

struct rotation_domain {
    struct text name;
    struct dkim_key_list keys;
    struct key_look *looks; /* for each of the keys; filled */
    bool look_at_all;       /* not only at keys of which the rules want to know */
};

/*
 * Asks what is shown of the keys. Called for each domain, in their order, once it is known; the
 * texts in the looks are there until it returns.
 */
typedef void rotation_run_done_fn(void *context, struct rotation_domain *domain);
/* Complains, and returns the exit status. */
int rotation_run_look(struct invocation *invocation, struct rotation_domain *domains, size_t count,
    rotation_run_done_fn *done, void *context);

struct rotation_outcome {
    struct rotation_step *steps;   /* of the keys, in their order, and then of their successors */
    enum dkim_key_state *former;   /* what each was before; of successors what they are */
    const struct key_look **looks; /* of each, or NULL */
    size_t count;
};

/* How long signed mail may be under way: what queues keep, and what signatures are good for. */
int64_t rotation_run_queue_life_s(const struct settings *settings);
/* The rules by the settings, and by what the command line asks for. */
struct rotation_rules rotation_run_rules(const struct invocation *invocation);
/* Complains, and returns the exit status; with --dry-run nothing is kept. */
int rotation_run_apply(struct invocation *invocation, struct store *keys,
    const struct rotation_domain *domain, const struct rotation_rules *rules,
    struct rotation_outcome *outcome_r);
