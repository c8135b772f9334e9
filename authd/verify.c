/* SPDX-License-Identifier: MIT */
#include "authd/verify.h"

#include <stdio.h>

#include "authd/authd-metrics.h"
#include "authd/guard-words.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"
#include "lib/store/app-password.h"
#include "lib/store/app-secret.h"

struct verify {
    struct pool_job job;
    struct verifier *verifier;
    verify_done_fn *done; /* NULL: forgotten */
    void *context;
    uint32_t id;
    struct arena *arena;
    struct account account;
    struct text given; /* the name as it was given, and the rest of the log line */
    struct text service, remote, session;
    struct sentry_attempt attempt;
    uint32_t mark;                 /* of the password, for the guard */
    char refusal[GUARD_WORDS_MAX]; /* why the guard refuses it; empty: it does not */
    enum verify_result if_app;     /* what a right app password means for this user */
    enum verify_result if_right;   /* what the right password of the account means */
    enum verify_result if_wrong;
    const char *why_not; /* why if_app is no ok, and if_right neither; NULL where it is plain */
    bool needs_app_password;
    struct proven_mark password_mark, network_mark;
    struct app_password_list app_passwords;
    const struct app_password *app; /* the one that was given, or NULL */
    /* For the thread, which writes the last three. */
    struct text hash, nobody;
    char *password;
    size_t password_len;
    struct verify_cost cost;
    enum password_result outcome;
    char new_hash[PASSWORD_HASH_MAX]; /* empty: the old one stays */
    bool was_hashed;
};

static const struct {
    const char *word;
    struct metric *metric;
} results[] = {
    [VERIFY_OK] = {"ok",        &authd_logins_ok       },
    [VERIFY_MISMATCH] = {"mismatch",  &authd_logins_mismatch },
    [VERIFY_UNKNOWN] = {"unknown",   &authd_logins_unknown  },
    [VERIFY_DISABLED] = {"disabled",  &authd_logins_disabled },
    [VERIFY_TEMPORARY] = {"temporary", &authd_logins_temporary},
    [VERIFY_REFUSED] = {"temporary", &authd_logins_temporary},
};

const char *verify_result_word(enum verify_result result)
{
    return results[result].word;
}

enum err verifier_set_cost(
    struct verifier *verifier, const struct verify_cost *cost, struct failure *failure)
{
    char hash[PASSWORD_HASH_MAX];
    enum err err = password_hash(TEXT("nobody's"), cost->memory_bytes, cost->passes, hash);

    if (err != ERR_NONE)
        return failure_set(failure, err,
            "cannot hash a password with authd.hash_memory = %llu and authd.hash_passes = %u: %s",
            (unsigned long long)cost->memory_bytes, cost->passes, err_text(err));
    memcpy(verifier->nobody, hash, sizeof hash);
    verifier->cost = *cost;
    return ERR_NONE;
}

/* " app_password=7 label=phone", so that a stolen one can be told and taken away. */
static void format_app(const struct verify *verify, char *text_r, size_t size)
{
    char label[2 * LOGIN_NOTE_MAX];

    text_r[0] = '\0';
    if (verify->app != NULL)
        snprintf(text_r, size, " app_password=%lld label=%s", (long long)verify->app->id,
            log_word(verify->app->label.data, verify->app->label.len, label, sizeof label));
}

static void log_result(const struct verify *verify, enum verify_result result, const char *reason)
{
    char user[2 * LOGIN_NOTE_MAX], service[LOGIN_NOTE_MAX], remote[LOGIN_NOTE_MAX],
        session[LOGIN_NOTE_MAX], app[3 * LOGIN_NOTE_MAX];
    bool needs_attention = result >= VERIFY_TEMPORARY && verify->refusal[0] == '\0';

    format_app(verify, app, sizeof app);

    log_write(needs_attention ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, NULL,
        "login: user=<%s> service=%s remote=%s session=<%s>%s result=%s%s%s",
        log_word(verify->given.data, verify->given.len, user, sizeof user),
        log_word(verify->service.data, verify->service.len, service, sizeof service),
        log_word(verify->remote.data, verify->remote.len, remote, sizeof remote),
        log_word(verify->session.data, verify->session.len, session, sizeof session), app,
        verify_result_word(result), reason != NULL ? " reason=" : "", reason != NULL ? reason : "");
}

static struct text password_of(const struct verify *verify)
{
    return text_from_bytes(verify->password, verify->password_len);
}

static void wipe_password(struct verify *verify)
{
    memory_wipe(verify->password, verify->password_len);
    memory_free(&verify->password);
    verify->password_len = 0;
}

