/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-prove.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/service/address.h"
#include "lib/service/proof-answer.h"
#include "lib/store/domain.h"
#include "mailctl/attach/dovecot-conf.h"
#include "mailctl/attach/interrupt.h"
#include "mailctl/attach/master-cf.h"
#include "mailctl/attach/postfix-list.h"
#include "mailctl/attach/postfix-submit.h"
#include "mailctl/attach/postfix-wiring.h"
#include "mailctl/attach/smtp-probe.h"

/* A reload takes a moment to reach all processes: a probe is repeated for so long. */
#define PATIENCE_MS ((int64_t)20 * 1000)
#define STEP_MS 200

struct proof {
    const struct attach_site *site;
    const struct postfix_instance *instance;
    struct arena *arena;
    const char *host;    /* where Postfix listens */
    struct text domain;  /* one of ours, or empty: there is none yet */
    const char *address; /* in it, or NULL */
};

/* Something to see. */
struct attempt {
    const char *name;
    enum err (*run)(const struct proof *proof, struct attempt *attempt, struct failure *failure);
    struct submit *submit; /* for attempt_submission() */
    bool is_final;         /* set by run(): it failed, and another try would do harm */
};

/* --- what is asked --- */

static enum err converse(
    const struct proof *proof, struct smtp_probe *smtp, struct failure *failure)
{
    struct text host = postfix_instance_value(proof->instance, TEXT("myhostname"));
    uint64_t connections = 0;
    enum err err = smtp_probe_say(smtp, NULL, "2", failure);

    if (err == ERR_NONE)
        err = smtp_probe_say(
            smtp, arena_print(proof->arena, "EHLO %.*s", TEXT_ARGS(host)).data, "2", failure);
    if (err == ERR_NONE)
        err = smtp_probe_say(smtp, "MAIL FROM:<>", "2", failure);
    if (err == ERR_NONE)
        err = postfix_submit_milter_connections(proof->site, &connections, failure);
    if (err == ERR_NONE && connections == 0)
        err = failure_set(failure, ERR_REFUSED, "gatepost-milter does not see the session");
    /* Whether somebody is there or not is both an answer; 4 means that nobody could say. */
    if (err == ERR_NONE && proof->address != NULL)
        err = smtp_probe_say(
            smtp, arena_print(proof->arena, "RCPT TO:<%s>", proof->address).data, "25", failure);
    if (err == ERR_NONE)
        err = smtp_probe_say(smtp, "QUIT", "2", failure);
    return err;
}

static enum err probe_session(
    const struct proof *proof, struct attempt *attempt, struct failure *failure)
{
    struct smtp_probe smtp;
    enum err err = smtp_probe_connect(proof->host, "25", proof->arena, &smtp, failure);

    (void)attempt;
    if (err != ERR_NONE)
        return err;
    err = converse(proof, &smtp, failure);
    smtp_probe_close(&smtp);
    return err;
}

static enum err probe_policy(
    const struct proof *proof, struct attempt *attempt, struct failure *failure)
{
    static const char question[] = "request=smtpd_access_policy\nprotocol_state=RCPT\n"
                                   "instance=mailctl\nsender=\nrecipient=probe@localhost\n"
                                   "sasl_username=\n\n";
    const char *listen = proof->site->settings->policyd.listen;
    struct smtp_probe policy;
    struct address address;
    enum err err;

    (void)attempt;
    if (!address_parse(text_from_string(listen), &address))
        return failure_set(failure, ERR_SYNTAX, "%s: no address", listen);
    err = smtp_probe_connect_to((const struct sockaddr *)&address.sockaddr, address.len, listen,
        proof->arena, &policy, failure);
    if (err != ERR_NONE)
        return err;
    err = smtp_probe_send(&policy, text_from_string(question), failure);
    if (err == ERR_NONE)
        err = smtp_probe_read_until(&policy, TEXT("\n\n"), failure);
    if (err == ERR_NONE && !text_starts_with(policy.answer, TEXT("action=")))
        err = failure_set(
            failure, ERR_REFUSED, "the answer was \"%.*s\"", TEXT_ARGS(text_trim(policy.answer)));
    smtp_probe_close(&policy);
    return err;
}

