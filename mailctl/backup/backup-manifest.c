/* SPDX-License-Identifier: MIT */
#include "mailctl/backup/backup-manifest.h"

#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"

#define FORMAT_MAX 1000000
#define HEX_LEN ((size_t)DIGEST_LEN * 2)

const enum store_kind backup_kinds[BACKUP_PARTS] = {
    STORE_DIRECTORY, STORE_CREDENTIALS, STORE_KEYS, STORE_SRS};

const char *backup_part_name(size_t part, struct arena *arena)
{
    return arena_print(arena, "%s.db", store_kind_name(backup_kinds[part])).data;
}

/* --- writing --- */

static void append_hex(struct buffer *text, const unsigned char digest[DIGEST_LEN])
{
    for (size_t i = 0; i < DIGEST_LEN; i++)
        buffer_append_format(text, "%02x", digest[i]);
}

static enum err digest_of(struct text text, unsigned char digest_r[DIGEST_LEN], struct failure *why)
{
    struct digest *digest = digest_new();
    bool is_done;

    digest_add(digest, text);
    is_done = digest_finish(digest, digest_r);
    digest_free(&digest);
    return is_done ? ERR_NONE
                   : failure_set(why, ERR_CRYPTO, "the cryptographic library gives no SHA-256");
}

enum err backup_manifest_write(
    const struct backup_manifest *manifest, struct buffer *text, struct failure *failure)
{
    struct arena *arena = arena_new();
    unsigned char whole[DIGEST_LEN];
    char time_text[CLOCK_TEXT_MAX];
    enum err err;

    clock_format_utc(manifest->time, time_text);
    buffer_append_format(text, "# gatepost-backup %d\n# program %.*s\n# time %s\n# host %.*s\n",
        BACKUP_FORMAT, TEXT_ARGS(manifest->program), time_text, TEXT_ARGS(manifest->host));
    for (size_t i = 0; i < BACKUP_PARTS; i++) {
        append_hex(text, manifest->digests[i]);
        buffer_append_format(text, "  %s\n", backup_part_name(i, arena));
    }
    arena_free(&arena);
    err = digest_of(buffer_text(text), whole, failure);
    if (err != ERR_NONE)
        return err;
    buffer_append_string(text, "# sha256 ");
    append_hex(text, whole);
    buffer_append_byte(text, '\n');
    return ERR_NONE;
}

/* --- reading --- */

static bool take(struct text *text, struct text expected)
{
    if (!text_starts_with(*text, expected))
        return false;
    *text = text_skip(*text, expected.len);
    return true;
}

static bool take_line(struct text *text, struct text prefix, struct text *value_r)
{
    struct text rest = *text;
    size_t end;

    if (!take(&rest, prefix))
        return false;
    end = text_find(rest, '\n');
    if (end == rest.len)
        return false;
    *value_r = text_head(rest, end);
    *text = text_skip(rest, end + 1);
    return true;
}

static bool take_hex(struct text *text, unsigned char digest_r[DIGEST_LEN])
{
    if (text->len < HEX_LEN)
        return false;
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        int high = text_hex_value(text->data[i * 2]), low = text_hex_value(text->data[i * 2 + 1]);

        if (high < 0 || low < 0)
            return false;
        digest_r[i] = (unsigned char)(high * 16 + low);
    }
    *text = text_skip(*text, HEX_LEN);
    return true;
}

/* What comes out must be written as it came in: there is one way to write a time, or a digit. */
static bool read_time(struct text text, struct arena *arena, int64_t *time_r)
{
    struct tm parts = {.tm_year = 0};
    const char *end = strptime(arena_copy_string(arena, text), "%Y-%m-%dT%H:%M:%SZ", &parts);

    if (end == NULL || *end != '\0')
        return false;
    *time_r = timegm(&parts);
    return *time_r >= 0;
}

static bool read_parts(struct text *rest, struct backup_manifest *manifest, struct arena *arena)
{
    for (size_t i = 0; i < BACKUP_PARTS; i++)
        if (!take_hex(rest, manifest->digests[i]) || !take(rest, TEXT("  ")) ||
            !take(rest, text_from_string(backup_part_name(i, arena))) || !take(rest, TEXT("\n")))
            return false;
    return true;
}

static enum err check_format(struct text *rest, struct failure *failure)
{
    struct text line;
    uint64_t format;

    if (!take_line(rest, TEXT("# gatepost-backup "), &line) ||
        !text_to_number(line, FORMAT_MAX, &format) || format == 0)
        return failure_set(failure, ERR_SYNTAX, "its first file does not say that it is a backup");
    if (format > BACKUP_FORMAT)
        return failure_set(failure, ERR_NEWER,
            "a backup of format %d, newer than this program, which knows %d; upgrade Gatepost",
            (int)format, BACKUP_FORMAT);
    return ERR_NONE;
}

enum err backup_manifest_read(struct text text, struct arena *arena,
    struct backup_manifest *manifest_r, struct failure *failure)
{
    struct backup_manifest manifest = {.time = 0};
    struct buffer again = BUFFER_NONE;
    struct text rest = text, time_text;
    enum err err = check_format(&rest, failure);

    if (err != ERR_NONE)
        return err;
    if (!take_line(&rest, TEXT("# program "), &manifest.program) ||
        !take_line(&rest, TEXT("# time "), &time_text) ||
        !take_line(&rest, TEXT("# host "), &manifest.host) ||
        !read_time(time_text, arena, &manifest.time) || !read_parts(&rest, &manifest, arena) ||
        text_has_control(manifest.program) || text_has_control(manifest.host))
        return failure_set(failure, ERR_SYNTAX, BACKUP_MANIFEST_NAME " is damaged");
    err = backup_manifest_write(&manifest, &again, failure);
    if (err == ERR_NONE && !text_equals(buffer_text(&again), text))
        err = failure_set(failure, ERR_SYNTAX, BACKUP_MANIFEST_NAME " is damaged");
    buffer_done(&again);
    if (err != ERR_NONE)
        return err;
    manifest.program = arena_copy(arena, manifest.program);
    manifest.host = arena_copy(arena, manifest.host);
    *manifest_r = manifest;
    return ERR_NONE;
}
