/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One Postfix: where its configuration is, and what its settings come to, defaults and "$other"
 * included, asked of postconf once. Reads only. Lives in its arena.
 */

#include "lib/base/arena.h"
#include "lib/base/error.h"

#define POSTFIX_TIMEOUT_MS ((int64_t)60000)
/* Where a folder of our sockets is seen, below a queue directory. */
#define POSTFIX_INSTANCE_MOUNT "gatepost"

struct postfix_instance {
    struct arena *arena;
    const char *directory;       /* "/etc/postfix" */
    const char *queue_directory; /* without links */
    struct text raw, expanded;   /* "name = value" lines of all parameters */
    const char *mounted; /* a folder that is seen in the queue directory as "gatepost", or NULL */
};

/* directory NULL: the usual one. ERR_ABSENT: there is no Postfix; ERR_REFUSED: postconf complains.
 */
enum err postfix_instance_open(const char *directory, struct arena *arena,
    struct postfix_instance *instance_r, struct failure *failure);
/* Empty where there is no such parameter. Raw: as main.cf has it, or the default. */
struct text postfix_instance_raw(const struct postfix_instance *instance, struct text name);
struct text postfix_instance_value(const struct postfix_instance *instance, struct text name);
/* "$name", "${name}" and "$(name)" replaced by their values; other forms stay. */
struct text postfix_instance_expand(const struct postfix_instance *instance, struct text text);

/*
 * A complaint that Postfix runs in spite of: a parameter that nothing uses, or that a later release
 * drops (after an upgrade of Debian there are many); a file of the system's that was changed since
 * it was copied for chrooted services, or is copied just now; a broken message in the queue. Pure.
 */
bool postfix_instance_is_harmless(struct text complaint);
/* "postfix check" without a word that matters; otherwise ERR_REFUSED and what it says. */
enum err postfix_instance_check(
    const char *directory, struct arena *arena, struct failure *failure);
/* What postconf complains of in that folder, line by line; empty where it is content. */
enum err postfix_instance_complaints(
    const char *directory, struct arena *arena, struct text *lines_r, struct failure *failure);
bool postfix_instance_is_running(const char *directory, struct arena *arena);
enum err postfix_instance_reload(
    const char *directory, struct arena *arena, struct failure *failure);

/*
 * Asks a table as Postfix's services do, from the queue directory. ERR_NONE: it answered, found
 * (value in *value_r) or not (empty).
 */
enum err postfix_instance_query(const struct postfix_instance *instance, const char *table,
    const char *key, struct text *value_r, struct failure *failure);
/* The same for many keys, one a line; of those that it holds, lines that begin with the key. */
enum err postfix_instance_query_all(const struct postfix_instance *instance, const char *table,
    struct text keys, struct text *found_r, struct failure *failure);

/*
 * How Postfix names a socket of ours, chrooted or not: "unix:/var/spool/postfix/gatepost/milter"
 * is "unix:gatepost/milter", and so it is where instance->mounted names its folder. ERR_REFUSED: a
 * socket outside of its queue directory.
 */
enum err postfix_instance_socket(const struct postfix_instance *instance, const char *listen,
    struct text *socket_r, struct failure *failure);
/* The folder of a socket that lies outside of the queue directory, without links; NULL: none. */
const char *postfix_instance_outside(const struct postfix_instance *instance, const char *listen);
