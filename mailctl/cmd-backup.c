/* SPDX-License-Identifier: MIT */

/* backup: directory, credentials, keys and secrets of SRS in one file. */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "mailctl/backup/backup-write.h"
#include "mailctl/backup/restore.h"
#include "mailctl/commands.h"
#include "mailctl/output.h"

static const char *hex(const unsigned char digest[DIGEST_LEN], struct arena *arena)
{
    char *text = arena_alloc(arena, (size_t)DIGEST_LEN * 2 + 1);

    for (size_t i = 0; i < DIGEST_LEN; i++)
        snprintf(text + i * 2, 3, "%02x", digest[i]);
    return text;
}

static void say_json(const struct invocation *invocation, const struct backup_written *written)
{
    char time_text[CLOCK_TEXT_MAX];
    json_t *parts = json_array();

    clock_format_utc(written->manifest.time, time_text);
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        json_array_append_new(
            parts, json_pack("{s:s, s:I, s:s}", "name", store_kind_name(backup_kinds[i]), "bytes",
                       (json_int_t)written->bytes[i], "sha256",
                       hex(written->manifest.digests[i], invocation->arena)));
    output_json(json_pack("{s:o, s:s, s:o, s:b}", "file",
        output_json_text(text_from_string(invocation->arguments[0])), "time", time_text, "parts",
        parts, "dry_run", false));
}

static int say(const struct invocation *invocation, const struct backup_written *written)
{
    uint64_t bytes = 0;

    if (invocation->json)
        say_json(invocation, written);
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        bytes += written->bytes[i];
    invocation_tell(invocation,
        "%s: written, %" PRIu64
        " bytes of databases, private keys and password hashes among them: keep it where only root "
        "can read",
        invocation->arguments[0], bytes);
    return EX_OK;
}

static int write_backup(const struct invocation *invocation, const struct settings *settings,
    const struct backup_sources *sources)
{
    bool replaces = invocation_has(invocation, "overwrite");
    struct backup_written written;
    struct backup_room room;
    struct failure failure;
    enum err err = backup_room_open(settings->state_directory, invocation->arena, &room, &failure);

    if (err != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    err = backup_write(
        sources, settings, &room, invocation->arguments[0], replaces, &written, &failure);
    backup_room_close(&room);
    return err == ERR_NONE ? say(invocation, &written)
                           : invocation_complain_failure(invocation, &failure);
}

static int try_only(const struct invocation *invocation)
{
    const char *path = invocation->arguments[0];

    if (invocation->json)
        output_json(json_pack(
            "{s:o, s:b}", "file", output_json_text(text_from_string(path)), "dry_run", true));
    invocation_tell(invocation, "%s: would be written", path);
    return EX_OK;
}

/* Half of it is from before the restore. */
static int refuse_interrupted(const struct invocation *invocation, const struct settings *settings)
{
    struct failure failure;
    const char *name;

    if (restore_interrupted(settings->state_directory, invocation->arena, &name, &failure) !=
        ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    if (name == NULL)
        return EX_OK;
    return invocation_complain(invocation, EX_CONFIG,
        "a restore was interrupted, and the databases are of two moments; first run \"mailctl "
        "restore %s\" again",
        name);
}

static int run(struct invocation *invocation)
{
    struct backup_sources sources;
    struct failure failure;
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);

    if (settings == NULL)
        return status;
    status = refuse_interrupted(invocation, settings);
    if (status != EX_OK)
        return status;
    if (backup_check_path(invocation->arguments[0], invocation_has(invocation, "overwrite"),
            &failure) != ERR_NONE ||
        backup_sources_open(settings, BACKUP_CHECKED, &sources, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    status =
        invocation->dry_run ? try_only(invocation) : write_backup(invocation, settings, &sources);
    backup_sources_close(&sources);
    return status;
}

static const struct command_option options[] = {
    {"overwrite", NULL, "in place of a file of that name"},
    {NULL,        NULL, NULL                             },
};
static const char *const examples[] = {"mailctl backup /root/gatepost.backup",
    "mailctl backup --overwrite /root/gatepost.backup", NULL};

const struct command command_backup = {
    .noun = "backup",
    .arguments = "FILE",
    .arguments_min = 1,
    .arguments_max = 1,
    .options = options,
    .help = "copy the databases into one file, while all goes on",
    .details =
        "The directory, the credentials, the keys and the secrets of SRS, as of one moment,\n"
        "with checksums. What passes by itself is left out: what policyd has counted, and\n"
        "what DMARC reports are made of. The file is a tar archive of SQLite databases. It\n"
        "holds private keys and password hashes, and is its owner's alone.",
    .examples = examples,
    .run = run,
};
