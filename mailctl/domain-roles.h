/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The addresses that other sites write to when something is wrong with a domain: postmaster, which
 * each domain that takes mail must have (RFC 5321, 4.5.1), and abuse (RFC 2142, 4). Who gets their
 * mail; nobody is the administrator's to mend.
 */

#include <jansson.h>

#include "lib/store/domain.h"
#include "mailctl/invocation.h"

#define DOMAIN_ROLES_COUNT 2

struct domain_role {
    const char *name; /* "postmaster" */
    struct text address;
    struct text
        place; /* the same, in the domain that this one is an alias of: where an alias goes */
    bool is_elsewhere; /* of a relay, whose own host knows, and of what is switched off */
    bool is_somebody;
    const struct text *receivers; /* where its mail goes: targets, or the address of its user */
    size_t receiver_count;
};

struct domain_roles {
    struct domain_role of[DOMAIN_ROLES_COUNT];
};

/*
 * In the memory of the arena. receiver: who gets what nobody else does, the setting postmaster. A
 * relay passes on what others know: all of its roles are somebody's, without receivers. Nobody gets
 * mail of a domain that is switched off, which is nothing to mend.
 */
enum err domain_roles_find(struct store *store, const struct domain *domain, struct text receiver,
    struct arena *arena, struct domain_roles *roles_r);
/* "alice@example.org, bob@example.org", or "nobody" and the command that mends it. */
struct text domain_role_text(const struct invocation *invocation, const struct domain_role *role);
json_t *domain_role_json(const struct domain_role *role);
