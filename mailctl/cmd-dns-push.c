/* SPDX-License-Identifier: MIT */

/* dns diff and push: what a zone lacks, and a name server that is told to change it. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/dns/name.h"
#include "lib/dns/stream.h"
#include "lib/store/dns-made.h"
#include "lib/store/domain.h"
#include "mailctl/commands.h"
#include "mailctl/directory.h"
#include "mailctl/dns/primary.h"
#include "mailctl/dns/record-format.h"
#include "mailctl/dns/record-options.h"
#include "mailctl/lookups.h"
#include "mailctl/output.h"
#include "mailctl/secret-file.h"

/* What both verbs find out. */
struct work {
    struct domain_records_request request;
    struct domain_records records;
    struct dns_made_list made;
    struct tsig_key key;
    struct primary primary;
    struct present_list seen;
    struct zone_diff diff;
};

static void work_done(struct work *work)
{
    present_done(&work->seen);
    zone_diff_done(&work->diff);
    tsig_key_wipe(&work->key);
}

/* --- the key -------------------------------------------------------------- */

/* Who knows the key may change the zone. */
static int check_mode(const struct invocation *invocation, const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0 && (found.st_mode & S_IRWXO) != 0)
        return invocation_complain(invocation, EX_NOPERM,
            "%s: every user can read this file; change the key, and run \"chmod 600 %s\"", path,
            path);
    return EX_OK;
}

static int read_key(const struct invocation *invocation, struct work *work)
{
    const char *path = invocation_value(invocation, "key");
    struct buffer content = BUFFER_NONE;
    struct failure failure;
    int status;

    if (path == NULL)
        return EX_OK;
    status = check_mode(invocation, path);
    if (status == EX_OK)
        status = secret_file_read(invocation, path, TSIG_KEY_FILE_MAX_BYTES, &content);
    if (status == EX_OK && tsig_key_parse(buffer_text(&content), &work->key, &failure) != ERR_NONE)
        status = invocation_complain(invocation, EX_DATAERR, "%s: %s", path, failure.text);
    buffer_done_wiped(&content);
    work->primary.key = &work->key;
    return status;
}

/* --- the zone and its server ---------------------------------------------- */

/* The domain's own, or the one that its keys stand in. */
static bool is_zone_of(const struct domain_records_request *request, struct text zone)
{
    return dns_name_is_within(request->domain, zone) ||
           (request->dkim_zone.len != 0 && dns_name_is_within(request->dkim_zone, zone));
}

static int read_zone(const struct invocation *invocation, struct work *work)
{
    const char *given = invocation_value(invocation, "zone");

    if (given != NULL &&
        (!dns_name_normalize(text_from_string(given), invocation->arena, &work->primary.zone) ||
            !is_zone_of(&work->request, work->primary.zone)))
        return invocation_bad_value(
            invocation, "zone", "the name of a zone that holds the domain, or its keys", given);
    return EX_OK;
}

static int read_server(const struct invocation *invocation, struct work *work)
{
    const char *given = invocation_value(invocation, "server");
    struct text text = text_from_string(given), address = text_head(text, text_find(text, '@'));
    uint64_t port = STREAM_PORT;

    if (given == NULL)
        return EX_OK;
    if (!ip_parse(address, &work->primary.ip) ||
        (address.len != text.len &&
            (!text_to_number(text_skip(text, address.len + 1), 65535, &port) || port == 0)))
        return invocation_bad_value(invocation, "server", "ADDRESS or ADDRESS@PORT", given);
    work->primary.port = (uint16_t)port;
    return EX_OK;
}

/* The zone, and the server that its SOA calls the primary, where nobody has said which. */
static bool find_zone(struct work *work, struct answers *answers)
{
    bool is_waiting = false;

    for (struct text name = work->request.domain;
         work->primary.zone.len == 0 && dns_name_label_count(name) > 1;
         name = dns_name_parent(name)) {
        const struct dns_answer *answer = answers_ask(answers, name, DNS_SOA);

        is_waiting |= answer == NULL;
        if (answer != NULL && answer->status == DNS_FOUND && !is_waiting)
            work->primary.zone = name;
    }
    return !is_waiting;
}

