/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One request of Postfix's policy delegation protocol (SMTPD_POLICY_README): lines "name=value",
 * ended by an empty line. A request is cut out of a connection's bytes by request_find_end() and
 * parsed by request_parse(); both do no I/O. The texts point into the bytes. Any thread.
 *
 * Names that we do not know are passed over, so that newer Postfix versions are served; values may
 * hold any byte but NUL and the line's end, "=" included.
 */

#include "lib/base/error.h"
#include "lib/base/text.h"

/* All of one request. Postfix itself sends about one kilobyte. */
#define REQUEST_BYTES_MAX ((size_t)64 * 1024)
/* RFC 5321, 4.5.3.1: an address has 64 + 1 + 255 bytes; a login name is given the same. */
#define REQUEST_USER_MAX 320
#define REQUEST_INSTANCE_MAX 128
/* No message has more; Postfix's smtpd_recipient_limit is 1000 by default. */
#define REQUEST_RECIPIENTS_MAX 1000000

enum request_stage {
    REQUEST_AT_OTHER, /* CONNECT, EHLO, MAIL, VRFY, ETRN: none of ours */
    REQUEST_AT_RCPT,
    REQUEST_AT_DATA,
    REQUEST_AT_END /* END-OF-MESSAGE */
};

struct request {
    enum request_stage stage;
    struct text stage_name; /* as it came */
    struct text instance;   /* the same for all requests of one message */
    struct text user;       /* sasl_username; empty where nobody logged in */
    struct text sender, recipient;
    struct text client_address;
    struct text queue_id; /* empty before the first recipient was accepted */
    uint64_t recipient_count;
};

/*
 * Looks for the end of the first request in bytes, of which *scanned are known to hold none (0 at
 * first). True: *len_r is the length of its lines, and REQUEST_END_LEN bytes more are to be
 * consumed. False: more bytes are needed, *scanned says how far it came.
 */
#define REQUEST_END_LEN 1
bool request_find_end(struct text bytes, size_t *scanned, size_t *len_r);

/*
 * Parses the lines of one request. ERR_SYNTAX, ERR_LIMIT or ERR_UNSUPPORTED (another kind of
 * request) with the reason in the failure: the protocol knows no error answer, the connection is
 * to be closed.
 */
enum err request_parse(struct text lines, struct request *request_r, struct failure *failure);
