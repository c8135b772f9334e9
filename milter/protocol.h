/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The milter protocol as the mail server speaks it: bytes cut into commands, and what a command
 * carries. No I/O, no state. What comes back points into the bytes that were given.
 *
 * A command is its length in four bytes (network order), a byte that names it (SMFIC_* of
 * <libmilter/mfdef.h>) and its data; strings in it end with a NUL. ERR_SYNTAX with a failure that
 * says what is wrong: the two sides have lost each other, and the connection must end. Any thread.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

/* The oldest and the newest version that is spoken. */
#define PROTOCOL_VERSION_MIN 2
#define PROTOCOL_VERSION_MAX 6
/*
 * Data of one command. libmilter stops at 65535 bytes, which is what a piece of the body has; but
 * Postfix hands on a header field whole, up to its header_size_limit of 102400 bytes.
 */
#define PROTOCOL_DATA_MAX ((size_t)256 * 1024 - 1)
/* The length, and the name. */
#define PROTOCOL_HEAD_LEN ((size_t)5)

struct protocol_command {
    char name; /* SMFIC_*, or what nobody knows */
    struct text data;
};

/* The head of the first command is there and good, but not all of its data: how long that is. */
bool protocol_command_begins(struct text bytes, char *name_r, size_t *data_len_r);
/*
 * Takes the first command off *rest. ERR_ABSENT: it is not whole yet, and *rest as it was.
 * ERR_LIMIT: longer than PROTOCOL_DATA_MAX; ERR_SYNTAX: without a name.
 */
enum err protocol_command_take(
    struct text *rest, struct protocol_command *command_r, struct failure *failure);

/* What a side can do: the negotiation's words, SMFIF_* and SMFIP_*. */
struct protocol_offer {
    uint32_t version, actions, steps;
};
/* ERR_UNSUPPORTED: a version before PROTOCOL_VERSION_MIN. */
enum err protocol_offer_read(
    struct text data, struct protocol_offer *offer_r, struct failure *failure);

/* The client of the mail server. */
struct protocol_client {
    struct text name;
    char family;         /* SMFIA_* */
    uint16_t port;       /* of SMFIA_INET and SMFIA_INET6 */
    struct text address; /* empty for SMFIA_UNKNOWN */
};
enum err protocol_client_read(
    struct text data, struct protocol_client *client_r, struct failure *failure);

/* The first of the strings; of MAIL and RCPT the address, behind which its parameters stand. */
enum err protocol_string_read(struct text data, struct text *string_r, struct failure *failure);
enum err protocol_header_read(
    struct text data, struct text *name_r, struct text *value_r, struct failure *failure);

/*
 * Macros: the command that they belong to, then names and values. protocol_macro_take() takes the
 * next pair off *pairs; ERR_ABSENT: there is none, and a name without a value is none.
 */
enum err protocol_macros_read(
    struct text data, char *stage_r, struct text *pairs_r, struct failure *failure);
enum err protocol_macro_take(
    struct text *pairs, struct text *name_r, struct text *value_r, struct failure *failure);