static bool find_server(struct work *work, struct answers *answers)
{
    const struct dns_answer *soa = answers_ask(answers, work->primary.zone, DNS_SOA), *four, *six;

    if (soa == NULL)
        return false;
    if (soa->count == 0)
        return true;
    four = answers_ask(answers, soa->records[0].text, DNS_A);
    six = answers_ask(answers, soa->records[0].text, DNS_AAAA);
    if (four == NULL || six == NULL)
        return false;
    if (four->count != 0)
        work->primary.ip = four->records[0].ip;
    else if (six->count != 0)
        work->primary.ip = six->records[0].ip;
    return true;
}

static int find_primary(struct invocation *invocation, struct work *work)
{
    struct lookups lookups;
    int status = EX_OK;

    if (work->primary.zone.len != 0 && work->primary.ip.family != IP_NONE)
        return EX_OK;
    status = lookups_init(&lookups, invocation);
    if (status != EX_OK)
        return status;
    while (!find_zone(work, lookups.answers))
        lookups_fetch(&lookups);
    if (work->primary.zone.len == 0)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "the zone of %.*s cannot be found in the DNS: say --zone and --server",
            TEXT_ARGS(work->request.domain));
    while (work->primary.ip.family == IP_NONE && !find_server(work, lookups.answers))
        lookups_fetch(&lookups);
    if (work->primary.ip.family == IP_NONE)
        return invocation_complain(invocation, EX_TEMPFAIL,
            "the primary name server of %.*s cannot be found in the DNS: say --server ADDRESS",
            TEXT_ARGS(work->primary.zone));
    return EX_OK;
}

/* --- the difference ------------------------------------------------------- */

