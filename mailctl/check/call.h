/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Calls to servers, to see what others would see there: who listens, what they say, which
 * certificate they show, whom they relay for. No mail is ever sent. Each call blocks, up to its own
 * deadline, and belongs to one thread; what comes of it is facts for the judges, in the arena.
 * SIGPIPE must be ignored (smtp-tls.h).
 */

#include "lib/base/arena.h"
#include "lib/base/ip.h"

/* Of a whole call; a connection takes at most so much of it. */
#define CALL_DEADLINE_MS ((int64_t)15000)
#define CALL_CONNECT_MS ((int64_t)8000)
#define CALL_REPLY_MAX 200 /* so much of a reply is kept */

enum call_outcome {
    CALL_TALKED,      /* somebody answered, whatever was said */
    CALL_TIMEOUT,     /* nobody said yes or no: packets are thrown away on the way */
    CALL_REFUSED,     /* the other machine said that nobody listens */
    CALL_UNREACHABLE, /* there is no way there, or none from that address */
};

struct call_target {
    struct ip ip;
    uint16_t port;
    struct ip source; /* IP_NONE: as the system chooses */
};

/* --- certificates --------------------------------------------------------- */

struct call_certificate {
    bool is_there;
    int64_t begin, end; /* seconds since the epoch */
    bool is_named;      /* for the name that was asked for */
    struct text names;  /* whom it is for, to be shown */
    /* Why it leads to no root that this machine trusts, and others with it; NULL: it does. */
    const char *distrust;
};

/* --- a server of ours ----------------------------------------------------- */

/* How TLS begins on a port. */
struct call_speech {
    const char *greeting; /* what is awaited first; NULL: TLS begins before all */
    const char *ask;      /* for TLS, a whole line; NULL: SMTP's way */
    const char *yes;      /* stands in the answer */
};

struct call_server {
    enum call_outcome outcome;
    bool is_dumb;        /* it does not speak as it should */
    struct text problem; /* what went wrong, then or in TLS; may be empty */
    bool has_tls;        /* offered and begun */
    struct call_certificate certificate;
};

/* name: the host's, for SNI and the certificate; NUL behind it. */
void call_server(const struct call_target *target, const struct call_speech *speech,
    struct text name, struct arena *arena, struct call_server *facts_r);

/* --- relaying ------------------------------------------------------------- */

struct call_relay {
    enum call_outcome outcome;
    bool has_reply;    /* to RCPT; without one something went wrong before */
    unsigned code;     /* 250 */
    struct text reply; /* to RCPT, or what went wrong */
};

/*
 * Asks the server to take mail for that recipient, who is not ours, and ends the session before
 * there is any. helo: what to say in EHLO.
 */
void call_relay(const struct call_target *target, struct text helo, struct text recipient,
    struct arena *arena, struct call_relay *facts_r);

/* --- a server of others --------------------------------------------------- */

struct call_outside {
    enum call_outcome outcome;
    bool is_welcome;   /* it has greeted us with 220 */
    struct text reply; /* the greeting, or what went wrong */
};

void call_outside(
    const struct call_target *target, struct arena *arena, struct call_outside *facts_r);
