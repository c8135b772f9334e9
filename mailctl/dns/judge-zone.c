/* SPDX-License-Identifier: MIT */

/* The zone: is it there, do its servers answer, and does it hold a trap. */

#include "lib/dns/name.h"
#include "mailctl/dns/judge.h"

/* A name that nobody has. Where it has records all the same, any name has. */
#define NOBODYS_LABEL "gatepost-no-such-name"

static const char *server_trouble(const struct zone_server *server)
{
    return server->ip.family == IP_NONE ? "it has no address" : "it does not answer for the zone";
}

/* False: waiting. */
static bool server_answers(const struct check *check, size_t index, bool *answers_r)
{
    const struct zone_server *server = &check->view->servers[index];
    const struct dns_answer *answer = NULL;

    *answers_r = false;
    if (server->ip.family == IP_NONE)
        return true;
    answer = answers_ask(server->answers, check->view->zone, DNS_SOA);
    *answers_r = answer != NULL && answer->status == DNS_FOUND;
    return answer != NULL;
}

/* Where none answers the fault is between them and us: a firewall, or no network. */
static void judge_servers(struct check *check)
{
    size_t alive = 0;
    bool answers;

    for (size_t i = 0; i < check->view->server_count; i++) {
        check->is_waiting |= !server_answers(check, i, &answers);
        alive += answers;
    }
    if (check->is_waiting || alive == check->view->server_count)
        return;
    if (alive == 0)
        check_say(check, FINDING_UNKNOWN, "servers-silent", check->view->zone, NULL,
            TEXT("none of the zone's name servers answers us: the resolver alone is believed"),
            TEXT("let this machine ask port 53 of others, or say --resolver-only"));
    for (size_t i = 0; i < check->view->server_count && alive != 0; i++)
        if (server_answers(check, i, &answers) && !answers)
            check_say(check, FINDING_ERROR, "server-dead", check->view->servers[i].name, NULL,
                arena_print(check->arena, "a name server of %.*s: %s", TEXT_ARGS(check->view->zone),
                    server_trouble(&check->view->servers[i])),
                TEXT("mend it, or take it out of the zone's NS records and of the delegation"));
}

/* Servers that answer, and a resolver that gets nothing: it does not believe them. */
static void judge_resolver(struct check *check)
{
    const struct dns_answer *answer =
        answers_ask(check->view->resolver, check->view->zone, DNS_SOA);

    if (answer == NULL)
        check->is_waiting = true;
    else if (answer->status == DNS_TEMPORARY)
        check_say(check, FINDING_ERROR, "resolver-fails", check->view->zone, "SOA",
            TEXT("the resolver gets no answer that it believes"),
            TEXT("where the zone is signed, look at its signatures and at the DS record above it"));
}

static void judge_alias(struct check *check)
{
    struct text domain = check->request->domain;
    struct zone_seen seen;

    if (check_see(check, domain, DNS_CNAME, &seen) && seen.answer->status == DNS_FOUND)
        check_say(check, FINDING_ERROR, "domain-alias", domain, "CNAME",
            arena_print(check->arena,
                "the domain is an alias of %.*s, so all else here counts "
                "for nothing",
                TEXT_ARGS(check_safe(check, seen.answer->records[0].text))),
            TEXT("put address records in place of the alias"));
}

static void judge_wildcard(struct check *check)
{
    struct text name =
        arena_print(check->arena, NOBODYS_LABEL ".%.*s", TEXT_ARGS(check->request->domain));
    struct zone_seen seen;

    if (!check_see(check, name, DNS_TXT, &seen) || seen.answer->status != DNS_FOUND)
        return;
    check->has_wildcard = true;
    check_say(check, FINDING_WARNING, "wildcard", name, "TXT",
        TEXT("any name of the domain has TXT records: names that nobody made look like SPF, DMARC "
             "and keys that somebody did"),
        TEXT("take the wildcard's TXT (or its alias) away, or give it names of its own"));
}

void judge_zone(struct check *check)
{
    judge_servers(check);
    judge_resolver(check);
    judge_alias(check);
    judge_wildcard(check);
}
