/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The name server that takes changes of a zone: asked for what it has, and told to change it in
 * one update (RFC 2136), which it does wholly or not at all. Over TCP; with a key both ways are
 * signed (RFC 8945), and what is not signed counts for nothing. Waits, a bounded time for each
 * message.
 */

#include <stdint.h>

#include "lib/base/ip.h"
#include "lib/dns/answer.h"
#include "mailctl/dns/present.h"
#include "mailctl/dns/tsig-key.h"
#include "mailctl/dns/zone-diff.h"

struct primary {
    struct ip ip;
    uint16_t port;
    const struct tsig_key *key; /* NULL: nothing is signed */
    struct text zone;
    int64_t timeout_ms; /* of each message */
};

/*
 * Adds to the list what the server has, apart from it what it may make from wildcards. Fails as
 * stream_exchange(), tsig_verify() and present_read().
 */
enum err primary_see(const struct primary *primary, const struct dns_question *questions,
    size_t count, struct arena *arena, struct present_list *list, struct failure *failure);

/*
 * Carries the changes out, on the condition that the sets they belong to are still what was seen.
 * ERR_BUSY: they are not, so nothing was changed. ERR_ACCESS, ERR_REFUSED: the server does not
 * permit it. Else as above; after ERR_TIMEOUT and ERR_IO it may have been done all the same.
 */
enum err primary_update(const struct primary *primary, const struct zone_diff *diff,
    const struct present_list *seen, struct failure *failure);

/*
 * The message of such an update: zone, conditions and changes. ERR_UNSUPPORTED: a record of a type
 * that is not known here. ERR_LIMIT: too many changes for one message.
 */
enum err primary_write_update(struct text zone, uint16_t id, const struct zone_diff *diff,
    const struct present_list *seen, struct buffer *message, struct failure *failure);
