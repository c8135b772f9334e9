/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The ARC sets of a message (RFC 8617 §4.2): of each instance one ARC-Authentication-Results, one
 * ARC-Message-Signature, one ARC-Seal. Found and read, not verified. Lives in the arena given; the
 * message's thread.
 */

#include "lib/mailauth/message.h"
#include "lib/mailauth/signature-field.h"

#define ARC_RESULTS_FIELD "ARC-Authentication-Results"
#define ARC_MESSAGE_FIELD "ARC-Message-Signature"
#define ARC_SEAL_FIELD "ARC-Seal"

struct arc_set {
    size_t results_index, message_index, seal_index; /* numbers of the fields */
    struct text results;                             /* what stands behind the instance */
    struct signature_field message, seal;
};

struct arc_sets {
    const struct arc_set *items; /* of instance 1 first */
    size_t count;                /* 0: no field of ARC at all, or a problem */
    unsigned newest;             /* the highest instance that could be read; 0: none */
    bool has_ended;              /* the newest seal that could be read says fail */
};

/*
 * NULL where the sets are complete and good in themselves, or there are none; else what is wrong,
 * in a few words.
 */
const char *arc_sets_find(
    const struct message *message, struct arena *arena, struct arc_sets *sets_r);
/*
 * Instance by instance results, message signature and seal, as seals cover them (§5.1.1); with room
 * for one more set at the end.
 */
const struct header_field **arc_sets_order(
    const struct message *message, const struct arc_sets *sets, struct arena *arena);
