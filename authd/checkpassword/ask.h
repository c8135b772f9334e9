/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The question of gatepost-checkpassword: what Dovecot hands to a checkpassword program, made into
 * a request of the login protocol. Pure functions over caller's memory; nothing is allocated.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/service/login-field.h"

/* Dovecot's own bound: name, password and an empty time stamp, each with a NUL behind it. */
#define ASK_INPUT_MAX 512
/* What is passed on of each variable of the environment. */
#define ASK_NOTE_MAX 128

enum ask_kind {
    ASK_VERIFY, /* is the password right */
    ASK_LOOKUP  /* who is it (AUTHORIZED=1) */
};

struct ask {
    enum ask_kind kind;
    struct text user, password;
    struct text service, remote, real_remote, session; /* empty where it is not known */
};

/* Parts "user\0password\0stamp\0"; a missing stamp is fine. False where it is none of that. */
bool ask_parse_input(struct text input, struct ask *ask);
/*
 * True where the name is an address. Names without a domain are the system's: whether they exist
 * does not depend on gatepost-authd, so it is not asked.
 */
bool ask_is_for_us(const struct ask *ask);
/* Takes kind, service, remote, session from the environment; environment(name) as getenv(). */
void ask_take_environment(struct ask *ask, char *(*environment)(const char *name));
/* Greeting and request, for a connection of its own. Returns the length. */
size_t ask_format(const struct ask *ask, char line_r[LOGIN_LINE_MAX]);
