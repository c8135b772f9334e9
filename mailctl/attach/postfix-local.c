/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-local.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "mailctl/attach/postfix-list.h"
#include "mailctl/file.h"

enum verdict { OPEN, LOCAL, NOT_LOCAL };

/* One match of all names at once. */
struct matching {
    const struct postfix_instance *instance;
    const struct text *names;
    enum verdict *verdicts; /* one a name */
    const char **sources;
    size_t count;
    const char *unjudged;
};

/* An item, behind its "!". */
struct item {
    struct text text;
    bool is_negated;
    const char *source;
};

static void decide(struct matching *matching, size_t index, const struct item *item)
{
    if (matching->verdicts[index] != OPEN)
        return;
    matching->verdicts[index] = item->is_negated ? NOT_LOCAL : LOCAL;
    matching->sources[index] = item->source;
}

static int compare(const void *key, const void *name)
{
    return text_compare(*(const struct text *)key, *(const struct text *)name);
}

static void decide_name(struct matching *matching, struct text name, const struct item *item)
{
    char *copy = arena_copy_string(matching->instance->arena, name);
    struct text lower = text_from_bytes(copy, name.len);
    const struct text *found;

    text_lower_bytes(copy, name.len);
    if (matching->count == 0)
        return;
    found = bsearch(&lower, matching->names, matching->count, sizeof *found, compare);
    if (found != NULL)
        decide(matching, (size_t)(found - matching->names), item);
}

static void fail_to_judge(struct matching *matching, const char *source, const char *why)
{
    if (matching->unjudged == NULL)
        matching->unjudged = arena_print(matching->instance->arena, "%s (%s)", source, why).data;
}

static void ask_table(struct matching *matching, const struct item *item)
{
    struct arena *arena = matching->instance->arena;
    struct item asked = {
        .is_negated = item->is_negated, .source = arena_copy_string(arena, item->text)};
    struct buffer keys = BUFFER_NONE;
    struct text found = TEXT(""), line;
    struct failure failure;

    for (size_t i = 0; i < matching->count; i++)
        if (matching->verdicts[i] == OPEN)
            buffer_append_format(&keys, "%.*s\n", TEXT_ARGS(matching->names[i]));
    if (keys.len != 0 && postfix_instance_query_all(matching->instance, asked.source,
                             buffer_text(&keys), &found, &failure) != ERR_NONE)
        fail_to_judge(matching, asked.source, failure.text);
    buffer_done(&keys);
    while (found.len != 0 && text_split(&found, '\n', &line))
        decide_name(matching, text_head(line, text_find(line, '\t')), &asked);
}

static void match_list(struct matching *matching, struct text list, const char *source,
    bool is_negated, unsigned depth);

/* Its lines are items, but for comments. */
static void match_file(struct matching *matching, const struct item *item, unsigned depth)
{
    struct arena *arena = matching->instance->arena;
    const char *path = arena_copy_string(arena, item->text);
    const char *resolved = NULL;
    struct failure failure;
    struct text rest, line;
    struct file file = {.is_there = false};
    enum err err = file_resolve(path, arena, &resolved, &failure);

    if (err == ERR_NONE)
        err = file_read(resolved, arena, &file, &failure);
    if (err != ERR_NONE || !file.is_there || depth == POSTFIX_LOCAL_DEPTH_MAX) {
        fail_to_judge(matching, path,
            err != ERR_NONE  ? failure.text
            : !file.is_there ? "there is no such file"
                             : "files that lead to files too often");
        return;
    }
    rest = file.content;
    while (rest.len != 0 && text_split(&rest, '\n', &line))
        if (!text_starts_with(text_trim(line), TEXT("#")))
            match_list(matching, line, path, item->is_negated, depth + 1);
}

/* "[::1]" is no table. */
static bool is_table(struct text item)
{
    return text_find(item, ':') < item.len && !text_starts_with(item, TEXT("["));
}

static void match_list(struct matching *matching, struct text list, const char *source,
    bool is_negated, unsigned depth)
{
    struct text text;

    while (postfix_list_next(&list, &text)) {
        struct item item = {.text = text, .is_negated = is_negated, .source = source};

        while (text_starts_with(item.text, TEXT("!"))) {
            item.text = text_skip(item.text, 1);
            item.is_negated = !item.is_negated;
        }
        if (text_starts_with(item.text, TEXT("/")))
            match_file(matching, &item, depth);
        else if (is_table(item.text))
            ask_table(matching, &item);
        else
            decide_name(matching, item.text, &item);
    }
}

struct postfix_local postfix_local_match(const struct postfix_instance *instance, struct text list,
    const struct text *names, size_t count)
{
    struct matching matching = {.instance = instance,
        .names = names,
        .verdicts = arena_alloc_zero(instance->arena, count + 1, sizeof *matching.verdicts),
        .sources = arena_alloc_zero(instance->arena, count + 1, sizeof *matching.sources),
        .count = count};
    struct postfix_local_hit *hits = arena_alloc_zero(instance->arena, count + 1, sizeof *hits);
    struct postfix_local local = {.hits = hits};

    match_list(&matching, list, NULL, false, 0);
    for (size_t i = 0; i < count; i++)
        if (matching.verdicts[i] == LOCAL)
            hits[local.count++] =
                (struct postfix_local_hit){.name = names[i], .source = matching.sources[i]};
    local.unjudged = matching.unjudged;
    return local;
}

struct postfix_local postfix_local_find(const struct postfix_instance *instance,
    const char *domains, const struct text *names, size_t count)
{
    struct text ours = postfix_instance_value(instance, TEXT("virtual_mailbox_domains"));

    if (text_find_text(ours, text_from_string(domains)) >= ours.len)
        return (struct postfix_local){.count = 0};
    return postfix_local_match(
        instance, postfix_instance_value(instance, TEXT("mydestination")), names, count);
}

const struct text *postfix_local_names(
    const struct domain_list *domains, struct arena *arena, size_t *count_r)
{
    struct text *names = arena_alloc_zero(arena, domains->count + 1, sizeof *names);
    size_t count = 0;

    for (size_t i = 0; i < domains->count; i++)
        if (domains->items[i].enabled)
            names[count++] = domains->items[i].name;
    *count_r = count;
    return names;
}

/* --- telling --- */

const char *postfix_local_where(
    const struct postfix_instance *instance, const struct postfix_local_hit *hit)
{
    return arena_print(instance->arena, "%s%smydestination (%s)",
        hit->source != NULL ? hit->source : "", hit->source != NULL ? ", which is read by " : "",
        instance->directory)
        .data;
}

const char *postfix_local_tell(
    const struct postfix_instance *instance, const struct postfix_local_hit *hit, const char *mend)
{
    const char *where = postfix_local_where(instance, hit);

    if (hit->source != NULL)
        return arena_print(instance->arena,
            "%.*s stands in %s: Postfix bounces mail to its users as \"unknown user\"; next: take "
            "it"
            " out there",
            TEXT_ARGS(hit->name), where)
            .data;
    return arena_print(instance->arena,
        "%.*s stands in %s: Postfix bounces mail to its users as \"unknown user\" until attach has"
        " taken it out there; next: \"%s\"",
        TEXT_ARGS(hit->name), where, mend)
        .data;
}

const char *postfix_local_tell_unjudged(
    const struct postfix_instance *instance, const struct postfix_local *local)
{
    return arena_print(instance->arena,
        "whether a domain of ours stands in mydestination (%s) is not known: it reads %s; next: see"
        " to it that this can be read, or look there yourself",
        instance->directory, local->unjudged)
        .data;
}
