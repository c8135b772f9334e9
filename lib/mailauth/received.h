/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One Received field (RFC 5321 §4.4), read for what the host that wrote it says of its client. Its
 * form is known only loosely and differs between programs, so nothing is guessed: what is not
 * written in one of the forms below is unreadable. An address counts only where the writer puts
 * what it saw itself; what the client said of itself (HELO) may look like anything.
 *
 *   from HELO (NAME [ADDRESS]) by ...          Postfix, Sendmail, OpenSMTPD
 *   from NAME ([ADDRESS]:PORT helo=HELO) ...   Exim
 *   from [ADDRESS] (helo=HELO) by ...          Exim
 *   from HELO (ADDRESS) by ...                 Exchange
 *   from NAME [ADDRESS] by ... with POP3 ...   fetchmail
 *   from USER by ... with local                Exim
 *   from NAME by ... with LMTP                 Dovecot, by a socket of the same host
 *   by HOST (Postfix, from userid N) ...       Postfix, by sendmail(1)
 *   by HOST ...                                without "with": handed on inside
 *
 * Pure, any thread; texts point into the value.
 */

#include "lib/base/ip.h"

#define RECEIVED_BYTES_MAX ((size_t)8192) /* Postfix's, with its TLS comments, has about 600 */
#define RECEIVED_COMMENT_DEPTH_MAX 8

enum received_kind {
    RECEIVED_UNREADABLE,
    RECEIVED_BY_SMTP,      /* from the client whose address is given */
    RECEIVED_BY_OTHER,     /* likewise, but by no SMTP: fetched, LMTP, unknown */
    RECEIVED_FROM_PROGRAM, /* written on the host itself */
    RECEIVED_WITHIN        /* handed on inside the host */
};

struct received {
    enum received_kind kind;
    struct ip client;      /* IP_NONE but for the first two */
    struct text helo;      /* what the client called itself; may be empty */
    bool is_authenticated; /* RFC 3848: the client has logged in */
};

/* The value of the field. */
struct received received_parse(struct text value);
