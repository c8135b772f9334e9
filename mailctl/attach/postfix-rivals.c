/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-rivals.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mailctl/attach/journal.h"
#include "mailctl/attach/known-milter.h"
#include "mailctl/attach/main-cf.h"
#include "mailctl/attach/master-cf.h"
#include "mailctl/attach/neighbour-conf.h"
#include "mailctl/attach/postfix-list.h"

#define USUAL_FOLDER "/etc/postfix"

/* A search under way. */
struct search {
    const struct settings *settings;
    const struct postfix_instance *instance;
    struct arena *arena;
    struct text main_then, master_then, master_now; /* bytes; then: as attach left them */
    /* In how many lists: beside ours; of these, there since attach; there at attach at all. */
    unsigned stands[KNOWN_MILTER_COUNT], kept[KNOWN_MILTER_COUNT], left[KNOWN_MILTER_COUNT];
};

/* --- what attach left ------------------------------------------------------------------------- */

static struct text content_of(
    const struct search *search, const struct journal_file *files, size_t count, const char *name)
{
    const char *path = arena_print(search->arena, "%s/%s", search->instance->directory, name).data;

    if (file_resolve(path, search->arena, &path, NULL) == ERR_NONE)
        for (size_t i = 0; i < count; i++)
            if (strcmp(files[i].path, path) == 0)
                return arena_copy(search->arena, files[i].ours.content);
    return TEXT("");
}

static const char *journal_of(const struct postfix_instance *instance)
{
    char real[PATH_MAX], usual[PATH_MAX];

    if (realpath(instance->directory, real) == NULL ||
        (realpath(USUAL_FOLDER, usual) != NULL && strcmp(real, usual) == 0))
        return "postfix";
    return arena_print(instance->arena, "postfix@%s", real).data;
}

static enum err remember(
    struct search *search, struct journal_room *room, bool *attached_r, struct failure *failure)
{
    struct journal *journal = NULL;
    const struct journal_file *files;
    size_t count;
    enum err err = journal_open(room, journal_of(search->instance), &journal, failure);

    if (err != ERR_NONE)
        return err;
    *attached_r = journal_state(journal) != JOURNAL_NONE;
    files = journal_files(journal, &count);
    search->main_then = content_of(search, files, count, "main.cf");
    search->master_then = content_of(search, files, count, "master.cf");
    journal_close(&journal);
    return ERR_NONE;
}

static enum err recall(struct search *search, bool *attached_r, struct failure *failure)
{
    struct journal_room *room = NULL;
    enum err err =
        journal_room_open(search->settings->state_directory, JOURNAL_READ, &room, failure);

    if (err == ERR_ABSENT)
        return ERR_NONE;
    if (err == ERR_NONE)
        err = remember(search, room, attached_r, failure);
    journal_room_close(&room);
    return err;
}

/* --- what is there ---------------------------------------------------------------------------- */

static bool has(const struct search *search, struct text list, const struct known_milter *known)
{
    struct text rest = postfix_instance_expand(search->instance, list), item;

    while (postfix_list_next(&rest, &item))
        if (known_milter_identify(item) == known)
            return true;
    return false;
}

/* A list of milters as it is now and as attach left it; only beside ours is anybody a rival. */
static void weigh(struct search *search, struct text now, struct text then)
{
    struct text expanded = postfix_instance_expand(search->instance, now);

    for (size_t i = 0; i < KNOWN_MILTER_COUNT; i++)
        search->left[i] += has(search, then, &known_milters[i]);
    if (!known_milter_is_ours(now, search->settings->milter.listen) &&
        !known_milter_is_ours(expanded, search->settings->milter.listen))
        return;
    for (size_t i = 0; i < KNOWN_MILTER_COUNT; i++)
        if (known_milter_is_rival(&known_milters[i]) && has(search, now, &known_milters[i])) {
            search->stands[i]++;
            search->kept[i] += has(search, then, &known_milters[i]);
        }
}

static void weigh_main(struct search *search)
{
    static const char *const lists[] = {"smtpd_milters", "non_smtpd_milters"};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct text name = text_from_string(lists[i]), then = TEXT("");

        (void)main_cf_get(search->main_then, name, search->arena, &then);
        weigh(search, postfix_instance_raw(search->instance, name), then);
    }
}

