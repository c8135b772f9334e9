/* SPDX-License-Identifier: MIT */

/*
 * Sockets, tried as the user who needs them: a connection is made and closed again. Ours where our
 * configuration has them, and all that Postfix's configuration names of ours and of Dovecot's,
 * below the queue directory of each instance. Where the connection would make systemd start the
 * daemon, only the rights are looked at.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config.h"
#include "lib/service/address.h"
#include "lib/service/privilege.h"
#include "mailctl/attach/daemon-unit.h"
#include "mailctl/attach/queue-mount.h"
#include "mailctl/attach/systemd-idle.h"
#include "mailctl/program.h"
#include "mailctl/status/status.h"

#define POSTFIX_USER "postfix"

/* 0, or errno. */
static int try_address(const struct address *address)
{
    int fd = socket(address->sockaddr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(int);
    int error = 0;

    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&address->sockaddr, address->len) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};

        error = ETIMEDOUT;
        if (poll(&wait, 1, (int)STATUS_ANSWER_MS) > 0)
            (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    close(fd);
    return error;
}

/* Whose a socket of ours is, by its name. */
static const struct owner {
    const char *end, *daemon;
} owners[] = {
    {"/milter", "milter" },
    {"/policy", "policyd"},
    {"/lookup", "authd"  },
    {"/authd",  "authd"  },
};

#define OWNERS (sizeof owners / sizeof *owners)

/* Which of them are idle, and what plugs Dovecot in again: asked before the check becomes a user
 * whom systemd may not answer. */
struct idle {
    bool owners[OWNERS];
    const char *dovecot_mend;
};

static size_t owner_of(struct text path)
{
    size_t at = 0;

    while (at < OWNERS && !text_ends_with_nocase(path, text_from_string(owners[at].end)))
        at++;
    return at;
}

/*
 * Whose units have that socket: those of the instance whose queue directory it lies in, where that
 * has a configuration of its own; elsewhere those of our configuration.
 */
static struct text instance_of(struct status *status, struct text path)
{
    size_t end = text_find_text(path, TEXT("/gatepost/"));
    const char *queue = arena_copy_string(status->arena, text_head(path, end));
    struct text instance = daemon_unit_of_queue(queue);
    const char *file =
        arena_print(status->arena, SYSCONFDIR "/gatepost/%.*s.conf", TEXT_ARGS(instance)).data;

    if (!text_starts_with(path, TEXT(POSTFIX_QUEUE_DIR)))
        return daemon_unit_instance(status->invocation->config_path);
    return instance.len != 0 && access(file, F_OK) == 0 ? instance : TEXT("");
}

static void note_idle(struct status *status, struct text path, struct idle *idle)
{
    size_t owner = owner_of(path);

    if (owner < OWNERS && path.len != 0 && text_find_text(path, TEXT("gatepost")) < path.len)
        idle->owners[owner] =
            idle->owners[owner] || systemd_is_idle(systemd_idle_of(instance_of(status, path),
                                       owners[owner].daemon, status->arena));
}

/* The unit that brings our sockets to where this one is looked for; NULL: none. */
static const char *mount_of(struct status *status, struct text path)
{
    const char *folder =
        arena_copy_string(status->arena, text_head(path, text_find_last(path, '/')));
    const char *unit = queue_mount_unit(folder, status->arena);

    return access(queue_mount_path(unit, status->arena), F_OK) == 0 ? unit : NULL;
}

/* A further instance is no part of gatepost.target where it was stopped. */
static const char *own_mend(struct status *status, struct text path, size_t owner, int error)
{
    struct text instance = instance_of(status, path);

    if ((error == ENOENT || error == ECONNREFUSED) && instance.len == 0)
        return STATUS_ALL_AGAIN;
    return status_command(status, "systemctl restart %s",
        daemon_unit(instance, owners[owner].daemon, "", status->arena));
}

