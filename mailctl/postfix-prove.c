/* SPDX-License-Identifier: MIT */
#include "mailctl/postfix-prove.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"
#include "lib/service/address.h"
#include "lib/service/control-client.h"
#include "lib/store/domain.h"
#include "mailctl/master-cf.h"
#include "mailctl/postfix-list.h"
#include "mailctl/postfix-wiring.h"
#include "mailctl/smtp-probe.h"

/* A reload takes a moment to reach all processes: a probe is repeated for so long. */
#define PATIENCE_MS ((int64_t)20 * 1000)
#define STEP_MS 200
#define CONTROL_TIMEOUT_MS ((int64_t)5 * 1000)

struct proof {
    const struct attach_site *site;
    const struct postfix_instance *instance;
    struct arena *arena;
    const char *host;    /* where Postfix listens */
    const char *address; /* one of our domains, or NULL */
};

typedef enum err probe(const struct proof *proof, struct failure *failure);

/* --- what is asked --- */

static enum err milter_connections(
    const struct proof *proof, uint64_t *count_r, struct failure *failure)
{
    const struct text name = TEXT("\ngatepost_milter_connections ");
    struct buffer answer = BUFFER_NONE;
    enum err err = control_ask(proof->site->settings->run_directory, "milter", "metrics",
        CONTROL_TIMEOUT_MS, &answer, failure);

    if (err == ERR_NONE) {
        struct text text = buffer_text(&answer);
        struct text value = text_skip(text, text_find_text(text, name) + name.len);

        if (!text_to_number(
                text_trim(text_head(value, text_find(value, '\n'))), UINT32_MAX, count_r))
            err =
                failure_set(failure, ERR_CORRUPT, "gatepost-milter does not tell its connections");
    }
    buffer_done(&answer);
    return err;
}

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
        err = milter_connections(proof, &connections, failure);
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

static enum err probe_session(const struct proof *proof, struct failure *failure)
{
    struct smtp_probe smtp;
    enum err err = smtp_probe_connect(proof->host, "25", proof->arena, &smtp, failure);

    if (err != ERR_NONE)
        return err;
    err = converse(proof, &smtp, failure);
    smtp_probe_close(&smtp);
    return err;
}

static enum err probe_submission(const struct proof *proof, struct failure *failure)
{
    struct smtp_probe smtp;
    enum err err = smtp_probe_connect(proof->host, "587", proof->arena, &smtp, failure);

    if (err != ERR_NONE)
        return err;
    err = smtp_probe_say(&smtp, NULL, "2", failure);
    if (err == ERR_NONE)
        err = smtp_probe_say(&smtp, "EHLO localhost", "2", failure);
    smtp_probe_close(&smtp);
    return err;
}

static enum err probe_policy(const struct proof *proof, struct failure *failure)
{
    static const char question[] = "request=smtpd_access_policy\nprotocol_state=RCPT\n"
                                   "instance=mailctl\nsender=\nrecipient=probe@localhost\n"
                                   "sasl_username=\n\n";
    const char *listen = proof->site->settings->policyd.listen;
    struct smtp_probe policy;
    struct address address;
    enum err err;

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
static enum err probe_lookup(const struct proof *proof, struct failure *failure)
{
    struct text socket;
    enum err err = postfix_instance_socket(
        proof->instance, proof->site->settings->authd.listen_lookup, &socket, failure);
    struct text output;

    if (err != ERR_NONE)
        return err;
    return postfix_instance_query(proof->instance,
        arena_print(proof->arena, "socketmap:%.*s:mailboxes", TEXT_ARGS(socket)).data,
        proof->address != NULL ? proof->address : "probe@localhost", &output, failure);
}

/* --- in turn --- */

static const struct step {
    const char *name;
    probe *run;
    const char *ports[3]; /* services of master.cf; without any of them there is nothing to try */
} steps[] = {
    {"gatepost-authd's lookup",              probe_lookup,     {NULL}                               },
    {"gatepost-policyd's answer",            probe_policy,     {NULL}                               },
    {"a session on port 25 with our milter", probe_session,    {"smtp/inet", "25/inet", NULL}       },
    {"a session on port 587",                probe_submission, {"submission/inet", "587/inet", NULL}},
};

static enum err insist(const struct proof *proof, const struct step *step, struct failure *failure)
{
    int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
    struct failure inner;
    enum err err;

    while ((err = step->run(proof, &inner)) != ERR_NONE && clock_monotonic_ms() < deadline_ms)
        (void)poll(NULL, 0, STEP_MS);
    if (err != ERR_NONE)
        return failure_set(failure, err, "%s failed: %s", step->name, inner.text);
    invocation_tell(proof->site->invocation, "postfix: seen: %s", step->name);
    return ERR_NONE;
}

static bool is_served(const struct step *step, const struct master_cf *master)
{
    if (step->ports[0] == NULL)
        return true;
    for (size_t i = 0; step->ports[i] != NULL; i++)
        if (master_cf_find(master, text_from_string(step->ports[i])) != NULL)
            return true;
    return false;
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

static const char *address_of(const struct attach_site *site)
{
    int status;
    struct store *store = invocation_store(site->invocation, STORE_DIRECTORY, STORE_READ, &status);
    struct domain_list list;

    if (store == NULL || domain_list(store, site->arena, &list) != ERR_NONE)
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].enabled)
            return arena_print(site->arena, "postmaster@%.*s", TEXT_ARGS(list.items[i].name)).data;
    return NULL;
}

enum err postfix_prove(const struct attach_site *site, const struct postfix_instance *instance,
    struct failure *failure)
{
    struct proof proof = {
        .site = site,
        .instance = instance,
        .arena = site->arena,
        .host = host_of(instance),
        .address = address_of(site),
    };
    const char *path = arena_print(site->arena, "%s/master.cf", instance->directory).data;
    const char *real = path;
    struct file file = {.content = TEXT("")};
    struct master_cf master;
    enum err err = file_resolve(path, site->arena, &real, failure);

    if (err == ERR_NONE)
        err = file_read(real, site->arena, &file, failure);
    master = master_cf_parse(file.content, site->arena);
    for (size_t i = 0; err == ERR_NONE && i < sizeof steps / sizeof *steps; i++)
        if (is_served(&steps[i], &master))
            err = insist(&proof, &steps[i], failure);
    return err;
}