/* Under the name that Postfix uses, from where it uses it. */
static enum err probe_lookup(
    const struct proof *proof, struct attempt *attempt, struct failure *failure)
{
    struct text socket;
    enum err err = postfix_instance_socket(
        proof->instance, proof->site->settings->authd.listen_lookup, &socket, failure);
    struct text output;

    (void)attempt;
    if (err != ERR_NONE)
        return err;
    return postfix_instance_query(proof->instance,
        arena_print(proof->arena, "socketmap:%.*s:mailboxes", TEXT_ARGS(socket)).data,
        proof->address != NULL ? proof->address : "probe@localhost", &output, failure);
}

static enum err probe_submission(
    const struct proof *proof, struct attempt *attempt, struct failure *failure)
{
    enum err err = postfix_submission_knock(attempt->submit->submission, failure);

    (void)proof;
    if (err == ERR_NONE)
        err = postfix_submit(attempt->submit, failure);
    attempt->is_final = attempt->submit->is_final;
    return err;
}

/* --- in turn --- */

/* Repeated for some time, since a server that has reloaded takes a moment. */
static enum err insist(const struct proof *proof, struct attempt *attempt, struct failure *failure)
{
    int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    struct failure inner;
    enum err err;

    while ((err = attempt->run(proof, attempt, &inner)) != ERR_NONE && !attempt->is_final &&
           !interrupt_came() && clock_monotonic_ms() < deadline_ms)
        interrupt_pause(STEP_MS);
    return err == ERR_NONE ? err
                           : failure_set(failure, err, "%s failed: %s", attempt->name, inner.text);
}

/* What does not depend on who our users are. */
static enum err prove_ground(
    const struct proof *proof, const struct master_cf *master, struct failure *failure)
{
    struct attempt attempts[] = {
        {"gatepost-authd's lookup",              probe_lookup,  NULL, false},
        {"gatepost-policyd's answer",            probe_policy,  NULL, false},
        {"a session on port 25 with our milter", probe_session, NULL, false},
    };
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < sizeof attempts / sizeof *attempts; i++) {
        if (attempts[i].run == probe_session && master_cf_find(master, TEXT("smtp/inet")) == NULL &&
            master_cf_find(master, TEXT("25/inet")) == NULL)
            continue;
        err = insist(proof, &attempts[i], failure);
        if (err == ERR_NONE)
            invocation_tell(proof->site->invocation, "postfix: seen: %s", attempts[i].name);
    }
    return err;
}

static void tell_submission(const struct proof *proof, const struct submit *submit)
{
    static const char *const seen[] = {
        "an answer", "TLS", "TLS, a login", "TLS, a login, a message"};
    static const char *const missed[] = {
        "TLS, a login and a message", "a login and a message", "a message"};
    const struct submission *submission = submit->submission;
    const struct invocation *invocation = proof->site->invocation;
    bool is_signed = text_starts_with(submit->signature, TEXT(PROOF_ANSWER_SIGNED));

    invocation_tell(invocation, "postfix: seen: a session on port %s: %s%s%.*s", submission->port,
        seen[submission->depth], is_signed ? " " : "",
        TEXT_ARGS(is_signed ? submit->signature : TEXT("")));
    if (submission->obstacle != NULL)
        invocation_tell(invocation, "postfix: not tried on port %s: %s: %s", submission->port,
            missed[submission->depth], submission->obstacle);
    else if (!is_signed)
        invocation_tell(invocation,
            "postfix: %.*s yet (\"mailctl dkim list\", \"mailctl dkim generate %.*s\")",
            TEXT_ARGS(submit->signature), TEXT_ARGS(proof->domain));
}

struct submissions {
    struct submission *items; /* heap; array_done() */
    size_t count, room;
};

