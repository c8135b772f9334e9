/* SPDX-License-Identifier: MIT */
#include "lib/base/config.h"

#include <assert.h>
#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/config-explain.h"
#include "lib/base/config-value.h"
#include "lib/base/log.h"
#include "lib/base/memory.h"

/*
 * All settings are strings or lists of strings to libconfuse: it splits the file, we judge the
 * values. A value is judged while libconfuse stands at its line, so that errors can name it.
 * libconfuse's callbacks carry no pointer of ours; this is where they find the load under way.
 */
struct load {
    const char *path;
    const struct config_section *sections;
    size_t section_count;
    void *target;
    struct arena *arena;
    struct failure *failure;
    struct text content; /* of the file itself, before the end mark */
    int refused_line;    /* where libconfuse found something wrong with the form; 0: nowhere */
    bool failed;
};

/*
 * libconfuse accepts a section or a comment that is still open at the end of the file. A last
 * setting, known outside sections only, finds that out.
 */
#define END_MARK "end_of_configuration"
#define END_MARK_SETTING "\n" END_MARK " = yes\n"

static _Thread_local struct load *current_load;

static enum err load_fail(struct load *load, int line, enum err err, const char *text)
{
    if (!load->failed)
        failure_set(load->failure, err, "%s:%d: %s", load->path, line, text);
    load->failed = true;
    return err;
}

/*
 * libconfuse complains: its words are for programmers, and as it goes on after some complaints,
 * only the first counts.
 */
static void report(cfg_t *cfg, const char *format, va_list args)
{
    (void)format;
    (void)args;
    if (current_load->refused_line == 0)
        current_load->refused_line = cfg->line;
}

static int count_lines(struct text text)
{
    int lines = 1;

    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\n' && i + 1 < text.len)
            lines++;
    return lines;
}

/* Nothing was wrong with the values up to there. */
static void explain_refusal(struct load *load)
{
    int last = count_lines(load->content), line = load->refused_line;
    struct buffer sentence = BUFFER_NONE;
    char safe[FAILURE_TEXT_MAX];

    if (!config_explain(load->content, load->sections, load->section_count, &sentence, &line))
        buffer_append_string(&sentence, "expected \"name = value\" or a section in braces");
    load_fail(load, line < last ? line : last, ERR_SYNTAX,
        log_safe(buffer_string(&sentence), sentence.len, safe, sizeof safe));
    buffer_done(&sentence);
}

static void report_value(
    const char *section, const struct config_setting *setting, const char *found, int line)
{
    struct buffer text = BUFFER_NONE;
    char safe[128];

    buffer_append_format(
        &text, "%s%s%s: expected ", section, section[0] != '\0' ? "." : "", setting->name);
    config_format_expected(setting, &text);
    buffer_append_format(
        &text, ", found \"%s\"", log_safe(found, strlen(found), safe, sizeof safe));
    load_fail(current_load, line, ERR_RANGE, buffer_string(&text));
    buffer_done(&text);
}

static const struct config_section *find_section(
    const struct config_section *sections, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(sections[i].name, name) == 0)
            return &sections[i];
    return NULL;
}

const struct config_setting *config_find(
    const struct config_section *sections, size_t count, const char *section, const char *name)
{
    const struct config_section *found = find_section(sections, count, section);

    if (found == NULL)
        return NULL;
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->settings[i].name, name) == 0)
            return &found->settings[i];
    return NULL;
}

/* Name of the section that libconfuse is in: its root is called "root". */
static const char *section_name(cfg_t *cfg)
{
    const char *name = cfg_name(cfg);

    return name == NULL || strcmp(name, "root") == 0 ? "" : name;
}

/*
 * Behind "name =" at the end of the file libconfuse takes the end mark for a value. It refuses what
 * follows, and then it is explained.
 */
static bool is_end_mark(const struct load *load, int line, const char *value)
{
    return strcmp(value, END_MARK) == 0 && line > count_lines(load->content);
}

/* Called by libconfuse after each value; the newest one is the last. */
static int judge_value(cfg_t *cfg, cfg_opt_t *opt)
{
    struct load *load = current_load;
    const char *section = section_name(cfg);
    const struct config_setting *setting =
        config_find(load->sections, load->section_count, section, cfg_opt_name(opt));
    unsigned count = cfg_opt_size(opt);
    const char *value = count != 0 ? cfg_opt_getnstr(opt, count - 1) : NULL;
    bool good;

    assert(setting != NULL);
    if (value == NULL || is_end_mark(load, cfg->line, value))
        return 0;
    if (setting->type == CONFIG_LIST)
        good =
            count <= CONFIG_LIST_MAX && config_value_is_string_ok(setting, text_from_string(value));
    else
        good = config_value_parse(setting, text_from_string(value), load->target, load->arena);
    if (!good)
        report_value(section, setting, value, cfg->line);
    return good ? 0 : -1;
}

