/* SPDX-License-Identifier: MIT */
#pragma once

/* What rotation did and waits for, in words. */

#include <jansson.h>

#include "mailctl/dkim/key-look.h"
#include "mailctl/invocation.h"

/* One key's row. Keep it no longer than the arena of the invocation. */
struct rotation_row {
    struct rotation_step step;
    enum dkim_key_state former;
    bool is_new;          /* it was made just now */
    struct text sentence; /* what it waits for; empty: nothing */
};

/* look: what was seen of the key, or NULL. */
struct rotation_row rotation_view_row(const struct invocation *invocation,
    const struct rotation_step *step, enum dkim_key_state former, const struct key_look *look);
/* It became another, or somebody has to do something. */
bool rotation_view_is_news(const struct rotation_row *row);
void rotation_view_print(
    const struct invocation *invocation, const struct rotation_row *rows, size_t count);
/* What keeps a key from being taken into use: a sentence without its name. */
struct text rotation_view_obstacle(
    const struct invocation *invocation, const struct key_look *look);
