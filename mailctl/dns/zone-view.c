/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/zone-view.h"

#include "lib/dns/name.h"
#include "lib/dns/rdata.h"

/* --- the servers ---------------------------------------------------------- */

/* Notes the name's question and those of all names above it at once; the top level is no zone of
 * anybody here. NULL: waiting. */
static const struct dns_answer *nearest_servers(
    struct text domain, struct answers *resolver, struct text *zone_r)
{
    static const struct dns_answer none = {.status = DNS_NO_DATA};
    const struct dns_answer *found = NULL;
    bool is_waiting = false;

    for (struct text name = domain; dns_name_label_count(name) > 1; name = dns_name_parent(name)) {
        const struct dns_answer *answer = answers_ask(resolver, name, DNS_NS);

        if (answer == NULL) {
            is_waiting = is_waiting || found == NULL;
        } else if (answer->status == DNS_FOUND && found == NULL && !is_waiting) {
            found = answer;
            *zone_r = name;
        }
    }
    if (found == NULL && !is_waiting)
        return &none;
    return is_waiting ? NULL : found;
}

static bool server_address(struct text name, struct answers *resolver, struct ip *ip_r)
{
    const struct dns_answer *four = answers_ask(resolver, name, DNS_A);
    const struct dns_answer *six = answers_ask(resolver, name, DNS_AAAA);

    *ip_r = (struct ip){.family = IP_NONE};
    if (four == NULL || six == NULL)
        return false;
    if (four->count != 0)
        *ip_r = four->records[0].ip;
    else if (six->count != 0)
        *ip_r = six->records[0].ip;
    return true;
}

/* By their names: the order in an answer is another each time, and the first ones are quoted. */
static void add_server(struct zone_view *view, struct text name, struct ip ip)
{
    size_t at = view->server_count++;

    for (; at > 0 && text_compare(view->servers[at - 1].name, name) > 0; at--)
        view->servers[at] = view->servers[at - 1];
    view->servers[at] = (struct zone_server){.name = name, .ip = ip};
}

bool zone_view_find(
    struct text domain, struct answers *resolver, struct arena *arena, struct zone_view *view_r)
{
    struct zone_view view = {.zone = domain, .resolver = resolver};
    const struct dns_answer *servers = nearest_servers(domain, resolver, &view.zone);
    bool is_waiting = false;

    if (servers == NULL)
        return false;
    view.kept = answers_new(arena);
    view.servers = arena_alloc_zero(arena, ZONE_VIEW_SERVERS_MAX, sizeof *view.servers);
    for (size_t i = 0; i < servers->count && i < ZONE_VIEW_SERVERS_MAX; i++) {
        struct ip ip;

        if (!server_address(servers->records[i].text, resolver, &ip))
            is_waiting = true;
        add_server(&view, servers->records[i].text, ip);
    }
    if (is_waiting)
        return false;
    *view_r = view;
    return true;
}

/* --- the resolver --------------------------------------------------------- */

const struct dns_answer *zone_view_resolved(
    const struct zone_view *view, struct text name, enum dns_type type)
{
    const struct dns_answer *kept =
        view->kept != NULL ? answers_peek(view->kept, name, type) : NULL;

    return kept != NULL ? kept : answers_ask(view->resolver, name, type);
}

void zone_view_override(const struct zone_view *view, struct text name, enum dns_type type,
    const struct dns_answer *answer)
{
    const struct dns_answer *resolved = answers_peek(view->resolver, name, type);

    /* Done in an earlier wave; or there are no servers that could say another thing. */
    if (view->kept == NULL || answers_peek(view->kept, name, type) != NULL)
        return;
    if (resolved != NULL)
        answers_put(view->kept, name, type, resolved);
    answers_replace(view->resolver, name, type, answer);
}

/* --- what they say -------------------------------------------------------- */

static bool has_record(
    const struct dns_answer *answer, enum dns_type type, struct text data, struct arena *arena)
{
    for (size_t i = 0; i < answer->count; i++)
        if (text_equals(rdata_text(type, &answer->records[i], arena), data))
            return true;
    return false;
}

bool zone_view_is_same(
    const struct dns_answer *a, const struct dns_answer *b, enum dns_type type, struct arena *arena)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!has_record(b, type, rdata_text(type, &a->records[i], arena), arena))
            return false;
    return true;
}

static bool see_by_resolver(
    const struct zone_view *view, struct text name, enum dns_type type, struct zone_seen *seen)
{
    seen->answer = answers_ask(view->resolver, name, type);
    return seen->answer != NULL;
}

/* The first server that can tell, and another that says something else. False: waiting. */
static bool ask_servers(const struct zone_view *view, struct text name, enum dns_type type,
    struct arena *arena, struct zone_seen *seen, const struct zone_server **teller_r)
{
    bool is_waiting = false;

    for (size_t i = 0; i < view->server_count; i++)
        is_waiting |= view->servers[i].ip.family != IP_NONE &&
                      answers_ask(view->servers[i].answers, name, type) == NULL;
    for (size_t i = 0; i < view->server_count && !is_waiting; i++) {
        const struct zone_server *server = &view->servers[i];
        const struct dns_answer *answer =
            server->ip.family != IP_NONE ? answers_ask(server->answers, name, type) : NULL;

        if (answer == NULL || answer->status == DNS_TEMPORARY)
            continue;
        if (*teller_r == NULL) {
            *teller_r = server;
            seen->answer = answer;
        } else if (seen->odd.len == 0 && !zone_view_is_same(seen->answer, answer, type, arena)) {
            seen->odd = server->name;
        }
    }
    return !is_waiting;
}

bool zone_view_see(const struct zone_view *view, struct text name, enum dns_type type,
    struct arena *arena, struct zone_seen *seen_r)
{
    struct zone_seen seen = {.odd = TEXT_NONE};
    const struct zone_server *teller = NULL;
    const struct dns_answer *alias;

    if (dns_name_is_within(name, view->zone) &&
        !ask_servers(view, name, type, arena, &seen, &teller))
        return false;
    if (teller == NULL) {
        if (!see_by_resolver(view, name, type, &seen))
            return false;
    } else if (seen.answer->status == DNS_NO_DATA && type != DNS_CNAME) {
        alias = answers_ask(teller->answers, name, DNS_CNAME);
        if (alias == NULL)
            return false;
        if (alias->status == DNS_FOUND) {
            seen.alias = alias->records[0].text;
            if (!see_by_resolver(view, name, type, &seen))
                return false;
        }
    }
    *seen_r = seen;
    return true;
}