/* What mends a socket that cannot be reached, by its name and by how it fails. */
static const char *mend_for(
    struct status *status, const struct idle *idle, struct text path, int error)
{
    size_t owner = owner_of(path);
    const char *mount = mount_of(status, path);

    if (owner < OWNERS && error == ENOENT && mount != NULL)
        return status_command(status, "systemctl restart '%s'", mount);
    if (owner < OWNERS && error == EACCES)
        return "systemd-tmpfiles --create gatepost.conf";
    if (owner < OWNERS)
        return own_mend(status, path, owner, error);
    return error == ECONNREFUSED || error == ENOENT ? "systemctl restart dovecot"
                                                    : idle->dovecot_mend;
}

/* As a connection would need it, without one. 0, or errno. */
static int try_rights(const struct address *address)
{
    const struct sockaddr_un *name = (const struct sockaddr_un *)&address->sockaddr;

    if (address->sockaddr.ss_family != AF_UNIX)
        return 0;
    return access(name->sun_path, R_OK | W_OK) == 0 ? 0 : errno;
}

static void try_path(struct status *status, const struct idle *idle, const char *user,
    struct text path, const char *from)
{
    size_t owner = owner_of(path);
    struct address address;
    struct text whole = arena_print(status->arena, "%s%.*s",
        path.len != 0 && path.data[0] == '/' ? "unix:" : "", TEXT_ARGS(path));
    int error;

    if (!address_parse(whole, &address)) {
        status_say(status, STATUS_ERROR, "", "%.*s, from %s, is no address", TEXT_ARGS(path), from);
        return;
    }
    error = owner < OWNERS && idle->owners[owner] ? try_rights(&address) : try_address(&address);
    if (error == EAGAIN)
        status_say(status, STATUS_WARNING, mend_for(status, idle, path, error),
            "%.*s: more connections wait than are taken", TEXT_ARGS(path));
    else if (error != 0)
        status_say(status, STATUS_ERROR, mend_for(status, idle, path, error),
            "%.*s (%s): %s cannot connect: %s", TEXT_ARGS(path), from, user, strerror(error));
}

/* False where it was said already that nothing can be tried. */
static bool become(struct status *status, const char *user)
{
    struct failure failure;

    if (!status->is_root) {
        status_say(status, STATUS_UNKNOWN, "sudo mailctl status",
            "only root can try what the user %s can reach", user);
        return false;
    }
    if (privilege_drop(user, &failure) == ERR_NONE)
        return true;
    status_say_unseen(status, &failure);
    return false;
}

/* --- as our configuration has them ----------------------------------------------------------- */

static void check_own(struct status *status, const char *address, const char *user)
{
    struct idle idle = {.dovecot_mend = status_dovecot_mend(status)};

    note_idle(status, text_from_string(address), &idle);
    if (become(status, user))
        try_path(status, &idle, user, text_from_string(address), "our configuration");
}

static void check_milter(struct status *status)
{
    check_own(status, status->settings->milter.listen, POSTFIX_USER);
}

static void check_policy(struct status *status)
{
    check_own(status, status->settings->policyd.listen, POSTFIX_USER);
}

static void check_lookup(struct status *status)
{
    check_own(status, status->settings->authd.listen_lookup, POSTFIX_USER);
}

/* Dovecot's workers that run the Lua script are root. */
static void check_login(struct status *status)
{
    check_own(status, status->settings->authd.listen_login, "root");
}

/* --- as Postfix's configuration names them --------------------------------------------------- */

static bool is_path_end(char byte)
{
    return text_is_blank(byte) || byte == ',' || byte == '}' || byte == ':' || byte == '"';
}

/* Sockets of others, another milter's say, are not ours to judge. */
static bool is_of_interest(struct text path)
{
    return text_find_text(path, TEXT("gatepost")) < path.len ||
           text_find_text(path, TEXT("dovecot")) < path.len;
}

struct named {
    struct text paths[STATUS_FINDINGS_MAX];
    size_t count;
};

