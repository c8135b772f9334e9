/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Dovecot's auth policy is answered, and what its reports count for.
 *
 *   −1  only for a network on the block list: Dovecot tells its client that the password was wrong,
 *       and a right password must never be answered as wrong
 *    0  go on
 *    N  wait so many seconds first: the nearer the guard's counts come to their limits, the longer.
 *       This is the one place where a login is delayed; Dovecot waits without holding a process
 *
 * A report counts where somebody guessed at, or used, an account that gatepost-authd does not
 * verify, a system user's say: those of our domains were noted when they were verified. One login
 * is counted once (policy-logins.h). The loop's thread.
 */

#include "authd/directory.h"
#include "authd/guard.h"
#include "authd/policy-logins.h"
#include "authd/policy-request.h"
#include "authd/proxies.h"

#define POLICY_REFUSE (-1)
/* Postfix gives up on Dovecot after 10 seconds. */
#define POLICY_DELAY_MAX_SECONDS 8

/* Who counts. The account is folded; password: something that differs as passwords do. */
struct policy_guard {
    void *context;
    struct guard_verdict (*judge)(void *context, struct text account, const struct ip *client);
    void (*note_wrong)(void *context, struct text account, bool exists, const struct ip *client,
        struct text password);
    /* From now on the network is one of the account's. */
    void (*note_right)(
        void *context, struct text account, const struct ip *client, struct text service);
};

/* Owned by the daemon. */
struct policy {
    struct directory *directory;
    struct policy_guard guard;
    const struct proxies *proxies;
    struct policy_logins *logins;
    struct text realm; /* of names without a domain; empty: none */
};

/* To be called first: name and address become those that count. */
void policy_settle(
    const struct policy *policy, struct policy_request *request, struct arena *arena);
/* The status for an answer; logged unless it is 0. */
int policy_answer(struct policy *policy, const struct policy_request *request, struct arena *arena);
/* Takes a report. A directory that cannot be read counts against nobody. */
void policy_report(
    struct policy *policy, const struct policy_request *request, struct arena *arena);
/* How long a login waits by the guard's verdict: 0 to POLICY_DELAY_MAX_SECONDS. */
int policy_delay(const struct guard_verdict *verdict);
