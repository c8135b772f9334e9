/* SPDX-License-Identifier: MIT */

/* Whether we may call the mail servers of others: many providers block port 25. */

#include "mailctl/check/host-calls.h"

struct view {
    const struct host_outside *outside;
    struct arena *arena;
    struct findings *findings;
    struct text name; /* "port 25 of others (IPv4)" */
};

static void say(const struct view *view, enum finding_level level, const char *code,
    struct text message, const char *change)
{
    findings_say(view->findings, level, code, view->name, NULL, message, text_from_string(change));
}

/* With what the server said, or what went wrong. */
static void say_reply(const struct view *view, enum finding_level level, const char *code,
    struct text message, const char *change)
{
    say(view, level, code, message, change);
    findings_add_aside(view->findings, view->outside->facts.reply);
}

static const char *unreachable_change(const struct view *view)
{
    return view->outside->family == IP_V6
               ? "see to the route, or have Postfix do without: inet_protocols = ipv4"
               : "see to the route";
}

static void judge_silence(const struct view *view)
{
    const struct host_outside *outside = view->outside;

    if (outside->facts.outcome == CALL_TIMEOUT)
        say(view, FINDING_ERROR, "outside-blocked",
            arena_print(view->arena,
                "calls to %.*s are swallowed on the way: the provider or a firewall blocks them",
                TEXT_ARGS(outside->name)),
            "have the provider open port 25, or send by somebody else's server (relayhost)");
    else if (outside->facts.outcome == CALL_REFUSED)
        say(view, FINDING_ERROR, "outside-refused",
            arena_print(view->arena,
                "%.*s refuses the connection, or somebody on the way does in its name",
                TEXT_ARGS(outside->name)),
            "see to the firewall, ask the provider, or set check.outside to another domain");
    else
        say_reply(view, FINDING_ERROR, "outside-unreachable",
            arena_print(view->arena, "there is no way to %.*s", TEXT_ARGS(outside->name)),
            unreachable_change(view));
}

static void judge(const struct view *view)
{
    const struct host_outside *outside = view->outside;

    if (outside->is_unknown)
        say(view, FINDING_UNKNOWN, "outside-unknown", TEXT("the DNS does not say whom to call"),
            "see to this machine's resolver (--resolver), or try again later");
    else if (outside->is_nobody)
        say(view, FINDING_UNKNOWN, "outside-nobody",
            TEXT("the domain that is to be called has no mail server there"),
            "set check.outside to a domain that has one");
    else if (outside->facts.outcome != CALL_TALKED)
        judge_silence(view);
    else if (outside->facts.is_welcome)
        say(view, FINDING_FINE, "outside",
            arena_print(view->arena, "%.*s answers", TEXT_ARGS(outside->name)), NULL);
    else
        say_reply(view, FINDING_WARNING, "outside-unwelcome",
            arena_print(view->arena, "%.*s does not want us", TEXT_ARGS(outside->name)),
            "see what it says: a blocklist, or a reverse name that is missing");
}

void host_judge_outside(
    const struct host_calls *calls, struct arena *arena, struct findings *findings)
{
    for (size_t i = 0; i < calls->outside_count; i++) {
        struct view view = {&calls->outsides[i], arena, findings,
            calls->outsides[i].family == IP_V4 ? TEXT("port 25 of others (IPv4)")
                                               : TEXT("port 25 of others (IPv6)")};

        judge(&view);
    }
}