static bool has_network(const struct verify *verify)
{
    return verify->job.network.base.family != IP_NONE;
}

/* Behind the answer: storing it may take the disk's time, and may fail. */
static void leave_traces(const struct verify *verify, enum verify_result result)
{
    struct verifier *verifier = verify->verifier;
    int64_t now = clock_wall();

    if (verify->new_hash[0] != '\0')
        credential_writer_rehash(verifier->writer, verifier->pool, verify->account.address,
            verify->hash, text_from_string(verify->new_hash));
    if (verify->app != NULL && result == VERIFY_OK &&
        now - verify->app->last_used >= APP_PASSWORD_USE_STEP_SECONDS)
        credential_writer_note_use(
            verifier->writer, verifier->pool, verify->account.address, verify->app->id, now);
}

/* reason: for the log. told: what the client hears; NULL: no more than the result. */
static void finish(
    struct verify *verify, enum verify_result result, const char *reason, const char *told)
{
    metric_add(results[result].metric, 1);
    if (result == VERIFY_OK && has_network(verify))
        proven_note(verify->verifier->proven, &verify->network_mark);
    log_result(verify, result, reason);
    if (verify->done != NULL)
        verify->done(verify->context, verify->id, result,
            result == VERIFY_OK ? &verify->account : NULL, told);
    leave_traces(verify, result);
    wipe_password(verify);
    memory_wipe(verify->new_hash, sizeof verify->new_hash);
    memory_wipe(&verify->password_mark, sizeof verify->password_mark);
    arena_free_wiped(&verify->arena); /* the hash is a secret too */
    free(verify);
}

static void finish_temporary(struct verify *verify, const char *reason)
{
    finish(verify, VERIFY_TEMPORARY, reason, reason);
}

/* Nobody guesses those, so that guesses at the account are no reason against one. */
static bool is_let_in_by_app(const struct verify *verify, const struct guard_verdict *verdict)
{
    return verify->app != NULL && verdict->ground == GUARD_OVER_LIMIT &&
           verdict->count == GUARD_ACCOUNT;
}

/* False where the guard lets it pass; else it has been answered. */
static bool is_refused(struct verify *verify)
{
    struct guard_verdict verdict = sentry_judge(verify->verifier->sentry, &verify->attempt);

    if (!verdict.is_refused || is_let_in_by_app(verify, &verdict))
        return false;
    metric_add(&authd_refused_guessing, 1);
    guard_words_for_log(&verdict, verify->refusal);
    finish(verify, VERIFY_REFUSED, verify->refusal, guard_words_for_client(&verdict));
    return true;
}

static void tell_guard(const struct verify *verify, enum verify_result result)
{
    struct sentry *sentry = verify->verifier->sentry;

    if (result == VERIFY_OK)
        sentry_note_right(
            sentry, &verify->attempt, verify->service, verify->app != NULL ? verify->app->id : 0);
    else if (result == VERIFY_MISMATCH || result == VERIFY_UNKNOWN)
        sentry_note_wrong(sentry, &verify->attempt, verify->mark);
}

/* What the password has come to. Others may have guessed while this one waited. */
static void conclude(struct verify *verify, enum verify_result result, const char *reason)
{
    if (is_refused(verify))
        return;
    tell_guard(verify, result);
    finish(verify, result, reason, NULL);
}

/* The same password with the cost of today; without a new hash where that fails. */
static void hash_anew(struct verify *verify, struct text password)
{
    const struct verify_cost *cost = &verify->cost;

    if (password_needs_rehash(verify->hash, cost->memory_bytes, cost->passes) &&
        password_hash(password, cost->memory_bytes, cost->passes, verify->new_hash) != ERR_NONE)
        verify->new_hash[0] = '\0';
}

/* Costs next to nothing, and so tells nobody whether there are any. */
static const struct app_password *find_app(const struct verify *verify, struct text password)
{
    char canonical[APP_SECRET_LEN];
    const struct app_password *found = NULL;

    if (app_secret_parse(password, canonical))
        for (size_t i = 0; found == NULL && i < verify->app_passwords.count; i++)
            if (app_secret_matches(verify->app_passwords.items[i].hash, canonical))
                found = &verify->app_passwords.items[i];
    memory_wipe(canonical, sizeof canonical);
    return found;
}

/* A right one is told to be wrong where the user needs app passwords. */
static bool is_told_wrong(const struct verify *verify)
{
    return verify->outcome == PASSWORD_DIFFERS ||
           (verify->outcome == PASSWORD_MATCHES && verify->if_right == VERIFY_MISMATCH);
}

