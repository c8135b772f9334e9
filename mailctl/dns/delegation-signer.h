/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether the DS records above a zone lead to one of its keys (RFC 4034 §5): where they do not,
 * whoever validates sees nothing of the zone. Pure functions.
 */

#include "lib/dns/answer.h"

enum delegation_signer {
    DELEGATION_SIGNER_LEADS, /* one of them is the digest of one of the keys */
    DELEGATION_SIGNER_ASTRAY,
    DELEGATION_SIGNER_UNKNOWN /* none leads, but one has a digest that is not known here */
};

/* Of the records DS and DNSKEY of a zone, neither of them empty. */
enum delegation_signer delegation_signer_judge(
    struct text zone, const struct dns_answer *signers, const struct dns_answer *keys);
