/* SPDX-License-Identifier: MIT */
#include "mailctl/attach/postfix-instance.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/buffer.h"
#include "mailctl/program.h"

static enum err run(const char *const *argv, struct arena *arena, struct program_result *result,
    struct failure *failure)
{
    return program_run(argv, POSTFIX_TIMEOUT_MS, arena, result, failure);
}

static struct text said(const struct program_result *result)
{
    struct text errors = text_trim(result->errors);

    return errors.len != 0 ? errors : text_trim(result->output);
}

static enum err ask(
    const char *const *argv, struct arena *arena, struct text *output_r, struct failure *failure)
{
    struct program_result result;
    enum err err = run(argv, arena, &result, failure);

    if (err != ERR_NONE)
        return err;
    if (result.status != 0)
        return failure_set(failure, ERR_REFUSED, "%s: %.*s", argv[0], TEXT_ARGS(said(&result)));
    *output_r = result.output;
    return ERR_NONE;
}

/* Not what a shell would say of one of its programs, but what to do. */
static enum err find_programs(struct failure *failure)
{
    return program_exists("postconf")
               ? ERR_NONE
               : failure_set(failure, ERR_ABSENT,
                     "there is no Postfix here: run \"apt-get install postfix\" first");
}

static enum err find_directory(
    const char *directory, struct arena *arena, const char **directory_r, struct failure *failure)
{
    struct text output = TEXT("");
    enum err err = ERR_NONE;

    if (directory == NULL) {
        err = ask(
            (const char *[]){"postconf", "-h", "config_directory", NULL}, arena, &output, failure);
        directory = arena_copy_string(arena, text_trim(output));
    }
    *directory_r = directory;
    return err;
}

enum err postfix_instance_open(const char *directory, struct arena *arena,
    struct postfix_instance *instance_r, struct failure *failure)
{
    struct postfix_instance instance = {.arena = arena};
    char real[PATH_MAX];
    const char *queue;
    enum err err = find_programs(failure);

    if (err == ERR_NONE)
        err = find_directory(directory, arena, &instance.directory, failure);
    if (err == ERR_NONE)
        err = ask((const char *[]){"postconf", "-c", instance.directory, NULL}, arena,
            &instance.raw, failure);
    if (err == ERR_NONE)
        err = ask((const char *[]){"postconf", "-c", instance.directory, "-x", NULL}, arena,
            &instance.expanded, failure);
    if (err != ERR_NONE)
        return err;
    queue = arena_copy_string(arena, postfix_instance_value(&instance, TEXT("queue_directory")));
    if (realpath(queue, real) == NULL)
        return failure_set_errno(failure, ERR_ABSENT, "Postfix's queue directory %s", queue);
    instance.queue_directory = arena_copy_string(arena, text_from_string(real));
    *instance_r = instance;
    return ERR_NONE;
}

static struct text find_value(struct text lines, struct text name)
{
    struct text line;

    while (lines.len != 0 && text_split(&lines, '\n', &line))
        if (text_starts_with(line, name) && text_starts_with(text_skip(line, name.len), TEXT(" =")))
            return text_trim(text_skip(line, name.len + 2));
    return TEXT("");
}

struct text postfix_instance_raw(const struct postfix_instance *instance, struct text name)
{
    return find_value(instance->raw, name);
}

struct text postfix_instance_value(const struct postfix_instance *instance, struct text name)
{
    return find_value(instance->expanded, name);
}

/* The name behind a "$", and how long all of it is; false where it is of another form. */
static bool take_name(struct text text, struct text *name_r, size_t *len_r)
{
    char open = text.len > 1 ? text.data[1] : '\0';
    bool is_closed = open == '{' || open == '(';
    size_t start = is_closed ? 2 : 1, end = start;

    while (end < text.len && (text_is_alnum(text.data[end]) || text.data[end] == '_'))
        end++;
    if (end == start ||
        (is_closed && (end == text.len || text.data[end] != (open == '{' ? '}' : ')'))))
        return false;
    *name_r = text_from_bytes(text.data + start, end - start);
    *len_r = is_closed ? end + 1 : end;
    return true;
}

struct text postfix_instance_expand(const struct postfix_instance *instance, struct text text)
{
    struct buffer expanded = BUFFER_NONE;
    struct text result;

