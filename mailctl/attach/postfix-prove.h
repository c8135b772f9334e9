/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The proof that a running Postfix works with us: a session on port 25 that our milter sees and in
 * which an address of ours is looked up, an answer of the policy service, and sessions by which our
 * users send, on 587 and 465, with TLS, a login and a signed message (postfix-submit.h). On port 25
 * Postfix does not ask the policy service, which passes over mail without a login.
 */

#include "mailctl/attach/attach.h"
#include "mailctl/attach/postfix-instance.h"

enum err postfix_prove(const struct attach_site *site, const struct postfix_instance *instance,
    struct failure *failure);
