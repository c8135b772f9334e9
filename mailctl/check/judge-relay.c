/* SPDX-License-Identifier: MIT */

/*
 * Whether strangers may send to others through us. We come from an address of our own; where
 * Postfix trusts that, what it permits says nothing about strangers.
 */

#include "mailctl/check/host-calls.h"

#define FROM_ELSEWHERE "try it from a machine elsewhere, or take the address out of mynetworks"

struct view {
    const struct host_relay *relay;
    struct arena *arena;
    struct findings *findings;
    struct text name;
};

static void say(const struct view *view, enum finding_level level, const char *code,
    struct text message, const char *change)
{
    findings_say(view->findings, level, code, view->name, NULL, message, text_from_string(change));
}

/* With what the server said. */
static void say_reply(const struct view *view, enum finding_level level, const char *code,
    struct text message, const char *change)
{
    say(view, level, code, message, change);
    findings_add_aside(view->findings, view->relay->facts.reply);
}

/* A refusal for good, or Postfix's "Relay access denied" as defer_unauth_destination says it. */
static bool is_refused(const struct call_relay *facts)
{
    return facts->code / 100 == 5 || facts->code == 454;
}

static void judge_permission(const struct view *view)
{
    if (view->relay->trust == HOST_STRANGER)
        say_reply(view, FINDING_ERROR, "relay-open", TEXT("anybody may send to anybody through it"),
            "close it at once: smtpd_relay_restrictions = permit_mynetworks, "
            "permit_sasl_authenticated, reject_unauth_destination");
    else
        say(view, FINDING_UNKNOWN, "relay-unknown",
            view->relay->trust == HOST_TRUSTED
                ? TEXT("Postfix trusts our own address (mynetworks), so what strangers may do "
                       "cannot be seen from here")
                : TEXT("mynetworks names a table, so whether our own address is trusted cannot "
                       "be told"),
            FROM_ELSEWHERE);
}

static void judge(const struct view *view)
{
    const struct call_relay *facts = &view->relay->facts;

    if (facts->outcome != CALL_TALKED)
        return; /* told of the port */
    if (facts->has_reply && facts->code / 100 == 2)
        judge_permission(view);
    else if (facts->has_reply && is_refused(facts))
        say_reply(view, FINDING_FINE, "relay", TEXT("strangers may not send through it"), NULL);
    else
        say_reply(view, FINDING_UNKNOWN, "relay-unsure",
            TEXT("whether strangers may send through it was not told"),
            "try again later, and see Postfix's log");
}

void host_judge_relays(
    const struct host_calls *calls, struct arena *arena, struct findings *findings)
{
    for (size_t i = 0; i < calls->relay_count; i++) {
        struct view view = {&calls->relays[i], arena, findings, TEXT("")};
        char shown[IP_TEXT_MAX];

        ip_format(&calls->relays[i].ip, shown);
        view.name = arena_print(arena, "%s port 25", shown);
        judge(&view);
    }
}
