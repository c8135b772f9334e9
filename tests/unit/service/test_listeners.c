/* SPDX-License-Identifier: MIT */
#include "lib/service/listeners.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "tests/unit/unit.h"

static const char *address_of(const struct settings *settings)
{
    return settings->policyd.listen;
}

static const char *second_address_of(const struct settings *settings)
{
    return settings->milter.listen;
}

static const struct service_socket sockets[] = {
    {.name = "one", .setting = "policyd.listen", .address = address_of,        .mode = 0600},
    {.name = "two", .setting = "milter.listen",  .address = second_address_of, .mode = 0600},
};

struct place {
    char folder[64], one[128], two[128];
    struct settings settings;
};

static void place_make(struct place *place)
{
    snprintf(place->folder, sizeof place->folder, "/tmp/gatepost-listeners-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->one, sizeof place->one, "unix:%s/one", place->folder);
    snprintf(place->two, sizeof place->two, "unix:%s/two", place->folder);
    place->settings = (struct settings){.policyd.listen = place->one, .milter.listen = place->two};
}

/* The second one cannot be had: the first one is given back. */
static void test_all_or_none(void **state)
{
    struct listeners listeners;
    struct failure failure;
    struct place place;

    (void)state;
    place_make(&place);
    assert_int_equal(mkdir(place.two + 5, 0700), 0);
    assert_int_equal(listeners_open(&listeners, sockets, 2, &place.settings, &failure), ERR_EXISTS);
    assert_int_not_equal(access(place.one + 5, F_OK), 0);
    listeners_close(&listeners);
    assert_int_equal(rmdir(place.two + 5), 0);
    assert_int_equal(listeners_open(&listeners, sockets, 2, &place.settings, &failure), ERR_NONE);
    assert_null(listeners_find(&listeners, "three"));
    assert_ptr_equal(listeners_find(&listeners, "two"), &listeners.items[1]);
    assert_false(listener_is_elsewhere(&listeners.items[0], &place.settings));
    place.settings.policyd.listen = "inet:127.0.0.1:1";
    assert_true(listener_is_elsewhere(&listeners.items[0], &place.settings));
    listeners_close(&listeners);
    listeners_close(&listeners);
    assert_int_equal(rmdir(place.folder), 0);
}

/* One that may be left out is not opened, and is no error; a reload that names one is seen. */
static void test_optional(void **state)
{
    struct service_socket two[] = {sockets[0], sockets[1]};
    struct listeners listeners;
    struct place place;

    (void)state;
    place_make(&place);
    two[1].is_optional = true;
    place.settings.milter.listen = "";
    assert_int_equal(listeners_open(&listeners, two, 2, &place.settings, NULL), ERR_NONE);
    assert_true(listeners.items[0].fd >= 0);
    assert_int_equal(listeners.items[1].fd, -1);
    listener_serve(&listeners.items[1], NULL, NULL, NULL);
    assert_false(listener_is_elsewhere(&listeners.items[1], &place.settings));
    place.settings.milter.listen = place.two;
    assert_true(listener_is_elsewhere(&listeners.items[1], &place.settings));
    listeners_close(&listeners);
    assert_int_equal(rmdir(place.folder), 0);
}

static const char *no_group(const struct settings *settings)
{
    (void)settings;
    return "gatepost-nobodies";
}

/* The port that somebody listens at, as an address. */
static int take_port(char *address, size_t size)
{
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = 0};
    socklen_t len = sizeof name;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    snprintf(address, size, "inet:127.0.0.1:%d", ntohs(name.sin_port));
    return fd;
}

/* The words name the setting and the next step. */
static void test_words(void **state)
{
    struct service_socket one = sockets[0];
    struct listeners listeners;
    struct failure failure;
    struct place place;
    char port[64];
    int fd = take_port(port, sizeof port);

    (void)state;
    place_make(&place);
    place.settings.policyd.listen = port;
    assert_int_equal(listeners_open(&listeners, &one, 1, &place.settings, &failure), ERR_EXISTS);
    assert_non_null(strstr(failure.text, "policyd.listen: inet:127.0.0.1:"));
    assert_non_null(strstr(failure.text, "Address already in use; end what is there, or"));
    close(fd);
    place.settings.policyd.listen = "unix:/nonexistent/folder/socket";
    assert_int_equal(listeners_open(&listeners, &one, 1, &place.settings, &failure), ERR_IO);
    assert_string_equal(
        failure.text, "policyd.listen: /nonexistent/folder/socket: No such file or directory");
    place.settings.policyd.listen = place.one;
    one.group = no_group;
    one.group_setting = "authd.login_group";
    assert_int_equal(listeners_open(&listeners, &one, 1, &place.settings, &failure), ERR_ABSENT);
    assert_non_null(strstr(failure.text, "authd.login_group: "));
    assert_non_null(strstr(failure.text, "no group gatepost-nobodies; run \"systemd-sysusers\""));
    assert_int_equal(rmdir(place.folder), 0);
}

struct visits {
    struct event_base *base;
    int count;
};

static void on_accept(void *context, int fd)
{
    struct visits *visits = context;

    close(fd);
    visits->count++;
    event_base_loopbreak(visits->base);
}

static int connect_to(const char *address)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    memcpy(name.sun_path, address + 5, strlen(address + 5));
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

/* Out of descriptors, a connection waits and is served once there are some. */
static void test_out_of_descriptors(void **state)
{
    struct visits visits = {.count = 0};
    struct rlimit usual, low;
    struct listeners listeners;
    struct failure failure;
    struct place place;
    int client;

    (void)state;
    log_open("test", LOG_TO_NOWHERE);
    place_make(&place);
    visits.base = event_base_new();
    assert_int_equal(listeners_open(&listeners, sockets, 1, &place.settings, &failure), ERR_NONE);
    listener_serve(&listeners.items[0], visits.base, on_accept, &visits);
    client = connect_to(place.one);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    low = usual;
    low.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    event_base_loop(visits.base, EVLOOP_NONBLOCK);
    event_base_loop(visits.base, EVLOOP_NONBLOCK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(visits.count, 0);
    event_base_dispatch(visits.base);
    assert_int_equal(visits.count, 1);
    close(client);
    client = connect_to(place.one);
    event_base_dispatch(visits.base);
    assert_int_equal(visits.count, 2);
    close(client);
    listeners_close(&listeners);
    event_base_free(visits.base);
    assert_int_equal(rmdir(place.folder), 0);
}

UNIT_MAIN(cmocka_unit_test(test_all_or_none), cmocka_unit_test(test_optional),
    cmocka_unit_test(test_words), cmocka_unit_test(test_out_of_descriptors))
