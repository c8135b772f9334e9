/* SPDX-License-Identifier: MIT */
#include "lib/store/route-sources.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "lib/store/mailbox.h"
#include "lib/store/route.h"
#include "lib/store/rows.h"
#include "lib/store/statement.h"

struct collector {
    struct store *store;
    struct arena *arena;
    struct text place;
    ARRAY(struct route_source) sources;
};

/* Each is asked of aliases and of forwards alike. */
#define SOURCES(condition)                                                                         \
    "SELECT a.local_part || '@' || d.name, t.target, 0 FROM alias_target t"                        \
    " JOIN alias a ON a.id = t.alias_id JOIN domain d ON d.id = a.domain_id WHERE " condition      \
    " UNION ALL SELECT u.local_part || '@' || d.name, t.target, 1 FROM forward_target t"           \
    " JOIN mail_user u ON u.id = t.user_id JOIN domain d ON d.id = u.domain_id WHERE " condition
#define TARGET_DOMAIN "substr(t.target, instr(t.target, '@') + 1)"
/* The bounds let the index find those with an extension. */
#define AT_ADDRESS                                                                                 \
    "(t.target = $address OR (t.target > $first AND t.target < $last"                              \
    " AND " TARGET_DOMAIN " = $domain))"
#define IN_DOMAIN TARGET_DOMAIN " = $domain"
#define FROM_OTHERS "d.name <> $domain AND " IN_DOMAIN

static struct route_source read_row(struct statement *st, struct arena *arena)
{
    return (struct route_source){
        .address = statement_text(st, 0, arena),
        .target = statement_text(st, 1, arena),
        .is_user = statement_flag(st, 2),
    };
}

static enum err collect(struct collector *all, struct statement *st)
{
    while (statement_step(st) == ERR_NONE)
        array_push(&all->sources, read_row(st, all->arena));
    return statement_finish(st);
}

static int compare_sources(const void *left, const void *right)
{
    const struct route_source *one = left, *other = right;
    int order = (int)one->is_user - (int)other->is_user;

    if (order == 0)
        order = text_compare(mailbox_catch_all(one->address), mailbox_catch_all(other->address));
    if (order == 0)
        order = text_compare(one->address, other->address);
    return order != 0 ? order : text_compare(one->target, other->target);
}

static struct route_source_list keep(const struct collector *all)
{
    if (all->sources.count != 0)
        qsort(all->sources.items, all->sources.count, sizeof *all->sources.items, compare_sources);
    return (struct route_source_list){
        rows_keep(all->arena, all->sources.items, all->sources.count, sizeof *all->sources.items),
        all->sources.count};
}

/* --- of one place --- */

/* From the first possible extension up to behind the last; no name where there are none. */
static void bind_extensions(
    struct statement *st, struct text local_part, char delimiter, struct arena *arena)
{
    struct text first = TEXT(""), last = TEXT("");

    if (delimiter != MAILBOX_NO_DELIMITER) {
        first = arena_print(arena, "%.*s%c", TEXT_ARGS(local_part), delimiter);
        last = arena_print(arena, "%.*s%c", TEXT_ARGS(local_part), delimiter + 1);
    }
    statement_bind_text(st, "$first", first);
    statement_bind_text(st, "$last", last);
}

/* Those whose targets look alike, in one of the domains. */
static enum err collect_alike(struct collector *all, struct text domain)
{
    struct text local_part = text_head(all->place, text_find_last(all->place, '@'));
    struct arena *arena = all->arena;
    struct statement *st;

    if (local_part.len == 0) {
        st = statement_start(all->store, SOURCES(IN_DOMAIN));
    } else {
        st = statement_start(all->store, SOURCES(AT_ADDRESS));
        statement_bind_text(st, "$address",
            arena_print(arena, "%.*s@%.*s", TEXT_ARGS(local_part), TEXT_ARGS(domain)));
        bind_extensions(st, local_part, store_delimiter(all->store), arena);
    }
    statement_bind_text(st, "$domain", domain);
    return collect(all, st);
}

/* ERR_NONE: somebody has that very address. */
static enum err is_taken(struct collector *all, struct text address)
{
    struct alias alias;

    return route_find_exact(all->store, address, all->arena, &alias);
}

/* ERR_NONE: the target leads to the place. ERR_ABSENT: to a nearer one. */
static enum err leads_there(struct collector *all, struct text target)
{
    struct text own = arena_print(all->arena, "%.*s%.*s",
        TEXT_ARGS(text_head(target, text_find_last(target, '@'))),
        TEXT_ARGS(mailbox_catch_all(all->place)));
    struct text bare;
    enum err err;

    if (text_equals(own, all->place))
        return ERR_NONE;
    err = is_taken(all, own);
    if (err == ERR_ABSENT && all->place.data[0] == '@' &&
        mailbox_strip_extension(own, store_delimiter(all->store), all->arena, &bare))
        err = is_taken(all, bare);
    if (err == ERR_ABSENT)
        return ERR_NONE;
    return err == ERR_NONE ? ERR_ABSENT : err;
}

/* Leaves those that lead there. */
static enum err sift(struct collector *all)
{
    size_t left = 0;

