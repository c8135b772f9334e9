/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Seeing that a running Dovecot asks gatepost-authd, with no password of anybody's: over the socket
 * that Postfix will use, a user who does not exist logs in with a random password, and must be
 * refused as unknown, by authd's own count; over the LMTP socket, an address of ours is taken or
 * refused as authd says. No message is sent. Each waits for the socket to come up after a reload.
 */

#include "mailctl/invocation.h"

/*
 * queue: Postfix's queue directory; address: one that does not exist, in a domain of ours where
 * there is one. ERR_REFUSED and others: the failure says what was seen instead.
 */
enum err dovecot_prove_login(
    const char *run_directory, const char *queue, const char *address, struct failure *failure);
/*
 * exists: whether the address is a user of ours, who is to be taken. Somebody who does not exist
 * may be taken by another userdb of the operator's, but must be decided about.
 */
enum err dovecot_prove_delivery(
    const char *queue, const char *address, bool exists, struct failure *failure);
