/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DNS messages of ours (RFC 1035 §4): queries and updates (RFC 2136), written into a buffer from
 * its start. Names are not compressed. What is appended is counted in the header. Pure functions,
 * any thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buffer.h"

#define MESSAGE_HEADER_BYTES 12
#define MESSAGE_MAX_BYTES 65535

#define MESSAGE_FLAG_RESPONSE 0x8000U
#define MESSAGE_FLAG_AUTHORITATIVE 0x0400U
#define MESSAGE_FLAG_TRUNCATED 0x0200U
#define MESSAGE_MASK_OPCODE 0x7800U
#define MESSAGE_MASK_RCODE 0x000fU
#define MESSAGE_OPCODE_UPDATE 0x2800U

#define MESSAGE_CLASS_IN 1
#define MESSAGE_CLASS_NONE 254
#define MESSAGE_CLASS_ANY 255

/* In an update: zone, prerequisites, updates, additional data (RFC 2136 §2.2). */
enum message_section { MESSAGE_QUESTION, MESSAGE_ANSWER, MESSAGE_AUTHORITY, MESSAGE_ADDITIONAL };

/* The header; the buffer is empty before. */
void message_start(struct buffer *message, uint16_t id, unsigned flags);
/* False, and nothing is appended, for a name that is none. */
bool message_add_question(struct buffer *message, struct text name, unsigned type);
/* A record of a section; data: as the wire has it. */
bool message_add_record(struct buffer *message, enum message_section section, struct text owner,
    unsigned type, unsigned class, uint32_t ttl_s, struct text data);
/* How large answers may be (RFC 6891): in the additional section. */
void message_add_size(struct buffer *message, uint16_t size);

/* The header of a message that has come, of MESSAGE_HEADER_BYTES at least. */
uint16_t message_id(const uint8_t *message);
unsigned message_flags(const uint8_t *message);
/* "NXDOMAIN", "NOTAUTH"; "unknown code" for those that have no name here. */
const char *message_rcode_text(unsigned rcode);
