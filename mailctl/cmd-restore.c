/* SPDX-License-Identifier: MIT */

/* restore: the databases of a backup come to where the server's are. */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "mailctl/attach/dovecot-cache.h"
#include "mailctl/attach/interrupt.h"
#include "mailctl/backup/restore.h"
#include "mailctl/commands.h"
#include "mailctl/domain-postfix.h"
#include "mailctl/output.h"

struct plan {
    const char *path;
    struct backup_stage stage;
    struct restore_place places[BACKUP_PARTS];
};

/* --- the plan --- */

static struct text tally_text(const struct tally *tally, struct arena *arena)
{
    struct text text = TEXT("");

    for (size_t i = 0; i < tally->count; i++)
        text = arena_print(arena, "%.*s%s%" PRId64 " %s", TEXT_ARGS(text), i != 0 ? ", " : "",
            tally->items[i].count, tally->items[i].noun);
    return text;
}

static struct text place_text(const struct restore_place *place, struct arena *arena)
{
    switch (place->found) {
    case RESTORE_MISSING:
        return TEXT("nothing");
    case RESTORE_UNUSABLE:
        return text_from_string(place->complaint);
    default:
        return place->tally.count != 0 ? tally_text(&place->tally, arena)
                                       : TEXT("one of an older version");
    }
}

static json_t *tally_json(const struct tally *tally)
{
    json_t *json = json_object();

    for (size_t i = 0; i < tally->count; i++)
        json_object_set_new(json, tally->items[i].noun, json_integer(tally->items[i].count));
    return json;
}

static json_t *part_json(const struct plan *plan, size_t part)
{
    static const char *const words[] = {
        [RESTORE_THERE] = "there", [RESTORE_MISSING] = "missing", [RESTORE_UNUSABLE] = "unusable"};
    const struct restore_place *place = &plan->places[part];

    return json_pack("{s:s, s:I, s:o, s:s, s:o}", "name", store_kind_name(backup_kinds[part]),
        "bytes", (json_int_t)plan->stage.bytes[part], "holds",
        tally_json(&plan->stage.tallies[part]), "found", words[place->found], "found_holds",
        tally_json(&place->tally));
}

static void print_json(const struct invocation *invocation, const struct plan *plan)
{
    const struct backup_manifest *manifest = &plan->stage.manifest;
    char time_text[CLOCK_TEXT_MAX];
    json_t *parts = json_array();

    clock_format_utc(manifest->time, time_text);
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        json_array_append_new(parts, part_json(plan, i));
    output_json(json_pack("{s:o, s:s, s:o, s:o, s:o, s:b}", "file",
        output_json_text(text_from_string(plan->path)), "time", time_text, "program",
        output_json_text(manifest->program), "host", output_json_text(manifest->host), "parts",
        parts, "dry_run", invocation->dry_run));
}

static void print_plan(const struct invocation *invocation, const struct plan *plan)
{
    static const char *const headings[] = {"database", "in the backup", "there now", NULL};
    const struct backup_manifest *manifest = &plan->stage.manifest;
    struct output_table *table;
    char time_text[CLOCK_TEXT_MAX];

    if (invocation->json) {
        print_json(invocation, plan);
        return;
    }
    clock_format_local(manifest->time, time_text);
    invocation_tell(invocation, "%s: a backup of %.*s, %s, by version %.*s", plan->path,
        TEXT_ARGS(manifest->host), time_text, TEXT_ARGS(manifest->program));
    table = output_table_new(invocation, headings);
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        output_table_add(
            table, (const struct text[]){text_from_string(store_kind_name(backup_kinds[i])),
                       tally_text(&plan->stage.tallies[i], invocation->arena),
                       place_text(&plan->places[i], invocation->arena)});
    output_table_print(table);
}

static int warn(
    struct invocation *invocation, const struct settings *settings, const struct plan *plan)
{
    struct text host = plan->stage.manifest.host;
    struct failure failure;
    const char *interrupted;

