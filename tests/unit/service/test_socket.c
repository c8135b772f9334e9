/* SPDX-License-Identifier: MIT */
#include "lib/service/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/service/activation.h"
#include "lib/service/address.h"
#include "tests/unit/unit.h"

#define PATH_107                                                                                   \
    "/23456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789"    \
    "/123456789/1234567"

static const struct {
    const char *name, *text;
    int family; /* AF_UNSPEC: not an address */
} addresses[] = {
    {"unix",                       "unix:/run/gatepost/authd",  AF_UNIX  },
    {"unix, as long as may be",    "unix:" PATH_107,            AF_UNIX  },
    {"unix, too long",             "unix:" PATH_107 "8",        AF_UNSPEC},
    {"unix, relative",             "unix:gatepost/milter",      AF_UNSPEC},
    {"unix, nothing",              "unix:",                     AF_UNSPEC},
    {"unix with a control byte",   "unix:/run/a\tb",            AF_UNSPEC},
    {"a path alone",               "/run/gatepost/authd",       AF_UNSPEC},
    {"inet",                       "inet:127.0.0.1:8891",       AF_INET  },
    {"inet, all addresses",        "inet:0.0.0.0:1",            AF_INET  },
    {"inet with a name",           "inet:localhost:8891",       AF_UNSPEC},
    {"inet with an IPv6 address",  "inet:::1:8891",             AF_UNSPEC},
    {"inet, port 0",               "inet:127.0.0.1:0",          AF_UNSPEC},
    {"inet, port too large",       "inet:127.0.0.1:65536",      AF_UNSPEC},
    {"inet without a port",        "inet:127.0.0.1",            AF_UNSPEC},
    {"inet6",                      "inet6:[2001:db8::1]:65535", AF_INET6 },
    {"inet6 without brackets",     "inet6:::1:8891",            AF_UNSPEC},
    {"inet6 with an IPv4 address", "inet6:[127.0.0.1]:8891",    AF_UNSPEC},
    {"inet6 without a port",       "inet6:[::1]",               AF_UNSPEC},
    {"inet6, empty",               "inet6:[]:1",                AF_UNSPEC},
    {"nothing",                    "",                          AF_UNSPEC},
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct address address = {.len = 4711};
        bool parsed = address_parse(text_from_string(addresses[i].text), &address);

        unit_row(addresses[i].name);
        assert_int_equal(parsed, addresses[i].family != AF_UNSPEC);
        if (!parsed) {
            assert_int_equal(address.len, 4711);
            continue;
        }
        assert_int_equal(address.sockaddr.ss_family, addresses[i].family);
        if (addresses[i].family == AF_UNIX)
            assert_string_equal(address_path(&address), addresses[i].text + 5);
        else
            assert_null(address_path(&address));
    }
}

struct place {
    char folder[64], address[128];
    const char *path;
};