/* The values are in libconfuse's hands until now; ours must live in the arena. */
static void store_list(
    cfg_opt_t *opt, const struct config_setting *setting, void *target, struct arena *arena)
{
    struct config_list *list = (struct config_list *)(void *)((char *)target + setting->offset);
    size_t count = cfg_opt_size(opt);
    const char **items = arena_alloc_zero(arena, count, sizeof *items);

    for (size_t i = 0; i < count; i++)
        items[i] = arena_copy_string(arena, text_from_string(cfg_opt_getnstr(opt, (unsigned)i)));
    list->items = items;
    list->count = count;
}

static void store_lists(
    cfg_t *cfg, const struct config_section *section, void *target, struct arena *arena)
{
    for (size_t i = 0; i < section->count; i++)
        if (section->settings[i].type == CONFIG_LIST)
            store_list(
                cfg_getopt(cfg, section->settings[i].name), &section->settings[i], target, arena);
}

static cfg_opt_t option_for(const struct config_setting *setting)
{
    cfg_opt_t scalar = CFG_STR(NULL, NULL, CFGF_NONE);
    cfg_opt_t list = CFG_STR_LIST(NULL, NULL, CFGF_NONE);
    cfg_opt_t option = setting->type == CONFIG_LIST ? list : scalar;

    option.name = setting->name;
    if (setting->type == CONFIG_LIST)
        option.def.parsed = (char *)(uintptr_t)setting->default_text;
    else
        option.def.string = setting->default_text;
    option.validcb = judge_value;
    return option;
}

/* Writes the section's options and the closing mark to options. */
static void fill_options(const struct config_section *section, cfg_opt_t *options)
{
    const cfg_opt_t end = CFG_END();

    for (size_t i = 0; i < section->count; i++)
        options[i] = option_for(&section->settings[i]);
    options[section->count] = end;
}

/* libconfuse's table for ours; it copies the table, so the caller frees it after cfg_init. */
static cfg_opt_t *make_options(
    const struct config_section *sections, size_t count, cfg_opt_t **inner_r)
{
    const cfg_opt_t end = CFG_END();
    const cfg_opt_t mark = CFG_STR(END_MARK, NULL, CFGF_NONE);
    size_t total = 0, roots = 0, used = 0;
    cfg_opt_t *inner, *root;

    for (size_t i = 0; i < count; i++) {
        total += sections[i].count + 1;
        roots += sections[i].name[0] == '\0' ? sections[i].count : 1;
    }
    inner = memory_alloc_zero(total, sizeof *inner);
    root = memory_alloc_zero(roots + 2, sizeof *root);
    for (size_t i = 0, at = 0; i < count; i++) {
        cfg_opt_t section = CFG_SEC(NULL, NULL, CFGF_NONE);

        if (sections[i].name[0] == '\0') {
            fill_options(&sections[i], root + used);
            used += sections[i].count;
            continue;
        }
        fill_options(&sections[i], inner + at);
        section.name = sections[i].name;
        section.subopts = inner + at;
        root[used++] = section;
        at += sections[i].count + 1;
    }
    root[used++] = mark;
    root[used] = end;
    *inner_r = inner;
    return root;
}

static void set_scalar_defaults(
    const struct config_section *section, void *target, struct arena *arena)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct config_setting *setting = &section->settings[i];

        if (setting->type == CONFIG_LIST)
            continue;
        if (!config_value_parse(setting, text_from_string(setting->default_text), target, arena)) {
            fprintf(stderr, "bug: bad default of setting %s\n", setting->name);
            abort();
        }
    }
}

/* A comment that is never closed swallows the rest without a complaint, the end mark too. */
static bool parse(cfg_t *cfg, const char *text)
{
    return cfg_parse_buf(cfg, text) == CFG_SUCCESS && current_load->refused_line == 0 &&
           cfg_getstr(cfg, END_MARK) != NULL;
}

/* Parses text (NULL: nothing, which gives the defaults) into the target of the load. */
static enum err load_text(struct load *load, const char *text)
{
    cfg_opt_t *inner, *root = make_options(load->sections, load->section_count, &inner);
    cfg_t *cfg;

