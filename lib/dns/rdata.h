/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The data of one record, between the wire and what is written in zone files: read from a message
 * that comes from outside, and written for an update of ours. Pure functions, any thread.
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/dns/answer.h"
#include "lib/dns/wire-reader.h"
#include "lib/dns/zone-record.h"

/* Certificates' digests have 32 or 64 bytes, but a TLSA may hold a whole certificate. */
#define RDATA_DIGEST_MAX 2048
/* RSA of 4096 bits takes some 520 bytes; what comes after it may take more. */
#define RDATA_KEY_MAX 4096
/* A tag of CAA has letters and digits (RFC 8659 §4.1.1); the known ones are short. */
#define RDATA_CAA_TAG_MAX 32

/* False where the data is not what the type says, or has something behind it. */
bool rdata_read(const struct wire_reader *message, const struct wire_resource *resource,
    struct arena *arena, struct dns_record *record_r);

/*
 * The record's data as zone_record.data has it: the payload of a TXT, else the words of a zone
 * file, names in lower case with the final dot.
 */
struct text rdata_text(enum dns_type type, const struct dns_record *record, struct arena *arena);

/*
 * Appends the data as the wire has it, names not compressed (RFC 3597 §4), and a TXT as full
 * strings. False, and nothing is appended, for data that the type does not have: A, AAAA, CNAME,
 * NS, PTR, MX, TXT, SRV, TLSA and CAA are known.
 */
bool rdata_write(const struct zone_record *record, struct buffer *out);
