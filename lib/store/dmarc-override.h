/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Overrides, in STORE_DIRECTORY: what becomes of mail that fails DMARC for an author domain,
 * whatever the owner of the domain asks for. One for a domain counts below it, too; the nearest
 * counts. Names are normalized (dns/name.h) by the caller.
 */

#include "lib/base/arena.h"
#include "lib/store/store.h"

enum dmarc_action { DMARC_ACTION_ACCEPT, DMARC_ACTION_QUARANTINE, DMARC_ACTION_REJECT };

/* "accept", "quarantine", "reject". */
const char *dmarc_action_word(enum dmarc_action action);
bool dmarc_action_parse(struct text word, enum dmarc_action *action_r);

struct dmarc_override {
    struct text domain;
    enum dmarc_action action;
    int64_t created;
};

struct dmarc_override_list {
    const struct dmarc_override *items; /* sorted by domain */
    size_t count;
};

/* domain and action are used. ERR_EXISTS. */
enum err dmarc_override_add(
    struct store *store, const struct dmarc_override *override, int64_t now);
/* The same, in place of one that is there already; created stays that one's then. */
enum err dmarc_override_set(
    struct store *store, const struct dmarc_override *override, int64_t now);
/* That of the domain or of its nearest parent. ERR_ABSENT. */
enum err dmarc_override_find(struct store *store, struct text domain, struct arena *arena,
    struct dmarc_override *override_r);
enum err dmarc_override_list(
    struct store *store, struct arena *arena, struct dmarc_override_list *list_r);
enum err dmarc_override_delete(struct store *store, struct text domain);