/* A hash of other parameters, mostly quicker ones, would tell that there is such a user. */
static void spend_nobodys_time(const struct verify *verify, struct text password)
{
    if (password_needs_rehash(verify->hash, verify->cost.memory_bytes, verify->cost.passes))
        (void)password_verify(verify->nobody, password);
}

/* In a thread of the pool. */
static void work(struct pool_job *job)
{
    struct verify *verify = (struct verify *)job;
    struct text password = password_of(verify);

    verify->was_hashed = true;
    verify->outcome = password_verify(verify->hash, password);
    if (verify->outcome == PASSWORD_MATCHES && verify->if_right == VERIFY_OK)
        hash_anew(verify, password);
    else if (is_told_wrong(verify))
        spend_nobodys_time(verify, password);
    wipe_password(verify);
}

static void finish_app(struct verify *verify)
{
    enum app_password_use use =
        app_password_judge(verify->app, verify->service, verify->remote, clock_wall());

    if (use == APP_PASSWORD_FITS)
        conclude(verify, verify->if_app, verify->why_not);
    else
        conclude(verify, VERIFY_MISMATCH, app_password_use_word(use));
}

static void finish_right(struct verify *verify)
{
    /* Not of a hash that is about to be replaced: should that fail, the next login tries again. */
    if (verify->if_right == VERIFY_OK && verify->new_hash[0] == '\0')
        proven_note(verify->verifier->proven, &verify->password_mark);
    if (verify->needs_app_password)
        conclude(verify, VERIFY_MISMATCH, "needs an app password");
    else
        conclude(verify, verify->if_right, verify->why_not);
}

static void on_worked(struct pool_job *job)
{
    struct verify *verify = (struct verify *)job;

    if (!verify->was_hashed)
        finish_temporary(verify, "shutting down");
    else if (verify->outcome == PASSWORD_MATCHES)
        finish_right(verify);
    else if (verify->outcome == PASSWORD_DIFFERS)
        conclude(verify, verify->if_wrong, NULL);
    else
        finish_temporary(verify, "the stored hash cannot be checked");
}

/* Where the client does not say, or nobody can read it, there is none. */
static struct ip client_of(const struct login_request *request)
{
    struct ip client = {.family = IP_NONE};

    (void)ip_parse(request->remote, &client);
    return client;
}

static struct text note(struct verify *verify, struct text text)
{
    return arena_copy(verify->arena, text_head(text, LOGIN_NOTE_MAX));
}

static struct verify *verify_new(struct verifier *verifier, const struct login_request *request,
    verify_done_fn *done, void *context)
{
    struct verify *verify = memory_alloc_zero(1, sizeof *verify);
    struct ip client = client_of(request);

    verify->job.class = POOL_STRANGER;
    if (client.family != IP_NONE)
        verify->job.network = guard_network_of(&client);
    verify->attempt.of.client = client;
    verify->job.work = work;
    verify->job.done = on_worked;
    verify->verifier = verifier;
    verify->done = done;
    verify->context = context;
    verify->id = request->id;
    verify->cost = verifier->cost;
    verify->arena = arena_new();
    verify->given = arena_copy(verify->arena, text_head(request->user, USER_ADDRESS_MAX));
    verify->attempt.of.account = verify->given;
    verify->service = note(verify, request->service);
    verify->remote = note(verify, request->remote);
    verify->session = note(verify, request->session);
    verify->password = memory_copy_bytes(request->password.data, request->password.len);
    verify->password_len = request->password.len;
    verify->if_app = verify->if_right = verify->if_wrong = VERIFY_UNKNOWN;
    /* A copy: a reload may change the original while a thread works. */
    verify->nobody = arena_copy(verify->arena, text_from_string(verifier->nobody));
    verify->hash = verify->nobody;
    return verify;
}

/* Whether user and domain are switched on, and the protocol is one of the user's. */
static void take_state(struct verify *verify, const struct user *user)
{
    bool is_enabled = user->enabled && user->domain_enabled;
    bool is_permitted = protocols_permit(user->protocols, verify->service);

    verify->if_app = is_enabled && is_permitted ? VERIFY_OK : VERIFY_DISABLED;
    if (is_enabled && !is_permitted)
        verify->why_not = "protocol";
    verify->needs_app_password = user->needs_app_password;
    verify->if_right = user->needs_app_password ? VERIFY_MISMATCH : verify->if_app;
}

static enum err find_hash(struct verify *verify, struct text address, struct failure *failure)
{
    struct credential credential;
    enum err err = directory_credential(
        verify->verifier->directory, address, verify->arena, &credential, failure);

