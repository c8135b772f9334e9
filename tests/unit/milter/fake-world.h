/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A world for tests: DNS answers from a table, given at once or held back until the test says so;
 * keys from a set, none, or an error. One per test.
 */

#include <pthread.h>

#include "milter/session.h"

#define FAKE_RECORDS_MAX 64
#define FAKE_WAVES_MAX 4096

struct fake_record {
    const char *name;
    enum dns_type type;
    const char *value; /* a TXT, or an address; NULL: the lookup fails for now */
};

struct fake_wave {
    uintptr_t handle;
    struct dns_question *questions;
    bool *is_given;
    size_t count, left; /* left: not given yet */
    resolver_done_fn *done;
    void *context;
};

struct fake_world {
    struct world *world;
    struct session_source source;
    struct arena *arena;
    pthread_mutex_t lock;
    pthread_cond_t changed;         /* a wave is held, or the server is to end */
    uintptr_t last_handle, calling; /* calling: the wave that is told something now, or 0 */
    pthread_cond_t call_over;
    pthread_t server;
    bool is_serving;
    struct fake_record records[FAKE_RECORDS_MAX];
    size_t record_count;
    bool is_holding; /* waves wait for fake_world_answer() */
    struct fake_wave *held[FAKE_WAVES_MAX];
    size_t held_count;
    size_t waves_seen, waves_cancelled, questions_seen;
    size_t asked_before;          /* as the last wave said */
    struct key_set *keys;         /* NULL: key_error */
    enum err key_error;           /* ERR_ABSENT by default */
    char key_domain[256];         /* what was asked for last */
    struct rights_verdict rights; /* allowed by default */
    enum err rights_error;        /* ERR_NONE by default */
    size_t rights_asked;
    struct exceptions_verdict exceptions;
    enum err exceptions_error;
    size_t exceptions_asked, exceptions_failed; /* authors of the last request that fail */
    char exceptions_request[512];         /* the last one: "CLIENT SENDER; SIGNERS; AUTHORS" */
    struct forwarding_verdict forwarding; /* nothing is forwarded by default */
    enum err forwarding_error;
    size_t forwarding_asked, forwarding_kept; /* recipients of the last one */
    bool forwarding_has_more;
    char forwarding_request[512]; /* the last one: "SENDER: RECIPIENT RECIPIENT (DOMAIN) resent" */
    char rights_request[512];     /* the last one: "LOGIN: AUTHOR AUTHOR (SENDER)" */
};

void fake_world_init(struct fake_world *fake);
/* All references but ours must be gone. */
void fake_world_done(struct fake_world *fake);
/* The texts must outlive the world. */
void fake_world_add(
    struct fake_world *fake, const char *name, enum dns_type type, const char *value);
/* Whether waves are held from now on; those that are held stay so. */
void fake_world_hold(struct fake_world *fake, bool is_holding);
/* Answers the waves that are held, from one thread at a time. Returns how many there were. */
size_t fake_world_answer(struct fake_world *fake);
/* Returns once so many waves are held. */
void fake_world_await(struct fake_world *fake, size_t count);
/* The same for all names but one: a wave that asks for it is held on. */
size_t fake_world_answer_but(struct fake_world *fake, const char *slow);
/* A thread that answers held waves as they come, until it is told to end. */
void fake_world_serve(struct fake_world *fake);
void fake_world_serve_no_more(struct fake_world *fake);
/* A set with one key of that kind; *record_r is what belongs at selector._domainkey.domain. */
struct key_set *fake_keys_make(struct arena *arena, const char *domain, const char *selector,
    enum key_algorithm algorithm, const char **record_r);
