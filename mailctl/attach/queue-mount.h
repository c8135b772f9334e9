/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How a further Postfix instance reaches our daemons: Postfix's chrooted services see nothing
 * outside of their own queue directory, so the folder of our sockets, which lies in that of the
 * first instance, is mounted into it (mount --bind). One set of daemons serves all instances
 * thereby, and a user's limit is counted once. A unit of systemd does it, a file that attach writes
 * through its journal; this is the noun around that file. Main thread.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct queue_mount {
    const char *from; /* the folder of our sockets: "/var/spool/postfix/gatepost" */
    const char *to;   /* where they are seen: "/var/spool/postfix-out/gatepost" */
    const char *unit; /* "var-spool-postfix\x2dout-gatepost.mount" */
};

/* The name that systemd wants for a mount on that folder, a path in full. */
const char *queue_mount_unit(const char *folder, struct arena *arena);
/* The unit's file. */
const char *queue_mount_path(const char *unit, struct arena *arena);
/* "to" is QUEUE/gatepost. False where a path has bytes that would need quoting in a unit. */
bool queue_mount_plan(
    const char *from, const char *queue, struct arena *arena, struct queue_mount *mount_r);
/* What stands in the unit's file. */
struct text queue_mount_text(const struct queue_mount *mount, struct arena *arena);
/* Nobody else has put anything there: it is missing, empty, or our folder already. */
bool queue_mount_is_free(const struct queue_mount *mount);

/* Whether a file of a journal is the unit of one: *mount_r with unit and to; from stays NULL. */
bool queue_mount_parse(
    const char *path, struct text content, struct arena *arena, struct queue_mount *mount_r);
/* Once the unit's file is there: mounts it, now and at each boot. */
enum err queue_mount_enable(
    const struct queue_mount *mount, struct arena *arena, struct failure *failure);
/* Once it is gone. May be repeated. */
enum err queue_mount_disable(
    const struct queue_mount *mount, struct arena *arena, struct failure *failure);
