/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which header fields a signature of ours covers: its h= (RFC 6376 §3.5, 5.4). Pure function on a
 * message; the message's thread.
 */

#include "lib/mailauth/message.h"

struct signed_names_request {
    /* Further field names to sign when present, beside the built-in list; NULL-terminated, or
       NULL. */
    const char *const *extra_fields;
    /* Names to sign once more than they occur; NULL-terminated; NULL: none. */
    const char *const *oversigned_fields;
    /* Exactly this h= instead of all the above, colon-separated; empty: not set. */
    struct text field_list;
};

struct signed_names {
    const struct text *items; /* in the arena, or in the request's texts */
    size_t count;
};

/* False where that comes to no valid list: too long, a malformed name, or From is missing. */
bool signed_names_choose(const struct message *message, const struct signed_names_request *request,
    struct arena *arena, struct signed_names *names_r);
