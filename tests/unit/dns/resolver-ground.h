/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the tests of the resolver share: a responder whose names answer in every way that a name
 * server can, a resolver that asks it, and a place to gather what a wave brings.
 */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "lib/dns/resolver.h"
#include "tests/unit/dns/responder.h"

#define SLOW_MS 20
#define LATE_MS 500

/* The last byte of what "flush" names answer with. */
extern atomic_int flushed_address;

/* With so few descriptors there is room for SMALL_ROOM lookups. */
#define SMALL_FILES 1024
#define SMALL_ROOM ((size_t)256)

struct fixture {
    struct responder *responder;
    struct resolver *resolver;
};

#define GATHERED_MAX 64

/* What came of a wave, copied out of the callback. */
struct gathered {
    sem_t is_done;
    pthread_t thread;
    size_t calls, count, answered;
    enum dns_status statuses[GATHERED_MAX];
    struct arena *arena;
    const struct dns_answer *first;
};

/* cmocka's set-up and tear-down; the state is a struct fixture. */
int set_up(void **state);
int set_up_small(void **state);
int tear_down(void **state);

void gathered_init(struct gathered *gathered);
void gathered_done(struct gathered *gathered);
/* The callback of a wave; the context is a struct gathered. */
void gather(void *context, const struct dns_answer *const *answers, size_t count, bool is_last);

struct dns_question question_of(const char *name, enum dns_type type);
/* Asks one question and waits. */
enum dns_status ask(
    struct fixture *fixture, const char *name, enum dns_type type, struct gathered *gathered);
int64_t real_ms(void);

#define WITH_LITTLE_ROOM(test) cmocka_unit_test_setup_teardown(test, set_up_small, tear_down)
#define WITH_RESPONDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
