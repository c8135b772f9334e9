/* SPDX-License-Identifier: MIT */
#include "mailctl/dns/judge.h"

#include <string.h>

#include "lib/dns/name.h"

#define SHOWN_DATA_MAX 100 /* a public key in full helps nobody who reads a sentence */

struct text check_safe(const struct check *check, struct text text)
{
    return finding_safe(text, check->arena);
}

void check_say(struct check *check, enum finding_level level, const char *code, struct text name,
    const char *type, struct text message, struct text change)
{
    findings_say(check->findings, level, code, name, type, message, change);
}

void check_fine(struct check *check, enum record_kind kind, struct text name, const char *type,
    struct text message)
{
    check_say(check, FINDING_FINE, record_kind_word(kind), name, type, message, TEXT_NONE);
}

/* Others see what their resolvers have kept: ours stands for these. What it cannot tell, it can
 * not. */
static void judge_resolved(struct check *check, struct text name, enum dns_type type,
    const struct zone_seen *seen, const struct dns_answer *resolved)
{
    if (resolved->status != DNS_TEMPORARY && seen->answer->status != DNS_TEMPORARY &&
        !zone_view_is_same(seen->answer, resolved, type, check->arena)) {
        check_say(check, FINDING_WARNING, "resolver-differs", name, dns_type_name(type),
            TEXT("the resolver shows other data than the zone's name servers"),
            TEXT("wait for it, and check again"));
        findings_add_aside(check->findings,
            arena_print(check->arena, "for up to %u more seconds", resolved->ttl_s));
    }
}

bool check_see(struct check *check, struct text name, enum dns_type type, struct zone_seen *seen_r)
{
    const struct dns_answer *resolved = zone_view_resolved(check->view, name, type);

    if (!zone_view_see(check->view, name, type, check->arena, seen_r) || resolved == NULL) {
        check->is_waiting = true;
        return false;
    }
    judge_resolved(check, name, type, seen_r, resolved);
    if (seen_r->odd.len != 0)
        check_say(check, FINDING_ERROR, "servers-differ", name, dns_type_name(type),
            arena_print(check->arena, "the name server %.*s shows other data than the others",
                TEXT_ARGS(seen_r->odd)),
            TEXT("see to it that it has the zone of now (its serial, its transfers)"));
    if (seen_r->answer->status != DNS_TEMPORARY)
        return true;
    check_say(check, FINDING_UNKNOWN, "no-answer", name, dns_type_name(type),
        TEXT("neither the zone's name servers nor the resolver say what is there"),
        TEXT("try again later"));
    return false;
}

struct text check_publish(const struct check *check, const struct zone_record *record)
{
    struct text data = text_head(record->data, SHOWN_DATA_MAX);

    /* Reverse names are in a zone of the provider's, as a rule. */
    return arena_print(check->arena, "%spublish %.*s %s %.*s%s",
        strcmp(record->type, "PTR") == 0 ? "have whoever gave you the address " : "",
        TEXT_ARGS(record->owner), record->type, TEXT_ARGS(data),
        data.len < record->data.len ? "... (all of it: mailctl dns show)" : "");
}

/* An alias that leads to where there is no such record. */
static bool say_dangling(
    struct check *check, enum finding_level level, const struct zone_record *record)
{
    struct zone_seen seen;
    enum dns_type type;
    struct text target;

    if (!dns_type_parse(text_from_string(record->type), &type))
        return false;
    if (!zone_view_see(check->view, record->owner, type, check->arena, &seen)) {
        check->is_waiting = true;
        return true;
    }
    target =
        type == DNS_CNAME && seen.answer->count != 0 ? seen.answer->records[0].text : seen.alias;
    if (target.len != 0)
        check_say(check, level, "alias-dangling", record->owner, record->type,
            arena_print(check->arena, "it is an alias of %.*s, and nothing of the kind is there",
                TEXT_ARGS(check_safe(check, target))),
            arena_print(check->arena, "see to it that it is there, or in place of the alias %.*s",
                TEXT_ARGS(check_publish(check, record))));
    return target.len != 0;
}

bool check_missing_elsewhere(
    struct check *check, enum finding_level level, const struct zone_record *record)
{
    struct text doubled = arena_print(
        check->arena, "%.*s.%.*s", TEXT_ARGS(record->owner), TEXT_ARGS(check->view->zone));
    struct zone_seen seen;
    enum dns_type type;

    if (say_dangling(check, level, record))
        return true;
    if (check->has_wildcard || !dns_type_parse(text_from_string(record->type), &type) ||
        !dns_name_is_within(record->owner, check->view->zone))
        return false;
    if (!zone_view_see(check->view, doubled, type, check->arena, &seen)) {
        check->is_waiting = true;
        return true;
    }
    if (seen.answer->status != DNS_FOUND)
        return false;
    check_say(check, level, "name-doubled", record->owner, record->type,
        arena_print(check->arena, "it stands at %.*s instead", TEXT_ARGS(doubled)),
        arena_print(check->arena,
            "enter the name without %.*s, which the form adds, or with a dot at its end",
            TEXT_ARGS(check->view->zone)));
    return true;
}

void check_missing(struct check *check, enum finding_level level, const char *code,
    const struct zone_record *record)
{
    if (!check_missing_elsewhere(check, level, record))
        check_say(check, level, code, record->owner, record->type, TEXT("it is not there"),
            check_publish(check, record));
}

static bool is_version(struct text text, const char *version)
{
    struct text word = text_from_string(version);

    return text_starts_with_nocase(text, word) &&
           (text.len == word.len || text.data[word.len] == ' ' || text.data[word.len] == ';');
}

size_t check_texts_of(const struct check *check, const struct dns_answer *answer,
    const char *version, const struct text **texts_r)
{
    struct text *texts = arena_alloc_zero(check->arena, answer->count, sizeof *texts);
    size_t count = 0;

    for (size_t i = 0; i < answer->count; i++)
        if (is_version(answer->records[i].text, version))
            texts[count++] = answer->records[i].text;
    *texts_r = texts;
    return count;
}

const struct zone_record *check_wanted(
    const struct check *check, enum record_kind kind, const char *type, size_t *at)
{
    for (; *at < check->records->count; (*at)++) {
        const struct domain_record *item = &check->records->items[*at];

        if (item->kind == kind && strcmp(item->record.type, type) == 0) {
            (*at)++;
            return &item->record;
        }
    }
    return NULL;
}
