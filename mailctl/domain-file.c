/* SPDX-License-Identifier: MIT */
#include "mailctl/domain-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/store/domain.h"
#include "mailctl/program.h"

#define LOCK_TIMEOUT_MS ((int64_t)20000)
#define LOCK_STEP_MS 20
#define POSTMAP_TIMEOUT_MS ((int64_t)60000)
#define POSTCONF_TIMEOUT_MS ((int64_t)10000)
/* Some hundred thousand domains; a larger file is none of ours. */
#define FILE_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* Kinds of indexed tables and how the index is named. */
static const struct index_kind {
    const char *type, *suffix;
} index_kinds[] = {
    {"hash",  ".db"  },
    {"btree", ".db"  },
    {"lmdb",  ".lmdb"},
    {"cdb",   ".cdb" },
};

static const char *const names[DOMAIN_FILE_COUNT] = {"domains", "relays", "transports"};
static const char *const headings[DOMAIN_FILE_COUNT] = {
    "# Our mail domains, for Postfix. mailctl writes this file anew whenever one comes or goes.\n",
    "# Domains whose mail is passed on, for Postfix. mailctl writes this file anew, too.\n",
    "# Where mail of domains goes on to, for Postfix. mailctl writes this file anew, too.\n"};

const char *domain_file_folder(const struct settings *settings, struct arena *arena)
{
    return arena_print(arena, "%s/postfix", settings->state_directory).data;
}

const char *domain_file_path(
    const struct settings *settings, enum domain_file which, struct arena *arena)
{
    return arena_print(arena, "%s/postfix/%s", settings->state_directory, names[which]).data;
}

/* NULL where Postfix is not there, not set up, or uses a kind that we do not know. */
static const struct index_kind *default_kind(struct arena *arena)
{
    static const char *const argv[] = {"postconf", "-h", "default_database_type", NULL};
    struct text type;

    if (program_succeed(argv, POSTCONF_TIMEOUT_MS, arena, &type, NULL) != ERR_NONE)
        return NULL;
    type = text_trim(type);
    for (size_t i = 0; i < sizeof index_kinds / sizeof *index_kinds; i++)
        if (text_equals(type, text_from_string(index_kinds[i].type)))
            return &index_kinds[i];
    return NULL;
}

const char *domain_file_table(
    const struct settings *settings, enum domain_file which, struct arena *arena)
{
    const struct index_kind *kind = default_kind(arena);

    return arena_print(arena, "%s:%s", kind != NULL ? kind->type : index_kinds[0].type,
        domain_file_path(settings, which, arena))
        .data;
}

/* --- what they are to say ------------------------------------------------------------------- */

static bool stands_in(const struct domain *domain, enum domain_file which)
{
    if (which == DOMAIN_FILE_TRANSPORTS)
        return domain->enabled && domain->transport.len != 0;
    return domain->enabled && (domain->kind == DOMAIN_RELAY) == (which == DOMAIN_FILE_RELAYS);
}

static struct text value_in(const struct domain *domain, enum domain_file which)
{
    return which == DOMAIN_FILE_TRANSPORTS ? domain->transport : TEXT(DOMAIN_FILE_MARK);
}

/* kept: names that stay in it for now, where they stand in the other one already; NULL: none. */
static void format(const struct domain_list *list, enum domain_file which, const struct map *kept,
    struct buffer *content)
{
    buffer_append_string(content, headings[which]);
    for (size_t i = 0; i < list->count; i++) {
        bool is_kept =
            kept != NULL && list->items[i].enabled && map_get(kept, list->items[i].name) != NULL;

        if (!is_kept && !stands_in(&list->items[i], which))
            continue;
        buffer_append_format(content, "%.*s %.*s\n", TEXT_ARGS(list->items[i].name),
            TEXT_ARGS(value_in(&list->items[i], which)));
    }
}

static enum err read_domains(
    struct store *store, struct arena *arena, struct domain_list *list_r, struct failure *failure)
{
    return domain_list(store, arena, list_r) == ERR_NONE ? ERR_NONE : store_failure(store, failure);
}

static enum err fail_errno(struct failure *failure, const char *path)
{
    enum err err = errno == ENOENT                      ? ERR_ABSENT
                   : errno == EACCES || errno == EPERM  ? ERR_ACCESS
                   : errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT
                                                        : ERR_IO;

    return failure_set_errno(failure, err, "%s", path);
}

static enum err read_file(const char *path, struct buffer *content, struct failure *failure)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return fail_errno(failure, path);
    while ((got = read(fd, buffer_reserve(content, 65536), 65536)) > 0 &&
           content->len <= FILE_BYTES_MAX)
        content->len += (size_t)got;
    close(fd);
    return got < 0 ? fail_errno(failure, path) : ERR_NONE;
}

/* ERR_OLDER where the file at path says something else. */
static enum err compare(const char *path, const struct buffer *wanted, struct failure *failure)
{
    struct buffer found = BUFFER_NONE;
    enum err err = read_file(path, &found, failure);

    if (err == ERR_NONE && !text_equals(buffer_text(&found), buffer_text(wanted)))
        err = failure_set(failure, ERR_OLDER, "%s: not the domains of the directory", path);
    buffer_done(&found);
    return err;
}

