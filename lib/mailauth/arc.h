/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ARC (RFC 8617): the chain of seals that a message brings along, verified, and our own seal on
 * top of it.
 *
 * Verifying is a pure function, as with signatures: arc_find() when the header is complete, then
 * arc_evaluate() as often as one likes; it notes the keys that it needs: those of the newest sets
 * in one wave, those of older ones as the newer have passed. All failures are final, DNS that does
 * not answer among them (§5.2.1): the result is none, pass or fail. Only the newest message
 * signature is verified: oldest-pass (§5.2, 5) is not looked for.
 *
 * Everything lives in the message's arena; one thread at a time.
 */

#include "lib/dns/answers.h"
#include "lib/mailauth/message.h"
#include "lib/mailauth/signature.h"

struct arc_chain;

/* rules NULL: strict defaults. Asks the message for the body hash of the newest set. */
struct arc_chain *arc_find(
    struct message *message, const struct signature_rules *rules, struct arena *arena);

/* What one sealer bears witness of, in the results that it sealed. */
struct arc_witness {
    struct text sealer; /* d= of the seal */
    struct text author; /* the domain in From for which DMARC passed there, normalized; or empty */
};

struct arc_verdict {
    enum auth_result result;             /* AUTH_NONE: no field of ARC; AUTH_PASS; AUTH_FAIL */
    const char *reason;                  /* of a fail: "instance 2: body hash did not verify" */
    unsigned instance;                   /* of the newest set; 0: none that could be read */
    struct text sealer;                  /* d= of the newest seal that passed; else empty */
    bool testing;                        /* a key says t=y: a pass counts for nothing */
    bool covers_author;                  /* the newest message signature covers every From field */
    const struct arc_witness *witnesses; /* of a pass, the newest first; one for each instance */
    bool has_ended; /* the newest seal says fail, whatever is below: nobody adds another (§5.1) */
};

/* AUTH_WAITING as signature_evaluate(); verdict_r is written only with AUTH_DONE. */
enum auth_progress arc_evaluate(
    struct arc_chain *chain, struct answers *answers, int64_t now, struct arc_verdict *verdict_r);

/* --- sealing --- */

struct arc_seal_request {
    struct text domain;      /* d=, an A-label name */
    struct text selector;    /* s= */
    struct text authserv_id; /* of the results */
    struct text results;     /* what stands behind it in our result field; "none" where empty */
    struct text field_list;  /* exactly this h=, colon-separated; empty: the fields that we sign */
    int64_t now;             /* t=; 0: none */
};

struct arc_seal {
    struct text results, message, seal; /* values of the three fields, as signer_format()'s */
};

/*
 * The results of all Authentication-Results fields of the message that bear this authserv-id, from
 * the top down, in one (§4.1.1); empty where there are none. For who seals what another program has
 * judged; forged ones must be gone already.
 */
struct text arc_results_collect(
    const struct message *message, struct text authserv_id, struct arena *arena);

/* The same of one such field: what stands behind the authserv-id; empty for "none". */
struct text arc_results_of(struct text value);

/* Asks the message for the body hash: after the header, before the body. */
enum err arc_seal_prepare(struct message *message);
/*
 * After the body: our set upon the chain as verdict has it. ERR_REFUSED where the chain has ended,
 * is as long as it may be, or the message cannot be signed; ERR_CRYPTO.
 */
enum err arc_seal_format(const struct message *message, const struct arc_verdict *verdict,
    const struct arc_seal_request *request, const struct private_key *key, struct arena *arena,
    struct arc_seal *seal_r, struct failure *failure);
