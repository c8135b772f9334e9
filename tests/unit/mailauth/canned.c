/* SPDX-License-Identifier: MIT */

#include "tests/unit/mailauth/canned.h"

#include <stdlib.h>

#define ALIASES_MAX 8

struct entry {
    struct entry *next;
    struct text name, type, data;
};

struct canned {
    struct arena *arena;
    struct entry *first, **end;
};

struct canned *canned_new(struct arena *arena)
{
    struct canned *canned = arena_alloc_zero(arena, 1, sizeof *canned);

    canned->arena = arena;
    canned_clear(canned);
    return canned;
}

void canned_clear(struct canned *canned)
{
    canned->first = NULL;
    canned->end = &canned->first;
}

void canned_add(struct canned *canned, struct text name, struct text type, struct text data)
{
    struct entry *entry = arena_alloc_zero(canned->arena, 1, sizeof *entry);

    if (name.len != 0 && name.data[name.len - 1] == '.')
        name.len--;
    entry->name = arena_copy(canned->arena, name);
    entry->type = arena_copy(canned->arena, type);
    entry->data = arena_copy(canned->arena, data);
    *canned->end = entry;
    canned->end = &entry->next;
}

void canned_add_table(struct canned *canned, const struct canned_record *records)
{
    for (; records->name != NULL; records++)
        canned_add(canned, text_from_string(records->name), text_from_string(records->type),
            text_from_string(records->data));
}

static const struct entry *find(const struct canned *canned, struct text name, const char *type)
{
    for (const struct entry *entry = canned->first; entry != NULL; entry = entry->next)
        if (text_equals_nocase(entry->name, name) &&
            (type == NULL || text_equals(entry->type, text_from_string(type))))
            return entry;
    return NULL;
}

static void read_record(enum dns_type type, struct text data, struct dns_record *record_r)
{
    uint64_t preference = 0;
    size_t blank;

    record_r->text = data;
    if (type == DNS_A || type == DNS_AAAA) {
        if (!ip_parse(data, &record_r->ip))
            abort(); /* a mistake in the test */
        record_r->text = TEXT("");
    }
    if (type == DNS_MX) {
        blank = text_find(data, ' ');
        if (!text_to_number(text_head(data, blank), 65535, &preference))
            abort();
        record_r->preference = (uint16_t)preference;
        record_r->text = text_skip(data, blank + 1);
    }
}

static struct dns_answer collect(const struct canned *canned, struct text name, enum dns_type type)
{
    struct text word = text_from_string(dns_type_name(type));
    struct dns_record *records = arena_alloc_zero(canned->arena, DNS_RECORDS_MAX, sizeof *records);
    struct dns_answer answer = {.status = DNS_FOUND, .records = records};

    for (const struct entry *entry = canned->first; entry != NULL; entry = entry->next)
        if (answer.count < DNS_RECORDS_MAX && text_equals_nocase(entry->name, name) &&
            text_equals(entry->type, word))
            read_record(type, entry->data, &records[answer.count++]);
    if (answer.count != 0)
        return answer;
    if (find(canned, name, "TIMEOUT") != NULL)
        answer.status = DNS_TEMPORARY;
    else
        answer.status = find(canned, name, NULL) != NULL ? DNS_NO_DATA : DNS_NO_NAME;
    return answer;
}

static struct dns_answer look_up(const struct canned *canned, struct text name, enum dns_type type)
{
    struct dns_answer loop = {.status = DNS_TEMPORARY};

    for (size_t i = 0; i < ALIASES_MAX; i++) {
        const struct entry *alias = find(canned, name, "CNAME");

        if (alias == NULL)
            return collect(canned, name, type);
        name = alias->data;
        if (name.len != 0 && name.data[name.len - 1] == '.')
            name.len--;
    }
    return loop;
}

size_t canned_answer_wave(struct canned *canned, struct answers *answers)
{
    const struct dns_question *questions;
    size_t count = answers_take_missing(answers, &questions);

    for (size_t i = 0; i < count; i++) {
        struct dns_answer answer = look_up(canned, questions[i].name, questions[i].type);

        answers_put(answers, questions[i].name, questions[i].type, &answer);
    }
    return count;
}
