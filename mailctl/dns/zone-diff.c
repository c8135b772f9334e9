/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/zone-diff.h"

#include <string.h>

#include "lib/dns/name.h"
#include "mailctl/dns/record-format.h"

const char *zone_change_word(enum zone_change_kind kind)
{
    static const char *const words[] = {
        [ZONE_CHANGE_ADD] = "add",
        [ZONE_CHANGE_DELETE] = "delete",
        [ZONE_CHANGE_REPLACE] = "replace",
        [ZONE_CHANGE_CONFLICT] = "conflict",
        [ZONE_CHANGE_TTL] = "ttl",
    };

    return words[kind];
}

bool zone_change_comes(const struct zone_change *change)
{
    return change->kind == ZONE_CHANGE_ADD || change->kind == ZONE_CHANGE_TTL;
}

bool zone_change_goes(const struct zone_change *change)
{
    return change->kind != ZONE_CHANGE_ADD;
}

void zone_diff_done(struct zone_diff *diff)
{
    array_done(&diff->changes);
}

/* --- what to ask ---------------------------------------------------------- */

struct question_list {
    struct text zone;
    struct arena *arena;
    ARRAY(struct dns_question) questions;
};

static void ask_once(struct question_list *list, struct text name, enum dns_type type)
{
    for (size_t i = 0; i < list->questions.count; i++)
        if (list->questions.items[i].type == type &&
            text_equals(list->questions.items[i].name, name))
            return;
    array_push(&list->questions, (struct dns_question){name, type});
}

/* The name, and the wildcards from which an answer about it may have been made. */
static void ask(struct question_list *list, struct text name, enum dns_type type)
{
    ask_once(list, name, type);
    for (struct text above = dns_name_parent(name);
         above.len != 0 && dns_name_is_within(above, list->zone); above = dns_name_parent(above))
        ask_once(list, arena_print(list->arena, "*.%.*s", TEXT_ARGS(above)), type);
}

static void ask_around(struct question_list *list, struct text name, struct text type)
{
    static const enum dns_type beside[] = {DNS_A, DNS_AAAA, DNS_TXT};
    enum dns_type own;

    if (!dns_type_parse(type, &own))
        return;
    ask(list, name, own);
    ask(list, name, DNS_CNAME);
    for (size_t i = 0; own == DNS_CNAME && i < sizeof beside / sizeof *beside; i++)
        ask(list, name, beside[i]);
}

size_t zone_diff_questions(struct text zone, const struct domain_records *wanted,
    const struct dns_made_list *made, struct arena *arena, const struct dns_question **questions_r)
{
    struct question_list list = {.zone = zone, .arena = arena, .questions = ARRAY_NONE};
    struct dns_question *questions;
    size_t count;

    for (size_t i = 0; i < wanted->count; i++) {
        const struct zone_record *record = &wanted->items[i].record;

        if (record_format_is_inside(zone, record))
            ask_around(&list, record->owner, text_from_string(record->type));
    }
    for (size_t i = 0; i < made->count; i++)
        if (dns_name_is_within(made->items[i].owner, zone))
            ask_around(&list, made->items[i].owner, made->items[i].type);
    count = list.questions.count;
    questions = arena_alloc_zero(arena, count, sizeof *questions);
    for (size_t i = 0; i < count; i++)
        questions[i] = list.questions.items[i];
    array_done(&list.questions);
    *questions_r = questions;
    return count;
}

/* --- what stands in the way ----------------------------------------------- */

/* "v=spf1", "v=DMARC1": what a text begins with, up to a blank or a semicolon. */
static struct text version_of(struct text payload)
{
    size_t len = 0;

    while (len < payload.len && payload.data[len] != ' ' && payload.data[len] != ';')
        len++;
    return text_head(payload, len);
}

/* Whatever stands beside a key is taken for one (RFC 6376 §3.6.2.2). */
static bool is_key_name(struct text owner)
{
    return text_find_text(owner, TEXT("._domainkey.")) != owner.len;
}

/* Of two records of one type at one name: where only one of them may be. */
static bool excludes(const struct zone_record *wanted, const struct present_record *present)
{
    if (strcmp(wanted->type, "TXT") == 0)
        return is_key_name(wanted->owner) ||
               text_equals_nocase(version_of(wanted->data), version_of(present->data));
    return strcmp(wanted->type, "CNAME") == 0 || strcmp(wanted->type, "SRV") == 0;
}

static bool is_in_the_way(const struct zone_record *wanted, const struct present_record *present)
{
    bool is_same_type = strcmp(wanted->type, present->type) == 0;

    if (!text_equals(wanted->owner, present->owner))
        return false;
    if (!is_same_type)
        return strcmp(wanted->type, "CNAME") == 0 || strcmp(present->type, "CNAME") == 0;
    return excludes(wanted, present);
}

