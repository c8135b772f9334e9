/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What arc.c needs of signature.c: the two signatures of an ARC set (RFC 8617 §4.1) are verified as
 * a DKIM signature is, but for what they cover.
 */

#include "lib/mailauth/signature-field.h"
#include "lib/mailauth/signature.h"

/* What a seal covers before its own field, in this order (RFC 8617 §5.1.1). */
struct signature_seal {
    const struct header_field *const *fields;
    size_t count;
};

/*
 * The field of that number as a signature, for signature_evaluate(). field is good in itself;
 * cover is for a seal, and its array outlives the signature. A message signature asks the message
 * for its body hash.
 */
struct signature *signature_of_arc(enum signature_kind kind, struct message *message, size_t index,
    const struct signature_field *field, const struct signature_seal *cover,
    const struct signature_rules *rules, struct arena *arena);
