/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The engine: everything that is judged about one message that came in.
 *
 * An authentication is a pure function. Message, envelope facts and the DNS answers known so far
 * go in; out comes either the verdict or the set of names that it still needs. The engine never
 * waits, never locks and does no I/O.
 *
 * The life of one judgement:
 *
 *   1. MAIL FROM. mailauth_new() with the envelope facts, then mailauth_evaluate(): SPF of the
 *      sender, or of the HELO name where the sender is null, notes its first names. The driver
 *      takes the missing questions off the answer table and sends them as a wave while the
 *      session goes on.
 *   2. Header. mailauth_field() for each field, mailauth_end_header() after the last: DKIM
 *      signatures, ARC sets and the author domain are found, body hashes asked for.
 * mailauth_evaluate() again: every key and the whole DMARC walk are noted. One more wave.
 *   3. Body. mailauth_body() as it streams.
 *   4. End. mailauth_end_body(), then mailauth_evaluate() until it says AUTH_DONE: each
 *      AUTH_WAITING means one more wave (the number of waves is the length of the longest chain
 *      of lookups that depend on one another). A driver evaluates again with each part of a wave
 *      that comes in, and sends what is missing then beside the waves that are still out: a name
 *      that is slow must hold back nothing but what depends on it. At the deadline the driver calls
 *      answers_give_up(): what is missing then is DNS_TEMPORARY, and the next call is done.
 *
 * Where the message came by a relay of our own, who its client was stands in the header: step 1
 * notes nothing, and SPF begins with step 2. What such a relay vouches for counts where our own
 * checks could not say otherwise (mailauth-vouched.h).
 *
 * mailauth_evaluate() may be called at any time, as often as one likes; it starts over with the
 * answers there are. One session, one arena, one thread at a time.
 */

#include "lib/base/ip.h"
#include "lib/dns/answers.h"
#include "lib/mailauth/arc.h"
#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/message.h"
#include "lib/mailauth/signature.h"
#include "lib/mailauth/spf.h"

struct mailauth;
struct mailauth_vouched;

/* What does not change from message to message. Owned by the caller, outlives the sessions. */
struct mailauth_rules {
    struct text authserv_id;
    struct message_limits limits;
    struct signature_rules signatures;
    const struct spf_engine *spf;     /* NULL: our own */
    const struct dmarc_engine *dmarc; /* NULL: our own */
};

/* What is known at MAIL FROM. The texts are copied. */
struct mailauth_facts {
    struct ip client;
    struct text helo;
    struct text mail_from;   /* without <>; empty for the null sender */
    struct text client_name; /* Postfix's verified name of the client; empty: it has none */
    bool client_name_known;  /* false: no iprev result is written */
    struct text client_ptr;  /* the name that its PTR record has, verified or not; empty: none */
    bool client_ptr_known;   /* false: Postfix did not tell */
    int64_t now;             /* seconds since the epoch */
    bool client_follows; /* a relay of ours stands between: mailauth_set_hop() says who it was */
};

/*
 * Who gave the message to the first of our own relays, and what they have found out (RFC 8601 §1.2:
 * inside one's own borders results may be handed on). Known when the header is complete.
 */
struct mailauth_hop {
    struct ip client; /* IP_NONE: it cannot be told; SPF is none then, and does not pass */
    struct text helo;
    const struct mailauth_vouched *vouched; /* see mailauth-vouched.h; NULL: nothing */
};

/*
 * Domains of one From field that DMARC is evaluated for (RFC 9989 §11.5 leaves the bound to us).
 * For several, the strictest policy that fails is the verdict.
 */
#define MAILAUTH_AUTHORS_MAX 5

/* The From field (RFC 5322 §3.6.2) as DMARC sees it (RFC 9989 §5.3.1). */
enum mailauth_from {
    MAILAUTH_FROM_ONE,     /* one domain */
    MAILAUTH_FROM_MISSING, /* no From field */
    MAILAUTH_FROM_SEVERAL_FIELDS,
    MAILAUTH_FROM_SEVERAL_DOMAINS,
    MAILAUTH_FROM_TOO_MANY_DOMAINS, /* more than MAILAUTH_AUTHORS_MAX; the first are evaluated */
    MAILAUTH_FROM_MALFORMED         /* the domains that it shows all the same are evaluated */
};

struct mailauth_verdict {
    struct spf_verdict spf_helo; /* checked for the null sender alone; else result none */
    struct spf_verdict spf;      /* of MAIL FROM; for the null sender that of postmaster@HELO */
    bool sender_is_null;
    const struct signature_verdict *signatures;
    size_t signature_count;
    struct arc_verdict arc;
    enum mailauth_from from;
    const struct text *author_domains; /* normalized; none for MISSING and SEVERAL_FIELDS */
    size_t author_domain_count;
    struct text failed_domains[MAILAUTH_AUTHORS_MAX]; /* those of them that fail as we judge */
    size_t failed_domain_count;
    struct text author_domain; /* the one that dmarc is about; empty: none */
    struct text author;        /* the address, for logs */
    /* Unless MAILAUTH_FROM_ONE: of the domains the one that fails under the strictest policy, or
       else that ends in temperror, or fails under p=none; else permerror. Never a pass. */
    struct dmarc_verdict dmarc;
    bool is_relayed;           /* the client that SPF is about stood before a relay of ours */
    bool spf_is_vouched;       /* a relay of ours has found it out, not we */
    struct text results_field; /* value of the Authentication-Results field (authres.h) */
    bool has_temporary;        /* SPF of the sender, a signature or DMARC ended in temperror */
};

struct mailauth *mailauth_new(const struct mailauth_rules *rules,
    const struct mailauth_facts *facts, struct answers *answers, struct arena *arena);
void mailauth_done(struct mailauth **session);

/* ERR_LIMIT as message_add_field(); the session goes on, the verdict says permerror for DKIM. */
enum err mailauth_field(struct mailauth *session, const struct header_field *field);
/* Once, before mailauth_end_header(), where client_follows; the texts live as long as the session.
 */
void mailauth_set_hop(struct mailauth *session, const struct mailauth_hop *hop);
void mailauth_end_header(struct mailauth *session);
void mailauth_body(struct mailauth *session, struct text piece);
void mailauth_end_body(struct mailauth *session);
/* The message, for signers and for who needs its fields. */
struct message *mailauth_message(struct mailauth *session);

/* AUTH_DONE only after mailauth_end_body(). verdict_r is written only then. */
enum auth_progress mailauth_evaluate(struct mailauth *session, struct mailauth_verdict *verdict_r);
