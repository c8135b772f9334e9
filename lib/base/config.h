/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads a configuration file (libconfuse's syntax) into a struct, by tables.
 *
 * One const table per section says for each setting its name, type, default, range, help and
 * where in the target struct it goes. Parser, checker, "mailctl config show" and the test that
 * holds gatepost.conf(5) against the tables all use the same rows. Loading builds a whole new
 * target; on an error the caller keeps the old one. Errors name file, line, setting, what was
 * expected and what was found.
 *
 * The target is plain memory; the strings and lists in it come from the arena given, so the
 * arena is the configuration's owner. Call from one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* No sane configuration is larger. */
#define CONFIG_FILE_MAX_BYTES ((size_t)1024 * 1024)
#define CONFIG_LIST_MAX 4096

enum config_type {
    CONFIG_BOOL,     /* bool; yes, no, true, false, on, off */
    CONFIG_NUMBER,   /* int64_t */
    CONFIG_SIZE,     /* int64_t, bytes; K, M, G are powers of 1024 */
    CONFIG_DURATION, /* int64_t, milliseconds; ms, s, m, h, d, w; a bare number is seconds */
    CONFIG_STRING,   /* const char *, never NULL */
    CONFIG_CHOICE,   /* int: index into choices */
    CONFIG_LIST      /* struct config_list */
};

struct config_list {
    const char *const *items;
    size_t count;
};

struct config_setting {
    const char *name;
    enum config_type type;
    const char *default_text; /* as it would stand in the file; lists: "{a, b}" */
    size_t offset;            /* in the target struct */
    int64_t min, max;         /* NUMBER, SIZE (bytes), DURATION (ms); STRING: max length, 0: 1024 */
    const char *const *choices; /* NULL-terminated, for CHOICE */
    /* For STRING and each item of LIST: NULL, or true where the value is acceptable. */
    bool (*is_valid)(struct text value);
    const char *expected; /* what is_valid wants, in words: "an IP address or network" */
    const char *help;     /* one line */
};

struct config_section {
    const char *name; /* "" for settings outside any section */
    const char *help;
    const struct config_setting *settings;
    size_t count;
};

/* All defaults. They are checked like values from a file; a bad one is a bug and asserts. */
void config_set_defaults(
    const struct config_section *sections, size_t count, void *target, struct arena *arena);

/*
 * Defaults, then the file. ERR_ABSENT where there is no file, ERR_ACCESS, ERR_IO, ERR_SYNTAX or
 * ERR_RANGE; *failure says it in full. *target is written only on success.
 */
enum err config_load(const char *path, const struct config_section *sections, size_t count,
    void *target, size_t target_size, struct arena *arena, struct failure *failure);

/* Appends the value of one setting as it would stand in the file, quoted where needed. */
void config_format_value(
    const struct config_setting *setting, const void *target, struct buffer *out);
/* Appends "a number from 1 to 100": what the setting takes, for messages and the manual. */
void config_format_expected(const struct config_setting *setting, struct buffer *out);
/* NULL where there is no such section or setting. */
const struct config_setting *config_find(
    const struct config_section *sections, size_t count, const char *section, const char *name);
/* "5s", "90m", "250ms" to milliseconds; false where it is none. */
bool config_parse_duration(struct text text, int64_t *ms_r);
/* The other way round, in the largest unit that leaves a whole number: 3600000 is "1h". */
void config_format_duration(int64_t ms, struct buffer *out);
/* "64K", "1M" to bytes. */
bool config_parse_size(struct text text, int64_t *bytes_r);
