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

const char *change_kind_word(enum change_kind kind)
{
    static const char *const words[] = {
        [CHANGE_NEW] = "new", [CHANGE_GONE] = "gone", [CHANGE_OTHER] = "changed"};

    return words[kind];
}

/* --- the file ------------------------------------------------------------- */

enum err last_run_open(const char *state_directory, struct arena *arena, struct last_run *run_r,
    struct failure *failure)
{
    struct file file;
    enum err err;

    *run_r = (struct last_run){
        .arena = arena, .path = arena_print(arena, "%s/" FOLDER "/" NAME, state_directory).data};
    err = file_read(run_r->path, arena, &file, failure);
    if (err != ERR_NONE)
        return err;
    run_r->now = json_object();
    if (file.is_there)
        run_r->before = json_loadb(file.content.data, file.content.len, 0, NULL);
    if (!json_is_object(run_r->before)) {
        json_decref(run_r->before);
        run_r->before = json_object();
    }
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

enum err last_run_save(const struct last_run *run, bool is_all, struct failure *failure)
{
    json_t *whole = is_all ? json_object() : json_copy(run->before);
    struct file file = {.is_there = true, .mode = 0600, .owner = geteuid(), .group = getegid()};
    enum err err = make_folder(run, failure);
    char *text;

    json_object_update(whole, run->now);
    text = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(whole);
    if (err == ERR_NONE && text == NULL)
        err = failure_set(failure, ERR_IO, "%s cannot be written", run->path);
    file.content = text_from_string(text);
    if (err == ERR_NONE)
        err = file_replace(run->path, &file, failure);
    free(text);
    return err;
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

static void add(struct changes *changes, enum change_kind kind, const struct finding *finding)
{
    array_push(&changes->list, (struct change){kind, *finding});
}

/* Those of before, each with the one of now that is about the same thing, if there is one. */
static void compare(struct last_run *run, const json_t *kept, const struct findings *findings,
    bool *is_taken, struct changes *changes)
{
    for (size_t i = 0; i < json_array_size(kept); i++) {
        const struct finding *now;
        struct finding before;

        if (!read_finding(json_array_get(kept, i), run->arena, &before))
            continue;
        now = find(findings, &before, is_taken);
        if (now == NULL) {
            add(changes, CHANGE_GONE, &before);
            continue;
        }
        is_taken[now - findings->list.items] = true;
        if (now->level != before.level ||
            !text_equals(finding_safe(now->message, run->arena), before.message))
            add(changes, CHANGE_OTHER, now);
    }
}

void last_run_take(struct last_run *run, struct text about, const struct findings *findings,
    struct changes *changes)
{
    const char *key = arena_copy_string(run->arena, about);
    bool *is_taken = arena_alloc_zero(run->arena, findings->list.count + 1, sizeof *is_taken);
    json_t *list = json_array();

    compare(run, json_object_get(run->before, key), findings, is_taken, changes);
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct finding *finding = &findings->list.items[i];

        if (finding->level == FINDING_FINE)
            continue;
        if (!is_taken[i])
            add(changes, CHANGE_NEW, finding);
        json_array_append_new(list, finding_json(finding));
    }
    json_object_set_new(run->now, key, list);
}
