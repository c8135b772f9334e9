/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What of Dovecot's auth policy and realm stands in our second file (dovecot-conf.h): where
 * gatepost-authd is asked before a login, and the domain of names without one. Nothing, unless
 * authd.listen_policy and authd.realm say so; and a comment alone where the operator has a policy
 * server of his own. Pure, but for dovecot_policy_nonce().
 */

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "mailctl/attach/dovecot-facts.h"

/* "http://127.0.0.1:4001/" of "inet:127.0.0.1:4001"; NULL for unix sockets and for none. */
const char *dovecot_policy_url(const char *listen, struct arena *arena);
/*
 * The nonce that the file, as it stands, has; else a new one. It parts the hashes of one host from
 * those of others and is kept, so that the same wrong password stays the same one. No secret: 12
 * bits of each hash are all that is ever sent.
 */
const char *dovecot_policy_nonce(struct text file, struct arena *arena);
/* Appends what the facts say, in the words of their version; nothing where they say nothing. */
void dovecot_policy_append(const struct dovecot_facts *facts, struct buffer *out);
/* Whether our file, as it stands, says of both what the settings say. */
bool dovecot_policy_is_current(
    struct text file, const char *url, const char *realm, enum dovecot_version version);
