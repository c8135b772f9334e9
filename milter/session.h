/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One client of Postfix, from connect to close, as a transport tells it to us event by event.
 *
 * The life of a message that comes in:
 *   connect, helo   remembered; Postfix's reverse lookup of the client comes with them
 *   mail            the world in force is taken; the first wave of DNS questions is sent off
 *   rcpt            counted, with their domain where all have the same
 *   header          kept within bounds; fields that forge our results are noted
 *   end of header   every DKIM key and the DMARC walk: the second wave
 *   body            hashed as it streams, never stored
 *   end of message  where answers are still missing, the session is parked: SESSION_LATER. Its
 *                   callback runs when a wave is in; the transport then calls session_resume(),
 *                   from a thread of its choice. All waves end within one deadline, counted from
 *                   here, so that a slow client does not eat the time of the name servers.
 * Then the verdict stands: forged fields go, our Authentication-Results comes on top, DMARC's
 * policy is applied, one line is logged, and what a report needs to know is handed to a writer
 * (seen-writer.h) where the domain has asked for reports (seen-row.h).
 *
 * A message that goes out (from a login, a trusted network, a daemon named ORIGINATING, or local)
 * is signed at its end by each active key of its From domain or the nearest parent that has keys.
 * If the keys cannot be read it gets 451; it never leaves unsigned for that reason. One that
 * "mailctl attach" announced (proof.h) is refused instead, with the names of the keys.
 *
 * Several messages may follow each other on one connection; session_abort() ends one at any time
 * and may come when there is none. A session knows neither the protocol nor sockets nor SQL. It is
 * used by one thread at a time, not always the same. Nothing in it fails: what cannot be done
 * becomes the reply.
 */

#include "lib/base/ip.h"
#include "milter/reply.h"
#include "milter/world.h"

struct session;

/* Where a session takes the world in force from. The reference is the session's. */
struct session_source {
    void *context;
    struct world *(*take)(void *context);
};

/* The end of message can go on: on the resolver's thread; must not block, nor call back in. */
typedef void session_resume_fn(void *context);

/* Bounds on what a client says about itself; longer texts are cut. */
#define SESSION_NAME_MAX 512     /* HELO, host names: a DNS name has 253 bytes */
#define SESSION_ADDRESS_MAX 1024 /* RFC 5321 §4.5.3.1: 256 and some for SMTPUTF8 */

/* What Postfix tells about the client. */
struct session_client {
    struct ip ip;            /* IP_NONE: local, or not told */
    bool is_local;           /* not by SMTP: sendmail(1), a bounce */
    struct text name;        /* verified by Postfix; "unknown" or empty: none */
    bool name_known;         /* false: Postfix did not tell */
    struct text ptr;         /* of its PTR record, verified or not; "unknown" or empty: none */
    bool ptr_known;          /* false: Postfix did not tell */
    struct text daemon_name; /* of the smtpd in master.cf */
};

struct session_sender {
    struct text address; /* with or without <> */
    struct text login;   /* of SMTP AUTH; empty: none */
};

enum session_progress { SESSION_NOW, SESSION_LATER };

struct session *session_new(
    const struct session_source *source, session_resume_fn *resume, void *resume_context);
/* Aborts the message, if there is one. Clears the pointer; accepts a pointer to NULL. */
void session_free(struct session **session);

void session_connect(struct session *session, const struct session_client *client);
void session_helo(struct session *session, struct text name);
void session_mail(struct session *session, const struct session_sender *sender);
void session_rcpt(struct session *session, struct text recipient);
/* The value with the blank that stands behind the colon; lines end in LF or CRLF. */
void session_header(struct session *session, struct text name, struct text value);
void session_end_header(struct session *session);
/* The next piece, cut anywhere, line ends CRLF. */
void session_body(struct session *session, struct text piece);
/*
 * SESSION_NOW: *reply_r points to the answer. SESSION_LATER: call session_resume() after the
 * callback has run; until then nothing but session_abort() and session_free().
 */
enum session_progress session_end_message(
    struct session *session, struct text queue_id, const struct reply **reply_r);
enum session_progress session_resume(struct session *session, const struct reply **reply_r);
void session_abort(struct session *session);
/* The same for a message that waits for its verdict while all ends: said in the log, and counted.
 */
void session_dismiss(struct session *session, struct text queue_id);
/* True between mail and the answer to the end of message (or the abort). */
bool session_has_message(const struct session *session);
