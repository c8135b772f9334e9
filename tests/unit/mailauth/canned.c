/* SPDX-License-Identifier: MIT */

#include "tests/unit/mailauth/canned.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define ALIASES_MAX 8

struct entry {
    struct entry *next;
    struct text name, type;
    struct dns_record record;
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

/* Not by ip_parse(), which makes an IPv4 address of a mapped one: the DNS does not. */
static bool read_address(struct text type, struct text data, struct ip *ip_r)
{
    char string[IP_TEXT_MAX];

    if (data.len >= sizeof string)
        return false;
    memcpy(string, data.data, data.len);
    string[data.len] = '\0';
    *ip_r = (struct ip){.family = type.len == 1 ? IP_V4 : IP_V6};
    return inet_pton(type.len == 1 ? AF_INET : AF_INET6, string, ip_r->bytes) == 1;
}

/* Reads what stands behind the type; what is no address and no exchange is kept as text. */
static bool read_record(struct text type, struct text data, struct dns_record *record_r)
{
    struct dns_record record = {.text = data};
    size_t blank = text_find(data, ' ');
    uint64_t preference;

    if (text_equals(type, TEXT("A")) || text_equals(type, TEXT("AAAA"))) {
        record.text = TEXT("");
        if (!read_address(type, data, &record.ip))
            return false;
    }
    if (text_equals(type, TEXT("MX"))) {
        if (!text_to_number(text_head(data, blank), 65535, &preference))
            return false;
        record.preference = (uint16_t)preference;
        record.text = text_skip(data, blank + 1);
    }
    *record_r = record;
    return true;
}

bool canned_add(struct canned *canned, struct text name, struct text type, struct text data)
{
    struct entry *entry = arena_alloc_zero(canned->arena, 1, sizeof *entry);

    if (name.len != 0 && name.data[name.len - 1] == '.')
        name.len--;
    entry->name = arena_copy(canned->arena, name);
    entry->type = arena_copy(canned->arena, type);
    if (!read_record(type, arena_copy(canned->arena, data), &entry->record))
        return false;
    *canned->end = entry;
    canned->end = &entry->next;
    return true;
}

void canned_add_table(struct canned *canned, const struct canned_record *records)
{
    for (; records->name != NULL; records++)
        if (!canned_add(canned, text_from_string(records->name), text_from_string(records->type),
                text_from_string(records->data)))
            abort();
}

void canned_add_lines(struct canned *canned, struct text *rest)
{
    struct text line, name, type;

    while (text_split(rest, '\n', &line) && !text_equals(line, TEXT(".")))
        if (text_split(&line, ' ', &name) && text_split(&line, ' ', &type))
            canned_add(canned, name, type, line);
}

static const struct entry *find(const struct canned *canned, struct text name, const char *type)
{
    for (const struct entry *entry = canned->first; entry != NULL; entry = entry->next)
        if (text_equals_nocase(entry->name, name) &&
            (type == NULL || text_equals(entry->type, text_from_string(type))))
            return entry;
    return NULL;
}

static struct dns_answer collect(const struct canned *canned, struct text name, enum dns_type type)
{
    struct text word = text_from_string(dns_type_name(type));
    struct dns_record *records = arena_alloc_zero(canned->arena, DNS_RECORDS_MAX, sizeof *records);
    struct dns_answer answer = {.status = DNS_FOUND, .records = records};

    for (const struct entry *entry = canned->first; entry != NULL; entry = entry->next)
        if (answer.count < DNS_RECORDS_MAX && text_equals_nocase(entry->name, name) &&
            text_equals(entry->type, word))
            records[answer.count++] = entry->record;
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
        name = alias->record.text;
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
