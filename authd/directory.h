/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The databases that authd asks: domains, users and aliases; password hashes; what senders of
 * forwarded mail are signed with; and from where accounts are used. The loop's thread alone uses
 * them, and only to read. A database that fails is closed and opened again, at most twice a second;
 * until that works every lookup fails with the same reason, so that a broken disk costs no time per
 * request. A database file that was taken away or replaced is noticed.
 *
 * Lookups end with ERR_NONE (found), ERR_ABSENT, or another code: failed, and *failure says why,
 * with the file's name.
 */

#include "lib/base/arena.h"
#include "lib/mailauth/srs.h"
#include "lib/store/app-password.h"
#include "lib/store/credential.h"
#include "lib/store/domain.h"
#include "lib/store/relayhost.h"
#include "lib/store/route.h"
#include "lib/store/sender.h"
#include "lib/store/user.h"

struct directory;
struct event_base;

/*
 * Opens the first two; fails where either cannot be read, with what to do about it. The others are
 * opened when they are needed.
 */
enum err directory_open(
    const char *state_directory, struct directory **directory_r, struct failure *failure);
void directory_close(struct directory **directory);
/*
 * All that is looked up in one turn of this loop is of one moment: a transaction for each turn
 * instead of one for each statement. ERR_IO: no memory. The loop outlives the directory.
 */
enum err directory_join_loop(
    struct directory *directory, struct event_base *base, struct failure *failure);

/* All names folded (account.h). */
enum err directory_domain(struct directory *directory, struct text name, struct arena *arena,
    struct domain *domain_r, struct failure *failure);
enum err directory_user(struct directory *directory, struct text address, struct arena *arena,
    struct user *user_r, struct failure *failure);
/* route_find_or_role() of lib/store/route.h. */
enum err directory_route(struct directory *directory, struct text address, struct arena *arena,
    struct alias *alias_r, struct failure *failure);
/* relay_recipient_accepts() of lib/store/relay-recipient.h. */
enum err directory_relay_accepts(
    struct directory *directory, struct text address, struct failure *failure);
/* Of that very sender. The password is among it: the arena is to be wiped. */
enum err directory_relayhost(struct directory *directory, struct text sender, struct arena *vault,
    struct relayhost *relayhost_r, struct failure *failure);
/* sender_list() of lib/store/sender.h; ERR_LIMIT: more than it gives. */
enum err directory_senders(struct directory *directory, struct text address, struct arena *arena,
    struct sender_list *list_r, struct failure *failure);
enum err directory_credential(struct directory *directory, struct text address, struct arena *arena,
    struct credential *credential_r, struct failure *failure);
/* Of a user; none is no failure. The hashes are among it: the arena is to be wiped. */
enum err directory_app_passwords(struct directory *directory, struct text address,
    struct arena *arena, struct app_password_list *list_r, struct failure *failure);
/* When that account was last used from that network (known-network.h). */
enum err directory_known_network(struct directory *directory, struct text address,
    struct text network, int64_t *last_r, struct failure *failure);
enum err directory_domains(struct directory *directory, struct arena *arena,
    struct domain_list *list_r, struct failure *failure);
enum err directory_users(struct directory *directory, struct text domain, struct arena *arena,
    struct user_list *list_r, struct failure *failure);

/* Who gets mail for postmaster and abuse where nobody else does; empty: nobody. */
void directory_set_postmaster(struct directory *directory, struct text receiver);
/* What parts local parts from their extensions (lib/store/mailbox.h). */
void directory_set_delimiter(struct directory *directory, char delimiter);
char directory_delimiter(const struct directory *directory);
/* Whose addresses authd takes back, from the settings; domain empty: nobody's. */
void directory_set_srs(struct directory *directory, struct text domain, int64_t max_age_days);
/*
 * The rules with the secrets of now, in an arena to be wiped. ERR_ABSENT: no domain is set. That
 * there is no secret is a failure.
 */
enum err directory_srs(struct directory *directory, struct arena *vault, struct srs_rules *rules_r,
    struct failure *failure);

/*
 * Of the failure just returned: true once for each time that its database begins to fail, or fails
 * for another reason: then the caller writes the error line. Further requests are told the same
 * reason without a line each, whatever the other database does meanwhile.
 */
bool directory_is_news(struct directory *directory, const struct failure *failure);
