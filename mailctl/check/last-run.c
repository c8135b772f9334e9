/* SPDX-License-Identifier: MIT */
#include "mailctl/check/last-run.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mailctl/file.h"
#include "mailctl/finding-print.h"

#define FOLDER "check"
#define NAME "last-run.json"
/* Of a finding: that it is unknown whether it is still there, and that this was told. */
#define TOLD "unknown"
#define FLAGS (JSON_COMPACT | JSON_SORT_KEYS)
/* What stands in the file around the things. */
#define FRAME_BYTES ((size_t)64)

const char *change_kind_word(enum change_kind kind)
{
    static const char *const words[] = {[CHANGE_NEW] = "new",
        [CHANGE_GONE] = "gone",
        [CHANGE_OTHER] = "changed",
        [CHANGE_UNKNOWN] = "unknown"};

    return words[kind];
}

/* In the file. */
static const char *kind_word(enum last_run_kind kind)
{
    return kind == LAST_RUN_HOST ? "host" : "domain";
}
static const enum last_run_kind kinds[] = {LAST_RUN_HOST, LAST_RUN_DOMAIN};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* --- the file ------------------------------------------------------------- */

enum err last_run_open(const char *state_directory, struct arena *arena, struct last_run *run_r,
    struct failure *failure)
{
    struct file file;
    json_t *whole;
    enum err err;

    *run_r = (struct last_run){.arena = arena,
        .path = arena_print(arena, "%s/" FOLDER "/" NAME, state_directory).data,
        .bytes_max = FILE_BYTES_MAX};
    err = file_read(run_r->path, arena, &file, failure);
    if (err == ERR_LIMIT) /* none of ours */
        file.is_there = false;
    else if (err != ERR_NONE)
        return err;
    run_r->now = json_object();
    run_r->before = json_object();
    whole = file.is_there ? json_loadb(file.content.data, file.content.len, 0, NULL) : NULL;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        json_t *kept = json_object_get(whole, kind_word(kinds[i]));

        json_object_set_new(run_r->now, kind_word(kinds[i]), json_object());
        if (json_is_object(kept))
            json_object_set(run_r->before, kind_word(kinds[i]), kept);
        else
            json_object_set_new(run_r->before, kind_word(kinds[i]), json_object());
    }
    json_decref(whole);
    return ERR_NONE;
}

void last_run_done(struct last_run *run)
{
    json_decref(run->before);
    json_decref(run->now);
    run->before = run->now = NULL;
}

static enum err make_folder(const struct last_run *run, struct failure *failure)
{
    struct text path = text_from_string(run->path);
    const char *folder = arena_copy_string(run->arena, text_head(path, text_find_last(path, '/')));

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return failure_set_errno(
            failure, errno == EACCES ? ERR_ACCESS : ERR_IO, "%s cannot be made", folder);
    return ERR_NONE;
}

static size_t bytes_of(const char *about, const json_t *kept)
{
    json_t *key = json_string(about);
    size_t bytes = json_dumpb(key, NULL, 0, FLAGS | JSON_ENCODE_ANY) +
                   json_dumpb(kept, NULL, 0, FLAGS) + strlen(":,");

    json_decref(key);
    return bytes;
}

/* Those that there is room for, and how many others there are. */
static json_t *take_fitting(json_t *things, size_t *room, size_t *cut)
{
    json_t *taken = json_object(), *kept;
    const char *about;

    json_object_foreach(things, about, kept)
    {
        size_t bytes = bytes_of(about, kept);

        if (bytes > *room) {
            (*cut)++;
            continue;
        }
        *room -= bytes;
        json_object_set(taken, about, kept);
    }
    return taken;
}

/* Of what was not looked at as it was before. */
static json_t *merge(const struct last_run *run, size_t *cut)
{
    json_t *whole = json_object();
    size_t room = run->bytes_max - FRAME_BYTES;

    for (size_t i = 0; i < KIND_COUNT; i++) {
        const char *word = kind_word(kinds[i]);
        json_t *things = json_copy(json_object_get(run->before, word));

        json_object_update(things, json_object_get(run->now, word));
        json_object_set_new(whole, word, take_fitting(things, &room, cut));
        json_decref(things);
    }
    return whole;
}