    for (size_t i = 0; i < all->sources.count; i++) {
        enum err err = leads_there(all, all->sources.items[i].target);

        if (err == ERR_NONE)
            all->sources.items[left++] = all->sources.items[i];
        else if (err != ERR_ABSENT)
            return err;
    }
    all->sources.count = left;
    return ERR_NONE;
}

enum err route_sources_find(
    struct store *store, struct text place, struct arena *arena, struct route_source_list *list_r)
{
    struct collector all = {store, arena, place, ARRAY_NONE};
    struct text domain = text_skip(place, text_find_last(place, '@') + 1);
    struct domain_list twins = {NULL, 0};
    enum err err = domain_list_aliases(store, domain, arena, &twins);

    if (err == ERR_NONE)
        err = collect_alike(&all, domain);
    for (size_t i = 0; err == ERR_NONE && i < twins.count; i++)
        err = collect_alike(&all, twins.items[i].name);
    if (err == ERR_NONE)
        err = sift(&all);
    if (err == ERR_NONE)
        *list_r = keep(&all);
    array_done(&all.sources);
    return err;
}

/* --- any of one address --- */

#define IS_TARGET_IN(table) "SELECT 1 FROM " table " WHERE target = $address COLLATE NOCASE"
#define IS_TWIN_IN(table)                                                                          \
    "SELECT 1 FROM domain own JOIN domain twin ON twin.alias_of = own.id"                          \
    " JOIN " table " t ON t.target = ($local_part || '@' || twin.name) COLLATE NOCASE"             \
    " WHERE own.name = $domain"
#define IS_TARGET_ANYWHERE                                                                         \
    IS_TARGET_IN("alias_target")                                                                   \
    " UNION ALL " IS_TARGET_IN("forward_target") " UNION ALL " IS_TWIN_IN(                         \
        "alias_target") " UNION ALL " IS_TWIN_IN("forward_target")

enum err route_sources_exist(struct store *store, struct text address)
{
    struct statement *st = statement_start(store, IS_TARGET_ANYWHERE);
    size_t at = text_find_last(address, '@');
    enum err err, end;

    statement_bind_text(st, "$address", address);
    statement_bind_text(st, "$local_part", text_head(address, at));
    statement_bind_text(st, "$domain", text_skip(address, at + 1));
    err = statement_step(st);
    end = statement_finish(st);
    return end != ERR_NONE ? end : err;
}

/* --- of a domain --- */

static enum err collect_domain(struct collector *all, struct text domain)
{
    struct statement *st = statement_start(all->store, SOURCES(FROM_OTHERS));

    statement_bind_text(st, "$domain", domain);
    return collect(all, st);
}

enum err route_sources_find_domain(
    struct store *store, struct text domain, struct arena *arena, struct route_source_list *list_r)
{
    struct collector all = {store, arena, TEXT_NONE, ARRAY_NONE};
    enum err err = collect_domain(&all, domain);

    if (err == ERR_NONE)
        *list_r = keep(&all);
    array_done(&all.sources);
    return err;
}

enum err route_sources_find_twins(
    struct store *store, struct text domain, struct arena *arena, struct route_source_list *list_r)
{
    struct collector all = {store, arena, TEXT_NONE, ARRAY_NONE};
    struct domain_list twins = {NULL, 0};
    struct domain found = {.kind = DOMAIN_MAILBOX};
    enum err err = domain_find(store, domain, arena, &found);

    if (err == ERR_NONE && found.kind == DOMAIN_ALIAS)
        err = collect_domain(&all, domain);
    if (err == ERR_NONE)
        err = domain_list_aliases(store, domain, arena, &twins);
    for (size_t i = 0; err == ERR_NONE && i < twins.count; i++)
        err = collect_domain(&all, twins.items[i].name);
    if (err == ERR_NONE)
        *list_r = keep(&all);
    array_done(&all.sources);
    return err;
}

/* --- taken out --- */

static enum err run_on_target(struct store *store, const char *sql, struct text target)
{
    struct statement *st = statement_start(store, sql);

    statement_bind_text(st, "$target", target);
    return statement_run(st, NULL);
}

static enum err drop_target(struct store *store, struct text target)
{
    enum err err = run_on_target(store, "DELETE FROM alias_target WHERE target = $target", target);

    if (err != ERR_NONE)
        return err;
    return run_on_target(store, "DELETE FROM forward_target WHERE target = $target", target);
}

/* What has no target left. */
static enum err drop_empty(struct store *store)
{
    enum err err =
        statement_run(statement_start(store,
                          "DELETE FROM alias WHERE id NOT IN (SELECT alias_id FROM alias_target)"),
            NULL);

    if (err != ERR_NONE)
        return err;
    return statement_run(statement_start(store, "DELETE FROM forward WHERE user_id NOT IN"
                                                " (SELECT user_id FROM forward_target)"),
        NULL);
}

enum err route_sources_drop(struct store *store, const struct route_source_list *list)
{
    static bool is_dropped = true;
    bool own = statement_begin(store);
    struct map *dropped = map_new();
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < list->count; i++)
        if (map_put(dropped, list->items[i].target, &is_dropped) == NULL)
            err = drop_target(store, list->items[i].target);
    if (err == ERR_NONE && list->count != 0)
        err = drop_empty(store);
    map_free(&dropped);
    return statement_end(store, own, err);
}
