/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One message on its way through: its header fields, kept, and its body, hashed as it streams and
 * not kept. Hashes are asked for after the header and before the body; each distinct
 * canonicalization is computed once, whoever asks (RFC 6376 §3.4, 3.7). A message lives in its
 * arena and belongs to one session; one thread at a time.
 */

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/mailauth/canon.h"
#include "lib/mailauth/header.h"

struct message;

/* Postfix's header_size_limit is 100 KB; we keep as many bytes, and as many fields. */
#define MESSAGE_HEADER_BYTES_DEFAULT ((size_t)256 * 1024)
#define MESSAGE_FIELDS_DEFAULT ((size_t)1000)

struct message_limits {
    size_t header_bytes; /* of all fields together */
    size_t fields;
};

#define MESSAGE_DIGEST_LEN 32 /* SHA-256 */
#define MESSAGE_BODY_ALL UINT64_MAX
#define MESSAGE_HASHES_MAX 32 /* distinct (canon, length limit) pairs of one message */

/* limits NULL: the defaults. */
struct message *message_new(struct arena *arena, const struct message_limits *limits);
/* Frees what the arena does not hold (hash contexts). Accepts a pointer to NULL. */
void message_done(struct message **message);

/*
 * Adds a field below those already there; its texts are copied. ERR_LIMIT once a bound is passed:
 * the field is not kept, and message_is_truncated() is true from then on.
 */
enum err message_add_field(struct message *message, const struct header_field *field);
bool message_is_truncated(const struct message *message);
size_t message_field_count(const struct message *message);
const struct header_field *message_field(const struct message *message, size_t index);
/* Fields of that name, without regard to case. */
size_t message_count_fields(const struct message *message, struct text name);

/*
 * Fields of one name from the bottom to the top, as signatures use them up (RFC 6376 §5.4.2).
 * message_last_field(): the number of the lowest one; message_field_above(): the next one above
 * it. Both give MESSAGE_NO_FIELD where there is none, and cost the same however many fields
 * there are.
 */
#define MESSAGE_NO_FIELD SIZE_MAX
size_t message_last_field(const struct message *message, struct text name);
size_t message_field_above(const struct message *message, size_t index);

/*
 * Asks for a hash of the body in that canonicalization, of its first limit canonical bytes
 * (MESSAGE_BODY_ALL: all). Before the first message_add_body() only. ERR_LIMIT where there are
 * too many different ones.
 */
enum err message_want_body_hash(struct message *message, enum canon canon, uint64_t limit);
/* The next piece of the body, cut anywhere, line ends CRLF. */
void message_add_body(struct message *message, struct text piece);
void message_end_body(struct message *message);

struct message_body_hash {
    unsigned char digest[MESSAGE_DIGEST_LEN];
    uint64_t canonical_bytes; /* length of the whole canonical body, whatever the limit */
};
/* After message_end_body(), for a pair that was asked for; NULL for another. */
const struct message_body_hash *message_body_hash(
    const struct message *message, enum canon canon, uint64_t limit);
/* True once the body ended. */
bool message_is_complete(const struct message *message);

/*
 * Takes a whole message apart: for mailctl and tests. LF becomes CRLF; an mbox "From " line at the
 * top is passed over. The header ends at an empty line or where a line is no field. ERR_SYNTAX
 * where there is no field at all.
 */
enum err message_split_file(struct text content, struct arena *arena,
    const struct header_field **fields_r, size_t *field_count_r, struct text *body_r);