enum err last_run_save(const struct last_run *run, size_t *cut_r, struct failure *failure)
{
    size_t cut = 0;
    json_t *whole = merge(run, &cut);
    struct file file = {.is_there = true, .mode = 0600, .owner = geteuid(), .group = getegid()};
    enum err err = make_folder(run, failure);
    char *text;

    text = json_dumps(whole, FLAGS);
    json_decref(whole);
    if (err == ERR_NONE && text == NULL)
        err = failure_set(failure, ERR_IO, "%s cannot be written", run->path);
    file.content = text_from_string(text);
    if (err == ERR_NONE)
        err = file_replace(run->path, &file, failure);
    if (err == ERR_NONE)
        *cut_r = cut;
    free(text);
    return err;
}

/* --- what could not be told ----------------------------------------------- */

/* By what is said where something could not be told, and what cannot be said then, of any name. */
static const struct shadow {
    const char *unknown, *hidden; /* how the codes begin */
} shadows[] = {
    {"blocklist-",      "blocklist-listed"},
    {"postfix-unknown", "postfix-"        },
    {"servers-silent",  "server-dead"     },
    {"servers-silent",  "servers-differ"  },
    {"servers-silent",  "resolver-differs"},
};

static bool starts(const char *code, const char *prefix)
{
    return strncmp(code, prefix, strlen(prefix)) == 0;
}

static bool is_shadowed(const struct finding *before, const struct finding *unknown)
{
    for (size_t i = 0; i < sizeof shadows / sizeof *shadows; i++)
        if (starts(unknown->code, shadows[i].unknown) && starts(before->code, shadows[i].hidden))
            return true;
    return false;
}

/* "spf-unknown" is said in place of all that begins with "spf-". */
static bool is_of_family(const struct finding *before, const struct finding *unknown)
{
    const char *end = strrchr(unknown->code, '-');

    return end != NULL && text_equals(before->name, unknown->name) &&
           strncmp(before->code, unknown->code, (size_t)(end + 1 - unknown->code)) == 0;
}

/* A question without an answer hides what would be said of that record; without a type, all. */
static bool is_unanswered(const struct finding *before, const struct finding *unknown)
{
    return strcmp(unknown->code, "no-answer") == 0 &&
           (unknown->type == NULL ||
               (before->type != NULL && strcmp(before->type, unknown->type) == 0 &&
                   text_equals(before->name, unknown->name)));
}

static bool hides(const struct findings *findings, const struct finding *before, bool is_beside)
{
    for (size_t i = 0; findings != NULL && i < findings->list.count; i++) {
        const struct finding *now = &findings->list.items[i];

        if (now->level == FINDING_UNKNOWN &&
            (is_shadowed(before, now) ||
                (!is_beside && (is_of_family(before, now) || is_unanswered(before, now)))))
            return true;
    }
    return false;
}

static bool is_hidden(const struct last_run_look *look, const struct finding *before)
{
    return before->level != FINDING_UNKNOWN &&
           (hides(look->findings, before, false) || hides(look->beside, before, true));
}

/* --- what is different ---------------------------------------------------- */

/* One that was kept; "" for what it does not have. */
static struct text field(const json_t *kept, const char *name, struct arena *arena)
{
    const char *value = json_string_value(json_object_get(kept, name));

    return finding_safe(text_from_string(value != NULL ? value : ""), arena);
}

static bool read_level(const json_t *kept, enum finding_level *level_r)
{
    const char *word = json_string_value(json_object_get(kept, "level"));

    for (int level = FINDING_WARNING; word != NULL && level <= FINDING_UNKNOWN; level++)
        if (strcmp(word, finding_level_word((enum finding_level)level)) == 0) {
            *level_r = (enum finding_level)level;
            return true;
        }
    return false;
}

static bool read_finding(const json_t *kept, struct arena *arena, struct finding *finding_r)
{
    struct text type = field(kept, "type", arena);
    struct finding finding = {.name = field(kept, "name", arena),
        .message = field(kept, "message", arena),
        .change = field(kept, "change", arena),
        .code = field(kept, "code", arena).data,
        .type = type.len != 0 ? type.data : NULL};

    if (!read_level(kept, &finding.level) || *finding.code == '\0')
        return false;
    *finding_r = finding;
    return true;
}

