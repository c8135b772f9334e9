/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What becomes of a message that was judged: the verdict, the operator's settings and exceptions
 * become an answer. In this order: a trusted forwarder's mail is taken, failing DMARC or not; an
 * override decides for its domain; mail in our own name from outside is marked at least; and the
 * owner's policy is applied (RFC 9989 §5.4: on p=reject alone we refuse only where the operator
 * says so).
 */

#include "milter/passage.h"

/* Whose word decided. */
enum policy_by {
    POLICY_BY_OWNER,     /* of the domain, as far as dmarc.on_reject follows */
    POLICY_BY_FORWARDER, /* it came through one that is trusted */
    POLICY_BY_OVERRIDE,  /* the operator's for that domain */
    POLICY_BY_OWN_DOMAIN /* ours, since the domain is */
};

struct policy_outcome {
    const char *action; /* for the log: "accept", "quarantine", "reject", "defer" */
    struct text reason; /* why it is not what the owner asks for; empty: it is that */
    enum policy_by by;
};

/* Fills the passage's reply, behind what is there. */
struct policy_outcome policy_apply(struct passage *passage, const struct mailauth_verdict *verdict);
