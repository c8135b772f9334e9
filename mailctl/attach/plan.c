/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/plan.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "mailctl/attach/scratch.h"
#include "mailctl/output.h"
#include "mailctl/program.h"

#define DIFF_TIMEOUT_MS ((int64_t)60000)

struct plan *plan_new(struct arena *arena, const char *journal, const char *scratch_folder)
{
    struct plan *plan = arena_alloc_zero(arena, 1, sizeof *plan);

    plan->arena = arena;
    plan->journal = journal;
    plan->scratch_folder = scratch_folder;
    return plan;
}

struct plan_file *plan_file_add(
    struct plan *plan, const char *path, const struct file *now, const struct file *before)
{
    struct plan_file *file = arena_alloc_zero(plan->arena, 1, sizeof *file);

    file->path = file->named = path;
    file->now = *now;
    file->before = file->after = *before;
    if (!before->is_there)
        file->after.mode = 0644;
    file->after.changed = (struct timespec){.tv_sec = 0};
    plan->files = arena_make_room(
        plan->arena, plan->files, plan->file_count, &plan->file_room, sizeof(struct plan_file *));
    plan->files[plan->file_count++] = file;
    return file;
}

static struct plan_file *find_file(const struct plan *plan, const char *path)
{
    for (size_t i = 0; i < plan->file_count; i++)
        if (strcmp(plan->files[i]->path, path) == 0)
            return plan->files[i];
    return NULL;
}

enum err plan_file_open(
    struct plan *plan, const char *path, struct plan_file **file_r, struct failure *failure)
{
    const char *resolved;
    struct file found;
    struct plan_file *file;
    enum err err = file_resolve(path, plan->arena, &resolved, failure);

    if (err != ERR_NONE)
        return err;
    file = find_file(plan, resolved);
    if (file == NULL) {
        err = file_read(resolved, plan->arena, &found, failure);
        if (err != ERR_NONE)
            return err;
        file = plan_file_add(plan, resolved, &found, &found);
    }
    file->named = arena_copy_string(plan->arena, text_from_string(path));
    *file_r = file;
    return ERR_NONE;
}

/* To write in place would change a copy that somebody made with "cp -al" as well. */
static void note_links(struct plan *plan, const struct plan_file *file)
{
    plan_add_note(plan, PLAN_WARNING,
        "%s has %llu names (hard links): this one alone gets the new content, the others keep the"
        " old; where they should change with it, make them symbolic links to %s",
        file->path, (unsigned long long)file->now.links, file->path);
}

static void add_reason(struct plan *plan, struct plan_file *file, struct text what, const char *why)
{
    if (file->reason_count == 0 && file->now.links > 1)
        note_links(plan, file);
    file->reasons = arena_make_room(
        plan->arena, file->reasons, file->reason_count, &file->reason_room, sizeof *file->reasons);
    file->reasons[file->reason_count++] =
        (struct plan_reason){.what = arena_copy(plan->arena, what),
            .why = arena_copy(plan->arena, text_from_string(why))};
}

void plan_file_edit(struct plan *plan, struct plan_file *file, struct text content,
    struct text what, const char *why)
{
    if (file->after.is_there && text_equals(file->after.content, content))
        return;
    file->after.is_there = true;
    file->after.content = arena_copy(plan->arena, content);
    add_reason(plan, file, what, why);
}

void plan_file_keep(struct plan_file *file)
{
    file->after = file->now;
    file->after.changed = (struct timespec){.tv_sec = 0};
}

void plan_file_become(struct plan *plan, struct plan_file *file, const struct file *after,
    struct text what, const char *why)
{
    file->after = *after;
    if (!file_equals(&file->now, after))
        add_reason(plan, file, what, why);
}

void plan_add_action(struct plan *plan, struct text what, const char *why)
{
    plan->actions = arena_make_room(
        plan->arena, plan->actions, plan->action_count, &plan->action_room, sizeof *plan->actions);
    plan->actions[plan->action_count++] =
        (struct plan_action){.what = arena_copy(plan->arena, what),
            .why = arena_copy(plan->arena, text_from_string(why))};
}

