/* SPDX-License-Identifier: MIT */
#include "mailctl/check/judge-senders.h"

#include <string.h>

/* What may be asked for, in the order in which it is told. */
enum demand { DEMAND_SPF, DEMAND_DKIM, DEMAND_DMARC, DEMAND_PTR, DEMAND_TLS, DEMAND_COUNT };

#define BIT(demand) (1U << (demand))
#define AUTHENTICATION (BIT(DEMAND_SPF) | BIT(DEMAND_DKIM))

static const char *const words[DEMAND_COUNT] = {
    [DEMAND_SPF] = "SPF that covers our addresses",
    [DEMAND_DKIM] = "a DKIM key that the DNS shows",
    [DEMAND_DMARC] = "a DMARC record",
    [DEMAND_PTR] = "reverse names that lead back",
    [DEMAND_TLS] = "TLS",
};

/* State of 2026; Gmail: "Email sender guidelines", Yahoo: "Sender Hub", Outlook.com: May 2025. */
static const struct receiver {
    const char *name;
    const char *fine, *all_code, *bulk_code, *unknown_code;
    unsigned all;      /* of everybody */
    bool wants_either; /* of everybody SPF or DKIM */
    unsigned bulk;     /* of bulk senders besides */
} receivers[] = {
    {"Gmail",       "gmail",   "gmail-all",   "gmail-bulk",   "gmail-unknown",
     BIT(DEMAND_PTR) | BIT(DEMAND_TLS),                                                           true,  AUTHENTICATION | BIT(DEMAND_DMARC)},
    {"Yahoo",       "yahoo",   "yahoo-all",   "yahoo-bulk",   "yahoo-unknown",   BIT(DEMAND_PTR), true,
     AUTHENTICATION | BIT(DEMAND_DMARC)                                                                                                    },
    {"Outlook.com", "outlook", "outlook-all", "outlook-bulk", "outlook-unknown", 0,               false,
     AUTHENTICATION | BIT(DEMAND_DMARC)                                                                                                    },
};

struct state {
    unsigned broken, unknown;
};

/* --- what is met ---------------------------------------------------------- */

/* A finding that says so, though it is no error by itself; or one of another kind. */
static const struct sign {
    const char *code;
    enum demand demand;
    bool is_prefix;
} signs[] = {
    {"spf-",           DEMAND_SPF,   true },
    {"dkim-",          DEMAND_DKIM,  true },
    {"dmarc-",         DEMAND_DMARC, true },
    {"ptr-",           DEMAND_PTR,   true },
    {"postfix-no-tls", DEMAND_TLS,   false},
};

static bool is_broken(const struct finding *finding)
{
    return finding->level == FINDING_ERROR || strcmp(finding->code, "dkim-no-key") == 0;
}

/* A report's address that is refused makes no record less. */
static bool is_beside(const struct finding *finding)
{
    return strncmp(finding->code, "dmarc-report-", strlen("dmarc-report-")) == 0;
}

static void take(struct state *state, const struct finding *finding)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        const struct sign *sign = &signs[i];
        size_t len = strlen(sign->code);

        if (strncmp(finding->code, sign->code, len) != 0 ||
            (!sign->is_prefix && finding->code[len] != '\0') || is_beside(finding))
            continue;
        if (is_broken(finding))
            state->broken |= BIT(sign->demand);
        else if (finding->level == FINDING_UNKNOWN)
            state->unknown |= BIT(sign->demand);
    }
}

/* Of a domain of which nothing could be told, or that is not there, nothing else is. */
static void take_whole(struct state *state, const struct finding *finding)
{
    unsigned records = AUTHENTICATION | BIT(DEMAND_DMARC);

    if (strcmp(finding->code, "domain-absent") == 0)
        state->broken |= records;
    else if (strcmp(finding->code, "no-answer") == 0)
        state->unknown |= records;
}

static struct state read_state(
    struct text domain, const struct findings *host, const struct findings *findings)
{
    struct state state = {.broken = 0};

    for (size_t i = 0; i < host->list.count; i++)
        take(&state, &host->list.items[i]);
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct finding *finding = &findings->list.items[i];

        /* SPF of the mail host's own name is another matter. */
        if (strncmp(finding->code, "spf-", 4) != 0 || text_equals(finding->name, domain))
            take(&state, finding);
        take_whole(&state, finding);
    }
    state.unknown &= ~state.broken;
    return state;
}

/* --- what is told --------------------------------------------------------- */

static struct text list(unsigned demands, struct arena *arena)
{
    struct text text = TEXT("");

    for (size_t i = 0; i < DEMAND_COUNT; i++)
        if ((demands & BIT(i)) != 0)
            text = arena_print(
                arena, "%.*s%s%s", TEXT_ARGS(text), text.len != 0 ? ", " : "", words[i]);
    return text;
}

static unsigned asked_of_all(const struct receiver *receiver, unsigned lacking)
{
    unsigned demands = lacking & receiver->all;

    if (receiver->wants_either && (lacking & AUTHENTICATION) == AUTHENTICATION)
        demands |= AUTHENTICATION;
    return demands;
}

static void judge(const struct receiver *receiver, struct text domain, const struct state *state,
    struct findings *findings, struct arena *arena)
{
    static const char change[] = "see to what is told of it above";
    unsigned all = asked_of_all(receiver, state->broken), bulk = state->broken & receiver->bulk;
    unsigned unsure = state->unknown & (receiver->all | receiver->bulk);

    if (all != 0)
        findings_say(findings, FINDING_ERROR, receiver->all_code, domain, NULL,
            arena_print(arena, "%s refuses mail of everybody without %.*s", receiver->name,
                TEXT_ARGS(list(all, arena))),
            text_from_string(change));
    else if (bulk != 0)
        findings_say(findings, FINDING_WARNING, receiver->bulk_code, domain, NULL,
            arena_print(arena, "%s refuses mail of bulk senders without %.*s", receiver->name,
                TEXT_ARGS(list(bulk, arena))),
            text_from_string(change));
    else if (unsure != 0)
        findings_say(findings, FINDING_UNKNOWN, receiver->unknown_code, domain, NULL,
            arena_print(arena, "what %s asks of senders could not be told: %.*s", receiver->name,
                TEXT_ARGS(list(unsure, arena))),
            text_from_string(change));
    else
        findings_say(findings, FINDING_FINE, receiver->fine, domain, NULL,
            arena_print(arena, "nothing is missing that %s asks of senders", receiver->name),
            TEXT_NONE);
}

void judge_senders(
    struct text domain, const struct findings *host, struct findings *findings, struct arena *arena)
{
    struct state state = read_state(domain, host, findings);

    for (size_t i = 0; i < sizeof receivers / sizeof *receivers; i++)
        judge(&receivers[i], domain, &state, findings, arena);
}