/* --- the difference ------------------------------------------------------- */

/* Names in data mean the same in either case; a text is what it is. */
static bool is_same_data(const char *type, struct text a, struct text b)
{
    return strcmp(type, "TXT") == 0 || strcmp(type, "CAA") == 0 ? text_equals(a, b)
                                                                : text_equals_nocase(a, b);
}

static bool is_record(const struct zone_record *record, const struct present_record *present)
{
    return text_equals(present->owner, record->owner) && strcmp(present->type, record->type) == 0 &&
           is_same_data(record->type, present->data, record->data);
}

static bool is_of(const struct dns_made *made, const struct present_record *present)
{
    return text_equals(made->owner, present->owner) &&
           text_equals(made->type, text_from_string(present->type)) &&
           is_same_data(present->type, made->data, present->data);
}

static bool was_made(const struct dns_made_list *made, const struct present_record *present)
{
    for (size_t i = 0; i < made->count; i++)
        if (is_of(&made->items[i], present))
            return true;
    return false;
}

/* Ours, where a wildcard would give the same. */
static bool is_made_and_shown(
    const struct zone_diff_request *request, const struct zone_record *record)
{
    for (size_t i = 0; i < request->present->synthesized.count; i++) {
        const struct present_record *present = &request->present->synthesized.items[i];

        if (is_record(record, present) && was_made(request->made, present))
            return true;
    }
    return false;
}

static bool is_present(const struct zone_diff_request *request, const struct zone_record *record)
{
    for (size_t i = 0; i < request->present->records.count; i++)
        if (is_record(record, &request->present->records.items[i]))
            return true;
    return is_made_and_shown(request, record);
}

/* NULL where it is not wanted. */
static const struct zone_record *find_wanted(
    const struct domain_records *wanted, const struct present_record *present)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (is_record(&wanted->items[i].record, present))
            return &wanted->items[i].record;
    return NULL;
}

static bool blocks(const struct zone_diff_request *request, const struct present_record *present)
{
    for (size_t i = 0; i < request->wanted->count; i++) {
        const struct zone_record *record = &request->wanted->items[i].record;

        if (record_format_is_inside(request->zone, record) && is_in_the_way(record, present))
            return true;
    }
    return false;
}

static void remove_record(
    struct zone_diff *diff, enum zone_change_kind kind, const struct present_record *present)
{
    const struct zone_record record = {
        .owner = present->owner, .type = present->type, .data = present->data};

    array_push(&diff->changes, (struct zone_change){kind, record, present->wire, present->ttl_s});
    diff->has_conflict = diff->has_conflict || kind == ZONE_CHANGE_CONFLICT;
}

static void judge_present(const struct zone_diff_request *request, struct zone_diff *diff)
{
    for (size_t i = 0; i < request->present->records.count; i++) {
        const struct present_record *present = &request->present->records.items[i];

        if (find_wanted(request->wanted, present) != NULL)
            continue;
        if (was_made(request->made, present))
            remove_record(diff, ZONE_CHANGE_DELETE, present);
        else if (blocks(request, present))
            remove_record(
                diff, request->takes_over ? ZONE_CHANGE_REPLACE : ZONE_CHANGE_CONFLICT, present);
    }
}

void zone_diff_make(const struct zone_diff_request *request, struct zone_diff *diff)
{
    *diff = (struct zone_diff){.changes = ARRAY_NONE};
    judge_present(request, diff);
    for (size_t i = 0; i < request->wanted->count; i++) {
        const struct zone_record *record = &request->wanted->items[i].record;

        if (record_format_is_inside(request->zone, record) && !is_present(request, record))
            array_push(
                &diff->changes, (struct zone_change){ZONE_CHANGE_ADD, *record, TEXT_NONE, 0});
    }
}

/* --- what others want ------------------------------------------------------- */

bool zone_diff_has_deletion(const struct zone_diff *diff)
{
    for (size_t i = 0; i < diff->changes.count; i++)
        if (diff->changes.items[i].kind == ZONE_CHANGE_DELETE)
            return true;
    return false;
}

/* The change as it is with the other domain in mind. False: there is none. */
static bool spare(const struct zone_diff_request *request, const struct domain_records *others,
    struct zone_change *change)
{
    const struct present_record present = {change->record.owner, change->record.type,
        change->record.data, change->wire, change->ttl_before_s};

    if (change->kind != ZONE_CHANGE_DELETE || find_wanted(others, &present) == NULL)
        return true;
    change->kind = request->takes_over ? ZONE_CHANGE_REPLACE : ZONE_CHANGE_CONFLICT;
    return blocks(request, &present);
}

