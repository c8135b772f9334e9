/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A session in a fake world, letters that are sent through it, and what its replies say.
 */

#include "lib/base/buffer.h"
#include "milter/session.h"
#include "tests/unit/milter/fake-world.h"

#define CLIENT "203.0.113.5"
#define NOW 1700000000

struct scene {
    struct fake_world fake;
    struct session *session;
    size_t resumed; /* how often the session may go on */
};

/* For cmocka's setup and teardown; *state is the scene. */
int scene_up(void **state);
int scene_down(void **state);
#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_up, scene_down)

/* A message. */
struct letter {
    const char *client; /* NULL: CLIENT */
    const char *daemon; /* NULL: "smtpd" */
    const char *login;
    bool is_local;
    const char *sender;        /* NULL: <a@example.org> */
    const char *const *header; /* NULL-terminated "Name: value" */
    const char *body;
};

/* The header of a letter that has none of its own; NULL-terminated. */
#define SCENE_PLAIN_FIELDS 5
extern const char *const scene_plain_header[SCENE_PLAIN_FIELDS + 1];
void scene_send_connect(struct session *session, const struct letter *letter);
void scene_send_up_to_end(struct session *session, const struct letter *letter);
/* The whole of it; the answer must come at once. */
const struct reply *scene_send(struct session *session, const struct letter *letter);

/* The value of the change that inserts that field, or NULL. */
const char *scene_inserted(const struct reply *reply, const char *name);
void assert_results(const struct reply *reply, const char *piece);
/* " -Name:index", " +Name" and " <new sender>", in their order. */
void assert_changes(const struct reply *reply, const char *expected);

/* SPF of CLIENT for example.org, and its DMARC record. */
void scene_add_good_records(struct fake_world *fake);
