/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is done for a message that is taken and forwarded: its envelope sender becomes an address
 * of ours, and it gets a seal where the operator wants one. A message that does not leave this
 * place stays as it is.
 */

#include "milter/passage.h"

struct forward_outcome {
    bool is_forwarded;
    struct text domain; /* of the recipient that is forwarded; empty: not known */
    struct text words;  /* for the log line: " forwarded=<info@example.org> srs=<...>"; or empty */
};

/*
 * Asks whether it is forwarded, and changes the sender. False where that cannot be told now: the
 * reply is a 451 then, and the reason logged.
 */
bool forward_apply(struct passage *passage, struct forward_outcome *outcome_r);

struct forward_seal {
    const struct message *message; /* arc_seal_prepare() was called */
    const struct arc_verdict *chain;
    struct text results; /* the value of our result field */
};

/*
 * Seals, on top of all other changes to the header: by an active key of the recipient's domain or
 * of its nearest parent that has keys; adds to the outcome's words. False as above.
 */
bool forward_seal_apply(
    struct passage *passage, const struct forward_seal *seal, struct forward_outcome *outcome);