    if (restore_interrupted(settings->state_directory, invocation->arena, &interrupted, &failure) !=
        ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    if (interrupted != NULL)
        invocation_warn(invocation,
            "a restore of %s was interrupted; what was there before it is kept beside as it is",
            interrupted);
    if (!text_equals(host, text_from_string(settings_hostname(settings))))
        invocation_warn(invocation, "this is %s, and the backup is of %.*s",
            settings_hostname(settings), TEXT_ARGS(host));
    return EX_OK;
}

/* --- what is done --- */

/* The databases are replaced: what follows is done whatever fails. */
static int follow(struct invocation *invocation, const struct plan *plan)
{
    int status = EX_CONFIG;
    struct store *directory = invocation_store(invocation, STORE_DIRECTORY, STORE_WRITE, &status);
    bool is_all_new = true;

    if (directory != NULL)
        status = domain_postfix_follow(invocation, directory);
    dovecot_cache_forget(invocation, TEXT(""));
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        is_all_new = is_all_new && plan->places[i].found == RESTORE_MISSING;
    invocation_tell(invocation, "restored%s",
        is_all_new ? "; \"mailctl init\" makes what is not in a backup"
                   : "; what was there lies beside each database, named .before-restore");
    return status;
}

/* A signal does not end it half way. */
static int carry_out(struct invocation *invocation, const struct settings *settings,
    const struct backup_room *room, const struct plan *plan)
{
    struct failure failure;
    enum err err;

    interrupt_begin();
    err = restore_run(&plan->stage, settings, room, plan->places, plan->path, &failure);
    interrupt_end();
    return err == ERR_NONE ? follow(invocation, plan)
                           : invocation_complain_failure(invocation, &failure);
}

static int decide(struct invocation *invocation, const struct settings *settings,
    const struct backup_room *room, struct plan *plan)
{
    struct failure failure;
    int status;

    if (restore_look(settings, invocation->arena, plan->places, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    if (!invocation->quiet || !invocation->yes)
        print_plan(invocation, plan);
    status = warn(invocation, settings, plan);
    if (status != EX_OK || invocation->dry_run)
        return status;
    if (!invocation_confirm(invocation, "Replace the databases that are there?"))
        return EX_USAGE;
    return carry_out(invocation, settings, room, plan);
}

/* ERR_ABSENT is the backup itself; of its parts it is not said. */
static int complain(const struct invocation *invocation, const struct failure *failure)
{
    return failure->err == ERR_ABSENT
               ? invocation_complain(invocation, EX_NOINPUT, "%s", failure->text)
               : invocation_complain_failure(invocation, failure);
}

static int run(struct invocation *invocation)
{
    struct plan plan = {.path = invocation->arguments[0]};
    struct backup_room room;
    struct failure failure;
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);

    if (settings == NULL)
        return status;
    if (backup_room_open(settings->state_directory, invocation->arena, &room, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    if (backup_stage_open(plan.path, &room, invocation->arena, &plan.stage, &failure) == ERR_NONE)
        status = decide(invocation, settings, &room, &plan);
    else
        status = complain(invocation, &failure);
    backup_stage_close(&plan.stage);
    backup_room_close(&room);
    return status;
}

static const char *const examples[] = {"mailctl --dry-run restore /root/gatepost.backup",
    "mailctl restore /root/gatepost.backup", NULL};

const struct command command_restore = {
    .noun = "restore",
    .arguments = "FILE",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "put the databases of a backup back, while all goes on",
    .details =
        "The whole file is checked before anything is touched: checksums, and each database\n"
        "inside. Shows what is in it and what is there, asks, and replaces one database\n"
        "after the other, each at once; what was there stays beside. The daemons see it\n"
        "like any other change. Where it is interrupted, give the command again.",
    .examples = examples,
    .run = run,
};