void plan_add_note(struct plan *plan, enum plan_weight weight, const char *format, ...)
{
    va_list args;

    plan->notes = arena_make_room(
        plan->arena, plan->notes, plan->note_count, &plan->note_room, sizeof *plan->notes);
    va_start(args, format);
    plan->notes[plan->note_count++] =
        (struct plan_note){.weight = weight, .text = arena_print_list(plan->arena, format, args)};
    va_end(args);
}

bool plan_is_empty(const struct plan *plan)
{
    for (size_t i = 0; i < plan->file_count; i++)
        if (!file_equals(&plan->files[i]->now, &plan->files[i]->after))
            return false;
    return plan->action_count == 0;
}

enum plan_weight plan_weight(const struct plan *plan)
{
    enum plan_weight weight = PLAN_NOTE;

    for (size_t i = 0; i < plan->note_count; i++)
        if (plan->notes[i].weight > weight)
            weight = plan->notes[i].weight;
    return weight;
}

size_t plan_changes(
    const struct plan *plan, const struct journal_file **files_r, const struct file **now_r)
{
    struct journal_file *files = arena_alloc_zero(plan->arena, plan->file_count + 1, sizeof *files);
    struct file *now = arena_alloc_zero(plan->arena, plan->file_count + 1, sizeof *now);
    size_t count = 0;

    for (size_t i = 0; i < plan->file_count; i++) {
        const struct plan_file *file = plan->files[i];

        if (file_equals(&file->before, &file->after) && file_equals(&file->now, &file->after))
            continue;
        now[count] = file->now;
        files[count++] =
            (struct journal_file){.path = file->path, .before = file->before, .ours = file->after};
    }
    *files_r = files;
    *now_r = now;
    return count;
}

/* --- showing --- */

static struct text content_of(const struct file *file)
{
    return file->is_there ? file->content : TEXT("");
}

static enum err diff_in(const char *scratch, const struct plan_file *file, struct arena *arena,
    struct text *diff_r, struct failure *failure)
{
    const char *before = NULL, *after = NULL;
    const char *old = file->now.is_there ? file->named : "/dev/null";
    const char *new = file->after.is_there ? file->named : "/dev/null";
    struct program_result result = {.status = 0};
    enum err err =
        scratch_write(arena, scratch, "before", content_of(&file->now), &before, failure);

    if (err == ERR_NONE)
        err = scratch_write(arena, scratch, "after", content_of(&file->after), &after, failure);
    if (err == ERR_NONE)
        err = program_run(
            (const char *[]){"diff", "-u", "--label", old, "--label", new, before, after, NULL},
            DIFF_TIMEOUT_MS, arena, &result, failure);
    if (err == ERR_NONE && result.status > 1)
        err = failure_set(failure, ERR_IO, "diff: %.*s", TEXT_ARGS(text_trim(result.errors)));
    *diff_r = result.output;
    return err;
}

static enum err make_diff(const struct plan *plan, const struct plan_file *file,
    struct text *diff_r, struct failure *failure)
{
    const char *scratch = NULL;
    enum err err = scratch_make(plan->scratch_folder, plan->arena, &scratch, failure);

    *diff_r = TEXT("");
    if (err == ERR_NONE)
        err = diff_in(scratch, file, plan->arena, diff_r, failure);
    scratch_remove(scratch);
    return err;
}

static const char *const weight_words[] = {
    [PLAN_NOTE] = "note",
    [PLAN_WARNING] = "warning",
    [PLAN_CHOICE] = "choose",
    [PLAN_REFUSAL] = "not possible",
};

