/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The way of a message through our own relays, read from its header as it goes by: who gave it to
 * the first of them, and what they have found out.
 *
 * Each host puts its Received field on top of what it was given. So the topmost one was written by
 * the relay that is now our client, which says whom it had the message from. If that is a relay of
 * ours, too, the next one below is its, and so on. The first field that names somebody else is the
 * last to be believed: what stands below it was written by strangers.
 *
 * Where a field cannot be read, or a relay has written none, nobody knows the hop: it has no
 * address then, and SPF cannot pass. What relays took from a login, from a network whose mail is
 * ours, or from a program of their own, began there: the relay itself is the hop, as it would be
 * for every other site.
 *
 * A program on a relay can write what it likes below the one field that the relay writes for it. As
 * long as relays may have filters, that is believed (milter.relay_programs).
 *
 * An Authentication-Results field of a relay counts where nobody else can have put it, above a
 * Received field that is believed; or, if the operator says that the relays remove forged ones, in
 * any place. Lives in the message's arena; one thread at a time.
 */

#include "milter/forged.h"
#include "milter/session.h"

/* Received fields that are looked at: Postfix takes a message with more (hopcount_limit) for a
 * loop. */
#define TRAIL_RECEIVED_MAX 50
/* Result fields of relays that are read; each filter of each relay may write one. */
#define TRAIL_RESULTS_MAX 16

struct trail;

/* client: the relay that gave us the message. */
struct trail *trail_new(const struct world *world, const struct session_client *client,
    struct text helo, struct arena *arena);
/* Every field, from the top; claim: what forged.h thinks of it. */
void trail_field(struct trail *trail, const struct header_field *field, struct forged_claim *claim);
/* The header is complete. The texts live in the arena. */
struct mailauth_hop trail_end(struct trail *trail);