static void remember(struct named *named, struct text path)
{
    for (size_t i = 0; i < named->count; i++)
        if (text_equals(named->paths[i], path))
            return;
    if (named->count < STATUS_FINDINGS_MAX)
        named->paths[named->count++] = path;
}

/* All "unix:PATH" in what postconf has printed. */
static void collect(
    struct status *status, struct text printed, struct text queue, struct named *named)
{
    struct text rest = printed;
    size_t at;

    while ((at = text_find_text(rest, TEXT("unix:"))) < rest.len) {
        struct text path;
        size_t len = 0;

        rest = text_skip(rest, at + 5);
        while (len < rest.len && !is_path_end(rest.data[len]))
            len++;
        path = text_head(rest, len);
        if (path.len == 0 || !is_of_interest(path))
            continue;
        if (path.data[0] != '/')
            path = arena_print(status->arena, "%.*s/%.*s", TEXT_ARGS(queue), TEXT_ARGS(path));
        remember(named, path);
    }
}

/* The socket of Dovecot's that says whose password is right. */
static void collect_sasl(
    struct status *status, const char *instance, struct text queue, struct named *named)
{
    struct text type = TEXT_NONE, path = TEXT_NONE;

    if (!status_postconf(status, instance, "smtpd_sasl_type", &type) ||
        !text_equals(type, TEXT("dovecot")) ||
        !status_postconf(status, instance, "smtpd_sasl_path", &path) || path.len == 0 ||
        text_starts_with(path, TEXT("inet:")) || text_equals(path, TEXT("smtpd")))
        return;
    if (text_starts_with(path, TEXT("unix:")))
        path = text_skip(path, 5);
    remember(named, path.data[0] == '/' ? path
                                        : arena_print(status->arena, "%.*s/%.*s", TEXT_ARGS(queue),
                                              TEXT_ARGS(path)));
}

static void collect_instance(struct status *status, const char *instance, struct named *named)
{
    const char *const all[] = {"postconf", "-c", instance, "-n", "-x", NULL};
    const char *const overrides[] = {"postconf", "-c", instance, "-P", "-x", NULL};
    struct text queue = TEXT_NONE, printed = TEXT_NONE;
    struct failure failure;

    if (!status_postconf(status, instance, "queue_directory", &queue))
        return;
    if (program_succeed(all, STATUS_PROGRAM_MS, status->arena, &printed, &failure) != ERR_NONE) {
        status_say_unseen(status, &failure);
        return;
    }
    collect(status, printed, queue, named);
    if (program_succeed(overrides, STATUS_PROGRAM_MS, status->arena, &printed, NULL) == ERR_NONE)
        collect(status, printed, queue, named);
    collect_sasl(status, instance, queue, named);
}

static void check_postfix(struct status *status)
{
    const char *const *instances;
    size_t count = status_instances(status, &instances);
    struct named named = {.count = 0};
    struct idle idle = {.dovecot_mend = status_dovecot_mend(status)};
    struct text owner = TEXT(POSTFIX_USER);

    if (count == 0) {
        status_say(status, STATUS_OK, NULL, "there is no Postfix here");
        return;
    }
    for (size_t i = 0; i < count; i++)
        collect_instance(status, instances[i], &named);
    (void)status_postconf(status, NULL, "mail_owner", &owner);
    for (size_t i = 0; i < named.count; i++)
        note_idle(status, named.paths[i], &idle);
    if (named.count == 0 || !become(status, arena_copy_string(status->arena, owner)))
        return;
    for (size_t i = 0; i < named.count; i++)
        try_path(status, &idle, arena_copy_string(status->arena, owner), named.paths[i],
            "Postfix's configuration");
}

static const struct status_check checks[] = {
    {"milter",  check_milter,  NULL                    },
    {"policy",  check_policy,  NULL                    },
    {"lookup",  check_lookup,  NULL                    },
    {"login",   check_login,   NULL                    },
    {"postfix", check_postfix, "mailctl attach postfix"},
};

const struct status_group status_sockets = {"sockets", checks, sizeof checks / sizeof *checks};
