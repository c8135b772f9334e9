/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the tests of DKIM share: keys, examples from the RFCs, and a way to run them. No name is one
 * of libopendkim's, beside which a judge links this.
 */

#include "lib/mailauth/signature.h"
#include "tests/unit/unit.h"

/* RFC 8463 appendix A. */
extern const char dkim_rsa_pem[];
extern const char dkim_ed25519_pem[];
extern const char dkim_rsa_record[];
extern const char dkim_ed25519_record[];
/* An RSA key of 768 bits. */
extern const char dkim_short_pem[];
extern const char dkim_short_record[];
extern const char dkim_rfc8463_message[];
/* RFC 6376 appendix A, with errata 3192 and 4926. */
extern const char dkim_rfc6376_message[];
extern const char dkim_rfc6376_record[];

#define DKIM_NOW 1528637909

/* A message, its header in and its signatures found, body and answers still to come. */
struct dkim_run {
    struct arena *arena;
    struct message *message;
    struct signatures signatures;
    struct answers *answers;
    struct text body;
};

/* The message with its fields read from text, LF or CRLF; no body yet. */
struct message *dkim_message(struct arena *arena, struct text text, struct text *body_r);
void dkim_start(struct dkim_run *run, const char *text, const struct signature_rules *rules);
void dkim_start_text(struct dkim_run *run, struct text text, const struct signature_rules *rules);
void dkim_answer(struct dkim_run *run, const char *name, const char *record);
void dkim_answer_status(struct dkim_run *run, const char *name, enum dns_status status);
/* Feeds the body in pieces of that many bytes (0: whole) and ends it. */
void dkim_end_body(struct dkim_run *run, size_t piece);
struct signature_verdict dkim_verdict(struct dkim_run *run, size_t index, int64_t now);
void dkim_done(struct dkim_run *run);

struct private_key *dkim_private_key(const char *pem);
/* The message text signed as the request says: a field in front of it, in arena. */
struct text dkim_signed(
    struct arena *arena, struct text text, const struct signing_request *request, const char *pem);

/* A signature with any tags, right in itself, so that a test sees the one rule that it is about. */
#define DKIM_NO_BODY UINT64_MAX
struct dkim_forge {
    const char *tags;  /* "v=1; a=...; d=...;": all but h=, bh= and b= */
    const char *names; /* h= */
    enum canon header_canon, body_canon;
    uint64_t limit; /* of the body hash; 0: all; DKIM_NO_BODY: nothing */
    const char *pem;
};
struct text dkim_forged(struct arena *arena, struct text text, const struct dkim_forge *forge);
