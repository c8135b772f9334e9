/* SPDX-License-Identifier: MIT */
#include "lib/service/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/service/address.h"

static int new_socket(const struct address *address)
{
    return socket(address->sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Somebody answers at the address, or might: anything but a plain refusal. */
static bool is_alive(const struct address *address)
{
    int fd = new_socket(address);
    bool refused;

    if (fd < 0)
        return true;
    refused = connect(fd, (const struct sockaddr *)&address->sockaddr, address->len) != 0 &&
              errno == ECONNREFUSED;
    close(fd);
    return !refused;
}

/* Takes away the socket that an instance before us left behind, and nothing else. */
static enum err remove_stale(const struct address *address, struct failure *failure)
{
    const char *path = address_path(address);
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? ERR_NONE : failure_set_errno(failure, ERR_IO, "%s", path);
    if (!S_ISSOCK(status.st_mode))
        return failure_set(
            failure, ERR_EXISTS, "%s: a file that is not a socket is in the way", path);
    if (is_alive(address))
        return failure_set(failure, ERR_EXISTS, "%s: another process listens there", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    return ERR_NONE;
}

static enum err find_group(
    const char *path, const char *group, gid_t *gid_r, struct failure *failure)
{
    char folder[PATH_MAX];
    struct stat status;
    struct group *entry;

    if (group != NULL) {
        entry = getgrnam(group);
        if (entry == NULL)
            return failure_set(failure, ERR_ABSENT, "%s: there is no group %s", path, group);
        *gid_r = entry->gr_gid;
        return ERR_NONE;
    }
    snprintf(folder, sizeof folder, "%s", path);
    if (stat(dirname(folder), &status) != 0)
        return failure_set_errno(failure, ERR_IO, "%s", folder);
    *gid_r = status.st_gid;
    return ERR_NONE;
}

static enum err set_owner_and_mode(
    const char *path, const char *group, mode_t mode, struct failure *failure)
{
    gid_t gid;
    enum err err = find_group(path, group, &gid, failure);

    if (err != ERR_NONE)
        return err;
    if (lchown(path, (uid_t)-1, gid) != 0 && (geteuid() == 0 || errno != EPERM))
        return failure_set_errno(failure, ERR_IO, "%s", path);
    if (chmod(path, mode) != 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    return ERR_NONE;
}

/* Made with no rights at all, so that nobody connects before owner and mode are right. */
static enum err bind_unix(
    int fd, const struct address *address, const char *group, mode_t mode, struct failure *failure)
{
    const char *path = address_path(address);
    enum err err = remove_stale(address, failure);
    mode_t mask;
    int result;

    if (err != ERR_NONE)
        return err;
    mask = umask(0777);
    result = bind(fd, (const struct sockaddr *)&address->sockaddr, address->len);
    umask(mask);
    if (result != 0)
        return failure_set_errno(failure, ERR_IO, "%s", path);
    err = set_owner_and_mode(path, group, mode, failure);
    if (err != ERR_NONE)
        unlink(path);
    return err;
}

static enum err bind_inet(
    int fd, const struct address *address, const char *name, struct failure *failure)
{
    const int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        (address->sockaddr.ss_family == AF_INET6 &&
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0))
        return failure_set_errno(failure, ERR_IO, "%s", name);
    if (bind(fd, (const struct sockaddr *)&address->sockaddr, address->len) != 0)
        return failure_set_errno(failure, errno == EADDRINUSE ? ERR_EXISTS : ERR_IO, "%s", name);
    return ERR_NONE;
}

enum err socket_listen(
    const char *name, const char *group, mode_t mode, int *fd_r, struct failure *failure)
{
    struct address address;
    enum err err;
    int fd;

    if (!address_parse(text_from_string(name), &address))
        return failure_set(
            failure, ERR_SYNTAX, "expected " ADDRESS_EXPECTED ", found \"%s\"", name);
    fd = new_socket(&address);
    if (fd < 0)
        return failure_set_errno(failure, ERR_IO, "%s", name);
    err = address_is_unix(&address) ? bind_unix(fd, &address, group, mode, failure)
                                    : bind_inet(fd, &address, name, failure);
    if (err == ERR_NONE && listen(fd, SOMAXCONN) != 0)
        err = failure_set_errno(failure, ERR_IO, "%s", name);
    if (err != ERR_NONE) {
        close(fd);
        return err;
    }
    *fd_r = fd;
    return ERR_NONE;
}

bool socket_is_listening(int fd)
{
    int type = 0, accepting = 0;
    socklen_t len = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_STREAM)
        return false;
    len = sizeof accepting;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &len) == 0 && accepting != 0;
}

bool socket_is_at(int fd, const char *name)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    struct address address;

    /* Both are zero behind the address itself. */
    return address_parse(text_from_string(name), &address) &&
           getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
           memcmp(&bound, &address.sockaddr, sizeof bound) == 0;
}

enum err socket_prepare(int fd, struct failure *failure)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return failure_set_errno(failure, ERR_IO, "descriptor %d", fd);
    return ERR_NONE;
}

struct socket_file socket_file_of(const char *name)
{
    struct address address;
    struct stat status;

    if (!address_parse(text_from_string(name), &address) || !address_is_unix(&address) ||
        lstat(address_path(&address), &status) != 0)
        return (struct socket_file){.inode = 0};
    return (struct socket_file){status.st_dev, status.st_ino};
}

void socket_unlink(const char *name, const struct socket_file *file)
{
    struct socket_file now = socket_file_of(name);
    struct address address;

    if (now.inode != 0 && now.inode == file->inode && now.device == file->device &&
        address_parse(text_from_string(name), &address))
        (void)unlink(address_path(&address));
}

enum err socket_remove_stale(const char *name, struct failure *failure)
{
    struct address address;

    if (!address_parse(text_from_string(name), &address) || !address_is_unix(&address))
        return ERR_NONE;
    return remove_stale(&address, failure);
}