static bool index_exists(const char *path, const struct index_kind *kind)
{
    char name[PATH_MAX];

    snprintf(name, sizeof name, "%s%s", path, kind->suffix);
    return access(name, F_OK) == 0;
}

/* --- writing -------------------------------------------------------------------------------- */

/*
 * Locks the folder, for as long as the descriptor is open: by a file that root alone can open, for
 * everybody could hold a lock on the folder itself.
 */
static enum err lock_folder(
    const char *folder, struct arena *arena, int *fd_r, struct failure *failure)
{
    int64_t deadline_ms = clock_monotonic_ms() + LOCK_TIMEOUT_MS;
    const char *path = arena_print(arena, "%s/.lock", folder).data;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail_errno(failure, path);
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK || clock_monotonic_ms() > deadline_ms) {
            close(fd);
            return failure_set(
                failure, ERR_BUSY, "%s: another mailctl is writing the list of domains", folder);
        }
        (void)poll(NULL, 0, LOCK_STEP_MS);
    }
    *fd_r = fd;
    return ERR_NONE;
}

static enum err sync_folder(const char *folder, struct failure *failure)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err err = fd >= 0 && fsync(fd) == 0 ? ERR_NONE : fail_errno(failure, folder);

    if (fd >= 0)
        close(fd);
    return err;
}

static enum err write_whole(int fd, const char *path, struct text rest, struct failure *failure)
{
    while (rest.len != 0) {
        ssize_t written = write(fd, rest.data, rest.len);

        if (written < 0 && errno != EINTR)
            return fail_errno(failure, path);
        rest = text_skip(rest, written > 0 ? (size_t)written : 0);
    }
    if (fchmod(fd, 0644) != 0 || fsync(fd) != 0)
        return fail_errno(failure, path);
    return ERR_NONE;
}

static enum err write_new(const char *path, const struct buffer *content, struct failure *failure)
{
    int fd;
    enum err err;

    /* Of somebody who was killed; never followed, should it be a link. */
    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return fail_errno(failure, path);
    err = write_whole(fd, path, buffer_text(content), failure);
    if (close(fd) != 0 && err == ERR_NONE)
        err = fail_errno(failure, path);
    return err;
}

static enum err sync_file(const char *path, struct failure *failure)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum err err = ERR_NONE;

    if (fd < 0)
        return fail_errno(failure, path);
    if (fchmod(fd, 0644) != 0 || fsync(fd) != 0)
        err = fail_errno(failure, path);
    close(fd);
    return err;
}

/* postmap empties an index before it fills it: so beside the real one, and then renamed. */
static enum err write_index(const struct index_kind *kind, const char *fresh, const char *path,
    struct arena *arena, struct failure *failure)
{
    const char *from = arena_print(arena, "%s%s", fresh, kind->suffix).data;
    const char *to = arena_print(arena, "%s%s", path, kind->suffix).data;
    const char *table = arena_print(arena, "%s:%s", kind->type, fresh).data;
    const char *const argv[] = {"postmap", table, NULL};
    struct text output;
    enum err err;

    (void)unlink(from);
    err = program_succeed(argv, POSTMAP_TIMEOUT_MS, arena, &output, failure);
    if (err == ERR_NONE)
        err = sync_file(from, failure);
    if (err == ERR_NONE && rename(from, to) != 0)
        err = fail_errno(failure, to);
    if (err != ERR_NONE)
        (void)unlink(from);
    return err;
}

/* Postfix's own kind, and those that are there: main.cf may name one from earlier. */
static bool is_indexed(
    const struct index_kind *kind, const struct index_kind *own, const char *path)
{
    if (own == NULL)
        return false;
    /* btree shares the name of its index with hash. */
    return kind == own || (strcmp(kind->suffix, own->suffix) != 0 &&
                              strcmp(kind->type, "btree") != 0 && index_exists(path, kind));
}

static enum err replace(const char *path, const struct index_kind *own,
    const struct buffer *content, struct arena *arena, struct failure *failure)
{
    const char *fresh = arena_print(arena, "%s.new", path).data;
    enum err err = write_new(fresh, content, failure);

    for (size_t i = 0; err == ERR_NONE && i < sizeof index_kinds / sizeof *index_kinds; i++)
        if (is_indexed(&index_kinds[i], own, path))
            err = write_index(&index_kinds[i], fresh, path, arena, failure);
    if (err == ERR_NONE && rename(fresh, path) != 0)
        err = fail_errno(failure, path);
    if (err != ERR_NONE)
        (void)unlink(fresh);
    return err;
}

static enum err renew(const char *path, const struct index_kind *own, const struct buffer *content,
    struct arena *arena, bool *changed_r, struct failure *failure)
{
    enum err err;

    if (compare(path, content, NULL) == ERR_NONE && (own == NULL || index_exists(path, own)))
        return ERR_NONE;
    err = replace(path, own, content, arena, failure);
    if (err == ERR_NONE)
        *changed_r = true;
    return err;
}

