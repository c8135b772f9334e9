/* SPDX-License-Identifier: MIT */
#include "lib/dns/answers.h"

#include <string.h>

#include "lib/dns/name.h"

#define ANSWERS_FIRST_ROOM ((size_t)32)

struct entry {
    struct entry *next; /* in the order of arrival */
    struct dns_question question;
    uint64_t hash;
    const struct dns_answer *answer; /* NULL: not yet */
    bool is_taken;                   /* handed out */
};

/*
 * An open hash table of pointers, at most half full, and a list in the order of arrival. Both
 * live in the arena: a table that grows leaves its old places behind.
 */
struct answers {
    struct arena *arena;
    struct entry **places;
    size_t room; /* a power of two */
    size_t count;
    struct entry *first, *last;
    struct entry *first_missing; /* nothing before it is missing */
    size_t missing_count;
    size_t noted_count;
    size_t asked_count;
    size_t held_bytes; /* of the answers */
    bool has_given_up;
};

static const struct dns_answer no_such_name = {.status = DNS_NO_NAME};
static const struct dns_answer temporary = {.status = DNS_TEMPORARY};

struct answers *answers_new(struct arena *arena)
{
    struct answers *answers = arena_alloc_zero(arena, 1, sizeof *answers);

    answers->arena = arena;
    answers->room = ANSWERS_FIRST_ROOM;
    answers->places = arena_alloc_zero(arena, answers->room, sizeof(struct entry *));
    return answers;
}

/* FNV-1a. Not keyed: ANSWERS_MAX_QUESTIONS bounds what colliding names can cost. */
static uint64_t question_hash(struct text name, enum dns_type type)
{
    uint64_t hash = 0xcbf29ce484222325U ^ (uint64_t)type;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)text_lower(name.data[i])) * 0x100000001b3U;
    return hash ^ hash >> 32;
}

/* The place of the question, or the empty one where it would go. */
static struct entry **answers_place(
    const struct answers *answers, struct text name, enum dns_type type, uint64_t hash)
{
    for (size_t i = hash & (answers->room - 1);; i = (i + 1) & (answers->room - 1)) {
        struct entry **place = &answers->places[i];

        if (*place == NULL || ((*place)->hash == hash && (*place)->question.type == type &&
                                  text_equals_nocase((*place)->question.name, name)))
            return place;
    }
}

static void answers_grow(struct answers *answers)
{
    answers->room *= 2;
    answers->places = arena_alloc_zero(answers->arena, answers->room, sizeof(struct entry *));
    for (struct entry *entry = answers->first; entry != NULL; entry = entry->next)
        *answers_place(answers, entry->question.name, entry->question.type, entry->hash) = entry;
}

static struct entry *answers_add(
    struct answers *answers, struct text name, enum dns_type type, uint64_t hash)
{
    struct entry *entry = arena_alloc_zero(answers->arena, 1, sizeof *entry);

    entry->question.name = arena_copy(answers->arena, name);
    text_lower_bytes((char *)entry->question.name.data, name.len);
    entry->question.type = type;
    entry->hash = hash;
    *(answers->last != NULL ? &answers->last->next : &answers->first) = entry;
    answers->last = entry;
    if (++answers->count * 2 > answers->room)
        answers_grow(answers);
    else
        *answers_place(answers, name, type, hash) = entry;
    return entry;
}

static struct text without_final_dot(struct text name)
{
    return name.len != 0 && name.data[name.len - 1] == '.' ? text_head(name, name.len - 1) : name;
}

const struct dns_answer *answers_peek(
    const struct answers *answers, struct text name, enum dns_type type)
{
    const struct entry *entry;

    name = without_final_dot(name);
    if (!dns_name_fits(name))
        return &no_such_name;
    entry = *answers_place(answers, name, type, question_hash(name, type));
    return entry != NULL ? entry->answer : NULL;
}

const struct dns_answer *answers_ask(struct answers *answers, struct text name, enum dns_type type)
{
    struct entry *entry;
    uint64_t hash;

    name = without_final_dot(name);
    if (!dns_name_fits(name))
        return &no_such_name;
    hash = question_hash(name, type);
    entry = *answers_place(answers, name, type, hash);
    if (entry != NULL)
        return entry->answer;
    if (answers->has_given_up || answers->noted_count == ANSWERS_MAX_QUESTIONS)
        return &temporary;
    entry = answers_add(answers, name, type, hash);
    answers->noted_count++;
    if (answers->missing_count++ == 0)
        answers->first_missing = entry;
    return NULL;
}

static void entry_answer(
    struct answers *answers, struct entry *entry, const struct dns_answer *answer)
{
    entry->answer = answer;
    if (!entry->is_taken)
        answers->missing_count--;
}

/* A copy; or, where it is large and there is no room for such any more, a failure. */
static const struct dns_answer *answers_keep(
    struct answers *answers, const struct dns_answer *answer)
{
    size_t bytes = dns_answer_bytes(answer);

    if (bytes > ANSWERS_SMALL_BYTES && answers->held_bytes + bytes > ANSWERS_MAX_BYTES)
        return &temporary;
    answers->held_bytes += bytes;
    return dns_answer_copy(answer, answers->arena);
}

void answers_put(
    struct answers *answers, struct text name, enum dns_type type, const struct dns_answer *answer)
{
    struct entry *entry;
    uint64_t hash;

    name = without_final_dot(name);
    if (!dns_name_fits(name))
        return;
    hash = question_hash(name, type);
    entry = *answers_place(answers, name, type, hash);
    if (entry == NULL) {
        entry = answers_add(answers, name, type, hash);
        entry->is_taken = true;
    }
    if (entry->answer == NULL)
        entry_answer(answers, entry, answers_keep(answers, answer));
}

void answers_replace(
    struct answers *answers, struct text name, enum dns_type type, const struct dns_answer *answer)
{
    struct entry *entry;

    name = without_final_dot(name);
    if (!dns_name_fits(name))
        return;
    entry = *answers_place(answers, name, type, question_hash(name, type));
    if (entry != NULL && entry->answer != NULL)
        entry->answer = answers_keep(answers, answer);
    else
        answers_put(answers, name, type, answer);
}

size_t answers_missing_count(const struct answers *answers)
{
    return answers->missing_count;
}

size_t answers_take_missing(struct answers *answers, const struct dns_question **questions_r)
{
    struct dns_question *questions =
        arena_alloc_zero(answers->arena, answers->missing_count, sizeof *questions);
    size_t count = 0;

    for (struct entry *entry = answers->first_missing; count < answers->missing_count;
         entry = entry->next)
        if (entry->answer == NULL && !entry->is_taken) {
            entry->is_taken = true;
            questions[count++] = entry->question;
        }
    answers->missing_count = 0;
    answers->asked_count += count;
    *questions_r = questions;
    return count;
}

void answers_put_back(struct answers *answers, struct text name, enum dns_type type)
{
    struct entry *entry;

    name = without_final_dot(name);
    if (!dns_name_fits(name))
        return;
    entry = *answers_place(answers, name, type, question_hash(name, type));
    if (entry == NULL || !entry->is_taken || entry->answer != NULL)
        return;
    entry->is_taken = false;
    answers->missing_count++;
    answers->asked_count--;
    answers->first_missing = answers->first;
}

void answers_give_up(struct answers *answers)
{
    answers->has_given_up = true;
    for (struct entry *entry = answers->first; entry != NULL; entry = entry->next)
        if (entry->answer == NULL)
            entry_answer(answers, entry, &temporary);
}

size_t answers_asked_count(const struct answers *answers)
{
    return answers->asked_count;
}
