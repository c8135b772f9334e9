/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How one Postfix reaches the sockets of our daemons: by paths below its queue directory, for its
 * services may be chrooted there. Where they lie elsewhere, as for any instance but the first,
 * their folder is mounted in (queue-mount.h). An instance that has daemons of its own, by the units
 * gatepost-NAME@INSTANCE, needs no mount; once nothing leads to these any more, they are stopped.
 */

#include "mailctl/attach/postfix-wiring.h"

/* Names them in the wiring, and plans the mount. ERR_REFUSED: cannot be reached, with a way out. */
enum err postfix_sockets_plan(struct wiring *wiring, struct failure *failure);
/* Notes in the instance what was mounted for it, so that the sockets' names come out right. */
void postfix_sockets_find(const struct attach_site *site, struct postfix_instance *instance);
/* Mounts and unmounts what the files of the journal, as they are now, say. May be repeated. */
enum err postfix_sockets_follow(
    const struct attach_site *site, const struct journal *journal, struct failure *failure);