    if (err == ERR_NONE)
        verify->hash = credential.hash;
    if (err == ERR_ABSENT)
        verify->if_right = VERIFY_MISMATCH; /* a user without a password: no password is right */
    if (err != ERR_NONE && err != ERR_ABSENT)
        return err;
    return directory_app_passwords(
        verify->verifier->directory, address, verify->arena, &verify->app_passwords, failure);
}

/* Fills in what is known of the user. ERR_NONE for an unknown one too, who is verified as nobody.
 */
static enum err find_user(struct verify *verify, struct failure *failure)
{
    struct verifier *verifier = verify->verifier;
    struct text address;
    struct user user;
    enum err err;

    if (!account_address_fold(verify->given, false, verify->arena, &address))
        return ERR_NONE;
    verify->attempt.of.account = address;
    err = directory_user(verifier->directory, address, verify->arena, &user, failure);
    if (err == ERR_ABSENT)
        return ERR_NONE;
    if (err == ERR_NONE) {
        take_state(verify, &user);
        err = account_of_user(&verifier->rule, &user, verify->arena, &verify->account, failure);
    }
    if (err == ERR_NONE)
        err = find_hash(verify, address, failure);
    if (err == ERR_NONE)
        verify->if_wrong = VERIFY_MISMATCH;
    return err;
}

const char *verifier_note_failure(struct verifier *verifier, const struct failure *failure)
{
    /* The database is well; it is this one user whom nothing but the administrator can help. */
    if (failure->err == ERR_REFUSED) {
        log_warning(NULL, "login: temporary failure: %s", failure->text);
        return "there can be no mailbox of that name";
    }
    if (directory_is_news(verifier->directory, failure))
        log_error(NULL, "logins get a temporary failure: %s", failure->text);
    return "the database cannot be read now";
}

/* After the lookup of the user, for one who does not exist as well. */
static void meet(struct verify *verify)
{
    struct sentry *sentry = verify->verifier->sentry;
    bool exists = verify->if_wrong != VERIFY_UNKNOWN;
    struct ip client = verify->attempt.of.client;

    verify->attempt = sentry_meet(sentry, verify->attempt.of.account, exists, &client);
    verify->mark = sentry_mark(sentry, password_of(verify));
}

/* For an unknown user, too: it is the same work. */
static void make_marks(struct verify *verify)
{
    const struct proven *proven = verify->verifier->proven;
    struct text address = verify->account.address;

    proven_mark_password(
        proven, address, verify->hash, password_of(verify), &verify->password_mark);
    proven_mark_network(proven, address, &verify->job.network, &verify->network_mark);
    if ((verify->attempt.of.is_known && !verify->attempt.is_unsure) ||
        (has_network(verify) && proven_has(proven, &verify->network_mark)))
        verify->job.class = POOL_OWNER;
}

/*
 * What costs no hash. A proven password counts only where the answer is "ok": any other one takes
 * the time of a hash, so that it does not tell whether the password was right.
 */
static bool is_answered_at_once(struct verify *verify)
{
    if (verify->if_right == VERIFY_OK &&
        proven_has(verify->verifier->proven, &verify->password_mark)) {
        metric_add(&authd_proven, 1);
        conclude(verify, VERIFY_OK, NULL);
        return true;
    }
    if (verify->app == NULL)
        return false;
    finish_app(verify);
    return true;
}

/* False where it has been answered: nobody gets a place who would wait for too long. */
static bool wait_for_hash(struct verify *verify)
{
    enum pool_answer answer = pool_submit(verify->verifier->pool, &verify->job);
    const char *reason = "too many logins from this network are waiting";

    if (answer == POOL_TAKEN)
        return true;
    if (answer == POOL_IS_FULL)
        reason = "too many logins are waiting";
    metric_add(answer == POOL_IS_FULL ? &authd_refused_queue : &authd_refused_share, 1);
    finish(verify, VERIFY_REFUSED, reason, reason);
    return false;
}

struct verify *verify_start(struct verifier *verifier, const struct login_request *request,
    verify_done_fn *done, void *context)
{
    struct verify *verify = verify_new(verifier, request, done, context);
    struct failure failure;

    if (request->user.len > USER_ADDRESS_MAX || request->password.len == 0 ||
        request->password.len > LOGIN_PASSWORD_MAX) {
        finish(verify, VERIFY_MISMATCH, NULL, NULL);
    } else if (find_user(verify, &failure) != ERR_NONE) {
        finish_temporary(verify, verifier_note_failure(verifier, &failure));
    } else {
        meet(verify);
        make_marks(verify);
        verify->app = find_app(verify, password_of(verify));
        if (!is_refused(verify) && !is_answered_at_once(verify) && wait_for_hash(verify))
            return verify;
    }
    return NULL;
}

void verify_forget(struct verify *verify)
{
    verify->done = NULL;
}
