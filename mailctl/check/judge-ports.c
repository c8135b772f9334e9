/* SPDX-License-Identifier: MIT */

/* Our own ports, as they were found from this machine: who listens, TLS, certificates. */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "mailctl/check/host-calls.h"

#define DAY ((int64_t)86400)
#define SOON_DAYS 14
#define SMTP_PORT 25
#define SUBMISSIONS_PORT 465
#define SUBMISSION_PORT 587

struct view {
    const struct host_port *port;
    const struct host *host;
    int64_t now;
    struct arena *arena;
    struct findings *findings;
    struct text name; /* "192.0.2.10 port 25 (smtp)" */
    size_t said;
};

static void say(struct view *view, enum finding_level level, const char *code, struct text message,
    const char *change)
{
    view->said += level != FINDING_FINE;
    findings_say(view->findings, level, code, view->name, NULL, message, text_from_string(change));
}

/* With what went wrong, which may be the server's words. */
static void say_problem(struct view *view, enum finding_level level, const char *code,
    struct text message, const char *change)
{
    say(view, level, code, message, change);
    findings_add_aside(view->findings, view->port->facts.problem);
}

/*
 * Servers that bring mail do without TLS and without a name that they know, and most do; mail
 * programs of users refuse both, or should.
 */
static enum finding_level weight(const struct view *view)
{
    return view->port->kind->port == SMTP_PORT ? FINDING_WARNING : FINDING_ERROR;
}

/* --- certificates --------------------------------------------------------- */

/* What to get, and where the server that was called is told of it. */
static void say_certificate(struct view *view, enum finding_level level, const char *code,
    struct text message, const char *what)
{
    unsigned port = view->port->kind->port;
    const char *where = port == SMTP_PORT || port == SUBMISSION_PORT || port == SUBMISSIONS_PORT
                            ? "main.cf: smtpd_tls_cert_file, smtpd_tls_key_file"
                            : "Dovecot's 10-ssl.conf: ssl_server_cert_file, ssl_server_key_file "
                              "(before 2.4: ssl_cert, ssl_key)";

    view->said++;
    findings_say(view->findings, level, code, view->name, NULL, message,
        arena_print(view->arena, "%s, and name its files in %s", what, where));
}

static void judge_time(struct view *view, const struct call_certificate *certificate)
{
    char text[CLOCK_TEXT_MAX];

    clock_format_utc(certificate->end, text);
    if (certificate->begin > view->now)
        say(view, FINDING_ERROR, "certificate-early", TEXT("the certificate is not valid yet"),
            "see to this machine's clock, or to who made the certificate");
    else if (certificate->end <= view->now)
        say(view, FINDING_ERROR, "certificate-expired",
            arena_print(view->arena, "the certificate expired at %s", text),
            "renew it, and have the server read it");
    else if (certificate->end - view->now < SOON_DAYS * DAY)
        say(view, FINDING_WARNING, "certificate-soon",
            arena_print(view->arena, "the certificate expires at %s", text),
            "renew it, and see why nothing has done so yet");
}

static void judge_certificate(struct view *view)
{
    const struct call_certificate *certificate = &view->port->facts.certificate;

    if (!certificate->is_there) {
        say_certificate(view, FINDING_ERROR, "certificate-none",
            TEXT("the server shows no certificate"), "get one for the mail host's name");
        return;
    }
    judge_time(view, certificate);
    if (!certificate->is_named)
        say_certificate(view, weight(view), "certificate-name",
            arena_print(view->arena, "the certificate is for %.*s, not for %.*s",
                TEXT_ARGS(certificate->names), TEXT_ARGS(view->host->name)),
            "get one for the mail host's name");
    if (certificate->distrust != NULL)
        say_certificate(view, weight(view), "certificate-untrusted",
            arena_print(view->arena, "nobody has reason to trust the certificate: %s",
                certificate->distrust),
            "get one of an authority that others know, with what lies between");
}

/* --- a port --------------------------------------------------------------- */

static void judge_silence(struct view *view)
{
    if (view->port->facts.outcome == CALL_REFUSED)
        say(view, FINDING_ERROR, "port-closed", TEXT("nobody listens there"),
            "see to the server that should (mailctl status); if it is not to be "
            "offered: mailctl dns set --service");
    else
        say_problem(view, FINDING_ERROR, "port-unreachable",
            TEXT("it cannot be reached from this very machine"),
            "see to the firewall and to the address");
}

static void judge_talk(struct view *view)
{
    const struct call_server *facts = &view->port->facts;

    if (facts->is_dumb)
        say_problem(view, FINDING_ERROR, "port-dumb",
            TEXT("who listens there does not speak as he should"),
            "see to the server, and to its log");
    else if (!facts->has_tls)
        say_problem(view, weight(view), "tls-missing", TEXT("there is no TLS"),
            "give the server a certificate and switch TLS on");
    else
        judge_certificate(view);
}

static void judge_port(struct view *view)
{
    view->said = 0;
    view->name = host_port_name(view->port->kind, &view->port->ip, view->arena);
    if (view->port->facts.outcome == CALL_TALKED)
        judge_talk(view);
    else
        judge_silence(view);
    if (view->said == 0)
        say(view, FINDING_FINE, "port", TEXT("it answers, with TLS"), NULL);
}

void host_judge_ports(
    const struct host_calls *calls, int64_t now, struct arena *arena, struct findings *findings)
{
    struct view view = {.host = calls->host, .now = now, .arena = arena, .findings = findings};

    if (calls->host->local.count == 0)
        findings_say(findings, FINDING_WARNING, "port-none", calls->host->name, NULL,
            TEXT("Postfix listens to this machine alone, so no mail comes in"),
            TEXT("set inet_interfaces in main.cf"));
    for (size_t i = 0; i < calls->port_count; i++) {
        view.port = &calls->ports[i];
        judge_port(&view);
    }
}