void zone_diff_spare(const struct zone_diff_request *request, const struct domain_records *others,
    struct zone_diff *diff)
{
    size_t kept = 0;

    for (size_t i = 0; i < diff->changes.count; i++) {
        struct zone_change change = diff->changes.items[i];

        if (!spare(request, others, &change))
            continue;
        diff->has_conflict = diff->has_conflict || change.kind == ZONE_CHANGE_CONFLICT;
        diff->changes.items[kept++] = change;
    }
    diff->changes.count = kept;
}

/* --- TTLs ----------------------------------------------------------------- */

static bool goes(const struct zone_diff *diff, const struct present_record *present)
{
    for (size_t i = 0; i < diff->changes.count; i++)
        if (!zone_change_comes(&diff->changes.items[i]) &&
            is_record(&diff->changes.items[i].record, present))
            return true;
    return false;
}

/* That of the set a record is in, once the other changes are made; 0: as it comes. */
static uint32_t ttl_of_set(const struct zone_diff_request *request, const struct zone_diff *diff,
    const struct zone_record *record)
{
    for (size_t i = 0; i < request->present->records.count; i++) {
        const struct present_record *present = &request->present->records.items[i];
        bool is_ours = was_made(request->made, present) &&
                       find_wanted(request->wanted, present) != NULL && record->ttl_s != 0;

        if (!is_ours && text_equals(present->owner, record->owner) &&
            strcmp(present->type, record->type) == 0 && !goes(diff, present))
            return present->ttl_s;
    }
    return record->ttl_s;
}

static void judge_ttl(const struct zone_diff_request *request, struct zone_diff *diff,
    const struct present_record *present)
{
    const struct zone_record *wanted = find_wanted(request->wanted, present);
    struct zone_change change = {
        .kind = ZONE_CHANGE_TTL, .wire = present->wire, .ttl_before_s = present->ttl_s};

    if (wanted == NULL || wanted->ttl_s == 0 || !was_made(request->made, present))
        return;
    change.record = *wanted;
    change.record.ttl_s = ttl_of_set(request, diff, wanted);
    if (change.record.ttl_s != present->ttl_s)
        array_push(&diff->changes, change);
}

void zone_diff_judge_ttls(const struct zone_diff_request *request, struct zone_diff *diff)
{
    for (size_t i = 0; i < diff->changes.count; i++)
        if (diff->changes.items[i].kind == ZONE_CHANGE_ADD)
            diff->changes.items[i].record.ttl_s =
                ttl_of_set(request, diff, &diff->changes.items[i].record);
    for (size_t i = 0; i < request->present->records.count; i++)
        judge_ttl(request, diff, &request->present->records.items[i]);
}

/* --- what was made then --------------------------------------------------- */

struct dns_made_list zone_diff_made_at_most(
    const struct zone_diff *diff, const struct dns_made_list *made, struct arena *arena)
{
    struct dns_made *items =
        arena_alloc_zero(arena, made->count + diff->changes.count, sizeof *items);
    size_t count = 0;

    for (size_t i = 0; i < made->count; i++)
        items[count++] = made->items[i];
    for (size_t i = 0; i < diff->changes.count; i++) {
        const struct zone_record *record = &diff->changes.items[i].record;

        if (diff->changes.items[i].kind == ZONE_CHANGE_ADD)
            items[count++] =
                (struct dns_made){record->owner, text_from_string(record->type), record->data};
    }
    return (struct dns_made_list){items, count};
}

static bool is_shown(const struct present_list *seen, const struct dns_made *made)
{
    for (size_t i = 0; i < seen->records.count; i++)
        if (is_of(made, &seen->records.items[i]))
            return true;
    for (size_t i = 0; i < seen->synthesized.count; i++)
        if (is_of(made, &seen->synthesized.items[i]))
            return true;
    return false;
}

static bool was_asked_for(
    struct text zone, const struct dns_made_list *asked, const struct dns_made *made)
{
    for (size_t i = 0; i < asked->count && dns_name_is_within(made->owner, zone); i++)
        if (text_equals(asked->items[i].owner, made->owner) &&
            text_equals(asked->items[i].type, made->type) &&
            text_equals(asked->items[i].data, made->data))
            return true;
    return false;
}

struct dns_made_list zone_diff_made_indeed(struct text zone, const struct dns_made_list *made,
    const struct dns_made_list *asked, const struct present_list *seen, struct arena *arena)
{
    struct dns_made *items = arena_alloc_zero(arena, made->count, sizeof *items);
    size_t count = 0;

    for (size_t i = 0; i < made->count; i++)
        if (is_shown(seen, &made->items[i]) || !was_asked_for(zone, asked, &made->items[i]))
            items[count++] = made->items[i];
    return (struct dns_made_list){items, count};
}
