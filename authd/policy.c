/* SPDX-License-Identifier: MIT */
#include "authd/policy.h"

#include <sodium.h>

#include "authd/account.h"
#include "authd/authd-metrics.h"
#include "authd/login-request.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

/* Below this nobody waits: the owner of a password errs, too. */
#define DELAY_FROM_PERCENT 50

static void log_request(const struct policy_request *request, const char *outcome)
{
    char user[2 * LOGIN_NOTE_MAX], service[LOGIN_NOTE_MAX], session[LOGIN_NOTE_MAX],
        remote[IP_TEXT_MAX];

    ip_format(&request->remote, remote);
    log_info(NULL, "policy: user=<%s> service=%s remote=%s session=<%s> %s",
        log_word(request->login.data, request->login.len, user, sizeof user),
        log_word(request->protocol.data, request->protocol.len, service, sizeof service), remote,
        log_word(request->session.data, request->session.len, session, sizeof session), outcome);
}

/* The name by which it is counted, and its domain; no domain where it is no address. */
static struct text fold(struct text login, struct arena *arena, struct text *domain_r)
{
    struct text account;
    char *lower;

    *domain_r = TEXT_NONE;
    if (account_address_fold(login, false, arena, &account)) {
        *domain_r = text_skip(account, text_find_last(account, '@') + 1);
        return account;
    }
    lower = arena_copy_string(arena, login);
    text_lower_bytes(lower, login.len);
    return text_from_bytes(lower, login.len);
}

void policy_settle(const struct policy *policy, struct policy_request *request, struct arena *arena)
{
    request->login = account_complete(request->login, policy->realm, arena);
    request->remote = proxies_client(policy->proxies, &request->remote, &request->real_remote);
}

/* --- the answer --- */

int policy_delay(const struct guard_verdict *verdict)
{
    unsigned seconds;

    if (verdict->ground == GUARD_IS_ALLOWED || verdict->percent < DELAY_FROM_PERCENT)
        return 0;
    seconds = 1 + (verdict->percent - DELAY_FROM_PERCENT) / 25;
    return seconds < POLICY_DELAY_MAX_SECONDS ? (int)seconds : POLICY_DELAY_MAX_SECONDS;
}

int policy_answer(struct policy *policy, const struct policy_request *request, struct arena *arena)
{
    struct text domain, account = fold(request->login, arena, &domain);
    struct guard_verdict verdict =
        policy->guard.judge(policy->guard.context, account, &request->remote);
    int status = policy_delay(&verdict);

    if (verdict.ground == GUARD_IS_BLOCKED) {
        log_request(request, "answer=blocked");
        metric_add(&authd_policy_refused, 1);
        return POLICY_REFUSE;
    }
    if (status != 0) {
        log_request(request, arena_print(arena, "answer=delay seconds=%d", status).data);
        metric_add(&authd_policy_delayed, 1);
    }
    return status;
}

/* --- reports --- */

/* Of a failure. */
static bool is_guess(const struct policy_request *request)
{
    return !request->policy_reject && request->fail != POLICY_FAIL_OTHER;
}

static bool is_verified_here(struct policy *policy, struct text domain, struct arena *arena)
{
    struct domain found;
    struct failure failure;
    enum err err;

    if (domain.len == 0)
        return false;
    err = directory_domain(policy->directory, domain, arena, &found, &failure);
    if (err != ERR_NONE && err != ERR_ABSENT && directory_is_news(policy->directory, &failure))
        log_error(NULL, "reports of logins count for nothing: %s", failure.text);
    return err != ERR_ABSENT;
}

/* By a mechanism that hides the password every one counts as another. */
static struct text password_mark(const struct policy_request *request, uint64_t *room)
{
    if (policy_mech_shows_password(request->mech))
        return request->pwhash;
    randombytes_buf(room, sizeof *room);
    return text_from_bytes((const char *)room, sizeof *room);
}

static void report_guess(
    struct policy *policy, const struct policy_request *request, struct text account)
{
    bool exists = request->fail != POLICY_FAIL_ACCOUNT;
    uint64_t room;

    if (!policy_logins_note(policy->logins, request, clock_wall()))
        return;
    log_request(request, exists ? "result=mismatch" : "result=unknown");
    metric_add(&authd_policy_counted, 1);
    policy->guard.note_wrong(
        policy->guard.context, account, exists, &request->remote, password_mark(request, &room));
}

void policy_report(struct policy *policy, const struct policy_request *request, struct arena *arena)
{
    struct text domain, account = fold(request->login, arena, &domain);

    if ((!request->success && !is_guess(request)) || is_verified_here(policy, domain, arena))
        return;
    if (request->success)
        policy->guard.note_right(
            policy->guard.context, account, &request->remote, request->protocol);
    else
        report_guess(policy, request, account);
}