static void place_make(struct place *place)
{
    snprintf(place->folder, sizeof place->folder, "/tmp/gatepost-socket-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->address, sizeof place->address, "unix:%s/s", place->folder);
    place->path = place->address + 5;
}

static void place_remove(struct place *place)
{
    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
}

static void test_unix(void **state)
{
    struct failure failure;
    struct place place;
    struct stat status;
    struct socket_file old;
    char aside[256];
    int fd, second;

    (void)state;
    place_make(&place);
    snprintf(aside, sizeof aside, "%s.aside", place.path);
    if (geteuid() == 0) /* a group that is not our own */
        assert_int_equal(chown(place.folder, 0, 12345), 0);
    assert_int_equal(socket_listen(place.address, NULL, 0640, &fd, &failure), ERR_NONE);
    assert_true(socket_is_listening(fd));
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(stat(place.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    if (geteuid() == 0)
        assert_int_equal(status.st_gid, 12345);
    assert_int_equal(socket_listen(place.address, NULL, 0640, &second, &failure), ERR_EXISTS);
    close(fd);
    assert_int_equal(socket_listen(place.address, NULL, 0666, &fd, &failure), ERR_NONE);
    assert_int_equal(stat(place.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0666);
    close(fd);
    old = socket_file_of(place.address);
    assert_int_equal(rename(place.path, aside), 0);
    assert_int_equal(socket_listen(place.address, NULL, 0666, &fd, &failure), ERR_NONE);
    socket_unlink(place.address, &old); /* it is another's by now */
    assert_int_equal(access(place.path, F_OK), 0);
    assert_int_equal(socket_remove_stale(place.address, &failure), ERR_EXISTS);
    close(fd);
    assert_int_equal(socket_remove_stale(place.address, &failure), ERR_NONE);
    assert_int_not_equal(access(place.path, F_OK), 0);
    assert_int_equal(socket_remove_stale(place.address, &failure), ERR_NONE);
    assert_int_equal(rename(aside, place.path), 0);
    socket_unlink(place.address, &old);
    assert_int_not_equal(access(place.path, F_OK), 0);
    assert_int_equal(
        socket_listen(place.address, "no-such-group-here", 0640, &fd, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "no-such-group-here"));
    assert_int_not_equal(access(place.path, F_OK), 0);
    place_remove(&place);
    assert_int_equal(socket_listen(place.address, NULL, 0640, &fd, &failure), ERR_IO);
    assert_non_null(strstr(failure.text, place.path));
    assert_int_equal(socket_listen("nonsense", NULL, 0640, &fd, &failure), ERR_SYNTAX);
}

/* A port that is free now; nobody else is to take it before we do. */
static unsigned free_port(int family)
{
    struct sockaddr_storage name = {.ss_family = (sa_family_t)family};
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int fd = socket(family, SOCK_STREAM, 0);
    struct sockaddr_in6 found = {.sin6_port = 0};

    if (fd < 0 || bind(fd, (struct sockaddr *)&name, len) != 0) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    memcpy(&found, &name, sizeof found); /* the port is at the same place in both */
    close(fd);
    return ntohs(found.sin6_port);
}

static const struct {
    const char *name, *format;
    int family;
} over_tcp[] = {
    {"IPv4", "inet:127.0.0.1:%u", AF_INET },
    {"IPv6", "inet6:[::1]:%u",    AF_INET6},
};

static void test_tcp(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof over_tcp / sizeof *over_tcp; i++) {
        unsigned port = free_port(over_tcp[i].family);
        struct failure failure = {.text = ""};
        int fd, second, nodelay = 0;
        socklen_t len = sizeof nodelay;
        char address[64];

        unit_row(over_tcp[i].name);
        if (port == 0) {
            print_message("# no such family here\n");
            continue;
        }
        snprintf(address, sizeof address, over_tcp[i].format, port);
        if (socket_listen(address, NULL, 0, &fd, &failure) != ERR_NONE) {
            print_message("# %s\n", failure.text);
            assert_int_equal(over_tcp[i].family, AF_INET6); /* no ::1 in this network namespace */
            continue;
        }
        assert_true(socket_is_listening(fd));
        assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
        assert_int_not_equal(nodelay, 0);
        assert_int_equal(socket_listen(address, NULL, 0, &second, &failure), ERR_EXISTS);
        assert_non_null(strstr(failure.text, address));
        close(fd);
    }
}

static void test_not_listening(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_false(socket_is_listening(pair[0]));
    close(pair[0]);
    close(pair[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    assert_false(socket_is_listening(pair[0]));
    close(pair[0]);
    close(pair[1]);
    assert_false(socket_is_listening(-1));
    assert_int_equal(socket_prepare(-1, NULL), ERR_IO);
}

/* What is not meant for this process, or not under that name, is not taken. */
static void test_activation(void **state)
{
    struct failure failure;
    char pid[32];
    int fd = -1;

    (void)state;
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_int_equal(activation_find("one", &fd, &failure), ERR_ABSENT);
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "other:one", 1);
    assert_int_equal(activation_find("one", &fd, &failure), ERR_ABSENT);
    setenv("LISTEN_PID", pid, 1);
    assert_int_equal(activation_find("two", &fd, &failure), ERR_ABSENT);
    setenv("LISTEN_FDS", "1", 1); /* fewer than the names */
    assert_int_equal(activation_find("one", &fd, &failure), ERR_ABSENT);
    setenv("LISTEN_FDS", "900", 1); /* more than anybody hands over */
    assert_int_equal(activation_find("one", &fd, &failure), ERR_ABSENT);
    setenv("LISTEN_FDS", "2", 1);
    assert_int_equal(activation_find("one", &fd, &failure), ERR_FOREIGN);
    assert_int_equal(fd, -1);
    activation_forget();
    assert_null(getenv("LISTEN_FDS"));
}

UNIT_MAIN(cmocka_unit_test(test_addresses), cmocka_unit_test(test_unix), cmocka_unit_test(test_tcp),
    cmocka_unit_test(test_not_listening), cmocka_unit_test(test_activation))