/* One list, from what the directory says. */
struct renewal {
    const struct settings *settings;
    const struct domain_list *list;
    const struct index_kind *own;
    struct arena *arena;
    bool *changed_r;
};

static enum err renew_list(const struct renewal *renewal, enum domain_file which,
    const struct map *kept, struct failure *failure)
{
    struct buffer content = BUFFER_NONE;
    enum err err;

    format(renewal->list, which, kept, &content);
    err = renew(domain_file_path(renewal->settings, which, renewal->arena), renewal->own, &content,
        renewal->arena, renewal->changed_r, failure);
    buffer_done(&content);
    return err;
}

/* The names in a list as it stands there; none where it cannot be read. */
static struct map *names_in(const char *path)
{
    static bool is_there = true;
    struct map *found = map_new();
    struct buffer content = BUFFER_NONE;
    struct text rest, line;

    if (read_file(path, &content, NULL) == ERR_NONE) {
        rest = buffer_text(&content);
        while (rest.len != 0 && text_split(&rest, '\n', &line))
            (void)map_put(found, text_head(line, text_find(line, ' ')), &is_there);
    }
    buffer_done(&content);
    return found;
}

/*
 * The first list is written twice where domains leave it, at first with them: at no moment, and
 * whichever of the lists cannot be written, is a domain in neither. Postfix would refuse its mail
 * for good, while of one in both it warns, and takes it for one with mailboxes.
 */
static enum err renew_both(const struct renewal *renewal, struct failure *failure)
{
    struct map *kept =
        names_in(domain_file_path(renewal->settings, DOMAIN_FILE_MAILBOXES, renewal->arena));
    enum err err = renew_list(renewal, DOMAIN_FILE_MAILBOXES, kept, failure);

    map_free(&kept);
    if (err == ERR_NONE)
        err = renew_list(renewal, DOMAIN_FILE_RELAYS, NULL, failure);
    if (err == ERR_NONE)
        err = renew_list(renewal, DOMAIN_FILE_MAILBOXES, NULL, failure);
    return err;
}

/* The list is read under the lock: whoever comes last writes what is true then. */
static enum err renew_all(const struct settings *settings, struct store *store, struct arena *arena,
    bool *changed_r, struct failure *failure)
{
    struct domain_list list = {.count = 0};
    bool changed = false;
    const struct renewal renewal = {settings, &list, default_kind(arena), arena, &changed};
    enum err err = read_domains(store, arena, &list, failure);

    /* The way first: no mail is taken before it is known where it goes. */
    if (err == ERR_NONE)
        err = renew_list(&renewal, DOMAIN_FILE_TRANSPORTS, NULL, failure);
    if (err == ERR_NONE)
        err = renew_both(&renewal, failure);
    if (!changed)
        return err;
    *changed_r = true;
    return err != ERR_NONE ? err : sync_folder(domain_file_folder(settings, arena), failure);
}

/* --- for the commands ----------------------------------------------------------------------- */

enum err domain_file_make(const struct settings *settings, struct store *store, struct arena *arena,
    bool *changed_r, struct failure *failure)
{
    const char *folder = domain_file_folder(settings, arena);
    int fd = -1;
    enum err err;

    if (mkdir(folder, 0755) == 0) {
        *changed_r = true;
        if (chmod(folder, 0755) != 0) /* whatever the umask is */
            return fail_errno(failure, folder);
    } else if (errno != EEXIST)
        return fail_errno(failure, folder);
    err = lock_folder(folder, arena, &fd, failure);
    if (err != ERR_NONE)
        return err;
    err = renew_all(settings, store, arena, changed_r, failure);
    close(fd);
    return err;
}

enum err domain_file_check(const struct settings *settings, struct store *store,
    struct arena *arena, struct failure *failure)
{
    const struct index_kind *own = default_kind(arena);
    struct domain_list list = {.count = 0};
    enum err err = read_domains(store, arena, &list, failure);

    for (int which = 0; err == ERR_NONE && which < DOMAIN_FILE_COUNT; which++) {
        const char *path = domain_file_path(settings, (enum domain_file)which, arena);
        struct buffer content = BUFFER_NONE;

        format(&list, (enum domain_file)which, NULL, &content);
        err = compare(path, &content, failure);
        buffer_done(&content);
        if (err == ERR_NONE && own != NULL && !index_exists(path, own))
            err = failure_set(failure, ERR_OLDER, "%s%s: there is no index", path, own->suffix);
    }
    return err;
}

int domain_file_follow(struct invocation *invocation, struct store *store)
{
    int status = EX_CONFIG;
    const struct settings *settings = invocation_settings(invocation, &status);
    struct failure failure;
    bool changed = false;
    enum err err;

    if (settings == NULL)
        return status;
    if (access(domain_file_folder(settings, invocation->arena), F_OK) != 0)
        return EX_OK;
    err = domain_file_make(settings, store, invocation->arena, &changed, &failure);
    if (err == ERR_NONE)
        return EX_OK;
    return invocation_complain(invocation, invocation_status_of(err),
        "the lists of domains for Postfix were not all written: %s (once that is mended, \"mailctl "
        "upgrade\" writes them)",
        failure.text);
}
