/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/journal-manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/buffer.h"
#include "lib/mailauth/digest.h"

/* A line: "there 0644 0 0 SECONDS NANOSECONDS HASH PATH" or "absent 0 0 0 0 0 - PATH". */
#define NANOSECONDS_MAX 999999999

static bool hash_of(struct text content, struct arena *arena, struct text *hash_r)
{
    unsigned char bytes[DIGEST_LEN];
    struct digest *digest = digest_new();
    struct buffer digits = BUFFER_NONE;
    bool is_done;

    digest_add(digest, content);
    is_done = digest_finish(digest, bytes);
    digest_free(&digest);
    for (size_t i = 0; is_done && i < DIGEST_LEN; i++)
        buffer_append_format(&digits, "%02x", bytes[i]);
    *hash_r = arena_copy(arena, buffer_text(&digits));
    buffer_done(&digits);
    return is_done;
}

static void append_path(struct buffer *list, const char *path)
{
    for (; *path != '\0'; path++)
        if (*path == '\n' || *path == '%')
            buffer_append_format(list, "%%%02X", (unsigned char)*path);
        else
            buffer_append_byte(list, *path);
}

static const char *read_path(struct text text, struct arena *arena)
{
    char *path = arena_copy_string(arena, text), *to = path;

    for (const char *from = path; *from != '\0'; from++) {
        int high = from[0] == '%' ? text_hex_value(from[1]) : -1;
        int low = high >= 0 ? text_hex_value(from[2]) : -1;

        if (low >= 0)
            from += 2;
        *to++ = low >= 0 ? (char)(high * 16 + low) : *from;
    }
    *to = '\0';
    return path;
}

static void append_line(struct buffer *list, const struct manifest_entry *entry, struct text hash)
{
    const struct file *file = &entry->file;

    if (file->is_there)
        buffer_append_format(list, "there %u %u %u %" PRId64 " %ld %.*s ", (unsigned)file->mode,
            (unsigned)file->owner, (unsigned)file->group,
            (int64_t)(file->changed.tv_sec > 0 ? file->changed.tv_sec : 0), file->changed.tv_nsec,
            TEXT_ARGS(hash));
    else
        buffer_append_string(list, "absent 0 0 0 0 0 - ");
    append_path(list, entry->path);
    buffer_append_byte(list, '\n');
}

static enum err write_one(struct arena *arena, const char *folder, const char *name,
    struct text content, struct failure *failure)
{
    struct file file = {
        .is_there = true, .mode = 0600, .owner = geteuid(), .group = getegid(), .content = content};

    return file_replace(arena_print(arena, "%s/%s", folder, name).data, &file, failure);
}

enum err manifest_write(const char *folder, const char *set, const struct manifest_entry *entries,
    size_t count, struct failure *failure)
{
    struct arena *arena = arena_new();
    struct buffer list = BUFFER_NONE;
    enum err err = ERR_NONE;

    for (size_t i = 0; err == ERR_NONE && i < count; i++) {
        struct text hash = TEXT("-");

        if (entries[i].file.is_there && !hash_of(entries[i].file.content, arena, &hash))
            err = failure_set(failure, ERR_CRYPTO, "%s: no hash could be made", entries[i].path);
        append_line(&list, &entries[i], hash);
        if (err == ERR_NONE && entries[i].file.is_there)
            err = write_one(arena, folder, arena_print(arena, "%s.%zu", set, i).data,
                entries[i].file.content, failure);
    }
    if (err == ERR_NONE)
        err = write_one(
            arena, folder, arena_print(arena, "%s.list", set).data, buffer_text(&list), failure);
    buffer_done(&list);
    arena_free(&arena);
    return err;
}

/* --- reading --- */

static bool take_number(struct text *rest, uint64_t max, uint64_t *number_r)
{
    struct text word;

    return text_split(rest, ' ', &word) && word.len != 0 && text_to_number(word, max, number_r);
}

bool manifest_parse_line(
    struct text line, struct arena *arena, struct manifest_entry *entry_r, struct text *hash_r)
{
    struct manifest_entry entry = {.path = NULL};
    struct text rest = line, word;
    uint64_t numbers[5];
    static const uint64_t maxima[] = {07777, UINT32_MAX, UINT32_MAX, INT64_MAX, NANOSECONDS_MAX};

    if (!text_split(&rest, ' ', &word) ||
        (!text_equals(word, TEXT("there")) && !text_equals(word, TEXT("absent"))))
        return false;
    entry.file.is_there = text_equals(word, TEXT("there"));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!take_number(&rest, maxima[i], &numbers[i]))
            return false;
    if (!text_split(&rest, ' ', hash_r) || rest.len == 0 || rest.data[0] != '/')
        return false;
    entry.path = read_path(rest, arena);
    entry.file.mode = (mode_t)numbers[0];
    entry.file.owner = (uid_t)numbers[1];
    entry.file.group = (gid_t)numbers[2];
    entry.file.changed =
        (struct timespec){.tv_sec = (time_t)numbers[3], .tv_nsec = (long)numbers[4]};
    entry.file.content = TEXT("");
    *entry_r = entry;
    return true;
}

static enum err read_content(const char *path, struct text hash, struct arena *arena,
    struct text *content_r, struct failure *failure)
{
    struct file file;
    struct text found;
    enum err err = file_read(path, arena, &file, failure);

    if (err != ERR_NONE)
        return err;
    if (!file.is_there || !hash_of(file.content, arena, &found) || !text_equals(found, hash))
        return failure_set(
            failure, ERR_CORRUPT, "%s: not as it was written (the hash differs)", path);
    *content_r = file.content;
    return ERR_NONE;
}

enum err manifest_read(const char *folder, const char *set, struct arena *arena,
    struct manifest_entry **entries_r, size_t *count_r, struct failure *failure)
{
    const char *path = arena_print(arena, "%s/%s.list", folder, set).data;
    ARRAY(struct manifest_entry) entries = ARRAY_NONE;
    struct file list;
    enum err err = file_read(path, arena, &list, failure);
    struct text rest, line, hash;

    rest = err == ERR_NONE ? text_trim(list.content) : TEXT_NONE;
    while (err == ERR_NONE && rest.len != 0 && text_split(&rest, '\n', &line)) {
        struct manifest_entry entry;

        if (entries.count == JOURNAL_FILES_MAX || !manifest_parse_line(line, arena, &entry, &hash))
            err = failure_set(
                failure, ERR_CORRUPT, "%s: line %zu cannot be read", path, entries.count + 1);
        else if (entry.file.is_there)
            err = read_content(arena_print(arena, "%s/%s.%zu", folder, set, entries.count).data,
                hash, arena, &entry.file.content, failure);
        if (err == ERR_NONE)
            array_push(&entries, entry);
    }
    if (err == ERR_NONE) {
        *entries_r = arena_alloc_zero(arena, entries.count + 1, sizeof **entries_r);
        if (entries.count != 0)
            memcpy(*entries_r, entries.items, entries.count * sizeof **entries_r);
        *count_r = entries.count;
    }
    array_done(&entries);
    return err;
}
