/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-submission.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/service/dial.h"
#include "mailctl/attach/postfix-list.h"

#define KNOCK_TIMEOUT_MS ((int64_t)5 * 1000)

/* The services that we know, however master.cf names them. */
static const struct {
    const char *name, *port;
} ports[] = {
    {"submission",  "587"},
    {"587",         "587"},
    {"submissions", "465"},
    {"smtps",       "465"},
    {"465",         "465"},
};

static const char *find_port(struct text name)
{
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (text_equals(name, text_from_string(ports[i].name)))
            return ports[i].port;
    return NULL;
}

/* "127.0.0.1" of "127.0.0.1:587", "::1" of "[::1]:587". */
static const char *find_host(
    const struct master_cf_service *service, const char *usual, struct arena *arena)
{
    struct text host = text_head(service->name, text_find_last(service->name, ':'));

    if (host.len == service->name.len)
        return usual;
    if (host.len > 2 && host.data[0] == '[')
        host = text_head(text_skip(host, 1), host.len - 2);
    return arena_copy_string(arena, host);
}

static struct text value_of(const struct postfix_instance *instance,
    const struct master_cf_service *service, const char *name)
{
    struct text wanted = text_from_string(name);
    const struct master_cf_option *found =
        service != NULL ? master_cf_option_find(service, wanted) : NULL;

    return found != NULL ? postfix_instance_expand(instance, found->value)
                         : postfix_instance_value(instance, wanted);
}

static bool says_yes(const struct postfix_instance *instance,
    const struct master_cf_service *service, const char *name)
{
    return text_equals_nocase(value_of(instance, service, name), TEXT("yes"));
}

bool postfix_submission_has_certificate(
    const struct postfix_instance *instance, const struct master_cf_service *service)
{
    static const char *const names[] = {
        "smtpd_tls_cert_file", "smtpd_tls_chain_files", "smtpd_tls_eccert_file"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text value = value_of(instance, service, names[i]);

        if (value.len != 0 && !text_equals(value, TEXT("none")))
            return true;
    }
    return false;
}

/* Where Postfix asks about passwords, as its configuration has it. */
static const char *find_logins(
    const struct postfix_instance *instance, const struct master_cf_service *service)
{
    const char *path =
        arena_copy_string(instance->arena, value_of(instance, service, "smtpd_sasl_path"));

    return strncmp(path, "unix:", 5) == 0 ? path + 5 : path;
}

/* The same as a file; NULL: over the network. A path is meant from the queue directory on. */
static const char *find_socket(const struct postfix_instance *instance, const char *logins)
{
    if (logins[0] == '/')
        return logins;
    return strncmp(logins, "inet:", 5) == 0
               ? NULL
               : arena_print(instance->arena, "%s/%s", instance->queue_directory, logins).data;
}

static bool dovecot_answers(const char *socket)
{
    int fd = dial_unix(socket, clock_monotonic_ms() + KNOCK_TIMEOUT_MS);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

enum err postfix_submission_knock(const struct submission *submission, struct failure *failure)
{
    return submission->logins == NULL || dovecot_answers(submission->logins)
               ? ERR_NONE
               : failure_set(
                     failure, ERR_REFUSED, "Dovecot does not answer at %s", submission->logins);
}

static void limit(struct submission *submission, enum submission_depth depth, const char *obstacle)
{
    submission->depth = depth;
    submission->obstacle = obstacle;
}

static void judge(const struct postfix_instance *instance, const struct master_cf_service *service,
    const struct submission_facts *facts, struct submission *submission)
{
    struct arena *arena = instance->arena;
    struct text type = value_of(instance, service, "smtpd_sasl_type");
    const char *logins = find_logins(instance, service);
    const char *socket = find_socket(instance, logins);
    bool is_dovecot = text_equals(type, TEXT("dovecot"));

    if (!postfix_submission_has_certificate(instance, service))
        limit(submission, SUBMISSION_ANSWERS, "Postfix has no certificate");
    else if (says_yes(instance, service, "smtpd_tls_req_ccert"))
        limit(submission, SUBMISSION_ANSWERS,
            "it wants a certificate of its clients (smtpd_tls_req_ccert)");
    else if (!is_dovecot)
        limit(submission, SUBMISSION_ANSWERS,
            arena_print(arena, "not Dovecot but \"%.*s\" checks its logins (smtpd_sasl_type)",
                TEXT_ARGS(type))
                .data);
    else if (!facts->has_dovecot && socket != NULL && !dovecot_answers(socket))
        limit(submission, SUBMISSION_ANSWERS,
            arena_print(arena, "Dovecot does not answer at %s (smtpd_sasl_path)", logins).data);
    else if (!facts->has_dovecot)
        limit(submission, SUBMISSION_TLS, "Dovecot is not attached");
    else if (!facts->has_domain)
        limit(submission, SUBMISSION_TLS, "there is no domain yet");
    else if (value_of(instance, service, "smtpd_proxy_filter").len != 0)
        limit(submission, SUBMISSION_LOGIN,
            "a filter before the queue would get it (smtpd_proxy_filter)");
    else if (postfix_list_has(
                 value_of(instance, service, "receive_override_options"), TEXT("no_milters")))
        limit(submission, SUBMISSION_LOGIN, "no milter is asked (receive_override_options)");
    else
        limit(submission, SUBMISSION_MESSAGE, NULL);
    if (facts->has_dovecot && submission->depth >= SUBMISSION_TLS)
        submission->logins = socket;
}

bool postfix_submission_read(const struct postfix_instance *instance,
    const struct master_cf_service *service, const struct submission_facts *facts,
    struct submission *submission_r)
{
    const char *port = find_port(master_cf_service_port(service));

    if (port == NULL || !text_equals(service->type, TEXT("inet")) ||
        !text_equals(service->command, TEXT("smtpd")))
        return false;
    *submission_r = (struct submission){
        .host = find_host(service, facts->host, instance->arena),
        .port = port,
        .is_wrapped = says_yes(instance, service, "smtpd_tls_wrappermode"),
    };
    judge(instance, service, facts, submission_r);
    return true;
}
