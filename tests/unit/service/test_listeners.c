/* SPDX-License-Identifier: MIT */
#include "lib/service/listeners.h"

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
    {.name = "one", .address = address_of,        .mode = 0600},
    {.name = "two", .address = second_address_of, .mode = 0600},
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

UNIT_MAIN(cmocka_unit_test(test_all_or_none), cmocka_unit_test(test_out_of_descriptors))
