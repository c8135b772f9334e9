/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The listening sockets of one daemon: bound by us or handed over by systemd, served or lent to
 * the program, and closed when it drains. Main thread.
 */

#include <event2/event.h>

#include "lib/service/service.h"
#include "lib/service/socket.h"

struct listener {
    const struct service_socket *socket;
    char *address; /* as it was bound; NULL where it was handed over */
    int fd;
    struct socket_file file;
    struct event *event; /* NULL: the program serves the descriptor itself */
    struct event *pause;
    service_accept_fn *on_accept;
    void *context;
};

struct listeners {
    struct listener items[SERVICE_SOCKETS_MAX];
    size_t count;
};

/* Opens all or none. */
enum err listeners_open(struct listeners *listeners, const struct service_socket *sockets,
    size_t count, const struct settings *settings, struct failure *failure);
/* NULL where there is no socket of that name. */
struct listener *listeners_find(struct listeners *listeners, const char *name);
/* Calls on_accept for each connection from now on. */
void listener_serve(struct listener *listener, struct event_base *base,
    service_accept_fn *on_accept, void *context);
/* True where the settings name another address than the one that is served. */
bool listener_is_elsewhere(const struct listener *listener, const struct settings *settings);
/* Takes the paths away where we may, and ends listening. Idempotent. */
void listeners_close(struct listeners *listeners);