static bool is_same_thing(const struct finding *a, const struct finding *b)
{
    const char *type_a = a->type != NULL ? a->type : "", *type_b = b->type != NULL ? b->type : "";

    return strcmp(a->code, b->code) == 0 && text_equals(a->name, b->name) &&
           strcmp(type_a, type_b) == 0;
}

static const struct finding *find(
    const struct findings *findings, const struct finding *wanted, const bool *is_taken)
{
    for (size_t i = 0; i < findings->list.count; i++)
        if (findings->list.items[i].level != FINDING_FINE && !is_taken[i] &&
            is_same_thing(&findings->list.items[i], wanted))
            return &findings->list.items[i];
    return NULL;
}

static void add(struct changes *changes, enum change_kind kind, struct text about,
    const struct finding *finding)
{
    array_push(&changes->list, (struct change){kind, about, *finding});
}

/* Without what stands beside the message, which is no part of what is compared. */
static json_t *finding_kept(const struct finding *finding)
{
    struct finding bare = *finding;

    bare.aside = TEXT_NONE;
    return finding_json(&bare);
}

static bool is_left_out(const struct last_run_look *look, struct text name)
{
    for (size_t i = 0; i < look->left_out_count; i++)
        if (text_equals(look->left_out[i], name))
            return true;
    return false;
}

/* It stays in the list, with a mark that this was told. */
static void keep_unknown(const struct last_run_look *look, const json_t *item,
    const struct finding *before, json_t *list, struct changes *changes)
{
    json_t *kept = json_copy((json_t *)(uintptr_t)item);

    if (!json_is_true(json_object_get(item, TOLD)))
        add(changes, CHANGE_UNKNOWN, look->about, before);
    json_object_set_new(kept, TOLD, json_true());
    json_array_append_new(list, kept);
}

/*
 * Those of before, each with the one of now that is about the same thing, if there is one. What was
 * left out this time, or could not be told, goes to the list.
 */
static void compare(struct last_run *run, const struct last_run_look *look, const json_t *kept,
    bool *is_taken, json_t *list, struct changes *changes)
{
    for (size_t i = 0; i < json_array_size(kept); i++) {
        json_t *item = json_array_get(kept, i);
        const struct finding *now;
        struct finding before;

        if (!read_finding(item, run->arena, &before))
            continue;
        now = find(look->findings, &before, is_taken);
        if (now != NULL) {
            is_taken[now - look->findings->list.items] = true;
            if (now->level != before.level ||
                !text_equals(finding_safe(now->message, run->arena), before.message))
                add(changes, CHANGE_OTHER, look->about, now);
        } else if (is_left_out(look, before.name)) {
            json_array_append(list, item);
        } else if (is_hidden(look, &before)) {
            keep_unknown(look, item, &before, list, changes);
        } else {
            add(changes, CHANGE_GONE, look->about, &before);
        }
    }
}

void last_run_take(struct last_run *run, const struct last_run_look *look, struct changes *changes)
{
    const struct findings *findings = look->findings;
    const char *key = arena_copy_string(run->arena, look->about), *word = kind_word(look->kind);
    bool *is_taken = arena_alloc_zero(run->arena, findings->list.count + 1, sizeof *is_taken);
    json_t *list = json_array();

    compare(run, look, json_object_get(json_object_get(run->before, word), key), is_taken, list,
        changes);
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct finding *finding = &findings->list.items[i];

        if (finding->level == FINDING_FINE)
            continue;
        if (!is_taken[i])
            add(changes, CHANGE_NEW, look->about, finding);
        json_array_append_new(list, finding_kept(finding));
    }
    json_object_set_new(json_object_get(run->now, word), key, list);
}

static void add_gone(
    struct last_run *run, const char *about, const json_t *kept, struct changes *changes)
{
    struct text shown = finding_safe(text_from_string(about), run->arena);
    struct finding before;

    for (size_t i = 0; i < json_array_size(kept); i++)
        if (read_finding(json_array_get(kept, i), run->arena, &before))
            add(changes, CHANGE_GONE, shown, &before);
}

void last_run_forget(struct last_run *run, struct changes *changes)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        json_t *before = json_object_get(run->before, kind_word(kinds[i])), *kept;
        const json_t *now = json_object_get(run->now, kind_word(kinds[i]));
        const char *about;

        json_object_foreach(before, about, kept) if (json_object_get(now, about) == NULL)
            add_gone(run, about, kept, changes);
        json_object_clear(before);
    }
}
