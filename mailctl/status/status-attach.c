/* SPDX-License-Identifier: MIT */

/* What attach has written: is it still there, and did attach come to its end. */

#include <unistd.h>

#include "mailctl/attach/journal.h"
#include "mailctl/attach/postfix-rivals.h"
#include "mailctl/status/status.h"

/* A journal of a further instance: "postfix@/etc/postfix-out". */
#define INSTANCE "postfix@"

/* --- for the other checks --------------------------------------------------------------------- */

bool status_is_attached(struct status *status, const char *journal)
{
    struct journal_room *room = NULL;
    const char *const *names = NULL;
    size_t count = 0, at = 0;

    if (journal_room_open(status->settings->state_directory, JOURNAL_READ, &room, NULL) ==
            ERR_NONE &&
        journal_room_list(room, status->arena, &names, &count, NULL) != ERR_NONE)
        count = 0;
    while (at < count && strcmp(names[at], journal) != 0)
        at++;
    journal_room_close(&room);
    return at < count;
}

bool status_attached_instances(struct status *status, const char *const **folders_r)
{
    struct journal_room *room = NULL;
    const char *const *names = NULL;
    const char **folders;
    size_t count = 0, used = 0;
    struct failure failure;
    enum err err =
        journal_room_open(status->settings->state_directory, JOURNAL_READ, &room, &failure);

    if (err == ERR_NONE)
        err = journal_room_list(room, status->arena, &names, &count, &failure);
    journal_room_close(&room);
    if (err != ERR_NONE && err != ERR_ABSENT) {
        status_say_unseen(status, &failure);
        return false;
    }
    folders = arena_alloc_zero(status->arena, count + 1, sizeof *folders);
    for (size_t i = 0; i < count; i++)
        if (strncmp(names[i], INSTANCE, sizeof INSTANCE - 1) == 0)
            folders[used++] = names[i] + sizeof INSTANCE - 1;
    *folders_r = folders;
    return true;
}

const char *status_postfix_mend(struct status *status, const char *instance)
{
    struct postfix_instance found;

    if (postfix_instance_open(instance, status->arena, &found, NULL) != ERR_NONE)
        return "postfix check";
    return postfix_rivals_mend(status->settings, &found);
}

/* Not "&&": detach ends with 1 where a setting was changed since. */
const char *status_dovecot_mend(struct status *status)
{
    return status_is_attached(status, "dovecot") ? "mailctl detach dovecot; mailctl attach dovecot"
                                                 : "mailctl attach dovecot";
}

/* --- the checks ------------------------------------------------------------------------------- */

/* Lines named of one file. */
#define LINES_NAMED 3

static bool has_line(struct text text, struct text wanted)
{
    struct text line;

    while (text_split(&text, '\n', &line))
        if (text_equals(text_trim(line), wanted))
            return true;
    return false;
}

/* What attach brought and what is gone from it; other changes are the operator's own. */
static void check_file(struct status *status, const struct journal_file *file, const char *mend)
{
    struct text rest = file->ours.content, line;
    struct failure failure;
    struct file now;
    unsigned missing = 0;

    if (file_read(file->path, status->arena, &now, &failure) != ERR_NONE) {
        status_say_unseen(status, &failure);
        return;
    }
    if (!now.is_there) {
        status_say(status, STATUS_ERROR, mend, "%s, which attach wrote, is gone", file->path);
        return;
    }
    while (missing < LINES_NAMED && text_split(&rest, '\n', &line)) {
        line = text_trim(line);
        if (line.len == 0 || has_line(file->before.content, line) || has_line(now.content, line))
            continue;
        missing++;
        status_say(status, STATUS_WARNING, mend, "%s: \"%.*s\", which attach wrote, was changed",
            file->path, TEXT_ARGS(line));
    }
}

static const char *detach_command(struct status *status, const struct journal *journal)
{
    const char *directory = journal_directory(journal);

    return directory == NULL
               ? status_command(status, "mailctl detach %s", status->check->name)
               : status_command(status, "mailctl detach postfix --config-directory %s", directory);
}

/* An instance that was taken away altogether: what is left is the journal. */
static const char *mend_for(struct status *status, const struct journal *journal)
{
    const char *directory = journal_directory(journal);

    if (strcmp(status->check->name, "dovecot") == 0)
        return status_dovecot_mend(status);
    if (directory != NULL && access(directory, F_OK) != 0)
        return detach_command(status, journal);
    return status_postfix_mend(status, directory);
}

static void check_journal(struct status *status, struct journal_room *room, const char *name)
{
    struct journal *journal = NULL;
    const char *mend;
    struct failure failure;
    const struct journal_file *files;
    size_t count;

    if (journal_open(room, name, &journal, &failure) != ERR_NONE) {
        status_say(status, STATUS_ERROR, "", "%s", failure.text);
        return;
    }
    mend = mend_for(status, journal);
    if (journal_state(journal) == JOURNAL_APPLYING || journal_state(journal) == JOURNAL_RENEWING)
        status_say(status, STATUS_ERROR, mend, "%s: attach did not come to its end", name);
    if (journal_state(journal) == JOURNAL_DETACHING)
        status_say(status, STATUS_ERROR, detach_command(status, journal),
            "%s: detach did not come to its end", name);
    files = journal_files(journal, &count);
    for (size_t i = 0; journal_state(journal) == JOURNAL_ATTACHED && i < count; i++)
        check_file(status, &files[i], mend);
    journal_close(&journal);
}

/* "postfix" and "postfix@/etc/postfix-out" are Postfix's. */
static bool is_of(const char *journal, const char *part)
{
    size_t len = strlen(part);

    return strncmp(journal, part, len) == 0 && (journal[len] == '\0' || journal[len] == '@');
}

static void check_part(struct status *status)
{
    struct journal_room *room = NULL;
    const char *const *names = NULL;
    struct failure failure;
    size_t count = 0, found = 0;
    enum err err =
        journal_room_open(status->settings->state_directory, JOURNAL_READ, &room, &failure);

    if (err == ERR_NONE)
        err = journal_room_list(room, status->arena, &names, &count, &failure);
    if (err != ERR_NONE && err != ERR_ABSENT)
        status_say_unseen(status, &failure);
    for (size_t i = 0; err == ERR_NONE && i < count; i++)
        if (is_of(names[i], status->check->name)) {
            check_journal(status, room, names[i]);
            found++;
        }
    journal_room_close(&room);
    if (found == 0 && status->said == 0)
        status_say(status, STATUS_OK, NULL, "mailctl has not attached it");
}

static const struct status_check checks[] = {
    {"postfix", check_part, NULL},
    {"dovecot", check_part, NULL},
};

const struct status_group status_attach = {"attach", checks, sizeof checks / sizeof *checks};