static enum err prove_each(const struct proof *proof, const struct submissions *submissions,
    const struct proof_user *user, struct failure *failure)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < submissions->count; i++) {
        const struct submission *submission = &submissions->items[i];
        struct submit submit = {.site = proof->site,
            .instance = proof->instance,
            .submission = submission,
            .user = user};
        struct attempt attempt = {
            .name = arena_print(proof->arena, "a session on port %s", submission->port).data,
            .run = probe_submission,
            .submit = &submit,
        };

        err = insist(proof, &attempt, failure);
        if (err == ERR_NONE)
            tell_submission(proof, &submit);
    }
    return err;
}

static bool need_user(const struct submissions *submissions)
{
    for (size_t i = 0; i < submissions->count; i++)
        if (submissions->items[i].depth >= SUBMISSION_LOGIN)
            return true;
    return false;
}

/* The user is there for as long as it is needed, whatever comes of it. */
static enum err prove_with_user(
    const struct proof *proof, const struct submissions *submissions, struct failure *failure)
{
    struct invocation *invocation = proof->site->invocation;
    struct proof_user user;
    enum err err;

    if (!need_user(submissions))
        return prove_each(proof, submissions, NULL, failure);
    err = proof_user_make(invocation, proof->site->settings, proof->domain, &user, failure);
    if (err != ERR_NONE)
        return err;
    err = prove_each(proof, submissions, &user, failure);
    proof_user_remove(invocation, proof->site->settings, &user);
    return err;
}

static enum err prove_submissions(
    const struct proof *proof, const struct master_cf *master, struct failure *failure)
{
    const struct submission_facts facts = {
        .host = proof->host,
        .has_dovecot = dovecot_conf_is_there(),
        .has_domain = proof->domain.len != 0,
    };
    struct submissions submissions = {.count = 0};
    struct submission submission;
    enum err err;

    for (size_t i = 0; i < master->count; i++)
        if (postfix_submission_read(proof->instance, &master->services[i], &facts, &submission))
            array_push(&submissions, submission);
    err = prove_with_user(proof, &submissions, failure);
    array_done(&submissions);
    return err;
}

/* The first address that it listens on. */
static const char *host_of(const struct postfix_instance *instance)
{
    struct text rest = postfix_instance_value(instance, TEXT("inet_interfaces")), item;
    struct text protocols = postfix_instance_value(instance, TEXT("inet_protocols"));

    if (!postfix_list_next(&rest, &item) || text_equals(item, TEXT("all")) ||
        text_equals(item, TEXT("loopback-only")))
        return text_equals(protocols, TEXT("ipv6")) ? "::1" : "127.0.0.1";
    if (item.len > 2 && item.data[0] == '[')
        item = text_head(text_skip(item, 1), item.len - 2);
    return arena_copy_string(instance->arena, item);
}

static struct text domain_of(const struct attach_site *site)
{
    int status;
    struct store *store = invocation_store(site->invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain_list list;

    if (store == NULL || domain_list(store, site->arena, &list) != ERR_NONE)
        return TEXT("");
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].enabled)
            return list.items[i].name;
    return TEXT("");
}

enum err postfix_prove(const struct attach_site *site, const struct postfix_instance *instance,
    struct failure *failure)
{
    struct proof proof = {
        .site = site,
        .instance = instance,
        .arena = site->arena,
        .host = host_of(instance),
        .domain = domain_of(site),
    };
    const char *path = arena_print(site->arena, "%s/master.cf", instance->directory).data;
    const char *real = path;
    struct file file = {.content = TEXT("")};
    struct master_cf master;
    enum err err = file_resolve(path, site->arena, &real, failure);

    if (proof.domain.len != 0)
        proof.address = arena_print(site->arena, "postmaster@%.*s", TEXT_ARGS(proof.domain)).data;
    if (err == ERR_NONE)
        err = file_read(real, site->arena, &file, failure);
    master = master_cf_parse(file.content, site->arena);
    if (err == ERR_NONE)
        err = prove_ground(&proof, &master, failure);
    return err == ERR_NONE ? prove_submissions(&proof, &master, failure) : err;
}
