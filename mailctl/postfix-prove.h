/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The proof that a running Postfix works with us: a session on port 25 that our milter sees and in
 * which an address of ours is looked up, submission that offers TLS, and an answer of the policy
 * service.
 */

#include "mailctl/attach.h"
#include "mailctl/postfix-instance.h"

enum err postfix_prove(const struct attach_site *site, const struct postfix_instance *instance,
    struct failure *failure);