    for (size_t i = 0; i < load->section_count; i++)
        set_scalar_defaults(&load->sections[i], load->target, load->arena);
    current_load = load;
    cfg = cfg_init(root, CFGF_NONE);
    free(root);
    free(inner);
    if (cfg == NULL)
        memory_exhausted();
    cfg_set_error_function(cfg, report);
    if (text != NULL && !parse(cfg, text) && !load->failed)
        explain_refusal(load);
    for (size_t i = 0; !load->failed && i < load->section_count; i++) {
        const char *name = load->sections[i].name;

        store_lists(name[0] != '\0' ? cfg_getsec(cfg, name) : cfg, &load->sections[i], load->target,
            load->arena);
    }
    cfg_free(cfg);
    current_load = NULL;
    return load->failed ? ERR_SYNTAX : ERR_NONE;
}

void config_set_defaults(
    const struct config_section *sections, size_t count, void *target, struct arena *arena)
{
    struct load load = {.path = "(defaults)",
        .sections = sections,
        .section_count = count,
        .target = target,
        .arena = arena};
    enum err err = load_text(&load, NULL);

    assert(err == ERR_NONE);
    (void)err;
}

static enum err check_bytes(const char *path, struct text content, struct failure *failure)
{
    struct text before = text_head(content, text_find(content, '\0'));

    if (content.len > CONFIG_FILE_MAX_BYTES)
        return failure_set(
            failure, ERR_LIMIT, "%s: larger than %zu bytes", path, CONFIG_FILE_MAX_BYTES);
    if (before.len < content.len)
        return failure_set(failure, ERR_SYNTAX, "%s:%d: a NUL byte stands in the file", path,
            count_lines(text_head(content, before.len + 1)));
    return ERR_NONE;
}

static enum err read_file(const char *path, struct buffer *content, struct failure *failure)
{
    FILE *file = fopen(path, "re");
    enum err err = ERR_NONE;
    size_t got;

    if (file == NULL)
        return failure_set_errno(failure,
            errno == ENOENT   ? ERR_ABSENT
            : errno == EACCES ? ERR_ACCESS
                              : ERR_IO,
            "%s", path);
    do {
        got = fread(buffer_reserve(content, 4096), 1, 4096, file);
        content->len += got;
        content->data[content->len] = '\0';
    } while (got != 0 && content->len <= CONFIG_FILE_MAX_BYTES);
    if (ferror(file) != 0)
        err = failure_set_errno(failure, ERR_IO, "%s", path);
    else
        err = check_bytes(path, buffer_text(content), failure);
    fclose(file);
    return err;
}

/*
 * Comments become blanks: libconfuse counts the line of a comment more than once, and we have to
 * name lines. "#" begins one wherever it does not stand in quotes.
 */
static void blank_comments(char *text, size_t len)
{
    bool comment = false;
    char quote = '\0';

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            comment = false;
        else if (comment)
            text[i] = ' ';
        else if (quote != '\0' && text[i] == '\\' && i + 1 < len && text[i + 1] != '\n')
            i++;
        else if (quote != '\0')
            quote = text[i] == quote ? '\0' : quote;
        else if (text[i] == '"' || text[i] == '\'')
            quote = text[i];
        else if (text[i] == '#') {
            comment = true;
            text[i] = ' ';
        }
    }
}

enum err config_load(const char *path, const struct config_section *sections, size_t count,
    void *target, size_t target_size, struct arena *arena, struct failure *failure)
{
    struct buffer content = BUFFER_NONE;
    struct failure local = {.err = ERR_NONE};
    void *fresh = memory_alloc_zero(1, target_size);
    struct load load = {.path = path,
        .sections = sections,
        .section_count = count,
        .target = fresh,
        .arena = arena,
        .failure = &local};
    enum err err = read_file(path, &content, &local);

    if (err == ERR_NONE) {
        size_t len = content.len;

        blank_comments(content.data, len);
        buffer_append_string(&content, END_MARK_SETTING);
        load.content = text_from_bytes(content.data, len);
    }
    if (err == ERR_NONE && load_text(&load, buffer_string(&content)) != ERR_NONE)
        err = local.err;
    if (err == ERR_NONE)
        memcpy(target, fresh, target_size);
    else if (failure != NULL)
        *failure = local;
    free(fresh);
    buffer_done(&content);
    return err;
}