static struct text override(const struct master_cf_service *service)
{
    const struct master_cf_option *option =
        service != NULL ? master_cf_option_find(service, TEXT("smtpd_milters")) : NULL;

    return option != NULL ? option->value : TEXT("");
}

static void weigh_master(struct search *search)
{
    struct master_cf now = master_cf_parse(search->master_now, search->arena);
    struct master_cf then = master_cf_parse(search->master_then, search->arena);

    for (size_t i = 0; i < now.count; i++)
        weigh(search, override(&now.services[i]),
            override(master_cf_find(&then, now.services[i].key)));
}

static struct text add_name(struct arena *arena, struct text names, const char *name)
{
    return names.len == 0 ? text_from_string(name)
                          : arena_print(arena, "%.*s,%s", TEXT_ARGS(names), name);
}

static void name_all(const struct search *search, struct postfix_rivals *rivals)
{
    for (size_t i = 0; i < KNOWN_MILTER_COUNT; i++) {
        const struct known_milter *known = &known_milters[i];
        bool is_other = search->stands[i] != search->kept[i];

        if (is_other)
            rivals->others = add_name(search->arena, rivals->others, known->name);
        else if (search->stands[i] != 0)
            rivals->kept = add_name(search->arena, rivals->kept, known->name);
        if (!is_other && search->left[i] != 0 && known_milter_is_rival(known))
            rivals->left = add_name(search->arena, rivals->left, known->name);
    }
}

/* Mail passes through amavis only where some goes to a content filter. */
static bool amavis_signs(const struct search *search)
{
    static const char *const names[] = {"content_filter", "smtpd_proxy_filter"};
    struct master_cf master = master_cf_parse(search->master_now, search->arena);
    bool has_filter = false;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text name = text_from_string(names[i]);

        has_filter = has_filter || postfix_instance_value(search->instance, name).len != 0 ||
                     master_cf_has_value(&master, name);
    }
    return has_filter && neighbour_amavis_read(search->arena).signs;
}

enum err postfix_rivals_find(const struct settings *settings,
    const struct postfix_instance *instance, struct postfix_rivals *rivals_r,
    struct failure *failure)
{
    struct search search = {
        .settings = settings, .instance = instance, .arena = instance->arena, .stands = {0}};
    struct postfix_rivals rivals = {.kept = TEXT(""), .others = TEXT(""), .left = TEXT("")};
    const char *path = arena_print(search.arena, "%s/master.cf", instance->directory).data;
    struct file master;
    enum err err = recall(&search, &rivals.is_attached, failure);

    if (err == ERR_NONE)
        err = file_resolve(path, search.arena, &path, failure);
    if (err == ERR_NONE)
        err = file_read(path, search.arena, &master, failure);
    if (err != ERR_NONE)
        return err;
    search.master_now = master.content;
    weigh_main(&search);
    weigh_master(&search);
    name_all(&search, &rivals);
    rivals.amavis_signs = amavis_signs(&search);
    *rivals_r = rivals;
    return ERR_NONE;
}

/* --- the command ------------------------------------------------------------------------------ */

static const char *option(struct arena *arena, const char *name, struct text value)
{
    return value.len != 0 ? arena_print(arena, " --%s %.*s", name, TEXT_ARGS(value)).data : "";
}

const char *postfix_rivals_again(
    const struct postfix_rivals *rivals, const struct postfix_instance *instance)
{
    struct arena *arena = instance->arena;
    bool is_usual = strcmp(instance->directory, USUAL_FOLDER) == 0;
    const char *where = option(
        arena, "config-directory", is_usual ? TEXT("") : text_from_string(instance->directory));

    return arena_print(arena, "%s%s%smailctl attach postfix%s%s%s",
        rivals->is_attached ? "mailctl detach postfix" : "", rivals->is_attached ? where : "",
        rivals->is_attached ? "; " : "", where, option(arena, "replace", rivals->others),
        option(arena, "keep", rivals->left))
        .data;
}

const char *postfix_rivals_mend(
    const struct settings *settings, const struct postfix_instance *instance)
{
    struct postfix_rivals rivals = {.kept = TEXT(""), .others = TEXT(""), .left = TEXT("")};

    (void)postfix_rivals_find(settings, instance, &rivals, NULL);
    return postfix_rivals_again(&rivals, instance);
}
