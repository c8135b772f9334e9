/* SPDX-License-Identifier: MIT */
#include "mailctl/finding-print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mailctl/output.h"

json_t *finding_json(const struct finding *finding)
{
    struct arena *arena = arena_new();
    json_t *json = json_pack("{s:s, s:s, s:o, s:o}", "level", finding_level_word(finding->level),
        "code", finding->code, "name", output_json_text(finding->name), "message",
        output_json_text(finding_words(finding, arena)));

    arena_free(&arena);
    if (finding->type != NULL)
        json_object_set_new(json, "type", json_string(finding->type));
    if (finding->change.len != 0)
        json_object_set_new(json, "change", output_json_text(finding->change));
    return json;
}

json_t *finding_json_all(const struct findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->list.count; i++)
        json_array_append_new(list, finding_json(&findings->list.items[i]));
    return list;
}

/* Where the locale has no such signs, letters do. */
static const char *mark_of(enum finding_level level)
{
    static const char *const marks[] = {
        [FINDING_FINE] = "\u2713",
        [FINDING_WARNING] = "!",
        [FINDING_ERROR] = "\u2716",
        [FINDING_UNKNOWN] = "?",
    };

    static const char *const letters[] = {
        [FINDING_FINE] = "ok",
        [FINDING_WARNING] = "!",
        [FINDING_ERROR] = "x",
        [FINDING_UNKNOWN] = "?",
    };

    return MB_CUR_MAX > 1 ? marks[level] : letters[level];
}

static const char *color_of(enum finding_level level)
{
    static const char *const colors[] = {
        [FINDING_FINE] = "\033[32m",
        [FINDING_WARNING] = "\033[33m",
        [FINDING_ERROR] = "\033[31m",
        [FINDING_UNKNOWN] = "\033[35m",
    };

    return colors[level];
}

static void print_for_people(
    const struct invocation *invocation, const struct finding *finding, struct text words)
{
    bool is_colored = output_is_colored(invocation);

    printf("%s%s%s %.*s%s%s: %.*s\n", is_colored ? color_of(finding->level) : "",
        mark_of(finding->level), is_colored ? "\033[0m" : "", TEXT_ARGS(finding->name),
        finding->type != NULL ? " " : "", finding->type != NULL ? finding->type : "",
        TEXT_ARGS(words));
    if (finding->change.len != 0)
        printf("    %.*s\n", TEXT_ARGS(finding->change));
}

static void print_for_pipe(struct text about, const struct finding *finding, struct text words)
{
    printf("%.*s\t%s\t%s\t%.*s\t%s\t%.*s\t%.*s\n", TEXT_ARGS(about),
        finding_level_word(finding->level), finding->code, TEXT_ARGS(finding->name),
        finding->type != NULL ? finding->type : "", TEXT_ARGS(words), TEXT_ARGS(finding->change));
}

void finding_print(
    const struct invocation *invocation, struct text about, const struct finding *finding)
{
    struct arena *arena = arena_new();
    struct text words = finding_words(finding, arena);

    if (isatty(STDOUT_FILENO) != 0)
        print_for_people(invocation, finding, words);
    else
        print_for_pipe(about, finding, words);
    arena_free(&arena);
}

void finding_print_all(
    const struct invocation *invocation, struct text about, const struct findings *findings)
{
    for (size_t i = 0; i < findings->list.count; i++)
        if (findings->list.items[i].level != FINDING_FINE || !invocation->quiet)
            finding_print(invocation, about, &findings->list.items[i]);
    fflush(stdout);
}
