/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The world as a session sees it: who answers DNS questions, who has the signing keys, who
 * knows what the directory says, and what the operator decided. A session reaches nothing else, so
 * that tests give it a world of their own making.
 *
 * A world is immutable and counted. A message takes the one in force at MAIL FROM and keeps it to
 * its end; a reload makes a new world and leaves the old one to the messages that hold it. Any
 * thread.
 */

#include <stdatomic.h>

#include "lib/dns/resolver.h"
#include "lib/mailauth/mailauth.h"
#include "lib/service/settings.h"
#include "lib/store/seen.h"
#include "milter/exceptions.h"
#include "milter/forwarding.h"
#include "milter/key-set.h"
#include "milter/rights.h"

/* Who answers waves: the contract of lib/dns/resolver.h. */
struct world_resolver {
    void *context;
    struct wave *(*send)(void *context, const struct dns_question *questions, size_t count,
        size_t asked_before, int64_t timeout_ms, resolver_done_fn *done, void *done_context);
    bool (*cancel)(void *context, struct wave *wave);
};

/* Who has the keys. */
struct world_keys {
    void *context;
    /*
     * The active keys of domain or of its nearest parent that has some, in *set_r with one
     * reference. ERR_ABSENT: nobody above has a key. Anything else: it cannot be told now.
     */
    enum err (*find)(
        void *context, struct text domain, struct key_set **set_r, struct failure *failure);
};

/* Who knows which login may write as whom: the contract of milter/rights.h. */
struct world_rights {
    void *context;
    enum err (*judge)(void *context, const struct rights_request *request, struct arena *arena,
        struct rights_verdict *verdict_r, struct failure *failure);
};

/* Who knows the exceptions from DMARC: the contract of milter/exceptions.h. */
struct world_exceptions {
    void *context;
    enum err (*judge)(void *context, const struct exceptions_request *request, struct arena *arena,
        struct exceptions_verdict *verdict_r, struct failure *failure);
};

/* Who knows whether a message is forwarded: the contract of milter/forwarding.h. */
struct world_forwarding {
    void *context;
    enum err (*judge)(void *context, const struct forwarding_request *request, struct arena *arena,
        struct forwarding_verdict *verdict_r, struct failure *failure);
};

/* Who takes down what reports are made of. */
struct world_rows {
    void *context;
    /* Copies the row and never waits; NULL: nobody wants any. */
    void (*put)(void *context, const struct seen *row);
};

/* Who knows which message is expected as a proof. */
struct world_proof {
    void *context;
    bool (*take)(void *context, struct text login); /* see proof.h; NULL: none ever is */
};

/* What the operator decided, as far as a session acts on it. */
struct world_decisions {
    int64_t dns_timeout_ms;
    enum settings_on_failure on_dns_failure;
    enum settings_on_reject on_reject;
    enum settings_on_mismatch on_from_mismatch;
    enum settings_on_own_domain on_own_domain;
    const struct ip_network *trusted_networks;
    size_t trusted_network_count;
    const char *const *originating_daemons; /* NULL-terminated; NULL: none */
    const struct ip_network *internal_relays;
    size_t internal_relay_count;
    const char *const *relay_daemons;      /* NULL-terminated; NULL: none */
    const char *const *relay_authserv_ids; /* NULL-terminated; NULL: none */
    enum settings_relay_results relay_results;
    enum settings_relay_programs relay_programs;
    const char *const *sign_fields;     /* NULL-terminated; NULL: none */
    const char *const *oversign_fields; /* NULL-terminated; NULL: the engine's own list */
    int64_t signature_lifetime_s;       /* 0: none */
    struct text host;                   /* this one's name in mail; may be empty */
    struct text postmaster;             /* who gets mail for it where nobody else does; or empty */
    struct text srs_domain;             /* empty: no sender is rewritten */
    int64_t srs_days;
    bool seals_forwarded;
};

struct world {
    _Atomic unsigned references;
    void (*destroy)(struct world *world); /* when the last reference is gone */
    struct arena *arena;                  /* holds the texts and arrays below */
    struct mailauth_rules rules;
    struct world_decisions decisions;
    struct world_resolver resolver;
    struct world_keys keys;
    struct world_rights rights;
    struct world_exceptions exceptions;
    struct world_forwarding forwarding;
    struct world_rows rows;
    struct world_proof proof;
};

/*
 * A world with one reference, filled from the settings but for those who answer and destroy, which
 * the caller sets before anyone else sees it. ERR_SYNTAX where the host has no usable name.
 */
enum err world_new(
    const struct settings *settings, struct world **world_r, struct failure *failure);
struct world *world_hold(struct world *world);
/* Clears the pointer; accepts a pointer to NULL. */
void world_release(struct world **world);

/* Senders of forwarded mail are rewritten, or it gets a seal. */
bool world_minds_forwarding(const struct world *world);
bool world_trusts(const struct world *world, const struct ip *client);
bool world_is_originating(const struct world *world, struct text daemon_name);
/* A host of ours that hands on mail of strangers; whatever comes by a daemon of that name. */
bool world_is_relay(const struct world *world, const struct ip *client);
bool world_is_relay_daemon(const struct world *world, struct text daemon_name);