    while (text.len != 0) {
        size_t dollar = text_find(text, '$'), len = 1;
        struct text name;

        buffer_append_text(&expanded, text_head(text, dollar));
        text = text_skip(text, dollar);
        if (text.len != 0 && take_name(text, &name, &len))
            buffer_append_text(&expanded, postfix_instance_value(instance, name));
        else
            buffer_append_text(&expanded, text_head(text, 1));
        text = text_skip(text, len);
    }
    result = arena_copy(instance->arena, buffer_text(&expanded));
    buffer_done(&expanded);
    return result;
}

/*
 * A link's own permissions mean nothing, but Postfix 3.10 complains of them: then those of what it
 * leads to count. That a link leads out of the folder is the operator's intention.
 */
static bool is_about_link(struct text line, struct arena *arena)
{
    const struct text words = TEXT("group or other writable: ");
    size_t at = text_find_text(line, words);
    const char *path = arena_copy_string(arena, text_trim(text_skip(line, at + words.len)));
    struct stat link, target;

    if (text_find_text(line, TEXT("symlink leaves directory: ")) < line.len)
        return true;
    return at < line.len && lstat(path, &link) == 0 && S_ISLNK(link.st_mode) &&
           stat(path, &target) == 0 && (target.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/*
 * "QUEUE/etc/localtime and /etc/localtime differ": Debian makes the copies for chrooted services
 * anew whenever Postfix starts, and until then they serve.
 */
static bool is_old_copy(struct text complaint)
{
    struct text words =
        text_trim(text_skip(complaint, text_find_text(complaint, TEXT("warning: "))));
    size_t at = text_find_text(words, TEXT(" and /"));
    struct text copy = text_head(words, at), original = text_skip(words, at + strlen(" and "));

    if (!text_ends_with_nocase(original, TEXT(" differ")))
        return false;
    original = text_head(original, original.len - strlen(" differ"));
    return original.len != 0 && text_ends_with_nocase(copy, original);
}

/* Debian 13's "postfix check" makes such a copy itself, and says so on standard output. */
static bool is_new_copy(struct text complaint)
{
    return text_starts_with(complaint, TEXT("updating /")) &&
           text_find_text(complaint, TEXT(" => /")) < complaint.len;
}

bool postfix_instance_is_harmless(struct text complaint)
{
    static const char *const harmless[] = {
        "support for parameter ", ": unused parameter: ", ": damaged message: "};

    if (is_old_copy(complaint) || is_new_copy(complaint))
        return true;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (text_find_text(complaint, TEXT("warning: ")) < complaint.len &&
            text_find_text(complaint, text_from_string(harmless[i])) < complaint.len)
            return true;
    return false;
}

static bool is_broken(struct text line, struct arena *arena)
{
    return text_trim(line).len != 0 && !is_about_link(line, arena) &&
           !postfix_instance_is_harmless(line);
}

/* It ends with 0 on many errors: what it says decides. */
enum err postfix_instance_check(const char *directory, struct arena *arena, struct failure *failure)
{
    struct program_result result;
    enum err err =
        run((const char *[]){"postfix", "-c", directory, "check", NULL}, arena, &result, failure);
    struct text rest, line;

    if (err != ERR_NONE)
        return err;
    rest = said(&result);
    while (rest.len != 0 && text_split(&rest, '\n', &line))
        if (is_broken(line, arena))
            return failure_set(failure, ERR_REFUSED, "postfix check: %.*s", TEXT_ARGS(line));
    if (result.status != 0)
        return failure_set(failure, ERR_REFUSED, "postfix check: ended with %d", result.status);
    return ERR_NONE;
}

enum err postfix_instance_complaints(
    const char *directory, struct arena *arena, struct text *lines_r, struct failure *failure)
{
    static const char *const ways[] = {"-n", "-Mf", "-P"};
    struct text all = TEXT("");

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct program_result result;
        enum err err = run(
            (const char *[]){"postconf", "-c", directory, ways[i], NULL}, arena, &result, failure);

        if (err != ERR_NONE)
            return err;
        all = arena_print(arena, "%.*s%.*s", TEXT_ARGS(all), TEXT_ARGS(result.errors));
        if (result.status != 0 && result.errors.len == 0)
            return failure_set(
                failure, ERR_REFUSED, "postconf %s: ended with %d", ways[i], result.status);
    }
    *lines_r = all;
    return ERR_NONE;
}

bool postfix_instance_is_running(const char *directory, struct arena *arena)
{
    struct program_result result = {.status = 1};

    return run((const char *[]){"postfix", "-c", directory, "status", NULL}, arena, &result,
               NULL) == ERR_NONE &&
           result.status == 0;
}

enum err postfix_instance_reload(
    const char *directory, struct arena *arena, struct failure *failure)
{
    struct text output;

    if (!postfix_instance_is_running(directory, arena))
        return failure_set(failure, ERR_ABSENT,
            "Postfix (%s) does not run: start it, or say --offline", directory);
    return ask(
        (const char *[]){"postfix", "-c", directory, "reload", NULL}, arena, &output, failure);
}

enum err postfix_instance_query_all(const struct postfix_instance *instance, const char *table,
    struct text keys, struct text *found_r, struct failure *failure)
{
    const char *const argv[] = {"env", "-C", instance->queue_directory, "postmap", "-c",
        instance->directory, "-q", "-", table, NULL};
    struct program_result result;
    enum err err = program_feed(argv, keys, POSTFIX_TIMEOUT_MS, instance->arena, &result, failure);

    if (err != ERR_NONE)
        return err;
    if (result.status > 1 || text_trim(result.errors).len != 0)
        return failure_set(failure, ERR_REFUSED, "%.*s", TEXT_ARGS(said(&result)));
    *found_r = result.output;
    return ERR_NONE;
}

enum err postfix_instance_query(const struct postfix_instance *instance, const char *table,
    const char *key, struct text *value_r, struct failure *failure)
{
    struct program_result result;
    enum err err = run((const char *[]){"env", "-C", instance->queue_directory, "postmap", "-c",
                           instance->directory, "-q", key, table, NULL},
        instance->arena, &result, failure);

    if (err != ERR_NONE)
        return err;
    if (result.status > 1 || text_trim(result.errors).len != 0)
        return failure_set(
            failure, ERR_REFUSED, "postmap -q %s %s: %.*s", key, table, TEXT_ARGS(said(&result)));
    *value_r = text_trim(result.output);
    return ERR_NONE;
}

/* The folder of "unix:FOLDER/NAME" without links; empty for other addresses. */
static struct text folder_of(const struct postfix_instance *instance, const char *listen)
{
    struct text address = text_from_string(listen);
    char real[PATH_MAX];
    struct text folder;

    if (!text_starts_with(address, TEXT("unix:")))
        return TEXT("");
    address = text_skip(address, strlen("unix:"));
    folder = arena_copy(instance->arena, text_head(address, text_find_last(address, '/')));
    return realpath(folder.data, real) != NULL ? arena_copy(instance->arena, text_from_string(real))
                                               : folder;
}

static bool is_inside(struct text folder, struct text queue)
{
    return text_starts_with(folder, queue) &&
           (folder.len == queue.len || folder.data[queue.len] == '/');
}

const char *postfix_instance_outside(const struct postfix_instance *instance, const char *listen)
{
    struct text folder = folder_of(instance, listen);

    return folder.len == 0 || is_inside(folder, text_from_string(instance->queue_directory))
               ? NULL
               : arena_copy_string(instance->arena, folder);
}

enum err postfix_instance_socket(const struct postfix_instance *instance, const char *listen,
    struct text *socket_r, struct failure *failure)
{
    struct text address = text_from_string(listen);
    struct text name = text_skip(address, text_find_last(address, '/') + 1);
    struct text queue = text_from_string(instance->queue_directory);
    struct text folder = folder_of(instance, listen);

    if (text_starts_with(address, TEXT("inet6:"))) {
        *socket_r = arena_print(instance->arena, "inet:%s", listen + strlen("inet6:"));
        return ERR_NONE;
    }
    if (!text_starts_with(address, TEXT("unix:"))) {
        *socket_r = arena_copy(instance->arena, address);
        return ERR_NONE;
    }
    if (instance->mounted != NULL && text_equals(folder, text_from_string(instance->mounted))) {
        *socket_r =
            arena_print(instance->arena, "unix:" POSTFIX_INSTANCE_MOUNT "/%.*s", TEXT_ARGS(name));
        return ERR_NONE;
    }
    if (!is_inside(folder, queue))
        return failure_set(failure, ERR_REFUSED,
            "%s: outside of Postfix's queue directory %s, where its chrooted services cannot reach"
            " it; set \"listen\" to a path in %s/gatepost",
            listen, instance->queue_directory, instance->queue_directory);
    folder = text_skip(folder, queue.len + 1);
    *socket_r = arena_print(instance->arena, "unix:%.*s%s%.*s", TEXT_ARGS(folder),
        folder.len != 0 ? "/" : "", TEXT_ARGS(name));
    return ERR_NONE;
}