static int read_domain(struct invocation *invocation, struct work *work)
{
    struct text domain;
    struct store *store;
    int status = invocation_own_domain(invocation, invocation_argument(invocation, 0), &domain);

    if (status == EX_OK)
        status = record_options_read(invocation, domain, &work->request);
    if (status != EX_OK)
        return status;
    work->records = domain_records_make(&work->request, invocation->arena);
    store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (dns_made_list(store, domain, invocation->arena, &work->made) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    return EX_OK;
}

/* The records of a host are those of every domain that has this host. */
static int spare_others(struct invocation *invocation, struct text domain,
    const struct zone_diff_request *request, struct zone_diff *diff)
{
    struct domain_list domains;
    int status = EX_OK;
    struct store *store = invocation_store(invocation, STORE_DIRECTORY, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (domain_list(store, invocation->arena, &domains) != ERR_NONE)
        return invocation_complain_store(invocation, store);
    for (size_t i = 0; status == EX_OK && i < domains.count; i++) {
        struct domain_records_request other;
        struct domain_records records;

        if (text_equals(domains.items[i].name, domain))
            continue;
        status = record_options_read(invocation, domains.items[i].name, &other);
        if (status != EX_OK)
            break;
        records = domain_records_make(&other, invocation->arena);
        zone_diff_spare(request, &records, diff);
    }
    return status;
}

/* What the server has, and what would have to change. */
static int see(struct invocation *invocation, const struct work *work, struct present_list *seen,
    struct zone_diff *diff)
{
    const struct dns_question *questions;
    size_t count = zone_diff_questions(
        work->primary.zone, &work->records, &work->made, invocation->arena, &questions);
    const struct zone_diff_request request = {.zone = work->primary.zone,
        .wanted = &work->records,
        .present = seen,
        .made = &work->made,
        .takes_over = invocation_has(invocation, "take-over")};
    struct failure failure;
    int status = EX_OK;

    if (primary_see(&work->primary, questions, count, invocation->arena, seen, &failure) !=
        ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    zone_diff_make(&request, diff);
    if (zone_diff_has_deletion(diff))
        status = spare_others(invocation, work->request.domain, &request, diff);
    zone_diff_judge_ttls(&request, diff);
    return status;
}

static int compare(struct invocation *invocation, struct work *work)
{
    work->primary.timeout_ms = invocation_dns_timeout_ms(invocation);
    return see(invocation, work, &work->seen, &work->diff);
}

static int find_difference(struct invocation *invocation, struct work *work)
{
    int (*const steps[])(const struct invocation *, struct work *) = {
        read_zone, read_server, read_key};
    int status = read_domain(invocation, work);

    work->primary.port = STREAM_PORT;
    for (size_t i = 0; status == EX_OK && i < sizeof steps / sizeof *steps; i++)
        status = steps[i](invocation, work);
    if (status == EX_OK)
        status = find_primary(invocation, work);
    return status == EX_OK ? compare(invocation, work) : status;
}

/* Of what comes the one that it will have, of what goes the one that it has. */
static uint32_t ttl_of(const struct zone_change *change)
{
    return zone_change_comes(change) ? record_format_ttl(&change->record) : change->ttl_before_s;
}

static json_t *change_to_json(const struct zone_change *change)
{
    json_t *object =
        json_pack("{s:s, s:o, s:s, s:o, s:I}", "change", zone_change_word(change->kind), "name",
            output_json_text(change->record.owner), "type", change->record.type, "data",
            output_json_text(change->record.data), "ttl", (json_int_t)ttl_of(change));

    if (change->kind == ZONE_CHANGE_TTL)
        json_object_set_new(object, "ttl_before", json_integer(change->ttl_before_s));
    return object;
}

static void print_json(const struct zone_diff *diff)
{
    json_t *list = json_array();

    for (size_t i = 0; i < diff->changes.count; i++)
        json_array_append_new(list, change_to_json(&diff->changes.items[i]));
    output_json(list);
}

static void print_difference(const struct invocation *invocation, const struct zone_diff *diff)
{
    static const char *const headings[] = {"change", "name", "type", "ttl", "data", NULL};
    struct output_table *table = output_table_new(invocation, headings);

    if (invocation->json) {
        print_json(diff);
        return;
    }
    for (size_t i = 0; i < diff->changes.count; i++) {
        const struct zone_change *change = &diff->changes.items[i];
        struct text ttl = arena_print(invocation->arena, "%u", ttl_of(change));

        if (change->kind == ZONE_CHANGE_TTL)
            ttl = arena_print(
                invocation->arena, "%.*s, was %u", TEXT_ARGS(ttl), change->ttl_before_s);
        output_table_add(
            table, (const struct text[]){text_from_string(zone_change_word(change->kind)),
                       change->record.owner, text_from_string(change->record.type), ttl,
                       change->record.data});
    }
    output_table_print(table);
}

#define SERVER_OPTIONS                                                                             \
    {"server", "ADDRESS", "the primary, ADDRESS@PORT for another port [by the zone's SOA]"},       \
        {"zone", "NAME", "the zone that holds the domain [by the DNS]"},                           \
        {"key", "FILE", "the key for TSIG, as tsig-keygen or keymgr writes it"},                   \
    {                                                                                              \
        "take-over", NULL, "take records away that stand in the way, whoever made them"            \
    }

/* --- diff ----------------------------------------------------------------- */

static int run_diff(struct invocation *invocation)
{
    struct work work = {.diff = {.changes = ARRAY_NONE}};
    int status = find_difference(invocation, &work);

    if (status == EX_OK) {
        print_difference(invocation, &work.diff);
        if (work.diff.changes.count != 0)
            status = work.diff.has_conflict ? COMMAND_CHECK_ERROR : COMMAND_CHECK_WARNING;
    }
    work_done(&work);
    return status;
}

static const struct command_option diff_options[] = {
    SERVER_OPTIONS, {NULL, NULL, NULL}
};
static const char *const diff_examples[] = {"mailctl dns diff example.org",
    "mailctl dns diff example.org --server 192.0.2.53 --key /etc/gatepost/dns.key", NULL};

const struct command command_dns_diff = {
    .noun = "dns",
    .verb = "diff",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = diff_options,
    .help = "show what dns push would change in the zone",
    .details =
        "\"delete\" is said of what mailctl has made and needs no longer; \"ttl\" of what it has\n"
        "made and is to have another TTL; \"conflict\" of what somebody else has made and\n"
        "what stands in the way. The exit status is 0 where nothing would change, 1 where\n"
        "something would, 2 where there is a conflict.",
    .examples = diff_examples,
    .run = run_diff,
};

/* --- push ----------------------------------------------------------------- */

static enum err forget_absent(struct invocation *invocation, const struct work *work,
    const struct present_list *seen, struct store *store)
{
    struct dns_made_list made;
    enum err err = dns_made_list(store, work->request.domain, invocation->arena, &made);

    if (err != ERR_NONE)
        return err;
    made = zone_diff_made_indeed(work->primary.zone, &made, &work->made, seen, invocation->arena);
    return dns_made_replace(store, work->request.domain, made.items, made.count);
}

/* What the name server was asked for and does not show is no longer mailctl's, or never was. */
static int settle(
    struct invocation *invocation, const struct work *work, const struct present_list *seen)
{
    size_t count =
        zone_diff_made_indeed(work->primary.zone, &work->made, &work->made, seen, invocation->arena)
            .count;
    struct store *store;
    int status = EX_OK;

    if (count == work->made.count)
        return EX_OK;
    store = directory_begin(invocation, &status);
    if (store == NULL)
        return status;
    if (forget_absent(invocation, work, seen, store) != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    return directory_end(invocation, store);
}

/*
 * A server that takes an update may pass over parts of it in silence (RFC 2136 §3.4.2): what it
 * shows then is what counts.
 */
static int confirm(struct invocation *invocation, struct work *work)
{
    struct present_list seen = PRESENT_NONE;
    struct zone_diff left = {.changes = ARRAY_NONE};
    int status = see(invocation, work, &seen, &left);

    if (status == EX_OK)
        status = settle(invocation, work, &seen);
    if (status == EX_OK && left.changes.count != 0)
        status = invocation_complain(invocation, EX_UNAVAILABLE,
            "the name server took the update and left %zu changes out, %.*s %s first: run "
            "\"mailctl dns diff %.*s\"",
            left.changes.count, TEXT_ARGS(left.changes.items[0].record.owner),
            left.changes.items[0].record.type, TEXT_ARGS(work->request.domain));
    zone_diff_done(&left);
    present_done(&seen);
    return status;
}

/* What mailctl may have made by now, which is not what it had made before somebody was asked. */
static enum err remember(
    const struct invocation *invocation, struct work *work, struct store *store)
{
    enum err err = dns_made_list(store, work->request.domain, invocation->arena, &work->made);

    if (err != ERR_NONE)
        return err;
    work->made = zone_diff_made_at_most(&work->diff, &work->made, invocation->arena);
    return dns_made_replace(store, work->request.domain, work->made.items, work->made.count);
}

/*
 * The zone is changed while the directory is held, so that what is put there is remembered; what is
 * not is only never taken away again. What was not put there after all is forgotten afterwards.
 */
static int carry_out(struct invocation *invocation, struct work *work, struct store *store)
{
    struct failure failure;
    enum err err = remember(invocation, work, store);
    int status;

    if (err != ERR_NONE)
        return directory_fail(invocation, store, EX_NOHOST);
    if (primary_update(&work->primary, &work->diff, &work->seen, &failure) != ERR_NONE) {
        store_roll_back(store);
        return invocation_complain_failure(invocation, &failure);
    }
    status = directory_end(invocation, store);
    if (status == EX_OK)
        status = confirm(invocation, work);
    if (status == EX_OK)
        directory_say(invocation, work->request.domain, "changed", NULL);
    return status;
}

static int push(struct invocation *invocation, struct work *work)
{
    struct store *store;
    int status = EX_OK;

    if (work->diff.has_conflict)
        return invocation_complain(invocation, EX_DATAERR,
            "nothing was changed: others have made what is marked \"conflict\"; take it away, or "
            "say --take-over");
    if (work->diff.changes.count == 0) {
        if (!invocation->dry_run)
            status = settle(invocation, work, &work->seen);
        if (status == EX_OK)
            directory_say(invocation, work->request.domain, "in order", NULL);
        return status;
    }
    if (invocation->dry_run)
        return EX_OK;
    if (!invocation_confirm(invocation, "Change the zone so?"))
        return EX_USAGE;
    store = directory_begin(invocation, &status);
    return store != NULL ? carry_out(invocation, work, store) : status;
}

static int run_push(struct invocation *invocation)
{
    struct work work = {.diff = {.changes = ARRAY_NONE}};
    int status = find_difference(invocation, &work);

    if (status == EX_OK && (!invocation->json || invocation->dry_run))
        print_difference(invocation, &work.diff);
    if (status == EX_OK)
        status = push(invocation, &work);
    work_done(&work);
    return status;
}

static const struct command_option push_options[] = {
    SERVER_OPTIONS, {NULL, NULL, NULL}
};
static const char *const push_examples[] = {
    "mailctl dns push example.org --key /etc/gatepost/dns.key",
    "mailctl --dry-run dns push example.org --server 192.0.2.53 --zone example.org", NULL};

const struct command command_dns_push = {
    .noun = "dns",
    .verb = "push",
    .arguments = "DOMAIN",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = push_options,
    .help = "tell a name server to change the zone so (RFC 2136)",
    .details =
        "Shows the changes, asks, and has them made all at once or not at all. Records that\n"
        "mailctl has not made are left alone; where one stands in the way nothing is done,\n"
        "but for --take-over.",
    .examples = push_examples,
    .run = run_push,
};
