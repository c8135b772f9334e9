/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The guard (guard.h) at work: with the rules of the settings, with what is known of where accounts
 * are used, and with a memory that outlives the process (guard-writer.h). Whoever checks passwords
 * asks it before, and tells it what came of it:
 *
 *     attempt = sentry_meet(sentry, account, exists, &client);
 *     verdict = sentry_judge(sentry, &attempt);      refused: a temporary failure, at once
 *     sentry_note_right() or sentry_note_wrong()
 *
 * A lookup in the database is made for each attempt, whether there is such an account or not, so
 * that the time does not tell. Where it fails everybody is judged as the owner, since a broken disk
 * shall keep no owner out: each network may then err as often as an owner's. What is wrong counts
 * for the account and the network as well, for when the database is back.
 *
 * The database holds the key of its marks as well. Without it a restart would make each wrong
 * password a new one; and who can read the one could read the other. So that neither tells much, of
 * a wrong password there are SENTRY_PASSWORD_BITS alone: enough to tell ten from one another, far
 * too few to find it out.
 *
 * The loop's thread. Owned by the daemon.
 */

#include "authd/directory.h"
#include "authd/guard.h"
#include "lib/service/settings.h"

#define SENTRY_PASSWORD_BITS 16
/* Of each kind; some 200 bytes each, and 8 for each mark. */
#define SENTRY_ACCOUNTS_MAX 50000
#define SENTRY_NETWORKS_MAX 50000

struct sentry;

/*
 * Reads what was counted before. A database that cannot be read is logged and no failure. The
 * directory is to be there as long as the sentry; the settings are not kept. ERR_IO: no thread can
 * be started.
 */
enum err sentry_new(const struct settings *settings, struct directory *directory,
    struct sentry **sentry_r, struct failure *failure);
/* Writes down what waits. Clears the pointer; accepts a pointer to NULL. */
void sentry_free(struct sentry **sentry);
/* Settings of a reload: what was counted stays. */
void sentry_set(struct sentry *sentry, const struct settings *settings);

struct sentry_attempt {
    struct guard_attempt of; /* .is_known among it */
    int64_t last_use;        /* of the account from that network; 0: never */
    bool is_unsure;          /* .is_known, since nobody can tell */
};

/*
 * Somebody tries to log in. account: the address, folded, or as given where it is none; it has to
 * be there as long as the attempt. client: IP_NONE where it is not known.
 */
struct sentry_attempt sentry_meet(
    struct sentry *sentry, struct text account, bool exists, const struct ip *client);
/* May be asked again, after waiting. Nobody is refused where guard.enabled is no. */
struct guard_verdict sentry_judge(struct sentry *sentry, const struct sentry_attempt *attempt);
/* What is kept of a password until it is known to be wrong. */
uint32_t sentry_mark(const struct sentry *sentry, struct text password);
void sentry_note_wrong(struct sentry *sentry, const struct sentry_attempt *attempt, uint32_t mark);
/*
 * The password was right, and its user may log in: from now on the network is one of the account's.
 * service: may be empty. app_password: its number, or 0.
 */
void sentry_note_right(struct sentry *sentry, const struct sentry_attempt *attempt,
    struct text service, int64_t app_password);

/* guard_each(), by the time of now. */
void sentry_each(struct sentry *sentry, size_t max, guard_visit_fn *visit, void *context);
/* Forgets what is counted, for good, of an account or of the client's networks. False: nothing was.
 */
bool sentry_forget_account(struct sentry *sentry, struct text account);
bool sentry_forget_network(struct sentry *sentry, const struct ip *client);
