/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The hash over the header that a signature signs (RFC 6376 §3.7): the named fields, each name
 * taking the lowest one not yet used (§5.4.2), and last the signature's own field with an empty
 * b=. The same for who signs and who verifies. Pure functions on a message; the message's thread.
 */

#include "lib/mailauth/digest.h"
#include "lib/mailauth/message.h"

struct signed_header {
    const struct header_field *const *fields; /* these come first, in that order (ARC-Seal) */
    size_t field_count;
    const struct text *names; /* h= */
    size_t name_count;
    enum canon canon;
    struct header_field own; /* b= empty already */
    size_t own_index;        /* its number in the message, never chosen by a name; or
                                MESSAGE_NO_FIELD */
};

/* The field without the value of b= and the blanks around it. */
struct header_field signed_header_empty_b(const struct header_field *field, struct arena *arena);
/* False where the cryptographic library failed. */
bool signed_header_digest(const struct message *message, const struct signed_header *header,
    unsigned char digest_r[DIGEST_LEN]);
