/* SPDX-License-Identifier: MIT */
#include "mailctl/declare.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/base/map.h"
#include "lib/base/near.h"
#include "lib/store/alias.h"
#include "lib/store/forward.h"
#include "mailctl/alias-route.h"

static const struct declare_part *const parts[] = {
    &declare_domains,
    &declare_users,
    &declare_aliases,
};
#define PART_COUNT (sizeof parts / sizeof *parts)

/* --- complaints --- */

struct text declare_place(const struct declare *declare)
{
    struct arena *arena = declare->invocation->arena;

    if (declare->section == NULL)
        return TEXT("");
    if (text_is_empty(declare->name))
        return arena_print(arena, "%s[%zu]", declare->section, declare->index);
    return arena_print(
        arena, "%s[%zu] (%.*s)", declare->section, declare->index, TEXT_ARGS(declare->name));
}

bool declare_complain(struct declare *declare, int status, const char *format, ...)
{
    struct text place = declare_place(declare);
    char words[FAILURE_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    declare->status = invocation_complain(declare->invocation, status, "%.*s%s%s", TEXT_ARGS(place),
        place.len != 0 ? ": " : "", words);
    return false;
}

bool declare_complain_store(struct declare *declare)
{
    struct failure failure;
    enum err err = store_failure(declare->directory, &failure);

    return declare_complain(declare,
        err == ERR_ABSENT || err == ERR_EXISTS ? EX_DATAERR : invocation_status_of(err), "%s",
        failure.text);
}

/* --- the plan --- */

static void note(struct declare *declare, const char *noun, struct text change)
{
    array_push(&declare->plan, (struct declare_line){noun, declare->name, change});
}

void declare_differs(struct declare *declare, const char *key)
{
    declare->changed = arena_print(declare->invocation->arena, "%.*s%s%s",
        TEXT_ARGS(declare->changed), declare->changed.len != 0 ? ", " : "", key);
}

void declare_touch_sources(struct declare *declare, const struct route_source_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        array_push(&declare->touched, list->items[i].address);
}

/* --- a thing --- */

static const struct declare_field *find_field(
    const struct declare_field *fields, const char *key, const char **near_r)
{
    struct near near;

    near_init(&near, text_from_string(key));
    for (; fields->key != NULL; fields++) {
        if (strcmp(fields->key, key) == 0)
            return fields;
        near_offer(&near, fields->key);
    }
    *near_r = near_best(&near);
    return NULL;
}

bool declare_fields(struct declare *declare, const struct declare_part *part,
    const struct declare_field *fields, const json_t *thing, void *row)
{
    const char *key, *near = NULL;
    const json_t *value;

    /* The tree is only read; jansson's loop has no form for that. */
    json_object_foreach((json_t *)(uintptr_t)thing, key, value)
    {
        const struct declare_field *field = find_field(fields, key, &near);

        if (strcmp(key, part->identity) == 0)
            continue;
        if (field == NULL)
            return declare_complain(declare, EX_DATAERR, "there is no field %s%s%s", key,
                near != NULL ? "; did you mean " : "", near != NULL ? near : "");
        if (!field->read(declare, key, value, row))
            return false;
    }
    return true;
}

/* --- a section --- */

static bool read_name(struct declare *declare, const struct declare_part *part, const json_t *thing)
{
    const json_t *identity = json_object_get(thing, part->identity);

    declare->name = TEXT("");
    if (!json_is_object(thing))
        return declare_complain(declare, EX_DATAERR, "a %s with fields was expected", part->noun);
    if (!json_is_string(identity))
        return declare_complain(declare, EX_DATAERR, "%s is missing", part->identity);
    return part->name(declare,
        text_from_bytes(json_string_value(identity), json_string_length(identity)), &declare->name);
}

/* What was added, and what is different: the line of the plan. */
static void note_thing(struct declare *declare, const char *noun)
{
    if (declare->is_new)
        note(declare, noun, TEXT("added"));
    else if (declare->changed.len != 0)
        note(declare, noun,
            arena_print(declare->invocation->arena, "changed: %.*s", TEXT_ARGS(declare->changed)));
}

/* What is kept in the map with each name. */
static bool is_new = true, is_old = false;

/* All of them, before anything is changed: what is not named may be in the way of what is. */
static bool name_all(struct declare *declare, const struct declare_part *part, const json_t *things,
    struct map *named)
{
    declare->section = part->section;
    for (size_t i = 0; i < json_array_size(things); i++) {
        declare->index = i;
        if (!read_name(declare, part, json_array_get(things, i)))
            return false;
        if (map_put(named, declare->name, &is_old) != NULL)
            return declare_complain(declare, EX_DATAERR, "it stands in the file twice");
    }
    return true;
}

static bool prepare_all(struct declare *declare, const struct declare_part *part,
    const json_t *things, struct map *named)
{
    for (size_t i = 0; part->prepare != NULL && i < json_array_size(things); i++) {
        declare->index = i;
        declare->is_new = false;
        if (!read_name(declare, part, json_array_get(things, i)) || !part->prepare(declare))
            return false;
        if (declare->is_new)
            map_put(named, declare->name, &is_new);
    }
    return true;
}

static bool put_thing(struct declare *declare, const struct declare_part *part, const json_t *thing,
    unsigned stage, const struct map *named)
{
    if (!read_name(declare, part, thing))
        return false;
    if (part->stage != NULL && part->stage(declare, thing) != stage)
        return true;
    declare->changed = TEXT("");
    declare->is_new = *(const bool *)map_get(named, declare->name);
    if (!part->put(declare, thing))
        return false;
    note_thing(declare, part->noun);
    return true;
}

static bool put_all(struct declare *declare, const struct declare_part *part, const json_t *things,
    struct map *named)
{
    unsigned stages = part->stage != NULL ? DECLARE_STAGES : 1;

    declare->section = part->section;
    if (!prepare_all(declare, part, things, named))
        return false;
    for (unsigned stage = 0; stage < stages; stage++)
        for (size_t i = 0; i < json_array_size(things); i++) {
            declare->index = i;
            if (!put_thing(declare, part, json_array_get(things, i), stage, named))
                return false;
        }
    return true;
}

/* What leads to what went leads elsewhere now, or nowhere; and so does mail to it. */
static bool touch_leading(struct declare *declare)
{
    struct route_source_list list = {NULL, 0};

    if (alias_route_sources(declare->directory, declare->name, declare->invocation->arena, &list) !=
        ERR_NONE)
        return declare_complain_store(declare);
    if (text_find(declare->name, '@') < declare->name.len)
        array_push(&declare->touched, declare->name);
    declare_touch_sources(declare, &list);
    return true;
}

static bool prune(
    struct declare *declare, const struct declare_part *part, bool is_late, struct map *named)
{
    const struct text *names = NULL;
    size_t count = 0;

    declare->section = part->section;
    declare->index = 0;
    declare->name = TEXT("");
    if (!part->list(declare, is_late, &names, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (map_get(named, names[i]) != NULL)
            continue;
        declare->name = names[i];
        if (!part->remove(declare) || !touch_leading(declare))
            return false;
        note(declare, part->noun, TEXT("deleted"));
    }
    return true;
}

/* --- all of it --- */

static bool check_document(struct declare *declare, const json_t *document)
{
    const json_t *version = json_object_get(document, "version");
    const char *key;
    const json_t *value;

    if (!json_is_object(document))
        return declare_complain(
            declare, EX_DATAERR, "sections were expected: version, domains, users, aliases");
    if (!json_is_integer(version) || json_integer_value(version) != DECLARE_VERSION)
        return declare_complain(
            declare, EX_DATAERR, "\"version: %d\" was expected", DECLARE_VERSION);
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        bool is_known = strcmp(key, "version") == 0;

        for (size_t i = 0; i < PART_COUNT; i++)
            is_known = is_known || strcmp(key, parts[i]->section) == 0;
        if (!is_known)
            return declare_complain(declare, EX_DATAERR, "there is no section %s", key);
        /* Nothing is not an empty list: with --prune it would take all away. */
        if (strcmp(key, "version") != 0 && !json_is_array(value))
            return declare_complain(declare, EX_DATAERR,
                "%s: a list was expected, [] for an empty one, or no %s at all", key, key);
    }
    return true;
}

/* What is gone by now, or switched off, has none. */
static enum err find_targets(
    struct declare *declare, struct text address, const struct text **targets_r, size_t *count_r)
{
    struct arena *arena = declare->invocation->arena;
    struct alias alias = {.targets = NULL, .target_count = 0};
    struct forward forward = {.targets = NULL, .target_count = 0};
    enum err err = alias_find(declare->directory, address, arena, &alias);

    if (err == ERR_NONE && !alias_is_in_force(&alias, declare->now))
        alias = (struct alias){.targets = NULL, .target_count = 0};
    if (err == ERR_ABSENT)
        err = forward_find(declare->directory, address, arena, &forward);
    *targets_r = alias.targets != NULL ? alias.targets : forward.targets;
    *count_r = alias.targets != NULL ? alias.target_count : forward.target_count;
    return err == ERR_ABSENT ? ERR_NONE : err;
}

static bool check_way(struct declare *declare, struct text address)
{
    const struct text *targets = NULL;
    size_t count = 0;

    if (find_targets(declare, address, &targets, &count) != ERR_NONE)
        return declare_complain_store(declare);
    if (count != 0)
        declare->status = alias_route_check(
            declare->invocation, declare->directory, address, targets, declare->warns ? count : 0);
    else
        declare->status =
            alias_route_check_without(declare->invocation, declare->directory, address);
    return declare->status == EX_OK;
}

/* Each once. */
static bool check_ways(struct declare *declare)
{
    static bool is_seen = true;
    struct map *seen = map_new();
    bool is_good = true;

    declare->section = NULL;
    for (size_t i = 0; is_good && i < declare->touched.count; i++)
        if (map_put(seen, declare->touched.items[i], &is_seen) == NULL)
            is_good = check_way(declare, declare->touched.items[i]);
    map_free(&seen);
    return is_good;
}

static bool prune_all(
    struct declare *declare, const json_t *document, bool is_late, struct map *named[PART_COUNT])
{
    for (size_t i = PART_COUNT; i-- > 0;)
        if (json_object_get(document, parts[i]->section) != NULL &&
            !prune(declare, parts[i], is_late, named[i]))
            return false;
    return true;
}

static bool walk(
    struct declare *declare, const json_t *document, bool prunes, struct map *named[PART_COUNT])
{
    for (size_t i = 0; i < PART_COUNT; i++)
        if (!name_all(declare, parts[i], json_object_get(document, parts[i]->section), named[i]))
            return false;
    if (prunes && !prune_all(declare, document, false, named))
        return false;
    for (size_t i = 0; i < PART_COUNT; i++)
        if (!put_all(declare, parts[i], json_object_get(document, parts[i]->section), named[i]))
            return false;
    if (prunes && !prune_all(declare, document, true, named))
        return false;
    return check_ways(declare);
}

int declare_walk(struct declare *declare, const json_t *document, bool prunes)
{
    struct map *named[PART_COUNT];

    declare->section = NULL;
    declare->status = EX_OK;
    if (!check_document(declare, document))
        return declare->status;
    for (size_t i = 0; i < PART_COUNT; i++)
        named[i] = map_new();
    (void)walk(declare, document, prunes, named);
    for (size_t i = 0; i < PART_COUNT; i++)
        map_free(&named[i]);
    return declare->status;
}

void declare_done(struct declare *declare)
{
    array_done(&declare->plan);
    array_done(&declare->touched);
    array_done(&declare->fresh);
    array_done(&declare->gone);
    array_done(&declare->gone_domains);
    array_done(&declare->passwords);
    array_done(&declare->delegations);
}
