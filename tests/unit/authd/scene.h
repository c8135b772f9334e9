/* SPDX-License-Identifier: MIT */
#pragma once

/* A login session over real databases, a pool of threads, and the other end of its socket. */

#include "authd/login-session.h"
#include "tests/unit/authd/ground.h"
#include "tests/unit/authd/peer.h"

#define HELLO "gatepost-login\t1\n"

#define SCENE_PROVEN_MS 60000

struct scene {
    struct ground ground;
    struct event_base *base;
    struct directory *directory;
    struct pool *pool;
    struct credential_writer *writer;
    struct proven *proven; /* for SCENE_PROVEN_MS, of the clock of tests where it stands still */
    struct verifier verifier;
    struct login_service service;
    struct proxies proxies; /* 203.0.113.0/24 */
    struct connection_group group;
    struct peer peer;
};

struct scene *scene_new(size_t workers, size_t queue);
/* For cmocka's setup and teardown: *state becomes a struct scene with two threads. */
int scene_setup(void **state);
int scene_teardown(void **state);
/*
 * A sentry with these lines in the section guard, in place of the one before, which has written
 * down all it knew: as after a restart.
 */
void scene_open_sentry(struct scene *scene, const char *lines);
/* The first line of both. */
void scene_greet(struct scene *scene);
/* Until every hash that was begun has been stored, or was not. */
void scene_await_pool(struct scene *scene);