static void show_diff(struct text diff, bool is_colored)
{
    struct text rest = diff, line;

    while (rest.len != 0 && text_split(&rest, '\n', &line)) {
        const char *color = line.len == 0 || !is_colored ? ""
                            : line.data[0] == '+'        ? "\033[32m"
                            : line.data[0] == '-'        ? "\033[31m"
                            : line.data[0] == '@'        ? "\033[36m"
                                                         : "";

        printf("%s%.*s%s\n", color, TEXT_ARGS(line), color[0] != '\0' ? "\033[0m" : "");
    }
}

static int show_file(
    const struct plan *plan, const struct plan_file *file, const struct invocation *invocation)
{
    struct failure failure;
    struct text diff;

    if (file_equals(&file->now, &file->after))
        return EX_OK;
    if (make_diff(plan, file, &diff, &failure) != ERR_NONE)
        return invocation_complain_failure(invocation, &failure);
    printf("\n%s%s%s:\n", file->named,
        !file->now.is_there     ? " (new)"
        : !file->after.is_there ? " (removed)"
                                : "",
        strcmp(file->named, file->path) != 0
            ? arena_print(plan->arena, " (a link to %s)", file->path).data
            : "");
    for (size_t i = 0; i < file->reason_count; i++)
        printf("  %.*s: %.*s\n", TEXT_ARGS(file->reasons[i].what), TEXT_ARGS(file->reasons[i].why));
    putchar('\n');
    show_diff(diff, output_is_colored(invocation));
    return EX_OK;
}

int plan_show(const struct plan *plan, const struct invocation *invocation)
{
    int status = EX_OK;

    for (size_t i = 0; i < plan->note_count; i++)
        printf("%s: %s: %.*s\n", plan->journal, weight_words[plan->notes[i].weight],
            TEXT_ARGS(plan->notes[i].text));
    for (size_t i = 0; i < plan->action_count; i++)
        printf("%s: will do: %.*s: %.*s\n", plan->journal, TEXT_ARGS(plan->actions[i].what),
            TEXT_ARGS(plan->actions[i].why));
    for (size_t i = 0; status == EX_OK && i < plan->file_count; i++)
        status = show_file(plan, plan->files[i], invocation);
    return status;
}

static json_t *file_to_json(const struct plan *plan, const struct plan_file *file)
{
    json_t *reasons = json_array();
    struct text diff;

    if (make_diff(plan, file, &diff, NULL) != ERR_NONE)
        diff = TEXT("");
    for (size_t i = 0; i < file->reason_count; i++)
        json_array_append_new(
            reasons, json_pack("{s:o, s:o}", "what", output_json_text(file->reasons[i].what), "why",
                         output_json_text(file->reasons[i].why)));
    return json_pack("{s:o, s:o, s:b, s:b, s:o, s:o}", "path",
        output_json_text(text_from_string(file->named)), "real_path",
        output_json_text(text_from_string(file->path)), "new", !file->now.is_there, "removed",
        !file->after.is_there, "reasons", reasons, "diff", output_json_text(diff));
}

json_t *plan_to_json(const struct plan *plan, const struct invocation *invocation)
{
    json_t *files = json_array(), *actions = json_array(), *notes = json_array();

    (void)invocation;
    for (size_t i = 0; i < plan->file_count; i++)
        if (!file_equals(&plan->files[i]->now, &plan->files[i]->after))
            json_array_append_new(files, file_to_json(plan, plan->files[i]));
    for (size_t i = 0; i < plan->action_count; i++)
        json_array_append_new(
            actions, json_pack("{s:o, s:o}", "what", output_json_text(plan->actions[i].what), "why",
                         output_json_text(plan->actions[i].why)));
    for (size_t i = 0; i < plan->note_count; i++)
        json_array_append_new(
            notes, json_pack("{s:s, s:o}", "weight", weight_words[plan->notes[i].weight], "text",
                       output_json_text(plan->notes[i].text)));
    return json_pack("{s:o, s:o, s:o, s:o}", "name",
        output_json_text(text_from_string(plan->journal)), "files", files, "actions", actions,
        "notes", notes);
}
